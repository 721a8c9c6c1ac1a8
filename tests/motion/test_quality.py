"""The marks of a clip say what is wrong with it, and what kind of motion it is."""

import dataclasses
from functools import cache

import mujoco
import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.marks import Marks, mark
from kinesis.motion.quality import KINDS, LIMITS, faults, grade, judge, kind

KINEMATICS = Kinematics(load("legs80"), threads=1)
BODY = KINEMATICS.body
PERFECT = dict.fromkeys(LIMITS, 0.0)
KINDS_OF = {
    "walk_slow": (Segment(0.0, "walk", 0.6),),
    "walk_normal": (Segment(0.0, "walk", 1.2),),
    "walk_fast": (Segment(0.0, "walk", 1.8),),
    "run": (Segment(0.0, "run", 3.0),),
    "backward": (Segment(0.0, "walk", -0.6),),
    "sideways": (Segment(0.0, "walk", 0.0, 0.3),),
    "turn": (Segment(0.0, "walk", 1.0), Segment(2.5, "walk", 1.0, 0.0, 1.0), Segment(4.0, "walk", 1.0)),
    "circle": (Segment(0.0, "walk", 0.9, 0.0, 0.5),),
    "turn_in_place": (Segment(0.0, "walk", 0.0, 0.0, 0.7),),
    "stand": (Segment(0.0, "stand"),),
}


@cache
def moving(name: str) -> Clip:
    """Named by the reader's words for a motion, as a clip of an unknown person would be."""
    clip = generate(KINEMATICS, GaitSpec(KINDS_OF[name], 6.0), name=name)
    category = name if name in ("run", "stand") else "stand" if name == "turn_in_place" else "walk"
    return dataclasses.replace(clip, labels=dict(clip.labels) | {"category": category})


def remade(clip: Clip, qpos: np.ndarray) -> Clip:
    return make_clip(
        KINEMATICS, qpos, clip.rate_hz, name=clip.name, source="", licence="", labels={"speed_mps": 1.2} | clip.labels
    )


def marks_of(clip: Clip, errors_m: np.ndarray | None = None) -> Marks:
    return mark(clip, KINEMATICS, errors_m)


@pytest.mark.parametrize("name", KINDS_OF)
def test_every_kind_of_motion_is_known(name: str) -> None:
    assert kind(moving(name)) == name
    assert name in KINDS


def test_a_sound_clip_gets_the_best_grade() -> None:
    quality = judge(moving("walk_normal"), marks_of(moving("walk_normal"), np.full((100, 8), 0.004)))
    assert (quality.grade, quality.limit_frames, quality.tendon_breaks) == ("A", 0.0, 0.0)
    assert quality.fit_mm == pytest.approx(4.0)
    assert quality.fit_mm_p95 == pytest.approx(4.0)
    assert quality.fit_mm_quantiles == pytest.approx([4.0] * 20)


def test_without_points_there_is_no_fit_error() -> None:
    quality = judge(moving("walk_normal"), marks_of(moving("walk_normal")))
    assert (quality.fit_mm, quality.fit_mm_p95, quality.fit_mm_quantiles) == (None, None, ())


def test_muscle_lengths_are_those_of_the_engine() -> None:
    clip, data = moving("run"), mujoco.MjData(BODY.model)
    muscles = KINEMATICS.muscles(clip.qpos, clip.qvel)
    for frame in (0, 17, 60):
        data.qpos[:], data.qvel[:] = clip.qpos[frame], clip.qvel[frame]
        mujoco.mj_forward(BODY.model, data)
        np.testing.assert_allclose(muscles.length[frame], data.actuator_length, atol=1e-12)
        np.testing.assert_allclose(muscles.speed[frame], data.actuator_velocity, atol=1e-9)


