"""Recordings: what is in them obeys mechanics, and files come back as they went."""

import contextlib
import dataclasses
import json
import zipfile

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinesis.body.dynamics import fold
from kinesis.body.muscles import muscle_state
from kinesis.errors import KinesisError
from kinesis.evaluate import Mass, Recording, follow_clips, load_recording, load_recordings, record, save
from kinesis.evaluate.follow import follow_batch, make_env
from kinesis.evaluate.mechanics import fibres, ground
from kinesis.evaluate.recording import ENDING, Tape, resampled
from kinesis.evaluate.signals import SIGNALS
from kinesis.motion.find import find_motions

GRAVITY = 9.81


@pytest.fixture(scope="module")
def recording(checkpoint, body):
    """Four seconds of walking at the physics rate."""
    clip = find_motions("builtin:walk@1.2", body)[0]
    short = {key: getattr(clip, key)[:201] for key in ("qpos", "qvel", "landmarks", "landmark_velocities")}
    clip = dataclasses.replace(clip, **short)
    return record(checkpoint.policy, checkpoint.card.task, [clip], policy_id="abc")[0]


@pytest.fixture
def small():
    """Three instants of two muscles."""
    arrays = {"time_s": np.arange(3) / 100.0, "activation": np.full((3, 2), 0.5, np.float32)}
    return Recording("small", 100.0, arrays, ("soleus_r", "soleus_l"), (), (), "f", "legs80", labels={"speed_mps": 1.4})


def test_everything_is_there_with_its_unit(recording, body):
    assert set(recording.arrays) == set(SIGNALS)
    assert recording.units == {name: signal.unit for name, signal in SIGNALS.items()}
    assert (recording.rate_hz, len(recording)) == (150.0, 600)
    assert (recording.muscles, recording.joints) == (body.actuators, body.joints)
    assert (recording.fingerprint, recording.policy) == (body.fingerprint, "abc")
    assert recording.labels["speed_mps"] == 1.2
    assert recording.labels["frame_coverage"] == 1.0


def test_the_path_is_that_of_an_evaluation(recording, checkpoint, body):
    clip = find_motions("builtin:walk@1.2", body)[0]
    run = follow_clips(checkpoint.policy, checkpoint.card.task, [clip])[0]
    steps = 180  # the shorter clip's end is not yet in sight
    np.testing.assert_allclose(recording["qpos"][3::3][:steps], run.qpos[:steps], atol=1e-5)
    np.testing.assert_allclose(recording["reference_qpos"][3::3][:steps], run.reference[:steps], atol=1e-4)
    segments = run.ground_force[:steps]  # heel and toes of either foot, of the last physics step
    felt = np.stack([segments[:, :2].sum(1), segments[:, 2:].sum(1)], 1)
    np.testing.assert_allclose(recording["ground_force"][2::3][:steps], felt, atol=0.5)


def test_excitation_and_activation_stay_within_bounds(recording):
    for name in ("excitation", "activation"):
        assert recording[name].min() >= 0.0
        assert recording[name].max() <= 1.0
    assert np.abs(recording["excitation"] - recording["activation"]).max() > 0.01


def test_moments_add_up_and_muscle_moments_are_forces_times_arms(recording, body):
    total = recording["joint_moment_muscle"] + recording["joint_moment_passive"]
    np.testing.assert_allclose(recording["joint_moment"], total, atol=1e-3)
    data = mujoco.MjData(body.model)
    for row in range(0, len(recording), 100):
        state = muscle_state(body, data, recording["qpos"][row], recording["qvel"][row])
        moment = -(state.arms @ recording["muscle_force"][row])
        np.testing.assert_allclose(recording["joint_moment_muscle"][row], moment, atol=1e-2)
        force = -(state.gain * recording["activation"][row] + state.bias)
        np.testing.assert_allclose(recording["muscle_force"][row], force, atol=1e-2)


