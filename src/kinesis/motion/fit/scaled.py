"""Scaled: the recorded legs rebuilt from the hips down on the segment lengths of a Body."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kinesis import rotations
from kinesis.motion.fit.limb import ASIDE_M, Limb, segment_lengths
from kinesis.motion.fit.pelvis import root_matrices
from kinesis.motion.points import LEG_POINTS, Points

FLAT_SHARE = 0.1
"""Share of the frames, those in which ankle and toe are lowest, in which a foot is taken to be flat."""

_FEW_FRAMES = 0.02
_OWN_TORSION_RAD, _LARGEST_TORSION_RAD = np.deg2rad(5.0), np.deg2rad(30.0)
_LIFTED = 0.025
_LARGEST_PITCH_RAD = np.deg2rad(40.0)
_KNEE_MARGIN_RAD, _EASE_RAD = np.deg2rad([2.2, -3.0]), np.deg2rad(1.5)


@dataclass(frozen=True)
class ScaledLeg:
    """One recorded leg on a Body's segments, relative to the root's origin, axes of the world.

    joints: (frame, 4, 3) hip, knee, ankle, toe [m]. lateral: (frame, 3) the point beside the knee, or None.
    bend: (frame,) sagittal flexion of the knee [rad], below zero where it is overstretched. grounded: (frame,)
    1 where the toe is on the ground, 0 where it is far above.
    """

    joints: np.ndarray
    lateral: np.ndarray | None
    bend: np.ndarray
    grounded: np.ndarray


def scaled_legs(points: Points, frames: np.ndarray, limbs: tuple[Limb, Limb]) -> tuple[ScaledLeg, ScaledLeg]:
    """Right and left leg of sound points whose pelvis has `frames` (frame, 3, 3); see `pelvis_frames`.

    Every segment keeps the direction that it was recorded with. Only the line from ankle to toe is turned,
    by one constant angle, since the ankle's height above the sole differs between skeletons: a foot that
    was flat on the ground is flat on this body.
    """
    root, left = root_matrices(frames), frames[..., 1]
    directions = [_directions(points, limb.side) for limb in limbs]
    pitch = _foot_correction(points, directions, limbs)
    legs = []
    for (thigh, shank, foot), limb in zip(directions, limbs, strict=True):
        foot = _turned(foot, _unit(np.cross(foot, shank)), np.full(len(foot), -pitch))
        bend = np.arctan2((np.cross(thigh, shank) * left).sum(-1), (thigh * shank).sum(-1))
        joints = _rebuilt(limb, root, (thigh, shank, foot), bend)
        lateral = _lateral(points, limb.side, thigh, joints[:, 1])
        legs.append(ScaledLeg(joints, lateral, bend, _grounded(points, limb.side)))
    return legs[0], legs[1]


def without_torsion(legs: Sequence[ScaledLeg], straight: Sequence[np.ndarray]) -> list[ScaledLeg]:
    """Legs whose feet are turned about the shank by one constant angle, mirrored on the other side.

    People's shins are twisted, so that the foot points outward from the plane in which the knee bends, each
    person's by another angle; this body's shin has its own. straight: (frame, 3) of each leg, the line from
    ankle to toe that the body has with the subtalar joint at zero. The mean angle to it is taken away, over
    the frames in which the knee is bent and shows its plane, but for 5°, which that joint may well make up.
    """
    total, weights = 0.0, _FEW_FRAMES * len(straight[0])
    for leg, foot, sign in zip(legs, straight, (1.0, -1.0), strict=True):
        weight = np.sin(leg.bend) ** 2
        total += sign * float((weight * _yaw(leg, foot)).sum())
        weights += float(weight.sum())
    turn = np.sign(total) * np.clip(abs(total / weights) - _OWN_TORSION_RAD, 0.0, _LARGEST_TORSION_RAD)
    out = []
    for leg, sign in zip(legs, (1.0, -1.0), strict=True):
        ankle, toe = leg.joints[:, 2], leg.joints[:, 3]
        turned = _turned(toe - ankle, _shank(leg), np.full(len(toe), -sign * turn))
        joints = np.concatenate([leg.joints[:, :3], (ankle + turned)[:, None]], axis=1)
        out.append(dataclasses.replace(leg, joints=joints))
    return out


def _shank(leg: ScaledLeg) -> np.ndarray:
    return _unit(leg.joints[:, 2] - leg.joints[:, 1])


def _yaw(leg: ScaledLeg, start: np.ndarray) -> np.ndarray:
    """(frame,) angle [rad] about the shank from `start` (frame, 3) to the leg's own line from ankle to toe."""
    axis, end = _shank(leg), leg.joints[:, 3] - leg.joints[:, 2]
    start, end = (v - (v * axis).sum(-1, keepdims=True) * axis for v in (start, end))
    return np.arctan2((np.cross(start, end) * axis).sum(-1), (start * end).sum(-1))


