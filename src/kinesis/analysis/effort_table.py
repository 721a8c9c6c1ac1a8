"""Tables of static optimisation: what JSON and CSV say."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.analysis.effort import CRITERIA, Optimum


def effort_table(optimum: Optimum) -> dict[str, Any]:
    """One motion as JSON takes it: efforts, residuals by joint, and a row a muscle.

    r: Pearson's, of a muscle's own activation with the optimum's over time; None where either is still, or where
    nobody's own is known.
    """
    demand, own = optimum.demand, optimum.demand.activation
    residual, inverse = np.abs(optimum.residual), demand.inverse
    mean_own = None if optimum.own_effort is None else float(optimum.own_effort.mean())
    least = float(optimum.effort.mean())
    return {
        "motion": demand.name,
        "criterion": optimum.criterion,
        "formula": CRITERIA[optimum.criterion].title,
        "torques": "simulation" if inverse is None else "inverse dynamics",
        "low_pass_hz": demand.low_pass_hz,
        "instants": len(demand.time_s),
        "effort_least": round(least, 5),
        "effort_own": None if mean_own is None else round(mean_own, 5),
        "effort_ratio": None if mean_own is None or not least else round(mean_own / least, 4),
        "residual_nm": {j: round(float(residual[:, i].max()), 4) for i, j in enumerate(demand.body.joints)},
        "root_force_rms_n": None if inverse is None else _rms(inverse.root_force),
        "root_moment_rms_nm": None if inverse is None else _rms(inverse.root_moment),
        "muscles": {
            name: _row(optimum.activation[:, i], None if own is None else own[:, i])
            for i, name in enumerate(demand.body.actuators)
        },
    }


def _rms(values: np.ndarray) -> float:
    return round(float(np.sqrt((values**2).mean())), 3)


def _row(least: np.ndarray, own: np.ndarray | None) -> dict[str, float | None]:
    return {
        "least_mean": round(float(least.mean()), 5),
        "least_peak": round(float(least.max()), 5),
        "own_mean": None if own is None else round(float(own.mean()), 5),
        "own_peak": None if own is None else round(float(own.max()), 5),
        "r": None if own is None else correlation(least, own),
    }


def correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Pearson's r of two courses (instant,); None where one of them hardly changes."""
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return round(float((a * b).sum() / size), 4) if min(np.ptp(a), np.ptp(b)) > 1e-6 else None


def write_activations(path: Path, optimum: Optimum) -> Path:
    """A CSV with time and the optimal activation of every muscle; its own beside it where that is known."""
    demand = optimum.demand
    names, columns = list(demand.body.actuators), [optimum.activation]
    if demand.activation is not None:
        names += [f"{name}_own" for name in demand.body.actuators]
        columns.append(demand.activation)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time_s", *names])
        for time_s, row in zip(demand.time_s, np.hstack(columns), strict=True):
            writer.writerow([f"{time_s:.5f}", *(f"{value:.5f}" for value in row)])
    return path
