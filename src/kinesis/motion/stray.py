"""Straying: a motion as an imperfect recording of somebody else would have it: a reference is a wish.

Angles of recordings are off by some degrees, always or for a while; markers tremble; the pelvis is led where the feet
would not carry it. A policy that has only seen motions in which all fits together follows such a one to the ground.
And nobody recorded is the average person: a built-in motion strays as the same steps of somebody else, with an accent.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from kinesis import rotations
from kinesis.body import Kinematics
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.filters import highpass, lowpass
from kinesis.motion.gait import generate
from kinesis.motion.recipes import by_somebody_else, spec_of

SLOW_HZ, QUICK_HZ, TURNING_HZ = (0.3, 2.5), (2.0, 6.0), (0.5, 4.0)
"""Bands of what wanders, what trembles, and of both in the pelvis's orientation."""
JOINTS_DEG = {"wander": 8.0, "tremble": 2.5, "offset": 4.0}
PELVIS_DEG = {"turning": 4.5, "offset": 2.5}
PATH_M = {"wander": 0.035, "tremble": 0.006, "height": 0.005}
"""Largest standard deviation of each; every clip has a share of its own of each, small ones more often."""
HEIGHT_M = (-0.006, 0.012)
"""Range of a constant error of height."""
BY_JOINT = np.tile([1.0, 1.0, 1.0, 1.0, 1.0, 0.6, 0.4], 2)
RUNNING = 0.8
"""Runners stray by this much of it."""
_MARGIN_RAD = 1e-3


class Stray(NamedTuple):
    """A motion as it could be carried out, and as an imperfect recording has it: as many frames at the same rate."""

    plain: Clip
    strayed: Clip


def stray(kinematics: Kinematics, clip: Clip, copy: int = 0) -> Stray:
    """A copy of a clip that strays by random amounts, always the same for a clip's name and the number of the copy.

    A built-in motion is made again as somebody else's, and strays from that; any other is its own plain motion.
    """
    plain, spec = clip, spec_of(clip.name)
    rng = np.random.default_rng([zlib.crc32(clip.name.encode()), copy])
    if spec is not None:
        plain, clip = (
            generate(kinematics, somebody, rate_hz=clip.rate_hz, name=clip.name)
            for somebody in by_somebody_else(spec, rng)
        )
    return Stray(plain, _strayed(kinematics, clip, rng))


def part_way(kinematics: Kinematics, both: Stray, share: float) -> Clip:
    """A motion so much of the way from the plain one to the strayed, 0 to 1."""
    plain, strayed = both
    qpos = plain.qpos + share * (strayed.qpos - plain.qpos)
    qpos[:, 3:7] = rotations.nlerp(plain.qpos[:, 3:7], strayed.qpos[:, 3:7], np.full(len(qpos), share))
    kinematics.body.couplings.apply(qpos)
    words = {"name": strayed.name, "source": plain.source, "licence": plain.licence}
    return make_clip(kinematics, qpos, plain.rate_hz, labels=plain.labels, **words)


def _strayed(kinematics: Kinematics, clip: Clip, rng: np.random.Generator) -> Clip:
    frames, rate_hz = clip.frames, clip.rate_hz
    body, qpos, most = kinematics.body, clip.qpos.copy(), RUNNING if clip.category == "run" else 1.0
    low, high = body.joint_range.T

    def some(size: float, band: tuple[float, float] | None, columns: int) -> np.ndarray:
        """(frame or 1, columns) of at most this standard deviation."""
        values = rng.normal(size=(1, columns)) if band is None else _noise(rng, frames, rate_hz, band, columns)
        return most * rng.uniform() ** 1.2 * size * values

    joints = some(JOINTS_DEG["wander"], SLOW_HZ, 14) + some(JOINTS_DEG["tremble"], QUICK_HZ, 14)
    angles = qpos[:, body.joint_qpos] + BY_JOINT * np.deg2rad(joints + some(JOINTS_DEG["offset"], None, 14))
    qpos[:, body.joint_qpos] = np.clip(angles, low + _MARGIN_RAD, high - _MARGIN_RAD)
    turn = np.deg2rad(some(PELVIS_DEG["turning"], TURNING_HZ, 3) + some(PELVIS_DEG["offset"], None, 3))
    qpos[:, 3:7] = rotations.multiply(qpos[:, 3:7], rotations.from_rotvec(turn))
    qpos[:, :2] += some(PATH_M["wander"], SLOW_HZ, 2) + some(PATH_M["tremble"], QUICK_HZ, 2)
    qpos[:, 2:3] += rng.uniform(*HEIGHT_M) + some(PATH_M["height"], QUICK_HZ, 1)
    body.couplings.apply(qpos)
    words = {"name": f"{clip.name}-strayed", "source": clip.source, "licence": clip.licence}
    return make_clip(kinematics, qpos, rate_hz, labels=clip.labels, **words)


def _noise(
    rng: np.random.Generator, frames: int, rate_hz: float, band: tuple[float, float], columns: int
) -> np.ndarray:
    """(frame, columns) of unit variance, within a band of frequencies [Hz]."""
    beyond = round(4.0 * rate_hz)
    noise = rng.normal(size=(frames + 2 * beyond, columns))
    noise = highpass(lowpass(noise, rate_hz, band[1]), rate_hz, band[0])
    return noise[beyond:-beyond] / noise.std(0)
