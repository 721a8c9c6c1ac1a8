"""Residual reduction: what is left over goes, feet stay, and a mirrored motion is led as the mirror image."""

import numpy as np
import pytest
from scipy.linalg import solveh_banded

from kinesis import rotations
from kinesis.body import Kinematics, load
from kinesis.motion.clip import make_clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.residuals import _across, _second_difference, _squared, reduced, residual_of

BODY = load("legs80")
KINEMATICS = Kinematics(BODY, threads=1)
FEET = [BODY.landmarks.index(name) for name in BODY.feet]


@pytest.fixture(scope="module")
def run():
    return generate(KINEMATICS, GaitSpec((Segment(0.0, "run", 2.8),), 3.0), rate_hz=50.0)


def posed(qpos, rate_hz=50.0):
    return make_clip(KINEMATICS, qpos, rate_hz, name="pose", source="test", licence="CC0-1.0")


def swayed(clip, sideways_m):
    """The clip with a pelvis that goes from side to side against its steps, as recordings have it; all goes along."""
    time_s = np.arange(clip.frames) / clip.rate_hz
    qpos = clip.qpos.copy()
    qpos[:, 1] += sideways_m * np.sin(2.0 * np.pi * 1.4 * time_s)
    return posed(qpos, clip.rate_hz)


def size_nm(clip):
    return residual_of(BODY, clip).size_nm


def test_what_the_ground_cannot_bear_goes_for_a_few_centimetres(run):
    asked = swayed(run, 0.05)
    led = reduced(KINEMATICS, asked)
    assert size_nm(asked) > 1.3 * size_nm(run)
    assert size_nm(led) < 0.2 * size_nm(asked)
    moved = led.qpos[:, :3] - asked.qpos[:, :3]
    assert np.abs(moved[:, :2]).max() < 0.06
    assert (moved[:, 2] == 0.0).all()
    assert np.allclose(led.qpos[:, 3:7], asked.qpos[:, 3:7], atol=1e-12)


def test_feet_stay_where_they_were(run):
    asked = swayed(run, 0.05)
    away = np.linalg.norm((reduced(KINEMATICS, asked).landmarks - asked.landmarks)[:, FEET], axis=-1)
    assert np.median(away) < 0.002
    assert np.quantile(away, 0.95) < 0.02


def test_who_stands_still_is_not_led():
    clip = posed(np.tile(BODY.standing_qpos(), (30, 1)))
    assert np.abs(reduced(KINEMATICS, clip).qpos - clip.qpos).max() < 1e-3


def test_a_residual_within_the_slack_is_left_and_beyond_it_little_by_little(run):
    assert reduced(KINEMATICS, run, slack_nm=size_nm(run) + 1.0) is run
    sizes = [size_nm(reduced(KINEMATICS, swayed(run, 0.05), slack)) for slack in (0.0, 100.0, 200.0)]
    assert sizes[0] < sizes[1] < sizes[2] < size_nm(swayed(run, 0.05))


def test_a_mirrored_run_is_led_as_the_mirror_image(run):
    asked = swayed(run, 0.05)
    mirrored = posed(BODY.mirror.position(asked.qpos))
    led = reduced(KINEMATICS, mirrored)
    assert np.allclose(led.qpos, BODY.mirror.position(reduced(KINEMATICS, asked).qpos), atol=2e-3)


def test_it_does_not_matter_where_the_motion_is_and_which_way_it_goes(run):
    asked, turn = swayed(run, 0.05), rotations.from_rotvec(np.array([[0.0, 0.0, 0.8]]))
    qpos = asked.qpos.copy()
    qpos[:, :3] = rotations.rotate(turn, qpos[:, :3]) + np.array([3.0, -2.0, 0.0])
    qpos[:, 3:7] = rotations.multiply(turn, qpos[:, 3:7])
    led = reduced(KINEMATICS, posed(qpos))
    assert np.allclose(led.qpos[:, 7:], reduced(KINEMATICS, asked).qpos[:, 7:], atol=1e-3)


def test_joints_keep_off_their_ends(run):
    low, high = BODY.joint_range.T
    asked = swayed(run, 0.06)
    before, led = (clip.qpos[:, BODY.joint_qpos] for clip in (asked, reduced(KINEMATICS, asked)))
    assert (led - np.minimum(before, low + 0.019)).min() > -1e-6
    assert (np.maximum(before, high - 0.019) - led).min() > -1e-6


@pytest.mark.parametrize("frames", [3, 9])
def test_what_is_too_short_for_accelerations_stays_as_it_is(frames):
    clip = posed(np.tile(BODY.standing_qpos(), (frames, 1)))
    assert reduced(KINEMATICS, clip) is clip


def test_bands_are_those_of_the_whole_matrix():
    rng = np.random.default_rng(0)
    rows = _second_difference(12) * rng.uniform(0.5, 2.0, 12)
    rows[1] += rng.uniform(1.0, 2.0, 12)
    before, own, after = rows
    whole = np.diag(own) + np.diag(before[1:], -1) + np.diag(after[:-1], 1)
    values = rng.normal(size=(12, 2))
    assert np.allclose(_across(rows, values), whole.T @ values)
    bands = _squared(rows)
    bands[-1] += 1.0
    solved = solveh_banded(bands, values)
    assert np.allclose((whole.T @ whole + np.eye(12)) @ solved, values)
