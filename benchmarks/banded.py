"""A walker of a gate led into published bands of gait, by a linear model of how its curves answer.

`gains.py` learns one number from every trial. But a trial shows whole curves, and near where an expert stands they
answer almost linearly to what is sought of it (`sought.py`): so candidates are tried in pairs to either side, a ridge
regression says how every point of every curve answers, and the numbers go to where, by it, most points lie within
their bands. How far is tried. A walk answers less evenly than its mean over near ones, so places are compared by such
means; in the end the best of many near the last one is kept. EMG is not used.

python benchmarks/banded.py --policy walker.safetensors --out banded.safetensors --norms DIR
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from bands import EVERY, NEAR_SD, Bands
from sought import Sought
from torch import Tensor

from kinesis.body import Body, load
from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import follow_batch, make_env
from kinesis.evaluate.metrics import SUCCESS
from kinesis.evaluate.provenance import policy_id
from kinesis.evaluate.recording import Tape
from kinesis.learn.checkpoint import load_checkpoint, read_tensors, save_checkpoint, write_tensors
from kinesis.motion.clip import Clip
from kinesis.motion.find import find_motions
from kinesis.task import TaskConfig

WEIGHTS: Mapping[str, float] = {
    "hip_extension_moment": 3.0,
    "knee_extension_moment": 5.0,
    "ankle_plantarflexion_moment": 5.0,
    "ground_force_vertical": 2.0,
    "hip_flexion": 1.0,
    "knee_flexion": 1.0,
    "ankle_dorsiflexion": 1.0,
}
POINTS = 60
"""Of each curve."""
HALF_SD = 0.45
"""So much further off than `NEAR_SD` a point costs half of what it can: who cannot be reached is left."""
DISTANCE_M, JOINTS_DEG = 0.031, 6.0
"""Mean distance of landmarks and root mean square of joints' errors that cost one; their squares count."""
AT_ONCE = 48
NEAR, NEAR_WIDTH = 4, 0.3
"""How many candidates about a place it is judged by, and how near they are, of the width of pairs."""
PLENTY = 0.73
"""Of a curve inside: more is not asked of who is kept."""
KEPT, RIDGES = 0.9, (10.0, 30.0, 100.0, 300.0)
"""How much older pairs count with each round; what is tried for the regression, in pairs."""
HOLDS, STEPS, RATE = (0.3, 0.15, 0.1, 0.06, 0.03, 0.02, 0.01), 400, 0.05
"""What a step of one width costs in every number, tenths; Adam's steps and rate."""


class Trials:
    """Follows walks with many candidates, and says how far their curves are off."""

    def __init__(self, sought: Sought, task: TaskConfig, clips: list[Clip], bands: Bands) -> None:
        """bands: of curves with weights."""
        self.sought, self.task, self.clips, self.bands = sought, task, clips, bands
        self.weights = torch.tensor(list(bands.weights.values())).double()
        self.steps = 0

    def __call__(self, which: np.ndarray, vectors: np.ndarray) -> Tensor:
        """(candidate, point) how far off, last the distance [m] and joints [degree]; NaN who fell.

        which: the index (candidate,) of the clip that each follows.
        """
        parts = range(0, len(vectors), AT_ONCE)
        return torch.cat([self._some(which[k : k + AT_ONCE], vectors[k : k + AT_ONCE]) for k in parts])

    def _some(self, which: np.ndarray, vectors: np.ndarray) -> Tensor:
        many = [self.clips[index] for index in which]
        env = make_env(self.sought.policy, self.task, many, None)
        tape = Tape(env, many)
        with torch.no_grad():
            runs = follow_batch(self.sought.act(self.sought.numbers(vectors)), env, many, tape)
        out = []
        for index, run in enumerate(runs):
            self.steps += len(run.qpos)
            stood = SUCCESS.frames(run.trace)[0] == len(run.qpos)
            curves = self.bands.away(tape.recording(index, run, every=EVERY), POINTS) if stood else np.nan
            curves = np.broadcast_to(curves, (len(self.weights), POINTS)).ravel()
            joints = np.rad2deg(np.sqrt(np.square(run.trace.joint_error).mean()))
            out.append(np.array([*curves, run.trace.distance.mean(), joints]))
        return torch.from_numpy(np.stack(out))

    def cost(self, off: Tensor) -> Tensor:
        """(...,) of (..., point); NaN where there is one."""
        outside = (off[..., :-2].abs() - NEAR_SD).clamp_min(0.0).square()
        lost = (outside / (outside + HALF_SD**2)).unflatten(-1, (-1, POINTS)).mean(-1)
        return lost @ self.weights + (off[..., -2] / DISTANCE_M).square() + (off[..., -1] / JOINTS_DEG).square()

    def inside(self, off: Tensor) -> Tensor:
        """(..., curve) share of each that lies within one standard deviation, of (..., point)."""
        return (off[..., :-2].abs() <= 1.0).double().unflatten(-1, (-1, POINTS)).mean(-1)

    def lacks(self, off: Tensor) -> Tensor:
        """(candidate,) of (candidate, clip, point): what of all curves is short of `PLENTY`, the first clip twice."""
        short = (PLENTY - self.inside(off)).clamp_min(0.0).sum(-1)
        return torch.where(off.isnan().any(-1), torch.inf, short[:, :1] + short).mean(1)


