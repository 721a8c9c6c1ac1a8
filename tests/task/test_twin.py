"""What is seen, in torch: the same columns as the compiled terms, with gradients."""

import dataclasses

import pytest
import torch

from kinesis.body.twin import Bones
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.motion.corpus import builtin
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env
from kinesis.task.config import Term
from kinesis.task.twin import Goal, Instant, Sight, heading_gap, in_heading

ENVS = 4


@pytest.fixture(scope="module")
def env(body):
    """Bodies that have gone astray for a third of a second, on a leash that is shorter than that."""
    task = dataclasses.replace(TASKS.get("imitate")(), endings=())
    leash = {"ahead_m": 0.01, "behind_m": 0.01, "aside_m": 0.01}
    terms = [dataclasses.replace(t, constants=leash if t.name == "landmark_errors" else {}) for t in task.observations]
    task = dataclasses.replace(task, observations=tuple(terms))
    clips = builtin(body, "validation")[:ENVS]
    env = Env(task, Follow(Library(body, clips), ENVS, task.horizons_s, clips=torch.arange(ENVS)), ENVS)
    for _ in range(16):
        env.step(0.2 * torch.rand(ENVS, env.num_actions, generator=torch.Generator().manual_seed(0)))
    return env


@pytest.fixture(scope="module")
def now_and_goal(env, body):
    return Instant.of(env.sim.state, env.tables, Bones(body)), Goal.of(env.moment.target, env.tables)


def test_a_twin_sees_what_the_policy_sees(env, body, now_and_goal):
    """Knees give by a millimetre in the engine, where the twin's keep to their couplings."""
    seen = Sight(env.config.observations, body)(*now_and_goal)
    torch.testing.assert_close(seen, env.observation, atol=0.03, rtol=0)
    assert (seen - env.observation).abs().mean() < 2e-3


def test_what_is_seen_has_a_gradient(env, body, now_and_goal):
    now, goal = now_and_goal
    velocity = now.velocity.clone().requires_grad_()
    Sight(env.config.observations, body)(now._replace(velocity=velocity), goal).sum().backward()
    assert (velocity.grad.abs().sum(1) > 0).all()


def test_a_term_without_a_twin_is_refused(body):
    with pytest.raises(KinesisError, match="observation with a gradient"):
        Sight([Term("moon_phase")], body)


def test_headings():
    heading = torch.tensor([[0.0, 1.0]])
    torch.testing.assert_close(in_heading(torch.tensor([[1.0, 2.0, 3.0]]), heading), torch.tensor([[2.0, -1.0, 3.0]]))
    torch.testing.assert_close(heading_gap(heading, heading), torch.tensor([[0.0, 1.0]]))
