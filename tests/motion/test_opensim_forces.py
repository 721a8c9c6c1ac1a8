"""Tables of ground forces: round trip, names of columns, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis.errors import KinesisError
from kinesis.motion.readers.opensim_forces import force_column, read_forces

NAMED = [f"ground_force_{side}_{what}{axis}" for side in "rl" for what in "vp" for axis in "xyz"]
NAMED += [f"ground_torque_{side}_{axis}" for side in "rl" for axis in "xyz"]
COUNTED = [f"{head}ground_force_{what}{axis}" for head in ("", "1_") for what in "vp" for axis in "xyz"]
COUNTED += [f"{head}ground_torque_{axis}" for head in ("", "1_") for axis in "xyz"]


def write(path, names, values, step_s=0.01):
    rows = [f"{i * step_s:.6f}\t" + "\t".join(f"{v:.9g}" for v in row) for i, row in enumerate(values)]
    head = ["forces", "version=1", f"nRows={len(rows)}", f"nColumns={len(names) + 1}", "inDegrees=no", "endheader"]
    path.write_text("\n".join([*head, "\t".join(["time", *names]), *rows]) + "\n")
    return path


@pytest.mark.parametrize("names", [NAMED, COUNTED])
def test_a_vertical_force_before_the_origin_turns_about_the_left(tmp_path, names):
    values = np.zeros((5, 18))
    values[:, 1], values[:, 3] = 700.0, 0.2  # up, ahead
    wrench = read_forces(write(tmp_path / "f.mot", names, values)).wrench
    np.testing.assert_allclose(wrench[:, 0], np.tile([0.0, 0.0, 700.0, 0.0, -140.0, 0.0], (5, 1)), atol=1e-9)
    assert not wrench[:, 1].any()


def test_the_wrench_does_not_depend_on_where_along_its_line_a_force_is_said_to_act(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(0.0, 1.0, (4, 18)) * 100.0
    moved = values.copy()
    moved[:, 3:6] += 0.37 * values[:, :3]
    one, two = (read_forces(write(tmp_path / f"{i}.mot", NAMED, v)) for i, v in enumerate((values, moved)))
    np.testing.assert_allclose(one.wrench, two.wrench, rtol=1e-6, atol=1e-2)


def test_between_rows_forces_are_linear_and_outside_there_are_none(tmp_path):
    values = np.zeros((5, 18))
    values[:, 1] = np.arange(5.0)
    forces = read_forces(write(tmp_path / "f.mot", NAMED, values))
    assert forces.at(np.array([0.015]), None)[0, 0, 2] == pytest.approx(1.5)
    with pytest.raises(KinesisError, match="do not last"):
        forces.at(np.array([0.0, 1.0]), None)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (NAMED[1:], "right foot's force vx is missing"),
        ([*NAMED[:6], *NAMED[7:]], "left foot's force vx is missing"),
        (["pelvis_tilt", "hip_flexion_r"], "not a table of ground forces"),
    ],
)
def test_what_lacks_a_column_is_refused(tmp_path, names, what):
    with pytest.raises(KinesisError, match=what):
        read_forces(write(tmp_path / "f.mot", names, np.zeros((5, len(names)))))


def test_impossible_forces_and_uneven_times_are_refused(tmp_path):
    values = np.zeros((5, 18))
    values[2, 1] = 1e6
    with pytest.raises(KinesisError, match="line 10: a ground force out of reach"):
        read_forces(write(tmp_path / "f.mot", NAMED, values))
    path = write(tmp_path / "g.mot", NAMED, np.zeros((5, 18)))
    path.write_text(path.read_text().replace("0.020000", "0.027000"))
    with pytest.raises(KinesisError, match="uneven"):
        read_forces(path)


@given(st.text(max_size=40))
def test_any_heading_is_a_column_or_none(heading):
    name = force_column(heading)
    assert name is None or (name[0] in "rl" and name.split()[1] in ("force", "torque"))
