"""Left and right: what a mirrored world shows, and what a mirrored body does in it."""

import dataclasses

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.command import Follow
from kinesis.motion.clip import make_clip
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env
from kinesis.task.symmetry import measure_symmetry, mirrored_state


@pytest.fixture(scope="module")
def clips():
    """An uneven motion and its mirror image."""
    body = load("legs80")
    t = np.arange(101) / 50
    qpos = np.tile(body.standing_qpos(), (101, 1))
    qpos[:, body.joint_qpos] += 0.15 * (1 + np.sin(4 * t[:, None] + np.arange(14)))
    qpos[:, 1] += 0.05 * np.sin(3 * t)
    make = lambda q, name: make_clip(Kinematics(body), q, 50.0, name=name, source="test", licence="CC0-1.0")  # noqa: E731
    return make(qpos, "uneven"), make(body.mirror.position(qpos), "mirrored")


def build(task, clip):
    config = TASKS.get(task)()
    first = torch.zeros(2, dtype=torch.long)
    return Env(
        config,
        Follow(Library(load(config.body), [clip], ground=config.follows_ground), 2, config.horizons_s, clips=first),
        2,
    )


@pytest.mark.parametrize("task", TASKS.names())
def test_mirroring_twice_changes_nothing(task, clips):
    env = build(task, clips[0])
    symmetry = measure_symmetry(env)
    width, actions = env.observation.shape[1], env.num_actions
    assert torch.equal(symmetry.observation(symmetry.observation(torch.arange(width) + 1.0)), torch.arange(width) + 1.0)
    assert torch.equal(symmetry.action(symmetry.action(torch.arange(actions) + 0.0)), torch.arange(actions) + 0.0)
    assert (symmetry.sign == -1).any()


@pytest.mark.parametrize("task", ["imitate", "imitate_torque", "imitate_shared"])
def test_a_mirrored_body_in_a_mirrored_world_does_the_mirrored_thing(task, clips):
    plain, mirrored = (build(task, clip) for clip in clips)
    symmetry = measure_symmetry(plain)
    generator = torch.Generator().manual_seed(0)
    for _ in range(6):
        action = plain.law.centre + 0.2 * torch.rand(2, plain.num_actions, generator=generator)
        plain.step(action)
        mirrored.step(symmetry.action(action))
    # The pelvis of the model is turned by 0.05 degrees against its own midline.
    gap = (symmetry.observation(plain.observation) - mirrored.observation).abs()
    ground = slice(-4, None) if task == "imitate" else slice(0, 0)
    gap[:, ground] = 0.0
    assert gap.max() < 0.12
    assert gap.mean() < 0.01


def test_states_mirror_back(clips):
    state = build("imitate", clips[0]).sim.state
    again = mirrored_state(load("legs80"), mirrored_state(load("legs80"), state))
    for field in dataclasses.fields(state):
        before, after = getattr(state, field.name), getattr(again, field.name)
        assert torch.allclose(before.abs(), after.abs(), atol=1e-6), field.name
