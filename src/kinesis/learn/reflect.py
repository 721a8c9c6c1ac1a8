"""Networks that treat left and right alike, exactly: mirrored input, mirrored output.

Every weight matrix W is projected on those that commute with the reflection, (W + R W R') / 2, where R and R'
reflect the layer's output and input: the measured signed permutations at the ends, an exchange of halves in
between. Such a matrix maps what two sides share to what they share, and how they differ to how they differ: two
blocks of a quarter, so a layer costs half of a plain one. Every sample teaches both sides, and what is saved is a
plain network. After Ravindran and Barto (2001) and, for networks, van der Pol et al. (2020, "MDP homomorphic
networks").
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
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

    @functools.cached_property
    def sides(self) -> Sides:
        """The columns that change places, and those that stay."""
        here = torch.arange(len(self.index))
        first, stays = here[self.index > here], here[self.index == here]
        second = self.index[first]
        keeps = self.sign[stays] > 0.0
        return Sides(first, second, self.sign[first], stays[keeps], stays[~keeps])


class Sides:
    """Columns of a reflection: pairs `first`, `second`, whose reflection has a sign; `even` stay, `odd` change sign."""

    def __init__(self, first: Tensor, second: Tensor, sign: Tensor, even: Tensor, odd: Tensor) -> None:
        self.first, self.second, self.sign, self.even, self.odd = first, second, sign, even, odd
        order = torch.cat([first, second, even, odd])
        width, half = len(order), len(first)
        self.halved = 2 * half == width and torch.equal(order, torch.arange(width)) and bool((sign > 0.0).all())
        self.back = torch.argsort(order)

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the sides of x (..., width) share, times two, and how they differ; columns that stay in one of them."""
        if self.halved:
            a, b = x.chunk(2, -1)
            return a + b, a - b
        a, b = x[..., self.first], self.sign * x[..., self.second]
        return torch.cat([a + b, x[..., self.even]], -1), torch.cat([a - b, x[..., self.odd]], -1)

    def whole(self, shared: Tensor, other: Tensor) -> Tensor:
        """The columns of which `shared` and `other` are the halves of `parts`; inverse but for its two."""
        if self.halved:
            return torch.cat([shared + other, shared - other], -1)
        half = len(self.first)
        (a, even), (b, odd) = (torch.tensor_split(x, [half], -1) for x in (shared, other))
        return torch.cat([a + b, self.sign * (a - b), even, odd], -1)[..., self.back]

    def blocks(self, weight: Tensor, columns: Sides) -> tuple[Tensor, Tensor]:
        """Blocks of the nearest weight (row, column) that commutes with the reflection; these sides are its rows'.

        One maps what sides share, as `columns.parts` gives it, to what they share; the other how they differ.
        """
        half = len(columns.first)
        shared, differing = columns.parts(weight)
        if self.halved:
            (a, b), (c, d) = shared.chunk(2), differing.chunk(2)
            shared, differing = 0.25 * (a + b), 0.25 * (c - d)
        else:
            sign = self.sign[:, None]
            alike = shared[self.first] + sign * shared[self.second]
            opposed = differing[self.first] - sign * differing[self.second]
            shared = 0.25 * torch.cat([alike, 2.0 * shared[self.even]])
            differing = 0.25 * torch.cat([opposed, 2.0 * differing[self.odd]])
        for block in (shared, differing):
            block[:, half:] *= 2.0
        return shared, differing

    def mean(self, bias: Tensor) -> Tensor:
        """Bias of the first block, of the nearest (row,) that the reflection leaves as it is."""
        half = len(self.first)
        shared = self.parts(bias)[0]
        return torch.cat([0.5 * shared[:half], shared[half:]])


class ByBlocks:
    """A layer's `forward` by the two blocks of its weight, kept while no gradient is asked for and nothing changes."""

    def __init__(self, layer: nn.Linear, rows: Sides, columns: Sides) -> None:
        self.layer, self.rows, self.columns = layer, rows, columns
        self._known: tuple[int, list[Tensor]] = (-1, [])

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's answer to x (..., column)."""
        return self.by(self.blocks(), x)

    def by(self, blocks: list[Tensor], x: Tensor) -> Tensor:
        """The answer by what `blocks` gave, which is then taken apart once for many calls."""
        shared, differing, bias = blocks
        a, b = self.columns.parts(x)
        return self.rows.whole(F.linear(a, shared, bias), F.linear(b, differing))

    def blocks(self) -> list[Tensor]:
        """Weights of what the sides share and of how they differ, and the bias of what they share."""
        weight, bias = (_own(self.layer, name) for name in ("weight", "bias"))
        version = weight._version + bias._version
        if not torch.is_grad_enabled() and self._known[0] == version:
            return self._known[1]
        blocks = [*self.rows.blocks(weight, self.columns), self.rows.mean(bias)]
        if not torch.is_grad_enabled():
            self._known = version, blocks
        return blocks


def _own(layer: nn.Linear, name: str) -> Tensor:
    """A layer's parameter as it learns, before it is projected."""
    own: Tensor = layer.get_parameter(f"parametrizations.{name}.original")
    return own


def reflections_of(layers: Sequence[nn.Linear]) -> list[Sides] | None:
    """Sides of the input, of every layer's output, as equal numbers in the weights betray them; None where none do."""
    weights = [layer.weight.detach().numpy() + 0.0 for layer in layers]
    if any(layer.out_features % 2 for layer in layers[:-1]):
        return None
    half = len(weights[0]) // 2
    ends = [_matched(weights[0][:half].T, weights[0][half:].T)]
    swapped = np.roll(weights[-1], weights[-1].shape[1] // 2, axis=1)
    ends.append(_matched(weights[-1], swapped))
    inner = [Reflection.halves(layer.out_features) for layer in layers[:-1]]
    found = [ends[0], *inner, ends[1]]
    if None in found:
        return None
    sides = [reflection.sides for reflection in found if reflection]
    for layer, (columns, rows) in zip(layers, pairwise(found), strict=True):
        assert rows
        assert columns
        if not _commutes(layer, rows, columns):
            return None
    return sides


def _matched(rows: np.ndarray, others: np.ndarray) -> Reflection | None:
    """The reflection that makes `others` of `rows`, each (row, column): equal rows, or such of the other sign."""
    places = {row.tobytes(): (i, -1.0) for i, row in enumerate(-others + 0.0)}
    places |= {row.tobytes(): (i, 1.0) for i, row in enumerate(others)}
    pairs = [places.get(row.tobytes()) for row in rows]
    if None in pairs or len({pair[0] for pair in pairs if pair}) < len(rows):
        return None
    index, sign = zip(*(pair for pair in pairs if pair), strict=True)
    return Reflection(torch.tensor(index), torch.tensor(sign))


def _commutes(layer: nn.Linear, rows: Reflection, columns: Reflection) -> bool:
    weight, bias = layer.weight.detach(), layer.bias.detach()
    nearest = _Projected(rows, None)(bias)
    return torch.equal(_Projected(rows, columns)(weight), weight) and torch.allclose(nearest, bias, rtol=0.0, atol=1e-6)


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
            layer.forward = ByBlocks(layer, rows.sides, columns.sides)  # type: ignore[method-assign,assignment]
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
