"""The page of the redundancy analysis: components against performance, manifold, ranges, ablation."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from kinesis.analysis.components import METHODS, Method
from kinesis.analysis.manifold import PERCENTS, Split
from kinesis.analysis.performance import Performance
from kinesis.view.charts import COLOURS, INK, MUTED, Picture, Section, picture, write_page

Points = Mapping[Method, Sequence[Performance]]
"""By method, in ascending order of components."""

TASKS = ("torque", "landmark")

NOTES = (
    "Components: the policy's excitations are projected on k components at every step and run again in simulation. "
    "Performance is kept where success is at least 95 % of the whole policy's and MPJPE at most its 1/0.95-fold, for "
    "this k and all above that were tried. Variance is about the mean for PCA, about nothing for NMF.",
    "Uncontrolled manifold: variance of activation over strides of the right foot, per dimension, within and across "
    "what leaves the joint torques, or the accelerations of the tracked landmarks, as they are.",
    "Ranges: for the torques that the policy gave, the least and most that each muscle could do while the others make "
    "up for it; place is 0 at least effort, 1 at the upper bound, −1 at the lower.",
)


def write_redundancy_page(path: Path, result: Mapping[str, Any], splits: Mapping[str, Split], subject: str) -> Path:
    """Write the page of a result and of the courses of its variance over the stride. Returns the path."""
    sections = redundancy_sections(result, splits)
    facts = {"Policy": str(result["policy"]), "Clips": str(result["clips"]), "Seed": str(result["seed"])}
    return write_page(path, "redundancy", subject, facts, sections, NOTES)


def redundancy_sections(result: Mapping[str, Any], splits: Mapping[str, Split] = MappingProxyType({})) -> list[Section]:
    """The parts of a page that say what is in a result; splits: drawn where they are known."""
    sections = [_dimensions(skill, row) for skill, row in result.get("dimensions", {}).items()]
    if result.get("manifold"):
        sections.append(_manifold(result["manifold"], splits))
    if "ranges" in result:
        sections.append(_ranges(result["ranges"]))
    if "ablation" in result:
        sections.append(_ablation(result["ablation"]))
    return sections


def _dimensions(skill: str, row: Mapping[str, Any]) -> Section:
    curves = {method: [Performance(**point) for point in row[method]["points"]] for method in METHODS}
    table = [["method", "components", "variance", "success", "coverage", "MPJPE [mm]"]]
    for method, points in curves.items():
        for p in points:
            figures = (p.variance, p.success, p.frame_coverage)
            table.append([method.upper(), str(p.components), *(f"{v:.3f}" for v in figures), f"{p.mpjpe_mm:.1f}"])
    words = "; ".join(
        f"{method.upper()}: 95 % of variance by {_number(row[method]['components_for_variance'])}, "
        f"of performance by {_number(row[method]['components_for_performance'])}"
        for method in curves
    )
    title = f"Components that {'all clips need' if skill == 'all' else skill.replace('_', ' ') + ' needs'}"
    return Section(title, f"{words}.", [_success(skill, curves), _error(skill, curves)], table)


def _success(skill: str, curves: Points) -> Picture:
    def draw(axes: Axes) -> None:
        for colour, (method, points) in zip(COLOURS, curves.items(), strict=False):
            counts = [p.components for p in points]
            coverage = [p.frame_coverage for p in points]
            axes.plot(counts, coverage, "o-", color=colour, markersize=3, label=f"{method.upper()}, followed")
            variance = [p.variance for p in points]
            axes.plot(counts, variance, color=colour, linestyle=(0, (3, 2)), label=f"{method.upper()}, variance")
        axes.set_xscale("log")
        axes.axhline(0.95, color=MUTED, linewidth=0.6)
        axes.set_xlabel("components")
        axes.legend(frameon=False, fontsize=6.5)

    return picture(f"Share of clips followed, and of variance ({skill})", draw)


def _error(skill: str, curves: Points) -> Picture:
    def draw(axes: Axes) -> None:
        for colour, (method, points) in zip(COLOURS, curves.items(), strict=False):
            pairs = [(p.components, p.mpjpe_mm) for p in points]
            axes.plot(*zip(*pairs, strict=True), "o-", color=colour, markersize=3, label=method.upper())
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("components")
        axes.set_ylabel("mm")
        axes.legend(frameon=False)

    return picture(f"MPJPE until the end or the fall ({skill})", draw)


def _manifold(table: Mapping[str, Any], splits: Mapping[str, Split]) -> Section:
    names = ("goal_equivalent", "relevant", "total", "index", "task_dimensions", "strides")
    rows = [["task", *(name.replace("_", " ") for name in names)]]
    rows += [[task, *(_figure(table[task][name]) for name in names)] for task in TASKS]

    def draw(axes: Axes, task: str) -> None:
        axes.plot(PERCENTS, splits[task].goal_equivalent, color=COLOURS[0], label="leaves it as it is")
        axes.plot(PERCENTS, splits[task].relevant, color=COLOURS[1], label="changes it")
        axes.set_xlabel("% of the stride")
        axes.set_ylabel("variance per dimension")
        axes.legend(frameon=False)

    pictures = [picture(f"Variance and {task}s", functools.partial(draw, task=task)) for task in splits]
    return Section("Variance from stride to stride", "", pictures, rows)


def _ranges(table: Mapping[str, Any]) -> Section:
    names = ("lowest", "least_effort", "own", "highest", "place")
    rows = [["muscle, means", *(name.replace("_", " ") for name in names)]]
    rows += [[muscle, *(_figure(row[name]) for name in names)] for muscle, row in table["muscles"].items()]
    right = {name[:-2]: row for name, row in table["muscles"].items() if name.endswith("_r")}

    def draw(axes: Axes) -> None:
        place = np.arange(len(right))
        means = {name: [row[name] for row in right.values()] for name in names[:4]}
        axes.vlines(place, means["lowest"], means["highest"], color=MUTED, linewidth=4, alpha=0.4)
        axes.plot(place, means["least_effort"], "_", color=INK, label="least effort")
        axes.plot(place, means["own"], "o", color=COLOURS[1], markersize=3, label="own")
        axes.set_xticks(place, list(right), rotation=90)
        axes.set_ylabel("activation")
        axes.legend(frameon=False)

    words = (
        f"On average the torques leave {table['width_mean']:.2f} of activation open; effort is "
        f"{table['effort_own']:.2f} where {table['effort_least']:.2f} would do."
    )
    pictures = [picture("Feasible ranges, right, means over instants", draw, inches=(9.4, 3.4))]
    return Section("What each muscle could have done", words, pictures, rows)


def _ablation(table: Mapping[str, Any]) -> Section:
    words = f"{', '.join(table['muscles'])}: peak force × {table['factor']:g}. " + "; ".join(
        f"{stage}: success {row['success']:.2f}, followed {row['frame_coverage']:.2f}, MPJPE {row['mpjpe_mm']:.1f} mm"
        for stage, row in table["scores"].items()
    )
    takes = table["takes_over"]
    rows = [[key.replace("_", " ") for key in takes[0]]] if takes else []
    rows += [[_figure(value) if not isinstance(value, str) else value for value in row.values()] for row in takes]
    last = "adapted" if "adapted" in table["scores"] else "without"

    def draw(axes: Axes) -> None:
        names = [row["muscle"] for row in takes]
        axes.barh(names, [row[f"{last}_force_n"] - row["before_force_n"] for row in takes], color=COLOURS[0])
        axes.invert_yaxis()
        axes.set_xlabel("N, change of mean force")

    return Section("Who takes over", f"{words}.", [picture(f"Mean force, {last} against before", draw)], rows)


def _number(value: int | None) -> str:
    return "no number tried" if value is None else str(value)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
