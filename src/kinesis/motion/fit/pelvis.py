"""The pelvis of a recorded person: where it faces, and how it leans."""

from __future__ import annotations

import numpy as np

from kinesis.body import ANATOMICAL_B
from kinesis.motion.points import Points

NEUTRAL_LEAN_RAD = {"spine": np.deg2rad(-5.7), "neck": np.deg2rad(-3.5), "head": np.deg2rad(-1.0)}
"""How far these points lie behind the vertical through the middle of the hips in a person who stands upright,
seen from there: of the mean adult in the skeleton of SMPL (Loper 2015), whose joints most formats follow."""

_UP = np.array([0.0, 0.0, 1.0])
_LARGEST_CORRECTION_RAD = np.deg2rad(25.0)


def pelvis_frames(points: Points) -> np.ndarray:
    """(frame, 3, 3) with columns forward, left, up of the pelvis in the world; points in metres, z up.

    Left is the line through the hips. Forward leans with the first point of the spine, since the spine's
    lowest part is rigid with the pelvis. What that point's direction means differs between skeletons by a
    constant, which is set so that the pelvis leans, on average over the recording, as the trunk does (hips
    to neck): this body's trunk is rigid on its pelvis, and a trunk that leans otherwise would not balance.
    """
    middle = 0.5 * (points.of("hip_r") + points.of("hip_l"))
    left = _unit(points.of("hip_l") - points.of("hip_r"))
    rigid = next((name for name in ("spine", "neck", "head") if name in points.names), None)
    if rigid is None:
        return _frame(left, np.broadcast_to(_UP, left.shape))
    trunk = next((name for name in ("neck", "head", "spine") if name in points.names), rigid)
    upward = _frame(left, points.of(rigid) - middle)
    lean = _lean(left, points.of(rigid) - middle).mean()
    wanted = _lean(left, points.of(trunk) - middle).mean() - NEUTRAL_LEAN_RAD[trunk]
    correction = np.clip(wanted - lean, -_LARGEST_CORRECTION_RAD, _LARGEST_CORRECTION_RAD)
    forward, leftward, up = np.moveaxis(upward, -1, 0)
    turned_up = np.cos(correction) * up + np.sin(correction) * forward
    return np.stack([np.cross(leftward, turned_up), leftward, turned_up], axis=-1)


def root_matrices(frames: np.ndarray) -> np.ndarray:
    """Rotation matrices (frame, 3, 3) of a Body's root whose pelvis has these frames."""
    return frames @ ANATOMICAL_B.T


def _lean(left: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """(frame,) angle [rad] by which a direction leans ahead of the vertical, seen from the side."""
    level_left = _unit(left * [1.0, 1.0, 0.0])
    ahead = np.cross(level_left, _UP)
    return np.arctan2((direction * ahead).sum(-1), direction[:, 2])


def _frame(left: np.ndarray, upward: np.ndarray) -> np.ndarray:
    """(frame, 3, 3) columns forward, left, up from the exact left and a direction that is roughly up."""
    forward = _unit(np.cross(left, upward))
    return np.stack([forward, left, np.cross(forward, left)], axis=-1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)
