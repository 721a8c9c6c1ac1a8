"""The filter of this package: Butterworth run forwards and back, so without lag."""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
from scipy.signal import butter, sosfiltfilt

HIGHEST_SHARE = 0.45
"""Of the rate; a corner above it is as good as none."""

Kind = Literal["lowpass", "highpass"]


def can_filter(rate_hz: float, corner_hz: float) -> bool:
    """Whether a corner is low enough for the rate."""
    return corner_hz < HIGHEST_SHARE * rate_hz


def lowpass(values: np.ndarray, rate_hz: float, corner_hz: float, *, order: int = 4) -> np.ndarray:
    """Zero-phase low-pass along axis 0; unchanged where the corner is too high for the rate.

    values: (instant, ...). order: of one pass; at the corner [Hz] each of the two passes takes 3 dB. The ends are
    continued by point reflection over two periods of the corner.
    """
    return _both_ways(values, rate_hz, corner_hz, "lowpass", order)


def highpass(values: np.ndarray, rate_hz: float, corner_hz: float, *, order: int = 4) -> np.ndarray:
    """The same for what is above the corner."""
    return _both_ways(values, rate_hz, corner_hz, "highpass", order)


def _both_ways(values: np.ndarray, rate_hz: float, corner_hz: float, kind: Kind, order: int) -> np.ndarray:
    if len(values) < 3 or not can_filter(rate_hz, corner_hz):
        return values
    padding = min(len(values) - 1, int(np.ceil(2.0 * rate_hz / corner_hz)))
    return np.asarray(sosfiltfilt(_sections(corner_hz, rate_hz, kind, order), values, axis=0, padlen=padding))


@functools.lru_cache(maxsize=32)
def _sections(corner_hz: float, rate_hz: float, kind: Kind, order: int) -> np.ndarray:
    return np.asarray(butter(order, corner_hz, kind, fs=rate_hz, output="sos"))
