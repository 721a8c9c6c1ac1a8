"""Left/right exchange of a Body's coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

_LATERAL_W = np.array([1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Mirror:
    """Index maps of the reflection in the world's x–z plane; every map is its own inverse.

    qpos (nq,), qvel (nv,): source index of every coordinate. joints, landmarks, actuators: likewise.
    Left and right joints share signs in `myo-sim` (their axes are mirrored), so no signs are needed there.
    """

    qpos: np.ndarray
    qvel: np.ndarray
    joints: np.ndarray
    landmarks: np.ndarray
    actuators: np.ndarray

    def position(self, qpos: np.ndarray) -> np.ndarray:
        """Reflect qpos (..., nq): y of the root changes sign, sides change places. Returns (..., nq)."""
        out = qpos[..., self.qpos].copy()
        out[..., 1] *= -1.0
        w, x, y, z = np.moveaxis(qpos[..., 3:7], -1, 0)
        out[..., 3:7] = np.stack([z, y, x, w], -1)
        return out

    def velocity(self, qvel: np.ndarray) -> np.ndarray:
        """Reflect qvel (..., nv); root linear in the world, root angular in the body. Returns (..., nv)."""
        out = qvel[..., self.qvel].copy()
        out[..., :3] *= _LATERAL_W
        out[..., 3:6] *= np.array([1.0, -1.0, -1.0])
        return out

    def landmark_vectors(self, vectors: np.ndarray) -> np.ndarray:
        """Reflect world vectors of landmarks (..., landmark, 3). Returns the same shape."""
        return vectors[..., self.landmarks, :] * _LATERAL_W


def mirror_of(
    model: mujoco.MjModel, joints: tuple[str, ...], landmarks: tuple[str, ...], actuators: tuple[str, ...]
) -> Mirror:
    """Build the maps from names that end in `_r` and `_l`."""
    names = [model.joint(j).name for j in range(model.njnt)]
    partner = np.array(_exchange(names))
    qpos, qvel = np.arange(model.nq), np.arange(model.nv)
    for joint in range(1, model.njnt):
        qpos[model.jnt_qposadr[joint]] = model.jnt_qposadr[partner[joint]]
        qvel[model.jnt_dofadr[joint]] = model.jnt_dofadr[partner[joint]]
    return Mirror(qpos, qvel, *(np.array(_exchange(names), dtype=int) for names in (joints, landmarks, actuators)))


def _exchange(names: tuple[str, ...] | list[str]) -> list[int]:
    other = {"_r": "_l", "_l": "_r"}
    position = {name: i for i, name in enumerate(names)}
    return [position[name[:-2] + other[name[-2:]]] if name[-2:] in other else i for i, name in enumerate(names)]
