"""Torques given by muscles: what static optimisation and its lead promise, and a body driven through both."""

import numpy as np
import pytest
import torch
from tests.sim.test_cpu import ENVS, start

from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.sim import Controller, CpuSim
from kinesis.sim.shared import SharedSim, Sharing, lead, servo_torque, torque_limits
from kinesis.task.actions import DAMPING, STIFFNESS

TORQUE = "legs80_torque"


def hold(sim, away_rad=0.05):
    """(env, 4 joint) of a servo that wants every joint a little away from where it is, at rest."""
    angle = sim.state.qpos[:, torch.from_numpy(sim.body.joint_qpos)] + away_rad
    servo = torch.tensor([STIFFNESS, DAMPING])
    parts = [angle, torch.zeros_like(angle), servo[0].expand_as(angle), servo[1].expand_as(angle)]
    return torch.cat(parts, 1)


def test_activation_is_there_after_a_step_where_it_can_get_there(body):
    """Against the engine's own activation dynamics."""
    sim = CpuSim(body, 64)
    start(sim, activation=0.3)
    wanted = torch.linspace(0.0, 1.0, 64)[:, None].expand(-1, 80)
    excitation = lead(sim, wanted)
    reached = (excitation > 0.0) & (excitation < 1.0)
    sim.step(excitation)
    assert (sim.state.activation - wanted)[reached].abs().max() < 0.03
    assert ((sim.state.activation < wanted) | (excitation < 1.0)).all()
    assert ((sim.state.activation > wanted) | (excitation > 0.0)).all()
    assert reached.any(0).all()


def test_no_lead_is_needed_where_activation_is_wanted_already(body):
    sim = CpuSim(body, ENVS)
    start(sim, activation=0.2)
    assert torch.allclose(lead(sim, sim.state.activation), sim.state.activation)


def test_the_muscles_give_the_torques_that_they_are_asked_for(body):
    sim = CpuSim(body, ENVS)
    start(sim)
    share = Sharing(sim, load(TORQUE), "force")
    asked = share(torch.zeros(ENVS, 14))
    assert (asked >= 0.0).all()
    assert (asked <= 1.0).all()
    small = 10.0 * torch.randn(ENVS, 14, generator=torch.Generator().manual_seed(1))
    small[:, [6, 13]] *= 0.1  # toes give a few newton metres in all
    share(small)
    assert share.residual.max() < 2.0


def test_sharing_needs_to_see_muscles():
    with pytest.raises(KinesisError, match="static optimisation needs the CPU simulator; got object"):
        Sharing(object(), load(TORQUE), "muscle")


def test_only_torques_are_shared(body):
    with pytest.raises(KinesisError, match="only joint torques are shared among muscles"):
        SharedSim(body, 1, by="force")


def test_a_servo_asks_within_its_limits():
    limits = torch.tensor([[-5.0, 5.0]] * 2)
    control = torch.tensor([[1.0, -1.0, 0.0, 0.0, 3.0, 30.0, 1.0, 1.0]])
    torque = servo_torque(control, torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), limits)
    assert torque.tolist() == [[2.0, -5.0]]


def test_a_body_driven_by_servos_is_a_muscle_body_under_shared_torques(body):
    """By hand: the servo's torque, shared, led, and one step of the plain simulator."""
    driven, plain, form = SharedSim(load(TORQUE), ENVS, by="force"), CpuSim(body, ENVS), load(TORQUE)
    start(driven)
    start(plain)
    control = hold(driven)
    driven.step(control)
    joints, speeds = plain.state.qpos[:, body.joint_qpos], plain.state.qvel[:, body.joint_dof]
    torque = servo_torque(control, joints, speeds, torque_limits(form, whole=True))
    plain.step(lead(plain, Sharing(plain, form, "force")(torque)))
    assert torch.equal(driven.state.qpos, plain.state.qpos)
    assert driven.state.activation.shape == (ENVS, 80)


def test_reset_to_torques_is_reset_to_the_muscles_that_give_them():
    driven, form = SharedSim(load(TORQUE), ENVS, by="muscle"), load(TORQUE)
    state = start(driven)
    rows = torch.tensor([1, 3])
    some = state[rows]
    some.activation = torch.from_numpy(0.1 * form.model.actuator_ctrlrange[:, 1]).float().expand(2, -1)
    driven.reset(rows, some)
    want = Sharing(driven, form, "muscle")(
        torch.tile(torch.from_numpy(0.1 * form.model.actuator_ctrlrange[:, 1]).float(), (ENVS, 1))
    )
    assert torch.allclose(driven.state.activation[rows], want[rows], atol=1e-5)
    assert torch.allclose(driven.state.activation[[0, 2]], torch.tensor(0.1))


def test_shared_torques_pull_the_way_that_real_ones_do():
    """Half a tenth of a second of the same servo moves joints of both forms the same way."""
    form = load(TORQUE)
    muscles, motors = SharedSim(form, ENVS, by="muscle"), CpuSim(form, ENVS, controller=Controller.JOINT_SERVO)
    for sim in (muscles, motors):
        start(sim, activation=0.0)
        sim._now[:, 3] += 1.0  # in the air
    qpos = torch.from_numpy(form.joint_qpos)
    began, control = motors.state.qpos[:, qpos], hold(motors, 0.2)
    for _ in range(3):
        muscles.step(control)
        motors.step(control)
    moved = [(sim.state.qpos[:, qpos] - began).numpy()[:, [0, 3, 4, 7, 10, 11]] for sim in (muscles, motors)]
    assert np.corrcoef(*(m.ravel() for m in moved))[0, 1] > 0.8