def test_joint_moments_are_those_of_inverse_dynamics(recording, body):
    """Knee and hip of a whole step by Newton and Euler: mass · acceleration + bias − ground."""
    model = body.model
    data = mujoco.MjData(model)
    for row in range(50, 250, 20):
        data.qpos[:], data.qvel[:] = recording["qpos"][row], recording["qvel"][row]
        data.act[:], data.ctrl[:] = recording["activation"][row], recording["excitation"][row]
        mujoco.mj_forward(model, data)
        needed = data.qacc.copy()
        mujoco.mj_mulM(model, data, needed, data.qacc)
        needed += data.qfrc_bias
        for side, foot in enumerate(("talus_r", "talus_l")):
            if recording["contact"][row, side]:
                point = recording["centre_of_pressure"][row, side].astype(float)
                free = np.array([0.0, 0.0, recording["ground_moment"][row, side]])
                push = np.zeros(model.nv)
                force = recording["ground_force"][row, side].astype(float)
                mujoco.mj_applyFT(model, data, force, free, point, model.body(foot).id, push)
                needed -= push
        moments = fold(body, data.qpos[None], needed[None])[0]
        above_foot = [i for i, joint in enumerate(body.joints) if joint[:3] in ("hip", "kne", "ank")]
        np.testing.assert_allclose(moments[above_foot], recording["joint_moment"][row, above_foot], atol=0.3)


def test_the_ground_bears_the_body_and_moves_its_centre_of_mass(recording, body):
    force = recording["ground_force"].sum(1) - [0.0, 0.0, GRAVITY * body.mass_kg]
    assert recording["ground_force"][:, :, 2].sum(1).mean() == pytest.approx(GRAVITY * body.mass_kg, rel=0.05)
    speed = np.diff(recording["centre_of_mass"], axis=0) * recording.rate_hz
    acceleration = np.diff(speed, axis=0) * recording.rate_hz
    away = np.abs(body.mass_kg * acceleration - force[1:-1]).mean(0)
    assert (away < 0.1 * np.abs(force).mean(0)).all()


def test_the_centre_of_pressure_lies_under_the_foot_and_nowhere_else(recording):
    down = recording["contact"] > 0
    assert (down == (recording["ground_force"][..., 2] > 0)).all()
    assert (np.isnan(recording["centre_of_pressure"]).any(-1) == ~down).all()
    assert 0.3 < down.mean() < 0.9
    for side, bone in enumerate(("calcn_r", "calcn_l")):
        heel = recording["landmark_position"][:, recording.landmarks.index(bone)]
        away = np.linalg.norm((recording["centre_of_pressure"][:, side] - heel)[down[:, side], :2], axis=1)
        assert away.max() < 0.3


def test_ground_gives_back_force_point_and_free_moment():
    force, point = np.array([30.0, -20.0, 600.0]), np.array([1.2, -0.4, 0.0])
    wrench = np.concatenate([force, np.cross(point, force) + np.array([0.0, 0.0, 7.0])])
    got = ground(np.stack([wrench, np.zeros(6)])[None])
    np.testing.assert_allclose(got["centre_of_pressure"][0, 0], point, atol=1e-12)
    assert got["ground_moment"][0] == pytest.approx([7.0, 0.0])
    assert np.isnan(got["centre_of_pressure"][0, 1]).all()


def test_fibres_lie_within_their_range_and_move_as_they_change(recording, body):
    gain = body.model.actuator_gainprm
    optimal = np.diff(body.model.actuator_lengthrange)[:, 0] / (gain[:, 1] - gain[:, 0])
    length, _ = fibres(body.model, body.model.actuator_lengthrange[:, 1], np.zeros(80))
    np.testing.assert_allclose(length / optimal, gain[:, 1])
    change = np.diff(recording["fibre_length"].astype(float), axis=0) * recording.rate_hz
    away = change - recording["fibre_velocity"][1:]  # the engine steps positions with the new speed
    assert np.abs(away).mean() < 0.05 * np.abs(change).mean()


def test_a_recording_stops_where_the_person_falls(checkpoint, clips):
    heavy = Mass(5.0)
    fallen = record(checkpoint.policy, checkpoint.card.task, clips[:1], perturbation=heavy)[0]
    share = fallen.labels["frame_coverage"]
    assert share < 1.0
    assert len(fallen) == 3 * round(share * 70)


def test_a_lower_rate_keeps_what_falls_on_its_instants(recording):
    fifty = resampled(recording, 50.0)
    assert len(fifty) == 200
    for name in SIGNALS:
        np.testing.assert_allclose(fifty[name], recording[name][::3], rtol=1e-6, atol=1e-9)
    hundred = resampled(recording, 100.0)
    assert np.diff(hundred["time_s"]) == pytest.approx(0.01)
    np.testing.assert_allclose(np.linalg.norm(hundred["root_quaternion"], axis=1), 1.0, atol=1e-6)


def test_of_a_tape_every_second_instant_may_be_asked_for(checkpoint, clips):
    env = make_env(checkpoint.policy, checkpoint.card.task, clips[:1], None)
    tape = Tape(env, clips[:1])
    run = follow_batch(checkpoint.policy, env, clips[:1], tape)[0]
    whole, half = tape.recording(0, run), tape.recording(0, run, every=2)
    assert half.rate_hz == whole.rate_hz / 2
    for name in SIGNALS:
        np.testing.assert_allclose(half[name], whole[name][::2], atol=1e-5)


