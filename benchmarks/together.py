"""Experts of a gate replaced by means of an expert's stops, moved a part of the way there, or left out.

`foresee.py` keeps a stop every ten rounds; the mean of several is steadier than each, and a part of the way from the
former expert may keep what it could do. The gate, and the experts that are not named, stay.

python benchmarks/together.py --policy default --out nearer.safetensors --intent-share 0.7
    --experts 1=run_20.safetensors,run_40.safetensors 2=rest_8.safetensors@0.8
"""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import torch
from torch import Tensor

from kinesis.cli import command
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Card, Checkpoint, joined, load_checkpoint, save_checkpoint
from kinesis.learn.experts import gate_of, without
from kinesis.learn.networks import Policy


def main(
    policy: str,
    out: Path,
    experts: tuple[str, ...] = (),
    intent_share: float | None = None,
    leave_out: int | None = None,
) -> None:
    """Write OUT.

    policy: from which the stops went out. experts: as NUMBER=STOP,STOP or NUMBER=STOP,STOP@SHARE of the way from the
    former expert; samples and seconds are the last stop's, and wrong where it did not go out from the policy.
    intent_share: of what the intent says, that is carried out from now on; by default as in the policy's card.
    leave_out: the expert that the policy is to do without; what he cost still counts, as nobody knows his part.
    """
    former = load_checkpoint(policy)
    made, card = load_checkpoint(policy).policy, dataclasses.replace(former.card, scores={})
    for words in experts:
        found = re.fullmatch(r"(\d+)=([^@]+)(?:@(0?\.\d+|1))?", words)
        if not found:
            raise KinesisError("experts are given as NUMBER=STOP,STOP@SHARE", got=words)
        number, share = int(found[1]), float(found[3] or 1.0)
        stops = [load_checkpoint(name) for name in found[2].split(",")]
        state = between(expert_of(former, number), mean_of([expert_of(stop, number) for stop in stops]), share)
        gate_of(made, number).experts[number].actor.load_plain_state(state)
        card = with_cost(card, former.card, stops[-1].card)
    if intent_share is not None:
        weights = card.task.intent.partition("@")[0]
        card = dataclasses.replace(card, task=dataclasses.replace(card.task, intent=f"{weights}@{intent_share:g}"))
    if leave_out is not None:
        gate = gate_of(made, leave_out)
        assert card.gate
        made = Policy(without(gate, leave_out, card.gate))
        card = dataclasses.replace(card, spreads=tuple(one.spread for one in made.actor.experts))
    save_checkpoint(out, made, card, half=True)
    print(f"{out}: {card.samples / 1e6:.1f} million samples, {card.wall_clock_s / 3600:.1f} h, {card.task.intent}")


def expert_of(checkpoint: Checkpoint, number: int) -> dict[str, Tensor]:
    """Weights and normaliser of a gate's expert, or of a policy that is an expert by itself."""
    alone = checkpoint.card.gate is None
    actor = checkpoint.policy.actor if alone else gate_of(checkpoint.policy, number).experts[number].actor
    return actor.plain_state()


def mean_of(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Of every tensor; counts, which are whole numbers, are the first's."""
    return {
        name: torch.stack([state[name] for state in states]).mean(0) if first.is_floating_point() else first
        for name, first in states[0].items()
    }


def between(former: dict[str, Tensor], later: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """`share` of the way from `former` to `later`."""
    return {n: former[n].lerp(later[n], share) if former[n].is_floating_point() else former[n] for n in former}


def with_cost(card: Card, former: Card, stop: Card) -> Card:
    """What `stop` was learnt from and spent beyond `former`, added to `card`."""
    return dataclasses.replace(
        card,
        data=joined(card.data, [entry for entry in stop.data if entry not in former.data]),
        samples=card.samples + stop.samples - former.samples,
        wall_clock_s=card.wall_clock_s + stop.wall_clock_s - former.wall_clock_s,
    )


if __name__ == "__main__":
    sys.exit(command(main))
