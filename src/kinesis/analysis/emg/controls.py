"""Controls: what the same score gives by chance, how sure it is, and what people reach among themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.emg.score import correlation, delayed, r_by_lag, subject_means
from kinesis.evaluate.intervals import LEVEL, RESAMPLES, SEED

SHUFFLES = 500


@dataclass(frozen=True)
class Chance:
    """What a score is by chance.

    mean: of the scores at zero lag. p: share of them, each with the lag chosen as for the score itself, that are
    not below it; the score itself is one of them. count: of chances.
    """

    mean: float
    p: float
    count: int


def shift_test(own: np.ndarray, people: np.ndarray, stride_s: np.ndarray, lags_ms: np.ndarray) -> Chance:
    """Circular shifts of all muscles together, by every point of the cycle.

    Keeps each muscle's course and the order among muscles, and takes away the timing against the step. The mean
    over all shifts is 0 by construction, so p is what to read: each shift has the lags to choose from as well.
    """
    points, width = own.shape[-1], people.shape[0]
    shifted = np.stack([np.roll(own, shift, -1) for shift in range(points)])
    best, plain = np.full(points, -np.inf), np.empty((points, width))
    for index, lag in enumerate(lags_ms):
        moved = _moved(people, stride_s, lag)
        means = subject_means(np.stack([correlation(one, moved) for one in shifted]))
        best = np.maximum(best, np.median(means, -1))
        plain = means if index == 0 else plain
    return Chance(float(plain.mean()), float((best >= best[0] - 1e-12).mean()), points)


def shuffle_test(
    own: np.ndarray, people: np.ndarray, stride_s: np.ndarray, lags_ms: np.ndarray, seed: int = SEED
) -> Chance:
    """Muscles given to channels at random, none to its own.

    Not 0 on average where people's muscles move together (extensors in early stance): `mean` is how much of a
    score any muscle gets for any channel.
    """
    channels = len(own)
    if channels < 2:
        return Chance(float("nan"), float("nan"), 0)
    rng = np.random.default_rng(seed)
    table = np.stack([_every_pair(own, _moved(people, stride_s, lag)) for lag in lags_ms])  # lag, muscle, subject, ch
    scores, plain = np.empty(SHUFFLES), np.empty(SHUFFLES)
    rows = np.arange(channels)
    for draw in range(SHUFFLES):
        given = derangement(rng, channels)
        medians = np.median(subject_means(table[:, given, :, rows].transpose(1, 2, 0)), -1)
        scores[draw], plain[draw] = medians.max(), medians[0]
    own_score = np.median(subject_means(table[:, rows, :, rows].transpose(1, 2, 0)), -1).max()
    return Chance(float(plain.mean()), float((1 + (scores >= own_score).sum()) / (SHUFFLES + 1)), SHUFFLES)


def _every_pair(own: np.ndarray, people: np.ndarray) -> np.ndarray:
    """r of every muscle with every channel. Returns (muscle, subject, channel)."""
    return correlation(own[:, None, None], people[None])


def _moved(people: np.ndarray, stride_s: np.ndarray, lag_ms: float) -> np.ndarray:
    return delayed(people, np.broadcast_to(lag_ms * 1e-3 / stride_s[:, None], people.shape[:2]))


def derangement(rng: np.random.Generator, count: int) -> np.ndarray:
    """A random order of 0 … count − 1 in which nothing is in its own place."""
    while True:
        order = rng.permutation(count)
        if (order != np.arange(count)).all():
            return order


def median_interval(values: Sequence[float] | np.ndarray, *, seed: int = SEED) -> tuple[float, float]:
    """Percentile bootstrap over subjects of the median (Efron 1979), 95 %; a single subject has none: NaN."""
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return float("nan"), float("nan")
    draws = np.random.default_rng(seed).integers(len(known), size=(RESAMPLES, len(known)))
    low, high = np.quantile(np.median(known[draws], 1), [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return float(low), float(high)


@dataclass(frozen=True)
class People:
    """People in the place of the policy, each left out in turn, at zero lag.

    r: (person, channel) median over the others of r with each of them: what a policy could at best reach if it
    were one of them. to_mean: (person, channel) r with the mean of the others, which is smoother than anybody.
    medians: (person,) the score of each, by the same rule as the policy's.
    """

    r: np.ndarray
    to_mean: np.ndarray
    medians: np.ndarray


def among_people(people: np.ndarray, stride_s: np.ndarray) -> People | None:
    """Leave one out (subject, channel, point); None for one subject, who has nobody to be compared with."""
    count = len(people)
    if count < 2:
        return None
    shape = (count, people.shape[1])
    r, to_mean, medians = np.empty(shape), np.empty(shape), np.empty(count)
    for i in range(count):
        rest = np.delete(people, i, 0)
        known = ~np.isnan(people[i]).any(-1) & ~np.isnan(rest).all((0, 2))
        r[i], to_mean[i] = np.nan, np.nan
        pairs = r_by_lag(people[i][known], rest[:, known], np.delete(stride_s, i), np.zeros(1))[0]
        pairs = pairs[~np.isnan(pairs).all(1)]
        r[i, known] = np.nanmedian(pairs, 0)
        to_mean[i, known] = correlation(people[i][known], np.nanmean(rest[:, known], 0))
        medians[i] = np.median(subject_means(pairs))
    return People(r, to_mean, medians)
