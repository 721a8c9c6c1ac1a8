"""State: the instant that a task reads, batched; what is and what is wanted have the same type."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Self

import numba
import numpy as np
import torch
from torch import Tensor


@dataclass
class State:
    """float32 tensors with any leading batch axes `...`; all belong to one instant.

    qpos (..., nq) [m, rad], quaternion wxyz. qvel (..., nv): root linear in the world, angular in the body.
    landmarks, landmark_velocities (..., landmark, 3) world [m], [m/s].
    activation (..., actuator): muscle activation in [0, 1], or lagged torque [N·m] of a torque form.
    ground_force (..., foot, 3): mean force of the ground on each foot segment over the last physics
    step, world [N]. pressure (..., foot, 3): where that acts, world [m]; means nothing where there is no force.
    Activation, ground force and pressure have no width where they are not known (mostly of a reference).
    """

    qpos: Tensor
    qvel: Tensor
    landmarks: Tensor
    landmark_velocities: Tensor
    activation: Tensor
    ground_force: Tensor
    pressure: Tensor

    def __getitem__(self, index: object) -> Self:
        """The same index applied to every tensor."""
        return replace(self, **{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def clone(self) -> Self:
        """A copy that shares no memory."""
        return replace(self, **{f.name: getattr(self, f.name).clone() for f in fields(self)})

    def put(self, index: Tensor, other: Self) -> None:
        """Overwrite rows in place."""
        for f in fields(self):
            getattr(self, f.name)[index] = getattr(other, f.name)


def heading_rotation(quaternion: Tensor) -> tuple[Tensor, Tensor]:
    """Heading of root quaternions (env, 4) whose body faces -y of its own frame.

    Returns:
        cosine and sine of the heading angle, each (env,): the yaw of the facing direction from world +x.
    """
    found = torch.from_numpy(facing(quaternion.numpy()))
    return found[:, 0], found[:, 1]


def facing(quaternion: np.ndarray) -> np.ndarray:
    """Cosine and sine of the heading of root quaternions (env, 4), and world up in the frame of that root. (env, 5)."""
    out = np.empty((len(quaternion), 5), quaternion.dtype)
    _facing(quaternion, out)
    return out


@numba.njit(cache=True, nogil=True)
def _facing(quaternion: np.ndarray, out: np.ndarray) -> None:
    for env in range(len(out)):
        w, x, y, z = quaternion[env]
        ahead, left = 2.0 * (w * z - x * y), x * x + z * z - w * w - y * y
        length = max(math.hypot(ahead, left), 1e-6)
        out[env, 0], out[env, 1] = ahead / length, left / length
        out[env, 2], out[env, 3] = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x)
        out[env, 4] = 1.0 - 2.0 * (x * x + y * y)
