"""Feet: where the soles are, how the root would have to move to hold them still, and which foot stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.body import Body, Kinematics

SOLE_RADIUS_M = 0.02
"""Height of the heel's and the ball's landmark above the ground in a flat foot."""

_ROLL_M = 0.01
_LIFT_M = 0.02
_AGREES = 0.3


@dataclass(frozen=True)
class Feet:
    """The feet of a motion whose root stays over the origin at height zero.

    lowest: (frame, 2) height of the lowest sole point, right and left [m].
    travel: (frame, 2, 2) root velocity in the world that would hold that foot still, x and y [m/s].
    """

    lowest: np.ndarray
    travel: np.ndarray

    @property
    def lower(self) -> np.ndarray:
        """(frame, 2) travel that the lower of the two feet asks for."""
        return np.take_along_axis(self.travel, self.lowest.argmin(1)[:, None, None], axis=1)[:, 0]


def sense_feet(kinematics: Kinematics, qpos: np.ndarray, rate_hz: float) -> Feet:
    """Heights of the soles and the travel that each foot asks for, from qpos (frame, nq).

    The point that must not slip is the lowest of the sole, under the heel where the toes are up and under
    the ball where the heel is; it moves with the foot's landmark and its turning about it.
    """
    body, hanging = kinematics.body, qpos.copy()
    hanging[:, :3] = 0.0
    position = kinematics.landmarks(hanging, np.zeros((len(qpos), body.model.nv))).position
    heel, ball = bones(body, position, "calcn"), bones(body, position, "toes")
    heel_speed, ball_speed = (np.gradient(point, 1.0 / rate_hz, axis=0) for point in (heel, ball))
    on_ball = np.clip((heel - ball)[..., 2:] / (2.0 * _ROLL_M) + 0.5, 0.0, 1.0)
    along = (ball - heel) / np.linalg.norm(ball - heel, axis=-1, keepdims=True)
    turning = np.cross(along, np.gradient(along, 1.0 / rate_hz, axis=0))
    rolling = np.cross(turning, [0.0, 0.0, -SOLE_RADIUS_M])
    sliding = heel_speed * (1.0 - on_ball) + ball_speed * on_ball + rolling
    return Feet(kinematics.sole_heights(hanging).min(-1), -sliding[..., :2])


def bones(body: Body, position: np.ndarray, bone: str) -> np.ndarray:
    """(frame, 2, 3) of a bone's landmark, right and left, out of position (frame, landmark, 3)."""
    return position[:, [body.landmarks.index(f"{bone}_{side}") for side in "rl"]]


def standing(feet: Feet, velocity: np.ndarray, height: np.ndarray) -> np.ndarray:
    """How surely each foot stands while the root moves so: it is low, and goes back as fast as the root goes on.

    velocity: (frame, 2) of the root [m/s]; height: (frame,) of the root, up to a constant [m].
    Returns (frame, 2), right and left, 0 to 1.
    """
    off = slides(feet, velocity)
    tolerance = 0.2 + 0.1 * np.linalg.norm(velocity, axis=-1)
    agreement = np.exp(-((off / tolerance[:, None]) ** 2))
    level = feet.lowest + height[:, None]
    lower = level.min(1)
    agrees = agreement.max(1) > _AGREES
    ground = np.median(lower[agrees]) if agrees.any() else np.median(lower)
    lift = np.maximum(level - np.maximum(ground, lower[:, None]), 0.0)
    return agreement * np.exp(-((lift / _LIFT_M) ** 2))


def slides(feet: Feet, velocity: np.ndarray) -> np.ndarray:
    """(frame, 2) speed of the right and the left sole [m/s] at a root velocity (frame, 2)."""
    return np.linalg.norm(feet.travel - velocity[:, None], axis=-1)


def slip(feet: Feet, velocity: np.ndarray, stands: np.ndarray) -> float:
    """Root mean square speed of the soles [m/s] at a root velocity (frame, 2), weighted by stands (frame, 2)."""
    return weighted_rms(slides(feet, velocity), stands)


def weighted_rms(values: np.ndarray, weight: np.ndarray) -> float:
    """Root mean square of values, in their unit, by weights of the same shape."""
    return float(np.sqrt((weight * values**2).sum() / max(float(weight.sum()), 1e-9)))
