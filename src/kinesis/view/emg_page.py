"""The EMG page: one panel a muscle, people's band and courses, the body's own on top, r beside. No network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.analysis.emg.comparison import Comparison
from kinesis.analysis.emg.envelope import peak_normalised
from kinesis.analysis.emg.reference import Envelopes
from kinesis.view import pages

WIDTH, HEIGHT = 300.0, 150.0
"""Of a panel's plot, in its own units; the page scales it."""


WEAK, NEAR_PERCENT = 0.3, 10
"""Below this r a muscle is remarked on, if it is busiest further than this from where people are."""


def write_emg_page(path: Path, subject: str, found: Comparison, people: Envelopes) -> Path:
    """Write the page of a comparison with people. Returns the path."""
    values = {"kind": "emg", "subject": subject} | emg_values(found, people)
    return pages.write(path, pages.render("emg.html.j2", **values))


def emg_values(found: Comparison, people: Envelopes) -> dict[str, Any]:
    """What `emg_panels.html.j2` shows, the part of a page with a panel a muscle."""
    return {
        "panels": [_panel(name, found, people) for name in people.channels],
        "card": found.card,
        "many": len(people.subjects) > 1,
        "width": WIDTH,
        "height": HEIGHT,
    }


def _panel(name: str, found: Comparison, people: Envelopes) -> dict[str, Any]:
    """What a panel draws: paths in its units, and the numbers of its muscle."""
    own, static, card = found.own, found.static, found.card
    index = people.channels.index(name)
    courses = people.values[:, index][~np.isnan(people.values[:, index]).any(-1)]
    mean, sd = courses.mean(0), courses.std(0) if people.sd is None else people.sd[index]
    row = card["muscles"][name]
    mine = own.activation[own.rows([name])[0]]
    best = None if static is None else static.activation[static.rows([name])[0]]
    optimum, others = card["static_optimisation"], card["people"]
    return {
        "name": name.replace("_", " "),
        "band": f"{_line(mean + sd)} L{_line(np.maximum(mean - sd, 0.0), back=True)[1:]} Z",
        "mean": _line(mean),
        "subjects": [_line(course) for course in courses] if len(courses) > 1 else [],
        "own": _line(peak_normalised(mine)),
        "static": None if best is None else _line(peak_normalised(best)),
        "stance": round(WIDTH * own.stance, 1),
        "row": row,
        "r_people": None if others is None else others["r_by_muscle"][name],
        "r_static": None if optimum is None else optimum["r_by_muscle"][name],
        "note": _note(row),
    }


def _note(row: Mapping[str, Any]) -> str:
    """What is plainly wrong with a muscle, in words; nothing where nothing is."""
    if row["silent"]:
        return "silent"
    apart = abs((row["peak_at_percent"] - row["people_peak_at_percent"] + 50) % 100 - 50)
    if row["r"] is not None and row["r"] < WEAK and apart > NEAR_PERCENT:
        return f"busiest at {row['peak_at_percent']} % of the cycle, people at {row['people_peak_at_percent']} %"
    return ""


def _line(course: np.ndarray, *, back: bool = False) -> str:
    """A path through a course (point,) of 0 to 1, from left to right or back."""
    points = [
        f"{WIDTH * index / (len(course) - 1):.1f},{HEIGHT * (1.0 - min(float(value), 1.2) / 1.2):.1f}"
        for index, value in enumerate(course)
    ]
    return "M" + " L".join(reversed(points) if back else points)
