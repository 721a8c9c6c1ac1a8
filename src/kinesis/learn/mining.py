"""Negative mining: a row of experts, each going on from the last with the clips that all before it fail; then a gate.

Wrapped around the trainer, never inside it: an expert is a Pipeline on some of the clips, the gate a Pipeline on all
of them. Every part is found again after a kill. After KINESIS (Simos et al. 2025) and PHC (Luo et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Checkpoint, load_checkpoint, replacing
from kinesis.learn.config import Experiment, Mining, Stage, from_json, to_json
from kinesis.learn.pipeline import Judge, Pipeline, Report, claim
from kinesis.motion.clip import Clip

Examine = Callable[[Checkpoint, Sequence[Clip]], Sequence[Mapping[str, Any]]]
"""Follows clips, deterministically, and gives one row of scores a clip, in order."""

LOG = "mining.json"


@dataclass(frozen=True)
class Round:
    """What became of one expert, clips by name.

    trained: on what. followed: of all clips. gained, lost: against the expert before. left: what no expert follows.
    """

    trained: tuple[str, ...]
    followed: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Log:
    """All experts so far, and why there are no more; empty while there may be."""

    rounds: tuple[Round, ...] = ()
    stopped: str = ""


def read_log(folder: Path) -> Log:
    """What is known of the experts in a run's folder."""
    path = folder / LOG
    return from_json(Log, path.read_text()) if path.exists() else Log()


class MiningRun:
    """An Experiment with `mining` in a folder: `expert-0`, `expert-1`, … and `gate`, each of a Pipeline; `mining.json`.

    examine: how clips are scored; `learn` may not know how `evaluate` does it.
    """

    def __init__(self, experiment: Experiment, folder: Path, clips: Sequence[Clip], examine: Examine) -> None:
        """Prepare the folder; nothing runs yet.

        Raises:
            KinesisError: if two clips have one name, or the folder is of another experiment or other clips.
        """
        if experiment.mining is None:
            raise KinesisError("a recipe without negative mining", got=experiment.name)
        self.experiment, self.mining = experiment, experiment.mining
        self.folder, self.clips, self.examine = folder, list(clips), examine
        self.names = tuple(clip.name for clip in clips)
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise KinesisError("two clips of one name cannot be told apart in the log", got=twice[0])
        claim(folder, experiment)
        self.log = read_log(folder)
        if self.log.rounds and self.log.rounds[0].trained != self.names:
            raise KinesisError("the folder was mined with other clips", where=str(folder), hint="choose another --out")

    def run(self, report: Report | None = None, judge: Judge | None = None) -> Path:
        """Do what is not done yet. Returns the mixture's checkpoint, or that of a lone expert, who needs no gate.

        judge: as in Pipeline, for the first expert and the gate; what comes between is judged by its own clips.
        """
        experts = self._experts(report, judge)
        if len(experts) == 1:
            return experts[0]
        pipeline = Pipeline(gate_experiment(self.experiment, self.mining), self.folder / "gate", self.clips, experts)
        return pipeline.run(report, judge)

    def _experts(self, report: Report | None, judge: Judge | None) -> list[Path]:
        experts: list[Path] = []
        clips = self.clips
        while True:
            index = len(experts)
            name = f"expert-{index}"
            pipeline = Pipeline(expert_experiment(self.experiment, index), self.folder / name, clips, experts[-1:])
            experts.append(pipeline.run(_named(report, name), self._judge(clips) if index else judge))
            if index == len(self.log.rounds):
                self._enter(self._round(experts[-1], clips))
            if index + 1 == len(self.log.rounds) and self.log.stopped:
                return experts
            clips = [clip for clip in self.clips if clip.name in self.log.rounds[index].left]

    def _round(self, expert: Path, clips: Sequence[Clip]) -> Round:
        """Examine an expert that was trained on these clips, by all clips."""
        rows = self.examine(load_checkpoint(expert), self.clips)
        if self.mining.measure not in rows[0]:
            raise KinesisError.unknown("score", self.mining.measure, rows[0])
        followed = tuple(n for n, row in zip(self.names, rows, strict=True) if row[self.mining.measure] >= 1.0)
        before = self.log.rounds[-1].followed if self.log.rounds else ()
        return Round(
            trained=tuple(clip.name for clip in clips),
            followed=followed,
            gained=tuple(name for name in followed if name not in before),
            lost=tuple(name for name in before if name not in followed),
            left=tuple(clip.name for clip in clips if clip.name not in followed),
        )

    def _enter(self, new: Round) -> None:
        """Write a round into the log, and whether it was the last."""
        rounds = (*self.log.rounds, new)
        self.log = Log(rounds, stop(self.mining, rounds))
        with replacing(self.folder / LOG) as temporary:
            temporary.write_text(to_json(self.log))

    def _judge(self, clips: Sequence[Clip]) -> Judge:
        """Means over clips; of an expert for these, no others count."""

        def judge(checkpoint: Checkpoint) -> dict[str, Any]:
            rows = self.examine(checkpoint, clips)
            numbers = [key for key, value in rows[0].items() if isinstance(value, int | float)]
            return {"motions": f"{len(clips)} mined clips"} | {key: fmean(row[key] for row in rows) for key in numbers}

        return judge


def stop(mining: Mining, rounds: Sequence[Round]) -> str:
    """Why there is no expert after these rounds; empty if there is."""
    last = rounds[-1]
    if len(last.left) <= mining.enough * len(rounds[0].trained):
        return "few enough clips are left"
    if len(last.left) > (1.0 - mining.shrink) * len(last.trained):
        return "the clips that are left hardly get fewer"
    return "there are as many experts as asked for" if len(rounds) >= mining.experts else ""


def expert_experiment(experiment: Experiment, index: int) -> Experiment:
    """The run of one expert: the first by all stages, the others by the last one, from the expert before."""
    stages = experiment.stages if index == 0 else (replace(experiment.stages[-1], start="previous"),)
    return replace(experiment, name=f"{experiment.name}, expert {index}", stages=stages, mining=None)


def gate_experiment(experiment: Experiment, mining: Mining) -> Experiment:
    """The run of the gate over the experts."""
    stage = Stage("gate", experiment.stages[-1].task, start="previous", ppo=mining.ppo, gate=mining.gate)
    return replace(experiment, name=f"{experiment.name}, gate", stages=(stage,), mining=None)


def _named(report: Report | None, name: str) -> Report | None:
    """The same report, the expert's name before the stage's."""
    return report and (lambda stage, *rest: report(f"{name} {stage}", *rest))
