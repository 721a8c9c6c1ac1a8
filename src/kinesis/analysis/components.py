"""Components of muscle activity: by variance (PCA) and without negative parts (NMF)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinesis.errors import KinesisError

Method = Literal["pca", "nmf"]
METHODS: tuple[Method, ...] = ("pca", "nmf")

_SWEEPS, _STARTS, _STILL = 300, 2, 1e-5


@dataclass(frozen=True)
class Basis:
    """k directions in the space of muscles. mean: (muscle,). components: (k, muscle). variance: share accounted for.

    The variance is 1 - |x - x̂|² / |x - mean|²: about the mean for PCA; for NMF, which has none, about nothing, as is
    usual for muscle synergies (Torres-Oviedo et al. 2006).
    """

    method: Method
    mean: np.ndarray
    components: np.ndarray
    variance: float


def find_basis(values: np.ndarray, method: Method, count: int, *, seed: int = 0) -> Basis:
    """The basis of `count` components of values (instant, muscle).

    Raises:
        KinesisError: for a count that is none, or negative values for NMF.
    """
    if not 1 <= count <= values.shape[1]:
        raise KinesisError("not a number of components", got=count, expected=f"1 to {values.shape[1]}")
    if method == "pca":
        mean = values.mean(0)
        _, _, directions = np.linalg.svd(values - mean, full_matrices=True)
        components = directions[:count]
        left = (values - mean) - (values - mean) @ components.T @ components
        return Basis(method, mean, components, _accounted(left, values - mean))
    if values.min() < 0.0:
        raise KinesisError("NMF of negative values", got=values.min(), expected="0 or more")
    components = np.eye(count) if count == values.shape[1] else nmf(values, count, seed=seed)
    left = values - weights(values, components) @ components
    return Basis(method, np.zeros(values.shape[1]), components, _accounted(left, values))


def _accounted(left: np.ndarray, whole: np.ndarray) -> float:
    total = float((whole**2).sum())
    return 1.0 - float((left**2).sum()) / total if total else 1.0


def variance_by_count(values: np.ndarray) -> np.ndarray:
    """(muscle,) share of variance about the mean that the first 1, 2, … principal components account for."""
    power = np.linalg.svd(values - values.mean(0), compute_uv=False) ** 2
    power = np.pad(power, (0, values.shape[1] - len(power)))
    return np.cumsum(power) / power.sum() if power.any() else np.ones(len(power))


def nmf(values: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
    """Components (count, muscle), none negative, of unit length, that rebuild values (instant, muscle) best.

    Hierarchical alternating least squares (Cichocki and Phan 2009), the best of some random starts.
    """
    rng = np.random.default_rng(seed)
    starts = [_nmf_from(values, rng.uniform(0.1, 1.0, (count, values.shape[1]))) for _ in range(_STARTS)]
    return min(starts, key=lambda found: found[1])[0]


def _nmf_from(values: np.ndarray, components: np.ndarray) -> tuple[np.ndarray, float]:
    loads = np.maximum(values @ components.T, 0.0)
    total, error = float((values**2).sum()), np.inf
    for sweep in range(_SWEEPS):
        loads = _sweep(loads, values @ components.T, components @ components.T)
        components = _sweep(components.T, values.T @ loads, loads.T @ loads).T
        length = np.linalg.norm(components, axis=1)
        scale = np.where(length > 0.0, length, 1.0)
        components, loads = components / scale[:, None], loads * scale
        if sweep % 10 == 9:
            before, error = error, float(((values - loads @ components) ** 2).sum())
            if before - error < _STILL * total * 1e-3:
                break
    return components, error


def _sweep(factor: np.ndarray, towards: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """Each column of a factor (row, count) in turn at its best, the others held."""
    factor = factor.copy()
    for k in range(factor.shape[1]):
        step = (towards[:, k] - factor @ gram[:, k]) / max(gram[k, k], 1e-12)
        factor[:, k] = np.maximum(factor[:, k] + step, 0.0)
    return factor


def weights(values: np.ndarray, components: np.ndarray, sweeps: int = 60) -> np.ndarray:
    """Loads (instant, count), none negative, with which components (count, muscle) rebuild values best."""
    towards, gram = values @ components.T, components @ components.T
    loads = np.maximum(towards / np.maximum(np.diag(gram), 1e-12), 0.0)
    for _ in range(sweeps):
        loads = _sweep(loads, towards, gram)
    return loads


def count_for(shares: np.ndarray, kept: float = 0.95) -> int | None:
    """How many components keep this share, of shares by count from 1 on; None if none do."""
    enough = np.flatnonzero(shares >= kept)
    return int(enough[0]) + 1 if len(enough) else None
