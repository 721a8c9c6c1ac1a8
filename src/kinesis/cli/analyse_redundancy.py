"""kinesis analyse redundancy: how many of the muscles' dimensions a policy needs, and what it does with the rest."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

if TYPE_CHECKING:
    from kinesis.evaluate.signals import Recording
    from kinesis.learn.checkpoint import Checkpoint
    from kinesis.motion.clip import Clip

Part = Literal["dimensions", "manifold", "ranges"]


@dataclass(frozen=True)
class AnalyseRedundancy:
    """Components against performance, goal-equivalent variance, feasible ranges; with --weaken, who takes over."""

    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    motions: str = "builtin:walk@1.4"
    """What is followed, as in kinesis eval; clips of several skills are told apart."""
    parts: tuple[Part, ...] = ("dimensions", "manifold", "ranges")
    """Which questions are asked."""
    components: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 80)
    """Numbers of components that are run; the numbers next to the answer are then run too."""
    refine: bool = True
    """Run those next to the answer."""
    instants: int = 60
    """At which feasible ranges are found, over all clips."""
    weaken: str | None = None
    """Muscles to weaken: names with or without side, groups, right, left; commas join, `soleus:left` keeps a side."""
    factor: float = 0.0
    """Of their peak force; 0 removes them."""
    adapt_samples: int = 0
    """Control steps of fine-tuning with the weakened muscles."""
    seed: int = 0
    """Of NMF's starts and of the fine-tuning."""
    out: Path | None = None
    """Folder for the page, the tables and the fine-tuning; by default out/redundancy, and nowhere with --json."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(AnalyseRedundancy, args=list(argv), prog="kinesis analyse redundancy")
    _check(asked)
    from kinesis.analysis import redundancy
    from kinesis.analysis.ablation import muscles_named
    from kinesis.body import load
    from kinesis.evaluate.provenance import policy_id
    from kinesis.evaluate.recording import record
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions

    checkpoint = load_checkpoint(asked.policy)
    body = load(checkpoint.card.task.body)
    if asked.weaken is not None:
        muscles_named(body, asked.weaken)  # a wrong name is refused before anything slow
    clips = find_motions(asked.motions, body, on_refusal=_tell)
    _tell("recording")
    recordings = record(checkpoint.policy, checkpoint.card.task, clips, policy_id=policy_id(checkpoint))
    result: dict[str, Any] = {"policy": policy_id(checkpoint), "clips": len(clips), "seed": asked.seed}
    splits: dict[str, Any] = {}
    if "dimensions" in asked.parts:
        options: dict[str, Any] = {"grid": asked.components, "refine": asked.refine, "seed": asked.seed}
        result["dimensions"], _ = redundancy.dimensions(checkpoint, clips, recordings, report=_tell, **options)
    if "manifold" in asked.parts:
        _tell("variance from stride to stride")
        result["manifold"], splits = redundancy.manifolds(recordings)
    if "ranges" in asked.parts:
        _tell("feasible ranges")
        result["ranges"], _ = redundancy.ranges(recordings, asked.instants)
    folder = asked.out if asked.json else asked.out or Path("out/redundancy")
    if asked.weaken is not None:
        result["ablation"] = _ablation(asked, checkpoint, clips, recordings, folder)
    if folder:
        from kinesis.view.redundancy_page import write_redundancy_page

        subject = f"policy {asked.policy} on {asked.motions}"
        written = redundancy.write_tables(folder, result)
        written.append(write_redundancy_page(folder / "redundancy.html", result, splits, subject))
        _tell(*(f"written: {path}" for path in written))
    if asked.json:
        print(json.dumps(result))
    else:
        _show(result)
    return 0


def _check(asked: AnalyseRedundancy) -> None:
    """Refuse numbers that mean nothing, before anything slow."""
    from kinesis.errors import KinesisError

    if not asked.factor >= 0.0:
        raise KinesisError("not a factor of strength", got=asked.factor, expected="0 or more")
    if asked.adapt_samples and asked.weaken is None:
        raise KinesisError("an adaptation to nothing", got="--adapt-samples", expected="--weaken with it")
    if asked.instants < 1 or any(k < 1 for k in asked.components):
        raise KinesisError("not a number of instants or components", expected="1 or more")


def _ablation(
    asked: AnalyseRedundancy,
    checkpoint: Checkpoint,
    clips: Sequence[Clip],
    recordings: Sequence[Recording],
    folder: Path | None,
) -> dict[str, Any]:
    """The table of muscles weakened."""
    import tempfile

    from kinesis.analysis.ablation import Weakened, ablate, muscles_named
    from kinesis.analysis.redundancy import ablation_table
    from kinesis.body import load

    body = load(checkpoint.card.task.body)
    weakened = Weakened(muscles_named(body, str(asked.weaken)), asked.factor)
    _tell(f"without {', '.join(weakened.muscles)}")
    decides = [asked.policy, asked.motions, weakened.muscles, asked.factor, asked.adapt_samples, asked.seed]
    name = f"adapted-{hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:12]}"
    with tempfile.TemporaryDirectory() as scratch:
        place = (folder or Path(scratch)) / name
        options: dict[str, Any] = {"adapt_samples": asked.adapt_samples, "seed": asked.seed, "folder": place}
        return ablation_table(ablate(checkpoint, clips, weakened, before=recordings, **options))


def _show(result: dict[str, Any]) -> None:
    """For people."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if "dimensions" in result:
        made = Table(
            "skill", "method", "95 % of variance", "95 % of performance", "95 % of success", title="components"
        )
        for skill, row in result["dimensions"].items():
            for method in ("pca", "nmf"):
                counts = (row[method][f"components_for_{what}"] for what in ("variance", "performance", "success"))
                made.add_row(skill, method, *("–" if c is None else str(c) for c in counts))
        console.print(made)
    for task in ("torque", "landmark") if result.get("manifold") else ():
        row = result["manifold"][task]
        words = (
            f"of {row['goal_equivalent']:.3g} per dimension leaves {task}s as they are, {row['relevant']:.3g} does not"
        )
        console.print(f"variance from stride to stride: {words} (index {row['index']})", soft_wrap=True)
    if "ranges" in result:
        row = result["ranges"]
        words = f"{row['width_mean']} of activation open, effort {row['effort_own']}, least {row['effort_least']}"
        console.print(f"same torques: {words}", soft_wrap=True, highlight=False)
    for stage, row in result.get("ablation", {}).get("scores", {}).items():
        words = ", ".join(f"{key} {value:g}" for key, value in row.items())
        console.print(f"{stage}: {words}", soft_wrap=True, highlight=False)
    for row in result.get("ablation", {}).get("takes_over", [])[:5]:
        console.print(", ".join(f"{key} {value}" for key, value in row.items()), soft_wrap=True, highlight=False)


def _tell(*lines: object) -> None:
    for line in lines:
        print(line, file=sys.stderr)
