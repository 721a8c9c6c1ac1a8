"""Joint positions, HumanML3D's features and MDM's results are read, with captions; what is not sound is refused."""

import contextlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.fit.sound import made_sound
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.points import LEG_POINTS, Points
from kinesis.motion.readers import Refused, read_motions
from kinesis.motion.readers.joints import joints_of_features, read_joints
from kinesis.motion.readers.smpl_skeleton import JOINTS

from .writers import humanml3d_joints, write_joints

SIDED = tuple(f"{part}_{side}" for part in LEG_POINTS for side in "rl")


@cache
def turning() -> Clip:
    spec = GaitSpec(segments=(Segment(time_s=0.0, mode="walk", forward_mps=1.0, yaw_rate_rps=0.5),), duration_s=3.0)
    return generate(Kinematics(load("legs80"), threads=1), spec, rate_hz=50.0, name="turn")


@cache
def joints() -> np.ndarray:
    return humanml3d_joints(turning())


def features_of(place: np.ndarray) -> np.ndarray:
    """HumanML3D's first 67 features of joints (frame, 22, 3), the rest zero, by their definition."""
    across = place[:, JOINTS.index("hip_l")] - place[:, JOINTS.index("hip_r")]
    yaw = np.unwrap(np.arctan2(-across[:, 2], across[:, 0]))
    facing = Rotation.from_rotvec(np.outer(yaw - yaw[0], [0.0, 1.0, 0.0]))
    features = np.zeros((len(place), 263))
    features[:-1, 0] = -0.5 * np.diff(yaw)
    features[:-1, 1:3] = facing[1:].inv().apply(np.diff(place[:, 0], axis=0))[:, [0, 2]]
    features[:, 3] = place[:, 0, 1]
    ground = place[:, 1:] - place[:, :1] * [1.0, 0.0, 1.0]
    features[:, 4:67] = np.stack([facing.inv().apply(ground[:, i]) for i in range(21)], axis=1).reshape(-1, 63)
    return features


def test_an_array_without_a_rate_is_humanml3d(tmp_path: Path) -> None:
    (points,) = read_motions(write_joints(turning(), tmp_path / "clip.npy"))
    assert isinstance(points, Points)
    assert (points.rate_hz, points.up, points.unit_m) == (20.0, None, None)
    for name in SIDED:
        np.testing.assert_allclose(points.of(name), joints()[:, JOINTS.index(name)], atol=1e-6)


@pytest.mark.parametrize("ending", [".npz", ".json"])
def test_joints_with_a_rate_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"clip{ending}"
    if ending == ".npz":
        write_joints(turning(), path, rate_hz=50.0)
    else:
        path.write_text(json.dumps({"fps": 50, "joints": humanml3d_joints(turning(), 50.0).tolist()}))
    (points,) = read_motions(path)
    assert isinstance(points, Points)
    assert points.rate_hz == 50.0
    assert points.frames == turning().frames


def test_features_give_back_the_joints_they_were_made_of() -> None:
    place = joints() - joints()[0, 0] * [1.0, 0.0, 1.0]
    np.testing.assert_allclose(joints_of_features(features_of(place)), place, atol=1e-9)


def test_an_array_of_features_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "features.npy", features_of(joints()).astype(np.float32))
    (points,) = read_motions(tmp_path / "features.npy")
    assert isinstance(points, Points)
    assert not made_sound(points)[1]


def results(**changes: Any) -> dict[str, Any]:
    """As MDM writes: motion (N, 22, 3, T), padded to one length."""
    motion = np.stack([joints().transpose(1, 2, 0)] * 2).astype(np.float32)
    captions = ["a person walks in a circle", "the same"]
    return {"motion": motion, "text": captions, "lengths": np.array([40, 61]), "num_samples": 2} | changes


def test_every_motion_of_mdm_has_its_length_and_its_caption(tmp_path: Path) -> None:
    np.save(tmp_path / "results.npy", results(), allow_pickle=True)  # type: ignore[arg-type]
    one, two = read_motions(tmp_path / "results.npy")
    assert isinstance(one, Points)
    assert isinstance(two, Points)
    assert (one.frames, two.frames) == (40, 61)
    assert (one.name, one.labels["caption"]) == ("results_0", "a person walks in a circle")
    np.testing.assert_allclose(one.of("knee_l"), joints()[:40, JOINTS.index("knee_l")], atol=1e-6)


def test_one_bad_motion_of_mdm_does_not_stop_the_others(tmp_path: Path) -> None:
    motion = results()["motion"].copy()
    motion[0, 3, 1, 5] = np.nan
    np.save(tmp_path / "results.npy", results(motion=motion), allow_pickle=True)  # type: ignore[arg-type]
    bad, good = read_motions(tmp_path / "results.npy")
    assert isinstance(bad, Refused)
    assert "no number of a recording" in str(bad.error)
    assert isinstance(good, Points)


