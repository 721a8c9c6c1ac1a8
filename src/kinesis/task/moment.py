"""Moment: all that a term may read, at one instant, for a batch of environments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.body.muscles import effort_cost
from kinesis.body.state import State, facing
from kinesis.command import Target


class Places(NamedTuple):
    """Where a Body's joints are in qpos and in qvel, and which landmarks are tracked."""

    qpos: np.ndarray
    qvel: np.ndarray
    tracked: np.ndarray


class Arrays(NamedTuple):
    """Memory shared with a Moment's tensors, for compiled loops: now (env, ...), and ahead (env, horizon, ...)."""

    qpos: np.ndarray
    qvel: np.ndarray
    landmarks: np.ndarray
    speeds: np.ndarray
    qpos_ahead: np.ndarray
    qvel_ahead: np.ndarray
    landmarks_ahead: np.ndarray
    speeds_ahead: np.ndarray


@dataclass
class Tables:
    """Constants of a Body as tensors, made once an environment."""

    joint_qpos: Tensor
    joint_dof: Tensor
    joint_range: Tensor
    tracked: Tensor
    feet: Tensor
    weight_n: float
    torque_scale: Tensor
    volume: Tensor
    """Of each muscle, the mean being one; of a body without muscles, ones."""
    places: Places

    @classmethod
    def of(cls, body: Body) -> Tables:
        """Read them off a Body."""
        muscles = body.actuation == "muscle"
        volume = effort_cost(body.model, "volume") if muscles else np.ones(body.model.nu)
        return cls(
            torch.from_numpy(body.joint_qpos),
            torch.from_numpy(body.joint_dof),
            torch.from_numpy(body.joint_range).float(),
            torch.from_numpy(body.tracked),
            torch.tensor([body.landmarks.index(name) for name in body.feet]),
            9.81 * body.mass_kg,
            torch.from_numpy(np.abs(body.model.actuator_ctrlrange).mean(1)).float(),
            torch.from_numpy(volume).float(),
            Places(body.joint_qpos, body.joint_dof, body.tracked),
        )


@dataclass
class Moment:
    """The State now, what is wanted, the last action (env, action); shared quantities computed once."""

    now: State
    target: Target
    action: Tensor
    control: Tensor
    tables: Tables

    @cached_property
    def arrays(self) -> Arrays:
        """What observations are made of."""
        states = self.now, self.target.ahead
        parts = [(s.qpos, s.qvel, s.landmarks, s.landmark_velocities) for s in states]
        return Arrays(*(part.numpy() for some in parts for part in some))

    @cached_property
    def facing(self) -> np.ndarray:
        """(env, 5) cosine and sine of the heading, world up in the frame of the root body."""
        return facing(self.now.qpos.numpy()[:, 3:7])

    @cached_property
    def up_b(self) -> Tensor:
        """(env, 3) world up in the frame of the root body."""
        return torch.from_numpy(self.facing[:, 2:])

    @cached_property
    def joints(self) -> Tensor:
        """(env, joint) angles now [rad]."""
        return self.now.qpos[:, self.tables.joint_qpos]

    @cached_property
    def joint_speeds(self) -> Tensor:
        """(env, joint) speeds now [rad/s]."""
        return self.now.qvel[:, self.tables.joint_dof]

    @cached_property
    def landmark_error(self) -> Tensor:
        """(env, landmark, 3) wanted minus actual position of every landmark, world [m]."""
        return self.target.now.landmarks - self.now.landmarks

    @cached_property
    def tracked_error(self) -> Tensor:
        """(env, tracked, 3) wanted minus actual position of the tracked landmarks, world [m]."""
        return self.landmark_error[:, self.tables.tracked]

    @cached_property
    def tracked_distance(self) -> Tensor:
        """(env, tracked) length of `tracked_error` [m]."""
        return torch.linalg.vector_norm(self.tracked_error, dim=-1)
