"""What a policy sees, as torch functions of an Instant and a Goal, so that it has a gradient.

The same columns as the compiled terms of `observe`, from which a policy acts and learns otherwise; a test compares
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.body.state import State
from kinesis.body.twin import Bones, rotation_of
from kinesis.command import Target
from kinesis.registry import Registry
from kinesis.task.config import Term
from kinesis.task.moment import Tables
from kinesis.task.observe import FAR_M, MOST

TWINS: Registry[Callable[..., Tensor]] = Registry("observation with a gradient")


class Instant(NamedTuple):
    """A body now. position (env, 3), rotation (env, 3, 3) of the root; velocity in the world, spin in its own frame.

    joints, speeds (env, joint); activation (env, muscle); load (env, foot): vertical ground force [body weights];
    landmarks, landmark_speeds (env, landmark, 3), world.
    """

    position: Tensor
    rotation: Tensor
    velocity: Tensor
    spin: Tensor
    joints: Tensor
    speeds: Tensor
    activation: Tensor
    load: Tensor
    landmarks: Tensor
    landmark_speeds: Tensor

    @classmethod
    def of(cls, state: State, tables: Tables, bones: Bones) -> Self:
        """What a simulator's State is, knees kept to their couplings."""
        position, rotation = state.qpos[:, :3], rotation_of(state.qpos[:, 3:7])
        joints, speeds = state.qpos[:, tables.joint_qpos], state.qvel[:, tables.joint_dof]
        velocity, spin = state.qvel[:, :3], state.qvel[:, 3:6]
        load = (state.ground_force[..., 2] / tables.weight_n).clamp(-1.0, 5.0)
        marks = bones.moving(position, rotation, joints, velocity, spin, speeds)
        return cls(position, rotation, velocity, spin, joints, speeds, state.activation.clone(), load, *marks)

    def at(self, rows: Tensor | slice) -> Self:
        """The same rows of everything."""
        return type(self)(*(values[rows] for values in self))


class Goal(NamedTuple):
    """What is wanted: ahead of the body, as it intends it, at the first horizon or at all (env, horizon, ...); and now.

    landmarks (env, horizon, landmark, 3), landmark_speeds (env, landmark, 3), joints (env, horizon, joint), speeds
    (env, joint), rotation (env, 3, 3), velocity (env, 3), spin (env, 3): ahead. landmarks_now, joints_now, position
    (env, 2): of the motion as it is.
    """

    landmarks: Tensor
    landmark_speeds: Tensor
    joints: Tensor
    speeds: Tensor
    rotation: Tensor
    velocity: Tensor
    spin: Tensor
    landmarks_now: Tensor
    joints_now: Tensor
    position: Tensor

    @classmethod
    def of(cls, target: Target, tables: Tables) -> Self:
        """Copies of what a command asks for."""
        ahead, now = target.ahead, target.now
        return cls(
            ahead.landmarks.clone(),
            ahead.landmark_velocities[:, 0].clone(),
            ahead.qpos[:, :, tables.joint_qpos],
            ahead.qvel[:, 0, tables.joint_dof],
            rotation_of(ahead.qpos[:, 0, 3:7]),
            ahead.qvel[:, 0, :3].clone(),
            ahead.qvel[:, 0, 3:6].clone(),
            now.landmarks.clone(),
            now.qpos[:, tables.joint_qpos],
            now.qpos[:, :2].clone(),
        )

    def at(self, rows: Tensor | slice) -> Self:
        """The same rows of everything."""
        return type(self)(*(values[rows] for values in self))


def facing(rotation: Tensor) -> Tensor:
    """Cosine and sine (env, 2) of the heading of roots (env, 3, 3), which face -y of their own frame."""
    ahead = -rotation[:, :2, 1]
    return ahead / torch.linalg.vector_norm(ahead, dim=-1, keepdim=True).clamp_min(1e-6)


def in_heading(vectors: Tensor, heading: Tensor) -> Tensor:
    """World vectors (env, ..., 3) in frames of headings (env, 2)."""
    cosine, sine = heading.view(-1, *[1] * (vectors.ndim - 2), 2).unbind(-1)
    x, y, z = vectors.unbind(-1)
    return torch.stack([cosine * x + sine * y, cosine * y - sine * x, z], -1)


