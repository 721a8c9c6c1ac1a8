"""Soundness: what every recording must be before it is fitted: not too long, finite, of a person's extent."""

from __future__ import annotations

import numpy as np

from kinesis.errors import KinesisError

LONGEST_S = 7200.0
"""Two hours, as in `resample.MOST_FRAMES`: more would not fit in the memory of a small machine."""

FEWEST_FRAMES = 3
FASTEST_HZ = 10_000.0
FARTHEST = 1e8
"""Largest coordinate in any unit: 100 km in millimetres."""


def check_length(frames: int, rate_hz: float, where: str) -> None:
    """Raise KinesisError for a rate that is none, fewer than three frames, or more than `LONGEST_S`."""
    if not (np.isfinite(rate_hz) and 0.0 < rate_hz <= FASTEST_HZ):
        expected = f"more than 0 and at most {FASTEST_HZ:g} Hz"
        raise KinesisError("not a rate of recording", where=where, got=f"{rate_hz:g} Hz", expected=expected)
    if frames < FEWEST_FRAMES:
        raise KinesisError("too few frames", where=where, got=frames, expected=f"{FEWEST_FRAMES} or more")
    if frames > LONGEST_S * rate_hz:
        hours, most = frames / rate_hz / 3600.0, LONGEST_S / 3600.0
        raise KinesisError(
            "the recording is too long", where=where, got=f"{hours:.3g} h", expected=f"{most:g} h or less; cut it"
        )


def check_numbers(values: np.ndarray, what: str, where: str) -> None:
    """Raise KinesisError for values (frame, ...) that are not finite, or larger than `FARTHEST`; names the frame."""
    sound = np.isfinite(values) & (np.abs(values) <= FARTHEST)
    if not sound.all():
        place = np.argwhere(~sound)[0]
        raise KinesisError(
            f"{what} is no number of a recording",
            where=f"{where}, frame {place[0]}",
            got=values[tuple(place)],
            expected=f"finite, at most {FARTHEST:g}",
        )
