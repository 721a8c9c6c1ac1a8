"""Outliers: strides unlike the others, by name, so that a stumble does not hide in a mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.strides import Stride

FEWEST = 5
"""Strides of a side below which nobody can say which one is unusual."""

SPREADS = 3.5
"""Scaled median absolute deviations from the median (Iglewicz & Hoaglin 1993)."""

LEAST_DURATION, LEAST_ANGLE_DEG = 0.08, 5.0
"""What is less than this away is never unusual: share of the stride's time, RMS over the cycle of an angle."""

ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")


@dataclass(frozen=True)
class Outlier:
    """A stride's name, and what is unusual about it."""

    stride: str
    why: str


def find_outliers(cycles: Sequence[tuple[str, Stride, Mapping[str, np.ndarray]]]) -> tuple[Outlier, ...]:
    """Strides whose duration, or an angle of hip, knee or ankle, is far from that side's median.

    cycles: name, stride and curves of each.
    """
    found = []
    for side in "rl":
        own = [cycle for cycle in cycles if cycle[1].side == side]
        if len(own) >= FEWEST:
            found += _of_side(own)
    return tuple(found)


def _of_side(own: Sequence[tuple[str, Stride, Mapping[str, np.ndarray]]]) -> list[Outlier]:
    duration = np.array([stride.duration_s for _, stride, _ in own])
    away = np.abs(duration - np.median(duration))
    unusual = {"duration": away > np.maximum(SPREADS * _spread(duration), LEAST_DURATION * np.median(duration))}
    for angle in ANGLES:
        curves = np.array([c[angle] for _, _, c in own])
        distance = np.sqrt(np.square(curves - np.median(curves, axis=0)).mean(1))
        limit = np.median(distance) + SPREADS * _spread(distance)
        unusual[angle.replace("_", " ")] = distance > max(limit, LEAST_ANGLE_DEG)
    rows = ((own[i][0], [what for what, flags in unusual.items() if flags[i]]) for i in range(len(own)))
    return [Outlier(name, ", ".join(what)) for name, what in rows if what]


def _spread(values: np.ndarray) -> float:
    """Median absolute deviation, scaled to the standard deviation of a normal distribution."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
