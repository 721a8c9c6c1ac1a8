"""The gait report: laws that any walk keeps, hand-made strides, and a person whose angles must lie in the bands."""

import dataclasses
import gzip
import json

import numpy as np
import pytest

from kinesis.analysis.events import Events, force_events
from kinesis.analysis.gait import analyse, wanted_of
from kinesis.analysis.gait_curves import CURVES, curves_of, progress
from kinesis.analysis.gait_tables import gait_table, write_curves, write_parameters
from kinesis.analysis.norms import Norms, load_norms
from kinesis.analysis.outliers import find_outliers
from kinesis.analysis.spatiotemporal import PARAMETERS, parameters_of
from kinesis.analysis.strides import Stride, cut, find_strides
from kinesis.cli import main
from kinesis.errors import KinesisError
from kinesis.evaluate import Recording, save
from kinesis.evaluate.recording import ENDING
from kinesis.evaluate.unfollowed import recording_of_clip
from kinesis.motion.find import find_motions
from kinesis.view.gait_page import panels, write_gait_page

LEG_M, SPEED = 0.87, 0.397
"""Of the adult that comes with OpenSim: 1.16 m/s."""


@pytest.fixture(scope="module")
def gait(walk):
    return analyse([walk])


def band_around(gait, off=0.0):
    """Norms whose bands are a walk's own means, `off` deviations of one unit away."""
    walk = gait.walks[0]
    mean = {name: walk.curve(name).mean(0)[None] for name in walk.names}
    return Norms("own", {n: (np.array([0.4]), m + off, np.ones_like(m)) for n, m in mean.items()})


