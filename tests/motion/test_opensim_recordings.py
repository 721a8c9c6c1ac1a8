"""Recordings of real people: each is read, stands on its feet, and goes as fast as the person did."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from kinesis import rotations
from kinesis.body import FORWARD_B, Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.read import read_motion
from kinesis.motion.readers.feet import sense_feet
from kinesis.motion.readers.opensim import write_opensim

KINEMATICS = Kinematics(load("legs80"), threads=1)
BODY = KINEMATICS.body
STANDS_M = 0.01


@dataclass(frozen=True)
class Recording:
    """What is known of a file; speeds are those of this body, belts those of the person."""

    file: str
    category: str
    speed_mps: tuple[float, float]
    belt_mps: tuple[float, float] | None
    knee_sign: float
    frames: int


RECORDINGS = {
    "gait10dof": Recording("gait10dof/subject01_walk_IK.mot", "walk", (0.95, 1.15), (1.05, 1.25), -1.0, 126),
    "hamner": Recording("hamner/subject02_running_ik.mot", "run", (3.4, 4.0), (3.8, 4.15), -1.0, 499),
    "walking1": Recording("opencap_subject4/walking1_ik.mot", "walk", (1.2, 1.3), None, 1.0, 66),
    "walking2": Recording("opencap_subject4/walking2_ik.mot", "walk", (1.2, 1.3), None, 1.0, 66),
    "walking4": Recording("opencap_subject4/walking4_ik.mot", "walk", (1.15, 1.3), None, 1.0, 70),
    "static1": Recording("opencap_subject4/static1_ik.mot", "stand", (0.0, 0.01), None, 1.0, 259),
    "rajagopal2016": Recording("rajagopal2016/walk_coordinates_rra.sto.gz", "walk", (1.1, 1.3), None, 1.0, 68),
}


@pytest.fixture(scope="module", params=list(RECORDINGS))
def case(request: pytest.FixtureRequest, shared_data: Path) -> tuple[Recording, Clip]:
    recording = RECORDINGS[request.param]
    return recording, read_motion(shared_data / "mocap" / "opensim_ik" / recording.file, KINEMATICS)


def soles(clip: Clip) -> np.ndarray:
    """(frame, 2) height of the lowest point of each sole [m]."""
    return KINEMATICS.sole_heights(clip.qpos).min(-1)


def test_speed_and_kind_are_those_of_the_person(case: tuple[Recording, Clip]) -> None:
    recording, clip = case
    labels = clip.labels
    assert (clip.category, clip.frames) == (recording.category, recording.frames)
    assert recording.speed_mps[0] <= float(labels["speed_mps"]) <= recording.speed_mps[1]
    assert labels["knee_sign"] == recording.knee_sign
    assert labels["treadmill"] == float(recording.belt_mps is not None)
    if recording.belt_mps:
        assert recording.belt_mps[0] <= float(labels["belt_speed_mps"]) <= recording.belt_mps[1]


def test_the_person_starts_at_the_origin_upright_and_heads_along_x(case: tuple[Recording, Clip]) -> None:
    _, clip = case
    np.testing.assert_array_equal(clip.qpos[0, :2], 0.0)
    assert abs(rotations.heading(clip.qpos[:, 3:7], FORWARD_B)).max() < np.deg2rad(15.0)
    up = rotations.rotate(clip.qpos[:, 3:7], np.array([0.0, 0.0, 1.0]))[:, 2]
    assert up.min() > np.cos(np.deg2rad(16.0))
    assert abs(clip.qpos[-1, 1]) < 0.05 + 0.03 * clip.qpos[-1, 0]


def test_soles_neither_sink_nor_float(case: tuple[Recording, Clip]) -> None:
    _, clip = case
    lowest = soles(clip).min(1)
    assert lowest.min() > -0.0075
    assert (lowest < -0.005).mean() < 0.06
    if clip.category == "run":
        assert 0.15 < (lowest > 0.01).mean() < 0.45
        assert lowest.max() < 0.08
    else:
        assert lowest.max() < 0.0085


def test_the_foot_that_carries_alone_stays_where_it_is(case: tuple[Recording, Clip]) -> None:
    _, clip = case
    down = soles(clip) < STANDS_M
    alone = down & ~down[:, ::-1] if clip.category != "stand" else down
    off = clip.qvel[:, None, :2] - sense_feet(KINEMATICS, clip.qpos, clip.rate_hz).travel
    slip = np.median(np.linalg.norm(off, axis=-1)[alone])
    assert slip < (0.15 if clip.category == "run" else 0.03)


def test_the_root_does_not_hop(case: tuple[Recording, Clip]) -> None:
    """The correction of the height adds little to the accelerations that walkers and runners have."""
    _, clip = case
    fall = np.gradient(clip.qvel[:, 2], 1.0 / clip.rate_hz)
    limit = {"run": 9.0, "walk": 3.0, "stand": 0.1}[clip.category]
    assert np.sqrt((fall**2).mean()) < limit


def test_velocities_are_those_of_the_positions(case: tuple[Recording, Clip]) -> None:
    _, clip = case
    moved = np.gradient(clip.landmarks, 1.0 / clip.rate_hz, axis=0)
    off = np.linalg.norm(moved - clip.landmark_velocities, axis=-1)[1:-1]
    assert off.max() < 0.02 + 0.1 * np.linalg.norm(clip.landmark_velocities, axis=-1).max()


def test_the_clip_survives_writing_and_reading(case: tuple[Recording, Clip], tmp_path: Path) -> None:
    _, clip = case
    write_opensim(clip, BODY, tmp_path / "again.mot")
    again = read_motion(tmp_path / "again.mot", KINEMATICS)
    np.testing.assert_allclose(again.qpos, clip.qpos, atol=1e-6)
    assert again.category == clip.category


def test_the_feet_alone_tell_the_same_speed(case: tuple[Recording, Clip], tmp_path: Path) -> None:
    """A file without pelvis translation gives the motion that the file with it gives."""
    _, clip = case
    write_opensim(clip, BODY, tmp_path / "with.mot")
    _, _, body = (tmp_path / "with.mot").read_text().partition("endheader\n")
    rows = [line.split("\t") for line in body.splitlines()]
    kept = [i for i, name in enumerate(rows[0]) if name not in ("pelvis_tx", "pelvis_ty", "pelvis_tz")]
    lines = ["without", "inDegrees=yes", "endheader", *("\t".join(row[i] for i in kept) for row in rows)]
    (tmp_path / "without.mot").write_text("\n".join(lines))
    alone = read_motion(tmp_path / "without.mot", KINEMATICS)
    assert alone.labels["speed_mps"] == pytest.approx(float(clip.labels["speed_mps"]), rel=0.02, abs=0.01)


def test_ground_forces_are_not_taken_for_coordinates(shared_data: Path) -> None:
    path = shared_data / "mocap" / "opensim_ik" / "rajagopal2016" / "grf_walk.mot.gz"
    with pytest.raises(KinesisError, match="the coordinate hip_flexion_r is missing"):
        read_motion(path, KINEMATICS)
