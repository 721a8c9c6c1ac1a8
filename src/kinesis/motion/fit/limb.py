"""Limb: one leg of a Body by the points that recordings give, with their Jacobian; batched over frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kinesis.motion.gait.legs import SOLVED, LegChain, cross
from kinesis.motion.gait.skeleton import Skeleton

KNEE, ANKLE, TOE, EDGE, LATERAL = range(5)
ASIDE_M = 0.05
"""Distance of the point beside the knee from its centre, and of the edge of the sole from the toe."""

_FEMUR, _TIBIA, _TALUS, _HEEL = range(4)
_LEFT = np.array([0.0, 1.0, 0.0])


class Posed(NamedTuple):
    """Knee, ankle, toe, the edge of the sole left of the toe, and the point beside the knee.

    points: (frame, 5, 3) relative to the root's origin [m]. jacobian: (frame, 5, 3, 6) by the angles [m/rad].
    """

    points: np.ndarray
    jacobian: np.ndarray


@dataclass(frozen=True)
class Limb:
    """A leg's chain with its side ("r" or "l").

    level: (3,) leftward in the heel bone of a flat foot. flat_pitch: of its line from ankle to toe [rad].
    """

    chain: LegChain
    side: str
    level: np.ndarray
    flat_pitch: float


def limbs_of(skeleton: Skeleton) -> tuple[Limb, Limb]:
    """Right and left leg."""
    right, left = (
        Limb(chain, side, foot.T @ _LEFT, _pitch(foot @ (chain.toe_offset - chain.ankle_in_foot())))
        for chain, side, foot in zip(skeleton.chains, "rl", skeleton.neutral_foot, strict=True)
    )
    return right, left


def _pitch(direction: np.ndarray) -> float:
    return float(np.arctan2(direction[2], np.hypot(direction[0], direction[1])))


def pose(limb: Limb, angles: np.ndarray, root: np.ndarray) -> Posed:
    """The points of a leg at angles (frame, 6) under root matrices (frame, 3, 3).

    Rotations and slides that the knee drags along count as the knee's own, by the slope of their polynomial.
    """
    bones, axes = limb.chain.walk(angles, root)
    shin, foot = bones[_TIBIA].straight, bones[_HEEL].bent
    points = np.zeros((len(angles), 5, 3))
    points[:, LATERAL] = shin.origin + ASIDE_M * (shin.matrix @ _outward(limb))
    points[:, KNEE], points[:, ANKLE] = bones[_TIBIA].bent.origin, bones[_TALUS].bent.origin
    points[:, TOE] = foot.origin + foot.matrix @ limb.chain.toe_offset
    points[:, EDGE] = points[:, TOE] + ASIDE_M * (foot.matrix @ limb.level)
    jacobian = np.zeros((len(angles), 5, 3, SOLVED))
    for axis in axes:
        carried, driver, moved = _CARRIED[axis.bone], axis.joint.driver, axis.moved[:, None]
        if not axis.joint.slides:
            moved = cross(moved, points[:, carried] - axis.anchor[:, None])
        jacobian[:, carried, :, driver] += moved
    return Posed(points, jacobian)


_CARRIED = {_FEMUR: slice(0, 5), _TIBIA: slice(0, 4), _TALUS: slice(2, 4), _HEEL: slice(2, 4)}
"""Points that the joints of a bone move."""


def _outward(limb: Limb) -> np.ndarray:
    """(3,) the axis of the knee's hinge, pointing away from the other leg, in the frame of the straight tibia."""
    hinge = next(joint for joint in limb.chain.bones[_TIBIA].joints if joint.free)
    return hinge.axis * (-1.0 if limb.side == "r" else 1.0)


def segment_lengths(limb: Limb, knee: np.ndarray) -> np.ndarray:
    """(frame, 3) hip to knee, knee to ankle and ankle to toe [m] with the knee bent by knee (frame,) [rad]."""
    angles = np.zeros((len(knee), SOLVED))
    angles[:, 3] = knee
    identity = np.broadcast_to(np.eye(3), (len(knee), 3, 3))
    posed = pose(limb, angles, identity).points
    hip = np.broadcast_to(limb.chain.bones[0].offset, (len(knee), 1, 3))
    joints = np.concatenate([hip, posed[:, :EDGE]], axis=1)
    return np.linalg.norm(np.diff(joints, axis=1), axis=-1)
