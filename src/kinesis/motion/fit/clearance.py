"""Clearance: feet that swing over the ground, where another skeleton's swing would drag this body's through it.

A recorded foot has another shape and height than this body's, so with the same angles its sole may touch the ground
all through the swing, where nobody can follow it. The foot is raised there, by inverse kinematics of the leg.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from kinesis import rotations
from kinesis.body import Kinematics
from kinesis.motion.gait.legs import SOLVED, FootPose
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.readers.feet import bones

DRAGS_M = 0.010
"""A swing drags whose sole is lower than this half of the time; built-in walks have 15 mm, 11 once read as points."""
CLEAR_M = 0.015
"""Height of the sole in the middle of a swing that dragged, as of built-in walks. Higher is followed better still, but
is further from what was recorded; people's toes clear 10 to 20 mm at the least (Winter 1992, Phys Ther 72:45)."""

_RAMP = 0.2
"""Share of a swing in which that height is reached, and left again."""
_FAST_MPS, _FAST_SHARE = 0.3, 0.25
_SHORTEST_S, _SMOOTH_S, _LEAST_M = 0.1, 0.03, 1e-4
_STEPS = 2


def clear_of_ground(kinematics: Kinematics, qpos: np.ndarray, rate_hz: float) -> np.ndarray:
    """A copy of qpos (frame, nq), which stands on z = 0, with the feet raised in the swings in which they drag."""
    body, skeleton, out = kinematics.body, skeleton_of(kinematics.body), qpos.copy()
    root = rotations.to_matrix(qpos[:, 3:7])
    height = kinematics.sole_heights(qpos).min(2)
    position = kinematics.landmarks(qpos, np.zeros((len(qpos), body.model.nv))).position
    heel, ball = (
        np.linalg.norm(np.gradient(bones(body, position, bone)[..., :2], 1.0 / rate_hz, axis=0), axis=-1)
        for bone in ("calcn", "toes")
    )
    for side, chain in enumerate(skeleton.chains):
        rise = _rise(np.minimum(heel, ball)[:, side], height[:, side], rate_hz)
        frames, joints = np.flatnonzero(rise > _LEAST_M), body.joint_qpos[7 * side : 7 * side + SOLVED]
        if len(frames):
            angles, turned = qpos[np.ix_(frames, joints)], root[frames]
            foot = chain.forward(angles, turned)
            above = np.stack([0.0 * rise[frames], 0.0 * rise[frames], rise[frames]], -1)
            raised = FootPose(foot.origin + above, foot.matrix)
            out[np.ix_(frames, joints)] = chain.solve(raised, turned, angles, _STEPS)
    body.couplings.apply(out)
    return out


def _rise(speed: np.ndarray, height: np.ndarray, rate_hz: float) -> np.ndarray:
    """(frame,) by how much a foot must be raised [m], from its level speed [m/s] and its sole's height [m]."""
    swings = speed > max(_FAST_MPS, _FAST_SHARE * float(np.quantile(speed, 0.95)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], swings.astype(int), [0]])))
    missing = np.zeros(len(speed))
    for start, end in edges.reshape(-1, 2):
        if end - start > _SHORTEST_S * rate_hz and np.median(height[start:end]) < DRAGS_M:
            share = (np.arange(start, end) + 0.5 - start) / (end - start)
            wanted = CLEAR_M * np.minimum(np.minimum(share, 1.0 - share) / _RAMP, 1.0)
            missing[start:end] = np.maximum(wanted - height[start:end], 0.0)
    return gaussian_filter1d(maximum_filter1d(missing, 5), _SMOOTH_S * rate_hz)
