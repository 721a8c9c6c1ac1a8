"""What each part of the learner is worth: arms that differ in one thing, on equal wall-clock.

    python benchmarks/ablation.py [--seconds 240] [--seeds 1] [--arms base scratch ...]

Run it while nothing else runs. Every arm has the same wall-clock and the same motions, and is scored without noise on
motions that it did not train on. All but `scratch` start from the torque teacher in `benchmarks/teachers`, whose own
hours are in nobody's wall-clock. An arm that is in the result for this many seconds and this seed is not run again.
Writes `benchmarks/results/ablation.json`, and the table and the curves into `docs/`.
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
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib as mpl
import mujoco

from kinesis.body import load
from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.evaluate import follow_clips, summarise
from kinesis.learn import load_checkpoint
from kinesis.learn.checkpoint import Checkpoint, replacing
from kinesis.learn.config import Distillation, Experiment, Mining, Network, Stage
from kinesis.learn.mining import MiningRun
from kinesis.learn.pipeline import Pipeline, Position
from kinesis.learn.recipes import GATE, MUSCLES, RECIPES
from kinesis.motion.clip import Clip
from kinesis.motion.find import find_motions
from kinesis.task.recipes import imitate

ROOT = Path(__file__).parent.parent
RESULT, TABLE = ROOT / "benchmarks/results/ablation.json", ROOT / "docs/ablation.md"
CURVES = ROOT / "docs/ablation.svg"
TEACHER = ROOT / "benchmarks/teachers/locomotion.safetensors"
SKILLS = ("walk", "backward", "circle")
TRAINED, SCORED = (",".join(f"builtin:{skill}-{split}" for skill in SKILLS) for split in ("train", "validation"))
STUDENT = 0.35
"""Share of the wall-clock that the student gets; muscles have the rest."""
EXPERT, GATING = 0.30, 0.15
"""Shares of the muscles' time that each of two experts and their gate get; what is left goes into examinations."""
Change = Callable[[Experiment], Experiment]


def base(seconds: float, seed: int) -> Experiment:
    """Student of the torque teacher, then muscles, in these seconds."""
    student = Stage("student", imitate(), distillation=Distillation(teacher=str(TEACHER)))
    muscles = Stage("muscles", imitate(), start="previous", ppo=MUSCLES)
    stages = (_lasting(student, STUDENT * seconds), _lasting(muscles, (1.0 - STUDENT) * seconds))
    return Experiment("ablation", TRAINED, stages, seed=seed, validation=SCORED)


def _lasting(stage: Any, seconds: float) -> Any:
    """The stage, ended by time alone."""
    if stage.ppo:
        return dataclasses.replace(stage, ppo=dataclasses.replace(stage.ppo, samples=10**9, most_s=seconds))
    rounds = dataclasses.replace(stage.distillation, rounds=10**6, most_s=seconds)
    return dataclasses.replace(stage, distillation=rounds)


def _all_ppo(**numbers: Any) -> Change:
    """These numbers in every stage of PPO."""

    def change(whole: Experiment) -> Experiment:
        stages = tuple(
            dataclasses.replace(s, ppo=dataclasses.replace(s.ppo, **numbers)) if s.ppo else s for s in whole.stages
        )
        return dataclasses.replace(whole, stages=stages)

    return change


def _task(**numbers: Any) -> Change:
    """These fields of the task in every stage."""

    def change(whole: Experiment) -> Experiment:
        stages = tuple(dataclasses.replace(s, task=dataclasses.replace(s.task, **numbers)) for s in whole.stages)
        return dataclasses.replace(whole, stages=stages)

    return change


def _scratch(whole: Experiment) -> Experiment:
    """Muscles from random weights, with the whole time."""
    (stage,) = RECIPES.get("scratch")().stages
    seconds = sum((s.ppo or s.distillation).most_s for s in whole.stages)  # type: ignore[union-attr, misc]
    return dataclasses.replace(whole, stages=(_lasting(stage, seconds),))


