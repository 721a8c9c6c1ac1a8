"""The score of a policy on every imported walking clip, as JSON and as a table in `docs/`.

kinesis import RECORDINGS... --out DIR
python benchmarks/imported_walks.py DIR [--policy default]
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import tyro

from kinesis.body import load
from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.evaluate import follow_clips, summarise
from kinesis.evaluate.metrics import Score
from kinesis.learn import load_checkpoint
from kinesis.motion.clip import load_clip
from kinesis.motion.importing import Row, load_rows
from kinesis.motion.quality import WALKS

ROOT = Path(__file__).parent.parent
RESULT, TABLE = ROOT / "benchmarks/results/imported_walks.json", ROOT / "docs/imported_walks.md"
COLUMNS = ("success", "success_strict", "frame_coverage", "mpjpe_mm", "joint_rmse_deg", "mean_activation")
HEAD = "| | clips | success | strict | coverage | MPJPE [mm] | joint RMSE [°] | activation |\n" + "|---" * 8 + "|\n"


def main(folder: Annotated[Path, tyro.conf.Positional], policy: str = "default") -> None:
    """Follow, score, write both files."""
    checkpoint = load_checkpoint(policy)
    body = load(checkpoint.card.task.body)
    rows = [
        row
        for group in load_rows(folder).values()
        for row in group
        if row.saved and row.quality and row.quality.category in WALKS
    ]
    if not rows:
        raise KinesisError("no imported walking clip", where=str(folder), expected="what kinesis import wrote")
    clips = [load_clip(folder / str(row.saved)) for row in rows]
    print(f"{len(clips)} walking clips on {body.name}", flush=True)
    scores = [run.score for run in follow_clips(checkpoint.policy, checkpoint.card.task, clips)]
    groups: dict[str, list[Score]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        groups[_group(row)].append(score)
    summaries = {name: summarise(groups[name]) for name in sorted(groups)}
    summaries = {"all": summarise(scores), **summaries}
    pairs = sorted(zip(rows, scores, strict=True), key=lambda pair: str(pair[0].saved))
    result = {
        "policy": checkpoint.name,
        "samples": checkpoint.card.samples,
        "trained_on": "; ".join(sorted({row["source"] for row in checkpoint.card.data})),
        "summaries": summaries,
        "clips": [{"from": _group(row), **asdict(score)} for row, score in pairs],
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    TABLE.write_text(_page(result, pairs))
    print(json.dumps(summaries["all"]))


def _group(row: Row) -> str:
    """Folder of the recording, without the root that all share."""
    return "/".join(Path(str(row.saved)).parts[1:-1]) or Path(str(row.saved)).parent.name


def _page(result: dict, pairs: list[tuple[Row, Score]]) -> str:
    lines = ["# The shipped policy on imported walks", ""]
    lines += [
        f"Policy `{result['policy']}` after {result['samples'] / 1e6:.1f} million control steps, on every clip that",
        "`kinesis import` calls a walk. Made by `python benchmarks/imported_walks.py DIR`; the clips themselves are",
        "not part of this repository. Success: the mean distance of the tracked landmarks stays below 0.5 m;",
        f"strict: below 0.15 m. Trained on: {result['trained_on']}.",
        "",
        HEAD + "\n".join(_line(name, row["clips"], row) for name, row in result["summaries"].items()),
        "",
        "## Every clip",
        "",
        HEAD.replace("clips", "speed [m/s]")
        + "\n".join(
            _line(score.clip, f"{row.quality.speed_mps if row.quality else 0.0:.2f}", asdict(score))
            for row, score in pairs
        ),
    ]
    return "\n".join(lines) + "\n"


def _line(name: str, count: object, row: dict) -> str:
    return f"| {name} | {count} | " + " | ".join(f"{row[key]:.3g}" for key in COLUMNS) + " |"


if __name__ == "__main__":
    sys.exit(command(main))
