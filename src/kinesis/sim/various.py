"""Bodies that differ from environment to environment, and shoves, so that whoever learns there relies on nothing."""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np
import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.body.variants import with_mass, with_strength
from kinesis.sim.cpu import CpuSim

STRENGTHS = (0.75, 1.1)
"""Factors on peak forces: weakness is what a body that learnt to spare itself falls over."""
MASSES = (0.9, 1.1)
"""Factors on the mass of all bones."""
_STRONG_SHARE = 0.6


class VariousSim(CpuSim):
    """A simulator in which a share of the bodies are weaker or stronger, lighter or heavier than their own."""

    def __init__(self, body: Body, num_envs: int, *, share: float, seed: int = 0, **options: Any) -> None:
        """share: of the environments; three in five of them differ in strength, the others in mass.

        options: as for `CpuSim`.
        """
        super().__init__(body, num_envs, **options)
        rng = np.random.default_rng(seed)
        differs = rng.uniform(size=num_envs) < share
        self.models = [_drawn(self.model, body.actuation, rng) if one else self.model for one in differs]


def _drawn(model: mujoco.MjModel, actuation: str, rng: np.random.Generator) -> mujoco.MjModel:
    if rng.uniform() < _STRONG_SHARE:
        return with_strength(model, actuation, np.full(model.nu, rng.uniform(*STRENGTHS)))
    return with_mass(model, rng.uniform(*MASSES))


def shoves(count: int, at_most_mps: float, generator: torch.Generator | None = None) -> Tensor:
    """(count, 3) level changes of speed [m/s], to any side, each of at most so much; for `Backend.shove`."""
    size, way = (torch.rand(count, generator=generator) for _ in range(2))
    size, way = at_most_mps * size, 2.0 * math.pi * way
    return torch.stack([size * way.cos(), size * way.sin(), torch.zeros(count)], 1)
