"""Tables of a gait report: shares inside the bands, parameters, curves; as JSON takes them and as CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.analysis.gait import Gait, Walk
from kinesis.analysis.gait_curves import CURVES
from kinesis.analysis.norms import Norms
from kinesis.analysis.spatiotemporal import PARAMETERS

SIDES = {"both": None, "right": "r", "left": "l"}


def gait_table(gait: Gait, norms: Norms | None) -> dict[str, Any]:
    """The report as JSON takes it.

    inside: of the walk with most strides, by curve, the share of points at which the mean of its strides lies
    within one published standard deviation: over the stance of ground forces, over the cycle of all else. Empty
    without norms. walks: the same and everything else, speed by speed.
    """
    walks = [_walk_table(walk, norms) for walk in gait.walks]
    fullest = walks[gait.walks.index(gait.fullest)]
    return {
        "inside": {name: row["inside"] for name, row in fullest["curves"].items() if "inside" in row},
        "speed_mps": fullest["speed_mps"],
        "norms": norms.source if norms else None,
        "events": gait.events,
        "mass_kg": round(gait.mass_kg, 3),
        "leg_m": round(gait.leg_m, 4),
        "low_pass_hz": gait.low_pass_hz,
        "walks": walks,
    }


def _walk_table(walk: Walk, norms: Norms | None) -> dict[str, Any]:
    return {
        "speed_mps": round(walk.speed_mps, 4),
        "speed_dimensionless": round(walk.dimensionless, 4),
        "strides": {key: len(walk.parameter("stride_time_s", side)) for key, side in SIDES.items()},
        "outliers": [{"stride": outlier.stride, "why": outlier.why} for outlier in walk.outliers],
        "stance": round(walk.stance, 4),
        "parameters": parameter_table(walk, norms),
        "curves": {name: _curve_row(walk, name, norms) for name in walk.names},
    }


def _curve_row(walk: Walk, name: str, norms: Norms | None) -> dict[str, Any]:
    """Unit, range and variation of a curve, and how it lies in its band where there is one."""
    curve, both = CURVES[name], walk.curve(name)
    mean = both.mean(0)
    row: dict[str, Any] = {
        "unit": curve.unit,
        "lowest": round(float(mean.min()), 4),
        "highest": round(float(mean.max()), 4),
        "sd": round(float(both.std(0, ddof=1).mean()), 4) if len(both) > 1 else None,
    }
    band = norms.band(name, walk.dimensionless) if norms else None
    if band is None:
        return row
    own = walk.judged(name)
    away = {
        key: band.away(walk.curve(name, side).mean(0)) for key, side in SIDES.items() if len(walk.curve(name, side))
    }
    row["inside"] = _share(away["both"][own])
    row["inside_stance"] = _share(away["both"][walk.in_stance])
    row |= {f"inside_{key}": _share(values[own]) for key, values in away.items() if key != "both"}
    row["rms_sd"] = round(float(np.sqrt(np.square(away["both"][own]).mean())), 4)
    return row


def _share(away: np.ndarray) -> float:
    return round(float((np.abs(away) <= 1.0).mean()), 4)


def parameter_table(walk: Walk, norms: Norms | None) -> dict[str, dict[str, Any]]:
    """Per parameter its unit, mean, SD and number of strides of both sides and of each, and what is published."""
    table: dict[str, dict[str, Any]] = {}
    for name, parameter in PARAMETERS.items():
        sides = {key: _summary(walk.parameter(name, side)) for key, side in SIDES.items()}
        table[name] = {"unit": parameter.unit} | sides
        if norms and (band := norms.band(name, walk.dimensionless)):
            table[name]["published"] = {"mean": round(float(band.mean[0]), 4), "sd": round(float(band.sd[0]), 4)}
    return table


def _summary(values: np.ndarray) -> dict[str, Any]:
    """Mean, standard deviation of a sample, number of values."""
    count = len(values)
    mean = round(float(values.mean()), 4) if count else None
    return {"mean": mean, "sd": round(float(values.std(ddof=1)), 4) if count > 1 else None, "strides": count}


def write_curves(path: Path, gait: Gait, norms: Norms | None) -> Path:
    """Write mean and SD of every curve over the cycle, side by side with its band, as CSV. Returns the path."""
    head = ("speed_mps", "curve", "unit", "side", "percent", "mean", "sd", "strides", "band_mean", "band_sd")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(head)
        for walk in gait.walks:
            for name in walk.names:
                table.writerows(_curve_lines(walk, name, norms))
    return path


def _curve_lines(walk: Walk, name: str, norms: Norms | None) -> list[list[object]]:
    band = norms.band(name, walk.dimensionless) if norms else None
    lines: list[list[object]] = []
    for key, side in SIDES.items():
        curves = walk.curve(name, side)
        if not len(curves):
            continue
        mean = curves.mean(0)
        sd = curves.std(0, ddof=1) if len(curves) > 1 else np.full(len(mean), np.nan)
        for point in range(len(mean)):
            published = (band.mean[point], band.sd[point]) if band else (np.nan, np.nan)
            values = (mean[point], sd[point], len(curves), *published)
            words = [round(walk.speed_mps, 4), name, CURVES[name].unit, key, point]
            lines.append([*words, *("" if np.isnan(v) else round(float(v), 5) for v in values)])
    return lines


def write_parameters(path: Path, gait: Gait, norms: Norms | None) -> Path:
    """Write the spatiotemporal table as CSV. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("speed_mps", "parameter", "unit", "side", "mean", "sd", "strides"))
        for walk in gait.walks:
            for name, row in parameter_table(walk, norms).items():
                for key in [key for key in (*SIDES, "published") if key in row]:
                    of = row[key]
                    table.writerow(
                        (round(walk.speed_mps, 4), name, row["unit"], key, of["mean"], of["sd"], of.get("strides"))
                    )
    return path
