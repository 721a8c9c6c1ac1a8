"""rsl_rl's PPO with the caution that a distilled policy needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from rsl_rl.algorithms import PPO as RslPPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from torch import Tensor

from kinesis.body import Body
from kinesis.body.muscles import effort_cost
from kinesis.learn.config import PPO
from kinesis.learn.networks import ExpectedClip, observations
from kinesis.learn.reflect import ReflectedModel


class CautiousPPO(RslPPO):
    """PPO whose value function has its own learning rate and may learn alone first.

    A value function that knows nothing ruins a good first policy within one update; so for
    `value_warmup` updates the policy stands still.
    """

    actor: ReflectedModel
    learning_rate: float

    def __init__(
        self, actor: ReflectedModel, critic: MLPModel, storage: RolloutStorage, config: PPO, body: Body
    ) -> None:
        """Split rsl_rl's optimiser into two groups. body: whose muscles count as `config.effort_by` says."""
        super().__init__(
            actor,
            critic,
            storage,
            num_learning_epochs=config.epochs,
            num_mini_batches=config.minibatches,
            clip_param=config.clip,
            gamma=config.gamma,
            lam=config.lam,
            entropy_coef=config.entropy,
            learning_rate=config.learning_rate,
            desired_kl=config.desired_divergence,
            use_clipped_value_loss=False,
        )
        self.config, self.updates = config, 0
        if config.effort:
            self.symmetry = _Effort(config.effort, effort_cost(body.model, config.effort_by))
        self.optimizer = _TwoRates(actor, critic, config)

    def update(self) -> dict[str, float]:
        """One rsl_rl update, the policy frozen while the value function warms up."""
        warming = self.updates < self.config.value_warmup
        self.actor.requires_grad_(requires_grad=not warming)
        losses = super().update()
        self.actor.requires_grad_(requires_grad=True)
        if self.config.effort:
            losses["effort"] = losses.pop("symmetry")
        bounds = self.config.lowest_learning_rate, self.config.highest_learning_rate
        self.learning_rate = min(max(self.learning_rate, bounds[0]), bounds[1])
        self.updates += 1
        return losses


class _Effort:
    """Mean squared excitation, each muscle's at its cost, as a loss.

    It has its exact gradient, where a reward would have to find it by trial. Put where rsl_rl takes a loss of
    symmetry, the one place that it has for another term.
    """

    use_mirror_loss = True

    def __init__(self, weight: float, cost: np.ndarray) -> None:
        self.mirror_loss_coeff, self._cost = weight, torch.as_tensor(cost, dtype=torch.float32)

    def augment_batch(self, batch: RolloutStorage.Batch, original_batch_size: int) -> None:
        """Leave the batch as it is."""

    def compute_loss(self, actor: ReflectedModel, _batch: RolloutStorage.Batch, _size: int) -> Tensor:
        """Of the excitations [0, 1] that are left of noisy actions once the body has clipped them."""
        clipped = ExpectedClip(float(actor.output_std.detach().mean()), (0.0, 1.0))
        return (self._cost * clipped(actor.output_mean).square()).mean()


class _TwoRates(torch.optim.Adam):
    """Adam that bounds the policy's rate and holds the value function's, whatever rsl_rl writes into the groups."""

    def __init__(self, actor: MLPModel, critic: MLPModel, config: PPO) -> None:
        super().__init__(
            [{"params": list(actor.parameters())}, {"params": list(critic.parameters())}], lr=config.learning_rate
        )
        self._config = config

    def step(self, closure: Any = None) -> Any:
        policy, value = self.param_groups
        policy["lr"] = min(max(policy["lr"], self._config.lowest_learning_rate), self._config.highest_learning_rate)
        value["lr"] = self._config.value_learning_rate
        return super().step(closure)


def make_ppo(actor: ReflectedModel, critic: MLPModel, config: PPO, width: int, sampled: int, body: Body) -> CautiousPPO:
    """PPO with storage for `config.envs` environments and `config.steps` steps of `sampled` numbers each.

    body: whose muscles count as `config.effort_by` says.
    """
    seen = observations(torch.zeros(config.envs, width))
    storage = RolloutStorage("rl", config.envs, config.steps, seen, [sampled], "cpu")
    if config.freeze_normaliser:
        actor.obs_normalizer.until = 0
    return CautiousPPO(actor, critic, storage, config, body)
