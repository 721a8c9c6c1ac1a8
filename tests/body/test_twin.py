"""The body in torch: the same bones, muscles and activations as the engine's, with gradients."""

import mujoco
import numpy as np
import pytest
import torch

from kinesis import rotations
from kinesis.body import Kinematics, load, muscles, twin
from kinesis.sim import CpuSim

BODY = load("legs80")
COUNT = 7


@pytest.fixture(scope="module")
def postures():
    """qpos (COUNT, nq), qvel (COUNT, nv) of bodies somewhere, turned and moving, knees coupled."""
    rng = np.random.default_rng(4)
    qpos, qvel = np.tile(BODY.standing_qpos(), (COUNT, 1)), rng.normal(size=(COUNT, BODY.model.nv))
    low, high = np.deg2rad(twin.LEG_DEG).T
    qpos[:, BODY.joint_qpos] = rng.uniform(np.tile(low, 2), np.tile(high, 2), (COUNT, len(BODY.joints)))
    qpos[:, :3] += rng.normal(size=(COUNT, 3))
    qpos[:, 3:7] = rotations.multiply(rotations.from_rotvec(rng.normal(size=(COUNT, 3))), qpos[:, 3:7])
    BODY.couplings.apply(qpos, qvel)
    return qpos, qvel


@pytest.fixture(scope="module")
def levers():
    found = twin.Levers(BODY)
    assert found.fit(BODY, fits=1500) < 5e-4
    return found


def tensors(*arrays):
    return [torch.tensor(array, dtype=torch.float32) for array in arrays]


def test_landmarks_and_their_speeds_are_those_of_the_kinematics(postures):
    qpos, qvel = postures
    wanted = Kinematics(BODY).landmarks(qpos, qvel)
    place, turn, joints = tensors(qpos[:, :3], qpos[:, 3:7], qpos[:, BODY.joint_qpos])
    velocity, spin, speeds = tensors(qvel[:, :3], qvel[:, 3:6], qvel[:, BODY.joint_dof])
    marks, moves = twin.Bones(BODY).moving(place, twin.rotation_of(turn), joints, velocity, spin, speeds)
    np.testing.assert_allclose(marks, wanted.position, atol=2e-6)
    np.testing.assert_allclose(moves, wanted.velocity, atol=1e-2)  # a step of a millisecond


def test_landmarks_have_the_gradient_that_the_knee_moves_them_by(postures):
    qpos, _ = postures
    place, turn, joints = tensors(qpos[:, :3], qpos[:, 3:7], qpos[:, BODY.joint_qpos])
    joints.requires_grad_()
    toes = BODY.landmarks.index("toes_r")
    twin.Bones(BODY).landmarks(place, twin.rotation_of(turn), joints)[:, toes, 2].sum().backward()
    qvel = np.zeros((COUNT, BODY.model.nv))
    knee = BODY.joints.index("knee_angle_r")
    qvel[:, BODY.joint_dof[knee]] = 1.0
    BODY.couplings.apply(qpos.copy(), qvel)
    np.testing.assert_allclose(
        joints.grad[:, knee], Kinematics(BODY).landmarks(qpos, qvel).velocity[:, toes, 2], atol=1e-5
    )
    assert not joints.grad[:, BODY.joints.index("knee_angle_l")].any()


def test_rotations_come_back(postures):
    turn = torch.rand(20, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1
    torch.testing.assert_close(twin.turned(twin.rotated_by(turn)), turn, atol=1e-5, rtol=0)
    np.testing.assert_allclose(
        twin.rotation_of(torch.from_numpy(postures[0][:, 3:7])), rotations.to_matrix(postures[0][:, 3:7]), atol=1e-12
    )


def test_curves_are_the_muscles_own():
    lengths, speeds = np.linspace(0.2, 2.0, 91), np.linspace(-1.5, 1.5, 91)
    lmin, lmax, fpmax, fvmax = 0.5, 1.6, 1.3, 1.4
    given = tensors(lengths, speeds, lmin, lmax, fpmax, fvmax)
    pairs = (
        (twin.force_length(given[0], given[2], given[3]), [muscles.force_length(x, lmin, lmax) for x in lengths]),
        (twin.force_velocity(given[1], given[5]), [muscles.force_velocity(x, fvmax) for x in speeds]),
        (twin.passive_force(given[0], given[3], given[4]), [muscles.passive_force(x, lmax, fpmax) for x in lengths]),
    )
    for found, wanted in pairs:
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_torques_are_those_of_forces_and_moment_arms(postures, levers):
    qpos, qvel = postures
    activation = np.random.default_rng(2).uniform(size=(COUNT, BODY.model.nu))
    joints, speeds, active = tensors(qpos[:, BODY.joint_qpos], qvel[:, BODY.joint_dof], activation)
    found = levers.torque(joints, speeds, active[:, None])[:, 0].detach().numpy()
    wanted, data = np.zeros_like(found), mujoco.MjData(BODY.model)
    for row in range(COUNT):
        state = muscles.muscle_state(BODY, data, qpos[row], qvel[row])
        wanted[row] = state.arms @ (state.gain * activation[row] + state.bias)
    assert np.abs(found - wanted).mean() < 0.03 * np.abs(wanted).mean()


def test_activation_follows_the_engine():
    sim = CpuSim(BODY, COUNT)
    excitation = torch.rand(COUNT, BODY.model.nu, generator=torch.Generator().manual_seed(0))
    for _ in range(3):
        before = sim.state.activation.clone()
        sim.step(excitation)
        found = twin.activation_after(BODY, before, excitation, 1 / sim.physics_hz, sim.substeps)
        torch.testing.assert_close(found, sim.state.activation, atol=1e-5, rtol=0)
        excitation = excitation.flip(1)
