"""Rows of tables of published bands: one's own, and those of Schwartz et al. as they are passed around.

Four forms of CSV, told by their head. Rows say a curve of `CURVES` or a parameter of `PARAMETERS`, its speed, the
percent of the cycle (0 for a parameter), mean and standard deviation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kinesis.analysis.csv_table import csv_rows, finite
from kinesis.analysis.gait_curves import CURVES, GRAVITY
from kinesis.analysis.spatiotemporal import PARAMETERS
from kinesis.errors import KinesisError

ANY_SPEED = -1.0
"""Of a band that says no speed."""

GROUPS = {"VerySlow": 0.172, "Slow": 0.290, "Free": 0.429, "Fast": 0.560, "VeryFast": 0.694}
"""Mean speeds of the groups of Schwartz, Rozumalski & Trost 2008 (J Biomech 41:1639), in sqrt(g · leg)."""

_NAMES: Mapping[str, Mapping[str, str]] = {
    "angle_deg": {
        "Pelvic Ant/Posterior Tilt": "pelvis_tilt",
        "Pelvic Up/Down Obliquity": "pelvis_obliquity",
        "Pelvic Int/External Rotation": "pelvis_rotation",
        "Hip Flex/Extension": "hip_flexion",
        "Hip Ad/Abduction": "hip_adduction",
        "Hip Int/External Rotation": "hip_rotation",
        "Knee Flex/Extension": "knee_flexion",
        "Ankle Dorsi/Plantarflexion": "ankle_dorsiflexion",
        "Foot Int/External Progression": "foot_progression",
    },
    "moment_Nm_per_kg": {
        "Hip Ext/Flexion": "hip_extension_moment",
        "Hip Ab/Adduction": "hip_abduction_moment",
        "Knee Ext/Flexion": "knee_extension_moment",
        "Ankle Dorsi/Plantarflexion": "ankle_plantarflexion_moment",
    },
    "power_W_per_kg": {"Hip": "hip_power", "Knee": "knee_power", "Ankle": "ankle_power"},
    "force_BW": {"Anterior/Posterior": "ground_force_anterior", "Vertical": "ground_force_vertical"},
}
"""Theirs to ours; the signs are the same. The trunk and the knee's other axes, which the body lacks, are passed
over ("Knee Ext/Flexion #2" among the moments has the size and course of ab/adduction)."""

_STATISTICS = {
    "Dimensionless Speed": "speed_mps",
    "Dimensionless Cadence": "cadence_per_min",
    "Dimensionless Step Length": "step_length_m",
}
_EVENTS = {"Ipsilateral Foot Off": "stance_percent", "Double Support": "double_support_percent"}


@dataclass(frozen=True)
class Units:
    """What dimensionless numbers are worth on a body with this leg [m]."""

    leg_m: float

    @property
    def speed_mps(self) -> float:
        """sqrt(g · leg) [m/s]."""
        return math.sqrt(GRAVITY * self.leg_m)

    def of(self, parameter: str) -> float:
        """Of a parameter of `PARAMETERS` that is given without dimension."""
        cadence = 60.0 * math.sqrt(GRAVITY / self.leg_m)
        known = {"speed_mps": self.speed_mps, "cadence_per_min": cadence, "step_length_m": self.leg_m}
        return known.get(parameter, 100.0)


@dataclass(frozen=True)
class Row:
    """name: of a curve or a parameter. speed: in sqrt(g · leg), or `ANY_SPEED`."""

    name: str
    speed: float
    percent: float
    mean: float
    sd: float


Cells = list[str]
Reader = Callable[[Cells, Iterator[tuple[str, Cells]], Units], Iterator[Row]]


def read_rows(path: Path, units: Units) -> Iterator[Row]:
    """Every row of a table; none of one that is about something else.

    Raises:
        KinesisError: for a table that is no text, too long, or has a row that is none.
    """
    lines = csv_rows(path)
    _, first = next(lines, ("", []))
    head = [cell.strip() for cell in first]
    if reader := _reader(head):
        yield from reader(head, lines, units)


def _reader(head: Cells) -> Reader | None:
    names = set(head)
    if {"mean", "sd"} <= names and ({"curve", "percent"} <= names or "parameter" in names):
        return _own
    if {"pct_gait_cycle", "speed", "mean", "sd"} <= names and names & set(_NAMES):
        return _schwartz_curves
    if {"N", "Mean", "Std. Deviation"} <= names:
        return _schwartz_statistics
    return _schwartz_events if head[:2] == ["Parameter", "Very Slow"] else None


def _own(head: Cells, lines: Iterator[tuple[str, Cells]], units: Units) -> Iterator[Row]:
    kind, known = ("curve", CURVES) if "curve" in head else ("parameter", PARAMETERS)
    for where, cells in lines:
        row = dict(itertools.zip_longest(head, cells, fillvalue=""))
        if row[kind] not in known:
            raise KinesisError.unknown(kind, row[kind], known, where=where)
        speed = finite(row["speed_mps"], "speed_mps", where) / units.speed_mps if row.get("speed_mps") else ANY_SPEED
        percent = _percent(row["percent"], where) if kind == "curve" else 0.0
        sd = finite(row["sd"], "sd", where)
        if sd < 0.0:
            raise KinesisError("a standard deviation below zero", where=where, got=sd)
        yield Row(row[kind], speed, percent, finite(row["mean"], "mean", where), sd)


def _schwartz_curves(head: Cells, lines: Iterator[tuple[str, Cells]], _: Units) -> Iterator[Row]:
    """Their deviations of forces have a sign, which is dropped."""
    kind = next(k for k in _NAMES if k in head)
    for where, cells in lines:
        row = dict(itertools.zip_longest(head, cells, fillvalue=""))
        if row["speed"] not in GROUPS:
            raise KinesisError.unknown("speed", row["speed"], GROUPS, where=where)
        name, percent = _NAMES[kind].get(row[kind]), _percent(row["pct_gait_cycle"], where)
        mean, sd = finite(row["mean"], "mean", where), abs(finite(row["sd"], "sd", where))
        if name:
            yield Row(name, GROUPS[row["speed"]], percent, mean, sd)


def _schwartz_statistics(_: Cells, lines: Iterator[tuple[str, Cells]], units: Units) -> Iterator[Row]:
    """Parameter in the first column where it begins, then speed group, number of people, mean and deviation."""
    name = None
    for where, cells in lines:
        name = _STATISTICS.get(cells[0].strip()) if cells[0].strip() else name
        group = cells[1].replace(" ", "") if len(cells) > 4 else ""
        if name and group in GROUPS:
            mean, sd = (units.of(name) * finite(cell, "a value", where) for cell in cells[3:5])
            yield Row(name, GROUPS[group], 0.0, mean, sd)


def _schwartz_events(head: Cells, lines: Iterator[tuple[str, Cells]], units: Units) -> Iterator[Row]:
    """A row a parameter, two columns a speed group: share of the cycle and its deviation, which has a sign."""
    for where, cells in lines:
        name = _EVENTS.get(cells[0].partition("[")[0].strip())
        for column in range(1, len(cells) - 1, 2) if name else ():
            group = head[column].replace(" ", "") if column < len(head) else ""
            mean, sd = (units.of(str(name)) * finite(cell, "a value", where) for cell in cells[column : column + 2])
            if group in GROUPS:
                yield Row(str(name), GROUPS[group], 0.0, mean, abs(sd))


def _percent(cell: str, where: str) -> float:
    value = finite(cell, "percent", where)
    if not 0.0 <= value <= 100.0:
        raise KinesisError("not a percent of the cycle", where=where, got=value, expected="0 to 100")
    return value
