"""The report of a policy: one self-contained page of what the other pages are made of."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinesis.analysis.effort import Optimum
from kinesis.analysis.emg import Comparison, Envelopes
from kinesis.analysis.gait import Gait
from kinesis.analysis.lights import MEANINGS, lights_of
from kinesis.analysis.norms import Norms
from kinesis.body import Body
from kinesis.view import pages
from kinesis.view.charts import Section
from kinesis.view.effort_page import course_section
from kinesis.view.emg_page import emg_values
from kinesis.view.gait_page import gait_values
from kinesis.view.playback import Playback
from kinesis.view.web import page_of


@dataclass(frozen=True)
class GaitPart:
    """Strides, the bands behind them where there are any, and the table of both."""

    gait: Gait
    norms: Norms | None
    table: dict[str, Any]


@dataclass(frozen=True)
class MusclePart:
    """Muscles beside people's."""

    found: Comparison
    people: Envelopes


@dataclass(frozen=True)
class EffortPart:
    """Static optimisation of the walk, and its table."""

    optimum: Optimum
    table: dict[str, Any]


@dataclass(frozen=True)
class PolicyReport:
    """What a report shows; of a part that is not there, the sentence that says why.

    facts: short values under the heading, before those of the parts. seen: of `body`. film: an .mp4, or why there
    is none. last: sections at the end.
    """

    subject: str
    facts: Mapping[str, str]
    scores: Section
    body: Body
    seen: Playback
    film: Path | str
    gait: GaitPart | str
    muscles: MusclePart | str
    effort: EffortPart | str
    last: Sequence[Section] = field(default_factory=list)


def write_report(path: Path, report: PolicyReport) -> Path:
    """Write the page. Returns the path."""
    effort = report.effort
    first = course_section(effort.optimum, effort.table) if isinstance(effort, EffortPart) else None
    told = (
        Section("Static optimisation of the same walk", first.words, first.pictures)
        if first
        else _missing("Effort", effort)
    )
    values: dict[str, Any] = {
        "kind": "report",
        "subject": report.subject,
        "facts": dict(report.facts) | _facts(report),
        "scores": report.scores,
        "film": _embedded(report.film) if isinstance(report.film, Path) else "",
        "film_words": _film_words(report),
        "playback": page_of(report.body, [report.seen]),
        "gait_missing": _missing("Gait", report.gait),
        "muscles_missing": _missing("Muscles beside people's", report.muscles),
        "sections": [told, *report.last],
        "notes": ["Nothing on this page is asked of the network; the same command makes the same numbers."],
    }
    if isinstance(report.gait, GaitPart):
        values |= gait_values(report.gait.gait, report.gait.norms, report.gait.table)
    if isinstance(report.muscles, MusclePart):
        values |= emg_values(report.muscles.found, report.muscles.people)
    return pages.write(path, pages.render("report.html.j2", **values))


def _facts(report: PolicyReport) -> dict[str, str]:
    """What each part comes down to."""
    facts: dict[str, str] = {}
    if isinstance(report.gait, GaitPart) and report.gait.norms:
        fullest = max(report.gait.table["walks"], key=lambda walk: walk["strides"]["both"])
        counted = Counter(light for name, light in lights_of(fullest).items() if name in fullest["curves"])
        facts["Gait curves"] = ", ".join(f"{counted[light]} {light}" for light in MEANINGS)
    if isinstance(report.muscles, MusclePart):
        card = report.muscles.found.card
        lag, zero = (f"{card[key]:.2f}" for key in ("r_median_subjects", "r_median_subjects_zero_lag"))
        facts["r with people's EMG"] = f"{lag} at {card['lag_ms']:g} ms, {zero} at none"
    if isinstance(report.effort, EffortPart) and report.effort.table["effort_ratio"]:
        facts["Effort over the least"] = f"{report.effort.table['effort_ratio']:.2f}-fold"
    return facts


def _missing(title: str, why: object) -> Section:
    return Section(title, why if isinstance(why, str) else "")


def _film_words(report: PolicyReport) -> str:
    words = f"{report.seen.title}, {report.seen.duration_s:.0f} s."
    return words if isinstance(report.film, Path) else f"{words} No film: {report.film}"


def _embedded(film: Path) -> str:
    return f"data:video/mp4;base64,{base64.b64encode(film.read_bytes()).decode()}"
