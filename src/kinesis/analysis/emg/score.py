"""Scores of one set of courses against people's: pure functions over envelopes.

Courses are cyclic and have `CYCLE` points, the last percent (the next touchdown) left out. One course a channel
is scored: `own (channel, point)`, against `people (subject, channel, point)`, which may be NaN where a subject
lacks a channel. r is Pearson's; it knows neither scale nor offset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.errors import KinesisError

CYCLE = 100
LAGS_MS = np.arange(0.0, 101.0, 5.0)
"""Common lags that are tried [ms]: EMG leads the force it makes by an electromechanical delay of 30–100 ms
(Cavanagh & Komi 1979, Eur J Appl Physiol 42:159), and the body's tendons are rigid."""

LARGEST_LAG_MS = 500.0
_FLAT = 1e-9
"""What varies by less than this part of its size is constant."""


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's r along the last axis (..., point); 0 where either is constant, NaN where either is NaN."""
    centred = [x - x.mean(-1, keepdims=True) for x in (a, b)]
    length = [np.linalg.norm(x, axis=-1) for x in centred]
    flat = [n <= _FLAT * np.linalg.norm(x, axis=-1) for n, x in zip(length, (a, b), strict=True)]
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (centred[0] * centred[1]).sum(-1) / (length[0] * length[1])
    missing = np.isnan(length[0]) | np.isnan(length[1])
    return np.where(missing, np.nan, np.where(flat[0] | flat[1], 0.0, np.clip(r, -1.0, 1.0)))


def delayed(courses: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """Cyclic courses (..., point) made later by a share of the cycle (...), linear between points."""
    points = courses.shape[-1]
    place = np.arange(points) - np.asarray(share)[..., None] * points
    lower = np.floor(place).astype(int)
    part = place - lower
    shape = np.broadcast_shapes(courses.shape, place.shape)
    full, lower, part = np.broadcast_to(courses, shape), np.broadcast_to(lower, shape), np.broadcast_to(part, shape)
    before = np.take_along_axis(full, lower % points, -1)
    after = np.take_along_axis(full, (lower + 1) % points, -1)
    return before * (1.0 - part) + after * part


def r_by_lag(own: np.ndarray, people: np.ndarray, stride_s: np.ndarray, lags_ms: np.ndarray) -> np.ndarray:
    """r (lag, subject, channel) with each person's EMG made later by each lag, in that person's own stride [s]."""
    share = lags_ms[:, None, None] * 1e-3 / stride_s[:, None]
    return correlation(own, delayed(people[None], np.broadcast_to(share, (len(lags_ms), *people.shape[:2]))))


def subject_means(r: np.ndarray) -> np.ndarray:
    """Mean over channels of r (..., subject, channel). Returns (..., subject)."""
    return np.nanmean(r, -1)


@dataclass(frozen=True)
class Agreement:
    """How courses agree with people's at every lag.

    r: (lag, subject, channel). lags_ms: (lag,). chosen: index of the common lag: that with the largest median
    over subjects of the mean over channels, one for all muscles and subjects.
    """

    r: np.ndarray
    lags_ms: np.ndarray
    chosen: int

    @property
    def lag_ms(self) -> float:
        """The common lag [ms]."""
        return float(self.lags_ms[self.chosen])

    @property
    def medians(self) -> np.ndarray:
        """(lag,) median over subjects of the mean over channels."""
        return np.median(subject_means(self.r), -1)

    @property
    def median(self) -> float:
        """That at the common lag."""
        return float(self.medians[self.chosen])

    @property
    def zero_lag(self) -> float:
        """That at zero lag."""
        return float(self.medians[np.argmin(np.abs(self.lags_ms))])

    def by_channel(self, lag: int | None = None) -> np.ndarray:
        """(channel,) median over subjects of r at a lag's index, the common one by default."""
        return np.nanmedian(self.r[self.chosen if lag is None else lag], 0)


def agreement(
    own: np.ndarray,
    people: np.ndarray,
    stride_s: np.ndarray,
    lags_ms: np.ndarray = LAGS_MS,
    lag_ms: float | None = None,
) -> Agreement:
    """Score courses (channel, point) against people (subject, channel, point).

    lag_ms: a common lag that is given rather than searched for; zero lag is scored beside it.

    Raises:
        KinesisError: for a lag that no delay between EMG and force can be.
    """
    if lag_ms is not None and not abs(lag_ms) <= LARGEST_LAG_MS:
        raise KinesisError("not a lag", got=lag_ms, expected=f"up to {LARGEST_LAG_MS:g} ms")
    lags = lags_ms if lag_ms is None else np.unique([0.0, lag_ms])
    r = r_by_lag(own, people, stride_s, lags)
    medians = np.median(subject_means(r), -1)
    chosen = int(np.argmax(medians)) if lag_ms is None else int(np.argmin(np.abs(lags - lag_ms)))
    return Agreement(r, lags, chosen)


def unseen_lag(scored: Agreement) -> float:
    """Median over subjects of their mean r, each at the lag that is best for all the others; NaN for one subject.

    Nobody helps to choose the lag at which they are scored.
    """
    means = subject_means(scored.r)
    count = means.shape[1]
    if count < 2:
        return float("nan")
    others = ~np.eye(count, dtype=bool)
    best = [int(np.argmax(np.median(means[:, others[i]], -1))) for i in range(count)]
    return float(np.median(means[best, np.arange(count)]))


def rmse(own: np.ndarray, people: np.ndarray, stride_s: np.ndarray, lag_ms: float) -> np.ndarray:
    """Root mean square difference (subject, channel) of peak-normalised courses, EMG later by the lag."""
    share = np.broadcast_to(lag_ms * 1e-3 / stride_s[:, None], people.shape[:2])
    return np.sqrt(((own - delayed(people, share)) ** 2).mean(-1))
