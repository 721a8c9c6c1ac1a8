"""Observation terms: pure functions of a Moment, each (env, width); lengths scaled to about one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from kinesis.body.state import facing
from kinesis.registry import Registry
from kinesis.task import kernels
from kinesis.task.config import Term
from kinesis.task.kernels import filled
from kinesis.task.moment import Moment

OBSERVATIONS: Registry[Callable[..., np.ndarray]] = Registry("observation")
MOST = 10.0
"""Scaled errors of landmarks are observed up to this."""
FAR_M = 1e3
"""Farther than anybody is from where he is wanted: no leash."""


class Observer:
    """What terms see, side by side: a Moment (env, ...) to (env, width)."""

    def __init__(self, terms: Iterable[Term]) -> None:
        """Find the terms."""
        self.terms = [(t.name, OBSERVATIONS.get(t.name), t.constants) for t in terms]

    def __call__(self, moment: Moment) -> Tensor:
        """Everything; put together by numpy, which for one environment is quicker than torch."""
        return torch.from_numpy(np.concatenate([f(moment, **constants) for _, f, constants in self.terms], -1))

    def widths(self, moment: Moment) -> dict[str, int]:
        """How wide every term is, measured by calling it."""
        return {name: f(moment, **constants).shape[1] for name, f, constants in self.terms}


@OBSERVATIONS.register("root")
def root(m: Moment) -> np.ndarray:
    """Root height [m], up direction in the root frame, linear and angular velocity in heading frame. (env, 10)."""
    return filled(kernels.root, 10, m.arrays.qpos, m.arrays.qvel, m.facing)


@OBSERVATIONS.register("joints")
def joints(m: Moment, *, speed_scale: float = 0.1) -> np.ndarray:
    """Joint angles [rad] and scaled speeds. (env, 2 joint)."""
    now, (place, dof, _) = m.arrays, m.tables.places
    return filled(kernels.joints, 2 * len(place), now.qpos, now.qvel, place, dof, speed_scale)


@OBSERVATIONS.register("landmarks")
def landmarks(m: Moment) -> np.ndarray:
    """Landmarks relative to the root in the heading frame [m]. (env, 3 (landmark - 1))."""
    marks = m.arrays.landmarks
    return filled(kernels.landmarks, 3 * (marks.shape[1] - 1), marks, m.arrays.qpos, m.facing)


@OBSERVATIONS.register("activation")
def activation(m: Moment) -> np.ndarray:
    """Muscle activations. (env, muscle)."""
    return m.now.activation.numpy()


@OBSERVATIONS.register("ground_force")
def ground_force(m: Moment) -> np.ndarray:
    """Vertical ground force of heels and toes in body weights. (env, foot)."""
    force = m.now.ground_force.numpy()
    return filled(kernels.ground_force, force.shape[1], force, m.tables.weight_n)


@OBSERVATIONS.register("landmark_errors")
def landmark_errors(
    m: Moment,
    *,
    scale: float = 5.0,
    speed_scale: float = 0.5,
    ahead_m: float = FAR_M,
    behind_m: float = FAR_M,
    aside_m: float = FAR_M,
) -> np.ndarray:
    """Tracked landmarks wanted at every horizon minus now, heading frame; speeds for the first horizon only.

    A leash: a body that is further ahead of where it is wanted, behind or beside it, than these lengths [m] sees itself
    no further off. So it comes back at a pace that it knows, where it would fall over a step that is too long for it.
    """
    seen, tracked = m.arrays, m.tables.places.tracked
    width = 3 * len(tracked) * (seen.landmarks_ahead.shape[1] + 1)
    marks = seen.landmarks, seen.speeds, seen.landmarks_ahead, seen.speeds_ahead
    roots = seen.qpos, m.target.now.qpos.numpy()
    constants = scale, speed_scale, ahead_m, behind_m, aside_m, MOST
    return filled(kernels.landmark_errors, width, *marks, *roots, m.facing, tracked, *constants)


@OBSERVATIONS.register("joint_targets")
def joint_targets(m: Moment, *, speed_scale: float = 0.1) -> np.ndarray:
    """Joint angles wanted at every horizon minus now; wanted angles and speeds at the first. (env, ...)."""
    seen, (place, dof, _) = m.arrays, m.tables.places
    width = len(place) * (seen.qpos_ahead.shape[1] + 2)
    wanted = seen.qpos_ahead, seen.qvel_ahead
    return filled(kernels.joint_targets, width, seen.qpos, *wanted, place, dof, speed_scale)


@OBSERVATIONS.register("heading_error")
def heading_error(m: Moment) -> np.ndarray:
    """Sine and cosine of wanted minus actual heading at the first horizon. (env, 2)."""
    return filled(kernels.heading_error, 2, m.facing, facing(m.arrays.qpos_ahead[:, 0, 3:7]))
