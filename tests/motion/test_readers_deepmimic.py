"""DeepMimic's motions are read on its humanoid's bones; what is not sound is refused."""

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinesis.errors import KinesisError
from kinesis.motion.points import LEG_POINTS, Points
from kinesis.motion.readers import read_motions
from kinesis.motion.readers.deepmimic import OFFSETS, read_deepmimic

STILL = [0.02, 1.0, 0.9, 0.0] + [1.0, 0, 0, 0] * 4 + [0.0] + [1.0, 0, 0, 0] * 2 + [0.0] + [1.0, 0, 0, 0] + [0.0]
STILL += [1.0, 0, 0, 0] * 2 + [0.0]
R_KNEE, L_KNEE, R_HIP = 20, 34, 16


def write(path: Path, frames: Any, **more: Any) -> Path:
    path.write_text(json.dumps({"Loop": "none", "Frames": frames} | more))
    return path


def test_a_person_who_stands_has_the_offsets_of_the_character(tmp_path: Path) -> None:
    (points,) = read_motions(write(tmp_path / "stand.txt", [STILL] * 4))
    assert isinstance(points, Points)
    assert (points.up, points.unit_m, points.labels["loop"]) == (1, 1.0, "none")
    assert points.rate_hz == pytest.approx(50.0)
    for name, (parent, offset) in OFFSETS.items():
        np.testing.assert_allclose(points.of(name) - points.of(parent), np.tile(offset, (4, 1)), atol=1e-12)
    assert (points.of("hip_r") - points.of("hip_l"))[0, 2] > 0  # x forward, y up: z is right
    assert points.of("knee_lateral_l")[0, 2] < points.of("knee_l")[0, 2]


def test_knees_bend_backward_and_quaternions_begin_with_w(tmp_path: Path) -> None:
    frame = list(STILL)
    frame[R_KNEE] = -np.pi / 2
    frame[L_KNEE] = -np.pi / 2
    frame[R_HIP : R_HIP + 4] = np.cos(np.pi / 4), 0.0, 0.0, np.sin(np.pi / 4)
    (points,) = read_deepmimic(write(tmp_path / "bent.txt", [frame] * 4))
    bones = {name: points.of(name)[0] - points.of(OFFSETS[name][0])[0] for name in OFFSETS}
    np.testing.assert_allclose(bones["ankle_l"], [-0.409870, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(bones["knee_r"], [0.421546, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(bones["ankle_r"], [0.0, -0.409870, 0.0], atol=1e-9)


def changed(**numbers: Any) -> list[list[Any]]:
    frames = [list(STILL) for _ in range(4)]
    for place, value in numbers.items():
        frames[1][int(place[1:])] = value
    return frames


FAULTS: dict[str, tuple[Any, str]] = {
    "one frame": ([STILL], "frames are not equally long|too few frames"),
    "two frames": ([STILL] * 2, "too few frames"),
    "no frames": ([], "not frames of DeepMimic"),
    "another character": ([STILL[:-1]] * 4, "not frames of DeepMimic"),
    "frames of unequal width": ([STILL, STILL[:5]], "not a table"),
    "words": ([["a"] * 44] * 4, "not a table"),
    "null": (None, "not frames of DeepMimic|not a table"),
    "an object": ({"a": 1}, "not a table"),
    "no length of a turn": (changed(n16=0.0, n17=0.0, n18=0.0, n19=0.0), "an orientation has no length"),
    "nan": (changed(n3=float("nan")), "no number of a recording"),
    "infinite": (changed(n2=float("inf")), "no number of a recording"),
    "uneven": (changed(n0=0.04), "not equally long"),
    "time stands still": ([[0.0, *STILL[1:]]] * 4, "not equally long"),
    "ten hours": ([[10_000.0, *STILL[1:]]] * 4, "too long"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_a_sentence(tmp_path: Path, fault: str) -> None:
    frames, said = FAULTS[fault]
    with pytest.raises(KinesisError, match=said):
        read_deepmimic(write(tmp_path / "clip.txt", frames))


@pytest.mark.parametrize("text", ['{"Frames": ', '{"Frames": ' + "[" * 100_000, '{"Frames": [1' + "0" * 5000 + "]}"])
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "clip.txt").write_text(text)
    with pytest.raises(KinesisError):
        read_motions(tmp_path / "clip.txt")


def test_a_file_too_large_to_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinesis.motion.readers.json_object.LARGEST_JSON_BYTES", 1000)
    with pytest.raises(KinesisError, match="too large"):
        read_deepmimic(write(tmp_path / "clip.txt", [STILL] * 40))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_damage_anywhere_gives_points_or_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(write(tmp_path / "clip.txt", [STILL] * 4).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        new = data.draw(st.sampled_from([b"", b"1e999", b"NaN", b"-", b"[", b"]", b"null", b'"', b"9", b"0.", b"\xff"]))
        content[at : at + data.draw(st.integers(0, 6))] = new
        content = content or bytearray(b" ")
    (tmp_path / "clip.txt").write_bytes(content)
    with contextlib.suppress(KinesisError):
        read_deepmimic(tmp_path / "clip.txt")


@pytest.mark.parametrize(
    "file", ["humanoid3d_walk.txt", "humanoid3d_run.txt", "humanoid3d_jog.txt", "long/long_walks.zip"]
)
def test_recordings_walk_forward_on_two_feet(shared_data: Path, tmp_path: Path, file: str) -> None:
    path = shared_data / "mocap" / "deepmimic" / file
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            path = Path(archive.extract(sorted(archive.namelist())[0], tmp_path))
    (points,) = read_motions(path)
    assert isinstance(points, Points)
    assert points.up == 1
    middle = {part: 0.5 * (points.of(f"{part}_r") + points.of(f"{part}_l")) for part in LEG_POINTS}
    forward = np.cross([0.0, 1.0, 0.0], points.of("hip_r") - points.of("hip_l"))
    steps = np.diff(middle["hip"], axis=0)
    assert (steps * forward[1:]).sum() > 0
    assert ((middle["knee"] - 0.5 * (middle["hip"] + middle["ankle"])) * forward).sum() > 0
    assert -0.05 < min(points.of(f"toe_{side}")[:, 1].min() for side in "rl") < 0.1


def test_the_character_itself_is_no_motion(shared_data: Path) -> None:
    with pytest.raises(KinesisError, match="not known"):
        read_motions(shared_data / "mocap" / "deepmimic" / "humanoid3d_character.txt")
