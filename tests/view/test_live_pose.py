"""Poses for drawing live, against the engine."""

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinesis.body import load
from kinesis.view.live.pose import Poser, rods

from .conftest import swinging_legs


@pytest.fixture(scope="module")
def poser(body):
    return Poser(body)


@pytest.mark.parametrize("frame", [0, 20, 40])
def test_muscles_are_as_long_as_the_engine_says_but_for_the_arcs(poser, body, frame):
    qpos = swinging_legs(body, speed_mps=1.0, seconds=1.0)[frame]
    data = mujoco.MjData(body.model)
    data.qpos[:] = qpos
    mujoco.mj_fwdPosition(body.model, data)
    segments = poser.at(qpos).segments
    length = np.bincount(poser.muscle, np.linalg.norm(segments[:, 1] - segments[:, 0], axis=-1))
    assert length == pytest.approx(data.actuator_length, rel=0.04)
    assert (length <= data.actuator_length + 1e-9).all()  # a chord is shorter than its arc


def test_bones_stand_where_the_engine_puts_them(poser, body):
    qpos = swinging_legs(body, speed_mps=1.0, seconds=1.0)[30]
    data = mujoco.MjData(body.model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(body.model, data)
    pose = poser.at(qpos, muscles=False)
    assert pose.segments.shape == (0, 2, 3)
    for part, position, wxyz in zip(poser.parts, pose.position, pose.wxyz, strict=True):
        assert np.array_equal(position, data.body(part).xpos)
        assert np.array_equal(wxyz, data.body(part).xquat)


def test_what_is_welded_goes_along(poser):
    top = poser.meshes[poser.parts[0]].vertices
    assert top[:, 2].max() > 0.6  # the head is among the pelvis' bones
    assert len(poser.parts) == 13


def test_a_body_without_muscles_has_bones_only():
    torques = load("legs80_torque")
    assert Poser(torques).at(torques.standing_qpos()).segments.shape == (0, 2, 3)


def test_rods_lie_on_their_segments():
    rng = np.random.default_rng(0)
    segments = rng.normal(size=(50, 2, 3))
    segments[0] = [[0, 0, 1], [0, 0, 0]]  # straight down
    segments[1, 1] = segments[1, 0]  # no length
    position, wxyz, scale = rods(segments, np.full(50, 0.01))
    top = Rotation.from_quat(wxyz, scalar_first=True).apply(np.array([0.0, 0.0, 0.5]) * scale) + position
    assert np.abs(top - segments[:, 1]).max() < 1e-5
    assert np.array_equal(scale[1], np.zeros(3))
    assert np.isfinite(wxyz).all()
