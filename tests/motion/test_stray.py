"""Strayed motions: the same motion, off by as much as stated, always alike."""

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.motion.clip import Clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.stray import HEIGHT_M, JOINTS_DEG, strayed

KINEMATICS = Kinematics(load("legs80"))
BODY = KINEMATICS.body


@pytest.fixture(scope="module")
def walk() -> Clip:
    return generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.2),), 6.0), name="walk")


def test_a_clip_strays_alike_every_time_and_each_in_its_own_way(walk: Clip) -> None:
    once, again = strayed(KINEMATICS, walk), strayed(KINEMATICS, walk)
    np.testing.assert_array_equal(once.qpos, again.qpos)
    other = generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.2),), 6.0), name="another")
    assert np.abs(strayed(KINEMATICS, other).qpos - once.qpos).max() > 0.01


def test_it_stays_the_same_motion_within_the_joints_limits(walk: Clip) -> None:
    low, high = BODY.joint_range.T
    off = []
    for name in "abcdefgh":
        clip = strayed(KINEMATICS, generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.2),), 6.0), name=name))
        angles = clip.qpos[:, BODY.joint_qpos]
        assert (angles >= low).all()
        assert (angles <= high).all()
        np.testing.assert_allclose(np.linalg.norm(clip.qpos[:, 3:7], axis=1), 1.0, atol=1e-9)
        applied = clip.qpos.copy()
        BODY.couplings.apply(applied)
        np.testing.assert_allclose(applied, clip.qpos, atol=1e-12)
        off.append(np.rad2deg(angles - walk.qpos[:, BODY.joint_qpos]))
        rise = (clip.qpos[:, 2] - walk.qpos[:, 2]).mean()
        assert HEIGHT_M[0] - 0.002 < rise < HEIGHT_M[1] + 0.002
    spread = np.sqrt(np.mean(np.square(off)))
    assert 1.0 < spread < np.sqrt(sum(size**2 for size in JOINTS_DEG.values()))
    assert (clip.category, clip.source, clip.licence) == (walk.category, walk.source, walk.licence)
