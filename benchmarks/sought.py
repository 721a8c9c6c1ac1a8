"""What may be sought of one expert of a gate, as one vector of numbers to a candidate, left and right alike.

Always: a factor for each pair of muscles. With `seen`: a factor for each kind of what is seen, how far from normal it
seems. With `shifted`: how much higher, farther and more bent what is wanted seems. With `ways`: how much each pair of
muscles follows each of so many ways in which the last hidden layer changes through the motions, its first
principal components. All of them end in the weights of the expert's first and last layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from kinesis.errors import KinesisError
from kinesis.evaluate.follow import count_frames, follow_batch, make_env
from kinesis.learn.experts import gate_of
from kinesis.learn.networks import ExpectedClip, Policy, bend, displace, heed, strengthen
from kinesis.learn.reflect import reflections_of
from kinesis.motion.clip import Clip
from kinesis.task import Env, TaskConfig
from kinesis.task.observe import Observer

SAGITTAL = ("hip_flexion", "knee_angle", "ankle_angle", "mtp_angle")
SHIFT_M, SHIFT_RAD = 0.1, 0.4
"""How far a number of one shifts what is wanted."""


@dataclass(frozen=True)
class Numbers:
    """Factors (candidate, column), (candidate, muscle), shifts (…, column), how ways are followed (…, way, muscle)."""

    heeded: Tensor
    gains: Tensor
    shifts: Tensor
    ways: Tensor

    def repeated(self, times: int) -> Numbers:
        """Every candidate so many times."""
        return Numbers(*(values.repeat_interleave(times, 0) for values in vars(self).values()))


class Sought:
    """What is sought of an expert of a gate, and how it is tried and kept."""

    def __init__(
        self,
        policy: Policy,
        task: TaskConfig,
        expert: int,
        clips: Sequence[Clip],
        *,
        seen: bool = False,
        shifted: bool = False,
        ways: int = 0,
    ) -> None:
        """Of the gate's experts one is tried; the others stay as they are. clips: in which ways are found."""
        self.policy, self.gate, self.expert = policy, gate_of(policy, expert), expert
        self.tried = self.gate.experts[expert]
        must_be_mirrored(self.tried.actor.mlp)
        env = make_env(policy, task, clips[:1], None)
        muscles = [_sideless(name) for name in env.body.actuators]
        pairs = sorted(set(muscles))
        columns = _columns(env)
        kinds = sorted({kind for column in columns for kind in column}) if seen else []
        shifts = shifts_of(env) if shifted else {}
        self._of_column = np.array([[kind in column for column in columns] for kind in kinds], float)
        self._of_column = self._of_column.reshape(len(kinds), len(columns))
        self._of_muscle = np.array([pairs.index(muscle) for muscle in muscles])
        self._shifts = np.array(list(shifts.values())).reshape(len(shifts), len(columns))
        self._ways = Ways(self, task, clips, ways) if ways else None
        follows = [f"{muscle} {way}" for way in range(ways) for muscle in pairs]
        self.names = [*kinds, *pairs, *shifts, *follows]
        self._parts = np.cumsum([len(kinds), len(pairs), len(shifts)])

    def numbers(self, vectors: np.ndarray) -> Numbers:
        """Of (candidate, number)."""
        kinds, pairs, shifts, ways = np.split(vectors, self._parts, axis=1)
        follows = ways.reshape(len(vectors), -1, pairs.shape[1])[..., self._of_muscle]
        found = (np.exp(kinds @ self._of_column), np.exp(pairs)[:, self._of_muscle], shifts @ self._shifts, follows)
        return Numbers(*(torch.from_numpy(values).float() for values in found))

    def act(self, numbers: Numbers) -> Callable[[Tensor], Tensor]:
        """The whole policy with one candidate an environment."""
        actor, clip = self.tried.actor, ExpectedClip(self.tried.spread, self.tried.span)
        normal, layers, ways = actor.obs_normalizer, list(actor.mlp), self._ways

        def act(seen: Tensor) -> Tensor:
            own = self.gate.chosen(seen) == self.expert
            hidden = normal.mean + numbers.heeded * (seen - normal.mean) + numbers.shifts
            for layer in (normal, *layers[:-1]):
                hidden = layer(hidden)
            asked = numbers.gains * layers[-1](hidden)
            if ways:
                asked = asked + ways(hidden, numbers.ways)
            return torch.where(own[:, None], clip(asked), self.policy(seen))

        return act

    def keep(self, numbers: Numbers) -> None:
        """Put those of one candidate into the expert's weights."""
        actor = self.tried.actor
        normal = actor.obs_normalizer
        displace(actor.mlp, numbers.shifts[0] / (normal.std + normal.eps).flatten())
        heed(actor.mlp, numbers.heeded[0])
        strengthen(actor.mlp, numbers.gains[0])
        if self._ways:
            bend(actor.mlp, *self._ways.weights(numbers.ways[0]))
        for layer in (m for m in actor.mlp if isinstance(m, nn.Linear)):
            same_on_both_sides(layer)


