"""Reward terms: what pays, what costs, and how much."""

import numpy as np
import pytest
import torch

from kinesis.errors import KinesisError
from kinesis.task import TASKS, Term
from kinesis.task.reward import REWARDS

from .conftest import ENVS, build


def test_catching_up_pays_and_falling_behind_costs(clip):
    env = build("imitate", [clip])
    term, moment = REWARDS.get("catch_up"), env.moment
    on_the_way = float(term(moment, k=20.0, time_s=0.5).min())
    moment.now.qpos[:, 0] -= 0.1
    behind = float(term(moment, k=20.0, time_s=0.5).max())
    moment.now.qvel[:, 0] += 0.2
    hurrying = float(term(moment, k=20.0, time_s=0.5).min())
    moment.now.qvel[:, 0] -= 0.4
    dawdling = float(term(moment, k=20.0, time_s=0.5).max())
    assert dawdling < behind < hurrying
    assert hurrying == pytest.approx(on_the_way, abs=1e-3)
    assert on_the_way > 0.99


def test_physiology_pays_for_soft_steady_steps(clip):
    env = build("imitate", [clip])
    m = env.moment
    m.now.ground_force[:] = 0.0
    m.control = m.now.activation.clone()
    full = {"impact": {"k": 5.0, "limit_bw": 1.3}, "foot_slip": {"k": 2.0}, "smoothness": {"k": 30.0}}
    for name, constants in full.items():
        assert torch.allclose(REWARDS.get(name)(m, **constants), torch.ones(env.num_envs)), name
    m.now.ground_force[:, 0, 2], m.now.ground_force[:, 1, 2] = m.tables.weight_n, 0.8 * m.tables.weight_n
    assert torch.allclose(REWARDS.get("impact")(m, **full["impact"]), torch.exp(torch.tensor(-5.0 * 0.5**2)))
    m.now.landmark_velocities[:, m.tables.feet, :2] = 0.0
    m.now.landmark_velocities[:, m.tables.feet[0], 0] = 0.5
    assert torch.allclose(REWARDS.get("foot_slip")(m, k=2.0), torch.exp(torch.tensor(-2.0 * 0.25)))
    m.control = m.now.activation + 0.1
    assert torch.allclose(REWARDS.get("smoothness")(m, k=30.0), torch.exp(torch.tensor(-0.3)), atol=1e-5)


def test_bearing_on_a_foot_that_ought_to_swing_costs(clip):
    env = build("imitate", [clip])
    m, term = env.moment, REWARDS.get("swing_load")
    feet, wanted = m.tables.feet, m.target.now.landmarks
    m.now.ground_force[:] = 0.0
    m.now.ground_force[:, 0, 2] = 0.5 * m.tables.weight_n
    wanted[:, feet, 2] = 0.02
    assert torch.allclose(term(m, k=2.0), torch.ones(env.num_envs))
    wanted[:, feet[0], 2] = 0.2  # the heel is up, the ball still bears
    assert torch.allclose(term(m, k=2.0), torch.ones(env.num_envs))
    wanted[:, feet[1], 2] = 0.1
    assert torch.allclose(term(m, k=2.0), torch.exp(torch.tensor(-2.0 * 0.25)))


@pytest.fixture
def borne(stroll):
    """A moment of a task that rewards for the ground's part, which is just as wanted, and its wanted forces."""
    env = build(
        "imitate",
        [stroll["legs80"]],
        changes={"rewards": (Term("load", 1.0, {"k": 2.0}), Term("pressure", 1.0, {"k": 9.0}))},
    )
    m = env.moment
    m.now.landmarks[:] = m.target.now.landmarks
    m.now.ground_force[:] = m.target.now.ground_force
    m.now.pressure[:] = m.target.now.pressure
    return m


