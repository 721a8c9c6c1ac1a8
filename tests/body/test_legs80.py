"""The body: what it promises, and that its lean form is the full one."""

import mujoco
import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.body.legs80 import full_model
from kinesis.body.muscles import force_length, gain_and_bias, muscle_state
from kinesis.body.torques import LAG_S, SHARE_OF_CAPACITY, torque_capacity
from kinesis.errors import KinesisError

POSES = 200


@pytest.fixture(scope="module")
def postures(body):
    """Random postures within joint limits, the lowest sole 2 mm in the ground, and speeds."""
    rng = np.random.default_rng(1)
    qpos = np.tile(body.standing_qpos(), (POSES, 1))
    middle, half = body.joint_range.mean(1), 0.3 * np.diff(body.joint_range)[:, 0]
    qpos[:, body.joint_qpos] = middle + half * rng.uniform(-1, 1, (POSES, len(body.joints)))
    turn = rng.normal(0, 0.2, (POSES, 4))
    qpos[:, 3:7] += turn
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    body.couplings.apply(qpos)
    qpos[:, 2] -= Kinematics(body).sole_heights(qpos).min((1, 2)) + 0.002
    qvel = rng.normal(0, 0.5, (POSES, body.model.nv))
    body.couplings.apply(qpos, qvel)
    return qpos, qvel, rng.uniform(0, 1, (POSES, 80))


def test_it_has_80_muscles_and_20_degrees_of_freedom(body):
    assert body.model.nu == body.model.na == 80
    assert body.model.nv - len(body.couplings.driver_dof) == 20
    assert len(body.joints) == 14


def test_every_muscle_is_in_one_group(body):
    indices = np.concatenate([body.muscle_group(g) for g in body.groups])
    assert sorted(indices) == list(range(80))


def test_an_unknown_group_is_refused_with_the_nearest(body):
    with pytest.raises(KinesisError, match="quadriceps"):
        body.muscle_group("quadricep")


def test_the_lean_form_is_the_full_form(body, postures):
    """Tendon lengths, moment arms, muscle forces and accelerations agree to 1e-6, with ground contact."""
    lean, full = body.model, full_model()
    a, b = mujoco.MjData(lean), mujoco.MjData(full)
    touching = 0
    for qpos, qvel, activation in zip(*postures, strict=True):
        for model, data in ((lean, a), (full, b)):
            mujoco.mj_resetData(model, data)
            data.qpos[:], data.qvel[:], data.act[:], data.ctrl[:] = qpos, qvel, activation, activation
            mujoco.mj_forward(model, data)
        touching += a.ncon > 0
        assert a.ncon == b.ncon
        for name in ("actuator_length", "actuator_moment", "actuator_force", "qacc"):
            x, y = getattr(a, name), getattr(b, name)
            assert np.abs(x - y).max() <= 1e-6 * np.abs(y).max(), name
    assert touching > POSES / 2


def test_activation_stays_in_range_under_the_worst_excitation(body):
    model = body.model
    data = mujoco.MjData(model)
    rng = np.random.default_rng(0)
    data.qpos[:] = body.standing_qpos()
    for _ in range(60):
        data.ctrl[:] = rng.integers(0, 2, 80) * 5.0 - 2.0
        mujoco.mj_step(model, data)
        assert data.act.min() >= 0.0
        assert data.act.max() <= 1.0


def test_standing_faces_forward_on_the_ground(body):
    kinematics = Kinematics(body)
    qpos = body.standing_qpos()[None]
    marks = kinematics.landmarks(qpos, np.zeros((1, body.model.nv))).position[0]
    toes, heel = marks[body.landmarks.index("toes_r")], marks[body.landmarks.index("calcn_r")]
    assert toes[0] - heel[0] > 0.1
    assert abs(kinematics.sole_heights(qpos).min()) < 1e-9
    assert marks[body.landmarks.index("femur_l")][1] > 0.05


def test_kinematics_agree_with_the_engine(body, postures):
    qpos, qvel, _ = postures
    batch = Kinematics(body).landmarks(qpos, qvel)
    data = mujoco.MjData(body.model)
    for i in (0, 57, 199):
        data.qpos[:], data.qvel[:] = qpos[i], qvel[i]
        mujoco.mj_forward(body.model, data)
        assert np.allclose(batch.position[i], data.xpos[body.landmark_ids], atol=1e-12)
        for mark, index in enumerate(body.landmark_ids):
            speed = np.zeros(6)
            mujoco.mj_objectVelocity(body.model, data, mujoco.mjtObj.mjOBJ_XBODY, index, speed, 0)
            assert np.allclose(batch.velocity[i, mark], speed[3:], atol=1e-9)


