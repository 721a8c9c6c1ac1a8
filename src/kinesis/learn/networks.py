"""Policy and value networks: rsl_rl's own models, made from a configuration; and a policy's plain call."""

from __future__ import annotations

import torch
from tensordict import TensorDict
from torch import Tensor

from kinesis.learn.config import Network
from kinesis.learn.exploration import EXPLORATIONS
from kinesis.learn.reflect import ReflectedModel

GROUP = "policy"


def observations(values: Tensor) -> TensorDict:
    """Wrap an observation (env, width) as rsl_rl expects it."""
    return TensorDict({GROUP: values}, batch_size=[len(values)])


def make_actor(
    network: Network, width: int, actions: int, *, noise: float, centre: float, exploration: str = "diagonal"
) -> ReflectedModel:
    """Gaussian policy with its own input normaliser; its mean starts near `centre`."""
    actor = ReflectedModel(
        observations(torch.zeros(1, width)),
        {"actor": [GROUP]},
        "actor",
        actions,
        hidden_dims=network.policy,
        activation=network.nonlinearity,
        obs_normalization=True,
        distribution_cfg={"class_name": EXPLORATIONS.get(exploration), "noise": noise},
    )
    with torch.no_grad():
        last = [m for m in actor.mlp if isinstance(m, torch.nn.Linear)][-1]
        last.weight *= 0.01
        last.bias.fill_(centre)
    actor.distribution.reset(noise)
    return actor


def make_critic(network: Network, width: int) -> ReflectedModel:
    """State value with its own input normaliser."""
    return ReflectedModel(
        observations(torch.zeros(1, width)),
        {"critic": [GROUP]},
        "critic",
        1,
        hidden_dims=network.value,
        activation=network.nonlinearity,
        obs_normalization=True,
    )


class Policy:
    """A trained actor as a deterministic function of an observation (env, width) to an action (env, action)."""

    def __init__(self, actor: ReflectedModel) -> None:
        self.actor = actor

    @torch.no_grad()
    def __call__(self, observation: Tensor) -> Tensor:
        """The mean action."""
        return self.actor.mlp(self.actor.obs_normalizer(observation))

    def prime(self, observation: Tensor) -> Tensor:
        """Activation that the policy would hold at this observation; see `kinesis.task.env.Prime`."""
        return self(observation).clamp(0.0, 1.0)
