"""A mixture of experts: at every control step a gate chooses which of several frozen policies acts.

What the gate samples, and PPO stores with its log-probability, is the expert's index; what the body gets is that
expert's mean action. In evaluation the likeliest expert acts. After KINESIS (Simos et al. 2025).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from rsl_rl.modules.distribution import Distribution
from torch import Tensor, nn

from kinesis.errors import KinesisError
from kinesis.learn.config import Network
from kinesis.learn.likeliest import Likeliest, of_chosen
from kinesis.learn.networks import GROUP, Policy, begin_near, observations
from kinesis.learn.reflect import ReflectedModel, Reflection
from kinesis.task.symmetry import Symmetry


class Choice(Distribution):
    """One of `output_dim` experts, from as many logits. A sample is an index (batch, 1), as float for the storage."""

    def __init__(self, output_dim: int) -> None:
        super().__init__(output_dim)
        self._log = torch.zeros(0)

    def reset(self, noise: float) -> None:
        """Nothing: how widely a gate chooses is in its logits alone."""

    def bound(self, noise: float) -> None:
        """Nothing, as in `reset`."""

    def update(self, mlp_output: Tensor) -> None:
        """See rsl_rl."""
        self._log = torch.log_softmax(mlp_output, -1)

    def sample(self) -> Tensor:
        """(batch, 1): the expert that arrives first, each after an exponential time of its probability's rate."""
        arrival = torch.empty_like(self._log).exponential_() / self._log.detach().exp()
        return arrival.argmin(-1, keepdim=True).float()

    def deterministic_output(self, mlp_output: Tensor) -> Tensor:
        """(batch, 1) the likeliest."""
        return mlp_output.argmax(-1, keepdim=True).float()

    @property
    def input_dim(self) -> int:
        """How many logits."""
        return self.output_dim

    @property
    def mean(self) -> Tensor:
        """(batch, expert) probability of each."""
        return self._log.exp()

    @property
    def std(self) -> Tensor:
        """(batch, expert) of being chosen or not."""
        return (self.mean * (1.0 - self.mean)).sqrt()

    @property
    def entropy(self) -> Tensor:
        """(batch,) [nat]."""
        return -(self.mean * self._log).sum(-1)

    @property
    def params(self) -> tuple[Tensor, ...]:
        """(batch, expert) logarithm of each probability."""
        return (self._log,)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """(batch,) of indices (batch, 1) [nat]."""
        return self._log.gather(-1, outputs.long())[..., 0]

    def kl_divergence(self, old_params: tuple[Tensor, ...], new_params: tuple[Tensor, ...]) -> Tensor:
        """(batch,) KL(old || new) [nat]."""
        (old,), (new,) = old_params, new_params
        return (old.exp() * (old - new)).sum(-1)


class Mixture(ReflectedModel):
    """A gate over frozen experts. rsl_rl sees the gate: its network, its normaliser, its Choice.

    The experts stand outside torch's register of sub-modules, in a tuple: no optimiser, no switch to training
    and no update of normalisers reaches them.
    """

    def __init__(self, experts: Sequence[Policy], gate: Network) -> None:
        """All experts nearly as likely; what is normal to see, the gate takes from the first."""
        first = experts[0].actor
        super().__init__(
            observations(torch.zeros(1, first.obs_dim)),
            {"actor": [GROUP]},
            "actor",
            len(experts),
            hidden_dims=gate.policy,
            activation=gate.nonlinearity,
            obs_normalization=True,
            distribution_cfg={"class_name": Choice},
        )
        begin_near(self.mlp, 0.0)
        self.obs_normalizer.load_state_dict(first.obs_normalizer.state_dict())
        self.experts = tuple(experts)
        for expert in experts:
            expert.actor.eval().requires_grad_(requires_grad=False)

    def _outputs(self, _symmetry: Symmetry, width: int) -> Reflection:
        """A mirrored observation chooses the same expert, whose own action is mirrored."""
        return Reflection.none(width)

    def network(self) -> nn.Module:
        """See ReflectedModel."""
        return Likeliest(super().network(), [expert.network for expert in self.experts])

    @torch.no_grad()
    def chosen(self, seen: Tensor) -> Tensor:
        """(env,) index of the expert that the gate finds likeliest, of observations (env, width)."""
        return super().network()(seen).argmax(-1)

    def act(self, seen: Tensor, sampled: Tensor) -> Tensor:
        """(env, action) of the experts whose indices (env, 1) were sampled."""
        return of_chosen([expert.network for expert in self.experts], seen, sampled.long())

    def plain_state(self) -> dict[str, Tensor]:
        """See ReflectedModel; the experts' tensors are named `experts.0.…`."""
        state = super().plain_state()
        for index, expert in enumerate(self.experts):
            state |= {f"experts.{index}.{k}": v for k, v in expert.actor.plain_state().items()}
        return state

    def load_plain_state(self, state: dict[str, Tensor]) -> None:
        """See ReflectedModel."""
        rest = dict(state)
        for index, expert in enumerate(self.experts):
            head = f"experts.{index}."
            expert.actor.load_plain_state({k.removeprefix(head): rest.pop(k) for k in state if k.startswith(head)})
        super().load_plain_state(rest)


def gate_of(policy: Policy, expert: int) -> Mixture:
    """The gate that a policy is, if it has that expert, counted from 0.

    Raises:
        KinesisError: if it has not.
    """
    if not isinstance(policy.actor, Mixture):
        raise KinesisError("the policy is no gate over experts", got=type(policy.actor).__name__, expected="a gate")
    if not 0 <= expert < len(policy.actor.experts):
        raise KinesisError("no such expert", got=expert, expected=f"from 0 to {len(policy.actor.experts) - 1}")
    return policy.actor


def without(gate: Mixture, expert: int, network: Network) -> Mixture:
    """A gate over the others, who are as likely among themselves as before; its network is described by `network`.

    Raises:
        KinesisError: if it has not that expert, or no other.
    """
    others = [one for index, one in enumerate(gate.experts) if index != expert]
    if len(others) != len(gate.experts) - 1 or not others:
        raise KinesisError("an expert that cannot be left out", got=expert, expected=f"one of {len(gate.experts)}")
    made, last = Mixture(others, network), f"mlp.{len(gate.mlp) - 1}."
    kept = torch.tensor([index for index in range(len(gate.experts)) if index != expert])
    state = ReflectedModel.plain_state(gate)
    ReflectedModel.load_plain_state(made, {k: v[kept] if k.startswith(last) else v for k, v in state.items()})
    made.eval()
    return made