def answers(moved: Tensor, changed: Tensor) -> tuple[Tensor, float]:
    """Ridge regression (point, number) of changes (pair, point) on moves (pair, number).

    Also the share of the changes that it leaves unexplained in pairs that it has not seen, by the best of `RIDGES`.
    """
    kernel, folds = moved @ moved.T, torch.arange(len(moved)) % 5

    def solved(among: Tensor, ridge: float) -> Tensor:
        return torch.linalg.solve(kernel[among][:, among] + ridge * torch.eye(int(among.sum())), changed[among])

    def left(ridge: float) -> float:
        parts = [changed[folds == f] - kernel[folds == f][:, folds != f] @ solved(folds != f, ridge) for f in range(5)]
        return float((torch.cat(parts).square().mean(0) / (changed.square().mean(0) + 1e-9)).mean())

    best = min(RIDGES, key=left)
    return (moved.T @ solved(folds >= 0, best)).T, left(best)


def steps_of(trials: Trials, off: Tensor, answer: Tensor) -> Tensor:
    """(candidate, number) where to go from what is off (clip, point), by `answer`, held more or less."""
    found = []
    for hold in HOLDS:
        step = torch.zeros(answer.shape[1], dtype=torch.double, requires_grad=True)
        adam = torch.optim.Adam([step], RATE)
        for _ in range(STEPS):
            cost = trials.cost(off + answer @ step).mean() + 0.1 * hold * step.square().sum()
            adam.zero_grad()
            cost.backward()
            adam.step()
        found.append(step.detach())
    return torch.stack(found)