def eased(leg: ScaledLeg, left: np.ndarray, knee_limits: np.ndarray) -> np.ndarray:
    """(frame, 3, 3) knee, ankle and toe for the solver: the joints of a leg whose knee bends as this body's can.

    A recorded knee may be straighter, or bent further, than this body's can be. Its bend is led softly into
    what is possible, with the ankle on its line from the hip, so that no limit is hit with a jerk.
    left: (frame, 3) of the pelvis. knee_limits: (2,) [rad].
    """
    hip, knee, ankle, toe = np.moveaxis(leg.joints, 1, 0)
    least, most = knee_limits + _KNEE_MARGIN_RAD
    bend = least + _EASE_RAD * np.logaddexp(0.0, (leg.bend - least) / _EASE_RAD)
    bend = most - _EASE_RAD * np.logaddexp(0.0, (most - bend) / _EASE_RAD)
    thigh, shank, more = knee - hip, ankle - knee, bend - leg.bend
    share = np.linalg.norm(shank, axis=-1) / (np.linalg.norm(shank, axis=-1) + np.linalg.norm(thigh, axis=-1))
    knee = hip + _turned(thigh, left, -more * share)
    eased_ankle = knee + _turned(shank, left, more * (1.0 - share))
    return np.stack([knee, eased_ankle, toe + eased_ankle - ankle], axis=1)


def _directions(points: Points, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors (frame, 3) along thigh, shank and foot."""
    joints = [points.of(f"{point}_{side}") for point in LEG_POINTS]
    thigh, shank, foot = (_unit(end - start) for start, end in pairwise(joints))
    return thigh, shank, foot


def _foot_correction(points: Points, directions: Sequence[tuple[np.ndarray, ...]], limbs: tuple[Limb, Limb]) -> float:
    """Angle [rad], toes up, by which recorded feet must be turned so that flat ones are flat on this body."""
    more = []
    for (_, _, foot), limb in zip(directions, limbs, strict=True):
        level = points.of(f"ankle_{limb.side}")[:, 2] + points.of(f"toe_{limb.side}")[:, 2]
        flat = level <= np.quantile(level, FLAT_SHARE)
        more.append(limb.flat_pitch - np.arcsin(np.clip(np.median(foot[flat, 2]), -1.0, 1.0)))
    return float(np.clip(np.mean(more), -_LARGEST_PITCH_RAD, _LARGEST_PITCH_RAD))


def _grounded(points: Points, side: str) -> np.ndarray:
    """(frame,) 1 where the toe is about as low as it ever is, falling to 0 above."""
    hip, _, ankle, toe = (points.of(f"{point}_{side}") for point in LEG_POINTS)
    rise = np.maximum(toe[:, 2] - np.quantile(toe[:, 2], FLAT_SHARE), 0.0)
    leg = np.linalg.norm(hip - ankle, axis=-1).max()
    return np.exp(-((rise / (_LIFTED * leg)) ** 2))


def _rebuilt(limb: Limb, root: np.ndarray, directions: tuple[np.ndarray, ...], bend: np.ndarray) -> np.ndarray:
    """(frame, 4, 3) hip, knee, ankle, toe along unit directions with this body's lengths."""
    lengths = segment_lengths(limb, np.clip(bend, *limb.chain.limits[3]))
    steps = [limb.chain.hip(root), *(d * lengths[:, i, None] for i, d in enumerate(directions))]
    return np.cumsum(np.stack(steps, axis=1), axis=1)


def _lateral(points: Points, side: str, thigh: np.ndarray, knee: np.ndarray) -> np.ndarray | None:
    """(frame, 3) the point beside the knee, square to the thigh, where the recording has it."""
    name = f"knee_lateral_{side}"
    if name not in points.names:
        return None
    across = points.of(name) - points.of(f"knee_{side}")
    return knee + ASIDE_M * _unit(across - (across * thigh).sum(-1, keepdims=True) * thigh)


def _turned(vectors: np.ndarray, axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Vectors (frame, 3) turned about unit axes (frame, 3) by angles (frame,) [rad]."""
    return rotations.rotate(rotations.from_axis_angle(axis, angle), vectors)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)
