"""Person: named places of one recorded person put together as `Points`, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kinesis.motion.clip import Label
from kinesis.motion.points import Points
from kinesis.motion.readers.reader import UNKNOWN_LICENCE
from kinesis.motion.readers.soundness import check_length, check_numbers


def person(
    name: str,
    places: Mapping[str, np.ndarray],
    *,
    hangs_on: Mapping[str, str],
    rate_hz: float,
    unit_m: float | None,
    up: int | None,
    source: str,
    where: str,
    labels: Mapping[str, Label] | None = None,
) -> Points:
    """Points of places (frame, 3) by name; a line is drawn from each to the one that it hangs on.

    unit_m, up: None where the file does not say. where: the file, for an error.

    Raises:
        KinesisError: for a rate, a length or a coordinate that no recording has.
    """
    names = tuple(places)
    position = np.stack([places[name] for name in names], axis=1)
    check_length(len(position), rate_hz, where)
    check_numbers(position, "a coordinate", where)
    parents = tuple(names.index(hangs_on[name]) if hangs_on.get(name) in names else -1 for name in names)
    return Points(name, rate_hz, names, position, parents, unit_m, up, source, UNKNOWN_LICENCE, labels or {})


def stem(path: Path) -> str:
    """File name without its ending, and without `.gz` behind that."""
    name = path.name.removesuffix(".gz")
    return name.rpartition(".")[0] or name
