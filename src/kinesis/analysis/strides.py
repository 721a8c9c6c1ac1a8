"""Strides: from a foot's touchdown to its next, and curves cut along them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.events import Events
from kinesis.evaluate.signals import SIDES

POINTS = 101
"""Of a curve over a stride: whole percents, touchdown to touchdown."""

SHORTEST_S, LONGEST_S = 0.4, 3.0
"""Two touchdowns of a foot further apart or nearer are no stride."""


@dataclass(frozen=True)
class Stride:
    """One stride of one foot; times since the recording's start [s].

    foot_off_s: of the same foot. opposite_foot_off_s, opposite_touchdown_s: of the other one within the stride,
    NaN where it has none (a run's flight, a recording's end).
    """

    side: str
    start_s: float
    end_s: float
    foot_off_s: float
    opposite_foot_off_s: float
    opposite_touchdown_s: float

    @property
    def duration_s(self) -> float:
        """From touchdown to touchdown [s]."""
        return self.end_s - self.start_s

    @property
    def stance(self) -> float:
        """Share of the stride in which the foot is down."""
        return (self.foot_off_s - self.start_s) / self.duration_s

    @property
    def name(self) -> str:
        """Which one it is, in words."""
        side = "right" if self.side == "r" else "left"
        return f"{side} stride {self.start_s:.2f}–{self.end_s:.2f} s"


def find_strides(events: Events) -> list[Stride]:
    """Every whole stride, right feet's first: between touchdowns with exactly one foot-off between them."""
    found = []
    for index, side in enumerate(SIDES):
        touchdowns = events.touchdown_s[index]
        for start, end in itertools.pairwise(touchdowns):
            offs = _within(events.foot_off_s[index], start, end)
            if len(offs) == 1 and SHORTEST_S <= end - start <= LONGEST_S:
                opposite = [_first(times[1 - index], start, end) for times in (events.foot_off_s, events.touchdown_s)]
                found.append(Stride(side, float(start), float(end), float(offs[0]), *opposite))
    return found


def cut(time_s: np.ndarray, values: np.ndarray, stride: Stride, points: int = POINTS) -> np.ndarray:
    """Values (instant, ...) at equally spaced times of a stride, linear between instants. Returns (points, ...)."""
    wanted = np.linspace(stride.start_s, stride.end_s, points)
    upper = np.clip(np.searchsorted(time_s, wanted), 1, len(time_s) - 1)
    share = np.clip((wanted - time_s[upper - 1]) / (time_s[upper] - time_s[upper - 1]), 0.0, 1.0)
    share = share.reshape(-1, *(1,) * (values.ndim - 1))
    return values[upper - 1] * (1.0 - share) + values[upper] * share


def _within(times_s: np.ndarray, start: float, end: float) -> np.ndarray:
    return times_s[(times_s > start) & (times_s < end)]


def _first(times_s: np.ndarray, start: float, end: float) -> float:
    inside = _within(times_s, start, end)
    return float(inside[0]) if len(inside) else float("nan")
