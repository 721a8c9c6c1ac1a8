"""generate: a Clip from a GaitSpec, by nominal posture, footprints and inverse kinematics."""

from __future__ import annotations

import numpy as np

from kinesis import rotations
from kinesis.body import Body, Kinematics
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.gait.balance import balanced
from kinesis.motion.gait.course import Course, Gaits, course, gaits_of
from kinesis.motion.gait.feet import contact, planted
from kinesis.motion.gait.legs import FootPose
from kinesis.motion.gait.reach import lowered, retracted
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.gait.spec import GaitSpec, Timeline, timeline

SOURCE = "kinesis built-in gait generator"
LICENCE = "CC0-1.0"
PAD_S = 2.0
"""Generated beyond both ends and cut off, so that the first and last footprints are whole."""
LEAST_INNER_HZ = 100.0
"""Footprints are worked out at a multiple of the clip's rate, at least about this."""

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
    return lowered(position, laid.root, legs, rate_hz), held
