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
    return _heading(_forward_and_up(quaternion))


def heading_and_up(quaternion: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """`heading_rotation` of a root quaternion (..., 4), and world up in the frame of that root (..., 3)."""
    products = _forward_and_up(quaternion)
    return _heading(products), products[..., 2:]


def heading_matrix(cosine: Tensor, sine: Tensor) -> Tensor:
    """(env, 3, 3): rows of world vectors times this are rows in heading frames; x forward, y left, z up."""
    turned = torch.addmm(_VERTICAL, torch.stack([cosine, sine], -1), _LEVEL)
    return turned.view(-1, 3, 3)


def to_heading(vectors: Tensor, matrix: Tensor) -> Tensor:
    """World vectors (env, ..., 3) in the heading frames of a `heading_matrix` (env, 3, 3)."""
    shape = vectors.shape
    return torch.bmm(vectors.reshape(shape[0], -1, 3), matrix).view(shape)


_VERTICAL = torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 0, 1])
_LEVEL = torch.tensor([[1.0, 0, 0, 0, 1, 0, 0, 0, 0], [0, -1, 0, 1, 0, 0, 0, 0, 0]])
"""A heading matrix, row by row: what it is without a turn, and what cosine and sine add to it."""

_CONSTANT = torch.tensor([0.0, -0.5, 0, 0, 1])
_PRODUCTS = torch.zeros(4, 4, 5)
_PRODUCTS[[0, 1], [3, 2], 0] = torch.tensor([1.0, -1.0])
_PRODUCTS[[1, 3], [1, 3], 1] = torch.tensor([1.0, 1.0])
_PRODUCTS[[1, 0], [3, 2], 2] = torch.tensor([2.0, -2.0])
_PRODUCTS[[2, 0], [3, 1], 3] = torch.tensor([2.0, 2.0])
_PRODUCTS[[1, 2], [1, 2], 4] = torch.tensor([-2.0, -2.0])
_PRODUCTS = _PRODUCTS.view(16, 5)
"""From products of two components of wxyz: half the level part of -y of the body, then world up in the body."""


def _forward_and_up(quaternion: Tensor) -> Tensor:
    """(..., 4) to (..., 5): one multiplication in place of twenty, which for few environments cost most of a step."""
    products = (quaternion[..., :, None] * quaternion[..., None, :]).flatten(-2)
    return torch.addmm(_CONSTANT.to(quaternion), products.view(-1, 16), _PRODUCTS.to(quaternion)).view(
        *quaternion.shape[:-1], 5
    )


def _heading(products: Tensor) -> tuple[Tensor, Tensor]:
    forward_x, forward_y = products[..., 0], products[..., 1]
    norm = torch.hypot(forward_x, forward_y).clamp_min(5e-7)
    return forward_x / norm, forward_y / norm