def _experts(whole: Experiment) -> Experiment:
    """Two experts and a gate in the time that muscles have."""
    muscles = whole.stages[-1]
    assert muscles.ppo
    assert muscles.ppo.most_s
    most_s = muscles.ppo.most_s
    gating = dataclasses.replace(GATE, samples=10**9, most_s=GATING * most_s)
    mining = Mining(experts=2, measure="success_strict", ppo=gating)
    return dataclasses.replace(_muscles(whole, most_s=EXPERT * most_s), mining=mining)


ARMS: dict[str, tuple[str, Change]] = {
    "base": ("student of a torque teacher, then muscles; diagonal noise, mirror, 50 Hz", lambda whole: whole),
    "scratch": ("muscles from random weights", _scratch),
    "lattice": ("Lattice exploration", _all_ppo(exploration="lattice")),
    "no mirror": ("left and right learnt apart", lambda e: dataclasses.replace(e, network=_apart(e.network))),
    "experts": ("two experts by negative mining and a gate", _experts),
    "no hard clips": ("starts uniform over the clips", _all_ppo(hard_share=0.0)),
    "tightening": ("endings tighten to half", _all_ppo(tighten=0.5)),
    "one horizon": ("the target one control step ahead only", _task(horizons_s=(0.02,))),
    "student only": ("no PPO in muscles", lambda e: _student(e)),
    "effort loss": ("mean squared excitation as a loss, weight 20, in muscles", lambda e: _muscles(e, effort=20.0)),
    "30 Hz": ("control at 30 Hz", _task(control_hz=30.0, horizons_s=(1 / 30, 0.1, 0.24))),
    "75 Hz": ("control at 75 Hz", _task(control_hz=75.0, horizons_s=(1 / 75, 0.1, 0.24))),
}


def _apart(network: Network) -> Network:
    return dataclasses.replace(network, symmetric=False)


def _student(whole: Experiment) -> Experiment:
    """The student alone, with the whole time."""
    student, muscles = whole.stages
    assert muscles.ppo
    assert muscles.ppo.most_s
    return dataclasses.replace(whole, stages=(_lasting(student, muscles.ppo.most_s / (1.0 - STUDENT)),))


def _muscles(whole: Experiment, **numbers: Any) -> Experiment:
    """These numbers in the last stage alone."""
    *before, last = whole.stages
    assert last.ppo
    return dataclasses.replace(
        whole, stages=(*before, dataclasses.replace(last, ppo=dataclasses.replace(last.ppo, **numbers)))
    )


def _examine(checkpoint: Checkpoint, clips: Sequence[Clip]) -> list[dict[str, Any]]:
    return [vars(run.score) for run in follow_clips(checkpoint.policy, checkpoint.card.task, clips)]


def run_arm(name: str, seconds: float, seed: int, about: str) -> dict[str, Any]:
    """Train one arm and score it."""
    body, folder = load("legs80"), Path(tempfile.mkdtemp())
    experiment = ARMS[name][1](base(seconds, seed))
    clips, curve, stages = find_motions(TRAINED, body), [], defaultdict(int)
    started = time.perf_counter()

    def report(stage: str, position: Position, numbers: dict[str, float]) -> None:
        stages[stage] = position.samples
        now = time.perf_counter() - started
        if not curve or now - curve[-1]["s"] > seconds / 60.0:
            keys = ("episode/length_s", "episode/success", "episode/mpjpe_mm")
            point = {k.split("/")[1]: round(numbers[k], 4) for k in keys if k in numbers}
            curve.append({"stage": stage, "s": round(now, 1)} | point)
            print(f"{name} seed {seed}: {stage} {now:.0f} s {point}", flush=True)

    if experiment.mining:
        final = MiningRun(experiment, folder, clips, _examine).run(report)
    else:
        final = Pipeline(experiment, folder, clips).run(report)
    took = time.perf_counter() - started
    checkpoint = load_checkpoint(final)
    scored = find_motions(SCORED, body)
    scores = summarise([r.score for r in follow_clips(checkpoint.policy, checkpoint.card.task, scored)])
    shutil.rmtree(folder)
    return {
        "arm": name,
        "seconds": seconds,
        "seed": seed,
        "wall_clock_s": round(took, 1),
        "samples": dict(stages),
        "scores": {k: v for k, v in scores.items() if k != "by_category"},
        "curve": curve,
        "about": about,
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "mujoco": mujoco.__version__},
    }


