"""Policy and value networks: rsl_rl's own models, made from a configuration; and a policy's plain call."""

from __future__ import annotations

import math
from operator import attrgetter

import torch
from tensordict import TensorDict
from torch import Tensor, nn

from kinesis.learn.config import Network
from kinesis.learn.exploration import EXPLORATIONS
from kinesis.learn.reflect import ReflectedModel
from kinesis.learn.single import Alone, for_one
from kinesis.task.env import Prime

GROUP = "policy"
_VERSION = attrgetter("_version")


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
    begin_near(actor.mlp, centre)
    actor.distribution.reset(noise)
    return actor


@torch.no_grad()
def begin_near(mlp: nn.Sequential, centre: float) -> None:
    """Scale the last layer so that a new network gives nearly `centre`, whatever it sees."""
    last = [m for m in mlp if isinstance(m, nn.Linear)][-1]
    last.weight *= 0.01
    last.bias.fill_(centre)


@torch.no_grad()
def strengthen(mlp: nn.Sequential, gain: float | Tensor) -> None:
    """Multiply what a network gives, whatever it sees: all alike, or each output (output,) by its own."""
    for values in [m for m in mlp if isinstance(m, nn.Linear)][-1].parameters():
        values.movedim(0, -1).mul_(gain)


@torch.no_grad()
def drive(mlp: nn.Sequential, shares: Tensor) -> None:
    """Let outputs follow one another: each becomes the sum of all, weighed by its row of shares (output, output)."""
    for values in [m for m in mlp if isinstance(m, nn.Linear)][-1].parameters():
        values.copy_(shares @ values)


@torch.no_grad()
def heed(mlp: nn.Sequential, gain: Tensor) -> None:
    """Multiply each input (input,) of a network by its own: how far from normal, behind a normaliser, it seems."""
    first = next(m for m in mlp if isinstance(m, nn.Linear))
    next(values for values in first.parameters() if values.ndim > 1).mul_(gain)


@torch.no_grad()
def displace(mlp: nn.Sequential, by: Tensor) -> None:
    """Let each input (input,) of a network seem so much greater; behind a normaliser, in its units."""
    first = dict(next(m for m in mlp if isinstance(m, nn.Linear)).named_parameters())
    weight = next(values for values in first.values() if values.ndim > 1)
    next(values for values in first.values() if values.ndim == 1).add_(weight @ by)


@torch.no_grad()
def bend(mlp: nn.Sequential, weight: Tensor, bias: Tensor) -> None:
    """Add to the weights (output, hidden) and the biases (output,) of a network's last layer."""
    last = [m for m in mlp if isinstance(m, nn.Linear)][-1]
    for values in last.parameters():
        values.add_(weight if values.ndim > 1 else bias)


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


class ExpectedClip(nn.Module):
    """The mean of clip(N(x, spread²), *span): what a noisy action amounts to once the body has clipped it.

    A muscle that is never asked for less than nothing has, under noise, a tone that a policy learns to rely on.
    spread: standard deviation, 0 for x itself.
    """

    bounds: Tensor

    def __init__(self, spread: float, span: tuple[float, float]) -> None:
        super().__init__()
        self.spread, self.span = spread, span
        self.register_buffer("bounds", torch.tensor(span), persistent=False)

    def forward(self, mean: Tensor) -> Tensor:
        """(..., action) to the same shape: what is above the lower bound on average, less what is above the upper."""
        if not self.spread:
            return mean
        u = (mean - self.bounds.view(2, *[1] * mean.ndim)) * (math.sqrt(0.5) / self.spread)
        above = torch.addcmul(u, u, torch.erf(u)).add(torch.exp(-u * u), alpha=1.0 / math.sqrt(math.pi))
        return self.span[0] + (self.spread * math.sqrt(0.5)) * (above[0] - above[1])


class Policy:
    """A trained actor as a deterministic function of an observation (env, width) to an action (env, action).

    spread: standard deviation of the exploration that it was trained with; span: what the action law clips to.
    """

    def __init__(self, actor: ReflectedModel, spread: float = 0.0, span: tuple[float, float] = (0.0, 1.0)) -> None:
        self.actor = actor
        self.spread, self.span = spread, span
        self.network = nn.Sequential(actor.network(), ExpectedClip(spread, span))
        self._tensors = [*self.network.parameters(), *self.network.buffers()]
        self._for_one: tuple[int, Alone | None] = (-1, None)

    @torch.no_grad()
    def __call__(self, observation: Tensor) -> Tensor:
        """The mean action, as clipped under exploration."""
        alone = self._alone() if len(observation) == 1 else None
        return torch.from_numpy(alone(observation.numpy()[0])[None]) if alone else self.network(observation)

    def _alone(self) -> Alone | None:
        """`for_one` of this network, made anew when its weights have changed."""
        version = sum(map(_VERSION, self._tensors))
        if self._for_one[0] != version:
            self._for_one = version, for_one(self.network[0], self.spread, self.span)
        return self._for_one[1]

    def prime(self, observation: Tensor) -> Tensor:
        """Activation that the policy would hold at this observation; see `kinesis.task.env.Prime`."""
        return self(observation).clamp(0.0, 1.0)

    def priming(self, law: str) -> Prime | None:
        """`prime` where actions are excitations; by any other law bodies begin as `TaskConfig.initial_activation`."""
        return self.prime if law == "excitation" else None
