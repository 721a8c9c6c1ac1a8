"""How much more, or less, of each muscle, and of what is seen, makes an expert follow motions best.

A separable evolution strategy (Ros & Hansen 2008, PPSN X:296) seeks one factor for each pair of muscles, and with
`--seen` one for each kind of what is seen, with which one expert of a gate comes nearest to motions, by default
built-in walks, and to what the ground must do for them (`motion/ground`). The factors go into the expert's last and
first layer. Neither EMG nor norms are used.

python benchmarks/gains.py --policy policy.safetensors --out stronger.safetensors --generations 40
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro

from kinesis.body import Body, load
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import Run, count_frames, follow_batch, make_env
from kinesis.learn.checkpoint import load_checkpoint, replacing, save_checkpoint
from kinesis.learn.experts import gate_of
from kinesis.learn.networks import ExpectedClip, Policy, heed, strengthen
from kinesis.motion.clip import Clip
from kinesis.motion.find import find_motions
from kinesis.motion.ground import ground_of
from kinesis.task import Env, TaskConfig
from kinesis.task.moment import Tables
from kinesis.task.observe import Observer

WALKS = ",".join(f"builtin:walk@{speed}" for speed in (1.0, 1.25, 1.4, 1.6))
CANDIDATES, KEPT, WIDTH_RATE = 16, 8, 0.1
"""Of each generation; how fast it is learnt how widely the factors' logarithms are drawn."""
MOST_DEG = 30.0
"""A joint that is further off counts as far off as this."""


@dataclass(frozen=True)
class Costs:
    """What counts alike: mean distance of landmarks, root mean square of joints' errors and of the force on a foot.

    In metres, degrees and body weights. lost_m: as far off counts who is further off.
    """

    distance_m: float = 0.022
    joints_deg: float = float("inf")
    force: float = 0.1
    lost_m: float = 0.5


