"""Footing: where the root must be so that the feet of a recorded motion stand on the ground of this body.

Joint angles recorded on one person move the feet of a body with other legs to other places. The angles
are kept; the root is placed anew: its travel follows the feet that stand, so that they do not skate, and
its height puts their soles on z = 0. What was recorded of the root leads where no foot stands. A motion
that already stands is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.body import Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.clip import Label
from kinesis.motion.filters import lowpass
from kinesis.motion.readers.course import Course, Recorded, find_course
from kinesis.motion.readers.feet import Feet, sense_feet, slip, standing

TRAVEL_HZ = 10.0
"""Corner of the low-pass on the root's velocity; a lower one makes the short stance of running slide."""

SMOOTH_HZ = 6.0
"""Corner of the low-pass on the correction of the root's height."""

_STANDS = 0.3
_COURSE_WEIGHT = 0.05
_SOUND_SLIP_MPS, _SOUND_SLIP_SHARE, _SOUND_GAP_M = 0.05, 0.06, 0.008
_FASTEST_MPS = 15.0


@dataclass(frozen=True)
class Footing:
    """A motion placed on its feet.

    qpos: (frame, nq). scale: factor on the recorded travel. belt_mps: speed of the treadmill under the
    recorded person's feet, None where there was none. slip_mps: what the standing feet still slip, root
    mean square. gap_m: (frame,) height of the lowest sole point.
    """

    qpos: np.ndarray
    scale: float
    belt_mps: float | None
    slip_mps: float
    gap_m: np.ndarray


def place(kinematics: Kinematics, qpos: np.ndarray, rate_hz: float, *, travel: bool, height: bool) -> Footing:
    """Stand a motion on its feet.

    Args:
        kinematics: of the body.
        qpos: (frame, nq); the root's orientation and the joint angles are kept.
        rate_hz: frames a second.
        travel: whether the root's x and y were recorded; else they follow from the feet alone.
        height: whether the root's z was recorded; else the lower foot stands at every instant.

    Raises:
        KinesisError: if the recorded root moves faster than a person can.
    """
    velocity = np.gradient(qpos[:, :2], 1.0 / rate_hz, axis=0) if travel else np.zeros((len(qpos), 2))
    if (usual := float(np.median(np.linalg.norm(velocity, axis=-1)))) > _FASTEST_MPS:
        raise KinesisError("the root moves faster than a person", got=f"{usual:.3g} m/s", expected="metres")
    feet = sense_feet(kinematics, qpos, rate_hz)
    if travel and height and (sound := _sound(feet, qpos, velocity)):
        return sound
    course = find_course(feet, Recorded(qpos[:, :3], velocity, travel, height), rate_hz)
    stands = standing(feet, course.velocity, course.height)
    out = qpos.copy()
    out[:, :2] = _integrated(lowpass(_led_by_feet(feet, course, stands), rate_hz, TRAVEL_HZ), rate_hz)
    out[:, 2] = _height(feet, course, stands, rate_hz)
    slipping = slip(feet, np.gradient(out[:, :2], 1.0 / rate_hz, axis=0), stands)
    return Footing(out, course.scale, course.belt_mps, slipping, out[:, 2] + feet.lowest.min(1))


def keep(kinematics: Kinematics, qpos: np.ndarray, rate_hz: float) -> Footing:
    """A motion (frame, nq) that was made for this body, as it is, with what its feet do."""
    feet, velocity = sense_feet(kinematics, qpos, rate_hz), np.gradient(qpos[:, :2], 1.0 / rate_hz, axis=0)
    weight = standing(feet, velocity, qpos[:, 2])
    return Footing(qpos, 1.0, None, slip(feet, velocity, weight), qpos[:, 2] + feet.lowest.min(1))


def treadmill_labels(footing: Footing) -> dict[str, Label]:
    """`treadmill` (0 or 1), and `belt_speed_mps` of the recorded person where there was one."""
    if footing.belt_mps is None:
        return {"treadmill": 0.0}
    return {"treadmill": 1.0, "belt_speed_mps": round(footing.belt_mps, 4)}


def _sound(feet: Feet, qpos: np.ndarray, velocity: np.ndarray) -> Footing | None:
    """The motion as it is, if its feet already stand still on the ground."""
    weight = standing(feet, velocity, qpos[:, 2])
    stands = weight.max(1) > _STANDS
    gap = qpos[:, 2] + feet.lowest.min(1)
    if stands.mean() < _STANDS or np.sqrt((gap[stands] ** 2).mean()) > _SOUND_GAP_M:
        return None
    slipping = slip(feet, velocity, weight)
    allowed = _SOUND_SLIP_MPS + _SOUND_SLIP_SHARE * float(np.linalg.norm(velocity, axis=-1).mean())
    return Footing(qpos, 1.0, None, slipping, gap) if slipping < allowed else None


def _led_by_feet(feet: Feet, course: Course, weight: np.ndarray) -> np.ndarray:
    """(frame, 2) root velocity: the mean that the standing feet ask for, the course's where none stands."""
    asked = (weight[..., None] * feet.travel).sum(1) + _COURSE_WEIGHT * course.velocity
    return asked / (weight.sum(1) + _COURSE_WEIGHT)[:, None]


def _integrated(velocity: np.ndarray, rate_hz: float) -> np.ndarray:
    """(frame, 2) positions from velocities, trapezoidal, from the origin."""
    steps = 0.5 * (velocity[1:] + velocity[:-1]) / rate_hz
    return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def _height(feet: Feet, course: Course, weight: np.ndarray, rate_hz: float) -> np.ndarray:
    """(frame,) root height: soles on the ground while a foot stands, the recorded arc, never below, between."""
    correction = -feet.lowest.min(1) - course.height
    stands = weight.max(1) > _STANDS
    if stands.any():
        frames = np.arange(len(correction))
        correction = np.maximum(np.interp(frames, frames[stands], correction[stands]), correction)
    return course.height + lowpass(correction, rate_hz, SMOOTH_HZ)
