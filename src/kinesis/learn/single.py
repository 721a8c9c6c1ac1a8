"""One observation through a whole network in one call: what a body that runs alone waits for.

Where a network treats left and right alike, its layers are computed by their blocks, so half of its weights are read;
how it is mirrored is found in the weights themselves. The same as the network's own call, to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import torch
from rsl_rl.modules import EmpiricalNormalization
from torch import nn

from kinesis.learn.likeliest import Likeliest
from kinesis.learn.reflect import Reflection, reflections_of

_KINDS = {nn.ELU: 0.0, nn.SiLU: 1.0}


Alone = Callable[[np.ndarray], np.ndarray]
"""Maps one observation (width,) float32 to an action (action,); numpy, as torch takes longer over one row."""


def for_one(network: nn.Module, spread: float, span: tuple[float, float]) -> Alone | None:
    """What a normaliser and plain layers, with one kind of nonlinearity between them, make of one observation.

    Clips as `ExpectedClip` does, and holds copies of the weights. Of a gate's experts only the likeliest is asked.
    None for other networks.
    """
    if isinstance(network, Likeliest):
        return _likeliest(network)
    if not isinstance(network, nn.Sequential):
        return None
    normaliser, *parts = (p for m in network for p in (m if isinstance(m, nn.Sequential) else [m]))
    linear, kinds = [m for m in parts[::2] if type(m) is nn.Linear], {type(m) for m in parts[1::2]}
    known = len(parts) == 2 * len(linear) - 1 and len(kinds) == 1 and kinds <= _KINDS.keys()
    if not known or not isinstance(normaliser, EmpiricalNormalization):
        return None
    sides = reflections_of(linear) or [Reflection.none(width).sides for width in _widths(linear)]
    with torch.no_grad():
        blocks = [
            part.numpy().ravel()
            for layer, (columns, rows) in zip(linear, pairwise(sides), strict=True)
            for part in (*rows.blocks(layer.weight, columns), rows.mean(layer.bias))
        ]
    mean, std = normaliser.mean.numpy(), normaliser.std.numpy()
    weights, scale = np.concatenate(blocks), 1.0 / (std + np.float32(normaliser.eps))
    counts = np.array([[len(s.first), len(s.even), len(s.odd)] for s in sides])
    first, last = (np.concatenate([s.first, s.second, s.even, s.odd]) for s in (sides[0], sides[-1]))
    sign, scratch = sides[0].sign.numpy(), np.empty((3, 2 * int(counts.sum(1).max())), np.float32)
    options = np.array([_KINDS[kinds.pop()], spread, *span])

    def run(observation: np.ndarray) -> np.ndarray:
        action = np.empty(len(last), np.float32)
        _run(observation, mean, scale, weights, counts, first, sign, last, options, scratch, action)
        return action

    return run


def _likeliest(network: Likeliest) -> Alone | None:
    """`for_one` of a gate, and of experts that each clip as they were trained to."""
    gate, experts = for_one(network.gate, 0.0, (0.0, 1.0)), []
    for expert in network.experts:
        parts: Any = expert  # as `Policy.network` is made: the mean, then how it is clipped
        alone = for_one(parts[0], parts[1].spread, parts[1].span)
        if alone is None:
            return None
        experts.append(alone)
    return gate and (lambda observation: experts[gate(observation).argmax()](observation))


def _widths(layers: Sequence[nn.Linear]) -> list[int]:
    return [layers[0].in_features, *(layer.out_features for layer in layers)]


@numba.njit(cache=True, nogil=True)
def _run(
    seen: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    weights: np.ndarray,
    counts: np.ndarray,
    first: np.ndarray,
    sign: np.ndarray,
    last: np.ndarray,
    options: np.ndarray,
    scratch: np.ndarray,
    action: np.ndarray,
) -> None:
    """counts (interface, 3): pairs, even and odd columns of the input, of every hidden layer, and of the action."""
    shared, other, result = scratch[0], scratch[1], scratch[2]
    _split(seen, mean, scale, counts[0], first, sign, shared, other)
    at = 0
    for layer in range(1, len(counts)):
        wide, narrow = counts[layer - 1, 0] + counts[layer - 1, 1], counts[layer - 1, 0] + counts[layer - 1, 2]
        pairs, rows = counts[layer, 0], counts[layer, 0] + counts[layer, 1]
        _times(weights[at : at + rows * wide], shared[:wide], result[:rows])
        at += rows * wide
        _times(weights[at : at + pairs * narrow], other[:narrow], result[rows : rows + pairs])
        at += pairs * narrow
        for i in range(rows):
            result[i] += weights[at + i]
        at += rows
        if layer == len(counts) - 1:
            break
        for i in range(pairs):
            shared[i], other[i] = result[i] + result[rows + i], result[i] - result[rows + i]
        shared[pairs:rows] = result[pairs:rows]
        _bend(shared[:rows], options[0])
        _bend(other[:pairs], options[0])
        for i in range(pairs):
            x, y = shared[i], other[i]
            shared[i], other[i] = x + y, x - y
    for i in range(pairs):
        action[last[i]] = _clipped(result[i] + result[rows + i], options)
        action[last[pairs + i]] = _clipped(result[i] - result[rows + i], options)
    for i in range(pairs, rows):
        action[last[pairs + i]] = _clipped(result[i], options)


@numba.njit(cache=True, nogil=True)
def _split(
    seen: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    counts: np.ndarray,
    place: np.ndarray,
    sign: np.ndarray,
    shared: np.ndarray,
    other: np.ndarray,
) -> None:
    """`Sides.parts` of an observation, normalised."""
    pairs, even, odd = counts
    for i in range(pairs):
        a, b = place[i], place[pairs + i]
        x, y = (seen[a] - mean[a]) * scale[a], sign[i] * (seen[b] - mean[b]) * scale[b]
        shared[i], other[i] = x + y, x - y
    for i in range(even):
        a = place[2 * pairs + i]
        shared[pairs + i] = (seen[a] - mean[a]) * scale[a]
    for i in range(odd):
        a = place[2 * pairs + even + i]
        other[pairs + i] = (seen[a] - mean[a]) * scale[a]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _times(weights: np.ndarray, x: np.ndarray, out: np.ndarray) -> None:
    """out = weights x; four rows at once, as memory gives them no faster one by one.

    Rows are sliced first: an index into all weights that might be negative, for all that a compiler knows, is not
    vectorised, and takes three times as long.
    """
    width, whole = len(x), len(out) - len(out) % 4
    for i in range(0, whole, 4):
        first, second, third, fourth = (
            weights[i * width : (i + 1) * width],
            weights[(i + 1) * width : (i + 2) * width],
            weights[(i + 2) * width : (i + 3) * width],
            weights[(i + 3) * width : (i + 4) * width],
        )
        a, b, c, d = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for j in range(width):
            a += first[j] * x[j]
            b += second[j] * x[j]
            c += third[j] * x[j]
            d += fourth[j] * x[j]
        out[i], out[i + 1], out[i + 2], out[i + 3] = a, b, c, d
    for i in range(whole, len(out)):
        row, a = weights[i * width : (i + 1) * width], np.float32(0.0)
        for j in range(width):
            a += row[j] * x[j]
        out[i] = a


@numba.njit(cache=True, nogil=True)
def _bend(x: np.ndarray, kind: float) -> None:
    """ELU (kind 0) or SiLU, in place."""
    zero, two, least, most = np.float32(0.0), np.float32(2.0), np.float32(-80.0), np.float32(80.0)
    if kind == 0.0:
        for i in range(len(x)):
            x[i] = _expm1(max(x[i], least)) if x[i] < zero else x[i]
    else:
        for i in range(len(x)):
            x[i] /= two + _expm1(min(max(-x[i], least), most))


@numba.njit(cache=True, nogil=True, inline="always")
def _expm1(x: np.float32) -> np.float32:
    """exp(x) - 1 for x from -80 to 80, to 2e-7 of it or of one; a loop of these is vectorised, one of `math` is not.

    x = k ln 2 + r with ln 2 in two parts (Cody & Waite 1980), then seven terms of the series in r.
    """
    k = np.floor(x * np.float32(1.44269504) + np.float32(0.5))
    r = x - k * np.float32(0.693359375) + k * np.float32(2.12194440e-4)
    terms = np.float32(1.0 / 720.0) + r * np.float32(1.0 / 5040.0)
    terms = np.float32(1.0 / 24.0) + r * (np.float32(1.0 / 120.0) + r * terms)
    terms = np.float32(1.0 / 2.0) + r * (np.float32(1.0 / 6.0) + r * terms)
    scale = np.int32((np.int32(k) + 127) << 23).view(np.float32)
    return scale * (terms * r * r + r) + (scale - np.float32(1.0))


@numba.njit(cache=True, nogil=True)
def _clipped(mean: float, options: np.ndarray) -> float:
    """See `ExpectedClip`."""
    spread, low, high = options[1], options[2], options[3]
    if spread == 0.0:
        return mean
    u, v = (mean - low) * math.sqrt(0.5) / spread, (mean - high) * math.sqrt(0.5) / spread
    above = u + u * math.erf(u) + math.exp(-u * u) / math.sqrt(math.pi)
    beyond = v + v * math.erf(v) + math.exp(-v * v) / math.sqrt(math.pi)
    return low + spread * math.sqrt(0.5) * (above - beyond)
