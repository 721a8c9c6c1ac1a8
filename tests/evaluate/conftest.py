"""Motions of a second or two."""

import dataclasses

import numpy as np
import pytest

from kinesis.evaluate.follow import Run
from kinesis.evaluate.metrics import Trace, score
from kinesis.motion.find import find_motions


@pytest.fixture(scope="session")
def clips(body):
    """Two walks of 1.4 s."""
    whole = find_motions("builtin:walk@0.9,builtin:walk@1.2", body)
    return [cut(clip, 70) for clip in whole]


def cut(clip, frames):
    arrays = ("qpos", "qvel", "landmarks", "landmark_velocities")
    return dataclasses.replace(clip, **{key: getattr(clip, key)[: frames + 1] for key in arrays})


def played(clip, *, off_m=0.0):
    """The Run of a follower that is where it should be, but for `off_m` (frame,) of all its landmarks."""
    off = np.broadcast_to(off_m, clip.frames)
    distance = np.repeat(off[:, None], 7, 1)
    trace = Trace(
        clip=clip.name,
        category=clip.category,
        distance=distance,
        root_distance=0.0 * distance,
        joint_error=np.zeros((clip.frames, 14)),
        activation=np.full((clip.frames, 80), 0.1),
        diverged=np.zeros(clip.frames, bool),
    )
    return Run(
        clip=clip,
        score=score(trace),
        rate_hz=clip.rate_hz,
        qpos=clip.qpos,
        reference=clip.qpos,
        activation=trace.activation,
        ground_force=np.zeros((clip.frames, 4, 3)),
        trace=trace,
        qvel=clip.qvel,
        landmarks=clip.landmarks,
        landmark_velocities=clip.landmark_velocities,
        wanted=clip.landmarks,
        wanted_velocities=clip.landmark_velocities,
    )
