"""Two results side by side: where they come from apart, which means changed, and whether intervals part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kinesis.errors import KinesisError

_ORIGIN = ("suite", "policy", "body", "versions", "machine", "motions", "rules", "intervals")


@dataclass(frozen=True)
class Change:
    """A mean that differs between a first result and a second one. apart: their intervals do not touch."""

    motions: str
    condition: str
    group: str
    measure: str
    before: float
    after: float
    apart: bool


def origins(a: dict[str, Any], b: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs in where two results come from: the path of each entry to both values."""
    flat = [dict(_flat({key: result.get(key) for key in _ORIGIN})) for result in (a, b)]
    keys = [*flat[0], *(key for key in flat[1] if key not in flat[0])]
    return {key: (flat[0].get(key), flat[1].get(key)) for key in keys if flat[0].get(key) != flat[1].get(key)}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def compare(a: dict[str, Any], b: dict[str, Any]) -> list[Change]:
    """Every mean that both results have and that changed, in the order of the first.

    Raises:
        KinesisError: if they share no set of motions and condition.
    """
    both = [(m, c) for m, conditions in a["results"].items() for c in conditions if c in b["results"].get(m, {})]
    if not both:
        raise KinesisError(
            "the two results have nothing in common", got=_listed(b["results"]), expected=_listed(a["results"])
        )
    return [change for m, c in both for change in _changes(m, c, a["results"][m][c], b["results"][m][c])]


def _changes(motions: str, condition: str, a: dict[str, Any], b: dict[str, Any]) -> Iterator[Change]:
    for group in (name for name in a if name in b):
        for measure, first in a[group].items():
            second = b[group].get(measure)
            if not second or None in (first["mean"], second["mean"]) or first["mean"] == second["mean"]:
                continue
            apart = first["low"] > second["high"] or second["low"] > first["high"]
            yield Change(motions, condition, group, measure, first["mean"], second["mean"], apart)


def _listed(results: dict[str, Any]) -> str:
    return ", ".join(f"{motions} ({len(conditions)} conditions)" for motions, conditions in results.items())