def heading_gap(heading: Tensor, wanted: Tensor) -> Tensor:
    """Sine and cosine (env, 2) of wanted minus actual heading, each as cosine and sine."""
    cosine, sine = heading.unbind(1)
    return torch.stack([wanted[:, 1] * cosine - wanted[:, 0] * sine, (wanted * heading).sum(1)], 1)


class Sight:
    """The terms of a task, side by side: an Instant and a Goal to (env, width)."""

    def __init__(self, terms: Iterable[Term], body: Body) -> None:
        """Find the terms.

        Raises:
            UnknownName: for a term that has no gradient here.
        """
        self.terms = [(TWINS.get(term.name), term.constants) for term in terms]
        self.tracked = torch.from_numpy(body.tracked)

    def __call__(self, now: Instant, goal: Goal) -> Tensor:
        """What is seen."""
        heading = facing(now.rotation)
        return torch.cat([twin(now, goal, heading, self.tracked, **given) for twin, given in self.terms], 1)


@TWINS.register("root")
def _root(now: Instant, _goal: Goal, heading: Tensor, _tracked: Tensor) -> Tensor:
    level = in_heading(now.velocity, heading)
    return torch.cat([now.position[:, 2:], now.rotation[:, 2], level, 0.2 * now.spin], 1)


@TWINS.register("joints")
def _joints(now: Instant, _goal: Goal, _heading: Tensor, _tracked: Tensor, *, speed_scale: float = 0.1) -> Tensor:
    return torch.cat([now.joints, speed_scale * now.speeds], 1)


@TWINS.register("landmarks")
def _landmarks(now: Instant, _goal: Goal, heading: Tensor, _tracked: Tensor) -> Tensor:
    return in_heading(now.landmarks[:, 1:] - now.position[:, None], heading).flatten(1)


@TWINS.register("activation")
def _activation(now: Instant, _goal: Goal, _heading: Tensor, _tracked: Tensor) -> Tensor:
    return now.activation


@TWINS.register("ground_force")
def _ground_force(now: Instant, _goal: Goal, _heading: Tensor, _tracked: Tensor) -> Tensor:
    return now.load


@TWINS.register("landmark_errors")
def _landmark_errors(
    now: Instant,
    goal: Goal,
    heading: Tensor,
    tracked: Tensor,
    *,
    scale: float = 5.0,
    speed_scale: float = 0.5,
    ahead_m: float = FAR_M,
    behind_m: float = FAR_M,
    aside_m: float = FAR_M,
) -> Tensor:
    (cosine, sine), off = heading.unbind(1), goal.position - now.position[:, :2]
    forward, left = cosine * off[:, 0] + sine * off[:, 1], cosine * off[:, 1] - sine * off[:, 0]
    nearer, inward = forward.clamp(-ahead_m, behind_m) - forward, left.clamp(-aside_m, aside_m) - left
    leash = torch.stack([nearer, inward, torch.zeros_like(nearer)], -1)[:, None, None]
    places = in_heading(goal.landmarks[:, :, tracked] - now.landmarks[:, None, tracked], heading) + leash
    speeds = in_heading(goal.landmark_speeds[:, tracked] - now.landmark_speeds[:, tracked], heading)
    return torch.cat([scale * places.flatten(1), speed_scale * speeds.flatten(1)], 1).clamp(-MOST, MOST)


@TWINS.register("joint_targets")
def _joint_targets(now: Instant, goal: Goal, _heading: Tensor, _tracked: Tensor, *, speed_scale: float = 0.1) -> Tensor:
    gaps = (goal.joints - now.joints[:, None]).flatten(1)
    return torch.cat([gaps, goal.joints[:, 0], speed_scale * goal.speeds], 1)


@TWINS.register("heading_error")
def _heading_error(_now: Instant, goal: Goal, heading: Tensor, _tracked: Tensor) -> Tensor:
    return heading_gap(heading, facing(goal.rotation))
