"""kinesis eval: follow motions with a policy and print its scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.table import Table

from kinesis.cli.terminal import left_out, progress


@dataclass(frozen=True)
class Eval:
    """Score a policy on motions. The same command gives the same numbers."""

    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    motions: str = "builtin:walk-test"
    """builtin:CATEGORY-SPLIT, builtin:walk@1.2, a file, a folder; commas join several."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Eval, args=list(argv), prog="kinesis eval")
    from kinesis.body import load
    from kinesis.evaluate import follow_clips, summarise
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions

    checkpoint = load_checkpoint(asked.policy)
    task = checkpoint.card.task
    clips = find_motions(asked.motions, load(task.body), on_refusal=left_out)
    with progress("following") as told:
        runs = follow_clips(checkpoint.policy, task, clips, progress=told)
    summary = summarise([run.score for run in runs])
    if asked.json:
        print(json.dumps(summary))
    else:
        Console().print(table(summary))
    return 0


def table(summary: dict) -> Table:
    """Rows: all clips, then each category."""
    from kinesis.evaluate.metrics import MEANS

    made = Table("motions", "clips", *MEANS)
    rows = {"all": summary, **summary["by_category"]}
    for name, row in rows.items():
        made.add_row(name, str(row["clips"]), *(f"{row[key]:.3g}" for key in MEANS))
    return made
