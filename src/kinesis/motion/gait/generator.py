"""generate: a Clip from a GaitSpec, by nominal posture, footprints and inverse kinematics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from kinesis import rotations
from kinesis.body import Body, Kinematics
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.gait.balance import balanced
from kinesis.motion.gait.course import Course, Gaits, course, gaits_of
from kinesis.motion.gait.feet import contact, planted
from kinesis.motion.gait.legs import FootPose
from kinesis.motion.gait.reach import lowered, retracted
from kinesis.motion.gait.skeleton import Skeleton, skeleton_of
from kinesis.motion.gait.spec import GaitSpec, Timeline, timeline

SOURCE = "kinesis built-in gait generator"
LICENCE = "CC0-1.0"
PAD_S = 2.0
"""Generated beyond both ends and cut off, so that the first and last footprints are whole."""
LEAST_INNER_HZ = 100.0
"""Footprints are worked out at a multiple of the clip's rate, at least about this."""
EASE_S = 0.016
"""Standard deviation over which a walker's feet and pelvis are smoothed: 8 Hz, much as measured motion usually is."""

_MADE: dict[str, Gaits] = {}


def gaits(body: Body) -> Gaits:
    """The Gaits of a Body, made once per name."""
    if body.name not in _MADE:
        _MADE[body.name] = gaits_of(skeleton_of(body))
    return _MADE[body.name]


def generate(kinematics: Kinematics, spec: GaitSpec, *, rate_hz: float = 50.0, name: str = "gait") -> Clip:
    """A Clip of the motion that `spec` asks for; it starts at the origin, facing spec.heading_rad.

    rate_hz: frames per second [Hz].
    """
    made, inner = gaits(kinematics.body), max(1, round(LEAST_INNER_HZ / rate_hz))
    asked = timeline(spec, rate_hz * inner, PAD_S)
    laid = course(asked, spec, made)
    first = round(PAD_S * rate_hz) * inner
    keep = slice(first, first + round(spec.duration_s * rate_hz) * inner + 1, inner)
    position, feet = _feet(laid, made, spec.style.clearance_m, rate_hz * inner)
    qpos = np.tile(kinematics.body.standing_qpos(), (len(asked.time_s[keep]), 1))
    qpos[:, :3] = position[keep] - [*position[first, :2], 0.0]
    qpos[:, 3:7] = rotations.from_matrix(laid.root[keep])
    for side, (foot, mtp) in enumerate(feet):
        target = FootPose(foot.origin[keep] - position[keep], foot.matrix[keep])
        angles = made.skeleton.chains[side].solve(target, laid.root[keep], laid.posture.legs[side][keep])
        address = kinematics.body.joint_qpos[7 * side : 7 * side + 7]
        qpos[:, address[:6]], qpos[:, address[6]] = angles, mtp[keep]
    return make_clip(
        kinematics,
        qpos,
        rate_hz,
        name=name,
        source=SOURCE,
        licence=LICENCE,
        labels=_labels(spec, asked, keep),
    )


def _labels(spec: GaitSpec, asked: Timeline, keep: slice) -> dict[str, str | float]:
    return {
        "category": spec.category,
        "speed_mps": float(np.hypot(asked.forward, asked.lateral)[keep].mean()),
        "yaw_rate_rps": float(asked.yaw_rate[keep].mean()),
    }


def _feet(
    laid: Course, made: Gaits, clearance_m: float, rate_hz: float
) -> tuple[np.ndarray, list[tuple[FootPose, np.ndarray]]]:
    """Root positions (frame, 3) and, per side, the foot's pose in the world and its mtp angle (frame,)."""
    chains, feet = made.skeleton.chains, []
    for side, chain in enumerate(chains):
        pose = chain.forward(laid.posture.legs[side], laid.root)
        touch = contact(laid.phase + 0.5 * side, laid.timing)
        world = FootPose(pose.origin + laid.position, pose.matrix)
        feet.append((*planted(world, touch, made.skeleton, side, clearance_m), touch))
    position = balanced(laid, [(foot, touch) for foot, _, touch in feet], rate_hz)
    held = [
        (retracted(foot, position, laid.root, chain, touch.free), mtp)
        for chain, (foot, mtp, touch) in zip(chains, feet, strict=True)
    ]
    legs = [(chain, foot) for chain, (foot, _) in zip(chains, held, strict=True)]
    position = lowered(position, laid.root, legs, rate_hz)
    ease = _Ease(1.0 - laid.runs, EASE_S * rate_hz)
    eased = [ease.foot(foot, mtp, made.skeleton, side) for side, (foot, mtp) in enumerate(held)]
    return ease.values(position), eased


@dataclass(frozen=True)
class _Ease:
    """Smoothing over `width` frames, where weight (frame,) says so."""

    weight: np.ndarray
    width: float

    def values(self, values: np.ndarray) -> np.ndarray:
        """(frame, ...) smoothed."""
        smooth = gaussian_filter1d(values, self.width, axis=0, mode="nearest")
        return values + self.weight.reshape(-1, *[1] * (values.ndim - 1)) * (smooth - values)

    def foot(self, foot: FootPose, mtp: np.ndarray, skeleton: Skeleton, side: int) -> tuple[FootPose, np.ndarray]:
        """A foot's way and mtp angle (frame,), smoothed in place, in angles and in the height of its sole."""
        angles, sole = skeleton.foot_angles(foot.matrix, side), skeleton.soles[side]
        angles[:, 0] = np.unwrap(angles[:, 0])
        height = foot.origin[:, 2] - sole.drop_and_roll(foot.matrix, mtp)[0]
        matrix, mtp = skeleton.foot_matrix(self.values(angles), side), self.values(mtp)
        origin = self.values(foot.origin)
        origin[:, 2] = sole.drop_and_roll(matrix, mtp)[0] + self.values(height)
        return FootPose(origin, matrix), mtp
