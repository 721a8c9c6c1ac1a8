"""Checkpoints: safetensors with one JSON text. Nothing in them is ever executed."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import mujoco
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from kinesis import __version__
from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.learn.config import Network, from_json
from kinesis.learn.experts import Mixture
from kinesis.learn.networks import Policy, make_actor
from kinesis.learn.on_top import OnTop
from kinesis.motion.clip import Clip
from kinesis.motion.intent import weights_of
from kinesis.task.actions import LAWS
from kinesis.task.config import TaskConfig

FORMAT = 1
SHIPPED = Path(__file__).parent / "policies"


@dataclass(frozen=True)
class Card:
    """What a policy is tied to and where it comes from.

    spread: standard deviation of exploration that the policy was trained with, a part of what it does (see
    `networks.ExpectedClip`). gate, spreads: of a mixture, the gate's network and each expert's spread; network is
    then that of every expert. on_top: of torques on top of a policy, their network; spreads has that policy's, network
    is its own. observations: name to width, in order. data: what it was trained on, with licences.
    scores: as measured.
    """

    task: TaskConfig
    network: Network
    fingerprint: str
    observations: dict[str, int]
    experiment: dict[str, Any]
    data: list[dict[str, str]]
    samples: int
    wall_clock_s: float
    spread: float = 0.0
    gate: Network | None = None
    on_top: Network | None = None
    spreads: tuple[float, ...] = ()
    scores: dict[str, Any] = field(default_factory=dict)
    engine: str = mujoco.__version__
    kinesis: str = __version__
    format: int = FORMAT

    def further(self, clips: Sequence[Clip], samples: int, seconds: float) -> Card:
        """After so much more learning, from these clips besides; scores have to be measured anew."""
        return dataclasses.replace(
            self,
            data=joined(self.data, data_of(clips)),
            samples=self.samples + samples,
            wall_clock_s=self.wall_clock_s + seconds,
            scores={},
        )


def data_of(clips: Sequence[Clip]) -> list[dict[str, str]]:
    """Sources of clips with their licences, and how many clips are from each: see `Card.data`."""
    kinds = Counter((clip.source, clip.licence) for clip in clips)
    return [{"source": source, "licence": licence, "clips": str(n)} for (source, licence), n in kinds.items()]


def joined(before: list[dict[str, str]], data: list[dict[str, str]]) -> list[dict[str, str]]:
    """What a policy was trained on before, and now."""
    return [entry for entry in before if entry not in data] + data


@dataclass(frozen=True)
class Checkpoint:
    """A policy with its card."""

    policy: Policy
    card: Card
    name: str


def save_checkpoint(path: Path, policy: Policy, card: Card, *, half: bool = False) -> None:
    """Write the policy's weights and its card; the file appears whole or not at all.

    half: layers' weights are rounded to half precision, for a file of half the size; who loads it computes in single.
    """
    state = policy.actor.plain_state()
    if half:
        state = {name: t.half() if name.endswith(".weight") else t for name, t in state.items()}
    write_tensors(path, state, asdict(card))


def load_checkpoint(source: str | Path) -> Checkpoint:
    """Read a policy by the name of a shipped one, or by path.

    Raises:
        KinesisError: if there is none, it is damaged, or made for another body, intent or other observations.
    """
    path = _find(str(source))
    tensors, words = read_tensors(path)
    where = path.name
    if words.get("format") != FORMAT:
        raise KinesisError("a checkpoint of another format", where=where, got=words.get("format"), expected=FORMAT)
    card = from_json(Card, json.dumps(words))
    body = load(card.task.body)
    if body.fingerprint != card.fingerprint:
        raise KinesisError(
            f"trained for another form of {body.name}",
            where=where,
            got=f"fingerprint {card.fingerprint}",
            expected=body.fingerprint,
            hint=f"it was made with MuJoCo {card.engine} and kinesis {card.kinesis}",
        )
    if card.task.intent:
        weights_of(card.task.intent, where)
    policy = _blank(card, body.model.nu)
    try:
        policy.actor.load_plain_state(tensors)
    except RuntimeError as error:
        raise KinesisError("weights that do not fit their own card", where=where, got=error) from None
    policy.actor.eval()
    return Checkpoint(policy, card, path.stem)


def leading(checkpoint: Checkpoint, seen: Tensor) -> Checkpoint:
    """The checkpoint itself or, of several policies in one, that of the leading one.

    Of a mixture, the expert whom its gate chooses most, of what is seen; of torques on top of a policy, that policy.

    seen: (env, width) observations, such as those of the motions at hand.
    """
    actor = checkpoint.policy.actor
    if isinstance(actor, Mixture):
        expert = actor.experts[int(actor.chosen(seen).mode().values)]
    elif isinstance(actor, OnTop):
        expert = actor.bases[0]
    else:
        return checkpoint
    card = dataclasses.replace(checkpoint.card, gate=None, on_top=None, spreads=(), spread=expert.spread)
    return Checkpoint(expert, card, checkpoint.name)


def _blank(card: Card, actions: int) -> Policy:
    """The policy that a card describes, its weights yet to come."""
    law, width = LAWS.get(card.task.law), sum(card.observations.values())

    def single(spread: float) -> Policy:
        return Policy(make_actor(card.network, width, actions, noise=0.1, centre=law.centre), spread, law.span)

    if card.gate:
        return Policy(Mixture([single(s) for s in card.spreads], card.gate))
    if card.on_top:
        return Policy(OnTop(single(card.spreads[0]), card.on_top))
    return single(card.spread)


def _find(source: str) -> Path:
    if (SHIPPED / f"{source}.safetensors").is_file():
        return SHIPPED / f"{source}.safetensors"
    if Path(source).is_file():
        return Path(source)
    shipped = sorted(p.stem for p in SHIPPED.glob("*.safetensors"))
    if os.sep in source or source.endswith(".safetensors"):
        raise KinesisError("no such checkpoint", where=source)
    raise KinesisError.unknown("policy", source, shipped)


def write_tensors(path: Path, tensors: dict[str, Tensor], words: dict[str, Any]) -> None:
    """Write tensors and a JSON text, through a temporary file beside the target."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    with replacing(path) as temporary:
        save_file(whole, temporary, metadata={"kinesis": json.dumps(words, default=dict)})


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, which takes its place once the block has ended well."""
    temporary = path.with_suffix(f".{os.getpid()}.part")
    yield temporary
    temporary.replace(path)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Raises:
        KinesisError: for a missing, cut-off or foreign file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            words = json.loads((file.metadata() or {})["kinesis"])
            return {key: file.get_tensor(key) for key in file.keys()}, words  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise KinesisError("not a checkpoint of this package", where=str(path), got=error) from None