def test_kinematics_results_do_not_share_memory(body):
    kinematics = Kinematics(body)
    qpos, still = body.standing_qpos()[None], np.zeros((1, body.model.nv))
    first = kinematics.landmarks(qpos, still).position.copy()
    kept = kinematics.landmarks(qpos, still).position
    kinematics.landmarks(qpos + 0.1, still)
    assert np.array_equal(first, kept)


def test_mirror_is_its_own_inverse_and_mirrors_landmarks(body, postures):
    qpos, qvel, _ = postures
    mirror, kinematics = body.mirror, Kinematics(body)
    again = mirror.position(mirror.position(qpos))
    sign = np.sign((again[:, 3:7] * qpos[:, 3:7]).sum(1))
    assert np.allclose(again[:, :3], qpos[:, :3])
    assert np.allclose(again[:, 3:7] * sign[:, None], qpos[:, 3:7])
    assert np.allclose(again[:, 7:], qpos[:, 7:])
    assert np.allclose(mirror.velocity(mirror.velocity(qvel)), qvel)
    there = kinematics.landmarks(qpos, qvel)
    mirrored = kinematics.landmarks(mirror.position(qpos), mirror.velocity(qvel))
    # myo-sim's pelvis is turned by 0.05 degrees against its own midline: 2 mm at the feet.
    assert np.abs(mirror.landmark_vectors(mirrored.position) - there.position).max() < 2e-3
    assert np.abs(mirror.landmark_vectors(mirrored.velocity) - there.velocity).max() < 2e-2


def test_mirrored_muscles_have_mirrored_names(body):
    names = np.array(body.actuators)
    partners = names[body.mirror.actuators]
    assert all(a[:-2] == b[:-2] and a[-1] != b[-1] for a, b in zip(names, partners, strict=True))


def test_muscle_laws_are_the_engines(body):
    model, rng = body.model, np.random.default_rng(3)
    for _ in range(500):
        m = rng.integers(80)
        span, prm = model.actuator_lengthrange[m], model.actuator_gainprm[m]
        length, speed = rng.uniform(span[0] - 0.05, span[1] + 0.05), rng.normal(0, 1.5)
        gain, bias = gain_and_bias(length, speed, span, prm)
        assert gain == pytest.approx(mujoco.mju_muscleGain(length, speed, span, 1.0, prm[:9]), abs=1e-8)
        assert bias == pytest.approx(mujoco.mju_muscleBias(length, span, 1.0, prm[:9]), abs=1e-8)
    assert force_length(1.0, 0.5, 1.6) == 1.0


def test_joint_torques_follow_from_arms_and_forces(body, postures):
    """Virtual work: the muscles' generalised force, couplings folded in, is arms times force."""
    qpos, qvel, activation = postures
    data = mujoco.MjData(body.model)
    for i in range(0, POSES, 40):
        state = muscle_state(body, mujoco.MjData(body.model), qpos[i], qvel[i])
        data.qpos[:], data.qvel[:], data.act[:] = qpos[i], qvel[i], activation[i]
        mujoco.mj_forward(body.model, data)
        force = state.gain * activation[i] + state.bias
        assert np.allclose(force, data.actuator_force, atol=1e-6)
        whole = data.qfrc_actuator.copy()
        couplings = body.couplings
        np.add.at(whole, couplings.driver_dof, couplings.slope(qpos[i]) * whole[couplings.dependent_dof])
        assert np.allclose(state.arms @ force, whole[body.joint_dof], atol=1e-6)


def test_the_torque_form_has_the_muscles_limits(body):
    torque, capacity = load("legs80_torque"), torque_capacity(body)
    assert np.allclose(torque.model.actuator_ctrlrange, SHARE_OF_CAPACITY * capacity)
    assert np.allclose(capacity[:7], capacity[7:])
    ankle = capacity[body.joints.index("ankle_angle_r")]
    assert -ankle[0] > 3 * ankle[1], "plantarflexors are several times stronger than dorsiflexors"
    assert torque.model.body_mass.sum() == pytest.approx(body.mass_kg)


def test_the_torque_form_lags(body):
    model = load("legs80_torque").model
    data = mujoco.MjData(model)
    data.qpos[:] = body.standing_qpos()
    data.ctrl[0] = 50.0
    steps = round(LAG_S / model.opt.timestep)
    for _ in range(steps):
        mujoco.mj_step(model, data)
    assert data.act[0] / 50.0 == pytest.approx(1 - np.exp(-1), abs=0.02)


def test_fingerprint_tells_bodies_apart(body):
    import dataclasses

    from kinesis.body import legs80
    from kinesis.body.body import fingerprint

    assert fingerprint(body) == body.fingerprint != load("legs80_torque").fingerprint
    spec = legs80.with_user_data(legs80.lean_spec())
    spec.actuators[3].gainprm[2] *= 1.001
    stronger = dataclasses.replace(body, model=legs80.compile_spec(spec))
    assert fingerprint(stronger) != body.fingerprint
