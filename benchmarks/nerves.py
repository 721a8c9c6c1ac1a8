"""Let muscles of one nerve be driven together by one expert of a gate: tensor fasciae latae and rectus femoris.

A policy that learns from rewards and static optimisation has no reason to use the tensor as people do: in early stance
with the gluteus medius, with which it shares the superior gluteal nerve; and the rectus with the vasti, with which it
shares the femoral nerve (Standring 2016, "Gray's Anatomy"). So the tensor is asked for what the
gluteus medius is, and for nothing else; what it was asked for is asked of others that flex and abduct the hip; the
rectus is asked for what it was and for a part of what the vasti are. Only the last layer is changed, and nothing is
trained: `gains.py` then finds the factors with which the expert follows motions best.

python benchmarks/nerves.py --policy default --out driven.safetensors
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path

import torch

from kinesis.body import load
from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import load_checkpoint, save_checkpoint
from kinesis.learn.experts import gate_of
from kinesis.learn.networks import drive

GLUTEAL = 2.0 / 3.0
SHARES: Mapping[str, Mapping[str, float]] = {
    "tfl": {"glmed1": GLUTEAL, "glmed2": GLUTEAL, "glmed3": GLUTEAL},
    "psoas": {"psoas": 1.0, "tfl": 0.07},
    "iliacus": {"iliacus": 1.0, "tfl": 0.05},
    "sart": {"sart": 1.0, "tfl": 0.3},
    "glmin1": {"glmin1": 1.0, "tfl": 0.3},
    "glmin2": {"glmin2": 1.0, "tfl": 0.2},
    "recfem": {"recfem": 1.0, "vaslat": 0.3, "vasmed": 0.3},
}
"""What each of these muscles is asked for, as shares of what muscles of its leg were; all others as they were."""


def shares_of(actuators: tuple[str, ...], only: tuple[str, ...] = ()) -> torch.Tensor:
    """(muscle, muscle) of `SHARES`, for both legs; of all its muscles, or of some."""
    unknown = [muscle for muscle in only if muscle not in SHARES]
    if unknown:
        raise KinesisError("no share of a nerve", got=", ".join(unknown), expected=", ".join(SHARES))
    shares = torch.eye(len(actuators))
    for side in "rl":
        for muscle in only or SHARES:
            row = actuators.index(f"{muscle}_{side}")
            shares[row, row] = 0.0
            for part, share in SHARES[muscle].items():
                shares[row, actuators.index(f"{part}_{side}")] = share
    return shares


def main(policy: str, out: Path, expert: int = 0, share: float = 1.0, only: tuple[str, ...] = ()) -> None:
    """A second. expert: of the gate, which, from 0. share: how far from what muscles were asked for to `SHARES`.

    only: of its muscles these, by default all.
    """
    checkpoint = load_checkpoint(policy)
    network = gate_of(checkpoint.policy, expert).experts[expert].actor.mlp
    shares = shares_of(load(checkpoint.card.task.body).actuators, only)
    drive(network, torch.lerp(torch.eye(len(shares)), shares, share))
    save_checkpoint(out, checkpoint.policy, dataclasses.replace(checkpoint.card, scores={}), half=True)


if __name__ == "__main__":
    sys.exit(command(main))
