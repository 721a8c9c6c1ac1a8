"""Teach a gate whom to trust: a policy that walks as people do, or one that bears everything else.

The walker acts on built-in walks of people's usual pace, near to the motion; a runner, where there is one, on built-in
runs, or on all (`--all-runs`); the other on every other motion, on people unlike the average, and once the walker's
body is away from the motion. Whose turn it is, the gate learns as a classifier of the states that it visits itself
(DAgger, Ross 2011), that the right expert visits, and that any other does: whoever follows a motion closely must not
keep it for having begun it. Motions are short, since the first steps of a recording matter most.

python benchmarks/gate.py --walker WALKER --rest REST --out policy.safetensors [--runner RUNNER [--all-runs]]
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections import deque
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from kinesis.body import Body, load
from kinesis.cli import command
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Card, Checkpoint, load_checkpoint, save_checkpoint
from kinesis.learn.config import Network
from kinesis.learn.experts import Mixture
from kinesis.learn.networks import Policy
from kinesis.learn.pipeline import balanced
from kinesis.motion.clip import Clip
from kinesis.motion.corpus import builtin
from kinesis.motion.library import Library
from kinesis.task import Env
from kinesis.task.config import Term
from kinesis.task.symmetry import measure_symmetry

GATE = Network((256, 128), (256, 128))
PACE_MPS = 1.12
"""Mean speed from which a walk is the walker's."""
EPISODE_S = 3.0
NEAR_M = 0.05
"""Mean distance of the tracked landmarks up to which the walker is trusted."""
ENVS, STEPS, KEPT, UPDATES, BATCH = 256, 40, 25, 150, 1024
LEARNING_RATE, LAST_RATE = 1e-3, 5e-5
NOISE = 0.03
ENDINGS = (Term("any_landmark", constants={"limit_m": 0.4}), Term("fallen"))


def motions(body: Body, experts: int, *, all_runs: bool = False) -> tuple[list[Clip], Tensor, Tensor]:
    """Clips, the number of each one's expert (clip,), the walker's 0, and drawing weights (clip,).

    By time nearly half of it is the walker's; walks that are not count twice, runs of the runner's half as much again.
    """
    clips, numbers, rest = list[Clip](), list[int](), experts - 1
    for split in ("train", "routes", "near", "varied"):
        for clip in builtin(body, split):
            people = split in ("near", "varied")
            runner = clip.category == "run" and (all_runs or not people)
            clips.append(clip)
            numbers.append(1 if runner else 0 if _at_pace(clip) and not people else rest)
    whose, weights = torch.tensor(numbers), balanced(clips)
    own = whose == 0
    weights[(whose == 1) & (rest > 1)] *= 1.5
    weights[own] *= 0.45 / weights[own].sum()
    weights[~own] *= 0.55 / weights[~own].sum()
    weights[~own & torch.tensor([clip.category == "walk" for clip in clips])] *= 2.0
    return clips, whose, weights


def _at_pace(clip: Clip) -> bool:
    return clip.category == "walk" and float(np.linalg.norm(clip.qvel[:, :2], axis=1).mean()) > PACE_MPS


def collect(env: Env, mixture: Mixture, whose: Tensor) -> tuple[Tensor, Tensor]:
    """Observations (state, width) and whose turn it is (state,), where the gate, the right one or any one acts."""
    drawn, seen, turn, count = torch.rand(ENVS), [], [], len(mixture.experts)
    any_one = torch.randint(count, (ENVS,))
    assert isinstance(env.command, Follow)
    with torch.no_grad():
        for _ in range(STEPS):
            observation = env.observation
            right = whose[env.command.clip].clone()
            right[(right == 0) & (env.moment.tracked_distance.mean(1) >= NEAR_M)] = count - 1
            acts = torch.where(drawn < 0.2, right, torch.where(drawn < 0.5, any_one, mixture.chosen(observation)))
            action = torch.stack([one(observation) for one in mixture.experts])[acts, torch.arange(ENVS)]
            env.step(action + NOISE * torch.randn(action.shape))
            seen.append(observation)
            turn.append(right)
    return torch.cat(seen), torch.cat(turn)


