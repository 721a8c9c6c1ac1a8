"""Joint torques on top of a frozen policy in muscles: PPO learns in fourteen numbers what it cannot in eighty.

Another policy in muscles is then distilled from both. After residual policy learning (Silver et al. 2018, arXiv
1812.06298; Johannink et al. 2019, ICRA). Exploring torques that the active muscles give (`sim/added.py`) moves the
body; noise on single muscles mostly cancels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kinesis.errors import KinesisError
from kinesis.learn.config import Network
from kinesis.learn.exploration import EXPLORATIONS
from kinesis.learn.networks import GROUP, Policy, begin_near, observations
from kinesis.learn.reflect import ReflectedModel, Reflection
from kinesis.sim.added import Added
from kinesis.sim.cpu import CpuSim
from kinesis.task.symmetry import Symmetry

UNIT_NM = (60.0, 50.0, 25.0, 60.0, 60.0, 12.0, 4.0) * 2
"""What an action of one adds, in `Body.joints` order."""


class OnTop(ReflectedModel):
    """Gaussian policy of joint torques; the base stands outside torch's register, as a mixture's experts do."""

    def __init__(self, base: Policy, network: Network, noise: float = 0.1) -> None:
        """Nothing added yet; what is normal to see is taken from the base. noise: of exploration."""
        super().__init__(
            observations(torch.zeros(1, base.actor.obs_dim)),
            {"actor": [GROUP]},
            "actor",
            len(UNIT_NM),
            hidden_dims=network.policy,
            activation=network.nonlinearity,
            obs_normalization=True,
            distribution_cfg={"class_name": EXPLORATIONS.get("diagonal"), "noise": noise},
        )
        begin_near(self.mlp, 0.0)
        self.obs_normalizer.load_state_dict(base.actor.obs_normalizer.state_dict())
        self.bases, self._added, self._unit = (base,), (), torch.tensor(UNIT_NM)
        base.actor.eval().requires_grad_(requires_grad=False)

    _added: tuple[Added, ...]

    def on(self, sim: CpuSim) -> OnTop:
        """The same, acting on the bodies of a simulator."""
        self._added = (Added(sim),)
        return self

    def _outputs(self, _symmetry: Symmetry, width: int) -> Reflection:
        """Joints change sides; their coordinates have the same sign on both."""
        return Reflection.halves(width)

    def network(self) -> nn.Module:
        """See ReflectedModel: none, for what it does depends on where the muscles are."""
        return _Refusal()

    @torch.no_grad()
    def act(self, seen: Tensor, sampled: Tensor) -> Tensor:
        """(env, muscle) excitations: the base's, and torques (env, joint) in units on top."""
        return self._added[0](self.bases[0](seen).clamp(0.0, 1.0), sampled * self._unit)

    @torch.no_grad()
    def wanted(self, seen: Tensor) -> Tensor:
        """(env, muscle) excitations without exploration."""
        return self.act(seen, self.mlp(self.obs_normalizer(seen)))

    def plain_state(self) -> dict[str, Tensor]:
        """See ReflectedModel; the base's tensors are named `base.…`."""
        return super().plain_state() | {f"base.{k}": v for k, v in self.bases[0].actor.plain_state().items()}

    def load_plain_state(self, state: dict[str, Tensor]) -> None:
        """See ReflectedModel."""
        base = {k.removeprefix("base."): v for k, v in state.items() if k.startswith("base.")}
        self.bases[0].actor.load_plain_state(base)
        super().load_plain_state({k: v for k, v in state.items() if not k.startswith("base.")})


class _Refusal(nn.Module):
    def forward(self, _seen: Tensor) -> Tensor:
        raise KinesisError(
            "torques on top of a policy do not act alone", hint="distil them first (Distillation.teacher)"
        )
