"""A policy whose output is held to few components, each environment of a batch to its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from kinesis.analysis.components import Basis
from kinesis.errors import KinesisError
from kinesis.learn import Policy
from kinesis.task import TaskConfig

_STEPS = 100


class ProjectedPolicy(Policy):
    """What a policy asks for, projected on a Basis an environment, then clipped to [0, 1].

    PCA: onto the plane through the mean. NMF: onto the cone, loads by accelerated projected gradient (Beck and
    Teboulle 2009). What the policy asks for is clipped before, since what is beyond [0, 1] does nothing.
    """

    def __init__(self, policy: Policy, bases: Sequence[Basis]) -> None:
        """bases: one an environment, all of one method."""
        super().__init__(policy.actor, policy.spread)
        self.inner, self.method = policy, bases[0].method
        width = max(len(basis.components) for basis in bases)
        padded = [np.pad(basis.components, ((0, width - len(basis.components)), (0, 0))) for basis in bases]
        self.components = torch.from_numpy(np.array(padded))
        self.mean = torch.from_numpy(np.array([basis.mean for basis in bases]))
        self.gram = torch.bmm(self.components, self.components.transpose(1, 2))
        self.rate = 1.0 / torch.linalg.matrix_norm(self.gram, 2).clamp_min(1e-9)[:, None, None]

    @torch.no_grad()
    def __call__(self, observation: Tensor) -> Tensor:
        """The action, projected. observation: (env, width) of as many environments as there are bases."""
        return self.project(self.inner(observation))

    def project(self, action: Tensor) -> Tensor:
        """(env, muscle) actions as near as their bases allow."""
        away = action.clamp(0.0, 1.0).double() - self.mean
        loads = torch.bmm(self.components, away[..., None])
        if self.method == "nmf":
            loads = self._loads(loads)
        rebuilt = self.mean + torch.bmm(self.components.transpose(1, 2), loads)[..., 0]
        return rebuilt.clamp(0.0, 1.0).to(action.dtype)

    def _loads(self, towards: Tensor) -> Tensor:
        """Loads (env, k, 1), none negative."""
        loads, ahead, pace = torch.zeros_like(towards), torch.zeros_like(towards), 1.0
        for _ in range(_STEPS):
            new = (ahead - self.rate * (torch.bmm(self.gram, ahead) - towards)).clamp_min(0.0)
            faster = 0.5 * (1.0 + (1.0 + 4.0 * pace * pace) ** 0.5)
            ahead, loads, pace = new + ((pace - 1.0) / faster) * (new - loads), new, faster
        return loads


def check_law(task: TaskConfig) -> None:
    """Refuse a policy whose output is not the excitation itself."""
    if task.law != "excitation":
        raise KinesisError("the policy's output is no excitation", got=task.law, expected="the action law excitation")
