"""The Env and its terms: laws that hold whatever the clip."""

import dataclasses

import numpy as np
import pytest
import torch

from kinesis.body import FORWARD_B, load
from kinesis.errors import KinesisError
from kinesis.rotations import from_axis_angle, heading, multiply, rotate
from kinesis.task import TASKS
from kinesis.task.actions import LAWS, joint_torque
from kinesis.task.observe import OBSERVATIONS
from kinesis.task.reward import REWARDS

from .conftest import ENVS, build, wave


@pytest.mark.parametrize("task", TASKS.names())
def test_every_task_builds_resets_and_steps(task, clip):
    env = build(task, [clip])
    for _ in range(3):
        result = env.step(torch.full((ENVS, env.num_actions), env.law.centre))
    assert env.observation.shape == (ENVS, sum(env.widths.values()))
    assert torch.isfinite(env.observation).all()
    assert torch.isfinite(result.reward).all()
    assert 0.0 < result.reward.mean() <= 1.0


def test_starting_on_the_reference_earns_nearly_everything(clip):
    env = build("imitate", [clip])
    moment = env.moment
    for name, k in (("position", 150.0), ("velocity", 2.0), ("joints", 2.0), ("upright", 10.0)):
        assert float(REWARDS.get(name)(moment, k=k).min()) > 0.999, name


def test_nothing_observed_depends_on_place_or_compass(clip):
    """Turn and shift the whole world: observation and reward stay as they are."""
    body = load("legs80")
    turned = wave(body, turn=2.1, shift=(5.0, -3.0))
    runs = []
    for motion in (clip, turned):
        env = build("imitate", [motion], command={"clips": torch.zeros(ENVS, dtype=torch.long)})
        for _ in range(5):
            result = env.step(torch.full((ENVS, 80), 0.1))
        runs.append((env.observation, result.reward))
    assert torch.allclose(runs[0][0], runs[1][0], atol=2e-3)
    assert torch.allclose(runs[0][1], runs[1][1], atol=1e-3)


def test_landmarks_are_observed_as_rotations_say(clip):
    """Against plain quaternion algebra, on a body that faces elsewhere than it should."""
    env = build("imitate", [wave(load("legs80"), turn=0.7)])
    env.step(torch.full((ENVS, 80), 0.2))
    m, tracked = env.moment, env.tables.places.tracked
    m.now.qpos[:, 3:7] = torch.from_numpy(
        multiply(from_axis_angle(np.array([0.0, 0, 1]), np.array(0.4)), m.now.qpos[:, 3:7].numpy())
    )
    m = dataclasses.replace(m)
    facing = heading(m.now.qpos[:, 3:7].numpy().astype(float), FORWARD_B)
    back = from_axis_angle(np.tile([0.0, 0.0, 1.0], (ENVS, 1)), -facing)

    def seen(vectors):
        return rotate(back[:, None], vectors.double().numpy()).reshape(ENVS, -1)

    around = m.now.landmarks[:, 1:] - m.now.qpos[:, None, :3]
    np.testing.assert_allclose(OBSERVATIONS.get("landmarks")(m), seen(around), atol=1e-5)
    missing = 5.0 * (m.target.ahead.landmarks - m.now.landmarks[:, None])[:, :, tracked]
    late = 0.5 * (m.target.ahead.landmark_velocities[:, 0] - m.now.landmark_velocities)[:, tracked]
    wanted = np.clip(np.concatenate([seen(missing.flatten(1, 2)), seen(late)], 1), -10.0, 10.0)
    np.testing.assert_allclose(OBSERVATIONS.get("landmark_errors")(m), wanted, atol=1e-4)
    off = heading(m.target.ahead.qpos[:, 0, 3:7].double().numpy(), FORWARD_B) - facing
    np.testing.assert_allclose(OBSERVATIONS.get("heading_error")(m), np.stack([np.sin(off), np.cos(off)], 1), atol=1e-5)
    assert np.abs(late.numpy()).max() > 1e-3


def test_same_seed_same_run(clip):
    runs = []
    for _ in range(2):
        env = build("imitate", [clip], seed=3)
        generator = torch.Generator().manual_seed(0)
        for _ in range(20):
            env.step(torch.rand(ENVS, 80, generator=generator))
        runs.append(env.observation)
    assert torch.equal(*runs)


def test_snapshot_goes_on_exactly(clip):
    env, other = build("imitate", [clip], seed=3), build("imitate", [clip], seed=9)
    generator = torch.Generator().manual_seed(0)
    actions = torch.rand(30, ENVS, 80, generator=generator)
    for action in actions[:10]:
        env.step(action)
    kept = {k: v.clone() for k, v in env.snapshot().items()}
    other.restore(kept)
    assert torch.equal(env.observation, other.observation)
    for action in actions[10:]:
        a, b = env.step(action), other.step(action)
        assert torch.equal(a.reward, b.reward)
    assert torch.equal(env.observation, other.observation)


def test_the_end_of_a_clip_is_no_failure(clip):
    short = wave(load("legs80"), seconds=0.1)
    env = build("imitate_torque", [short], command={"clips": torch.zeros(ENVS, dtype=torch.long)})
    for _ in range(5):
        result = env.step(torch.zeros(ENVS, 14))
    assert result.over.all()
    assert not result.failed.any()
    assert (env.age == 0).all()


def test_falling_is_a_failure(clip):
    env = build("imitate", [clip], auto_reset=False)
    failed = torch.zeros(ENVS, dtype=torch.bool)
    for _ in range(60):
        failed |= env.step(torch.zeros(ENVS, 80)).failed
    assert failed.all()


