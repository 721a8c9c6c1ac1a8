"""Published bands: mean and standard deviation of gait curves and parameters, by walking speed, from a folder.

None of them are part of this package; `norm_tables` says in which forms they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.analysis.gait_curves import CURVES
from kinesis.analysis.norm_tables import ANY_SPEED, Units, read_rows
from kinesis.analysis.strides import POINTS
from kinesis.errors import KinesisError

REACH = 0.12
"""How far beyond the outermost published speed its band still serves, in sqrt(g · leg); that of two neighbouring
groups of Schwartz et al. and a third of a metre a second on an adult."""

WIDEST_GAP = 10.0
"""Between two points of a band [% of the cycle]."""


@dataclass(frozen=True)
class Band:
    """mean, sd: (101,) over the cycle for a curve, (1,) for a parameter."""

    mean: np.ndarray
    sd: np.ndarray

    def away(self, values: np.ndarray) -> np.ndarray:
        """How many standard deviations values lie from the mean."""
        return (values - self.mean) / np.maximum(self.sd, 1e-9)


@dataclass(frozen=True)
class Norms:
    """Bands by name and speed. source: the folder's name.

    bands: curve or parameter → sorted speeds in sqrt(g · leg) (n,), mean and sd (n, 101) or (n, 1).
    """

    source: str
    bands: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]

    def band(self, name: str, speed: float) -> Band | None:
        """The band of a curve or parameter at a speed in sqrt(g · leg); None where nobody published one.

        Linear between published speeds; beyond the outermost it is held, as far as `REACH`.
        """
        if name not in self.bands:
            return None
        speeds, mean, sd = self.bands[name]
        if speeds[0] == ANY_SPEED:
            return Band(mean[0], sd[0])
        if not speeds[0] - REACH <= speed <= speeds[-1] + REACH:
            return None
        place = float(np.interp(speed, speeds, np.arange(len(speeds))))
        low, high, share = int(place), min(int(place) + 1, len(speeds) - 1), place % 1.0
        return Band(mean[low] + share * (mean[high] - mean[low]), sd[low] + share * (sd[high] - sd[low]))


def load_norms(folder: Path, leg_m: float) -> Norms:
    """Bands from every CSV of a folder that has them, or from one file.

    Args:
        folder: or a file.
        leg_m: of the body, hip to ground, for what is published without dimension.

    Raises:
        KinesisError: if there are none, or a table that is damaged, too large or says things twice.
    """
    if not folder.exists():
        raise KinesisError("no such file or folder", where=str(folder), expected="tables of published bands")
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else [folder]
    points: dict[str, dict[float, dict[float, tuple[float, float]]]] = {}
    for path in files:
        for row in read_rows(path, Units(leg_m)):
            at = points.setdefault(row.name, {}).setdefault(row.speed, {})
            if row.percent in at:
                raise KinesisError("a point is given twice", where=f"{path}, {row.name}", got=f"{row.percent:g} %")
            at[row.percent] = row.mean, row.sd
    if not points:
        raise KinesisError("no published bands here", where=str(folder), expected="columns curve,percent,mean,sd")
    return Norms(folder.name, {name: _gathered(name, by_speed, folder) for name, by_speed in points.items()})


def _gathered(
    name: str, by_speed: dict[float, dict[float, tuple[float, float]]], folder: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted speeds, and mean and sd at whole percents, or of a parameter."""
    where = f"{folder}, {name}"
    if ANY_SPEED in by_speed and len(by_speed) > 1:
        raise KinesisError("a band with and without a speed", where=where, expected="speed_mps in all rows or in none")
    speeds = sorted(by_speed)
    whole = [_resampled(by_speed[speed], where) if name in CURVES else by_speed[speed][0.0] for speed in speeds]
    mean, sd = (np.array([pair[i] for pair in whole]).reshape(len(speeds), -1) for i in range(2))
    return np.array(speeds), mean, sd


def _resampled(points: dict[float, tuple[float, float]], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sd (101,) from values at percents."""
    percent = np.array(sorted(points))
    if percent[0] > 0.0 or percent[-1] < 100.0 or np.diff(percent).max() > WIDEST_GAP:
        raise KinesisError("a band with gaps", where=where, got=f"{len(percent)} points", expected="0 to 100 %")
    mean, sd = np.array([points[p] for p in percent]).T
    wanted = np.linspace(0.0, 100.0, POINTS)
    return np.interp(wanted, percent, mean), np.interp(wanted, percent, sd)
