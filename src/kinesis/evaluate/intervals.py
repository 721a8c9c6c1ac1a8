"""Means with bootstrap intervals, by group of clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesis.evaluate.measures import MEASURES, Row
from kinesis.motion.clip import Clip
from kinesis.motion.quality import FAST_MPS, SLOW_MPS, speed_of

LEVEL, RESAMPLES, SEED = 0.95, 2000, 0
_DIGITS = 5
FAST_RUN_MPS = 2.8
"""From here on a run counts as fast [m/s]."""

Table = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Interval:
    """Mean of `clips` values, and where `LEVEL` of the means of resamples lie; None where there is no value."""

    mean: float | None
    low: float | None
    high: float | None
    clips: int


def bootstrap(values: Sequence[float | None], *, seed: int = SEED) -> Interval:
    """Percentile bootstrap of the mean over clips (Efron 1979), `RESAMPLES` draws; values of None are left out."""
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return Interval(None, None, None, 0)
    draws = np.random.default_rng(seed).integers(len(known), size=(RESAMPLES, len(known)))
    means = known[draws].mean(1)
    low, high = np.quantile(means, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    mean, low, high = (round(float(value), _DIGITS) for value in (known.mean(), low, high))
    return Interval(mean, low, high, len(known))


def summarise(rows: Sequence[Row]) -> dict[str, Interval]:
    """An Interval for every measure."""
    return {m.name: bootstrap([row[m.name] for row in rows]) for m in MEASURES}


def by_group(rows: Sequence[Row], groups: Sequence[str]) -> Mapping[str, dict[str, Interval]]:
    """Summaries of `all` rows and of each group, in order of name."""
    parts = {name: [r for r, g in zip(rows, groups, strict=True) if g == name] for name in sorted(set(groups))}
    return {"all": summarise(rows)} | {name: summarise(part) for name, part in parts.items()}


def group_of(clip: Clip) -> str:
    """Category of a clip, walks and runs by their speed."""
    speed = speed_of(clip)
    if clip.category == "walk":
        return "walk_slow" if speed < SLOW_MPS else "walk_fast" if speed > FAST_MPS else "walk_normal"
    if clip.category == "run":
        return "run_fast" if speed >= FAST_RUN_MPS else "run_slow"
    return clip.category
