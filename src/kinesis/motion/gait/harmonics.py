"""Periodic curves from a few key events, kept as low-order harmonics of the gait phase."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

ORDER = 8
"""Harmonics kept. Walking angles need six for 99 % of their variance (Winter 1991, ch. 3); running eight."""
SAMPLES = 256


def from_events(percent: np.ndarray, values: np.ndarray, order: int = ORDER) -> np.ndarray:
    """Coefficients (2·order + 1,) of the monotone periodic curve through events at `percent` of the cycle.

    percent, values: (event,), percent rising within [0, 100). Layout: mean, cosines, sines.
    """
    times = np.concatenate([percent - 100.0, percent, percent + 100.0])
    curve = PchipInterpolator(times, np.tile(values, 3))(np.arange(SAMPLES) * 100.0 / SAMPLES)
    return from_samples(curve, order)


def from_samples(curve: np.ndarray, order: int) -> np.ndarray:
    """Coefficients (2·order + 1, ...) of one cycle of equally spaced samples (sample, ...)."""
    spectrum = np.fft.rfft(curve, axis=0)[: order + 1] * 2.0 / len(curve)
    return np.concatenate([spectrum.real[:1] / 2.0, spectrum.real[1:], -spectrum.imag[1:]])


def basis(phase: np.ndarray, order: int = ORDER) -> np.ndarray:
    """Values (..., 2·order + 1) of 1, cosines and sines at a phase in cycles (...)."""
    turns = 2.0 * np.pi * phase[..., None] * np.arange(1, order + 1)
    return np.concatenate([np.ones_like(phase)[..., None], np.cos(turns), np.sin(turns)], -1)
