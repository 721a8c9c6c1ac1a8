"""How much more, or less, of each muscle makes an expert follow motions, and push on the ground, best.

A separable evolution strategy (Ros & Hansen 2008, PPSN X:296) seeks one factor for each pair of muscles, with which one
expert of a gate comes nearest to motions, by default built-in walks, and to what the ground must do for them
(`motion/ground`). The factors go into the last layer. Neither EMG nor norms are used.

python benchmarks/gains.py --policy policy.safetensors --out stronger.safetensors --generations 40
"""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch
import tyro

from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import Run, count_frames, follow_batch, make_env
from kinesis.learn.checkpoint import load_checkpoint, replacing, save_checkpoint
from kinesis.learn.experts import Mixture
from kinesis.learn.networks import ExpectedClip, Policy, strengthen
from kinesis.motion.clip import Clip
from kinesis.motion.find import find_motions
from kinesis.motion.ground import ground_of
from kinesis.task import TaskConfig
from kinesis.task.moment import Tables

WALKS = ",".join(f"builtin:walk@{speed}" for speed in (1.0, 1.25, 1.4, 1.6))
CANDIDATES, KEPT, WIDTH, WIDTH_RATE = 16, 8, 0.07, 0.1
"""Of each generation; how widely the factors' logarithms are drawn at first, and how fast that is learnt."""
LOST_M = 0.5
"""As far off counts who is further off."""
DISTANCE_M, FORCE = 0.022, 0.1
"""Mean distance of the landmarks and root mean square of the force on a foot [body weight] that count alike."""


class Trial:
    """Follows motions with many candidates side by side. pairs: the muscles, left and right as one."""

    def __init__(self, policy: Policy, task: TaskConfig, expert: int, clips: list[Clip]) -> None:
        """Of the gate's experts one is tried; the others stay as they are."""
        if not isinstance(policy.actor, Mixture) or not 0 <= expert < len(policy.actor.experts):
            raise KinesisError("no such expert", got=expert, expected="a gate's, from 0")
        body = load(task.body)
        self.policy, self.task, self.expert, self.gate = policy, task, expert, policy.actor
        self.clips = clips
        self.weight_n = Tables.of(body).weight_n
        self.wanted = [self._lift(clip, ground_of(body, clip).force) for clip in self.clips]
        names = [name[:-2] for name in body.actuators]
        self.pairs = sorted(set(names))
        self.of_muscle = [self.pairs.index(name) for name in names]

    def _lift(self, clip: Clip, force: np.ndarray) -> np.ndarray:
        """(step, side) force on the feet [body weights] after each control step, of (frame, side, 3) [N]."""
        steps = 1 + np.arange(count_frames(clip, self.task))
        at = steps / self.task.control_hz * clip.rate_hz
        return np.stack([np.interp(at, np.arange(clip.frames), force[:, i, 2]) for i in (0, 1)], 1) / self.weight_n

    def __call__(self, factors: np.ndarray) -> np.ndarray:
        """(candidate, 2) by how much landmarks [m] and the force on each foot [body weights] are off."""
        each = torch.from_numpy(np.repeat(factors, len(self.clips), 0)[:, self.of_muscle]).float()
        tried = self.gate.experts[self.expert]
        asked, clip = tried.actor.network(), ExpectedClip(tried.spread, tried.span)

        def act(seen: torch.Tensor) -> torch.Tensor:
            own = self.gate.chosen(seen) == self.expert
            return torch.where(own[:, None], clip(each * asked(seen)), self.policy(seen))

        clips = self.clips * len(factors)
        env = make_env(self.policy, self.task, clips, None)
        with torch.no_grad():
            runs = follow_batch(act, env, clips, lambda _: None)
        off = [self._off(run, self.wanted[i % len(self.clips)]) for i, run in enumerate(runs)]
        return np.reshape(off, (len(factors), len(self.clips), 2)).mean(1)

    def _off(self, run: Run, wanted: np.ndarray) -> tuple[float, float]:
        lift = run.ground_force[..., 2].reshape(len(wanted), 2, -1).sum(-1) / self.weight_n
        distance = run.trace.distance.mean(1).clip(max=LOST_M)
        return float(distance.mean()), float(np.sqrt(np.square(lift - wanted).mean()))


def main(
    policy: str,
    out: Path,
    expert: int = 0,
    motions: str = WALKS,
    every: int = 1,
    generations: int = 40,
    seed: int = 0,
) -> None:
    """Fifteen seconds a generation on one core. Goes on from OUT.json, where each generation is noted.

    expert: of the gate, which, from 0. every: of the motions only the first of so many is followed.
    """
    checkpoint, notes, started = load_checkpoint(policy), out.with_suffix(".json"), time.monotonic()
    task = checkpoint.card.task
    trial = Trial(checkpoint.policy, task, expert, find_motions(motions, load(task.body))[::every])
    count = len(trial.pairs)
    asked = [checkpoint.card.fingerprint, checkpoint.card.samples, expert, motions, every, seed]
    state = {"asked": asked, "generation": 0, "seconds": 0.0, "middle": [0.0] * count, "width": [WIDTH] * count}
    if notes.exists():
        state = json.loads(notes.read_text())
        if state["asked"] != asked:
            raise KinesisError("another search is noted", where=str(notes), got=state["asked"], expected=asked)
    rank = np.log(KEPT + 0.5) - np.log(np.arange(1, KEPT + 1))
    rank /= rank.sum()
    while state["generation"] < generations:
        middle, width = np.array(state["middle"]), np.array(state["width"])
        drawn = np.random.default_rng((seed, state["generation"])).standard_normal((CANDIDATES // 2, count))
        drawn = np.concatenate([drawn, -drawn])
        off = trial(np.exp(np.concatenate([middle[None], middle + width * drawn])))
        costs = (off / (DISTANCE_M, FORCE)).sum(1)
        best = drawn[costs[1:].argsort()[:KEPT]]
        state["middle"] = (middle + width * (rank @ best)).tolist()
        state["width"] = (width * (1.0 - WIDTH_RATE) + WIDTH_RATE * width * np.sqrt(rank @ best**2)).tolist()
        state["generation"] += 1
        state["seconds"] += time.monotonic() - started
        started = time.monotonic()
        with replacing(notes) as temporary:
            temporary.write_text(json.dumps(state))
        words = f"{costs[0]:.3f}, {1000.0 * off[0, 0]:.1f} mm, force {off[0, 1]:.3f} body weights"
        print(f"{state['seconds']:.0f} s, generation {state['generation']}: {words}", flush=True)
    factors = np.exp(state["middle"])[trial.of_muscle]
    strengthen(trial.gate.experts[expert].actor.mlp, torch.from_numpy(factors).float())
    steps = sum(len(wanted) for wanted in trial.wanted) * (CANDIDATES + 1) * state["generation"]
    card = dataclasses.replace(
        checkpoint.card,
        samples=checkpoint.card.samples + steps,
        wall_clock_s=checkpoint.card.wall_clock_s + state["seconds"],
        scores={},
    )
    save_checkpoint(out, checkpoint.policy, card, half=True)


if __name__ == "__main__":
    tyro.cli(main)
