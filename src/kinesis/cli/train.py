"""kinesis train RECIPE: run a recipe's stages, with progress, resumable."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.evaluate import Score
    from kinesis.learn.checkpoint import Checkpoint
    from kinesis.learn.config import Experiment, Stage
    from kinesis.learn.pipeline import Judge, Position
    from kinesis.motion.clip import Clip


@dataclass(frozen=True)
class Train:
    """Train a policy. Run the same command again to go on after a kill."""

    recipe: Annotated[str, tyro.conf.Positional]
    """Name of a recipe: default, walk, walk_from_nothing, teacher_walk, teacher_run, teacher, walker, runner, bearing,
    scratch, experts, kinesis."""
    out: Path | None = None
    """Folder of the run; default runs/RECIPE."""
    seed: int = 0
    """Reproduces the run on the same machine."""
    motions: str | None = None
    """What to learn, in place of the recipe's: builtin:..., files, folders."""
    start: str | None = None
    """Go on from this checkpoint (default, or a file): the recipe's last stage alone."""
    samples: int | None = None
    """Control steps of every PPO stage, in place of the recipe's."""
    physiology: tuple[str, ...] = ()
    """Reward muscles for it too: effort, cubed_effort, volume_effort, smoothness, joint_stops, impact, foot_slip,
    swing_load, load, pressure."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Train, args=list(argv), prog="kinesis train")
    from kinesis.body import load
    from kinesis.learn.mining import MiningRun
    from kinesis.learn.pipeline import Pipeline
    from kinesis.motion.find import find_motions

    experiment, body = _experiment(asked), load("legs80")
    clips = find_motions(experiment.motions, body)
    judge = _judge(experiment.validation, find_motions(experiment.validation, body))
    folder = asked.out or Path("runs") / asked.recipe
    with _Bars() as bars:
        if experiment.mining:
            final = MiningRun(experiment, folder, clips, _examine).run(bars.report, judge)
        else:
            final = Pipeline(experiment, folder, clips).run(bars.report, judge)
    print(f"policy: {final}")
    print(f"log: tensorboard --logdir {folder}")
    if experiment.mining:
        _print_experts(folder)
    return 0


def _experiment(asked: Train) -> Experiment:
    """The recipe with what was asked for in its place."""
    from kinesis.learn.recipes import RECIPES

    if asked.samples is not None and asked.samples < 1:
        raise KinesisError("nothing to train on", where="--samples", got=asked.samples, expected="one or more")
    experiment = dataclasses.replace(RECIPES.get(asked.recipe)(), seed=asked.seed)
    if asked.motions:
        experiment = dataclasses.replace(experiment, motions=asked.motions, validation=asked.motions)
    if asked.start:
        last = dataclasses.replace(experiment.stages[-1], start=asked.start)
        experiment = dataclasses.replace(experiment, stages=(last,))
    if asked.physiology:
        experiment = dataclasses.replace(
            experiment, stages=tuple(_with_physiology(stage, asked.physiology) for stage in experiment.stages)
        )
    if asked.samples:
        experiment = dataclasses.replace(
            experiment,
            stages=tuple(
                dataclasses.replace(s, ppo=s.ppo and dataclasses.replace(s.ppo, samples=asked.samples))
                for s in experiment.stages
            ),
            mining=experiment.mining
            and dataclasses.replace(
                experiment.mining, ppo=dataclasses.replace(experiment.mining.ppo, samples=asked.samples)
            ),
        )
    return experiment


def _with_physiology(stage: Stage, names: Sequence[str]) -> Stage:
    """The stage with these terms, if it drives muscles."""
    from kinesis.body import load
    from kinesis.task.recipes import with_physiology

    if load(stage.task.body).actuation != "muscle":
        return stage
    return dataclasses.replace(stage, task=with_physiology(stage.task, names))


def _judge(name: str, validation: Sequence[Clip]) -> Judge:
    """How well a checkpoint does on these clips, which a recipe's own training never sees."""
    from kinesis.evaluate import summarise

    return lambda checkpoint: {"motions": name, **summarise(_scores(checkpoint, validation))}


def _examine(checkpoint: Checkpoint, clips: Sequence[Clip]) -> list[dict[str, Any]]:
    return [asdict(score) for score in _scores(checkpoint, clips)]


def _scores(checkpoint: Checkpoint, clips: Sequence[Clip]) -> list[Score]:
    from kinesis.evaluate import follow_clips

    return [run.score for run in follow_clips(checkpoint.policy, checkpoint.card.task, clips)]


def _print_experts(folder: Path) -> None:
    """One line an expert: what it was trained on, and the clips that it gained and lost."""
    from kinesis.learn.mining import LOG, read_log

    log = read_log(folder)
    for index, r in enumerate(log.rounds):
        counts = f"gained {len(r.gained)}, lost {len(r.lost)}, nobody's {len(r.left)}"
        print(f"expert-{index}: trained on {len(r.trained)} clips, follows {len(r.followed)}; {counts}")
    print(f"{log.stopped}; clip by clip in {folder / LOG}")


class _Bars(Progress):
    """One bar a stage: samples/s, seconds survived, success, error, time left."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description:9}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %  {task.fields[words]}"),
            TimeRemainingColumn(),
        )
        self._stages: dict[str, TaskID] = {}

    def report(self, stage: str, position: Position, numbers: dict[str, float]) -> None:
        """Show a stage's numbers."""
        if stage not in self._stages:
            self._stages[stage] = self.add_task(stage, total=position.wanted, words="")
        words = f"{position.samples / max(1e-9, position.seconds):,.0f}/s"
        if "episode/length_s" in numbers:
            words += f"  {numbers['episode/length_s']:.2f} s"
        if "episode/success" in numbers:
            words += f"  success {numbers['episode/success']:.0%}"
        if "episode/mpjpe_mm" in numbers:
            words += f"  {numbers['episode/mpjpe_mm']:.0f} mm"
        self.update(self._stages[stage], completed=position.samples, words=words)
