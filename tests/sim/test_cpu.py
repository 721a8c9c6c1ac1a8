"""The simulator's contract: fresh state, complete resets, determinism, native controllers."""

from dataclasses import fields

import mujoco
import numpy as np
import pytest
import torch

from kinesis.body.muscles import muscle_state
from kinesis.body.state import State
from kinesis.errors import KinesisError
from kinesis.sim import Controller, CpuSim

ENVS = 6


def start(sim, activation=0.1):
    """Random postures near standing, put into all environments."""
    body, rng = sim.body, np.random.default_rng(4)
    qpos = np.tile(body.standing_qpos(), (sim.num_envs, 1))
    qpos[:, body.joint_qpos] += rng.uniform(0, 0.3, (sim.num_envs, 14))
    qvel = rng.normal(0, 0.3, (sim.num_envs, body.model.nv))
    body.couplings.apply(qpos, qvel)
    marks = sim._kinematics.landmarks(qpos, qvel)
    to = lambda x: torch.from_numpy(np.array(x)).float()  # noqa: E731
    state = State(
        to(qpos), to(qvel), to(marks.position), to(marks.velocity),
        torch.full((sim.num_envs, sim.model.na), activation), *torch.zeros(2, sim.num_envs, 4, 3),
    )  # fmt: skip
    sim.reset(torch.arange(sim.num_envs), state)
    return state


def test_a_step_is_the_engines_own_steps(body):
    sim = CpuSim(body, ENVS)
    state = start(sim)
    control = torch.rand(ENVS, 80, generator=torch.Generator().manual_seed(0))
    sim.step(control)
    data = mujoco.MjData(sim.model)
    for i in range(ENVS):
        mujoco.mj_resetData(sim.model, data)
        data.qpos[:], data.qvel[:] = state.qpos[i].numpy(), state.qvel[i].numpy()
        data.act[:], data.ctrl[:] = state.activation[i].numpy(), control[i].numpy()
        for _ in range(sim.substeps):
            mujoco.mj_step(sim.model, data)
        assert np.allclose(sim.state.qpos[i], data.qpos, atol=1e-5)
        assert np.allclose(sim.state.activation[i], data.act, atol=1e-6)


def test_what_is_felt_is_the_ground_after_a_step_and_nobody_moves(body):
    sim = CpuSim(body, ENVS)
    state = start(sim)
    sim.step(torch.rand(ENVS, 80, generator=torch.Generator().manual_seed(0)))
    before = {key: value.clone() for key, value in sim.snapshot().items()}
    ids = torch.tensor([4, 1])
    felt = sim.felt(ids, State(*(getattr(state, field.name)[ids] for field in fields(State))))
    assert all(torch.equal(before[key], value) for key, value in sim.snapshot().items())
    sim.reset(torch.arange(ENVS), state)
    sim.step(state.activation)
    for ours, stepped in zip(felt, (sim.state.ground_force, sim.state.pressure), strict=True):
        assert torch.equal(ours, stepped[ids])
    assert felt[0][..., 2].sum(1).min() > 0.1 * 9.81 * body.model.body_mass.sum()


def test_a_shove_changes_the_speed_of_the_whole_body_and_of_nobody_else(body):
    still, shoved = CpuSim(body, ENVS), CpuSim(body, ENVS)
    for sim in (still, shoved):
        start(sim)
        sim._now[:, 3] += 1.0  # in the air, where no ground pushes back
    wanted = np.zeros((ENVS, 1, 3))
    wanted[1, 0, 0], wanted[4, 0, 1] = 0.5, -0.25
    shoved.shove(torch.tensor([1, 4]), torch.tensor([[0.5, 0.0, 0.0], [0.0, -0.25, 0.0]]))
    for atol in (1e-6, 0.02):  # at once, and a step later
        change = shoved.state.landmark_velocities - still.state.landmark_velocities
        assert np.allclose(change, wanted, atol=atol)
        assert np.allclose((shoved.state.qvel - still.state.qvel)[:, :3], wanted[:, 0], atol=atol)
        for sim in (still, shoved):
            sim.step(torch.full((ENVS, 80), 0.1))


def test_what_a_task_reads_belongs_to_the_instant_after_the_step(body):
    sim = CpuSim(body, ENVS)
    start(sim)
    sim.step(torch.full((ENVS, 80), 0.3))
    data = mujoco.MjData(sim.model)
    data.qpos[:], data.qvel[:] = sim.state.qpos[2].numpy(), sim.state.qvel[2].numpy()
    mujoco.mj_forward(sim.model, data)
    assert np.allclose(sim.state.landmarks[2], data.xpos[body.landmark_ids], atol=1e-5)


def test_standing_weight_is_carried_by_the_feet(body):
    """Held still by stiff muscles for a moment, the mean vertical force is about one body weight."""
    sim = CpuSim(body, 1, controller=Controller.LENGTH_SERVO)
    qpos = body.standing_qpos()[None]
    marks = sim._kinematics.landmarks(qpos, np.zeros((1, body.model.nv)))
    zero = torch.zeros(1, body.model.nv)
    to = lambda x: torch.from_numpy(np.array(x)).float()  # noqa: E731
    sim.reset(
        torch.arange(1),
        State(
            to(qpos), zero, to(marks.position), to(marks.velocity), torch.full((1, 80), 0.2), *torch.zeros(2, 1, 4, 3)
        ),
    )
    length = muscle_state(body, mujoco.MjData(body.model), qpos[0], np.zeros(body.model.nv)).length
    forces = []
    for _ in range(25):
        sim.step(to(length * 0.97)[None])
        forces.append(float(sim.state.ground_force[0, :, 2].sum()))
    assert np.mean(forces[5:]) == pytest.approx(9.81 * body.mass_kg, rel=0.25)


