"""The sole of a foot as eight spheres (the ends of its capsules): its lowest point and how it rolls."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from kinesis import rotations
from kinesis.body import Body
from kinesis.motion.gait.legs import LegChain, rotation_about

SHARPNESS_M = 0.0005
"""Heights within this of the lowest share the contact, so that it passes smoothly along the sole."""


@dataclass(frozen=True)
class Sole:
    """Sphere centres in the heel bone's frame and in the toes' frame, (4, 3) each [m], and radii (8,) [m]."""

    chain: LegChain
    heel: np.ndarray
    toes: np.ndarray
    radius: np.ndarray

    def toes_matrix(self, matrix: np.ndarray, mtp: np.ndarray) -> np.ndarray:
        """Rotation of the toes (frame, 3, 3) for that of the heel bone (frame, 3, 3) and mtp (frame,) [rad]."""
        return matrix @ self.chain.toe_rotation @ rotation_about(self.chain.toe_axis, mtp)

    def centres(self, matrix: np.ndarray, mtp: np.ndarray) -> np.ndarray:
        """Centres from the heel bone's origin, world axes, for rotations (frame, 3, 3), mtp (frame,) [rad].

        Returns (frame, 8, 3) [m].
        """
        toes = self.toes_matrix(matrix, mtp)
        front = (matrix @ self.chain.toe_offset)[:, None] + self.toes @ toes.transpose(0, 2, 1)
        return np.concatenate([self.heel @ matrix.transpose(0, 2, 1), front], 1)

    def rolled(self, matrix: np.ndarray, mtp: np.ndarray) -> np.ndarray:
        """How far the material at the bottom of every sphere moves from frame to frame (frame - 1, 8, 2) [m].

        Relative to the heel bone's origin, horizontally: the centre's way, and radius times rotation.
        """
        turns = [_turned(m) for m in (matrix, self.toes_matrix(matrix, mtp))]
        turn = np.concatenate([np.repeat(t[:, None], 4, 1) for t in turns], 1)
        under = self.radius[:, None] * np.stack([-turn[..., 1], turn[..., 0]], -1)
        return np.diff(self.centres(matrix, mtp)[..., :2], axis=0) + under

    def drop_and_roll(self, matrix: np.ndarray, mtp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far the sole reaches below the origin, and where rolling without slip carries the origin.

        Returns drop (frame,) [m] and horizontal travel (frame, 2) [m] from the first frame.
        """
        height = self.centres(matrix, mtp)[..., 2] - self.radius
        share = np.exp(-(height - height.min(1, keepdims=True)) / SHARPNESS_M)
        share /= share.sum(1, keepdims=True)
        between = 0.5 * (share[1:] + share[:-1])
        carried = -(between[..., None] * self.rolled(matrix, mtp)).sum(1)
        travel = np.concatenate([np.zeros((1, 2)), np.cumsum(carried, axis=0)])
        return -(share * height).sum(1), travel


def _turned(matrix: np.ndarray) -> np.ndarray:
    """Rotation vectors in the world (frame - 1, 3) [rad] between neighbours of (frame, 3, 3), small turns."""
    step = matrix[1:] @ matrix[:-1].transpose(0, 2, 1)
    skew = np.stack([step[:, 2, 1] - step[:, 1, 2], step[:, 0, 2] - step[:, 2, 0], step[:, 1, 0] - step[:, 0, 1]], -1)
    sine = 0.5 * np.linalg.norm(skew, axis=1, keepdims=True)
    return 0.5 * skew * np.where(sine > 1e-9, np.arcsin(np.clip(sine, 0.0, 1.0)) / np.maximum(sine, 1e-9), 1.0)


def sole_of(body: Body, chain: LegChain, side: str) -> Sole:
    """The sole of one side, "r" or "l", read from the Body's foot capsules."""
    model = body.model
    centres: dict[str, list[np.ndarray]] = {f"calcn_{side}": [], f"toes_{side}": []}
    radii: dict[str, list[float]] = {name: [] for name in centres}
    for g in range(model.ngeom):
        bone = model.body(model.geom_bodyid[g]).name
        if bone in centres and model.geom_type[g] == mujoco.mjtGeom.mjGEOM_CAPSULE and "foot_col" in model.geom(g).name:
            reach = rotations.rotate(model.geom_quat[g], np.array([0.0, 0.0, model.geom_size[g, 1]]))
            centres[bone] += [model.geom_pos[g] + reach, model.geom_pos[g] - reach]
            radii[bone] += [model.geom_size[g, 0]] * 2
    heel, toes = (np.array(points) for points in centres.values())
    return Sole(chain, heel, toes, np.array([r for radius in radii.values() for r in radius]))
