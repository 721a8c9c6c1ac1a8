"""Knee axis: which way the knee's hinge points in the thigh; it tells the hip's rotation where the knee is straight."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

BESIDE = 0.15
"""`knee_lateral` lies this share of the thigh's length away from the knee."""

_SWINGS_RAD = np.deg2rad(8.0)
_ONE_AXIS = 0.35


def knee_lateral(
    hip: np.ndarray, knee: np.ndarray, thigh: Rotation, shank: Rotation, outward: np.ndarray, rest: np.ndarray | None
) -> np.ndarray:
    """(frame, 3) a place beside the knee, fixed in the thigh, outward along the hinge.

    The hinge is the one axis about which the shank swings on the thigh, where it swings by more than 8°
    (root mean square) and by less than 0.35 of that about any other; else it is what is outward in the
    skeleton's rest pose; else, on average over the frames, the line of the hips.

    hip, knee: (frame, 3). thigh, shank: orientations of all frames. outward: (frame, 3) from the other hip to
    this one. rest: (3,) outward in the thigh's frame where the skeleton is at rest, None where it does not stand.
    """
    along = thigh.inv().apply(knee - hip).mean(0)
    usual = _across(thigh.inv().apply(outward).mean(0), along)
    hinge = _hinge(thigh.inv() * shank)
    if hinge is not None:
        axis = hinge * (1.0 if hinge @ usual > 0.0 else -1.0)
    else:
        axis = usual if rest is None else _across(rest, along)
    return knee + thigh.apply(BESIDE * float(np.linalg.norm(along)) * axis)


def _hinge(bend: Rotation) -> np.ndarray | None:
    """(3,) the axis, in the thigh's frame, about which alone the shank turns by bend; None if it does not."""
    swings = (bend * bend.mean().inv()).as_rotvec()
    _, sizes, axes = np.linalg.svd(swings, full_matrices=False)
    rms = sizes / np.sqrt(len(swings))
    is_hinge = len(rms) > 1 and rms[0] > _SWINGS_RAD and rms[1] < _ONE_AXIS * rms[0]
    return axes[0] if is_hinge else None


def _across(vector: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Unit vector of the part of a vector (3,) that is across another; zero where there is none."""
    part = vector - along * (vector @ along) / max(float(along @ along), 1e-300)
    return part / max(float(np.linalg.norm(part)), 1e-300)