def test_a_reset_leaves_nothing_behind(body):
    fresh, used = CpuSim(body, ENVS), CpuSim(body, ENVS)
    start(used, activation=0.9)
    for _ in range(4):
        used.step(torch.ones(ENVS, 80))
    for sim in (fresh, used):
        start(sim)
        sim.step(torch.full((ENVS, 80), 0.2))
    assert torch.equal(fresh.state.qpos, used.state.qpos)
    assert torch.equal(fresh.state.activation, used.state.activation)


def test_environments_do_not_depend_on_their_neighbours(body):
    many, few = CpuSim(body, ENVS), CpuSim(body, 2)
    state = start(many)
    few.reset(torch.arange(2), state[:2])
    control = torch.rand(ENVS, 80, generator=torch.Generator().manual_seed(1))
    for _ in range(5):
        many.step(control)
        few.step(control[:2])
    assert torch.equal(many.state.qpos[:2], few.state.qpos)


def test_an_exploded_body_is_reported_and_does_not_spread(body):
    sim = CpuSim(body, ENVS)
    state = start(sim)
    state.qvel[3] = 1e9
    sim.reset(torch.tensor([3]), state[3:4])
    sim.step(torch.full((ENVS, 80), 0.2))
    assert sim.diverged.tolist() == [False, False, False, True, False, False]
    assert torch.isfinite(sim.state.qpos).all()


def test_snapshot_goes_on_exactly(body):
    sim = CpuSim(body, ENVS)
    start(sim)
    control = torch.rand(ENVS, 80, generator=torch.Generator().manual_seed(2))
    sim.step(control)
    kept = {k: v.clone() for k, v in sim.snapshot().items()}
    sim.step(control)
    after = sim.state.qpos.clone()
    other = CpuSim(body, ENVS)
    other.restore(kept)
    other.step(control)
    assert torch.equal(after, other.state.qpos)


def test_the_length_servo_is_its_formula(body):
    """Excitations computed inside the engine are those of the published law at every substep."""
    sim = CpuSim(body, ENVS, controller=Controller.LENGTH_SERVO, physics_hz=150.0, control_hz=150.0)
    state = start(sim)
    data = mujoco.MjData(sim.model)
    i = 1
    muscles = muscle_state(body, data, state.qpos[i].double().numpy(), state.qvel[i].double().numpy())
    target = muscles.length + np.random.default_rng(0).normal(0, 0.01, 80)
    sim.step(torch.from_numpy(np.tile(target, (ENVS, 1))).float())
    peak = sim.model.actuator_gainprm[:, 2]
    force = np.clip(5 * peak * (target - muscles.length) - 0.5 * peak * muscles.speed, -peak, 0)
    excitation = np.clip((force - muscles.bias) / np.minimum(-1, muscles.gain), 0, 1)
    assert 0.1 < (excitation > 0).mean() < 0.9
    rate = np.array([mujoco.mju_muscleDynamics(u, 0.1, sim.model.actuator_dynprm[0, :3]) for u in excitation])
    assert np.allclose(sim.state.activation[i], np.clip(0.1 + rate / 150.0, 0, 1), atol=1e-4)


def test_exported_muscles_are_those_of_the_engine(body):
    sim = CpuSim(body, ENVS)
    state = start(sim)
    out = sim.export_muscles()
    for i in range(ENVS):
        data = mujoco.MjData(body.model)
        want = muscle_state(body, data, state.qpos[i].double().numpy(), state.qvel[i].double().numpy())
        assert np.allclose(out[i, 0], want.gain, rtol=1e-6, atol=1e-3)
        assert np.allclose(out[i, 1], want.bias, rtol=1e-6, atol=1e-3)
        assert np.allclose(out[i, 2:][body.joint_dof], want.arms, atol=1e-7)


def test_an_export_is_over_when_it_returns(body):
    """The engine keeps user data between steps: a request left there would write into freed memory."""
    sim = CpuSim(body, ENVS)
    start(sim)
    out = sim.export_muscles()
    kept = out.copy()
    sim.step(torch.full((ENVS, 80), 0.5))
    assert np.array_equal(out, kept)


def test_other_simulations_in_the_process_are_left_alone(body):
    CpuSim(body, 1, controller=Controller.LENGTH_SERVO)
    model = mujoco.MjModel.from_xml_string(
        '<mujoco><worldbody><body><joint name="j"/><geom size="1"/></body></worldbody>'
        '<actuator><motor joint="j"/></actuator></mujoco>'
    )
    data = mujoco.MjData(model)
    data.ctrl[0] = 0.7
    mujoco.mj_step(model, data)
    assert data.ctrl[0] == 0.7


def test_rates_that_do_not_divide_are_refused(body):
    with pytest.raises(KinesisError, match="divide"):
        CpuSim(body, 1, physics_hz=150.0, control_hz=40.0)
