"""Small multiples of the results gallery, as SVG that is the same wherever it is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.lines
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinesis.evaluate.metrics import RULES
from kinesis.view.colours import INK

COLOURS = ("#0072b2", "#c4500a", "#009e73", "#56b4e9", "#cc79a7", "#5b4300")
MARKERS = ("o", "s", "^", "D", "v", "P")
"""A policy's own; told apart by colour (Okabe and Ito) and by shape."""

INCHES, ACROSS = (2.3, 1.75), 4
LETTERS = 8

Rows = Mapping[str, Mapping[str, Any]]
"""Measure to mean and interval, by group or condition."""


def category_figure(path: Path, policies: Mapping[str, Rows]) -> None:
    """A panel a group of motions: success under each rule, a mark a policy."""
    groups = list(dict.fromkeys(group for rows in policies.values() for group in rows))
    with _style():
        figure, panels = _panels(len(groups))
        ticks = [f"{rule.limit_m:g} m\n{rule.over}" for rule in RULES]
        for panel, group in zip(panels, groups, strict=True):
            rows = [rows.get(group) for rows in policies.values()]
            courses = [[row[f"success_{rule.name}"] for rule in RULES] if row else None for row in rows]
            _draw(panel, group.replace("_", " "), ticks, courses)
        _finish(figure, list(policies), path)


def perturbation_figure(path: Path, policies: Mapping[str, Mapping[str, Rows]]) -> None:
    """A panel a kind of perturbation: success under the strictest rule, unperturbed first."""
    names = list(dict.fromkeys(name for conditions in policies.values() for name in conditions))
    plain, families = names[0], _families(names[1:])
    rule = RULES[-1]
    with _style():
        figure, panels = _panels(max(1, len(families)), across=3)
        for panel, (family, members) in zip(panels, (families or {plain: []}).items(), strict=True):
            ticks = ["none", *(_amount(member, family) for member in members)]
            courses = []
            for conditions in policies.values():
                known = [conditions.get(name) for name in (plain, *members)]
                courses.append([row["all"][f"success_{rule.name}"] if row else None for row in known])
            _draw(panel, family, ticks, courses)
        _finish(figure, list(policies), path)


def _families(conditions: Sequence[str]) -> dict[str, list[str]]:
    """Conditions by their first word, pushes by their direction as well."""
    families: dict[str, list[str]] = {}
    for condition in conditions:
        words = condition.split()
        family = f"push {words[-1]}" if words[0] == "push" else words[0]
        families.setdefault(family, []).append(condition)
    return families


def _amount(condition: str, family: str) -> str:
    """What is left of a condition's name where its family is known: `50 N` of `push 50 N left`."""
    return " ".join(word for word in condition.split() if word not in family.split())


def _style() -> Any:
    fixed: Any = {"svg.hashsalt": "kinesis", "svg.fonttype": "none", "font.size": LETTERS}
    return mpl.rc_context(fixed)


def _panels(count: int, across: int = ACROSS) -> tuple[Figure, list[Axes]]:
    down = math.ceil(count / across)
    figure = Figure(figsize=(INCHES[0] * across, INCHES[1] * down + 0.45), facecolor="white", layout="constrained")
    grid = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
    for unused in grid[count:]:
        unused.set_axis_off()
    return figure, list(grid[:count])


def _draw(panel: Axes, title: str, ticks: Sequence[str], courses: Sequence[Sequence[Any] | None]) -> None:
    """courses: of each policy, an interval or None at each tick."""
    for index, course in enumerate(courses):
        aside = 0.12 * (index - 0.5 * (len(courses) - 1))
        known = [(x, i) for x, i in enumerate(course or ()) if i and i["mean"] is not None]
        if not known:
            continue
        places, means = [x + aside for x, _ in known], [100.0 * i["mean"] for _, i in known]
        ends = [[100.0 * abs(i["mean"] - i[end]) for _, i in known] for end in ("low", "high")]
        colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
        panel.errorbar(
            places, means, yerr=ends, color=colour, marker=marker, ms=4.5, lw=1.2, elinewidth=1.0, capsize=2.0
        )
    panel.set_title(title, fontsize=LETTERS + 1, color=INK, loc="left")
    panel.set_xticks(range(len(ticks)), ticks, fontsize=LETTERS - 1)
    panel.set_xlim(-0.5, len(ticks) - 0.5)
    panel.set_ylim(-4.0, 104.0)
    panel.grid(axis="y", color="#d7dde3", lw=0.6)
    panel.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"])
    panel.spines[["top", "right"]].set_visible(False)


def _finish(figure: Figure, policies: Sequence[str], path: Path) -> None:
    marks = [
        mpl.lines.Line2D([], [], color=COLOURS[i % len(COLOURS)], marker=MARKERS[i % len(MARKERS)], ms=4.5, label=name)
        for i, name in enumerate(policies)
    ]
    figure.legend(handles=marks, loc="outside lower left", ncols=3, frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
