"""Feet that swing clear the ground, also where the recorded ones had another shape."""

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.motion.fit.clearance import CLEAR_M, clear_of_ground
from kinesis.motion.gait import GaitSpec, Segment, generate

RATE_HZ = 50.0
SINKS_M, TOES_M = 0.010, 0.12  # how far toes are to hang below the ground, and how far ahead of the ankle they are


@pytest.fixture(scope="module")
def kinematics():
    return Kinematics(load("legs80"))


@pytest.fixture(scope="module")
def walk(kinematics):
    return generate(kinematics, GaitSpec((Segment(0.0, "walk", 1.2),), 4.0), name="walk")


def dragged(kinematics, qpos):
    """The same walk with toes that hang: through the ground in every swing."""
    out = qpos.copy()
    for side in "rl":
        column = kinematics.body.joint_qpos[kinematics.body.joints.index(f"ankle_angle_{side}")]
        height = kinematics.sole_heights(qpos).min(2)[:, "rl".index(side)]
        swings = height > 0.01
        out[swings, column] -= (height[swings] + SINKS_M) / TOES_M
    return out


def test_what_clears_the_ground_is_left_as_it_is(kinematics, walk):
    assert np.abs(clear_of_ground(kinematics, walk.qpos, RATE_HZ) - walk.qpos).max() < 1e-6


def test_a_foot_that_drags_is_raised(kinematics, walk):
    qpos = dragged(kinematics, walk.qpos)
    before = kinematics.sole_heights(qpos).min(2)
    qpos = clear_of_ground(kinematics, qpos, RATE_HZ)
    after = kinematics.sole_heights(qpos).min(2)
    low = before < -0.002
    assert (after - before).min() > -1e-3
    assert np.quantile(after[low], 0.1) > 0.0
    assert after[low].max() < 2.5 * CLEAR_M


def test_the_root_the_other_foot_and_limits_are_kept(kinematics, walk):
    body, qpos = kinematics.body, dragged(kinematics, walk.qpos)
    out = clear_of_ground(kinematics, qpos, RATE_HZ)
    changed = np.abs(out - qpos)[:, body.joint_qpos].reshape(len(qpos), 2, 7).max(2) > 1e-9
    assert (out[:, :7] == qpos[:, :7]).all()
    assert changed.any()
    assert not changed.all(1).all()
    joints = out[:, body.joint_qpos]
    assert (joints >= body.joint_range[:, 0] - 1e-9).all()
    assert (joints <= body.joint_range[:, 1] + 1e-9).all()


def test_who_stands_is_left_alone(kinematics):
    stand = generate(kinematics, GaitSpec((Segment(0.0, "stand"),), 2.0), name="stand")
    assert np.abs(clear_of_ground(kinematics, stand.qpos, RATE_HZ) - stand.qpos).max() < 1e-6
