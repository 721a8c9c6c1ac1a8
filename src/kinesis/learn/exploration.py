"""Exploration: how a policy's action strays from its mean. Diagonal, or Lattice (Chiappa et al. 2023)."""

from __future__ import annotations

import math

import torch
from rsl_rl.modules.distribution import Distribution, GaussianDistribution
from torch import Tensor, nn

from kinesis.registry import Registry

EXPLORATIONS: Registry[type[Diagonal] | type[Lattice]] = Registry("exploration")

LATENT_SHARE = 0.5
"""Of the variance of a new Lattice's action that comes from its latent noise."""


@EXPLORATIONS.register("diagonal")
class Diagonal(GaussianDistribution):
    """Independent noise on every action, whatever the state."""

    def __init__(self, output_dim: int, noise: float) -> None:
        """noise: standard deviation to begin with."""
        super().__init__(output_dim, init_std=noise, std_type="log")

    def reset(self, noise: float) -> None:
        """Begin anew with this standard deviation."""
        with torch.no_grad():
            self.log_std_param.fill_(math.log(noise))

    def bound(self, noise: float) -> None:
        """No action's standard deviation above this."""
        with torch.no_grad():
            self.log_std_param.clamp_(max=math.log(noise))


@EXPLORATIONS.register("lattice")
class Lattice(Distribution):
    """Noise on the last hidden layer beside that on the action: N(mean, W diag(sz²) Wᵀ + diag(sa²)).

    W is the policy's last layer, so that actions that the policy moves together stray together. The covariance
    is the same at every state: it is factorised once an update, in the smaller of the two widths, and never a
    sample. Probability, entropy and divergence are exact.
    """

    def __init__(self, output_dim: int, noise: float) -> None:
        """noise: standard deviation of an action to begin with, once `init_mlp_weights` has been called."""
        super().__init__(output_dim)
        self._noise = noise
        self.log_action_std = nn.Parameter(torch.full((output_dim,), math.log(noise)))
        self._last: tuple[nn.Linear, ...] = ()
        self._mean: Tensor = torch.zeros(0)
        self._new: _Factor | None = None
        self._old: _Factor | None = None

    def init_mlp_weights(self, mlp: nn.Module) -> None:
        """Take the last layer, by reference."""
        layer = [m for m in mlp.modules() if isinstance(m, nn.Linear)][-1]
        self._last = (layer,)
        self.log_latent_std = nn.Parameter(torch.zeros(layer.in_features))
        self.reset(self._noise)

    def reset(self, noise: float) -> None:
        """Begin anew: actions stray by `noise` on average, `LATENT_SHARE` of the variance from the latent."""
        with torch.no_grad():
            reach = float(self._last[0].weight.square().sum(1).mean())
            self.log_latent_std.fill_(0.5 * math.log(LATENT_SHARE * noise**2 / max(reach, 1e-12)))
            self.log_action_std.fill_(0.5 * math.log((1.0 - LATENT_SHARE) * noise**2))

    def bound(self, noise: float) -> None:
        """Shrink all noise alike where the actions' mean variance is above noise²."""
        with torch.no_grad():
            over = float(self._factor().variance.mean()) / noise**2
            if over > 1.0:
                self.log_latent_std.sub_(0.5 * math.log(over))
                self.log_action_std.sub_(0.5 * math.log(over))

    def _factor(self) -> _Factor:
        return _Factor(self._last[0].weight * self.log_latent_std.exp(), self.log_action_std.exp())

    def update(self, mlp_output: Tensor) -> None:
        """See rsl_rl."""
        self._mean, self._new = mlp_output, self._factor()

    def sample(self) -> Tensor:
        """See rsl_rl; what was last sampled without gradients is the old policy of the next update."""
        factor = self._known()
        if not torch.is_grad_enabled():
            self._old = factor
        return self._mean.detach() + factor.draw(len(self._mean))

    def deterministic_output(self, mlp_output: Tensor) -> Tensor:
        """The mean."""
        return mlp_output

    def as_deterministic_output_module(self) -> nn.Module:
        """The mean."""
        return nn.Identity()

    @property
    def input_dim(self) -> int:
        """Width of the mean."""
        return self.output_dim

    @property
    def mean(self) -> Tensor:
        """(batch, action)."""
        return self._mean

    @property
    def std(self) -> Tensor:
        """(batch, action)."""
        return self._known().variance.sqrt().expand_as(self._mean)

    @property
    def entropy(self) -> Tensor:
        """(batch,) [nat]."""
        return self._known().entropy.expand(len(self._mean))

    @property
    def params(self) -> tuple[Tensor, ...]:
        """The mean; the covariance of the policy that collected is remembered instead of stored by sample."""
        return (self._mean,)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """(batch,) of outputs (batch, action) [nat]."""
        factor = self._known()
        return factor.constant - 0.5 * factor.distance(outputs - self._mean)

    def kl_divergence(self, old_params: tuple[Tensor, ...], new_params: tuple[Tensor, ...]) -> Tensor:
        """(batch,) KL(old || new) [nat]."""
        new, old = self._known(), self._old or self._known()
        moved = new.distance(new_params[0] - old_params[0])
        spread = new.distance(old.columns.T).sum() + new.distance(torch.diag(old.action_std)).sum()
        return 0.5 * (moved + spread - self.output_dim) + old.constant - new.constant

    def _known(self) -> _Factor:
        assert self._new is not None, "update comes first"
        return self._new


class _Factor:
    """Covariance C = B Bᵀ + diag(a²) with columns B (action, latent), factorised in the smaller width.

    With more latents than actions, C = L Lᵀ itself; with fewer, Woodbury's identity and the determinant lemma
    on I + Bᵀ diag(a)⁻² B.
    """

    def __init__(self, columns: Tensor, action_std: Tensor) -> None:
        self.columns, self.action_std = columns, action_std
        width, latent = columns.shape
        self.variance = columns.square().sum(1) + action_std**2
        self._low_rank = latent < width
        if self._low_rank:
            scaled = columns / action_std[:, None]
            self._root = torch.linalg.cholesky(torch.eye(latent, dtype=columns.dtype) + scaled.T @ scaled)
            half = self._root.diagonal().log().sum() + action_std.log().sum()
        else:
            self._root = torch.linalg.cholesky(columns @ columns.T + torch.diag(action_std**2))
            half = self._root.diagonal().log().sum()
        self.constant = -half - 0.5 * width * math.log(2.0 * math.pi)
        self.entropy = 0.5 * width - self.constant

    def distance(self, away: Tensor) -> Tensor:
        """(batch,) awayᵀ C⁻¹ away of away (batch, action)."""
        if not self._low_rank:
            return torch.linalg.solve_triangular(self._root, away.T, upper=False).square().sum(0)
        scaled = away / self.action_std
        latent = scaled @ (self.columns / self.action_std[:, None])
        seen = torch.linalg.solve_triangular(self._root, latent.T, upper=False)
        return scaled.square().sum(1) - seen.square().sum(0)

    def draw(self, count: int) -> Tensor:
        """(count, action) samples of N(0, C)."""
        latent = self.columns.new_empty(count, self.columns.shape[1]).normal_()
        own = self.columns.new_empty(count, len(self.action_std)).normal_()
        return (latent @ self.columns.T + own * self.action_std).detach()
