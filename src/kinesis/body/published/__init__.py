"""What is published about the muscles of the leg, typed or computed from the authors' own files, with its source.

Nothing here is fitted to this package's bodies.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

_HERE = Path(__file__).parent


class Muscle(NamedTuple):
    """Peak isometric force [N], optimal fibre length [m], tendon slack length [m], pennation [deg]."""

    peak_force_n: float
    optimal_fibre_m: float
    tendon_slack_m: float
    pennation_deg: float


class Revised(NamedTuple):
    """Optimal fibre length [m], tendon slack length [m], passive force at 1.25 of the first [share of peak], or NaN."""

    optimal_fibre_m: float
    tendon_slack_m: float
    passive_share: float


class MomentArms(NamedTuple):
    """Moment arms [m] of a muscle at angles [deg] of a joint, positive towards a greater angle."""

    muscle: str
    joint: str
    angle_deg: np.ndarray
    arm_m: np.ndarray


class Strength(NamedTuple):
    """Isometric strength T = peak · cos(width · (angle − best)) · body weight · height.

    peak: share of body weight times height. width [1/rad], best [rad]: angle of the greatest torque. sign: of
    the torque in the joint's own direction.
    """

    name: str
    joint: str
    sign: int
    peak: float
    width: float
    best: float

    def torque(self, angle: np.ndarray, mass_kg: float, height_m: float) -> np.ndarray:
        """Greatest voluntary torque [N·m] at angles [rad], never negative."""
        return np.maximum(self.peak * np.cos(self.width * (angle - self.best)), 0.0) * 9.81 * mass_kg * height_m


STRENGTHS = (
    Strength("hip extension", "hip_flexion", -1, 0.161, 0.958, 0.932),
    Strength("hip flexion", "hip_flexion", 1, 0.113, 0.738, -0.214),
    Strength("knee extension", "knee_angle", -1, 0.163, 1.258, 1.133),
    Strength("knee flexion", "knee_angle", 1, 0.087, 0.869, 0.522),
    Strength("ankle plantarflexion", "ankle_angle", -1, 0.095, 1.391, 0.408),
    Strength("ankle dorsiflexion", "ankle_angle", 1, 0.033, 1.510, -0.187),
)
"""Men of 18 to 25 years: Anderson, Madigan & Nussbaum (2007), J Biomech 40, 3105, table 3 (C1, C2, C3)."""


@functools.cache
def muscles() -> dict[str, Muscle]:
    """By name without side: Rajagopal et al. (2016)."""
    rows = _rows("rajagopal2016_muscles")
    return {row.pop("muscle"): Muscle(**{k: float(v) for k, v in row.items()}) for row in rows}


@functools.cache
def revised() -> dict[str, Revised]:
    """By name without side: Uhlrich et al. (2022), which corrects Rajagopal et al. (2016); thigh and calf only."""
    return {
        row["muscle"]: Revised(
            float(row["optimal_fibre_m"]), float(row["tendon_slack_m"]), float(row["passive_share"] or "nan")
        )
        for row in _rows("uhlrich2022_muscles")
    }


@functools.cache
def moment_arms() -> tuple[MomentArms, ...]:
    """Of every muscle about every joint where its arm reaches 5 mm: Rajagopal et al. (2016)."""
    numbers = lambda text: np.array([float(word) for word in text.split()])  # noqa: E731
    return tuple(
        MomentArms(row["muscle"], row["joint"], numbers(row["angles_deg"]), numbers(row["moment_arms_m"]))
        for row in _rows("rajagopal2016_moment_arms")
    )


def _rows(table: str) -> list[dict[str, str]]:
    lines = (_HERE / f"{table}.csv").read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))
