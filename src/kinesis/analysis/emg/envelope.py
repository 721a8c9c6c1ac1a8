"""Envelopes: from EMG or activation over time to the mean course over a gait cycle."""

from __future__ import annotations

import itertools

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion import filters

POINTS = 101
"""Of a cycle: whole percents, touchdown to touchdown."""

LOWPASS_HZ, HIGHPASS_HZ, ORDER = 12.0, 35.0, 4
"""Of EMG, and the low-pass of activation as well: Santuz et al. 2020 (10.1016/j.isci.2019.100796)."""

SHORTEST_CYCLE_S, LONGEST_CYCLE_S = 0.4, 3.0


def lowpass(values: np.ndarray, rate_hz: float, cutoff_hz: float = LOWPASS_HZ) -> np.ndarray:
    """Butterworth of 4th order, forwards and back, so without delay. values: (instant, ...). The same shape back.

    Raises:
        KinesisError: for a rate that is too low for the cut-off, or too few instants.
    """
    _check(values, rate_hz, cutoff_hz, "lowpass")
    return filters.lowpass(values, rate_hz, cutoff_hz, order=ORDER)


def envelope(raw: np.ndarray, rate_hz: float, cutoff_hz: float = LOWPASS_HZ) -> np.ndarray:
    """Linear envelope of raw EMG (instant, channel): high-pass, rectify, low-pass, nothing below 0.

    As in Santuz et al. 2020: 35 Hz and 12 Hz, both Butterworth of 4th order, forwards and back.
    """
    _check(raw, rate_hz, HIGHPASS_HZ, "highpass")
    high = filters.highpass(raw - raw.mean(0), rate_hz, HIGHPASS_HZ, order=ORDER)
    return np.maximum(lowpass(np.abs(high), rate_hz, cutoff_hz), 0.0)


def _check(values: np.ndarray, rate_hz: float, cutoff_hz: float, kind: str) -> None:
    if not (cutoff_hz > 0.0 and filters.can_filter(rate_hz, cutoff_hz)):
        below = filters.HIGHEST_SHARE * rate_hz
        raise KinesisError(f"no {kind} at this rate", got=f"{cutoff_hz:g} Hz", expected=f"below {below:g} Hz")
    if len(values) < 32:
        raise KinesisError("too short to filter", got=len(values), expected="32 instants or more")


def cycles(time_s: np.ndarray, values: np.ndarray, touchdowns_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every whole cycle between touchdowns that follow each other, linear between instants.

    Args:
        time_s: (instant,).
        values: (instant, channel).
        touchdowns_s: of one foot, rising; pairs nearer or further apart than a stride are left out.

    Returns:
        Courses (cycle, channel, 101) and durations (cycle,) [s].

    Raises:
        KinesisError: if there is no cycle in the recording.
    """
    touchdowns_s = np.asarray(touchdowns_s, float)
    pairs = [
        (start, end)
        for start, end in itertools.pairwise(touchdowns_s)
        if SHORTEST_CYCLE_S <= end - start <= LONGEST_CYCLE_S and time_s[0] <= start and end <= time_s[-1] + 1e-9
    ]
    if not pairs:
        expected = f"two within {time_s[0]:.2f} to {time_s[-1]:.2f} s, a stride apart"
        raise KinesisError("no whole cycle between the touchdowns", got=list(touchdowns_s), expected=expected)
    wanted = np.array([np.linspace(start, end, POINTS) for start, end in pairs])
    courses = np.stack([np.interp(wanted, time_s, column) for column in values.T], axis=1)
    return courses, np.array([end - start for start, end in pairs])


def peak_normalised(course: np.ndarray) -> np.ndarray:
    """Each course (..., point) over its own largest value; one that never rises above 0 stays as it is."""
    peak = course.max(-1, keepdims=True)
    return course / np.where(peak > 0.0, peak, 1.0)
