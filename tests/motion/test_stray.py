"""Strayed motions: the same motion, off by as much as stated, always alike."""

import dataclasses

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.motion.clip import Clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.recipes import by_somebody_else, spec_of
from kinesis.motion.stray import HEIGHT_M, JOINTS_DEG, part_way, stray

KINEMATICS = Kinematics(load("legs80"))
BODY = KINEMATICS.body


@pytest.fixture(scope="module")
def walk() -> Clip:
    return generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.2),), 6.0), name="walk")


def test_a_clip_strays_alike_every_time_and_each_in_its_own_way(walk: Clip) -> None:
    once, again = stray(KINEMATICS, walk).strayed, stray(KINEMATICS, walk).strayed
    np.testing.assert_array_equal(once.qpos, again.qpos)
    assert stray(KINEMATICS, walk).plain is walk
    other = generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.2),), 6.0), name="another")
    assert np.abs(stray(KINEMATICS, other).strayed.qpos - once.qpos).max() > 0.01


def test_part_of_the_way_begins_at_the_plain_motion_and_ends_at_the_strayed(walk: Clip) -> None:
    both = stray(KINEMATICS, walk)
    for share, clip in ((0.0, both.plain), (1.0, both.strayed)):
        np.testing.assert_allclose(part_way(KINEMATICS, both, share).qpos, clip.qpos, atol=1e-12)
    apart = [np.abs(part_way(KINEMATICS, both, share).landmarks - walk.landmarks).mean() for share in (0.3, 0.6, 0.9)]
    assert apart == sorted(apart)


def test_it_stays_the_same_motion_within_the_joints_limits(walk: Clip) -> None:
    low, high = BODY.joint_range.T
    off = []
    for name in "abcdefgh":
        plain = generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.2),), 6.0), name=name)
        clip = stray(KINEMATICS, plain).strayed
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


def test_a_built_in_motion_strays_as_somebody_else_on_the_same_way_at_the_same_steps() -> None:
    name = "builtin-walk-train-020"
    spec = spec_of(name)
    assert spec is not None
    plain = generate(KINEMATICS, spec, name=name)
    strays = [stray(KINEMATICS, plain, copy) for copy in range(6)]
    copies = [each.strayed for each in strays]
    knees = np.array([np.rad2deg(copy.qpos[:, BODY.joint_qpos[3]].mean()) for copy in copies])
    assert np.ptp(knees) > 8.0
    hip = BODY.joint_qpos[0]
    for somebody, copy in strays:
        assert somebody.frames == copy.frames
        wandering = np.rad2deg(copy.qpos[:, BODY.joint_qpos] - somebody.qpos[:, BODY.joint_qpos])
        assert np.sqrt(np.square(wandering).mean()) > 1.0
        assert copy.frames == plain.frames
        assert np.linalg.norm(copy.qpos[:, :2] - plain.qpos[:, :2], axis=1).max() < 0.2
        assert np.corrcoef(copy.qpos[:, hip], plain.qpos[:, hip])[0, 1] > 0.7
    assert spec_of("somebody's walk") is None


def test_who_strays_is_the_same_person_with_and_without_an_accent() -> None:
    spec = spec_of("builtin-walk-train-020")
    assert spec is not None
    plain, accented = by_somebody_else(spec, np.random.default_rng(3))
    assert accented.style.accent_rad > 0.0
    assert accented.style.bounce_m > 0.0
    assert plain.style == dataclasses.replace(accented.style, accent_rad=0.0, bounce_m=0.0)
    assert plain.segments == accented.segments == spec.segments
    assert plain.style.step_width_m != spec.style.step_width_m
