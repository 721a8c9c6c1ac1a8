"""Observation terms: pure functions of a Moment, each (env, width); lengths scaled to about one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from kinesis.body.state import heading_rotation
from kinesis.registry import Registry
from kinesis.task.moment import Moment

OBSERVATIONS: Registry[Callable[..., Tensor]] = Registry("observation")


@OBSERVATIONS.register("root")
def root(m: Moment) -> Tensor:
    """Root height [m], up direction in the root frame, linear and angular velocity in heading frame. (env, 10)."""
    velocity = m.to_heading(m.now.qvel[:, :3])
    return torch.cat([m.now.qpos[:, 2:3], m.up_b, velocity, 0.2 * m.now.qvel[:, 3:6]], -1)


@OBSERVATIONS.register("joints")
def joints(m: Moment, *, speed_scale: float = 0.1) -> Tensor:
    """Joint angles [rad] and scaled speeds. (env, 2 joint)."""
    return torch.cat([m.joints, speed_scale * m.joint_speeds], -1)


@OBSERVATIONS.register("landmarks")
def landmarks(m: Moment) -> Tensor:
    """Landmarks relative to the root in the heading frame [m]. (env, 3 (landmark - 1))."""
    relative = m.now.landmarks[:, 1:] - m.now.qpos[:, None, :3]
    return m.to_heading(relative).flatten(1)


@OBSERVATIONS.register("activation")
def activation(m: Moment) -> Tensor:
    """Muscle activations. (env, muscle)."""
    return m.now.activation


@OBSERVATIONS.register("ground_force")
def ground_force(m: Moment) -> Tensor:
    """Vertical ground force of heels and toes in body weights. (env, foot)."""
    return (m.now.ground_force[..., 2] / m.tables.weight_n).clamp(-1.0, 5.0)


@OBSERVATIONS.register("landmark_errors")
def landmark_errors(m: Moment, *, scale: float = 5.0, speed_scale: float = 0.5) -> Tensor:
    """Tracked landmarks wanted at every horizon minus now, heading frame; speeds for the first horizon only."""
    tracked = m.tables.tracked
    position = m.target.ahead.landmarks - m.now.landmarks[:, None]
    speed = m.target.ahead.landmark_velocities[:, 0] - m.now.landmark_velocities
    errors = torch.cat([scale * position, speed_scale * speed[:, None]], 1)[:, :, tracked]
    return m.to_heading(errors).flatten(1).clamp(-10.0, 10.0)


@OBSERVATIONS.register("joint_targets")
def joint_targets(m: Moment, *, speed_scale: float = 0.1) -> Tensor:
    """Joint angles wanted at every horizon minus now; wanted angles and speeds at the first. (env, ...)."""
    wanted = m.target.ahead.qpos[..., m.tables.joint_qpos]
    first = m.target.ahead.qvel[:, 0, m.tables.joint_dof]
    return torch.cat([(wanted - m.joints[:, None]).flatten(1), wanted[:, 0], speed_scale * first], -1)


@OBSERVATIONS.register("heading_error")
def heading_error(m: Moment) -> Tensor:
    """Sine and cosine of wanted minus actual heading at the first horizon. (env, 2)."""
    c, s = m.heading
    wanted_c, wanted_s = heading_rotation(m.target.ahead.qpos[:, 0, 3:7])
    return torch.stack([wanted_s * c - wanted_c * s, wanted_c * c + wanted_s * s], -1)
