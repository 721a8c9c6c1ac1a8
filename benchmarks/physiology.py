"""Policies by what their muscles do: beside people's EMG, over published gait bands, and how well they follow.

    python benchmarks/physiology.py default NAME=PATH... --reference EMG --norms BANDS

Writes JSON and a table in `docs/`. EMG and bands are the user's (docs/emg.md, docs/gait_report.md). One walk at one
speed is recorded for both; success, MPJPE and activation are of built-in walks that nobody was trained on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro

from kinesis.analysis.emg import Envelopes, compare, find_emg
from kinesis.analysis.emg.score import LAGS_MS
from kinesis.analysis.gait import analyse
from kinesis.analysis.gait_curves import CURVES
from kinesis.analysis.gait_tables import gait_table
from kinesis.analysis.norms import Norms, load_norms
from kinesis.body import load
from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.evaluate import Recording, follow_clips, record, summarise
from kinesis.evaluate.provenance import policy_id
from kinesis.learn import load_checkpoint
from kinesis.learn.checkpoint import Checkpoint
from kinesis.motion.find import find_motions
from kinesis.motion.gait.skeleton import skeleton_of

ROOT = Path(__file__).parent.parent
RESULT, TABLE = ROOT / "benchmarks/results/physiology.json", ROOT / "docs/physiology.md"
MOTIONS = "builtin:walk-test"
JOINTS = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
FOLLOWED = ("clips", "success", "success_strict", "mpjpe_mm", "mean_activation")
MUSCLES = ("r_median_subjects", "r_median_subjects_zero_lag", "lag_ms", "r_interval", "r_people", "r_by_muscle")
MUSCLES += ("r_static_optimisation", "r_kinesis_protocol")


def main(
    policies: Annotated[tuple[str, ...], tyro.conf.Positional],
    reference: Path,
    norms: Path,
    speed: float = 1.4,
    static: bool = False,
    about: str = "",
    result: Path = RESULT,
    table: Path = TABLE,
) -> None:
    """Measure each policy and write both files anew after each.

    Args:
        policies: NAME=PATH of a checkpoint, or a shipped policy's name.
        reference: people's EMG, a file or a folder.
        norms: published bands, a folder or a file.
        speed: of the walk for muscles and angles [m/s].
        about: a sentence for the page, on where the policies come from.
        static: compare with static optimisation of the same motion too, some seconds more a policy.
        result: the JSON.
        table: the page.
    """
    people = find_emg(reference, "walk", speed)
    named = {name: load_checkpoint(place or name) for name, _, place in (word.partition("=") for word in policies)}
    rows: dict[str, Any] = {}
    for name, checkpoint in named.items():
        rows[name] = measured(checkpoint, people, norms, speed, static=static)
        told = {"motions": MOTIONS, "speed_mps": speed, "reference": people.source, "norms": norms.name}
        told |= {"subjects": len(people.subjects), "lags_ms": [float(LAGS_MS[0]), float(LAGS_MS[-1])]}
        told |= {"about": about, "policies": rows}
        for path, text in ((result, json.dumps(told, indent=1) + "\n"), (table, page(told))):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(json.dumps({name: {k: v for k, v in rows[name].items() if k != "r_by_muscle"}}), flush=True)


def measured(checkpoint: Checkpoint, people: Envelopes, norms: Path, speed: float, *, static: bool) -> dict[str, Any]:
    """Everything about one policy; None where it did not walk far enough to say."""
    body = load(checkpoint.card.task.body)
    policy, task = checkpoint.policy, checkpoint.card.task
    summary = summarise([run.score for run in follow_clips(policy, task, find_motions(MOTIONS, body))])
    row = {"id": policy_id(checkpoint), "body": body.name, "samples": checkpoint.card.samples}
    row |= {key: summary[key] for key in FOLLOWED}
    recordings = record(policy, task, find_motions(f"builtin:walk@{speed:g}", body))
    bands = load_norms(norms, skeleton_of(body).leg_m)
    try:
        row |= muscles(recordings, people, speed, static=static) | inside(recordings, bands)
    except KinesisError as error:
        print(f"{checkpoint.name}: {error}", file=sys.stderr)
        row |= dict.fromkeys((*MUSCLES, "inside_joint_angles", "inside"))
    return row


def muscles(recordings: Sequence[Recording], people: Envelopes, speed: float, *, static: bool) -> dict[str, Any]:
    """The figures of the EMG scorecard that count."""
    card = compare(recordings, people, speed_mps=speed, criterion="squared" if static else None).card
    return {key: card[key] for key in MUSCLES}


def inside(recordings: Sequence[Recording], bands: Norms) -> dict[str, Any]:
    """Shares of curves within ± 1 SD: mean over hip, knee and ankle angles, and by curve."""
    shares = gait_table(analyse(recordings), bands)["inside"]
    known = [shares[name] for name in JOINTS if name in shares]
    return {"inside_joint_angles": round(sum(known) / len(known), 4) if known else None, "inside": shares}


def page(told: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    low, high = told["lags_ms"]
    head = ["policy", "r at lag", "lag [ms]", "r at 0 ms", "r static", "activation", "MPJPE [mm]", "success", "angles"]
    rows = [
        [name, _figure(row["r_median_subjects"]), _figure(row["lag_ms"], 0)]
        + [_figure(row[key]) for key in ("r_median_subjects_zero_lag", "r_static_optimisation")]
        + [_figure(row["mean_activation"], 3), _figure(row["mpjpe_mm"], 1), _share(row["success"])]
        + [_share(row["inside_joint_angles"])]
        for name, row in told["policies"].items()
    ]
    lines = [
        "# Physiology of policies",
        "",
        f"Muscles of a walk at {told['speed_mps']:g} m/s beside the EMG of {told['subjects']} people "
        f"({told['reference']}): median over people of the mean r over muscles, at one lag for all muscles, the best "
        f"within {low:g} to {high:g} ms, and at none. Activation, MPJPE and success: {told['motions']}. Angles: mean "
        f"share of hip, knee and ankle flexion within one published standard deviation ({told['norms']}).",
        "",
        *([told["about"], ""] if told["about"] else []),
        "Made by `python benchmarks/physiology.py`; not edited by hand.",
        "",
        *_table(head, rows),
        "## By muscle, r at that lag",
        "",
        *_by_name(told["policies"], "r_by_muscle", _figure),
        "## By curve, share inside the band",
        "",
        *_by_name(told["policies"], "inside", _share),
    ]
    return "\n".join(lines)


def _by_name(policies: Mapping[str, Any], key: str, words: Any) -> list[str]:
    """A row a muscle or curve, a column a policy."""
    names = dict.fromkeys(name for row in policies.values() for name in row[key] or ())
    cells = ([words((row[key] or {}).get(name)) for row in policies.values()] for name in names)
    titles = (CURVES[name].title if name in CURVES else name.replace("_", " ") for name in names)
    return _table(["", *policies], [[title, *row] for title, row in zip(titles, cells, strict=True)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [*(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)), ""]


def _figure(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


if __name__ == "__main__":
    sys.exit(command(main))