def _kind(card: Card) -> tuple[str, tuple[int, ...], dict[str, int]]:
    """What experts under one gate have in common."""
    return "a gate" if card.gate else "one network", card.network.policy, card.observations


def main(
    walker: str,
    rest: str,
    out: Path,
    runner: str | None = None,
    all_runs: bool = False,
    runs_sooner: float = 0.0,
    wary: float = 2.0,
    rounds: int = 36,
    seed: int = 0,
) -> None:
    """Six minutes to prepare motions, then 7 s a round on one core; prints how often the gate is right.

    runs_sooner: added to the runner's logit in the end. In a run, a few steps of the expert for the rest are worse than
    none, and he takes one in five where the gate is in doubt.

    wary: taken from the walker's: of a recording, a few of his steps are worse than none.

    The card counts the samples and seconds of all; ancestors that they share count as often.
    """
    torch.manual_seed(seed)
    started, body = time.monotonic(), load("legs80")
    paths = (walker, runner, rest) if runner else (walker, rest)
    experts: list[Checkpoint] = [load_checkpoint(path) for path in paths]
    card = experts[-1].card
    for path, expert in zip(paths, experts, strict=True):
        if (own := _kind(expert.card)) != _kind(card):
            raise KinesisError(
                "an expert that differs from that for the rest", where=path, got=own, expected=_kind(card)
            )
    clips, whose, weights = motions(body, len(experts), all_runs=all_runs)
    task = dataclasses.replace(card.task, endings=ENDINGS, rewards=(), longest_episode_s=EPISODE_S)
    command = Follow(Library(body, clips, task.intent), ENVS, task.horizons_s, seed=seed, weights=weights)
    env = Env(task, command, ENVS)
    mixture = Mixture([expert.policy for expert in experts], GATE)
    mixture.obs_normalizer.load_state_dict(experts[-1].policy.actor.obs_normalizer.state_dict())
    mixture.reflect(measure_symmetry(env))
    policy = Policy(mixture, 0.0, env.law.span)
    env.prime = policy.prime
    optimizer = torch.optim.Adam(mixture.mlp.parameters(), lr=LEARNING_RATE)
    kept: deque[tuple[Tensor, Tensor]] = deque(maxlen=KEPT)
    for number in range(rounds):
        kept.append(collect(env, mixture, whose))
        inputs, turns = mixture.obs_normalizer(torch.cat([s for s, _ in kept])), torch.cat([t for _, t in kept])
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (LAST_RATE / LEARNING_RATE) ** (number / rounds)
        for _ in range(UPDATES):
            rows = torch.randint(len(inputs), (BATCH,))
            loss = cross_entropy(mixture.mlp(inputs[rows]), turns[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        said = mixture.chosen(kept[-1][0])
        right = [round(float((said == who)[kept[-1][1] == who].float().mean()), 3) for who in range(len(experts))]
        print(f"{time.monotonic() - started:.0f} s, round {number + 1}: right of each one's states {right}", flush=True)
    logits = mixture.mlp[-1].parametrizations.bias.original.data
    logits[0] -= wary
    logits[1] += runs_sooner * (runner is not None)
    mixture.eval()
    spreads = tuple(expert.policy.spread for expert in experts)
    data = [entry for expert in experts for entry in expert.card.data]
    data = [entry for number, entry in enumerate(data) if entry not in data[:number]]
    card = dataclasses.replace(
        card,
        gate=GATE,
        spreads=spreads,
        spread=0.0,
        data=data,
        samples=sum(expert.card.samples for expert in experts) + rounds * ENVS * STEPS,
        wall_clock_s=sum(expert.card.wall_clock_s for expert in experts) + time.monotonic() - started,
        scores={},
    )
    save_checkpoint(out, policy, card, half=True)


if __name__ == "__main__":
    sys.exit(command(main))
