"""Course: how the root moves by what was recorded of it, on this body's legs and over ground.

A recorded root belongs to other legs, may stay on the spot of a treadmill, or may be missing. The feet tell
the rest: a standing foot goes back, under the root, as fast as the root goes on over the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from kinesis.motion.readers.feet import Feet, standing

_SCALES = (0.5, 2.0)
_SLOW_MPS = 0.2
_BELT_MPS, _BELT_SHARE, _LONGEST_BELT_M = 0.3, 0.5, 2.5
_BELT_WINDOW_S, _STRIDE_WINDOW_S = 2.0, 1.0
_ROUNDS = 3


@dataclass(frozen=True)
class Recorded:
    """The recorded root. position: (frame, 3) [m]; velocity: (frame, 2) [m/s], zero where not recorded.

    travel, height: whether x and y, and whether z were recorded.
    """

    position: np.ndarray
    velocity: np.ndarray
    travel: bool
    height: bool


@dataclass(frozen=True)
class Course:
    """The root before the feet correct it in detail.

    velocity: (frame, 2) over ground [m/s]. height: (frame,) [m], up to a constant. scale: factor on what was
    recorded. belt_mps: speed of the treadmill under the recorded person, None where there was none.
    """

    velocity: np.ndarray
    height: np.ndarray
    scale: float
    belt_mps: float | None


def find_course(feet: Feet, recorded: Recorded, rate_hz: float) -> Course:
    """Scale the recorded root to these legs and find the belt that it walked on, if any.

    It was a treadmill if the standing feet ask, in the middle, for more than half of their travel beyond
    what was recorded, and the root stayed where a belt may be. Starts from medians, in which the standing
    foot prevails; then weighs by how surely a foot stands.
    """
    scale = _leg_scale(feet, recorded, np.ones(len(feet.lowest)))
    excess = feet.lower - scale * recorded.velocity
    belt = np.median(excess, axis=0)
    asked = float(np.median(np.linalg.norm(feet.lower, axis=-1)))
    far = float(np.ptp(recorded.position[:, :2], axis=0).max()) > _LONGEST_BELT_M
    over_ground = recorded.travel and (far or float(np.linalg.norm(belt)) <= max(_BELT_MPS, _BELT_SHARE * asked))
    if recorded.travel:
        followed = np.broadcast_to(0.0 if over_ground else belt, excess.shape)
    else:
        frames = max(1, min(len(excess), round(_STRIDE_WINDOW_S * rate_hz)))
        followed = median_filter(excess, size=(frames, 1), mode="reflect")
    course = Course(scale * recorded.velocity + followed, _levels(feet, recorded, scale), scale, None)
    for _ in range(_ROUNDS):
        course = _refined(feet, recorded, course, rate_hz, over_ground=over_ground)
    return course


def _refined(feet: Feet, recorded: Recorded, last: Course, rate_hz: float, *, over_ground: bool) -> Course:
    """The course once more, from the feet that stand by the last one."""
    weight = standing(feet, last.velocity, last.height)
    stands = weight.max(1)
    asked = (weight[..., None] * feet.travel).sum(1) / (weight.sum(1) + 1e-9)[:, None]
    scale = _leg_scale(feet, recorded, stands)
    levels = _levels(feet, recorded, scale)
    if over_ground:
        scale = _travel_scale(asked, recorded.velocity, stands, scale)
        return Course(scale * recorded.velocity, levels, scale, None)
    window = (_BELT_WINDOW_S if recorded.travel else _STRIDE_WINDOW_S) * rate_hz
    belt, mean = _belt(asked - scale * recorded.velocity, stands, window)
    belt_mps = float(np.linalg.norm(mean)) / scale if recorded.travel else None
    return Course(scale * recorded.velocity + belt, levels, scale, belt_mps)


def _belt(excess: np.ndarray, stands: np.ndarray, window: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean of excess (frame, 2) weighted by stands (frame,), over about a window of frames and over all of them."""
    overall = max(float(stands.mean()), 1e-9)
    mean = (stands[:, None] * excess).mean(0) / overall
    above = gaussian_filter1d(stands[:, None] * (excess - mean), window / 4.0, axis=0, mode="reflect")
    below = gaussian_filter1d(stands, window / 4.0, mode="reflect") + 0.1 * overall
    return mean + above / below[:, None], mean


def _levels(feet: Feet, recorded: Recorded, scale: float) -> np.ndarray:
    """(frame,) height of the root, up to a constant: as recorded, or with the lower foot on the ground."""
    return scale * recorded.position[:, 2] if recorded.height else -feet.lowest.min(1)


def _leg_scale(feet: Feet, recorded: Recorded, stands: np.ndarray) -> float:
    """This body's leg over the recorded one: heights of the root above the soles, weighted by stands (frame,)."""
    if not recorded.height:
        return 1.0
    here, there = (float((stands * h).sum()) for h in (-feet.lowest.min(1), recorded.position[:, 2]))
    ratio = here / there if there > 1e-9 else 0.0
    return ratio if _SCALES[0] <= ratio <= _SCALES[1] else 1.0


def _travel_scale(asked: np.ndarray, recorded: np.ndarray, stands: np.ndarray, otherwise: float) -> float:
    """The factor on a recorded velocity (frame, 2) that lets the standing foot slip least."""
    square = float((stands[:, None] * recorded**2).sum())
    if square < _SLOW_MPS**2 * max(float(stands.sum()), 1.0):
        return otherwise
    return float(np.clip((stands[:, None] * asked * recorded).sum() / square, *_SCALES))