def test_fast_running_does_not_break_but_a_torn_clip_does() -> None:
    run = marks_of(moving("run"))
    assert run.jump_share > 0.05
    assert run.break_share < 0.1 * run.jump_share
    qpos = moving("walk_normal").qpos.copy()
    qpos[100:, BODY.joint_qpos] += 0.3
    torn = remade(moving("walk_normal"), np.clip(qpos, *_limits()))
    smooth = dataclasses.replace(torn, qvel=moving("walk_normal").qvel)
    assert marks_of(smooth).break_share > 0.0005
    assert frames_of(smooth, "muscle length breaks").tolist() == [100]
    assert marks_of(moving("walk_normal")).break_share == 0.0


def _limits() -> tuple[np.ndarray, np.ndarray]:
    lower, upper = np.full(BODY.model.nq, -np.inf), np.full(BODY.model.nq, np.inf)
    lower[BODY.joint_qpos], upper[BODY.joint_qpos] = BODY.joint_range.T
    return lower, upper


def test_frames_at_a_limit_are_counted_but_not_those_of_the_toes() -> None:
    qpos = moving("walk_normal").qpos.copy()
    knee, toes = (BODY.joints.index(name) for name in ("knee_angle_r", "mtp_angle_r"))
    qpos[:30, BODY.joint_qpos[knee]] = BODY.joint_range[knee, 0]
    qpos[100:, BODY.joint_qpos[toes]] = BODY.joint_range[toes, 0]
    pushed = remade(moving("walk_normal"), qpos)
    assert marks_of(pushed).limit_share == pytest.approx(30 / len(qpos))
    assert frames_of(pushed, "joint at its limit").tolist() == list(range(30))


def test_sinking_and_skating_are_measured() -> None:
    clip = moving("walk_normal")
    sunk, sliding = clip.qpos.copy(), clip.qpos.copy()
    sunk[:, 2] -= 0.02
    sliding[:, 0] += 0.2 * np.arange(clip.frames) / clip.rate_hz
    sound, sunk, sliding = (marks_of(c) for c in (clip, remade(clip, sunk), remade(clip, sliding)))
    assert sunk.penetration_mm - sound.penetration_mm == pytest.approx(20, abs=1)
    assert sliding.skating_mps > sound.skating_mps + 0.08


def frames_of(clip: Clip, fault: str, errors_m: np.ndarray | None = None) -> np.ndarray:
    """Frames that are marked with a fault."""
    return np.flatnonzero(faults(clip, marks_of(clip, errors_m))[fault])


@pytest.mark.parametrize("name", [name for name in KINDS_OF if name not in ("run", "turn_in_place")])
def test_a_motion_whose_feet_stand_and_whose_muscles_are_slow_has_no_faults(name: str) -> None:
    assert [fault for fault, flags in faults(moving(name), marks_of(moving(name))).items() if flags.any()] == []


def test_a_fault_is_marked_where_it_is() -> None:
    clip, middle = moving("walk_normal"), slice(100, 150)
    sunk, sliding, errors_m = clip.qpos.copy(), clip.qpos.copy(), np.full((clip.frames, 8), 0.01)
    sunk[middle, 2] -= 0.03
    sliding[:, 0] += np.cumsum(np.where(np.arange(clip.frames) // 50 == 2, 0.2, 0.0)) / clip.rate_hz
    errors_m[120, 3] = 0.036
    assert frames_of(remade(clip, sunk), "sole over 10 mm in the ground").tolist() == list(range(100, 150))
    skates = frames_of(remade(clip, sliding), "standing foot skates")
    assert len(skates) > 45
    assert 94 <= skates.min() <= skates.max() <= 155
    assert frames_of(clip, "fit error over 35 mm", errors_m).tolist() == [120]


@pytest.mark.parametrize(("times", "letter"), [(0.5, "A"), (1.5, "B"), (3.0, "C"), (5.0, "D")])
@pytest.mark.parametrize("mark", LIMITS)
def test_the_worst_mark_decides_the_grade(mark: str, times: float, letter: str) -> None:
    assert grade(PERFECT | {mark: times * LIMITS[mark]}, skating=0.0, speed=1.0) == letter
    assert grade(PERFECT, skating=times * 0.11, speed=1.0) == letter
