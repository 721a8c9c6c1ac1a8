"""Bernstein's question in four parts: components, uncontrolled manifold, feasible ranges, ablation."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.analysis.ablation import Ablation
from kinesis.analysis.components import METHODS, count_for, variance_by_count
from kinesis.analysis.demand import body_of, demand_of_recording
from kinesis.analysis.feasible import Feasible, feasible_ranges
from kinesis.analysis.manifold import Split, manifold
from kinesis.analysis.performance import GRID, KEPT, Curve, Report, performance_curve
from kinesis.analysis.systems import muscle_systems
from kinesis.evaluate.intervals import group_of
from kinesis.evaluate.signals import Recording
from kinesis.learn.checkpoint import Checkpoint
from kinesis.motion.clip import Clip

ALL = "all"


def skills_of(clips: Sequence[Clip]) -> dict[str, list[int]]:
    """Indices of clips by skill, `all` first; skills alone where there is more than one."""
    groups = [group_of(clip) for clip in clips]
    parts = {name: [i for i, g in enumerate(groups) if g == name] for name in sorted(set(groups))}
    return {ALL: list(range(len(clips)))} | (parts if len(parts) > 1 else {})


def dimensions(
    checkpoint: Checkpoint,
    clips: Sequence[Clip],
    recordings: Sequence[Recording],
    *,
    grid: Sequence[int] = GRID,
    refine: bool = True,
    seed: int = 0,
    report: Report = lambda _: None,
) -> tuple[dict[str, Any], dict[str, dict[str, Curve]]]:
    """By skill: how many components keep variance, and how many performance. Returns the table and the curves.

    A skill's components are those of its own clips' excitations.
    """
    table: dict[str, Any] = {}
    curves: dict[str, dict[str, Curve]] = {}
    for skill, members in skills_of(clips).items():
        chosen = [recordings[i] for i in members]
        signals = {name: np.concatenate([r[name] for r in chosen]).astype(float) for name in _SIGNALS}
        own: dict[str, Curve] = {
            method: performance_curve(
                checkpoint.policy,
                checkpoint.card.task,
                [clips[i] for i in members],
                signals["excitation"],
                method,
                grid=grid,
                refine=refine,
                seed=seed,
                report=functools.partial(_told, report, skill),
            )
            for method in METHODS
        }
        curves[skill] = own
        table[skill] = {
            "clips": len(members),
            "pca_variance_components": {name: count_for(variance_by_count(v), KEPT) for name, v in signals.items()},
            **{method: _curve_row(curve) for method, curve in own.items()},
        }
    return table, curves


_SIGNALS = ("excitation", "activation")


def _told(report: Report, skill: str, words: str) -> None:
    report(f"{skill}, {words}")


def _curve_row(curve: Curve) -> dict[str, Any]:
    return {
        "components_for_variance": curve.needed_for_variance(),
        "components_for_performance": curve.needed(),
        "components_for_success": curve.needed_for_success(),
        "points": [{k: round(v, 5) for k, v in asdict(point).items()} for point in curve.points],
    }


def manifolds(recordings: Sequence[Recording]) -> tuple[dict[str, Any], dict[str, Split]]:
    """By task variable: variances per dimension, the mean over the stride and over motions. Returns table and splits.

    Splits are those of the first motion with enough strides; empty where none has.
    """
    found = {r.name: splits for r in recordings if (splits := manifold(r)) is not None}
    if not found:
        return {}, {}
    table = {name: _split_row([splits[name] for splits in found.values()]) for name in ("torque", "landmark")}
    return table | {"motions": list(found)}, next(iter(found.values()))


def _split_row(splits: Sequence[Split]) -> dict[str, Any]:
    def mean(name: str) -> float:
        return float(np.mean([getattr(split, name).mean() for split in splits]))

    within, across, total = mean("goal_equivalent"), mean("relevant"), mean("total")
    return {
        "goal_equivalent": within,
        "relevant": across,
        "total": total,
        "index": round((within - across) / total, 4) if total else None,
        "task_dimensions": round(mean("task"), 2),
        "strides": sum(split.strides for split in splits),
    }


def ranges(recordings: Sequence[Recording], instants: int) -> tuple[dict[str, Any], Feasible]:
    """Feasible ranges at some instants, evenly over all recordings. Returns the table and the ranges."""
    body = body_of(recordings[0])
    each = max(1, -(-instants // len(recordings)))
    parts = []
    for recording in recordings:
        demand = demand_of_recording(recording)
        rows = np.unique(np.linspace(0, len(recording) - 1, each + 2)[1:-1].astype(int))
        systems = muscle_systems(demand.body, demand.qpos[rows], demand.qvel[rows])
        parts.append(feasible_ranges(systems, recording["activation"][rows].astype(float)))
    names = ("lowest", "highest", "own", "least_effort")
    whole = Feasible(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    rows_by_muscle = {name: _range_row(whole, i) for i, name in enumerate(body.actuators)}
    effort, least = (whole.own**2).sum(1).mean(), (whole.least_effort**2).sum(1).mean()
    place = np.abs(whole.place[np.isfinite(whole.place)])
    return {
        "instants": len(whole.own),
        "width_mean": round(float(whole.width.mean()), 4),
        "width_over_nine_tenths": round(float((whole.width > 0.9).mean()), 4),
        "place_mean": round(float(place.mean()), 4) if len(place) else None,
        "effort_own": round(float(effort), 4),
        "effort_least": round(float(least), 4),
        "muscles": rows_by_muscle,
    }, whole


def _range_row(whole: Feasible, muscle: int) -> dict[str, float | None]:
    place = whole.place[:, muscle]
    known = place[np.isfinite(place)]
    row = {name: float(getattr(whole, name)[:, muscle].mean()) for name in ("lowest", "highest", "own", "least_effort")}
    return {k: round(v, 4) for k, v in row.items()} | {"place": round(float(known.mean()), 4) if len(known) else None}


def ablation_table(ablation: Ablation, most: int = 10) -> dict[str, Any]:
    """Scores before and after, and by how much whose mean force [N] and activation changed, the greatest first.

    Means go over the time that all runs of a clip lasted.
    """
    stages = {"before": ablation.before, "without": ablation.without}
    if ablation.adapted is not None:
        stages["adapted"] = ablation.adapted
    lasting = [min(len(of[i]) for of in stages.values()) for i in range(len(ablation.before))]
    means = {
        name: {key: _mean(of, lasting, key) for key in ("muscle_force", "activation")} for name, of in stages.items()
    }
    muscles = ablation.before[0].muscles
    last = "adapted" if "adapted" in stages else "without"
    gain = means[last]["muscle_force"] - means["before"]["muscle_force"]
    rest = [i for i in np.argsort(-gain) if muscles[i] not in ablation.weakened.muscles][:most]
    return {
        "muscles": list(ablation.weakened.muscles),
        "factor": ablation.weakened.factor,
        "scores": {name: _scores(of) for name, of in stages.items()},
        "compared_s": round(sum(lasting) / ablation.before[0].rate_hz, 3),
        "least_effort_missing_nm": round(ablation.missing_nm, 4),
        "takes_over": [
            {
                "muscle": muscles[i],
                "least_effort_activation_change": round(float(ablation.predicted[i]), 4),
                **{
                    f"{name}_{'force_n' if key == 'muscle_force' else key}": round(float(values[key][i]), 4)
                    for name, values in means.items()
                    for key in values
                },
            }
            for i in rest
        ],
    }


def _mean(recordings: Sequence[Recording], lasting: Sequence[int], key: str) -> np.ndarray:
    return np.concatenate([r[key][:count] for r, count in zip(recordings, lasting, strict=True)]).mean(0)


def _scores(recordings: Sequence[Recording]) -> dict[str, float]:
    names = ("success", "frame_coverage", "mpjpe_mm", "mean_activation")
    return {name: round(float(np.mean([float(r.labels[name]) for r in recordings])), 4) for name in names}


def write_tables(folder: Path, result: Mapping[str, Any]) -> list[Path]:
    """CSV files of what is in a result: `components.csv`, `ranges.csv`, `ablation.csv`. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, list[dict[str, Any]]] = {}
    if "dimensions" in result:
        tables["components"] = [
            {"skill": skill, "method": method, **point}
            for skill, row in result["dimensions"].items()
            for method in METHODS
            for point in row[method]["points"]
        ]
    if "ranges" in result:
        tables["ranges"] = [{"muscle": name, **row} for name, row in result["ranges"]["muscles"].items()]
    if result.get("manifold"):
        rows = ((name, result["manifold"][name]) for name in ("torque", "landmark"))
        tables["manifold"] = [{"task": name, **row} for name, row in rows]
    if "ablation" in result:
        tables["ablation"] = result["ablation"]["takes_over"]
    return [_write(folder / f"{name}.csv", rows) for name, rows in tables.items() if rows]


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