def main(seconds: float = 240.0, seeds: int = 1, arms: tuple[str, ...] = tuple(ARMS), about: str = "") -> None:
    """Run what is missing, write after each arm. about: a sentence for the page, on what else the machine did."""
    for name in arms:
        if name not in ARMS:
            raise KinesisError.unknown("arm of the ablation", name, ARMS)
    rows = json.loads(RESULT.read_text()) if RESULT.exists() else []
    for seed in range(seeds):
        for name in arms:
            if any((r["arm"], r["seconds"], r["seed"]) == (name, seconds, seed) for r in rows):
                continue
            rows.append(run_arm(name, seconds, seed, about))
            with replacing(RESULT) as temporary:
                temporary.write_text(json.dumps(rows, indent=1) + "\n")
            write_page(rows)
    write_page(rows)


def write_page(rows: list[dict[str, Any]]) -> None:
    """The table, best first, and the curves."""
    groups: dict[tuple[str, float], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["arm"], row["seconds"]].append(row)

    def mean(group: list[dict[str, Any]], key: str) -> float:
        return fmean(row["scores"][key] for row in group)

    order = sorted(groups, key=lambda k: (-mean(groups[k], "frame_coverage"), mean(groups[k], "mpjpe_mm")))
    lines = [
        "# What each part of the learner is worth",
        "",
        "Walking, walking backward and in circles: trained on the built-in training motions, scored on those of",
        "validation. Every arm has the same wall-clock and differs from `base` in one thing; all but `scratch` start",
        "from one torque teacher (`benchmarks/teachers/locomotion.safetensors`), whose hours are in nobody's time.",
        "Written by `python benchmarks/ablation.py`; the raw numbers are in `benchmarks/results/ablation.json`. The",
        "curves are of training, with its noise and its hard starts. There are 16 clips: one of them is 0.06.",
        *sorted({row["about"] for row in rows if row["about"]}),
        "",
        "| arm | what differs | seconds | seeds | success | strict | coverage | MPJPE [mm] | activation | steps |",
        "|---" * 10 + "|",
    ]
    for key in order:
        group = groups[key]
        numbers = [f"{mean(group, k):.2f}" for k in ("success", "success_strict", "frame_coverage")]
        samples = fmean(sum(row["samples"].values()) for row in group)
        lines.append(
            f"| {key[0]} | {ARMS[key[0]][0]} | {key[1]:.0f} | {len(group)} | {' | '.join(numbers)} "
            f"| {mean(group, 'mpjpe_mm'):.0f} | {mean(group, 'mean_activation'):.3f} | {samples / 1e6:.2f} M |"
        )
    TABLE.write_text("\n".join([*lines, "", "![length of episodes over wall-clock](ablation.svg)", ""]))
    _plot(groups)


def _plot(groups: dict[tuple[str, float], list[dict[str, Any]]]) -> None:
    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    styles = ("-", "--", ":")
    for index, ((arm, _), group) in enumerate(groups.items()):
        points = [p for p in group[0]["curve"] if "length_s" in p]
        line = styles[index // 8 % 3]
        axes.plot([p["s"] for p in points], [p["length_s"] for p in points], line, label=arm, lw=1.3)
    axes.set(xlabel="wall-clock [s]", ylabel="length of an episode [s]")
    axes.legend(fontsize=8, ncols=2)
    figure.savefig(CURVES)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(command(main))
