"""Resampling of recorded coordinates: zero-phase low-pass where it is needed, then cubic interpolation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from kinesis.errors import KinesisError
from kinesis.motion.filters import can_filter, lowpass

SMOOTH_HZ = 8.0
"""Corner of the low-pass for raw recordings; walking and its joint angles lie below (Winter 2009, ch. 2)."""

MOST_FRAMES = 360_000
"""Two hours at 50 Hz; more would not fit in the memory of a small machine."""

NOISY_RPS2 = 5.0
"""Angular acceleration above `SMOOTH_HZ`, rms over all angles [rad/s²], from which a recording is raw."""

_SHARE_OF_RATE = 0.4


class Resampled(NamedTuple):
    """values: (frame, column) at the asked rate, from the first recorded instant on.

    source_rate_hz: mean rate of the recording. lowpass_hz: corner that was applied, 0 if none.
    """

    values: np.ndarray
    source_rate_hz: float
    lowpass_hz: float


def resample(
    time_s: np.ndarray, values: np.ndarray, rate_hz: float, *, angles: np.ndarray | None, where: str
) -> Resampled:
    """Values (row, column) at times (row,), which may be uneven, brought to `rate_hz`.

    A raw recording is smoothed at `SMOOTH_HZ`; `angles` (column,) marks the columns in radians, by which
    that is judged, None where it is known not to be raw. A recording faster than asked is low-passed at
    0.4 of the asked rate.

    Raises:
        KinesisError: for a rate that is none, and for less than three or more than `MOST_FRAMES` frames at it.
    """
    if not (np.isfinite(rate_hz) and 0.0 < rate_hz <= 1000.0):
        raise KinesisError("not a rate", where=where, got=f"{rate_hz} Hz", expected="more than 0 and at most 1000 Hz")
    span_s = time_s[-1] - time_s[0]
    frames = int(np.floor(span_s * rate_hz + 1e-6)) + 1
    if frames < 3:
        raise KinesisError(
            "the recording is too short", where=where, got=f"{span_s:.4g} s", expected=f"{2 / rate_hz:.4g} s or more"
        )
    if frames > MOST_FRAMES:
        raise KinesisError("too many frames", where=where, got=frames, expected=f"{MOST_FRAMES} at the most")
    mean_hz = float((len(time_s) - 1) / span_s)
    grid_hz = min(1.0 / float(np.median(np.diff(time_s))), 4.0 * mean_hz)
    even_s = np.linspace(0.0, span_s, max(3, round(span_s * grid_hz) + 1))
    grid_hz = (len(even_s) - 1) / span_s
    even = CubicSpline(time_s - time_s[0], values)(even_s)
    corner_hz = _corner(even, grid_hz, rate_hz, angles)
    if corner_hz:
        even = lowpass(even, grid_hz, corner_hz)
    asked_s = np.minimum(np.arange(frames) / rate_hz, span_s)
    return Resampled(CubicSpline(even_s, even)(asked_s), mean_hz, corner_hz)


def _corner(even: np.ndarray, grid_hz: float, rate_hz: float, angles: np.ndarray | None) -> float:
    """Corner [Hz] that an evenly sampled recording needs before it is brought to `rate_hz`; 0 for none."""
    needed = []
    if angles is not None and is_raw(even[:, angles], grid_hz):
        needed.append(SMOOTH_HZ)
    if grid_hz > 1.01 * rate_hz:
        needed.append(_SHARE_OF_RATE * rate_hz)
    return min(needed, default=0.0)


def is_raw(angles: np.ndarray, rate_hz: float) -> bool:
    """Whether angles (frame, column) [rad] carry more acceleration above `SMOOTH_HZ` than limbs do."""
    if len(angles) < 8 or not angles.size or not can_filter(rate_hz, SMOOTH_HZ):
        return False
    above = angles - lowpass(angles, rate_hz, SMOOTH_HZ)
    acceleration = np.diff(above, 2, axis=0) * rate_hz**2
    return float(np.sqrt((acceleration**2).mean())) > NOISY_RPS2