def turned(recording, angle):
    """The recording seen from a world turned about the vertical."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    w, x, y, z = recording["root_quaternion"].astype(float).T
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    arrays = {key: recording[key] @ turn.T for key in ("root_position", "landmark_position", "ground_force")}
    arrays["root_quaternion"] = np.stack([c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w], 1)
    arrays["reference_landmark_position"] = recording["reference_landmark_position"] @ turn.T
    return dataclasses.replace(recording, arrays=dict(recording.arrays) | arrays)


def test_a_walk_of_ten_seconds_gives_strides_of_both_sides_at_its_speed(gait, walk):
    assert len(gait.walks) == 1
    steady = gait.walks[0]
    assert steady.speed_mps == pytest.approx(1.2, abs=0.1)
    assert len(steady.curve("knee_flexion", "r")) >= 5
    assert len(steady.curve("knee_flexion", "l")) >= 5
    assert set(steady.names) == set(CURVES)
    assert gait.events == "force"
    assert gait.mass_kg == pytest.approx(walk.labels["mass_kg"])


def test_curves_do_not_depend_on_where_the_world_points(walk):
    other = turned(walk, 2.2)
    for name, curve in curves_of(walk, "l", 75.0, 1.1).items():
        np.testing.assert_allclose(curves_of(other, "l", 75.0, 1.1)[name], curve, atol=1e-3)


def test_the_ground_bears_one_body_weight_on_average(walk):
    both = sum(curves_of(walk, side, walk.labels["mass_kg"], 1.1)["ground_force_vertical"] for side in "rl")
    assert both.mean() == pytest.approx(1.0, abs=0.03)


def test_steady_walking_brakes_as_much_as_it_pushes(gait):
    steady = gait.walks[0]
    curve = steady.curve("ground_force_anterior").mean(0)
    assert abs(curve.mean()) < 0.02
    assert curve[:25].min() < 0.0 < curve[35:60].max()


def test_power_is_moment_times_speed(walk):
    curves = curves_of(walk, "r", 75.0, 1.1, low_pass_hz=None)
    knee = walk.joints.index("knee_angle_r")
    expected = walk["joint_moment"][:, knee] * walk["joint_velocity"][:, knee] / 75.0
    np.testing.assert_allclose(curves["knee_power"], expected, atol=1e-4)
    np.testing.assert_allclose(curves["knee_extension_moment"], -walk["joint_moment"][:, knee] / 75.0, atol=1e-5)


def test_the_low_pass_keeps_the_mean_and_takes_what_is_fast(walk):
    raw, smooth = (curves_of(walk, "r", 75.0, 1.1, hz)["ground_force_vertical"] for hz in (None, 10.0))
    assert smooth.mean() == pytest.approx(raw.mean(), abs=0.01)
    assert np.abs(np.diff(smooth)).max() < 0.5 * np.abs(np.diff(raw)).max()


def test_the_way_is_followed_on_a_circle():
    angle = np.linspace(0.0, np.pi, 400)
    position = np.stack([5.0 * np.cos(angle), 5.0 * np.sin(angle), np.full(400, 0.9)], 1)
    arrays = {
        "time_s": np.arange(400) / 50.0,
        "root_position": position,
        "root_quaternion": np.tile([1.0, 0.0, 0.0, 0.0], (400, 1)),
    }
    forward = progress(Recording("circle", 50.0, arrays, (), (), (), "", "legs80"), 1.0)
    tangent = np.stack([-np.sin(angle), np.cos(angle)], 1)
    np.testing.assert_allclose(forward[30:-30], tangent[30:-30], atol=1e-3)


def test_parameters_fit_together(gait):
    for cycle in gait.walks[0].cycles:
        p = cycle.parameters
        assert set(p) == set(PARAMETERS)
        assert p["speed_mps"] == pytest.approx(p["stride_length_m"] / p["stride_time_s"])
        assert p["cadence_per_min"] == pytest.approx(120.0 / p["stride_time_s"])
    means = {name: gait.walks[0].parameter(name).mean() for name in PARAMETERS}
    assert 2.0 * means["step_length_m"] == pytest.approx(means["stride_length_m"], rel=0.05)
    assert 2.0 * means["stance_percent"] == pytest.approx(100.0 + means["double_support_percent"], rel=0.03)


def test_steps_are_measured_between_heels():
    """Feet 0.2 m apart, each 0.6 m before the other when it lands, 1.2 m a second."""
    time_s = np.arange(201) / 100.0
    marks = np.zeros((201, 2, 3))
    marks[:, 0, 1], marks[:, 1, 1] = -0.1, 0.1
    marks[:, 0, 0], marks[:, 1, 0] = 1.2 * (time_s >= 1.0), 0.6 * (time_s >= 0.5)
    position = np.stack([1.2 * time_s, 0.0 * time_s, 0.9 + 0.0 * time_s], 1)
    arrays = {"time_s": time_s, "root_position": position, "landmark_position": marks}
    recording = Recording("steps", 100.0, arrays, (), (), ("calcn_r", "calcn_l"), "", "legs80")
    found = parameters_of(recording, Stride("r", 0.0, 1.0, 0.62, 0.11, 0.5))
    assert found["step_length_m"] == pytest.approx(0.6)
    assert found["step_width_m"] == pytest.approx(0.2)
    assert found["step_time_s"] == pytest.approx(0.5)
    assert found["double_support_percent"] == pytest.approx(23.0)
    assert found["stance_percent"] == pytest.approx(62.0)
    flight = parameters_of(recording, Stride("r", 0.0, 1.0, 0.35, 0.85, 0.5))
    assert flight["double_support_percent"] == 0.0


def test_an_unlike_stride_is_named_and_one_like_the_others_is_not():
    def cycle(number, *, seconds=1.0, knee=0.0):
        shape = 30.0 * np.sin(np.linspace(0.0, 2.0 * np.pi, 101)) + 0.1 * number
        curves = {"hip_flexion": shape, "knee_flexion": shape + knee, "ankle_dorsiflexion": shape}
        return f"stride {number}", Stride("r", float(number), number + seconds, number + 0.6, 0.0, 0.0), curves

    even = [cycle(i) for i in range(8)]
    assert find_outliers(even) == ()
    found = find_outliers([*even, cycle(8, seconds=1.4), cycle(9, knee=25.0)])
    assert [(o.stride, o.why) for o in found] == [("stride 8", "duration"), ("stride 9", "knee flexion")]
    assert find_outliers([*even[:3], cycle(8, seconds=1.4)]) == ()


def test_shares_are_one_in_its_own_band_and_nothing_two_deviations_off(gait):
    inside = gait_table(gait, band_around(gait))["inside"]
    assert set(inside) == set(gait.walks[0].names)
    assert set(inside.values()) == {1.0}
    assert set(gait_table(gait, band_around(gait, off=2.0))["inside"].values()) == {0.0}


def test_ground_forces_are_judged_over_the_stance_only(gait):
    norms = band_around(gait)
    speeds, mean, sd = norms.bands["ground_force_vertical"]
    mean = mean.copy()
    mean[:, round(100 * gait.walks[0].stance) + 1 :] += 5.0
    bands = dict(norms.bands) | {"ground_force_vertical": (speeds, mean, sd)}
    row = gait_table(gait, Norms("own", bands))["walks"][0]["curves"]["ground_force_vertical"]
    assert row["inside"] == row["inside_stance"] == 1.0


def test_without_norms_there_are_curves_and_no_shares(gait):
    table = gait_table(gait, None)
    assert table["inside"] == {}
    assert "inside" not in table["walks"][0]["curves"]["knee_flexion"]
    json.dumps(table, allow_nan=False)


def test_what_was_wanted_is_drawn_from_the_reference(gait, walk, body):
    wanted = wanted_of(walk, body)
    np.testing.assert_allclose(wanted["joint_angle"], walk["reference_qpos"][:, body.joint_qpos])
    knee = gait.walks[0].wanted("knee_flexion")
    assert 50.0 < knee.max() < 70.0
    assert gait.walks[0].wanted("knee_power") is None


def test_a_motion_itself_has_angles_by_the_kinematic_rule(body):
    clip = find_motions("builtin:walk@1.2", body)[0]
    gait = analyse([recording_of_clip(clip, body)])
    assert gait.events == "kinematics"
    assert "knee_power" not in gait.walks[0].names
    assert gait.walks[0].parameter("stance_percent").mean() == pytest.approx(64.0, abs=5.0)


def test_strides_are_gathered_by_speed(body):
    clips = find_motions("builtin:walk@0.8,builtin:walk@1.4", body)
    speeds = [w.speed_mps for w in analyse([recording_of_clip(c, body) for c in clips]).walks]
    assert speeds == pytest.approx([0.8, 1.4], abs=0.05)


def test_recordings_without_strides_or_of_another_body_are_refused(walk):
    still = {key: np.repeat(walk[key][:1], 200, 0) for key in walk.arrays if key != "time_s"}
    still["time_s"] = np.arange(200) / walk.rate_hz
    with pytest.raises(KinesisError, match="no whole stride"):
        analyse([dataclasses.replace(walk, arrays=still)])
    with pytest.raises(KinesisError, match="another form of legs80"):
        analyse([dataclasses.replace(walk, fingerprint="0" * 16)])


def test_tables_hold_every_curve_and_parameter(gait, tmp_path):
    lines = write_curves(tmp_path / "c.csv", gait, band_around(gait)).read_text().splitlines()
    assert len(lines) == 1 + 3 * 101 * len(CURVES)
    assert lines[0].startswith("speed_mps,curve,unit,side,percent,mean,sd")
    rows = write_parameters(tmp_path / "p.csv", gait, None).read_text().splitlines()
    assert len(rows) == 1 + 3 * len(PARAMETERS)


def test_the_page_stands_alone_and_shows_every_curve(gait, tmp_path):
    table = gait_table(gait, band_around(gait))
    page = write_gait_page(tmp_path / "gait.html", gait, band_around(gait), table, "a <walk>").read_text()
    assert page.count("data:image/svg+xml") == len(CURVES)
    assert "a &lt;walk&gt;" in page
    assert "http" not in page


def test_a_picture_is_the_same_every_time(gait):
    walk, row = gait.walks[0], gait_table(gait, None)["walks"][0]
    one = dataclasses.replace(
        walk, cycles=tuple(dataclasses.replace(c, curves={"knee_power": c.curves["knee_power"]}) for c in walk.cycles)
    )
    assert panels(one, None, row) == panels(one, None, row)


def test_the_verb_reads_recordings_and_prints_shares(walk, tmp_path, capsys, monkeypatch):
    save(walk, tmp_path / f"walk{ENDING}")
    rows = [f"knee_flexion,{p},20,1000" for p in range(0, 101, 10)]
    (tmp_path / "own.csv").write_text("\n".join(["curve,percent,mean,sd", *rows]))
    command = ["analyse", "gait", "--recording", str(tmp_path), "--norms", str(tmp_path / "own.csv"), "--json"]
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["inside"] == {"knee_flexion": 1.0}
    assert [row["frame_coverage"] for row in result["recordings"]] == [1.0]
    assert result["walks"][0]["strides"]["both"] >= 10
    monkeypatch.setenv("KINESIS_NORMS", command[5])
    assert main([*command[:4], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == result
    assert main([*command[:-1], "--out", str(tmp_path / "out")]) == 0
    assert "Speed [m/s]" in capsys.readouterr().out
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["curves.csv", "gait.html", "parameters.csv"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["gate"], "did you mean gait"),
        (["gait", "--recording", "nowhere"], "no such file"),
        (["gait", "--low-pass-hz", "-1"], "not a low-pass"),
    ],
)
def test_refusals_are_one_sentence(capsys, argv, words):
    assert main(["analyse", *argv]) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert len(printed.splitlines()) == 1


def test_a_persons_angles_lie_in_the_bands(shared_data, body):
    """One adult's walk with plates: angles at their place in the cycle, all of 1.3 s, both legs.

    The stride from plate to plate is longer than the coordinates, so points are placed by the cycle's phase.
    """
    folder = shared_data / "mocap" / "opensim_ik" / "rajagopal2016"
    clip = find_motions(str(folder / "walk_coordinates_rra.sto.gz"), body)[0]
    columns, rows = forces(folder / "grf_walk.mot.gz")
    down = {s: force_events(rows[:, 0], rows[:, columns.index(f"ground_force_{s}_vy")])[0] for s in "rl"}
    cycle_s = down["r"][1] - down["r"][0]
    norms = load_norms(shared_data / "norms" / "schwartz2008", LEG_M)
    recording = recording_of_clip(clip, body)
    time_s = 0.45 + recording["time_s"]  # the coordinates begin there
    for side in "rl":
        curves = curves_of(recording, side, 75.0, cycle_s)
        percent = 100.0 * (((time_s - down[side][0]) / cycle_s) % 1.0)
        for name, least in {
            "hip_flexion": 0.9,
            "hip_adduction": 0.6,
            "knee_flexion": 0.5,
            "ankle_dorsiflexion": 0.6,
        }.items():
            band = norms.band(name, SPEED)
            mean, sd = (np.interp(percent, np.arange(101), values) for values in (band.mean, band.sd))
            away = (curves[name] - mean) / sd
            assert (np.abs(away) <= 1.0).mean() >= least, name
            assert np.corrcoef(curves[name], mean)[0, 1] > 0.8, name


def forces(path):
    """Columns and rows of an OpenSim table."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("endheader")) + 1
    return lines[start].split(), np.array([line.split() for line in lines[start + 1 :] if line.strip()], float)


def test_a_persons_ground_forces_follow_the_bands(shared_data):
    columns, rows = forces(shared_data / "mocap" / "opensim_ik" / "rajagopal2016" / "grf_walk.mot.gz")
    norms = load_norms(shared_data / "norms" / "schwartz2008", LEG_M)
    force = {s: rows[:, [columns.index(f"ground_force_{s}_v{a}") for a in "xyz"]] for s in "rl"}
    pairs = [force_events(rows[:, 0], force[s][:, 1]) for s in "rl"]
    events = Events((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "force")
    stride = find_strides(events)[0]
    weight_n = cut(rows[:, 0], force["r"][:, 1] + force["l"][:, 1], stride).mean()
    for axis, name in ((1, "ground_force_vertical"), (0, "ground_force_anterior")):
        curve, band = cut(rows[:, 0], force["r"][:, axis], stride) / weight_n, norms.band(name, SPEED)
        assert np.corrcoef(curve, band.mean)[0, 1] > 0.9, name
        assert (np.abs(band.away(curve))[: round(100 * stride.stance)] <= 1.0).mean() >= 0.4, name
