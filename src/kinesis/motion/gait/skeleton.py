"""The parts of a Body that the generator needs: two leg chains, two soles, the neutral posture's frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis import rotations
from kinesis.body import Body
from kinesis.motion.gait.legs import LegChain, leg_chain
from kinesis.motion.gait.sole import Sole, sole_of

GRAVITY = 9.81


@dataclass(frozen=True)
class Skeleton:
    """Chains and soles, right then left.

    neutral_root, neutral_foot: (3, 3) of the posture of all zeros, facing +x. leg_m: hip to ground then [m].
    """

    chains: tuple[LegChain, LegChain]
    soles: tuple[Sole, Sole]
    neutral_root: np.ndarray
    neutral_foot: tuple[np.ndarray, np.ndarray]
    leg_m: float

    @property
    def speed_unit(self) -> float:
        """sqrt(g·leg) [m/s]."""
        return float(np.sqrt(GRAVITY * self.leg_m))

    @property
    def rate_unit(self) -> float:
        """sqrt(g/leg) [1/s]."""
        return float(np.sqrt(GRAVITY / self.leg_m))

    def root_matrix(self, yaw: np.ndarray, pelvis: np.ndarray) -> np.ndarray:
        """Root rotations (frame, 3, 3) for a heading (frame,) and pelvis angles (frame, 3); see `Posture`."""
        turns = np.stack([yaw + pelvis[:, 2], pelvis[:, 0], -pelvis[:, 1]], -1)
        return rotations.to_matrix(rotations.from_euler("ZYX", turns)) @ self.neutral_root

    def foot_angles(self, matrix: np.ndarray, side: int) -> np.ndarray:
        """Yaw, pitch (toes up), roll of heel bones (frame, 3, 3), zero in the neutral posture. Returns (frame, 3)."""
        angles = rotations.to_euler("ZYX", rotations.from_matrix(matrix @ self.neutral_foot[side].T))
        return angles * [1.0, -1.0, 1.0]

    def foot_matrix(self, angles: np.ndarray, side: int) -> np.ndarray:
        """Inverse of `foot_angles`."""
        turns = rotations.from_euler("ZYX", angles * [1.0, -1.0, 1.0])
        return rotations.to_matrix(turns) @ self.neutral_foot[side]


_MADE: dict[str, Skeleton] = {}


def skeleton_of(body: Body) -> Skeleton:
    """The Skeleton of a Body, made once per name; forms of one skeleton differ in their muscles only."""
    if body.name not in _MADE:
        _MADE[body.name] = _skeleton(body)
    return _MADE[body.name]


def _skeleton(body: Body) -> Skeleton:
    chains = (leg_chain(body, "r"), leg_chain(body, "l"))
    soles = (sole_of(body, chains[0], "r"), sole_of(body, chains[1], "l"))
    root, zero = rotations.to_matrix(body.standing_qpos()[3:7]), np.zeros((1, 6))
    right, left = (chain.forward(zero, root[None]).matrix[0] for chain in chains)
    leg_m = float(body.stand_height_m + chains[0].hip(root)[2])
    return Skeleton(chains, soles, root, (right, left), leg_m)