class Factors:
    """From logarithms (candidate, factor) to a gain for each column that is seen, and for each muscle."""

    def __init__(self, env: Env, *, seen: bool) -> None:
        """Left and right share a factor. seen: whether what is seen has factors; there may be two to a column."""
        muscles = [name[:-2] for name in env.body.actuators]
        pairs = sorted(set(muscles))
        columns = _columns(env)
        kinds = sorted({kind for column in columns for kind in column}) if seen else []
        self.names = [*kinds, *pairs]
        self._of_column = np.array([[kind in column for column in columns] for kind in kinds], float)
        self._of_column = self._of_column.reshape(len(kinds), len(columns))
        self._of_muscle = len(kinds) + np.array([pairs.index(muscle) for muscle in muscles])

    def __call__(self, logs: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """(candidate, column) and (candidate, muscle)."""
        heeded = np.exp(logs[:, : len(self._of_column)] @ self._of_column)
        return torch.from_numpy(heeded).float(), torch.from_numpy(np.exp(logs[:, self._of_muscle])).float()


def _columns(env: Env) -> list[tuple[str, ...]]:
    """What each column of an observation is called, left and right alike; who has two names has two factors."""
    body = env.body
    joints = [_sideless(name) for name in body.joints]
    marks = [_sideless(name) for name in body.landmarks]
    tracked = [marks[place] for place in env.tables.places.tracked]
    kinds = {
        "root": lambda i: (str(i),),
        "joints": lambda i: (f"{i // len(joints)} {joints[i % len(joints)]}",),
        "landmarks": lambda i: (f"{marks[1 + i // 3]} {i % 3}",),
        "landmark_errors": lambda i: (f"{i // 3 // len(tracked)} {i % 3}", tracked[i // 3 % len(tracked)]),
        "joint_targets": lambda i: (str(i // len(joints)), joints[i % len(joints)]),
        "ground_force": lambda i: (str(i % (len(body.feet) // 2)),),
    }
    out = []
    for term, width in Observer(env.config.observations).widths(env.moment).items():
        of_column = kinds.get(term, lambda _: ("",))
        out += [tuple(f"{term} {words}" for words in of_column(i)) for i in range(width)]
    return out


def _sideless(name: str) -> str:
    return name[:-2] if name.endswith(("_r", "_l")) else name


class Trial:
    """Follows motions with many candidates side by side."""

    def __init__(self, policy: Policy, task: TaskConfig, expert: int, costs: Costs) -> None:
        """Of the gate's experts one is tried; the others stay as they are."""
        self.policy, self.task, self.expert, self.costs = policy, task, expert, costs
        self.gate = gate_of(policy, expert)
        self.body: Body = load(task.body)
        self.weight_n = Tables.of(self.body).weight_n

    def __call__(self, heeded: torch.Tensor, gains: torch.Tensor, clips: list[Clip]) -> np.ndarray:
        """(candidate, 3): distance [m], joints [degree] and force [body weight] that each is off by, on average.

        heeded, gains: see `Factors`.
        """
        each = [gain.repeat_interleave(len(clips), 0) for gain in (heeded, gains)]
        tried = self.gate.experts[self.expert]
        asked, clip, normal = tried.actor.network(), ExpectedClip(tried.spread, tried.span), tried.actor.obs_normalizer

        def act(seen: torch.Tensor) -> torch.Tensor:
            own = self.gate.chosen(seen) == self.expert
            heeded = normal.mean + each[0] * (seen - normal.mean)
            return torch.where(own[:, None], clip(each[1] * asked(heeded)), self.policy(seen))

        many = clips * len(gains)
        with torch.no_grad():
            runs = follow_batch(act, make_env(self.policy, self.task, many, None), many, lambda _: None)
        wanted = [self._lift(clip) for clip in clips]
        off = [self._off(run, wanted[i % len(clips)]) for i, run in enumerate(runs)]
        return np.reshape(off, (len(gains), len(clips), 3)).mean(1)

    def cost(self, off: np.ndarray) -> np.ndarray:
        """(candidate,) of what they are off by."""
        return np.asarray(off @ (1.0 / np.array([self.costs.distance_m, self.costs.joints_deg, self.costs.force])))

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


def _generation(
    state: dict[str, Any], trial: Trial, factors: Factors, clips: list[Clip], rng: np.random.Generator
) -> str:
    """Try candidates around the middle and move it, in place; what the middle itself did, in words."""
    middle, width = np.array(state["middle"]), np.array(state["width"])
    rank = np.log(KEPT + 0.5) - np.log(np.arange(1, KEPT + 1))
    rank /= rank.sum()
    drawn = rng.standard_normal((CANDIDATES // 2, len(middle)))
    drawn = np.concatenate([drawn, -drawn])
    off = trial(*factors(np.concatenate([middle[None], middle + width * drawn])), clips)
    cost = trial.cost(off)
    best = drawn[cost[1:].argsort()[:KEPT]]
    state["middle"] = (middle + width * (rank @ best)).tolist()
    state["width"] = (width * (1.0 - WIDTH_RATE) + WIDTH_RATE * width * np.sqrt(rank @ best**2)).tolist()
    state["generation"] += 1
    state["steps"] += (1 + CANDIDATES) * sum(count_frames(clip, trial.task) for clip in clips)
    (distance, joints, force), first = off[0], cost[0]
    return f"{first:.3f}, {1000.0 * distance:.1f} mm, joints {joints:.2f}°, force {force:.3f} body weights"


def main(
    policy: str,
    out: Path,
    expert: int = 0,
    motions: str = WALKS,
    every: int = 1,
    draw: int = 0,
    seen: bool = False,
    costs: Costs = Costs(),
    width: float = 0.07,
    generations: int = 40,
    share: float = 1.0,
    seed: int = 0,
) -> None:
    """Fifteen seconds a generation on one core. Goes on from OUT.json, where each generation is noted.

    expert: of the gate, which, from 0. every: of the motions only the first of so many is followed. draw: so many of
    them are drawn in each generation, 0 for all. seen: whether what is seen has factors as well. width: how widely
    the factors' logarithms are drawn at first. share: of the logarithms that are found so much goes into the weights.
    """
    checkpoint, notes, started = load_checkpoint(policy), out.with_suffix(".json"), time.monotonic()
    task = checkpoint.card.task
    trial = Trial(checkpoint.policy, task, expert, costs)
    clips = find_motions(motions, load(task.body))[::every]
    factors = Factors(make_env(checkpoint.policy, task, clips[:2], None), seen=seen)
    count = len(factors.names)
    card = checkpoint.card
    asked = [card.fingerprint, card.samples, expert, motions, every, draw, seen, [*vars(costs).values()], width, seed]
    state: dict[str, Any] = {"asked": asked, "generation": 0, "steps": 0, "seconds": 0.0, "names": factors.names}
    state |= {"middle": [0.0] * count, "width": [width] * count}
    if notes.exists():
        state = json.loads(notes.read_text())
        if state["asked"] != asked:
            raise KinesisError("another search is noted", where=str(notes), got=state["asked"], expected=asked)
    while state["generation"] < generations:
        rng = np.random.default_rng((seed, state["generation"]))
        followed = [clips[i] for i in rng.choice(len(clips), draw, replace=False)] if draw else clips
        words = _generation(state, trial, factors, followed, rng)
        state["seconds"] += time.monotonic() - started
        started = time.monotonic()
        with replacing(notes) as temporary:
            temporary.write_text(json.dumps(state))
        print(f"{state['seconds']:.0f} s, generation {state['generation']}: {words}", flush=True)
    heeded, gains = factors(share * np.array([state["middle"]]))
    network = trial.gate.experts[expert].actor.mlp
    heed(network, heeded[0])
    strengthen(network, gains[0])
    card = dataclasses.replace(
        card, samples=card.samples + state["steps"], wall_clock_s=card.wall_clock_s + state["seconds"], scores={}
    )
    save_checkpoint(out, checkpoint.policy, card, half=True)


if __name__ == "__main__":
    tyro.cli(main)
