"""What stands under the score: each muscle, each leg, on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kinesis.analysis.emg.controls import median_interval
from kinesis.analysis.emg.own import SILENT, Own
from kinesis.analysis.emg.reference import Envelopes
from kinesis.analysis.emg.score import CYCLE, Agreement, agreement, rmse
from kinesis.analysis.emg.windows import active
from kinesis.analysis.emg.windows import agreement as on_off


def by_channel(people: Envelopes, row: np.ndarray) -> dict[str, float]:
    """A value a channel (channel,) by name."""
    return dict(zip(people.channels, np.asarray(row, float).tolist(), strict=True))


def zero_lag(scored: Agreement) -> int:
    """Index of zero lag, or of the lag nearest to it."""
    return int(np.argmin(np.abs(scored.lags_ms)))


def of_mean(courses: np.ndarray, values: np.ndarray, stride_s: np.ndarray, lag_ms: float) -> float:
    """Mean r over channels with the mean of all people's envelopes."""
    mean = np.nanmean(values, 0)[None]
    return agreement(courses, mean, stride_s.mean(keepdims=True), lag_ms=lag_ms).median


def of_legs(own: Own, people: Envelopes, stride_s: np.ndarray, lag_ms: float) -> dict[str, float]:
    """The score of each leg alone."""
    courses = own.legs[:, own.rows(people.channels), :CYCLE]
    values = people.values[..., :CYCLE]
    return {s: agreement(c, values, stride_s, lag_ms=lag_ms).median for s, c in zip(own.sides, courses, strict=True)}


def of_muscles(own: Own, people: Envelopes, stride_s: np.ndarray, scored: Agreement) -> dict[str, Any]:
    """Per channel: r at the common lag with its interval, at zero lag, at its own best lag, error, amplitude."""
    medians = np.nanmedian(scored.r, 1)
    error = np.nanmedian(rmse(own.courses(people.channels), people.values[..., :CYCLE], stride_s, scored.lag_ms), 0)
    table = {}
    for index, name in enumerate(people.channels):
        course, best = own.activation[own.channels.index(name)], int(np.argmax(medians[:, index]))
        table[name] = {
            "r": medians[scored.chosen, index],
            "r_interval": median_interval(scored.r[scored.chosen, :, index]),
            "r_zero_lag": medians[zero_lag(scored), index],
            "r_best_lag": medians[best, index],
            "best_lag_ms": scored.lags_ms[best],
            "rmse": error[index],
            "peak_activation": course.max(),
            "mean_activation": course[:CYCLE].mean(),
            "peak_at_percent": int(course[:CYCLE].argmax()),
            "people_peak_at_percent": int(np.nanmean(people.values[:, index, :CYCLE], 0).argmax()),
            "silent": bool(course.max() < SILENT),
        }
    return table


def of_windows(
    courses: np.ndarray,
    values: np.ndarray,
    people: Envelopes,
    stride_s: np.ndarray,
    lag_ms: float,
    windows: Mapping[str, np.ndarray],
) -> dict[str, Any]:
    """Share of the cycle in agreement and kappa, with people's mean and with published windows; EMG made later."""
    shift = round(CYCLE * lag_ms * 1e-3 / float(stride_s.mean()))
    own_on = active(courses)
    table: dict[str, dict[str, dict[str, float]]] = {}
    for index, name in enumerate(people.channels):
        sources = {"people": active(np.nanmean(values[:, index], 0))}
        sources |= {"windows": windows[name]} if name in windows else {}
        for source, on in sources.items():
            share, kappa = on_off(own_on[index], np.roll(on, shift))
            table.setdefault(source, {})[name] = {"share": float(share), "kappa": float(kappa)}
    return {
        source: {
            "mean_share": float(np.mean([row["share"] for row in rows.values()])),
            "mean_kappa": float(np.mean([row["kappa"] for row in rows.values()])),
            "by_muscle": rows,
        }
        for source, rows in table.items()
    }
