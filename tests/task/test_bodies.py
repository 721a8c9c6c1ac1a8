"""Every registered body can be stepped by a task, on clips of its skeleton."""

import dataclasses

import numpy as np
import pytest
import torch

from kinesis.body import BODIES, Kinematics, load
from kinesis.command import Follow
from kinesis.motion.clip import make_clip
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env


@pytest.fixture(scope="module")
def clip():
    body = load("legs80")
    qpos = np.tile(body.standing_qpos(), (51, 1))
    return make_clip(Kinematics(body), qpos, 50.0, name="stand", source="test", licence="CC0-1.0")


@pytest.mark.parametrize("name", BODIES.names())
def test_a_task_builds_resets_and_steps(name, clip):
    body = load(name)
    task = TASKS.get("imitate" if body.actuation == "muscle" else "imitate_torque")()
    task = dataclasses.replace(task, body=name)
    env = Env(task, Follow(Library(body, [clip]), 2, task.horizons_s), 2)
    for _ in range(3):
        result = env.step(torch.full((2, env.num_actions), env.law.centre))
    assert torch.isfinite(env.observation).all()
    assert torch.isfinite(result.reward).all()
