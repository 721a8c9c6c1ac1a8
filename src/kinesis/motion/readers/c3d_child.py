"""Run by `c3d.py` in a process of its own, since a damaged file can crash `ezc3d`: SOURCE.c3d → TARGET.npz."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import ezc3d
import numpy as np

LARGEST_MEMORY = 8 << 30
"""Bytes; a damaged count of frames asks for all there is."""


def main(source: str, target: str) -> None:
    """Write words (JSON: labels, units, upward, rate_hz) and position (frame, marker, 3)."""
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    file = ezc3d.c3d(source)
    parameters = file["parameters"]["POINT"]
    words = {
        "labels": [name for key in sorted(parameters) if key.startswith("LABELS") for name in _values(parameters, key)],
        "units": str((_values(parameters, "UNITS") or [""])[0]),
        "upward": str((_values(parameters, "Y_SCREEN") or [""])[0]),
        "rate_hz": float((_values(parameters, "RATE") or [0.0])[0]),
    }
    position = np.array(file["data"]["points"][:3], dtype=np.float64).transpose(2, 1, 0)
    residual = np.asarray(file["data"]["meta_points"]["residuals"])[0].T
    position[residual < 0.0] = np.nan
    np.savez(target, words=np.array(json.dumps(words)), position=position)


def _values(parameters: Any, key: str) -> list[Any]:
    return list(parameters[key]["value"]) if key in parameters else []


if __name__ == "__main__":
    main(*sys.argv[1:])
