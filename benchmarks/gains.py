"""What of an expert has to be otherwise so that it follows motions best, or walks within published bands.

An evolution strategy (`evolution.py`) seeks one factor for each pair of muscles, and what else is asked for
(`sought.py`), with which one expert of a gate comes nearest to motions, by default built-in walks, and to what the
ground must do for them (`motion/ground`); with `--norms` and `--costs.bands`, nearest to published curves of gait
(`bands.py`). EMG is not used.

python benchmarks/gains.py --policy policy.safetensors --out stronger.safetensors --generations 40
python benchmarks/gains.py --policy policy.safetensors --out nearer.safetensors --ways 6 --seen --shifted --width 0.018
    --norms DIR --costs.bands knee_extension_moment 3 ground_force_vertical 2 --costs.far-sd 1.7
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from bands import EVERY, Bands
from evolution import CANDIDATES, Evolution
from sought import Sought

from kinesis.body import Body, load
from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import Run, count_frames, follow_batch, make_env
from kinesis.evaluate.metrics import SUCCESS
from kinesis.evaluate.provenance import policy_id
from kinesis.evaluate.recording import Tape
from kinesis.learn.checkpoint import load_checkpoint, save_checkpoint
from kinesis.motion.clip import Clip, beginning
from kinesis.motion.find import find_motions
from kinesis.motion.ground import ground_of
from kinesis.task import TaskConfig
from kinesis.task.moment import Tables

WALKS = ",".join(f"builtin:walk@{speed}" for speed in (1.0, 1.25, 1.4, 1.6))
MOST_CLIPS = 64
"""Of the motions so many at the most are followed to find the ways of a hidden layer."""
MOST_DEG = 30.0
"""A joint that is further off counts as far off as this."""


@dataclass(frozen=True)
class Costs:
    """What counts alike: mean distance of landmarks, root mean square of joints' errors and of the force on a foot.

    In metres, degrees and body weights. lost_m: as far off counts who is further off. bands: weights of curves, see
    `bands.Bands`; what lies wholly outside its band, from far_sd standard deviations, costs its weight; who falls, all.
    """

    distance_m: float = 0.022
    joints_deg: float = float("inf")
    force: float = 0.1
    lost_m: float = 0.5
    bands: dict[str, float] = field(default_factory=dict)
    far_sd: float = 2.8


class Trial:
    """Follows motions with many candidates side by side."""

    def __init__(self, sought: Sought, task: TaskConfig, costs: Costs, norms: Path | None) -> None:
        """norms: needed for bands."""
        self.sought, self.task, self.costs = sought, task, costs
        self.body: Body = load(task.body)
        self.weight_n = Tables.of(self.body).weight_n
        if costs.bands and norms is None:
            raise KinesisError("bands without norms", expected="--norms, a folder of tables")
        self.bands = Bands(norms, self.body, costs.bands, costs.far_sd) if norms and costs.bands else None

    def __call__(self, clips: list[Clip], vectors: np.ndarray) -> np.ndarray:
        """(candidate, 4): distance [m], joints [degree], force [body weight] that each is off by, and bands' cost."""
        act = self.sought.act(self.sought.numbers(vectors).repeated(len(clips)))
        many = clips * len(vectors)
        env = make_env(self.sought.policy, self.task, many, None)
        tape = Tape(env, many)
        with torch.no_grad():
            runs = follow_batch(act, env, many, tape if self.bands else lambda _: None)
        wanted = [self._lift(clip) for clip in clips]
        off = [(*self._off(run, wanted[i % len(clips)]), self._outside(tape, i, run)) for i, run in enumerate(runs)]
        return np.reshape(off, (len(vectors), len(clips), 4)).mean(1)

    def cost(self, off: np.ndarray) -> np.ndarray:
        """(candidate,) of what they are off by."""
        return np.asarray(off @ (1.0 / np.array([self.costs.distance_m, self.costs.joints_deg, self.costs.force, 1.0])))

    def _outside(self, tape: Tape, index: int, run: Run) -> float:
        if self.bands is None:
            return 0.0
        fell = SUCCESS.frames(run.trace)[0] < len(run.qpos)
        return self.bands.most if fell else self.bands(tape.recording(index, run, every=EVERY))

    def _lift(self, clip: Clip) -> np.ndarray:
        """(step, side) force on the feet [body weights] after each control step."""
        force = ground_of(self.body, clip).force
        at = (1 + np.arange(count_frames(clip, self.task))) / self.task.control_hz * clip.rate_hz
        return np.stack([np.interp(at, np.arange(clip.frames), force[:, i, 2]) for i in (0, 1)], 1) / self.weight_n

    def _off(self, run: Run, wanted: np.ndarray) -> tuple[float, float, float]:
        lift = run.ground_force[..., 2].reshape(len(wanted), 2, -1).sum(-1) / self.weight_n
        distance = run.trace.distance.mean(1).clip(max=self.costs.lost_m)
        joints = np.rad2deg(run.trace.joint_error).clip(-MOST_DEG, MOST_DEG)
        return float(distance.mean()), _rms(joints), _rms(lift - wanted)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.square(values).mean()))


def main(
    policy: str,
    out: Path,
    expert: int = 0,
    motions: str = WALKS,
    every: int = 1,
    draw: int = 0,
    always: int = 0,
    seconds: float | None = None,
    seen: bool = False,
    shifted: bool = False,
    ways: int = 0,
    norms: Path | None = None,
    costs: Costs = Costs(),
    width: float = 0.07,
    generations: int = 40,
    share: float = 1.0,
    seed: int = 0,
) -> None:
    """Fifteen seconds a generation on one core. Goes on from OUT.json, where each generation is noted.

    expert: of the gate, which, from 0. every: of the motions only the first of so many is followed. draw: so many of
    them are drawn in each generation, 0 for all; the first `always` are followed besides. seconds: so much of each, by
    default all. seen, shifted, ways: what is sought besides factors of muscles, see
    `sought.py`. norms: a folder of tables, for bands. width: how widely numbers are drawn at first. share: of the
    numbers that are found so much goes into the weights.
    """
    checkpoint = load_checkpoint(policy)
    card, task = checkpoint.card, checkpoint.card.task
    clips = find_motions(motions, load(task.body))[::every]
    if seconds is not None:
        clips = [beginning(clip, seconds) if clip.duration_s > seconds else clip for clip in clips]
    sought = Sought(checkpoint.policy, task, expert, clips[:MOST_CLIPS], seen=seen, shifted=shifted, ways=ways)
    trial = Trial(sought, task, costs, norms)
    which = [policy_id(checkpoint), expert, motions, every, draw, always, seconds]
    asked = [*which, seen, shifted, ways, str(norms), width, seed, *vars(costs).values()]
    search = Evolution(out.with_suffix(".json"), asked, sought.names, width)
    while search.generation < generations:
        rng = np.random.default_rng((seed, search.generation))
        drawn = always + rng.choice(len(clips) - always, draw, replace=False)
        followed = [clips[i] for i in (*range(always), *drawn)] if draw else clips
        steps = (1 + CANDIDATES) * sum(count_frames(clip, task) for clip in followed)
        off = functools.partial(trial, followed)
        cost = search.step(lambda vectors, off=off: trial.cost(off(vectors)), rng, steps)
        print(f"{search.state['seconds']:.0f} s, generation {search.generation}: {cost:.3f}", flush=True)
    sought.keep(sought.numbers(share * search.middle[None]))
    state = search.state
    save_checkpoint(out, checkpoint.policy, card.further(clips, state["steps"], state["seconds"]), half=True)


if __name__ == "__main__":
    sys.exit(command(main))
