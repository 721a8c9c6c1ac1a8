"""Foresight: what it takes from steps it gives back, whatever way a body faces, and it learns."""

import pytest
import torch

from kinesis.body.twin import rotated_by
from kinesis.command import Follow
from kinesis.learn.foresight import Dynamics, Outlook, apart
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env
from kinesis.task.twin import Goal, Instant

ENVS, STEPS = 8, 12


@pytest.fixture(scope="module")
def dynamics(body, levers):
    torch.manual_seed(0)
    return Dynamics(body, TASKS.get("imitate")(), levers)


@pytest.fixture(scope="module")
def steps(body, dynamics, clip):
    """Instants before and after control steps, excitations between them, and a goal, side by side."""
    task = TASKS.get("imitate")()
    env = Env(task, Follow(Library(body, [clip]), ENVS, task.horizons_s), ENVS, auto_reset=False)
    generator, before, given, after = torch.Generator().manual_seed(1), [], [], []
    for _ in range(STEPS):
        before.append(Instant.of(env.sim.state, env.tables, dynamics.bones))
        given.append(0.3 * torch.rand(ENVS, env.num_actions, generator=generator))
        env.step(given[-1])
        after.append(Instant.of(env.sim.state, env.tables, dynamics.bones))
    whole = lambda many: Instant(*(torch.cat(part) for part in zip(*many, strict=True)))  # noqa: E731
    goal = Goal.of(env.moment.target, env.tables)
    return whole(before), torch.cat(given), whole(after), goal


def test_a_step_that_is_known_comes_back(dynamics, steps, monkeypatch):
    now, excitation, then, _ = steps
    _, outputs = dynamics.examples(now, excitation, then)
    assert len(outputs) == ENVS * STEPS
    monkeypatch.setattr(dynamics.network, "forward", lambda _inputs: outputs)
    for name, found, wanted in zip(Instant._fields, dynamics.after(now, excitation), then, strict=True):
        torch.testing.assert_close(found, wanted, atol=2e-3 if name == "landmark_speeds" else 1e-5, rtol=1e-4)


def about(turn, instant):
    """The same instant in a world that is turned about the vertical and moved level."""
    world = {name: getattr(instant, name) @ turn.T for name in ("position", "velocity", "landmarks", "landmark_speeds")}
    moved = {name: world[name] + torch.tensor([3.0, -1.0, 0.0]) for name in ("position", "landmarks")}
    return instant._replace(**world | moved, rotation=turn @ instant.rotation)


def test_which_way_a_body_faces_makes_no_difference(dynamics, steps):
    now, excitation, then, _ = steps
    turn = rotated_by(torch.tensor([0.0, 0.0, 1.2]))
    for found, wanted in zip(
        dynamics.examples(about(turn, now), excitation, about(turn, then)),
        dynamics.examples(now, excitation, then),
        strict=True,
    ):
        torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-4)


def test_dynamics_learn_what_happens(dynamics, steps):
    now, excitation, then, _ = steps
    inputs, outputs = dynamics.examples(now, excitation, then)
    dynamics.network.measure(inputs, outputs)
    learner = torch.optim.Adam(dynamics.network.parameters(), 1e-3)
    first = dynamics.loss(inputs, outputs).item()
    for _ in range(60):
        loss = dynamics.loss(inputs, outputs)
        learner.zero_grad()
        loss.backward()
        learner.step()
    assert loss.item() < 0.2 * first


def test_an_excitation_changes_what_is_foreseen(dynamics, steps):
    now, excitation, _, _ = steps
    asked = excitation.clone().requires_grad_()
    dynamics.after(now, asked).velocity[:, 2].sum().backward()
    assert (asked.grad.abs().sum(0) > 0).all()


def test_an_outlook_is_positive_and_of_what_differs(steps):
    now, *_, goal = steps
    differs = apart(now.at(slice(ENVS)), goal)
    there = now.at(slice(ENVS))._replace(
        landmarks=goal.landmarks[:, 0],
        landmark_speeds=goal.landmark_speeds,
        rotation=goal.rotation,
        joints=goal.joints[:, -1],
        position=torch.cat([goal.position, now.position[:ENVS, 2:]], 1),
    )
    nothing = apart(there, goal)
    marks = 2 * 3 * goal.landmarks.shape[2]
    assert not nothing[:, : marks + 3].any()
    assert differs[:, : marks + 3].any()
    assert (Outlook(differs.shape[1], 10.0)(differs) > 0).all()
