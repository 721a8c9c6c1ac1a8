"""What slips away is the same motion elsewhere: a body stands in it as before, and moves as its places do."""

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.command import Follow, Slip
from kinesis.motion.clip import make_clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.library import Library

ENVS, STEP_S = 60, 0.02
SLIP = Slip(most_m=0.3, most_rad=0.7, every_s=0.5)


@pytest.fixture(scope="module")
def library():
    body = load("legs80")
    walk = generate(Kinematics(body), GaitSpec((Segment(0.0, "walk", 1.25),), 3.0), rate_hz=100.0)
    return Library(body, [walk])


@pytest.fixture(scope="module")
def pair(library):
    """Two that have followed for a second, the second of which lets slip."""
    both = [Follow(library, ENVS, (STEP_S,), seed=2, slip=slip) for slip in (None, SLIP)]
    for command in both:
        for _ in range(50):
            command.advance(STEP_S)
    return both


def test_a_slip_is_no_further_than_it_may_be_and_only_some_have_slipped(pair):
    plain, slipped = (command.target().now for command in pair)
    away = (slipped.qpos - plain.qpos)[:, :2].norm(dim=1)
    turned = 2.0 * torch.acos((slipped.qpos * plain.qpos)[:, 3:7].sum(1).abs().clamp(max=1.0))
    gone = pair[1].slips.abs().sum(1) > 0
    assert 0.75 < gone.float().mean() < 0.95, "1 - exp(-2) = 0.86 after two of the mean times"
    assert torch.equal(slipped.qpos[~gone], plain.qpos[~gone])
    assert away[gone].min() > 0.0
    assert turned[gone].max() < 0.7 + 1e-3
    assert turned[gone].mean() == pytest.approx(0.35, abs=0.1)
    assert torch.allclose(slipped.qpos[:, 7:], plain.qpos[:, 7:])
    assert torch.allclose(slipped.qpos[:, 2], plain.qpos[:, 2])


def test_landmarks_are_those_of_a_body_in_the_slipped_posture(pair):
    body = load("legs80")
    for state in (pair[1].target().now, pair[1].target().ahead):
        qpos = state.qpos.reshape(ENVS, -1).numpy().astype(float)
        clip = make_clip(Kinematics(body), qpos, 50.0, name="slipped", source="test", licence="CC0-1.0")
        assert np.allclose(clip.landmarks, state.landmarks.reshape(clip.landmarks.shape), atol=1e-5)


def test_velocities_turn_with_the_places(pair):
    missed = []
    for command in pair:
        now, ahead = command.target().now, command.target().ahead
        wanted = [
            (ahead.landmarks[:, 0] - now.landmarks, now.landmark_velocities + ahead.landmark_velocities[:, 0]),
            ((ahead.qpos[:, 0] - now.qpos)[:, None, :2], (now.qvel + ahead.qvel[:, 0])[:, None, :2]),
        ]
        missed.append(torch.cat([(way / STEP_S - 0.5 * speeds).norm(dim=-1) for way, speeds in wanted], 1))
    assert missed[0].mean() < 0.05
    assert torch.allclose(*missed, atol=1e-3), "as far from the way between two instants as where nothing slips"


def test_a_start_is_where_it_belongs_and_a_snapshot_goes_on_exactly(library, pair):
    other = Follow(library, ENVS, (STEP_S,), seed=9, slip=SLIP)
    other.restore({k: v.clone() for k, v in pair[1].snapshot().items()})
    mine = Follow(library, ENVS, (STEP_S,), seed=8, slip=SLIP)
    mine.restore({k: v.clone() for k, v in pair[1].snapshot().items()})
    for command in (other, mine):
        for _ in range(30):
            command.advance(STEP_S)
    assert torch.equal(other.slips, mine.slips)
    mine.start(torch.arange(5))
    assert not mine.slips[:5].any()
    assert torch.equal(mine.slips[5:], other.slips[5:])
