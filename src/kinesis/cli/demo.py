"""kinesis demo: follow a few walks with the shipped policy, and show them in a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro
from rich.console import Console
from rich.table import Table

from kinesis.cli.terminal import progress
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.evaluate import Run

WALKS = "builtin:walk@0.8,builtin:walk@1.2,builtin:walk@1.6"


@dataclass(frozen=True)
class Demo:
    """Watch 80 muscles follow a motion."""

    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    motion: tuple[Path, ...] = ()
    """Your own recordings (OpenSim .mot or .sto), followed as well."""
    out: Path = Path("out/demo")
    """Where the page and the film are written."""
    video: bool = True
    """Write an mp4 too, where this machine can draw."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Demo, args=list(argv), prog="kinesis demo")
    from kinesis.body import load
    from kinesis.evaluate import follow_clips
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions
    from kinesis.view import followed, render_video, write_page

    console = Console()
    checkpoint = load_checkpoint(asked.policy)
    body = load(checkpoint.card.task.body)
    clips = find_motions(",".join([WALKS, *map(str, asked.motion)]), body)
    if asked.motion:
        clips = clips[3:] + clips[:3]
    with progress("following") as told:
        runs = follow_clips(checkpoint.policy, checkpoint.card.task, clips, progress=told)
    console.print(_table(runs))
    playbacks = [followed(run, body) for run in runs]
    page = write_page(asked.out.with_suffix(".html"), body, playbacks)
    console.print(f"page: {page}  (open it in a browser)", soft_wrap=True)
    if asked.video:
        try:
            film = render_video(asked.out.with_suffix(".mp4"), body, playbacks[0])
            console.print(f"film: {film}", soft_wrap=True)
        except KinesisError as error:
            console.print(f"no film: {error}", soft_wrap=True)
    return 0


def _table(runs: Sequence[Run]) -> Table:
    table = Table("motion", "seconds", "success", "coverage", "MPJPE [mm]", "mean activation")
    for run in runs:
        score = run.score
        table.add_row(
            run.clip.name,
            f"{run.clip.duration_s:.1f}",
            "yes" if score.success else "no",
            f"{score.frame_coverage:.0%}",
            f"{score.mpjpe_mm:.0f}",
            "-" if score.mean_activation is None else f"{score.mean_activation:.3f}",
        )
    return table
