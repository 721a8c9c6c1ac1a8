"""Networks that treat left and right alike, exactly: mirrored input, mirrored output.

Every weight matrix W is projected on those that commute with the reflection, (W + R W R') / 2, where R and R'
reflect the layer's output and input: the measured signed permutations at the ends, an exchange of halves in
between. Cost is that of the plain network, every sample teaches both sides, and what is saved is a plain
network. After Ravindran and Barto (2001) and, for networks, van der Pol et al. (2020, "MDP homomorphic networks").
"""

from __future__ import annotations

import torch
from rsl_rl.models import MLPModel
from tensordict import TensorDict
from torch import Tensor, nn
from torch.nn.utils import parametrize

from kinesis.task.symmetry import Symmetry


class Reflection:
    """A signed permutation of columns: reflected = sign * x[..., index]."""

    def __init__(self, index: Tensor, sign: Tensor) -> None:
        self.index, self.sign = index, sign

    @classmethod
    def halves(cls, width: int) -> Reflection:
        """The first half changes places with the second."""
        return cls((torch.arange(width) + width // 2) % width, torch.ones(width))

    @classmethod
    def none(cls, width: int) -> Reflection:
        """Nothing changes."""
        return cls(torch.arange(width), torch.ones(width))


class _Projected(nn.Module):
    """The nearest weight (row, column) or bias (row,) that commutes with the reflection."""

    def __init__(self, rows: Reflection, columns: Reflection | None) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, value: Tensor) -> Tensor:
        if self.columns is None:
            return 0.5 * (value + self.rows.sign * value[self.rows.index])
        turned = self.rows.sign[:, None] * value[self.rows.index]
        return 0.5 * (value + self.columns.sign * turned[:, self.columns.index])


class ReflectedModel(MLPModel):
    """rsl_rl's multilayer perceptron; after `reflect`, equivariant to `symmetry`."""

    symmetry: Symmetry | None = None

    def reflect(self, symmetry: Symmetry) -> None:
        """Project all layers and the normaliser; mirrored outputs are mirrored actions, or the same value."""
        self.symmetry = symmetry
        layers = [m for m in self.mlp if isinstance(m, nn.Linear)]
        columns = Reflection(symmetry.index, symmetry.sign)
        for layer in layers:
            width = layer.out_features
            rows = self._outputs(symmetry, width) if layer is layers[-1] else Reflection.halves(width)
            parametrize.register_parametrization(layer, "weight", _Projected(rows, columns))
            parametrize.register_parametrization(layer, "bias", _Projected(rows, None))
            columns = rows
        normaliser = self.obs_normalizer
        mean, second = normaliser._mean, normaliser._var + normaliser._mean**2
        mean = 0.5 * (mean + symmetry.observation(mean))
        second = 0.5 * (second + second[..., symmetry.index])
        normaliser._mean[:], normaliser._var[:] = mean, second - mean**2
        normaliser._std[:] = normaliser._var.sqrt()

    def _outputs(self, symmetry: Symmetry, width: int) -> Reflection:
        """What becomes of the outputs in the mirror: a value stays, actions change sides."""
        return Reflection.none(width) if width == 1 else Reflection(symmetry.actions, torch.ones(width))

    def network(self) -> nn.Module:
        """From an observation (env, width) to the action (env, action), deterministically; shares the weights."""
        return nn.Sequential(self.obs_normalizer, self.mlp)

    def act(self, _seen: Tensor, sampled: Tensor) -> Tensor:
        """The action (env, action) that what was sampled at an observation (env, width) stands for: itself."""
        return sampled

    def update_normalization(self, obs: TensorDict) -> None:
        """See rsl_rl; mirror images count as seen."""
        if self.symmetry is not None:
            obs = torch.cat([obs, obs.apply(self.symmetry.observation)])
        super().update_normalization(obs)

    def plain_state(self) -> dict[str, Tensor]:
        """The state of the same network without projections and exploration: what checkpoints hold."""
        left = "parametrizations", "distribution."
        state = {k: v for k, v in self.state_dict().items() if not any(part in k for part in left)}
        for name, layer in self.mlp.named_children():
            if isinstance(layer, nn.Linear):
                state[f"mlp.{name}.weight"], state[f"mlp.{name}.bias"] = layer.weight.detach(), layer.bias.detach()
        return state

    def load_plain_state(self, state: dict[str, Tensor]) -> None:
        """Take what `plain_state` gave, before `reflect`; exploration stays.

        Raises:
            RuntimeError: from torch, for tensors that are missing, too many or of another shape.
        """
        own = {k: v for k, v in self.state_dict().items() if k.startswith("distribution.")}
        self.load_state_dict({k: v for k, v in state.items() if not k.startswith("distribution.")} | own)
