"""Every number a training run depends on. Frozen, saved as JSON with the run and inside each checkpoint."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kinesis.errors import KinesisError
from kinesis.task.config import TaskConfig

T = typing.TypeVar("T")


@dataclass(frozen=True)
class Network:
    """Multilayer perceptron of the policy and of the value function.

    symmetric: left and right are treated alike, exactly (see `learn/reflect.py`); needs even hidden widths.
    """

    policy: tuple[int, ...] = (512, 256, 128)
    value: tuple[int, ...] = (512, 256, 128)
    nonlinearity: str = "elu"
    symmetric: bool = True


@dataclass(frozen=True)
class PPO:
    """Numbers of rsl_rl's PPO, and of the caution that a good first policy needs.

    value_warmup: iterations in which only the value function learns. value_learning_rate: its own, constant.
    lowest/highest_learning_rate bound the policy's at every step, whatever rsl_rl's divergence schedule has come to
    meanwhile; that is held to them after each update, and by itself never goes below 1e-5.
    freeze_normaliser: keep the observation statistics that the first policy came with.
    effort: weight of the mean squared excitation as a loss beside PPO's, whose advantages have unit variance; for
    actions that are excitations. effort_by: what each muscle counts there, one of `body.muscles.EFFORTS`.
    samples, most_s: control steps [1] and, where given, seconds of wall-clock after which the run is over.
    tighten: share of the distances at which episodes end that is left at the end of the run, reached geometrically.
    exploration: diagonal or lattice (see `learn/exploration.py`).
    hard_share: of new episodes that start shortly before a place of recent failures (see `command.Follow`).
    shove_mps: bodies are shoved in a level direction every two seconds or so, by at most this much [m/s]; a push of
    100 N for 0.2 s is one of 0.27 m/s.
    noise, final_noise: standard deviation of exploration, its bound falling geometrically over the run; what a
    walk must learn last, not to fall sideways, is hidden by noise that it survives for one step only.
    """

    envs: int = 256
    steps: int = 16
    epochs: int = 4
    minibatches: int = 4
    gamma: float = 0.97
    lam: float = 0.95
    clip: float = 0.2
    entropy: float = 0.0
    learning_rate: float = 5e-4
    lowest_learning_rate: float = 1e-5
    highest_learning_rate: float = 1e-3
    value_learning_rate: float = 5e-4
    desired_divergence: float = 0.02
    exploration: str = "diagonal"
    noise: float = 0.25
    final_noise: float = 0.1
    value_warmup: int = 0
    freeze_normaliser: bool = False
    hard_share: float = 0.0
    shove_mps: float = 0.0
    effort: float = 0.0
    effort_by: str = "muscle"
    tighten: float = 1.0
    samples: int = 2_000_000
    most_s: float | None = None


@dataclass(frozen=True)
class Specialist:
    """Who teaches the motions of a category: a checkpoint's name or path."""

    category: str
    teacher: str


@dataclass(frozen=True)
class Distillation:
    """DAgger (Ross 2011) from a torque teacher through static optimisation, or from a policy of the same body.

    rounds of `steps` control steps in `envs` environments; after each, `updates` of `batch` states drawn from
    the last `kept_rounds`. teacher_rounds: rounds in which the teacher still acts in a falling share.
    learning_rate falls to final_learning_rate, where given, by the last round.
    teacher: the checkpoint to learn from, None for that of the stage before; specialists teach their categories in its
    place. most_s: where given, seconds of wall-clock after which no further round begins. strays: copies of every
    motion that stray (see `motion/stray.py`) and that the student follows too, while its teacher sees the motion as it
    was; so it learns what to make of a reference that does not fit together. share_by: what each muscle counts in
    static optimisation, one of `body.muscles.EFFORTS`; where given, what a policy of the same body would do is shared
    anew among the muscles as well, joint torques kept. by_force: power of a muscle's peak force by which its error
    counts, 0 for all alike: with 1 the student keeps more of its teacher's joint moments and ground forces. various:
    share of the environments whose bodies are weaker, stronger, lighter or heavier (see `sim/various.py`); a torque
    teacher's labels allow for that. gain: what the student gives is multiplied by this once it has learnt
    (docs/notes/learning.md 164).
    """

    envs: int = 128
    steps: int = 40
    rounds: int = 80
    kept_rounds: int = 30
    updates: int = 150
    batch: int = 512
    learning_rate: float = 1e-3
    noise: float = 0.03
    teacher_rounds: int = 6
    final_learning_rate: float | None = None
    teacher: str | None = None
    most_s: float | None = None
    strays: int = 0
    share_by: str | None = None
    by_force: float = 0.0
    various: float = 0.0
    gain: float = 1.0
    specialists: tuple[Specialist, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One stage of a run: its kind, its task, and its numbers.

    start: "scratch", "previous" (go on from the last stage's policy), or a checkpoint's path.
    gate: network of a gate over the policies that the run starts from, which is then what PPO trains.
    on_top: network of joint torques on top of the policy that the stage starts from, which are then what PPO trains
    (see `learn/on_top.py`); the next stage may distil both.
    """

    name: str
    task: TaskConfig
    start: str = "scratch"
    ppo: PPO | None = None
    distillation: Distillation | None = None
    gate: Network | None = None
    on_top: Network | None = None


@dataclass(frozen=True)
class Mining:
    """Negative mining around a run, then a gate over its experts (see `learn/mining.py`).

    experts: how many at the most. measure: the score that is one where a clip was followed: success or
    success_strict. enough, shrink: no further expert once at most the share `enough` of all clips fails, or the last
    one took less than the share `shrink` off what it was given. gate, ppo: the gate's networks and its training.
    """

    experts: int = 3
    measure: str = "success"
    enough: float = 0.02
    shrink: float = 0.1
    gate: Network = Network((256, 128), (512, 256, 128))
    ppo: PPO = PPO(freeze_normaliser=True)


@dataclass(frozen=True)
class Experiment:
    """A whole run: stages in order, motions, seed."""

    name: str
    motions: str
    stages: tuple[Stage, ...]
    network: Network = Network()
    seed: int = 0
    validation: str = "builtin:walk-validation"
    mining: Mining | None = None


def to_json(config: object) -> str:
    """Serialise a configuration."""
    return json.dumps(dataclasses.asdict(config), default=dict)  # type: ignore[call-overload]


def from_json(kind: type[T], text: str) -> T:
    """Rebuild a configuration; unknown or missing fields are refused.

    Raises:
        KinesisError: naming the field.
    """
    try:
        return typing.cast(T, _build(kind, json.loads(text), kind.__name__))
    except json.JSONDecodeError as error:
        raise KinesisError("not a configuration", got=error) from None


def _build(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        hints = typing.get_type_hints(kind)
        unknown = set(value) - set(hints)
        if unknown:
            raise KinesisError.unknown("field", sorted(unknown)[0], hints, where=where)
        try:
            return typing.cast(Any, kind)(**{k: _build(hints[k], v, f"{where}.{k}") for k, v in value.items()})
        except TypeError as error:
            raise KinesisError("incomplete configuration", where=where, got=error) from None
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _build(next(a for a in args if a is not type(None)), value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_build(args[0], item, where) for item in value)
    return value
