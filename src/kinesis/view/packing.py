"""Numbers in few bytes, for a page: quantised to 16 bits, differenced along rows, deflated, base64.

`templates/packing.js` undoes it.
"""

from __future__ import annotations

import base64
import zlib
from typing import TypedDict

import numpy as np

ABSENT = 65535


class Packed(TypedDict):
    """shape: rows and columns. value = low[column] + step[column] · code; code 65535: there is none."""

    shape: tuple[int, int]
    low: list[float]
    step: list[float]
    bytes: str


def pack(values: np.ndarray, step: float) -> Packed:
    """Quantise values (row, column) to multiples of `step`, coarser where a column spans more than 65,534.

    NaN marks an absent value and stays one. The error is at most half a step.
    """
    columns = values.shape[1]
    low, span = np.zeros(columns), np.zeros(columns)
    seen = np.isfinite(values).any(0)
    low[seen] = np.nanmin(values[:, seen], axis=0)
    span[seen] = np.nanmax(values[:, seen], axis=0) - low[seen]
    steps = np.maximum(step, span / (ABSENT - 1))
    codes = np.rint((values - low) / steps)
    codes = np.where(np.isnan(codes), ABSENT, codes).astype(np.uint16)
    stream = np.diff(codes.T, axis=1, prepend=np.uint16(0)).ravel()
    planes = np.stack([stream & 0xFF, stream >> 8]).astype(np.uint8)
    return {
        "shape": (len(values), columns),
        "low": _short(low),
        "step": _short(steps),
        "bytes": base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode(),
    }


def unpack(packed: Packed) -> np.ndarray:
    """(row, column) as the page will see it."""
    rows, columns = packed["shape"]
    planes = np.frombuffer(zlib.decompress(base64.b64decode(packed["bytes"])), np.uint8)
    low_byte, high_byte = planes.reshape(2, columns, rows).astype(np.uint16)
    codes = np.cumsum(low_byte + (high_byte << 8), axis=1, dtype=np.uint16).T
    values = np.array(packed["low"]) + np.array(packed["step"]) * codes
    return np.where(codes == ABSENT, np.nan, values)


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{v:.9g}") for v in values]