def test_left_handed_axes_and_millimetres_give_the_same_person(tmp_path: Path) -> None:
    np.save(tmp_path / "left.npy", joints() * [-1000.0, 1000.0, 1000.0])
    (points,) = read_joints(tmp_path / "left.npy")
    assert isinstance(points, Points)
    person, mirrored = made_sound(points)
    assert mirrored
    np.testing.assert_allclose(person.of("toe_r")[:, 2], joints()[:, JOINTS.index("toe_r"), 1], atol=1e-6)


class Runs:
    """Would make a folder when it is unpickled."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __reduce__(self) -> tuple:
        return os.mkdir, (self.place,)


def test_a_pickle_that_would_run_something_is_refused_and_does_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    np.save(tmp_path / "results.npy", results(text=Runs(str(trace))), allow_pickle=True)  # type: ignore[arg-type]
    with pytest.raises(KinesisError, match="asks for more than numbers"):
        read_motions(tmp_path / "results.npy")
    assert not trace.exists()


SOUND = np.zeros((4, 22, 3))
FAULTS: dict[str, tuple[Any, str]] = {
    "one frame": (SOUND[:1], "too few frames"),
    "no frames": (SOUND[:0], "too few frames"),
    "too few joints": (SOUND[:, :21], "not joints of HumanML3D"),
    "KIT's features": (np.zeros((40, 251)), "not joints of HumanML3D"),
    "flat": (np.zeros(12), "not joints of HumanML3D"),
    "nothing": (np.array(3.0), "not joints of HumanML3D"),
    "words": (np.array(["a", "b"]), "not an array of numbers"),
    "complex": (SOUND * 1j, "not an array of numbers"),
    "nan": (SOUND * np.nan, "no number of a recording"),
    "infinite": (SOUND + np.inf, "no number of a recording"),
    "half precision, infinite": ((SOUND + np.inf).astype(np.float16), "no number of a recording"),
    "light years": (SOUND + 1e16, "no number of a recording"),
    "features of nan": (np.full((9, 263), np.nan), "no number of a recording"),
    "ten hours": (np.zeros((720_000, 22, 3), np.float16), "too long"),
    "another dictionary": ({"a": 1}, "not results of MDM"),
    "motion of another shape": (results(motion=SOUND), "not results of MDM"),
    "motion of objects": (results(motion=np.full((1, 22, 3, 4), None)), "not an array of numbers"),
    "a list": ([1, "a", {}], "not an array of numbers|no array|pickle"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_a_sentence(tmp_path: Path, fault: str) -> None:
    content, said = FAULTS[fault]
    array = content if isinstance(content, np.ndarray) else np.array(content, dtype=object)
    np.save(tmp_path / "clip.npy", array, allow_pickle=True)
    with pytest.raises(KinesisError, match=said):
        read_joints(tmp_path / "clip.npy")


@pytest.mark.parametrize(
    "text",
    ['{"joints": 3}', '{"joints": [[1, [2]], 3]}', '{"joints": {}}', '{"joints": [', '{"joints": ' + "[" * 100_000],
)
def test_json_that_holds_no_joints_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "clip.json").write_text(text)
    with pytest.raises(KinesisError):
        read_motions(tmp_path / "clip.json")


def test_a_head_that_promises_more_than_there_is_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", SOUND)
    content = (tmp_path / "clip.npy").read_bytes()
    (tmp_path / "clip.npy").write_bytes(content.replace(b"(4, 22, 3)", b"(4000000000, 22, 3)"))
    with pytest.raises(KinesisError, match="an array ends early or late"):
        read_motions(tmp_path / "clip.npy")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data(), pickled=st.booleans())
def test_damage_anywhere_gives_points_or_a_sentence(tmp_path: Path, data: st.DataObject, pickled: bool) -> None:
    path = tmp_path / "clip.npy"
    small = {"motion": np.zeros((1, 22, 3, 3), np.float32), "text": ["a"], "lengths": np.array([3])}
    np.save(path, small if pickled else SOUND, allow_pickle=True)  # type: ignore[arg-type]
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(content) - 1, 400)))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    path.write_bytes(content or b".")
    with contextlib.suppress(KinesisError):
        read_joints(path)


def test_the_sample_of_humanml3d_is_the_same_from_joints_and_from_features(shared_data: Path) -> None:
    folder = shared_data / "mocap" / "humanml3d_sample"
    (place,) = read_motions(folder / "new_joints_012314.npy")
    (features,) = read_motions(folder / "new_joint_vecs_012314.npy")
    assert isinstance(place, Points)
    assert isinstance(features, Points)
    np.testing.assert_allclose(place.position, features.position, atol=1e-5)
    assert not made_sound(place)[1]
