"""State: the instant that a task reads, batched; what is and what is wanted have the same type."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor


@dataclass
class State:
    """float32 tensors with any leading batch axes `...`; all belong to one instant.

    qpos (..., nq) [m, rad], quaternion wxyz. qvel (..., nv): root linear in the world, angular in the body.
    landmarks, landmark_velocities (..., landmark, 3) world [m], [m/s].
    activation (..., actuator): muscle activation in [0, 1], or lagged torque [N·m] of a torque form.
    ground_force (..., foot, 3): mean force of the ground on each foot segment over the last physics
    step, world [N]. Activation and ground force are zero where they are not known (a reference).
    """

    qpos: Tensor
    qvel: Tensor
    landmarks: Tensor
    landmark_velocities: Tensor
    activation: Tensor
    ground_force: Tensor

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
    """Heading of a root quaternion (..., 4) whose body faces -y of its own frame.

    Returns:
        cosine and sine of the heading angle, each (...,): the yaw of the facing direction from world +x.
    """
    w, x, y, z = quaternion.unbind(-1)
    forward_x = w * z - x * y
    forward_y = x * x + z * z - 0.5
    norm = torch.hypot(forward_x, forward_y).clamp_min(5e-7)
    return forward_x / norm, forward_y / norm


def heading_matrix(cosine: Tensor, sine: Tensor) -> Tensor:
    """(env, 3, 3): rows of world vectors times this are rows in heading frames; x forward, y left, z up."""
    zero, one = torch.zeros_like(cosine), torch.ones_like(cosine)
    return torch.stack([cosine, -sine, zero, sine, cosine, zero, zero, zero, one], -1).unflatten(-1, (3, 3))


def to_heading(vectors: Tensor, matrix: Tensor) -> Tensor:
    """World vectors (env, ..., 3) in the heading frames of a `heading_matrix` (env, 3, 3)."""
    return torch.bmm(vectors.reshape(len(vectors), -1, 3), matrix).reshape(vectors.shape)
