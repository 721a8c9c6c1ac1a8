"""What the leg can reach: a swinging foot is drawn in, the root goes down for a foot that stands."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from kinesis.motion.gait.legs import FootPose, LegChain

STRAIGHTEST_STANCE_RAD = np.deg2rad(3.5)
"""Least knee flexion for which the root's height leaves room."""
STRAIGHTEST_SWING_RAD = np.deg2rad(4.5)
"""Least knee flexion for which a swinging foot's path leaves room."""
BLUR_M = 0.002
EASE_S = 0.05
"""Time over which the root goes down for a leg that would not reach, and up again."""


def _leg(foot: FootPose, position: np.ndarray, root: np.ndarray, chain: LegChain) -> np.ndarray:
    """From hip to ankle (frame, 3) [m]."""
    return foot.origin + foot.matrix @ chain.ankle_in_foot() - position - chain.hip(root)


def retracted(foot: FootPose, position: np.ndarray, root: np.ndarray, chain: LegChain, free: np.ndarray) -> FootPose:
    """A foot drawn towards the hip where the leg would have to be straighter than it can be.

    free: (frame,) 1 in mid-swing, 0 in stance, where the foot stays.
    """
    leg = _leg(foot, position, root, chain)
    length = np.linalg.norm(leg, axis=1)
    excess = BLUR_M * np.logaddexp(0.0, (length - chain.reach(STRAIGHTEST_SWING_RAD)) / BLUR_M)
    return FootPose(foot.origin - (free * excess / length)[:, None] * leg, foot.matrix)


def lowered(
    position: np.ndarray, root: np.ndarray, legs: list[tuple[LegChain, FootPose]], rate_hz: float
) -> np.ndarray:
    """Root positions (frame, 3) smoothly lowered where a leg would not reach its foot."""
    need = np.zeros(len(position))
    for chain, foot in legs:
        leg = _leg(foot, position, root, chain)
        across = chain.reach(STRAIGHTEST_STANCE_RAD) ** 2 - (leg[:, :2] ** 2).sum(1)
        need = np.maximum(need, -leg[:, 2] - np.sqrt(np.maximum(across, 0.01)))
    width = EASE_S * rate_hz
    eased = gaussian_filter1d(maximum_filter1d(need, 2 * round(width) + 1, mode="nearest"), 0.5 * width)
    out = position.copy()
    out[:, 2] -= eased
    return out
