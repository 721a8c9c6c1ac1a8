"""Parts of the report of a policy that no other page has: scorecard, provenance, citation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kinesis import __version__
from kinesis.evaluate.benchmark import BUILTIN
from kinesis.evaluate.metrics import RULES, STRICT_LIMIT_M, SUCCESS
from kinesis.learn.checkpoint import Card
from kinesis.view.charts import Section
from kinesis.view.citation import WORKS
from kinesis.view.gallery import share

HEAD = [
    "motions",
    "clips",
    "success",
    "strict",
    "coverage",
    "MPJPE [mm]",
    "from the root [mm]",
    "joints [°]",
    "activation",
]
MOST_NAMED = 20
RULE = (
    f"Success: tracked bodies never more than {SUCCESS.limit_m:g} m away on average; strict: {STRICT_LIMIT_M:g} m. "
    "Errors go up to the first violation."
)


class Scores(NamedTuple):
    """The scorecard, and what it comes down to: short values by name."""

    section: Section
    facts: Mapping[str, str]


def scores_of_summary(summary: Mapping[str, Any], motions: str) -> Scores:
    """The scorecard out of `metrics.summarise`, all clips first, then every category."""
    rows = {"all": summary, **summary["by_category"]}
    return _scores(f"On {motions}, simulated now.", list(map(_summary_row, rows, rows.values())))


def _scores(words: str, rows: Sequence[Sequence[str]]) -> Scores:
    whole = dict(zip(HEAD, rows[0], strict=True))
    facts = {"Success": whole["success"], "MPJPE": f"{whole['MPJPE [mm]']} mm", "Mean activation": whole["activation"]}
    return Scores(Section("Scorecard", f"{words} {RULE}", table=[HEAD, *rows]), facts)


def _summary_row(name: str, row: Mapping[str, Any]) -> list[str]:
    shares = [f"{row[key]:.0%}" for key in ("success", "success_strict", "frame_coverage")]
    errors = [f"{row[key]:.1f}" for key in ("mpjpe_mm", "mpjpe_root_mm", "joint_rmse_deg")]
    return [_words(name), str(row["clips"]), *shares, *errors, _number(row["mean_activation"], 3)]


def scores_of_result(result: Mapping[str, Any]) -> Scores:
    """The scorecard out of a result of `kinesis benchmark`: built-in motions, not perturbed, with intervals.

    Raises:
        KeyError, TypeError: for a result that lacks something.
    """
    condition, groups = next(iter(result["results"][BUILTIN].items()))
    words = f"Suite {result['suite']}, {condition}; shares with 95 % intervals."
    return _scores(words, list(map(_result_row, groups, groups.values())))


def _result_row(name: str, row: Mapping[str, Any]) -> list[str]:
    rule = RULES[0].name
    shares = [share(row[key]) for key in (f"success_{rule}", "success_strict", f"coverage_{rule}")]
    errors = [_number(row[key]["mean"], 1) for key in (f"mpjpe_{rule}_mm", "mpjpe_root_mm", "joint_rmse_deg")]
    clips = str(row[f"success_{rule}"]["clips"])
    return [_words(name), clips, *shares, *errors, _number(row["mean_activation"]["mean"], 3)]


def provenance(card: Card, name: str, policy_id: str) -> Section:
    """What the policy is and what it was made of: its data with licences, its samples, its hours."""
    stages = ", ".join(str(stage.get("name")) for stage in card.experiment.get("stages", ()))
    made = f"{1e-6 * card.samples:.1f} million samples, {card.wall_clock_s / 3600.0:.1f} h"
    recipe = f"{card.experiment.get('name', 'unknown')}{stages and f' ({stages})'}"
    rows = [
        ["what", "value"],
        ["Policy", f"{name}, id {policy_id}"],
        ["Body", f"{card.task.body}, fingerprint {card.fingerprint}"],
        ["Recipe", recipe],
        ["Training", made],
        ["Versions", f"kinesis {card.kinesis}, MuJoCo {card.engine}"],
        *data_rows(card.data),
    ]
    words = "Everything that was learnt from is named; a source keeps the licence that it came with."
    return Section("Where the policy comes from", words, table=rows, prose=True)


def cited(name: str, policy_id: str) -> Section:
    """How to cite the software, the policy and what they are made of."""
    software = f"The KINESIS contributors. kinesis: muscle-driven human movement, version {__version__}. Apache-2.0"
    rows = [["what", "cite"], ["This software", software], ["This policy", f"{name}, id {policy_id}"]]
    words = "Please cite the software with the works it builds on, and whoever recorded what stands beside the policy."
    return Section("How to cite", words, table=[*rows, *map(list, WORKS)], prose=True)


def data_rows(data: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """A row a licence: its sources with the number of clips where it is known; a source named twice is one."""
    licences: dict[str, dict[str, int]] = {}
    for row in data:
        sources = licences.setdefault(str(row.get("licence", "unknown")), {})
        source, clips = str(row.get("source", "unknown")), str(row.get("clips", ""))
        sources[source] = sources.get(source, 0) + (int(clips) if clips.isdecimal() else 0)
    return [[f"Trained on, {licence}", _named(sources)] for licence, sources in licences.items()]


def _named(sources: Mapping[str, int]) -> str:
    words = [f"{source} ({clips} clip{'s' * (clips != 1)})" if clips else source for source, clips in sources.items()]
    return " · ".join(words[:MOST_NAMED]) + (
        f" · and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
