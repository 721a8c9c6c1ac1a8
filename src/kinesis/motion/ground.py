"""What the ground must do for a motion: the force on each foot and where it acts, by inverse dynamics of all bones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kinesis.body import Body
from kinesis.body.dynamics import fold, inverse
from kinesis.motion.clip import Clip
from kinesis.rotations import to_matrix

GRAVITY = 9.81
LEAST_LIFT = 0.1
"""Share of the body's weight that the ground is taken to bear at the least, where its push is sought."""
BALL_M, TIP_M, HALF_WIDTH_M = 0.175, 0.25, 0.03
"""Ahead of the heel bone's origin, along the sole: where the ball rolls, where the toes end; and to both sides."""
BEARS_M = 0.025, 0.045
"""Heights of heel bone and ball over which that part of a sole stops bearing; both stand at 0.02 m."""


class Ground(NamedTuple):
    """Of the ground on the right and left foot: force [N] and where it acts [m], each (frame, 2, 3), world."""

    force: np.ndarray
    centre: np.ndarray


def ground_of(body: Body, clip: Clip, wrench: tuple[np.ndarray, np.ndarray] | None = None) -> Ground:
    """The ground's part in a clip: everything that moves the body as a whole, shared between the feet.

    The force's line meets the ground at one place, its push (zero moment point: Vukobratović & Borovac 2004, Int J
    Humanoid Robotics 1:157). Each foot bears at that place of its sole that is nearest to the push, by the lever rule;
    a foot in the air bears nothing, nor does anybody bear a body in flight. wrench: of the clip, where it is known.
    """
    force, push = _push(body, *(wrench or wrench_of(body, clip)))
    feet = clip.landmarks[:, [body.landmarks.index(name) for name in body.feet]].reshape(clip.frames, 2, 2, 3)
    bears = np.clip((BEARS_M[1] - feet[..., 2]) / (BEARS_M[1] - BEARS_M[0]), 0.0, 1.0)
    centre, stands = _nearest(push, feet[..., :2], bears), bears.max(-1)
    span = centre[:, 1] - centre[:, 0]
    left = np.clip(((push - centre[:, 0]) * span).sum(-1) / np.maximum((span**2).sum(-1), 1e-6), 0.0, 1.0)
    share = (np.stack([1.0 - left, left], 1) + 1e-3) * stands
    share *= np.clip(4.0 * stands.max(1), 0.0, 1.0)[:, None] / np.maximum(share.sum(1, keepdims=True), 1e-6)
    return Ground(share[..., None] * force[:, None], np.concatenate([centre, np.zeros_like(centre[..., :1])], -1))


def torques_of(body: Body, clip: Clip, ground: Ground) -> np.ndarray:
    """(frame, joint) torques [N·m] that the clip takes of the joints, the ground doing its part."""
    wrench = np.concatenate([ground.force, np.cross(ground.centre, ground.force)], -1)
    return fold(body, clip.qpos, inverse(body, clip.qpos, clip.qvel, _acceleration(clip), wrench))


def _acceleration(clip: Clip) -> np.ndarray:
    return np.gradient(clip.qvel, 1.0 / clip.rate_hz, axis=0)


def _nearest(push: np.ndarray, feet: np.ndarray, bears: np.ndarray) -> np.ndarray:
    """(frame, 2, 2) places of both soles nearest to the push (frame, 2).

    feet: (frame, 2, heel or ball, 2) from above. bears: (frame, 2, heel or ball) which part does: a sole on its heel
    ends there, one on its ball begins there.
    """
    heel = feet[:, :, 0]
    ahead = feet[:, :, 1] - heel
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    aside = np.stack([-ahead[..., 1], ahead[..., 0]], -1)
    first, last = BALL_M * (1.0 - bears[..., 0]), TIP_M * bears[..., 1]
    away = push[:, None] - heel
    forward = np.clip((away * ahead).sum(-1), np.minimum(first, last), np.maximum(first, last))
    sideways = np.clip((away * aside).sum(-1), -HALF_WIDTH_M, HALF_WIDTH_M)
    return np.asarray(heel + forward[..., None] * ahead + sideways[..., None] * aside)


def wrench_of(body: Body, clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Force besides gravity [N], and its moment about the world's origin [N·m], that move the body, each (frame, 3)."""
    root = inverse(body, clip.qpos, clip.qvel, _acceleration(clip))[:, :6]
    force = root[:, :3]
    return force, (to_matrix(clip.qpos[:, 3:7]) @ root[:, 3:, None])[..., 0] + np.cross(clip.qpos[:, :3], force)


def _push(body: Body, force: np.ndarray, moment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The force again (frame, 3) [N], and where its line meets z = 0 (frame, 2) [m]."""
    lift = np.maximum(force[:, 2:], LEAST_LIFT * GRAVITY * body.mass_kg)
    return force, np.stack([-moment[:, 1], moment[:, 0]], 1) / lift
