"""Joint torques on top of what muscles do already: those that are active give them, each in proportion."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kinesis.sim.cpu import CpuSim

IDLE = 0.03
"""Excitation that counts beside a muscle's own, so that a silent one may be called on."""
_DAMPING = 1e-3


class Added:
    """Changes excitations by so much that their muscles give other torques: the least change, by how active they are.

    Of dx with G dx = torque (G what each muscle gives of each joint at full activation) the one of least
    sum(dx² / (x + IDLE)); so a muscle that is hardly active is hardly asked to let go. What the range of excitations
    cuts off is lost.
    """

    def __init__(self, sim: CpuSim) -> None:
        """sim: of muscles, at whose instant now torques are added."""
        self._sim, self._dofs = sim, 2 + torch.from_numpy(sim.body.joint_dof)

    def __call__(self, excitation: Tensor, torque: Tensor) -> Tensor:
        """(env, muscle) in [0, 1] for excitations (env, muscle) in [0, 1] and torques (env, joint) [N·m]."""
        muscles = torch.from_numpy(self._sim.export_muscles().astype(np.float32))
        given = muscles[:, self._dofs] * muscles[:, :1]
        ready = excitation + IDLE
        square = (given * ready[:, None]) @ given.transpose(1, 2)
        size = _DAMPING * square.diagonal(dim1=1, dim2=2).mean(1)
        pull = torch.linalg.solve(square + size[:, None, None] * torch.eye(square.shape[1]), torque)
        return (excitation + ready * (given.transpose(1, 2) @ pull[..., None])[..., 0]).clamp(0.0, 1.0)
