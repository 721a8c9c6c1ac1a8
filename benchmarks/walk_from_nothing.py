"""From no weights to a walk in muscles: the recipe `walk_from_nothing`, timed, then scored.

Scores on walks of the trained speed that start at twenty phases of the stride, ten seconds each. Run it
while nothing else runs:

    python benchmarks/walk_from_nothing.py [--seed 0]
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import mujoco

from kinesis.body import Kinematics, load
from kinesis.cli import command
from kinesis.evaluate import follow_clips, summarise
from kinesis.learn import load_checkpoint
from kinesis.learn.pipeline import Pipeline, Position
from kinesis.learn.recipes import RECIPES
from kinesis.motion.find import STEADY_S, find_motions
from kinesis.motion.gait import GaitSpec, Segment, generate

SPEED_MPS, PHASES = 1.2, 20
RESULT = Path(__file__).parent / "results" / "walk_from_nothing.json"


def main(seed: int = 0, keep: Path | None = None) -> None:
    """Train, score, write the result."""
    body = load("legs80")
    experiment = dataclasses.replace(RECIPES.get("walk_from_nothing")(), seed=seed)
    folder = keep or Path(tempfile.mkdtemp())
    started, stages = time.perf_counter(), {}

    def report(stage: str, position: Position, numbers: dict[str, float]) -> None:
        stages[stage] = {"samples": position.samples, "seconds": round(position.seconds)}
        print(f"{stage} {position.samples:,} {position.seconds:.0f} s {numbers['episode/length_s']:.2f} s", flush=True)

    final = Pipeline(experiment, folder, find_motions(experiment.motions, body)).run(report)
    wall_clock_s = time.perf_counter() - started
    segment = Segment(time_s=0.0, mode="walk", forward_mps=SPEED_MPS)
    clips = [
        generate(
            Kinematics(body),
            GaitSpec(segments=(segment,), duration_s=STEADY_S, phase=i / PHASES),
            name=f"walk@{SPEED_MPS} phase {i / PHASES:.2f}",
        )
        for i in range(PHASES)
    ]
    checkpoint = load_checkpoint(final)
    scores = summarise([run.score for run in follow_clips(checkpoint.policy, checkpoint.card.task, clips)])
    result = {
        "recipe": experiment.name,
        "seed": seed,
        "wall_clock_min": round(wall_clock_s / 60, 1),
        "stages": stages,
        "scores": scores,
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "mujoco": mujoco.__version__},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    if keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(command(main))