def test_bearing_as_the_motion_asks_pays_in_full_and_weight_on_the_other_foot_costs(borne):
    load = REWARDS.get("load")
    assert torch.allclose(load(borne, k=2.0), torch.ones(ENVS))
    assert borne.target.now.ground_force[..., 2].sum(1).mean() == pytest.approx(borne.tables.weight_n, rel=0.5)
    borne.now.ground_force[:, [0, 2], 2] += torch.tensor([-0.2, 0.2]) * borne.tables.weight_n
    off = torch.exp(torch.tensor(-2.0 * 2 * 0.2**2))
    enough = (borne.now.ground_force[:, [0, 2], 2] >= 0.0).all(1)
    assert enough.any()
    assert torch.allclose(load(borne, k=2.0)[enough], off, atol=1e-5)


def test_bearing_on_another_place_of_the_sole_costs_by_its_load(borne):
    pressure = REWARDS.get("pressure")
    assert torch.allclose(pressure(borne, k=9.0), torch.ones(ENVS), atol=1e-6)
    borne.now.pressure[:, [0, 2], 0] += 0.1
    borne.now.pressure[:, [1, 3]] = 7.0  # where nothing bears, it does not matter where
    share = (borne.now.ground_force[..., 2].unflatten(1, (2, -1)).sum(2) / borne.tables.weight_n).clamp(0.0, 1.0).sum(1)
    assert torch.allclose(pressure(borne, k=9.0), torch.exp(-9.0 * 0.01 * share), atol=1e-4)
    borne.now.pressure += torch.tensor([3.0, -2.0, 0.0])  # bearing and bone moved together
    borne.now.landmarks += torch.tensor([3.0, -2.0, 0.0])
    assert torch.allclose(pressure(borne, k=9.0), torch.exp(-9.0 * 0.01 * share), atol=1e-4)


def test_leaning_on_a_joint_stop_costs(clip):
    env = build("imitate", [clip])
    m, margin = env.moment, 0.05
    middle = env.tables.joint_range.mean(1)
    m.now.qpos[:, env.tables.joint_qpos] = middle
    m.__dict__.pop("joints", None)
    assert torch.allclose(REWARDS.get("joint_stops")(m, k=100.0, margin_rad=margin), torch.ones(env.num_envs))
    m.now.qpos[:, env.tables.joint_qpos[3]] = env.tables.joint_range[3, 0]
    m.__dict__.pop("joints", None)
    assert torch.allclose(REWARDS.get("joint_stops")(m, k=100.0, margin_rad=margin), torch.exp(torch.tensor(-0.25)))


def test_efforts_by_power_and_volume_cost_what_they_say(clip):
    env = build("imitate", [clip])
    m = env.moment
    m.now.activation[:] = 0.5
    everyone = torch.ones(env.num_envs)
    assert torch.allclose(REWARDS.get("effort")(m, k=4.0), everyone * np.exp(-4.0 * 0.25))
    assert torch.allclose(REWARDS.get("effort")(m, k=4.0, power=3.0), everyone * np.exp(-4.0 * 0.125))
    assert torch.allclose(REWARDS.get("volume_effort")(m, k=4.0), everyone * np.exp(-4.0 * 0.25))
    largest, smallest = m.tables.volume.argmax(), m.tables.volume.argmin()
    costs = []
    for muscle in (largest, smallest):
        m.now.activation[:] = 0.0
        m.now.activation[:, muscle] = 1.0
        costs.append(float(REWARDS.get("volume_effort")(m, k=4.0)[0]))
    assert costs[0] < costs[1]


def test_physiology_terms_join_a_task_or_take_their_kinds_place():
    from kinesis.task.recipes import PHYSIOLOGY, with_physiology

    task = TASKS.get("imitate")()
    both = with_physiology(task, ["smoothness", "cubed_effort"])
    assert [t.name for t in both.rewards].count("effort") == 1
    assert PHYSIOLOGY["cubed_effort"] in both.rewards
    assert PHYSIOLOGY["smoothness"] in both.rewards
    assert with_physiology(task, []) == task
    with pytest.raises(KinesisError, match="smoothness"):
        with_physiology(task, ["smothness"])
