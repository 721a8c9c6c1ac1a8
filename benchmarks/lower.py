"""Let one expert of a gate see what is wanted a little lower than it is: so it lands later and more softly.

A body that lands 20 ms early takes up the load early, and its other foot is relieved early. The wanted landmarks'
heights above the body's are less by so much at every horizon, in the first layer's bias; nothing is trained.

python benchmarks/lower.py --policy driven.safetensors --out lower.safetensors --metres 0.01
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import torch
from sought import SHIFT_M, must_be_mirrored, same_on_both_sides, shifts_of

from kinesis.body import load
from kinesis.cli import command
from kinesis.evaluate.follow import make_env
from kinesis.learn.checkpoint import load_checkpoint, save_checkpoint
from kinesis.learn.experts import gate_of
from kinesis.learn.networks import displace
from kinesis.motion.find import find_motions
from kinesis.task import Env


def lowered(env: Env, metres: float) -> torch.Tensor:
    """(column,) by how much an observation changes if what is wanted is so much lower."""
    heights = sum(by for name, by in shifts_of(env).items() if name.endswith(" 2"))
    return torch.from_numpy(-metres / SHIFT_M * heights).float()


def main(policy: str, out: Path, metres: float, expert: int = 0) -> None:
    """A few seconds. expert: of the gate, which, from 0."""
    checkpoint = load_checkpoint(policy)
    task, actor = checkpoint.card.task, gate_of(checkpoint.policy, expert).experts[expert].actor
    env = make_env(checkpoint.policy, task, find_motions("builtin:walk@1.4", load(task.body)), None)
    must_be_mirrored(actor.mlp)
    normal = actor.obs_normalizer
    displace(actor.mlp, lowered(env, metres) / (normal.std + normal.eps))
    same_on_both_sides(next(m for m in actor.mlp if isinstance(m, torch.nn.Linear)))
    save_checkpoint(out, checkpoint.policy, dataclasses.replace(checkpoint.card, scores={}), half=True)


if __name__ == "__main__":
    sys.exit(command(main))
