"""Toes: most recordings lock them; here they bend over the ground while the heel is up."""

from __future__ import annotations

import numpy as np

from kinesis.body import Kinematics
from kinesis.motion.filters import lowpass
from kinesis.motion.readers.feet import SOLE_RADIUS_M, bones

_LEAVES_M, _LEFT_M = 0.04, 0.09
_SMOOTH_HZ = 4.0


def bend_toes(kinematics: Kinematics, qpos: np.ndarray, rate_hz: float) -> np.ndarray:
    """A copy of qpos (frame, nq) with both toe joints placed by the ground.

    While the ball of a foot is near the level on which the soles stand, its toes stay level: they extend by
    the pitch of the foot, within their range. As the ball rises they come back to zero.
    """
    body, out = kinematics.body, qpos.copy()
    addresses = [body.joint_qpos[body.joints.index(f"mtp_angle_{side}")] for side in "rl"]
    ranges = np.array([body.joint_range[body.joints.index(f"mtp_angle_{side}")] for side in "rl"])
    out[:, addresses] = ranges[:, 0]
    ground = kinematics.sole_heights(out).min((1, 2))
    position = kinematics.landmarks(out, np.zeros((len(out), body.model.nv))).position
    heel, ball = bones(body, position, "calcn"), bones(body, position, "toes")
    fall = heel - ball
    pitch = np.arctan2(fall[..., 2], np.linalg.norm(fall[..., :2], axis=-1))
    rise = ball[..., 2] - SOLE_RADIUS_M - ground[:, None]
    near = np.clip((_LEFT_M - rise) / (_LEFT_M - _LEAVES_M), 0.0, 1.0)
    extension = np.maximum(pitch, 0.0) * near**2 * (3.0 - 2.0 * near)
    out[:, addresses] = np.clip(lowpass(-extension, rate_hz, _SMOOTH_HZ), ranges[:, 0], 0.0)
    return out
