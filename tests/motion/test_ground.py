"""The ground's part in a motion: laws that hold for any, and a person who stands, walks and leaps."""

import dataclasses

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.motion.clip import make_clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.ground import BALL_M, HALF_WIDTH_M, TIP_M, ground_of

BODY = load("legs80")
KINEMATICS = Kinematics(BODY, threads=1)
WEIGHT_N = 9.81 * BODY.mass_kg


@pytest.fixture(scope="module")
def walk():
    return generate(KINEMATICS, GaitSpec((Segment(0.0, "walk", 1.25),), 3.0), rate_hz=100.0)


def posed(qpos):
    return make_clip(KINEMATICS, qpos, 50.0, name="pose", source="test", licence="CC0-1.0")


def standing():
    return np.tile(BODY.standing_qpos(), (20, 1))


def test_who_stands_bears_half_the_weight_on_each_foot():
    force, centre = ground_of(BODY, posed(standing()))
    assert np.allclose(force[..., 2], 0.5 * WEIGHT_N, rtol=0.02)
    assert np.abs(force[..., :2]).max() < 1.0
    assert (centre[..., 2] == 0.0).all()


def test_the_ground_bears_nobody_in_the_air():
    qpos = standing()
    qpos[:, 2] += 0.3
    assert (ground_of(BODY, posed(qpos)).force == 0.0).all()


def test_who_leans_bears_more_on_that_side():
    qpos = standing()
    feet = posed(qpos).landmarks[0, [BODY.landmarks.index(f"calcn_{side}") for side in "rl"], :2]
    towards_right = (feet[0] - feet[1]) / np.linalg.norm(feet[0] - feet[1])
    moved = qpos.copy()
    moved[:, :2] += 0.05 * towards_right  # feet go along, so they are brought back below
    clip = posed(moved)
    clip.landmarks[..., :2] -= 0.05 * towards_right
    right, left = ground_of(BODY, clip).force[10, :, 2]
    assert right > 1.5 * left
    assert right + left == pytest.approx(WEIGHT_N, rel=0.02)


def test_both_feet_together_give_the_acceleration_of_the_whole_body(walk):
    force = ground_of(BODY, walk).force.sum(1)[20:-20]
    assert force[:, 2].mean() == pytest.approx(WEIGHT_N, rel=0.03)
    assert np.abs(force[:, :2].mean(0)).max() < 0.03 * WEIGHT_N
    assert force[:, 2].min() > 0.3 * WEIGHT_N


def test_a_foot_bears_within_its_sole(walk):
    ground = ground_of(BODY, walk)
    heel, ball = (
        walk.landmarks[:, [BODY.landmarks.index(f"{bone}_{side}") for side in "rl"], :2] for bone in ("calcn", "toes")
    )
    ahead = (ball - heel) / np.linalg.norm(ball - heel, axis=-1, keepdims=True)
    away = ground.centre[..., :2] - heel
    forward = (away * ahead).sum(-1)
    assert forward.min() > -1e-9
    assert forward.max() < TIP_M + 1e-9
    assert np.sqrt((away**2).sum(-1) - forward**2 + 1e-12).max() < HALF_WIDTH_M + 1e-5
    bears = ground.force[..., 2] > 0.9 * WEIGHT_N
    assert forward[bears].max() > BALL_M - 0.03
    assert forward[bears].min() < 0.08


def test_a_mirrored_walk_is_borne_as_mirrored(walk):
    mirrored = dataclasses.replace(walk, qpos=BODY.mirror.position(walk.qpos), qvel=BODY.mirror.velocity(walk.qvel))
    mirrored = dataclasses.replace(
        mirrored, landmarks=walk.landmarks[:, BODY.mirror.landmarks] * np.array([1.0, -1.0, 1.0])
    )
    plain, image = ground_of(BODY, walk), ground_of(BODY, mirrored)
    for values, other in zip(plain, image, strict=True):
        assert np.allclose(values[:, ::-1] * np.array([1.0, -1.0, 1.0]), other, atol=0.02 * np.abs(values).max())


def test_the_same_walk_elsewhere_and_turned_is_borne_as_much(walk):
    spec = GaitSpec((Segment(0.0, "walk", 1.25),), 3.0, 1.0)
    turned = generate(KINEMATICS, spec, rate_hz=100.0)
    assert np.allclose(ground_of(BODY, walk).force[..., 2], ground_of(BODY, turned).force[..., 2], atol=0.01 * WEIGHT_N)
