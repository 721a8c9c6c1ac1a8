"""A made-up motion, a walk, and environments that follow them."""

import dataclasses

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.command import Follow
from kinesis.motion.clip import make_clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.library import Library
from kinesis.rotations import from_axis_angle, multiply, rotate
from kinesis.task import TASKS, Env

ENVS = 4


def wave(body, *, turn=0.0, shift=(0.0, 0.0), seconds=2.0):
    """A made-up motion: swaying joints, drifting forward; turned about z and shifted."""
    t = np.arange(int(seconds * 50) + 1) / 50
    qpos = np.tile(body.standing_qpos(), (len(t), 1))
    qpos[:, body.joint_qpos] += 0.15 * (1 + np.sin(2 * np.pi * t[:, None] + np.arange(14)))
    qpos[:, 0] += 0.3 * t
    about_z = from_axis_angle(np.array([0.0, 0.0, 1.0]), np.array(turn))
    qpos[:, :3] = rotate(about_z, qpos[:, :3]) + np.array([*shift, 0.0])
    qpos[:, 3:7] = multiply(about_z, qpos[:, 3:7])
    return make_clip(Kinematics(body), qpos, 50.0, name="wave", source="test", licence="CC0-1.0")


def build(task, clips, *, seed=0, **options):
    config = dataclasses.replace(TASKS.get(task)(), **options.pop("changes", {}))
    body = load(config.body)
    command = Follow(
        Library(body, clips, ground=config.follows_ground),
        ENVS,
        config.horizons_s,
        seed=seed,
        **options.pop("command", {}),
    )
    return Env(config, command, ENVS, **options)


@pytest.fixture(scope="module")
def clip():
    return wave(load("legs80"))


@pytest.fixture(scope="module")
def stroll():
    """A walk, for the body of muscles and for that of torques."""
    spec = GaitSpec((Segment(0.0, "walk", 1.2),), 3.0)
    return {name: generate(Kinematics(load(name)), spec) for name in ("legs80", "legs80_torque")}