def test_a_reset_sets_all_of_the_state(clip):
    env = build("imitate", [clip], changes={"initial_activation": 0.07})
    env.step(torch.ones(ENVS, 80))
    env.reset()
    assert torch.allclose(env.sim.state.activation, torch.tensor(0.07))
    assert (env.sim.state.ground_force == 0).all()


def test_priming_sets_the_activation_that_the_policy_would_hold(clip):
    env = build("imitate", [clip])
    env.prime = lambda seen: torch.full((len(seen), 80), 0.33)
    env.reset()
    assert torch.allclose(env.sim.state.activation, torch.tensor(0.33))


def test_primed_muscles_and_the_first_observation_know_of_the_ground(stroll):
    """Else every motion would begin as if in the air."""
    env, asked = build("imitate", [stroll["legs80"]]), []
    env.prime = lambda seen: (asked.append(seen.clone()), torch.full((len(seen), 80), 0.1))[1]
    env.reset()
    first, place = env.sim.state.ground_force.clone(), list(env.widths).index("ground_force")
    begin = sum(list(env.widths.values())[:place])
    seen = slice(begin, begin + env.widths["ground_force"])
    assert (asked[0][:, seen] == 0).all()
    assert torch.equal(asked[1][:, seen], env.observation[:, seen])
    assert env.observation[:, seen].abs().amax(1).min() > 0.1
    env.step(torch.full((ENVS, 80), 0.1))
    assert torch.allclose(first, env.sim.state.ground_force, atol=1.0)


def test_wrong_pairs_are_refused(clip):
    with pytest.raises(KinesisError, match="does not drive"):
        build("imitate", [clip], changes={"law": "joint_servo"})
    with pytest.raises(KinesisError, match="first horizon"):
        build("imitate", [clip], changes={"horizons_s": (0.1,)})
    with pytest.raises(KinesisError, match="landmarks"):
        OBSERVATIONS.get("landmark")


def test_activation_is_in_range_at_150_hz_euler(clip):
    """The published step overshoots to 1.33; here activation is kept in [0, 1]."""
    env = build("kinesis", [clip])
    generator = torch.Generator().manual_seed(0)
    for _ in range(10):
        env.step(torch.randint(0, 2, (ENVS, 80), generator=generator) * 4.0 - 2.0)
        activation = env.sim.state.activation
        assert activation.min() >= 0.0
        assert activation.max() <= 1.0


def test_only_a_task_that_reads_the_ground_gets_it(clip):
    assert build("imitate", [clip]).moment.target.now.ground_force.shape[-1] == 0


def test_the_torques_of_the_motion_are_fed_forward(stroll):
    env = build("imitate_torque_forward", [stroll["legs80_torque"]])
    none, limits = torch.zeros(ENVS, 14), torch.tensor([[-1e4, 1e4]]).expand(14, 2)
    fed, plain = (
        joint_torque(LAWS.get(law), env.moment, none, limits) for law in ("joint_servo_forward", "joint_servo")
    )
    wanted = env.moment.target.ahead.activation[:, 0]
    assert wanted.abs().max() > 20.0
    assert torch.allclose(fed - plain, wanted, atol=1e-2)
    assert torch.allclose(env.sim.state.activation, env.moment.target.now.activation)


def test_who_is_fed_forward_stays_nearer_to_the_motion(stroll):
    far = {}
    for task in ("imitate_torque", "imitate_torque_forward"):
        env = build(task, [stroll["legs80_torque"]], seed=3, auto_reset=False)
        for _ in range(12):
            moment = env.step(torch.zeros(ENVS, 14)).moment
        far[task] = float(moment.tracked_distance.mean())
    assert far["imitate_torque_forward"] < 0.8 * far["imitate_torque"]


def test_torques_shared_among_muscles_start_out_as_the_torques_of_the_motion_and_move_the_body_like_them(stroll):
    far = {}
    for task in ("imitate_shared_forward", "imitate_torque_forward"):
        env = build(task, [stroll["legs80_torque"]], seed=3, auto_reset=False)
        if task == "imitate_shared_forward":
            assert env.sim.state.activation.shape == (ENVS, 80)
            assert env.sim.state.activation.max() > 0.2
        for _ in range(12):
            result = env.step(torch.zeros(ENVS, env.num_actions))
        assert torch.isfinite(result.reward).all()
        far[task] = float(result.moment.tracked_distance.mean())
    assert far["imitate_shared_forward"] < 2.0 * far["imitate_torque_forward"]


def test_on_a_leash_whoever_is_far_off_sees_himself_at_its_end(clip):
    """Moved along his heading or beside it, further than the leash: as from its end; within it: as without one."""
    env = build("imitate", [clip])
    forward = torch.from_numpy(env.moment.facing[:, :2])
    left = torch.stack([-forward[:, 1], forward[:, 0]], 1)
    leash = {"ahead_m": 0.1, "behind_m": 0.2, "aside_m": 0.15}

    def seen(onward_m, left_m, **constants):
        by = onward_m * forward + left_m * left
        now = env.moment.now.clone()
        now.qpos[:, :2] = env.moment.target.now.qpos[:, :2] + by
        now.landmarks[..., :2] += (now.qpos - env.moment.now.qpos)[:, None, :2]
        return OBSERVATIONS.get("landmark_errors")(dataclasses.replace(env.moment, now=now), **constants)

    for place in ((0.09, -0.14), (-0.19, 0.14)):
        np.testing.assert_allclose(seen(*place, **leash), seen(*place), atol=1e-4)
    for far, end in (((0.9, 0.0), (0.1, 0.0)), ((-0.4, 0.3), (-0.2, 0.15)), ((0.05, -1.0), (0.05, -0.15))):
        np.testing.assert_allclose(seen(*far, **leash), seen(*end), atol=1e-4)
        assert np.abs(seen(*far) - seen(*end)).max() > 0.1
