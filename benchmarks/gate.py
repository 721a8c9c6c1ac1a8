"""Teach a gate whom to trust: a policy that walks as people do, or one that bears everything else.

The walker acts on the built-in walks and standing, near to the motion; the other on every other motion, on people far
from the average, on recordings that do not fit together (strayed copies), and once the body is away from the motion.
Whose turn it is, the gate learns as a classifier of the states that it visits itself (DAgger, Ross 2011).

python benchmarks/gate.py --walker WALKER --rest REST --out policy.safetensors
"""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from pathlib import Path

import torch
import tyro
from torch import Tensor
from torch.nn.functional import cross_entropy

from kinesis.body import Body, Kinematics, load
from kinesis.command import Follow
from kinesis.learn.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from kinesis.learn.config import Network
from kinesis.learn.experts import Mixture
from kinesis.learn.networks import Policy
from kinesis.learn.pipeline import balanced
from kinesis.motion.clip import Clip
from kinesis.motion.corpus import builtin
from kinesis.motion.library import Library
from kinesis.motion.stray import stray
from kinesis.task import Env
from kinesis.task.config import Term
from kinesis.task.symmetry import measure_symmetry

GATE = Network((256, 128), (256, 128))
WALKS = ("walk", "stand")
NEAR_M = 0.05
"""Mean distance of the tracked landmarks up to which the walker is trusted."""
ENVS, STEPS, KEPT, UPDATES, BATCH = 256, 40, 25, 150, 1024
LEARNING_RATE, LAST_RATE = 1e-3, 5e-5
NOISE = 0.03
ENDINGS = (Term("any_landmark", constants={"limit_m": 0.4}), Term("fallen"))


def motions(body: Body) -> tuple[list[Clip], Tensor, Tensor]:
    """Clips, whether each is the walker's (clip,), and drawing weights (clip,).

    By time nearly half of it is the walker's; walks that are not count twice.
    """
    clips, his = [], []
    for split in ("train", "routes", "varied"):
        for number, clip in enumerate(builtin(body, split)):
            clips.append(clip)
            his.append(clip.category in WALKS and split != "varied")
            if split != "varied" and (number % 2 == 0 or clip.category == "walk"):
                clips.append(stray(Kinematics(body), clip, 0).strayed)
                his.append(False)
    own, weights = torch.tensor(his), balanced(clips)
    weights[own] *= 0.45 / weights[own].sum()
    weights[~own] *= 0.55 / weights[~own].sum()
    weights[~own & torch.tensor([clip.category == "walk" for clip in clips])] *= 2.0
    return clips, own, weights


def collect(env: Env, mixture: Mixture, own: Tensor) -> tuple[Tensor, Tensor]:
    """Observations (state, width) and whose turn it is (state,), 0 or 1, by the gate and some who please themselves."""
    drawn, seen, turn = torch.rand(ENVS), [], []
    walker, rest = mixture.experts
    assert isinstance(env.command, Follow)
    with torch.no_grad():
        for _ in range(STEPS):
            observation = env.observation
            walks = own[env.command.clip] & (env.moment.tracked_distance.mean(1) < NEAR_M)
            asked = mixture.chosen(observation) == 0
            acts = torch.where(drawn < 0.3, walks, torch.where(drawn < 0.4, ~walks, asked))
            action = torch.where(acts[:, None], walker(observation), rest(observation))
            env.step(action + NOISE * torch.randn(action.shape))
            seen.append(observation)
            turn.append((~walks).long())
    return torch.cat(seen), torch.cat(turn)


def main(walker: str, rest: str, out: Path, rounds: int = 40, seed: int = 0) -> None:
    """Two minutes for the motions, then 4 s a round on one core; prints how often the gate is right.

    The card counts the samples and seconds of both; ancestors that they share count twice.
    """
    torch.manual_seed(seed)
    started, body = time.monotonic(), load("legs80")
    experts: list[Checkpoint] = [load_checkpoint(walker), load_checkpoint(rest)]
    card = experts[1].card
    clips, own, weights = motions(body)
    task = dataclasses.replace(card.task, endings=ENDINGS, rewards=())
    command = Follow(Library(body, clips, task.intent), ENVS, task.horizons_s, seed=seed, weights=weights)
    env = Env(task, command, ENVS)
    mixture = Mixture([expert.policy for expert in experts], GATE)
    mixture.obs_normalizer.load_state_dict(experts[1].policy.actor.obs_normalizer.state_dict())
    mixture.reflect(measure_symmetry(env))
    policy = Policy(mixture, 0.0, env.law.span)
    env.prime = policy.prime
    optimizer = torch.optim.Adam(mixture.mlp.parameters(), lr=LEARNING_RATE)
    kept: deque[tuple[Tensor, Tensor]] = deque(maxlen=KEPT)
    for number in range(rounds):
        kept.append(collect(env, mixture, own))
        inputs, turns = mixture.obs_normalizer(torch.cat([s for s, _ in kept])), torch.cat([t for _, t in kept])
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (LAST_RATE / LEARNING_RATE) ** (number / rounds)
        for _ in range(UPDATES):
            rows = torch.randint(len(inputs), (BATCH,))
            loss = cross_entropy(mixture.mlp(inputs[rows]), turns[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        said = mixture.chosen(kept[-1][0])
        right = [round(float((said == who)[kept[-1][1] == who].float().mean()), 3) for who in (0, 1)]
        print(f"{time.monotonic() - started:.0f} s, round {number + 1}: right of the walker's and the other's {right}")
    mixture.eval()
    spreads = tuple(expert.policy.spread for expert in experts)
    known = experts[0].card.data
    data = known + [d for d in card.data if d not in known]
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
    tyro.cli(main)
