"""Following clips: look-ups interpolate, draws cover the clips, nothing lags."""

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.motion.clip import make_clip, velocities
from kinesis.motion.library import Library


def line(speed, rate_hz, seconds=2.0, name="line"):
    """Standing legs gliding at a constant speed and turning at 0.5 rad/s about z."""
    body = load("legs80")
    t = np.arange(round(seconds * rate_hz) + 1) / rate_hz
    qpos = np.tile(body.standing_qpos(), (len(t), 1))
    qpos[:, 0] = speed * t
    angle = np.pi / 2 + 0.5 * t
    qpos[:, 3:7] = np.stack([np.cos(angle / 2), 0 * t, 0 * t, np.sin(angle / 2)], 1)
    return make_clip(Kinematics(body), qpos, rate_hz, name=name, source="test", licence="CC0-1.0")


@pytest.fixture(scope="module")
def library():
    return Library(load("legs80"), [line(1.0, 50.0), line(2.0, 37.0, seconds=1.0)])


def test_any_time_between_frames_is_exact_on_a_straight_line(library):
    time_s = torch.tensor([[0.0, 0.013, 0.777], [0.0, 0.5005, 0.99]])
    state = library.look_up(torch.tensor([0, 1]), time_s)
    assert torch.allclose(state.qpos[..., 0], time_s * torch.tensor([[1.0], [2.0]]), atol=1e-5)
    assert torch.allclose(state.qvel[..., 0], torch.tensor([[1.0], [2.0]]).expand(2, 3), atol=1e-4)
    assert torch.allclose(state.qpos[..., 3:7].norm(dim=-1), torch.ones(2, 3))


def test_beyond_the_end_it_goes_on_at_its_last_velocity(library):
    state = library.look_up(torch.tensor([0]), torch.tensor([[2.0, 2.5]]))
    assert state.qpos[0, 1, 0] == pytest.approx(2.5, abs=1e-4)
    moved = state.landmarks[0, 1, :, 0] - state.landmarks[0, 0, :, 0]
    assert torch.allclose(moved, torch.full_like(moved, 0.5), atol=1e-4)


def test_velocities_are_those_of_the_positions():
    clip = line(1.0, 100.0)
    body = load("legs80")
    assert np.allclose(clip.qvel[:, 5], 0.5, atol=1e-6)
    assert np.allclose(velocities(body, clip.qpos, 100.0), clip.qvel)
    numeric = np.gradient(clip.landmarks, 0.01, axis=0)[2:-2]
    assert np.allclose(numeric, clip.landmark_velocities[2:-2], atol=1e-4)


def test_draws_cover_clips_by_weight_and_starts_by_time(library):
    command = Follow(library, 4000, (0.02,), weights=torch.tensor([3.0, 1.0]))
    command.start(torch.arange(4000))
    assert (command.clip == 0).float().mean() == pytest.approx(0.75, abs=0.03)
    starts = command.time_s[command.clip == 0]
    assert starts.max() <= 1.5
    assert starts.mean() == pytest.approx(0.75, abs=0.05)


def test_given_clips_start_at_their_beginning(library):
    command = Follow(library, 2, (0.02,), clips=torch.tensor([1, 0]))
    command.start(torch.arange(2))
    assert command.clip.tolist() == [1, 0]
    assert command.time_s.tolist() == [0.0, 0.0]
    for _ in range(50):
        command.advance(0.02)
    assert command.over.tolist() == [True, False]


def test_the_target_is_that_of_now_and_ahead(library):
    command = Follow(library, 1, (0.02, 0.2), clips=torch.tensor([0]))
    command.start(torch.arange(1))
    command.advance(0.4)
    target = command.target()
    assert target.now.qpos[0, 0] == pytest.approx(0.4, abs=1e-5)
    assert target.ahead.qpos[0, :, 0].tolist() == pytest.approx([0.42, 0.6], abs=1e-5)


def test_another_bodys_clip_is_refused():
    import dataclasses

    with pytest.raises(KinesisError, match="another body"):
        Library(load("legs80"), [dataclasses.replace(line(1.0, 50.0), body="legs86")])


def test_new_episodes_start_before_recent_failures(library):
    command = Follow(library, 400, (0.02,), seed=3, hard_share=0.5)
    everyone, failed = torch.arange(400), torch.zeros(400, dtype=torch.bool)
    command.start(everyone, failed)
    assert not command.failures.any()
    command.clip[:], command.time_s[:] = 0, 1.6
    failed[:10] = True
    command.start(everyone, failed)
    assert command.failures.sum() == pytest.approx(10.0)
    before = (command.clip == 0) & (command.time_s <= 1.0)
    assert 0.55 < before.float().mean() < 0.85, "half of the starts, and the share that falls there anyway"
    easy = Follow(library, 400, (0.02,), seed=3)
    easy.clip[:], easy.time_s[:] = 0, 1.6
    easy.start(everyone, failed)
    assert not easy.failures.any()


def test_failures_are_forgotten_and_survive_a_snapshot(library):
    command = Follow(library, 50, (0.02,), hard_share=0.5)
    everyone = torch.arange(50)
    command.start(everyone, torch.ones(50, dtype=torch.bool))
    other = Follow(library, 50, (0.02,), hard_share=0.5)
    other.restore({k: v.clone() for k, v in command.snapshot().items()})
    for one in (command, other):
        one.start(everyone, torch.zeros(50, dtype=torch.bool))
    assert torch.equal(command.time_s, other.time_s)
    at_first = float(command.failures.sum())
    for _ in range(400):
        command.start(everyone, torch.zeros(50, dtype=torch.bool))
        command.start(everyone[:1], torch.zeros(1, dtype=torch.bool))
    assert float(command.failures.sum()) < 0.2 * at_first
