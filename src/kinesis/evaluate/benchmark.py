"""The benchmark: frozen suites of motions and perturbations, measured part by part.

A part is one set of motions under one perturbation. It is saved as soon as it is there, under a name that
says what it depends on, so that a run that was killed goes on and nothing old is taken for new.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kinesis.body import Kinematics, load
from kinesis.evaluate import intervals, provenance
from kinesis.evaluate.follow import count_frames, follow_clips
from kinesis.evaluate.measures import MEASURES, measure
from kinesis.evaluate.metrics import RULES
from kinesis.evaluate.perturb import Delay, GroundStep, Mass, Perturbation, Push, Strength
from kinesis.evaluate.results import read_result, write_result
from kinesis.learn.checkpoint import Checkpoint
from kinesis.motion.clip import Clip
from kinesis.registry import Registry

BUILTIN = "built-in"
RESULT, PART = "benchmark result", "benchmark part"

Motions = Mapping[str, Sequence[Clip]]
Report = Callable[[str, int, int], None]
"""Told the name of the part at hand, frames done and frames in all."""


@dataclass(frozen=True)
class Suite:
    """What is measured; never changed under its name. motions: a selection of built-in ones, see `find_motions`."""

    name: str
    motions: str
    conditions: tuple[Perturbation, ...]


SUITES: Registry[Suite] = Registry("benchmark suite")

_WAYS_DEG, _PUSHES_N, _PUSHED_AT_S = (0.0, 90.0, 180.0, 270.0), (50.0, 100.0, 150.0, 200.0), (1.0, 3.0)

SUITES.register("loco-1")(
    Suite(
        "loco-1",
        "builtin:test",
        (
            Perturbation(),
            *(Push(newtons, way, _PUSHED_AT_S) for newtons in _PUSHES_N for way in _WAYS_DEG),
            *(Mass(factor) for factor in (0.9, 1.1)),
            *(Strength(factor) for factor in (0.8, 1.2)),
            Delay(0.02),
            *(GroundStep(height_m) for height_m in (-0.02, 0.02)),
        ),
    )
)


def run_suite(suite: Suite, checkpoint: Checkpoint, motions: Motions, parts: Path, report: Report) -> dict[str, Any]:
    """Measure a policy on every set of motions under every condition of the suite.

    Args:
        suite: the conditions.
        checkpoint: the policy.
        motions: the sets of clips by name; those of the suite under `BUILTIN`.
        parts: folder for what is measured, and from which what is there is taken.
        report: told of progress.

    Returns:
        The result, as JSON takes it: where it comes from, and `results`: by set and condition, by group of
        clips, by measure, mean and interval; `wall_clock_s` of all parts, whenever they were measured.

    Raises:
        KinesisError: for a part in the folder that cannot be read; it is left as it is.
    """
    bench = _Bench(suite, checkpoint, motions, parts, report)
    results = {name: {c.name: bench.summary(name, c) for c in suite.conditions} for name in motions}
    return bench.origin() | {"results": results, "wall_clock_s": round(bench.seconds, 1)}


class _Bench:
    """One run of a suite."""

    def __init__(self, suite: Suite, checkpoint: Checkpoint, motions: Motions, parts: Path, report: Report) -> None:
        self.suite, self.checkpoint, self.motions, self.parts, self.report = suite, checkpoint, motions, parts, report
        self.task, self.policy_id = checkpoint.card.task, provenance.policy_id(checkpoint)
        self.body = load(self.task.body)
        self.kinematics = Kinematics(self.body)
        self.ids = {name: provenance.motions_id(clips) for name, clips in motions.items()}
        self.frames = {name: sum(count_frames(clip, self.task) for clip in clips) for name, clips in motions.items()}
        self.total = len(suite.conditions) * sum(self.frames.values())
        self.done, self.seconds = 0, 0.0

    def origin(self) -> dict[str, Any]:
        """Everything in a result but its numbers."""
        card = self.checkpoint.card
        return {
            "suite": self.suite.name,
            "policy": {"name": self.checkpoint.name, "id": self.policy_id, "samples": card.samples},
            "body": {"name": self.body.name, "fingerprint": self.body.fingerprint},
            "versions": provenance.versions(),
            "machine": provenance.machine(),
            "motions": {
                name: {"id": self.ids[name], "clips": len(clips), "frames": self.frames[name]}
                for name, clips in self.motions.items()
            },
            "conditions": {c.name: {"kind": type(c).__name__, **asdict(c)} for c in self.suite.conditions},
            "rules": [asdict(rule) for rule in RULES],
            "measures": [asdict(m) for m in MEASURES],
            "intervals": {"level": intervals.LEVEL, "resamples": intervals.RESAMPLES, "seed": intervals.SEED},
        }

    def summary(self, name: str, condition: Perturbation) -> dict[str, Any]:
        """By group and measure, the mean of a part and its interval."""
        rows = self._rows(name, condition)
        groups = [intervals.group_of(clip) for clip in self.motions[name]]
        table = intervals.by_group(rows, groups)
        return {group: {key: asdict(value) for key, value in row.items()} for group, row in table.items()}

    def _rows(self, name: str, condition: Perturbation) -> list[dict[str, float | None]]:
        """The rows of a part, from its file if it is there."""
        path = self._file(name, condition)
        if path.exists():
            part = read_result(path, PART)
        else:
            started = time.perf_counter()
            rows, clips = self._measured(name, condition), [clip.name for clip in self.motions[name]]
            part = {"motions": name, "condition": condition.name, "clips": clips, "rows": rows}
            part["wall_clock_s"] = round(time.perf_counter() - started, 3)
            write_result(path, PART, part)
        self.done, self.seconds = self.done + self.frames[name], self.seconds + part["wall_clock_s"]
        self.report(f"{name}, {condition.name}", self.done, self.total)
        return part["rows"]

    def _measured(self, name: str, condition: Perturbation) -> list[dict[str, float | None]]:
        changed = None if condition == Perturbation() else condition
        label, before = f"{name}, {condition.name}", self.done
        runs = follow_clips(
            self.checkpoint.policy,
            self.task,
            self.motions[name],
            perturbation=changed,
            progress=lambda done, _: self.report(label, before + done, self.total),
        )
        body = condition.body(self.body)
        return [dict(measure(run, body, self.kinematics)) for run in runs]

    def _file(self, name: str, condition: Perturbation) -> Path:
        """Named after everything that decides what is in it."""
        known = provenance.versions()
        decides = [self.policy_id, self.body.fingerprint, self.ids[name], repr(condition), [asdict(r) for r in RULES]]
        decides += [[m.name for m in MEASURES], known["kinesis"], known["mujoco"]]
        key = hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:16]
        words = "".join(
            letter if letter.isalnum() or letter in "+-" else "-" for letter in f"{Path(name).name}-{condition.name}"
        )
        return self.parts / f"{words}-{key}.json"
