"""Published bands: mean and standard deviation of gait curves over the cycle, by walking speed, from a folder.

Two forms of CSV are read, told by their head: one's own (`curve,percent,mean,sd` and, where bands differ by
speed, `speed_mps`), and the tables of Schwartz, Rozumalski & Trost 2008 (J Biomech 41:1639) as they are passed
around. Nothing of either is part of this package.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.analysis.gait_curves import CURVES
from kinesis.analysis.strides import POINTS
from kinesis.errors import KinesisError

LARGEST_BYTES, MOST_ROWS = 20_000_000, 200_000

GROUPS = {"VerySlow": 0.172, "Slow": 0.290, "Free": 0.429, "Fast": 0.560, "VeryFast": 0.694}
"""Mean speeds of the groups of Schwartz et al., in sqrt(g · leg)."""

_OWN = {"curve", "percent", "mean", "sd"}
_SCHWARTZ = {"pct_gait_cycle", "speed", "mean", "sd"}
_NAMES = {
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


@dataclass(frozen=True)
class Band:
    """mean, sd: (101,) over the cycle."""

    mean: np.ndarray
    sd: np.ndarray

    def away(self, curve: np.ndarray) -> np.ndarray:
        """How many standard deviations a curve (101,) lies from the mean."""
        return (curve - self.mean) / np.maximum(self.sd, 1e-9)


@dataclass(frozen=True)
class Norms:
    """Bands by curve and speed. source: the folder's name.

    bands: curve → sorted speeds in sqrt(g · leg) (n,), and mean and sd (n, 101); one speed serves all.
    """

    source: str
    bands: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]

    def band(self, curve: str, speed: float) -> Band | None:
        """The band at a speed in sqrt(g · leg): linear between published speeds, the outermost held beyond them."""
        if curve not in self.bands:
            return None
        speeds, mean, sd = self.bands[curve]
        upper = int(np.clip(np.searchsorted(speeds, speed), 1, max(1, len(speeds) - 1)))
        if len(speeds) == 1:
            return Band(mean[0], sd[0])
        share = float(np.clip((speed - speeds[upper - 1]) / (speeds[upper] - speeds[upper - 1]), 0.0, 1.0))
        low, high = upper - 1, upper
        return Band(mean[low] + share * (mean[high] - mean[low]), sd[low] + share * (sd[high] - sd[low]))


def load_norms(folder: Path, speed_unit: float) -> Norms:
    """Bands from every CSV of a folder that has them, or from one file.

    Args:
        folder: or a file.
        speed_unit: sqrt(g · leg) of the body, for tables in m/s [m/s].

    Raises:
        KinesisError: if there are none, or a table that is damaged, too large or says things twice.
    """
    if not folder.exists():
        raise KinesisError("no such file or folder", where=str(folder), expected="tables of published bands")
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else [folder]
    points: dict[str, dict[float, dict[float, tuple[float, float]]]] = {}
    for path in files:
        for curve, speed, percent, mean, sd in _rows(path, speed_unit):
            at = points.setdefault(curve, {}).setdefault(speed, {})
            if percent in at:
                raise KinesisError("a point is given twice", where=str(path), got=f"{curve} at {percent:g} %")
            at[percent] = mean, sd
    if not points:
        raise KinesisError("no published bands here", where=str(folder), expected="columns curve,percent,mean,sd")
    return Norms(folder.name, {curve: _resampled(curve, by_speed, folder) for curve, by_speed in points.items()})


Row = tuple[str, float, float, float, float]


def _rows(path: Path, speed_unit: float) -> Iterator[Row]:
    """Curve, speed, percent, mean and sd of every row; nothing of a table that is about something else."""
    if path.stat().st_size > LARGEST_BYTES:
        raise KinesisError("the table is too large", where=str(path), got=path.stat().st_size, expected=LARGEST_BYTES)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            head = set(table.fieldnames or ())
            kind = next((k for k in _NAMES if k in head), None)
            if not (head >= _OWN or (kind and head >= _SCHWARTZ)):
                return
            for number, row in enumerate(table, 2):
                if number > MOST_ROWS:
                    raise KinesisError("too many rows", where=str(path), expected=MOST_ROWS)
                where = f"{path}, line {number}"
                found = _own(row, where, speed_unit) if kind is None else _schwartz(row, kind, where)
                if found:
                    yield found
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KinesisError("the table cannot be read", where=str(path), got=error) from None


def _own(row: dict[str, str], where: str, speed_unit: float) -> Row:
    if row["curve"] not in CURVES:
        raise KinesisError.unknown("curve", str(row["curve"]), CURVES, where=where)
    speed = _number(row, "speed_mps", where) / speed_unit if row.get("speed_mps") else 0.0
    sd = _number(row, "sd", where)
    if sd < 0.0:
        raise KinesisError("a standard deviation below zero", where=where, got=sd)
    return row["curve"], speed, _percent(row, "percent", where), _number(row, "mean", where), sd


def _schwartz(row: dict[str, str], kind: str, where: str) -> Row | None:
    """Their deviations of forces have a sign, which is dropped."""
    name = _NAMES[kind].get(row[kind])
    if name is None:
        return None
    if row["speed"] not in GROUPS:
        raise KinesisError.unknown("speed", str(row["speed"]), GROUPS, where=where)
    sd = abs(_number(row, "sd", where))
    return name, GROUPS[row["speed"]], _percent(row, "pct_gait_cycle", where), _number(row, "mean", where), sd


def _number(row: dict[str, str], key: str, where: str) -> float:
    try:
        value = float(row[key])
    except (TypeError, ValueError):
        raise KinesisError(f"{key} is not a number", where=where, got=row[key]) from None
    if not math.isfinite(value):
        raise KinesisError(f"{key} is not finite", where=where, got=value)
    return value


def _percent(row: dict[str, str], key: str, where: str) -> float:
    value = _number(row, key, where)
    if not 0.0 <= value <= 100.0:
        raise KinesisError("not a percent of the cycle", where=where, got=value, expected="0 to 100")
    return value


def _resampled(
    curve: str, by_speed: dict[float, dict[float, tuple[float, float]]], where: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted speeds, and mean and sd at whole percents."""
    speeds, means, sds = sorted(by_speed), [], []
    for speed in speeds:
        percent = np.array(sorted(by_speed[speed]))
        if percent[0] > 0.0 or percent[-1] < 100.0 or np.diff(percent).max(initial=0.0) > 10.0:
            raise KinesisError(
                "a band with gaps", where=f"{where}, {curve}", got=f"{len(percent)} points", expected="0 to 100 %"
            )
        mean, sd = np.array([by_speed[speed][p] for p in percent]).T
        wanted = np.linspace(0.0, 100.0, POINTS)
        means.append(np.interp(wanted, percent, mean))
        sds.append(np.interp(wanted, percent, sd))
    return np.array(speeds), np.array(means), np.array(sds)
