"""Inverse kinematics of one leg over a whole clip: damped Gauss–Newton within the joints' limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.body import ANATOMICAL_B
from kinesis.motion.filters import lowpass
from kinesis.motion.fit.limb import EDGE, LATERAL, TOE, Limb, pose
from kinesis.motion.gait.legs import SOLVED

NEUTRAL_M = np.array([0.002, 0.002, 0.006, 0.002, 0.002, 0.012])
"""Pull of each joint to zero, as the distance [m] that a radian costs: hip flexion, adduction, rotation, knee,
ankle, subtalar. Where the knee is straight, nothing but the foot tells the hip's rotation from the subtalar's."""

CALM_M = np.array([0.0, 0.0, 0.04, 0.0, 0.0, 0.04])
"""Pull of each joint to its smoothed course [m/rad]."""
CALM_HZ = 4.0

BARRIER_M2 = 4e-5
"""Weight of -log(distance to a limit [rad]) near it: 10 mm at the toe bring a joint to about 1° from its limit."""
BARRIER_RAD = np.deg2rad(4.0)
"""Distance from a limit at which the barrier begins."""

_FIRST, _AGAIN = 5, 4
_INSIDE_RAD = np.deg2rad(0.1)
_LATERAL_WEIGHT, _LEVEL_WEIGHT = 0.3, 2.0
_DAMPING_M2 = 1e-7
_LARGEST_STEP_RAD = 0.4


@dataclass(frozen=True)
class Aim:
    """Where one leg shall be, relative to the root's origin.

    root: (frame, 3, 3) orientation of the root. joints: (frame, 3, 3) knee, ankle and toe [m]. lateral:
    (frame, 3) the point beside the knee [m], or None. grounded: (frame,) 1 where the sole shall be level
    from side to side, 0 where it may be as it will.
    """

    root: np.ndarray
    joints: np.ndarray
    lateral: np.ndarray | None
    grounded: np.ndarray


def solve_leg(limb: Limb, aim: Aim) -> np.ndarray:
    """Angles (frame, 6) of a leg that bring it to its aim, every frame by itself."""
    angles = _guess(limb, aim)
    for _ in range(_FIRST):
        angles = _stepped(limb, aim, angles, None)
    return angles


def solve_again(limb: Limb, aim: Aim, angles: np.ndarray, rate_hz: float) -> np.ndarray:
    """Angles (frame, 6) from those for a similar aim, with the ill-observed joints drawn to a smooth course."""
    calm = lowpass(angles, rate_hz, CALM_HZ)
    for _ in range(_AGAIN):
        angles = _stepped(limb, aim, angles, calm)
    return angles


def _guess(limb: Limb, aim: Aim) -> np.ndarray:
    """Angles (frame, 6) by the directions of thigh and shank alone."""
    thigh = aim.joints[:, 0] - limb.chain.hip(aim.root)
    shank = aim.joints[:, 1] - aim.joints[:, 0]
    ahead, left, up = np.moveaxis((thigh[:, None] @ aim.root @ ANATOMICAL_B)[:, 0], -1, 0)
    angles = np.zeros((len(thigh), SOLVED))
    angles[:, 0] = np.arctan2(ahead, -up)
    angles[:, 1] = np.arctan2(left, np.hypot(ahead, up)) * (1.0 if limb.side == "r" else -1.0)
    cosine = (thigh * shank).sum(-1) / (np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shank, axis=-1))
    angles[:, 3] = np.arccos(np.clip(cosine, -1.0, 1.0))
    return _inside(limb, angles)


def _inside(limb: Limb, angles: np.ndarray) -> np.ndarray:
    lower, upper = limb.chain.limits.T
    return np.clip(angles, lower + _INSIDE_RAD, upper - _INSIDE_RAD)


def _stepped(limb: Limb, aim: Aim, angles: np.ndarray, calm: np.ndarray | None) -> np.ndarray:
    """One step of every frame, inside the limits; no step takes more than most of the way to a limit."""
    rows, error = _linearised(limb, aim, angles)
    across = rows.transpose(0, 2, 1)
    normal = across @ rows + _DAMPING_M2 * np.eye(SOLVED)
    slope = (across @ error[..., None])[..., 0]
    lower, upper = limb.chain.limits.T
    below, above = angles - lower, upper - angles
    near_below, near_above = np.minimum(below, BARRIER_RAD), np.minimum(above, BARRIER_RAD)
    slope += BARRIER_M2 * (1.0 / near_below - 1.0 / near_above) - NEUTRAL_M**2 * angles
    stiff = BARRIER_M2 * ((below < BARRIER_RAD) / below**2 + (above < BARRIER_RAD) / above**2) + NEUTRAL_M**2
    if calm is not None:
        slope += CALM_M**2 * (calm - angles)
        stiff += CALM_M**2
    normal[:, np.arange(SOLVED), np.arange(SOLVED)] += stiff
    step = np.clip(np.linalg.solve(normal, slope[..., None])[..., 0], -_LARGEST_STEP_RAD, _LARGEST_STEP_RAD)
    return _inside(limb, angles + np.clip(step, -0.9 * below, 0.9 * above))


def _linearised(limb: Limb, aim: Aim, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Jacobian (frame, row, 6) and error (frame, row) [m]: three joints, the level of the sole, the knee's side."""
    posed = pose(limb, angles, aim.root)
    level, slope = (values[:, EDGE, 2:] - values[:, TOE, 2:] for values in posed)
    weight = _LEVEL_WEIGHT * aim.grounded[:, None]
    errors = [(aim.joints - posed.points[:, :EDGE]).reshape(len(angles), -1), -weight * level]
    rows = [posed.jacobian[:, :EDGE].reshape(len(angles), -1, SOLVED), weight[..., None] * slope]
    if aim.lateral is not None:
        errors.append(_LATERAL_WEIGHT * (aim.lateral - posed.points[:, LATERAL]))
        rows.append(_LATERAL_WEIGHT * posed.jacobian[:, LATERAL])
    return np.concatenate(rows, axis=1), np.concatenate(errors, axis=1)