class Ways:
    """How the last hidden layer changes through motions; one side's ways are the other's with the halves exchanged."""

    def __init__(self, of: Sought, task: TaskConfig, clips: Sequence[Clip], count: int) -> None:
        """The first `count` principal components, each of unit spread, and how widely every muscle is asked for.

        Over all that the expert sees of clips, where it is the one that acts.
        """
        env = make_env(of.policy, task, clips, None)
        seen: list[Tensor] = []

        def act(observation: Tensor) -> Tensor:
            going = torch.tensor([len(seen) < count_frames(clip, task) for clip in clips])
            seen.append(observation[going & (of.gate.chosen(observation) == of.expert)])
            return of.policy(observation)

        follow_batch(act, env, clips, lambda _: None)
        actor = of.tried.actor
        with torch.no_grad():
            layers = list(actor.mlp)
            hidden = nn.Sequential(actor.obs_normalizer, *layers[:-1])(torch.cat(seen))
            asked = layers[-1](hidden).clamp(-0.3, 1.3)
            both = torch.cat([hidden, _exchanged(hidden)])
            self.mean = both.mean(0)
            _, spread, ways = torch.linalg.svd(both - self.mean, full_matrices=False)
            self.ways = ways[:count] / (spread[:count, None] / len(both) ** 0.5)
            self.spread = torch.cat(asked.chunk(2, -1)).std(0).repeat(2)

    def __call__(self, hidden: Tensor, follows: Tensor) -> Tensor:
        """(env, muscle) more that is asked for; follows: (env, way, muscle), in spreads of what is asked for."""
        away = hidden - self.mean
        sides = torch.stack([away @ self.ways.T, _exchanged(away) @ self.ways.T], -1)
        each = sides.repeat_interleave(follows.shape[-1] // 2, -1)
        return (each * follows).sum(1) * self.spread

    def weights(self, follows: Tensor) -> tuple[Tensor, Tensor]:
        """The same of one candidate (way, muscle) as weights (muscle, hidden) and bias (muscle,) of a last layer."""
        right, left = (follows * self.spread).chunk(2, -1)
        weights = torch.cat([right.T @ self.ways, left.T @ _exchanged(self.ways)])
        return weights, -weights @ self.mean


def must_be_mirrored(mlp: nn.Sequential) -> None:
    """Refuse a network that does not treat left and right alike: its halves mean nothing to each other."""
    if reflections_of([m for m in mlp if isinstance(m, nn.Linear)]) is None:
        raise KinesisError(
            "left and right are not alike", where="the expert's network", expected="one that is mirrored"
        )


def same_on_both_sides(layer: nn.Linear) -> None:
    """Rounding must not part the sides' biases, or a network is no longer known to be mirrored."""
    with torch.no_grad():
        layer.bias.copy_(0.5 * (layer.bias + _exchanged(layer.bias)))


def _exchanged(values: Tensor) -> Tensor:
    """The first half of the last axis changes places with the second."""
    return values.roll(values.shape[-1] // 2, -1)


def _sideless(name: str) -> str:
    return name[:-2] if name.endswith(("_r", "_l")) else name


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


def shifts_of(env: Env) -> dict[str, np.ndarray]:
    """By what is shifted, (column,) by how much an observation changes for a number of one."""
    marks = [_sideless(env.body.landmarks[place]) for place in env.tables.places.tracked]
    joints = [_sideless(name) for name in env.body.joints]
    widths = Observer(env.config.observations).widths(env.moment)
    whole, at, found = sum(widths.values()), 0, {}
    for term in env.config.observations:
        columns = np.arange(widths[term.name])
        if term.name == "landmark_errors":
            places = columns < len(columns) - 3 * len(marks)  # speeds come last
            of_mark = np.array(marks)[columns // 3 % len(marks)]
            step = SHIFT_M * term.constants.get("scale", 5.0)
            axes = [(mark, axis) for mark in sorted(set(marks)) for axis in (0, 2)]
            some = {f"{mark} {axis}": places & (of_mark == mark) & (columns % 3 == axis) for mark, axis in axes}
        elif term.name == "joint_targets":
            step, of_joint = SHIFT_RAD, np.array(joints)[columns % len(joints)]
            some = {joint: of_joint == joint for joint in SAGITTAL}
        else:
            some = {}
        for name, which in some.items():
            found[f"wanted {name}"] = np.zeros(whole)
            found[f"wanted {name}"][at + columns[which]] = step
        at += len(columns)
    return found
