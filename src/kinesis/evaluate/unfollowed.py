"""A clip as a Recording: what a person did, before anybody followed it; kinematics only."""

from __future__ import annotations

import numpy as np

from kinesis.body import Body
from kinesis.evaluate.signals import Recording
from kinesis.motion.clip import Clip


def recording_of_clip(clip: Clip, body: Body) -> Recording:
    """Time, coordinates, joints, root and landmarks of a clip, at its own rate; no policy, no forces."""
    return Recording(
        name=clip.name,
        rate_hz=clip.rate_hz,
        arrays={
            "time_s": np.arange(clip.frames) / clip.rate_hz,
            "joint_angle": clip.qpos[:, body.joint_qpos],
            "joint_velocity": clip.qvel[:, body.joint_dof],
            "root_position": clip.qpos[:, :3],
            "root_quaternion": clip.qpos[:, 3:7],
            "root_velocity": clip.qvel[:, :6],
            "qpos": clip.qpos,
            "qvel": clip.qvel,
            "landmark_position": clip.landmarks,
        },
        muscles=body.actuators,
        joints=body.joints,
        landmarks=body.landmarks,
        fingerprint=body.fingerprint,
        body=body.name,
        labels=dict(clip.labels) | {"source": clip.source, "licence": clip.licence, "category": clip.category},
    )
