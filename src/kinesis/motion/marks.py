"""Marks: what is wrong with a clip, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from kinesis.body import Body, Kinematics
from kinesis.motion.clip import Clip
from kinesis.motion.readers.feet import sense_feet, slides, standing, weighted_rms

JUMP_M = 0.005
"""A muscle jumps that changes its length by this much in a fiftieth of a second, for any reason; its length breaks
where it does so between two frames beyond what its joints' speeds explain."""
AT_LIMIT_RAD = np.deg2rad(0.2)

_HARDLY_STANDS = 0.1
_NOT_OBSERVED = "mtp_angle"


@dataclass(frozen=True)
class Marks:
    """What is wrong with a clip, frame by frame; its properties say how much of it there is in the whole.

    errors_m: (frame, 8) distance of hip, knee, ankle and toe, right then left, from the source scaled to this
    body [m], None where there were no points to fit. at_limit: (frame, joint) whether a joint is at its limit,
    false for the toes' joints, which recordings do not show. breaks, jumps: (frame, muscle) whether a muscle's
    length has changed since the frame before by `JUMP_M` more than its joints' speeds explain, and by `JUMP_M`
    in a fiftieth of a second for any reason, speed included; false in the first. depth_m: (frame,) how deep
    the lowest sole is below the ground [m]. slide_mps, stands: (frame, 2) speed that the right and the left
    sole have if they stand [m/s], and how surely they do, 0 to 1.
    """

    errors_m: np.ndarray | None
    at_limit: np.ndarray
    breaks: np.ndarray
    jumps: np.ndarray
    depth_m: np.ndarray
    slide_mps: np.ndarray
    stands: np.ndarray

    @property
    def limit_share(self) -> float:
        """Share of frames with a joint at its limit."""
        return float(self.at_limit.any(1).mean())

    @property
    def break_share(self) -> float:
        """Share of muscle-frames that break."""
        return float(self.breaks[1:].mean())

    @property
    def jump_share(self) -> float:
        """Share of muscle-frames that jump."""
        return float(self.jumps[1:].mean())

    @property
    def penetration_mm(self) -> float:
        """95th percentile over frames of how far the lowest sole is below the ground [mm]."""
        return 1000.0 * float(np.quantile(self.depth_m, 0.95))

    @property
    def skating_mps(self) -> float:
        """Root mean square speed of the standing soles [m/s]."""
        return weighted_rms(self.slide_mps, self.stands)

    def skating_near(self, frames: int) -> np.ndarray:
        """(frame,) the same over so many frames around each; less where no foot stands in them."""
        square, weight = (
            uniform_filter1d(values.sum(1), max(1, frames), mode="constant")
            for values in (self.stands * self.slide_mps**2, self.stands)
        )
        return np.sqrt(square / np.maximum(weight, _HARDLY_STANDS))


def mark(clip: Clip, kinematics: Kinematics, errors_m: np.ndarray | None = None) -> Marks:
    """Marks of a clip on the body of `kinematics`; errors_m: (frame, 8) as `fit` gives them, if it did."""
    feet, velocity = sense_feet(kinematics, clip.qpos, clip.rate_hz), clip.qvel[:, :2]
    breaks, jumps = _tendons(clip, kinematics)
    return Marks(
        errors_m=errors_m,
        at_limit=at_limit(clip, kinematics.body),
        breaks=breaks,
        jumps=jumps,
        depth_m=np.maximum(-kinematics.sole_heights(clip.qpos).min((1, 2)), 0.0),
        slide_mps=slides(feet, velocity),
        stands=standing(feet, velocity, clip.qpos[:, 2]),
    )


def at_limit(clip: Clip, body: Body) -> np.ndarray:
    """(frame, joint) whether a joint is at its limit; see `Marks`."""
    angles, (lower, upper) = clip.qpos[:, body.joint_qpos], body.joint_range.T
    seen = np.array([not name.startswith(_NOT_OBSERVED) for name in body.joints])
    return seen & ((angles < lower + AT_LIMIT_RAD) | (angles > upper - AT_LIMIT_RAD))


def _tendons(clip: Clip, kinematics: Kinematics) -> tuple[np.ndarray, np.ndarray]:
    """(frame, muscle) whether a muscle's length breaks, and whether it jumps; see `Marks`."""
    muscles = kinematics.muscles(clip.qpos, clip.qvel)
    change = np.diff(muscles.length, axis=0, prepend=muscles.length[:1])
    explained = np.zeros_like(change)
    explained[1:] = 0.5 * (muscles.speed[1:] + muscles.speed[:-1]) / clip.rate_hz
    return np.abs(change - explained) > JUMP_M, np.abs(change) * clip.rate_hz / 50.0 > JUMP_M
