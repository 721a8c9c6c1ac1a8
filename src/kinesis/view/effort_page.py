"""The page of static optimisation: efforts over time, and every muscle group's activation beside its least effort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from kinesis.analysis.effort import CRITERIA, Optimum
from kinesis.view.charts import COLOURS, INK, Picture, Section, picture, write_page

LONGEST_S = 3.0
"""Charts show at most this much, from the motion's middle on."""


def write_effort_page(path: Path, optima: list[Optimum], tables: list[dict[str, Any]], subject: str) -> Path:
    """Write the page of some motions and their `effort_table.effort_table`. Returns the path."""
    kind = CRITERIA[optima[0].criterion]
    sections = [
        section
        for optimum, table in zip(optima, tables, strict=True)
        for section in (course_section(optimum, table), _muscles(table))
    ]
    facts = {"Effort": kind.title, "After": kind.source, "Torques": tables[0]["torques"], "Motions": str(len(optima))}
    notes = (
        "At every instant by itself: the activations between 0 and 1 that give the torques of the fourteen joints with "
        "the least effort, knee couplings folded in. Muscles have no memory here and nothing stiffens a joint.",
        "r is Pearson's, over time, between the activation that there was and that of least effort.",
    )
    return write_page(path, "static optimisation", subject, facts, sections, notes)


def course_section(optimum: Optimum, table: dict[str, Any]) -> Section:
    """Efforts and every muscle group's activation over time, in charts."""
    own = optimum.demand.activation
    words = f"Least effort {table['effort_least']:.3g} on average"
    if table["effort_own"] is not None:
        words += f", of whoever moved {table['effort_own']:.3g}"
    worst = max(table["residual_nm"].items(), key=lambda pair: pair[1])
    words += f"; torque that muscles could not give: at most {worst[1]:.3g} N·m ({worst[0]})."
    groups = optimum.demand.body.groups
    pictures = [_efforts(optimum), *(_group(optimum, own, name) for name in groups)]
    return Section(optimum.demand.name, words, pictures)


def _muscles(table: dict[str, Any]) -> Section:
    rows = [["muscle", "least, mean", "least, peak", "own, mean", "own, peak", "r"]]
    rows += [[name, *(_figure(value) for value in row.values())] for name, row in table["muscles"].items()]
    return Section("Muscles", "", (), rows)


def _window(optimum: Optimum) -> slice:
    time_s = optimum.demand.time_s
    shown = int(LONGEST_S / max(time_s[1] - time_s[0], 1e-9))
    start = max(0, len(time_s) // 2 - shown // 2)
    return slice(start, start + shown)


def _efforts(optimum: Optimum) -> Picture:
    part = _window(optimum)
    time_s = optimum.demand.time_s[part]

    def draw(axes: Axes) -> None:
        axes.plot(time_s, optimum.effort[part], color=INK, label="least")
        if optimum.own_effort is not None:
            axes.plot(time_s, optimum.own_effort[part], color=COLOURS[1], label="own")
        axes.set_xlabel("s")
        axes.set_ylabel(CRITERIA[optimum.criterion].title)
        axes.legend(frameon=False)

    return picture("Effort", draw)


def _group(optimum: Optimum, own: np.ndarray | None, group: str) -> Picture:
    part, body = _window(optimum), optimum.demand.body
    right = [i for i in body.muscle_group(group) if body.actuators[i].endswith("_r")]
    time_s = optimum.demand.time_s[part]

    def draw(axes: Axes) -> None:
        for colour, index in zip(np.resize(COLOURS, len(right)), right, strict=True):
            axes.plot(time_s, optimum.activation[part, index], color=colour, label=body.actuators[index])
            if own is not None:
                axes.plot(time_s, own[part, index], color=colour, linewidth=0.8, linestyle=(0, (3, 2)))
        axes.set_ylim(0.0, 1.02)
        axes.set_xlabel("s")
        axes.set_ylabel("activation")
        axes.legend(frameon=False, fontsize=6.5)

    return picture(f"{group.capitalize()}, right: least effort, own dashed", draw)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
