"""The scorecard: a body's muscles beside people's, with every number that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kinesis.analysis.emg.controls import Chance, among_people, median_interval, shift_test, shuffle_test
from kinesis.analysis.emg.details import by_channel, of_legs, of_mean, of_muscles, of_windows, zero_lag
from kinesis.analysis.emg.own import Own
from kinesis.analysis.emg.protocol import kinesis_protocol
from kinesis.analysis.emg.reference import Envelopes
from kinesis.analysis.emg.score import CYCLE, Agreement, agreement, subject_means, unseen_lag

DIGITS = 4


def scorecard(
    own: Own,
    people: Envelopes,
    *,
    static: Own | None = None,
    windows: Mapping[str, np.ndarray] | None = None,
    lag_ms: float | None = None,
) -> dict[str, Any]:
    """Everything that is said of a body's muscles against people's EMG, as JSON takes it.

    Args:
        own: the body's courses.
        people: EMG; its channels are those that count.
        static: courses of static optimisation on the same motion, scored by the same rule with a lag of its own.
        windows: published on/off courses (CYCLE,) by channel, beside those of people's mean.
        lag_ms: the common lag, where it is given; else the best one of `score.LAGS_MS`.

    Returns:
        r_median_subjects: median over subjects of the mean r over channels, at the common lag `lag_ms`;
        r_median_subjects_zero_lag; r_by_muscle: medians over subjects at that lag; r_people: the same score with
        each person in the body's place, at zero lag; r_static_optimisation, at its own common lag;
        r_kinesis_protocol, at the body's. None where there is no such thing. The rest explains these.
    """
    stride_s = np.where(np.isnan(people.stride_s), own.stride_s, people.stride_s)
    values, courses = people.values[..., :CYCLE], own.courses(people.channels)
    scored = agreement(courses, values, stride_s, lag_ms=lag_ms)
    others = among_people(values, stride_s)
    optimum = None if static is None else agreement(static.courses(people.channels), values, stride_s, lag_ms=lag_ms)
    protocol = kinesis_protocol(own, people, stride_s, scored.lag_ms)
    means = subject_means(scored.r[scored.chosen])
    return _rounded(
        {
            "r_median_subjects": scored.median,
            "r_median_subjects_zero_lag": scored.zero_lag,
            "lag_ms": scored.lag_ms,
            "r_by_muscle": by_channel(people, scored.by_channel()),
            "r_people": None if others is None else float(np.median(others.medians)),
            "r_static_optimisation": None if optimum is None else optimum.median,
            "r_kinesis_protocol": None if protocol is None else protocol["r"],
            "lag": "given" if lag_ms is not None else "best of those tried",
            "r_by_lag": {f"{lag:g}": r for lag, r in zip(scored.lags_ms, scored.medians, strict=True)},
            "r_unseen_lag": unseen_lag(scored),
            "r_interval": median_interval(means),
            "r_by_subject": dict(zip(people.subjects, means.tolist(), strict=True)),
            "r_of_mean_envelope": of_mean(courses, values, stride_s, scored.lag_ms),
            "legs": of_legs(own, people, stride_s, scored.lag_ms),
            "muscles": of_muscles(own, people, stride_s, scored),
            "shift_test": _chance(shift_test(courses, values, stride_s, scored.lags_ms)),
            "shuffled_muscles": _chance(shuffle_test(courses, values, stride_s, scored.lags_ms)),
            "people": None if others is None else _people(people, others.r, others.to_mean, others.medians),
            "static_optimisation": None if optimum is None else _optimum(people, optimum, scored),
            "kinesis_protocol": protocol,
            "on_off": of_windows(courses, values, people, stride_s, scored.lag_ms, windows or {}),
            "reference": _reference(people),
            "own": _own(own, people),
        }
    )


def _chance(chance: Chance) -> dict[str, float]:
    return {"mean_r": chance.mean, "p": chance.p, "count": chance.count}


def _people(people: Envelopes, r: np.ndarray, to_mean: np.ndarray, medians: np.ndarray) -> dict[str, Any]:
    return {
        "r_by_muscle": by_channel(people, np.nanmedian(r, 0)),
        "quartiles": np.quantile(medians, [0.25, 0.75]).tolist(),
        "r_to_mean_of_others": float(np.median(np.nanmean(to_mean, 1))),
        "r_to_mean_of_others_by_muscle": by_channel(people, np.nanmedian(to_mean, 0)),
    }


def _optimum(people: Envelopes, optimum: Agreement, scored: Agreement) -> dict[str, Any]:
    same = int(np.argmin(np.abs(optimum.lags_ms - scored.lag_ms)))
    return {
        "r": optimum.median,
        "lag_ms": optimum.lag_ms,
        "r_zero_lag": optimum.zero_lag,
        "r_at_policy_lag": float(optimum.medians[same]),
        "r_by_muscle": by_channel(people, optimum.by_channel()),
        "r_by_muscle_zero_lag": by_channel(people, optimum.by_channel(zero_lag(optimum))),
        "r_by_lag": {f"{lag:g}": r for lag, r in zip(optimum.lags_ms, optimum.medians, strict=True)},
    }


def _reference(people: Envelopes) -> dict[str, Any]:
    return {
        "source": people.source,
        "subjects": len(people.subjects),
        "channels": len(people.channels),
        "ensemble": people.is_ensemble,
        "motion": people.motion,
        "speed_mps": people.speed_mps,
        "lowpass_hz": people.lowpass_hz,
        "stride_s": float(np.nanmean(people.stride_s)) if not np.isnan(people.stride_s).all() else None,
        "stance": float(np.nanmean(people.stance)) if not np.isnan(people.stance).all() else None,
    }


def _own(own: Own, people: Envelopes) -> dict[str, Any]:
    kept = own.activation[own.rows(people.channels), :CYCLE]
    return {
        "strides": own.strides,
        "sides": list(own.sides),
        "stride_s": own.stride_s,
        "stance": own.stance,
        "left_out": own.left_out,
        "mean_activation": float(kept.mean()),
    }


def _rounded(value: Any) -> Any:
    """The same with plain numbers of `DIGITS` digits; what is not finite becomes None, as JSON wants it."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), DIGITS) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
