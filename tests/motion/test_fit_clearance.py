"""Feet that swing clear the ground, also where the recorded ones had another shape."""

import numpy as np
import pytest

from kinesis import rotations
from kinesis.body import Kinematics, load
from kinesis.motion.fit.clearance import CLEAR_M, clear_of_ground
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.gait.legs import SOLVED, FootPose
from kinesis.motion.gait.skeleton import skeleton_of

RATE_HZ = 50.0
SINKS_M, BENT_RAD = 0.008, 0.8  # a leg less bent would not reach down


@pytest.fixture(scope="module")
def kinematics():
    return Kinematics(load("legs80"))


@pytest.fixture(scope="module")
def walk(kinematics):
    return generate(kinematics, GaitSpec((Segment(0.0, "walk", 1.2),), 4.0), name="walk")


def dragged(kinematics, qpos):
    """The same walk with legs too long for it: soles go through the ground wherever the knee is bent."""
    body, skeleton, out = kinematics.body, skeleton_of(kinematics.body), qpos.copy()
    root, heights = rotations.to_matrix(qpos[:, 3:7]), kinematics.sole_heights(qpos).min(2)
    for side, chain in enumerate(skeleton.chains):
        joints = body.joint_qpos[7 * side : 7 * side + SOLVED]
        frames = np.flatnonzero((heights[:, side] > 0.01) & (qpos[:, joints[3]] > BENT_RAD))
        angles, turned = qpos[np.ix_(frames, joints)], root[frames]
        foot = chain.forward(angles, turned)
        down = np.array([0.0, 0.0, 1.0]) * (heights[frames, side, None] + SINKS_M)
        out[np.ix_(frames, joints)] = chain.solve(FootPose(foot.origin - down, foot.matrix), turned, angles)
    body.couplings.apply(out)
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
    assert after[low].max() < 2.0 * CLEAR_M


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
