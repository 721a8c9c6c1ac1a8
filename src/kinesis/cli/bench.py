"""kinesis bench: the speed of stepping, and of a policy, on this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from kinesis.errors import KinesisError


@dataclass(frozen=True)
class Bench:
    """Measure; run it while nothing else runs."""

    what: Annotated[Literal["sim", "policy"], tyro.conf.Positional] = "sim"
    """sim: bare physics against whole control steps. policy: one body following a walk on one core."""
    policy: str = "default"
    """Whose speed `bench policy` measures."""
    envs: int = 256
    """Environments side by side."""
    seconds: float = 8.0
    """Time measured for each of the two, for each action law."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Bench, args=list(argv), prog="kinesis bench")
    if asked.envs < 1 or asked.seconds <= 0:
        raise KinesisError(
            "nothing to measure", got=(asked.envs, asked.seconds), expected="envs and seconds above zero"
        )
    from kinesis.body import load
    from kinesis.evaluate.speed import measure_policy, measure_sim
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions
    from kinesis.motion.library import Library
    from kinesis.task import TASKS

    body = load("legs80")
    clips = find_motions("builtin:walk@1.2", body)
    if asked.what == "policy":
        checkpoint = load_checkpoint(asked.policy)
        task = checkpoint.card.task
        library = Library(load(task.body), clips, task.intent, ground=task.follows_ground)
        speed = measure_policy(checkpoint.policy, task, library, seconds=asked.seconds)
        words = "{realtime_factor} times real time, policy {policy_ms} ms, control step {step_ms} ms"
        print(json.dumps(speed) if asked.json else words.format(**speed))
        return 0
    library = Library(body, clips)
    measured = {
        name: measure_sim(TASKS.get(recipe)(), library, envs=asked.envs, seconds=asked.seconds)
        for name, recipe in (("excitation", "imitate"), ("length_servo", "imitate_servo"))
    }
    result = {**measured["excitation"], "length_servo": measured["length_servo"]}
    if asked.json:
        print(json.dumps(result))
        return 0
    for row in measured.values():
        print(
            f"{row['law']:13} raw {row['raw_steps_per_s']:>7,}/s  control {row['control_steps_per_s']:>6,}/s"
            f"  efficiency {row['efficiency']:.2f}  {row['memory_mb']:,} MB"
        )
    return 0
