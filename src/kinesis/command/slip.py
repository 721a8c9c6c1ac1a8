"""Slip: what is asked for goes elsewhere now and then, so that bodies learn to come back.

A clip by itself never lets a body that follows it be far away for long, so nobody learns what to do there; and a body
that a recording has left behind stays behind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from kinesis.body.state import State


@dataclass(frozen=True)
class Slip:
    """How far what is asked for slips, level [m] and turned [rad], at the most; and how often on average [s]."""

    most_m: float
    most_rad: float
    every_s: float

    def draw(self, place: Tensor, generator: torch.Generator) -> Tensor:
        """(n, 3) slips, uniform in the disc about what is asked for at place (n, 2) and in its turn about there.

        A slip is a shift along x and y [m] after a turn about the world's origin [rad].
        """
        drawn = torch.rand(len(place), 3, generator=generator)
        away, way = self.most_m * drawn[:, 0].sqrt(), 2.0 * math.pi * drawn[:, 1]
        turn = self.most_rad * (2.0 * drawn[:, 2] - 1.0)
        shift = place - _turned(place, turn) + torch.stack([away * way.cos(), away * way.sin()], 1)
        return torch.cat([shift, turn[:, None]], 1)


def let_slip(state: State, slips: Tensor) -> None:
    """Turn and shift a State (..., *) in place by slips (..., 3); forces of the ground stay as they are."""
    shift, turn = slips[..., :2], slips[..., 2]
    state.qpos[..., :2] = _turned(state.qpos[..., :2], turn) + shift
    state.qvel[..., :2] = _turned(state.qvel[..., :2], turn)
    state.landmarks[..., :2] = _turned(state.landmarks[..., :2], turn[..., None]) + shift[..., None, :]
    state.landmark_velocities[..., :2] = _turned(state.landmark_velocities[..., :2], turn[..., None])
    cos, sin = (0.5 * turn).cos(), (0.5 * turn).sin()
    w, x, y, z = state.qpos[..., 3:7].unbind(-1)
    state.qpos[..., 3:7] = torch.stack([cos * w - sin * z, cos * x - sin * y, cos * y + sin * x, cos * z + sin * w], -1)


def _turned(level: Tensor, turn: Tensor) -> Tensor:
    """Level vectors (..., 2) turned by (...) [rad]."""
    cos, sin = turn.cos(), turn.sin()
    x, y = level.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], -1)