def test_a_saved_recording_comes_back(recording, small, tmp_path):
    for whole in (recording, small):
        path = save(whole, tmp_path / f"{whole.name}{ENDING}")
        back = load_recording(path)
        for key in ("name", "rate_hz", "muscles", "joints", "landmarks", "fingerprint", "body", "policy", "units"):
            assert getattr(back, key) == getattr(whole, key)
        assert dict(back.labels) == pytest.approx(dict(whole.labels))
        for name in whole.arrays:
            np.testing.assert_array_equal(back[name], whole[name])
            assert back[name].dtype == whole[name].dtype
    assert [r.name for r in load_recordings(tmp_path)] == sorted([recording.name, "small"])


@pytest.mark.parametrize("name", ["activaton", "muscle_force"])
def test_an_array_that_is_not_there_is_refused_with_the_nearest(small, name):
    with pytest.raises(KinesisError, match=f"there is no array '{name}'"):
        small[name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"activation": np.full((3, 2), np.nan)}, "not a finite number"),
        ({"activation": np.full((2, 2), 0.5)}, "not the shape"),
        ({"activation": np.full((3, 3), 0.5)}, "not the shape"),
        ({"activation": np.full((3, 2), 1)}, "not such an array"),
        ({"activations": np.full((3, 2), 0.5)}, "did you mean activation"),
        ({"time_s": np.array([0.0, 0.01, 0.03])}, "stated rate"),
        ({"time_s": np.zeros(0)}, "not the shape"),
    ],
)
def test_arrays_that_are_none_are_refused(small, change, words):
    with pytest.raises(KinesisError, match=words):
        dataclasses.replace(small, arrays=dict(small.arrays) | change, units={})


def written(path, small, **changes):
    """A file as `save` writes it, but for some words."""
    save(small, path)
    with np.load(path) as data:
        arrays = dict(data)
    words = json.loads(str(arrays.pop("words"))) | changes
    np.savez(path, words=np.array(json.dumps(words)), **arrays)
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate_hz": "fast"}, "not a saved recording"),
        ({"rate_hz": -1.0}, "not a rate"),
        ({"muscles": 3}, "not a saved recording"),
        ({"muscles": ["soleus_r"]}, "not the shape"),
        ({"labels": []}, "not a saved recording"),
        ({"units": {"activation": "N"}}, "another unit"),
    ],
)
def test_files_with_wrong_words_are_refused(small, tmp_path, changes, words):
    path = written(tmp_path / f"x{ENDING}", small, **changes)
    with pytest.raises(KinesisError, match=words) as refusal:
        load_recording(path)
    assert str(path) in str(refusal.value)


def test_foreign_files_are_refused(small, tmp_path):
    (tmp_path / "text").write_text("no archive")
    np.savez(tmp_path / "other.npz", qpos=np.zeros(3))
    with zipfile.ZipFile(tmp_path / "objects.npz", "w") as archive:
        archive.writestr("words.npy", b"no array")
        archive.writestr("time_s.npy", b"no array")
    for name in ("text", "other.npz", "objects.npz", "absent"):
        with pytest.raises(KinesisError):
            load_recording(tmp_path / name)
    with pytest.raises(KinesisError, match="no recordings"):
        load_recordings(tmp_path)


@settings(max_examples=40)
@given(place=st.integers(0, 2000), value=st.integers(0, 255), cut=st.integers(0, 2000))
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, place, value, cut):
    arrays = {"time_s": np.arange(3) / 100.0, "activation": np.full((3, 2), 0.5)}
    whole = Recording("small", 100.0, arrays, ("a", "b"), (), (), "f", "legs80")
    path = save(whole, tmp_path_factory.mktemp("damaged") / f"x{ENDING}")
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content[: len(content) - cut % 50 if cut % 3 == 0 else len(content)])
    with contextlib.suppress(KinesisError):
        assert load_recording(path).name


def test_bodies_without_muscles_and_impossible_rates_are_refused(checkpoint, clips):
    task = checkpoint.card.task
    with pytest.raises(KinesisError, match="not a rate to record at"):
        record(checkpoint.policy, task, clips, rate_hz=151.0)
    with pytest.raises(KinesisError, match="without muscles"):
        record(checkpoint.policy, dataclasses.replace(task, body="legs80_torque"), clips)
