"""What is seen of a motion frame by frame, in the frame of its own heading, and how it may be moved there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kinesis import rotations
from kinesis.body import Body
from kinesis.body.body import FORWARD_B

MARKS = ("tibia_r", "calcn_r", "toes_r", "tibia_l", "calcn_l", "toes_l")
"""Landmarks that are seen."""
MOVES = 20
"""Numbers that move a frame: root position [m] and orientation [rad] in the heading frame, joints [rad]."""
HEIGHT_M = 0.92
"""Height of the root that is seen as zero."""


class Seen(NamedTuple):
    """values (frame, feature), scaled to about one; heading: (frame, 3, 3), columns forward, left, up in the world."""

    values: np.ndarray
    heading: np.ndarray


def see(body: Body, qpos: np.ndarray, landmarks: np.ndarray, rate_hz: float) -> Seen:
    """What is seen of qpos (frame, nq) and landmarks (frame, landmark, 3) [m].

    Features: lean of the root (2), height (1), velocity (3), yaw rate (1), joint angles and speeds (2 joint), and of
    every one of `MARKS` place relative to the root, velocity (3 each) and height (1).
    """
    yaw = np.unwrap(rotations.heading(qpos[:, 3:7], FORWARD_B))
    heading = rotations.to_matrix(rotations.from_heading(yaw))
    upright = rotations.conjugate(body.standing_qpos()[3:7])
    turned = rotations.multiply(rotations.from_heading(-yaw), qpos[:, 3:7])
    lean = rotations.to_rotvec(rotations.multiply(turned, np.broadcast_to(upright, turned.shape)))

    def speed(values: np.ndarray) -> np.ndarray:
        return np.gradient(values, 1.0 / rate_hz, axis=0)

    marks = landmarks[:, [body.landmarks.index(name) for name in MARKS]]
    joints = qpos[:, body.joint_qpos]
    parts = (
        5.0 * lean[:, :2],
        10.0 * (qpos[:, 2:3] - HEIGHT_M),
        _in_frame(heading, speed(qpos[:, :3])),
        speed(yaw[:, None]),
        2.0 * joints,
        0.2 * speed(joints),
        3.0 * _in_frame(heading, marks - qpos[:, None, :3]),
        0.5 * _in_frame(heading, speed(marks)),
        5.0 * marks[..., 2],
    )
    return Seen(np.concatenate([part.reshape(len(qpos), -1) for part in parts], 1), heading)


def moves_between(body: Body, before: np.ndarray, after: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """(frame, MOVES) that turn qpos `before` (frame, nq) into `after`; heading as seen of `before`."""
    turn = rotations.to_rotvec(rotations.multiply(after[:, 3:7], rotations.conjugate(before[:, 3:7])))
    shift = after[:, :3] - before[:, :3]
    joints = after[:, body.joint_qpos] - before[:, body.joint_qpos]
    return np.concatenate([_in_frame(heading, shift), _in_frame(heading, turn), joints], 1)


def moved(body: Body, qpos: np.ndarray, moves: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """A copy of qpos (frame, nq) after `moves` (frame, MOVES); joints stay within their limits."""
    out, (low, high) = qpos.copy(), body.joint_range.T
    out[:, :3] += _in_world(heading, moves[:, :3])
    out[:, 3:7] = rotations.multiply(rotations.from_rotvec(_in_world(heading, moves[:, 3:6])), qpos[:, 3:7])
    out[:, body.joint_qpos] = np.clip(out[:, body.joint_qpos] + moves[:, 6:], low + 1e-3, high - 1e-3)
    body.couplings.apply(out)
    return out


def _in_frame(heading: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """World vectors (frame, ..., 3) in the heading frame."""
    return np.einsum("fji,f...j->f...i", heading, vectors)


def _in_world(heading: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return np.einsum("fij,f...j->f...i", heading, vectors)
