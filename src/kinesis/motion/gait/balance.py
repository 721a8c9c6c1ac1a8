"""The pelvis where the feet can carry it: the whole body as an inverted pendulum over its footprints.

Of a nominal path only its mean is trustworthy: where a person starts, stops or turns, the ground would have to push
from beside the feet. The point from which it pushes is x - (h / g) x'' for a centre of mass x at height h (Kajita et
al. 2003, ICRA, 1620–1626). The path is moved, as little as it needs, so that this point is in the feet that stand.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d

from kinesis.motion.gait.course import Course
from kinesis.motion.gait.feet import Contact
from kinesis.motion.gait.legs import FootPose
from kinesis.motion.gait.skeleton import GRAVITY

HEIGHT_M = 0.95
"""Of the centre of mass."""
NEAR = 1.0
"""Weight of the nominal path against that of the ground's point of push."""
MOST_M = 0.018
"""More would change how fast a person who steps sideways gets on."""
LASTING_S = 1.0
"""What lasts longer is left: a person in a curve would lean inward, and go slower."""
ROLLS_M = (0.02, 0.16)
"""Where under the foot the ground pushes at touch-down and at toe-off, ahead of the heel bone's origin."""


def balanced(laid: Course, feet: list[tuple[FootPose, Contact]], rate_hz: float) -> np.ndarray:
    """Root positions (frame, 3) of a course [m], moved horizontally for its two planted feet.

    Runners stay as they are; forward the path is only moved where the speed changes, sideways by `MOST_M`
    at the most in those who step sideways: else it is the pattern's.
    """
    ahead = np.stack([np.cos(laid.heading), np.sin(laid.heading)], -1)
    left = np.stack([-ahead[:, 1], ahead[:, 0]], -1)
    push, load = np.zeros((len(ahead), 2)), np.zeros(len(ahead))
    for foot, touch in feet:
        rolled = touch.passed + laid.stands * (0.5 - touch.passed)
        under = ROLLS_M[0] + (ROLLS_M[1] - ROLLS_M[0]) * rolled
        borne = touch.borne + laid.stands * (1.0 - touch.borne)
        push, load = push + borne[:, None] * (foot.origin[:, :2] + under[:, None] * ahead), load + borne
    bearing = (1.0 - laid.runs) * np.minimum(load, 1.0)
    wanted = push / np.maximum(load, 1e-3)[:, None] - laid.position[:, :2] - _fall(laid.position[:, :2], rate_hz)
    forward, sideways = (wanted * ahead).sum(1), (wanted * left).sum(1)
    forward -= np.average(forward, weights=bearing + 1e-9)
    sideways -= gaussian_filter1d(sideways, LASTING_S * rate_hz, mode="nearest")
    forward = _moves(forward, bearing * laid.changing, rate_hz)
    sideways = _moves(sideways, bearing, rate_hz)
    bounded = MOST_M * np.tanh(sideways / MOST_M)
    sideways += laid.sidesteps * (bounded - sideways)
    position = laid.position.copy()
    position[:, :2] += forward[:, None] * ahead + sideways[:, None] * left
    return position


def _fall(path: np.ndarray, rate_hz: float) -> np.ndarray:
    """-(h / g) x'' of a path (frame, k)."""
    bend = np.zeros_like(path)
    bend[1:-1] = np.diff(path, 2, axis=0) * rate_hz**2
    return -HEIGHT_M / GRAVITY * bend


def _moves(wanted: np.ndarray, weight: np.ndarray, rate_hz: float) -> np.ndarray:
    """The path d (frame,) that minimises the sum of weight · (d - (h / g) d'' - wanted)² + NEAR · d²."""
    frames, stiff = len(wanted), HEIGHT_M / GRAVITY * rate_hz**2
    centre = np.full(frames, 1.0 + 2.0 * stiff)
    centre[[0, -1]] = 1.0
    side = np.full(frames, -stiff)
    side[[0, -1]] = 0.0  # rows: side[i] d[i-1] + centre[i] d[i] + side[i] d[i+1]
    normal = np.zeros((3, frames))
    w = weight
    normal[2] = NEAR + w * centre**2
    normal[2, :-1] += (w * side**2)[1:]
    normal[2, 1:] += (w * side**2)[:-1]
    normal[1, 1:] = (w * centre * side)[:-1] + (w * side * centre)[1:]
    normal[0, 2:] = (w * side**2)[1:-1]
    right = w * centre * wanted
    right[:-1] += (w * side * wanted)[1:]
    right[1:] += (w * side * wanted)[:-1]
    return solveh_banded(normal, right)
