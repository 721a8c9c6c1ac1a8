"""How fast the soles of a Clip slide on the ground."""

from __future__ import annotations

import numpy as np

from kinesis import rotations
from kinesis.body import load
from kinesis.motion.clip import Clip
from kinesis.motion.gait.skeleton import skeleton_of

TOUCHES_M = 0.0002
REGION_M = 0.001
"""The region of a sole that bears: what lies within this of its lowest point."""


def slip(clip: Clip) -> np.ndarray:
    """Horizontal speed of the bearing region at frames whose neighbours touch the ground as well (n,) [m/s]."""
    found = [np.zeros(1)]
    for side in range(2):
        heights, ways = foot_motion(clip, side)
        velocity = 0.5 * (ways[1:] + ways[:-1]) * clip.rate_hz
        lowest = heights.min(1, keepdims=True)
        region = (heights < lowest + REGION_M)[1:-1, :, None]
        speed = np.linalg.norm((velocity * region).sum(1) / region.sum(1), axis=-1)
        touching = lowest[:, 0] < TOUCHES_M
        found.append(speed[touching[1:-1] & touching[2:] & touching[:-2]])
    return np.concatenate(found)


def foot_motion(clip: Clip, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Heights (frame, 8) and horizontal ways from frame to frame (frame - 1, 8, 2) of a sole's lowest material [m]."""
    body = load(clip.body)
    skeleton = skeleton_of(body)
    address = body.joint_qpos[7 * side : 7 * side + 7]
    root = rotations.to_matrix(clip.qpos[:, 3:7])
    foot = skeleton.chains[side].forward(clip.qpos[:, address[:6]], root)
    origin, sole, mtp = foot.origin + clip.qpos[:, :3], skeleton.soles[side], clip.qpos[:, address[6]]
    heights = sole.centres(foot.matrix, mtp)[..., 2] + origin[:, None, 2] - sole.radius
    return heights, sole.rolled(foot.matrix, mtp) + np.diff(origin[:, None, :2], axis=0)