class Search:
    """Where a search is; it is noted after every round."""

    def __init__(self, trials: Trials, notes: Path, asked: list[object], width: float, seed: int) -> None:
        """notes: from which it goes on, if they are of the same search."""
        count = len(trials.sought.names)
        self.trials, self.notes, self.asked, self.width, self.seed = trials, notes, asked, width, seed
        self.middle, self.round, self.seconds = torch.zeros(count).double(), 0, 0.0
        self.moved = torch.zeros(0, count).double()
        self.changed = torch.zeros(0, len(trials.weights) * POINTS + 2).double()
        if notes.exists():
            tensors, words = read_tensors(notes)
            if words["asked"] != asked:
                raise KinesisError("another search is noted", where=str(notes), got=words["asked"], expected=asked)
            self.middle, self.moved, self.changed = (tensors[name] for name in ("middle", "moved", "changed"))
            self.round, self.seconds, trials.steps = words["round"], words["seconds"], words["steps"]
        near = np.random.default_rng(seed).standard_normal((NEAR, count))
        self.near = NEAR_WIDTH * width * torch.from_numpy(near)
        self.off = self._about(self.middle[None])[0]
        if self.off.isnan().any():
            raise KinesisError("the expert falls, or walks at a speed without a band", expected="one that walks")

    def _everywhere(self, vectors: Tensor) -> Tensor:
        """(candidate, clip, point) of (candidate, number)."""
        clips = len(self.trials.clips)
        which = np.tile(np.arange(clips), len(vectors))
        return self.trials(which, vectors.repeat_interleave(clips, 0).numpy()).unflatten(0, (-1, clips))

    def _about(self, places: Tensor) -> Tensor:
        """(place, near, clip, point) of (place, number)."""
        return self._everywhere((places[:, None] + self.near).flatten(0, 1)).unflatten(0, (-1, NEAR))

    def _moves(self, answer: Tensor) -> bool:
        """Go to the best of `steps_of`, if it is better than here."""
        found = self.middle + self.width * steps_of(self.trials, self.off.mean(0), answer)
        off = self._about(found)
        cost = self.trials.cost(off).mean((1, 2)).nan_to_num(torch.inf)
        better = bool(cost.min() < self.trials.cost(self.off).mean())
        if better:
            self.middle, self.off = found[cost.argmin()], off[cost.argmin()]
        return better

    def step(self, pairs: int) -> float:
        """Try so many pairs about the middle, and move it as long as somewhere is better; what is left unexplained."""
        began, rng = time.monotonic(), np.random.default_rng((self.seed, self.round))
        drawn = torch.from_numpy(rng.standard_normal((pairs, len(self.middle))))
        which = rng.integers(len(self.trials.clips), size=pairs)
        tried = self.middle + self.width * torch.stack([drawn, -drawn], 1).flatten(0, 1)
        off = self.trials(which.repeat(2), tried.numpy()).unflatten(0, (-1, 2))
        changed = 0.5 * (off[:, 0] - off[:, 1])
        stood = changed.isfinite().all(1)
        self.moved = torch.cat([KEPT * self.moved, drawn[stood]])
        self.changed = torch.cat([KEPT * self.changed, changed[stood]])
        answer, unexplained = answers(self.moved, self.changed)
        while self._moves(answer):
            pass
        self.round += 1
        self.seconds += time.monotonic() - began
        words = {"asked": self.asked, "round": self.round, "seconds": self.seconds, "steps": self.trials.steps}
        write_tensors(self.notes, {"middle": self.middle, "moved": self.moved, "changed": self.changed}, words)
        return unexplained

    def best(self, count: int) -> Tensor:
        """(number,) the middle, or who of so many about it lacks least."""
        began, rng = time.monotonic(), np.random.default_rng((self.seed, self.round))
        drawn = torch.from_numpy(rng.standard_normal((count, len(self.middle))))
        places = torch.cat([self.middle[None], self.middle + NEAR_WIDTH * self.width * drawn])
        found = places[self.trials.lacks(self._everywhere(places)).argmin()]
        self.seconds += time.monotonic() - began
        return found


def main(
    policy: str,
    out: Path,
    norms: Path,
    expert: int = 0,
    speeds: tuple[float, ...] = (1.4, 1.36, 1.38, 1.42, 1.44),
    weights: Mapping[str, float] = WEIGHTS,
    ways: int = 6,
    width: float = 0.02,
    pairs: int = 200,
    rounds: int = 6,
    last: int = 80,
    seed: int = 0,
) -> None:
    """About six minutes a round of 200 pairs on two cores. Goes on from OUT.search.safetensors, noted after each.

    norms: a folder of tables, as `kinesis analyse gait` reads them. expert: of the gate, which, from 0. speeds: of the
    built-in walks that are followed [m/s], that counts most first. weights: of curves. ways, width: see `sought.py`,
    and `gains.py`. pairs: of candidates in a round; it takes some hundreds, in one round or several, until all numbers'
    answers are known. last: of how many near the last place the best is kept.
    """
    checkpoint = load_checkpoint(policy)
    card, task = checkpoint.card, checkpoint.card.task
    body: Body = load(task.body)
    clips = [find_motions(f"builtin:walk@{speed}", body)[0] for speed in speeds]
    sought = Sought(checkpoint.policy, task, expert, clips[:1], shifted=True, ways=ways)
    trials = Trials(sought, task, clips, Bands(norms, body, weights, NEAR_SD + HALF_SD))
    asked = [policy_id(checkpoint), expert, list(speeds), dict(weights), str(norms), ways, width, seed]
    search = Search(trials, out.with_suffix(".search.safetensors"), asked, width, seed)
    while search.round < rounds:
        left = search.step(pairs)
        shares = trials.inside(search.off).mean(0).numpy().round(2).tolist()
        inside = [dict(zip(weights, clip, strict=True)) for clip in shares]
        cost = trials.cost(search.off).mean()
        print(
            f"{search.seconds:.0f} s, round {search.round}: {cost:.3f}, unexplained {left:.2f}, inside {inside}",
            flush=True,
        )
    kept = search.best(last)
    sought.keep(sought.numbers(kept[None].numpy()))
    save_checkpoint(out, checkpoint.policy, card.further(clips, trials.steps, search.seconds), half=True)


if __name__ == "__main__":
    sys.exit(command(main))
