"""Foot events: when each foot touches down and leaves the ground, from force where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.signal import find_peaks

from kinesis.body.body import FORWARD_B
from kinesis.errors import KinesisError
from kinesis.evaluate.signals import SIDES, Recording
from kinesis.rotations import rotate

THRESHOLD_N = 20.0
"""Vertical force from which a foot is down; what laboratories use with force plates (Zeni et al. 2008)."""

SHORTEST_SWING_S, SHORTEST_STANCE_S = 0.08, 0.08
"""A foot that is off for less has bounced; one that is down for less has scuffed [s]."""

SHORTEST_STEP_S, LEAST_REACH = 0.4, 0.3
"""Of the kinematic rule: least time between events of one kind of a foot, and least depth of a turning point in
parts of the whole range."""


@dataclass(frozen=True)
class Events:
    """Times of touchdown and foot-off since the recording's start, of the right and the left foot [s]."""

    touchdown_s: tuple[np.ndarray, np.ndarray]
    foot_off_s: tuple[np.ndarray, np.ndarray]
    source: Literal["force", "kinematics"]


def find_events(recording: Recording) -> Events:
    """Events of a recording: by vertical force where it has one, else by where the feet are.

    Raises:
        KinesisError: for a recording with neither forces nor landmarks.
    """
    if "ground_force" in recording:
        pairs = [force_events(recording["time_s"], recording["ground_force"][:, side, 2]) for side in range(2)]
        return Events((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "force")
    pairs = [kinematic_events(recording, side) for side in SIDES]
    return Events((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "kinematics")


def force_events(time_s: np.ndarray, vertical_n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Touchdowns and foot-offs of one foot from its vertical force (instant,) [N].

    A foot is down above `THRESHOLD_N`. A state machine over that: swing ends with the first touch that is not
    over within `SHORTEST_STANCE_S`, bounces included; stance ends where the foot then stays off for
    `SHORTEST_SWING_S`. Events lie where the force crosses the threshold, linear between instants; what is cut
    off by the recording's ends is no event.
    """
    down = vertical_n > THRESHOLD_N
    down = _without_short(down, time_s, SHORTEST_SWING_S, state=False)
    down = _without_short(down, time_s, SHORTEST_STANCE_S, state=True)
    step = np.diff(down.astype(int))
    return _crossing(time_s, vertical_n, step == 1), _crossing(time_s, vertical_n, step == -1)


def _without_short(down: np.ndarray, time_s: np.ndarray, shortest_s: float, *, state: bool) -> np.ndarray:
    """`down` with every run of `state` that is shorter turned over, those at the recording's ends included."""
    edges = np.flatnonzero(np.diff(down.astype(int)))
    starts, ends = np.concatenate([[0], edges + 1]), np.concatenate([edges + 1, [len(down)]])
    kept, step_s = down.copy(), float(time_s[1] - time_s[0]) if len(time_s) > 1 else 0.0
    for start, end in zip(starts, ends, strict=True):
        if len(starts) > 1 and down[start] == state and (end - start) * step_s < shortest_s - 1e-9:
            kept[start:end] = not state
    return kept


def _crossing(time_s: np.ndarray, force: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Times at which the force crosses the threshold between instants `where` and the next ones."""
    at = np.flatnonzero(where)
    before, after = force[at].astype(float), force[at + 1].astype(float)
    crosses = (before - THRESHOLD_N) * (after - THRESHOLD_N) <= 0.0
    rise = np.where(crosses & (before != after), after - before, 1.0)
    share = np.where(crosses, np.clip((THRESHOLD_N - before) / rise, 0.0, 1.0), 0.5)
    return time_s[at] + share * (time_s[at + 1] - time_s[at])


def kinematic_events(recording: Recording, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Touchdowns and foot-offs of one foot without forces, for walking.

    Touchdown: the heel is furthest before the pelvis; foot-off: the toes are furthest behind it, both along the
    pelvis' facing. Zeni, Richards & Higginson 2008, Gait Posture 27:710.

    Raises:
        KinesisError: for a recording without the landmarks or the root.
    """
    pelvis = recording["root_position"].astype(float)
    forward = rotate(recording["root_quaternion"].astype(float), np.broadcast_to(FORWARD_B, pelvis.shape).copy())[:, :2]
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)

    def ahead(bone: str) -> np.ndarray:
        if bone not in recording.landmarks:
            raise KinesisError.unknown("landmark", bone, recording.landmarks, where=recording.name)
        place = recording["landmark_position"][:, recording.landmarks.index(bone), :2]
        return ((place - pelvis[:, :2]) * forward).sum(1)

    return _peaks(ahead(f"calcn_{side}"), recording), _peaks(-ahead(f"toes_{side}"), recording)


def _peaks(curve: np.ndarray, recording: Recording) -> np.ndarray:
    """Times of the high points of a curve (instant,), refined by the parabola through their neighbours [s]."""
    depth = LEAST_REACH * (curve.max() - curve.min())
    apart = max(1, round(SHORTEST_STEP_S * recording.rate_hz))
    peaks, _ = find_peaks(curve, prominence=max(depth, 1e-6), distance=apart)
    left, middle, right = curve[peaks - 1], curve[peaks], curve[peaks + 1]
    bend = np.minimum(left - 2.0 * middle + right, -1e-12)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    return recording["time_s"][peaks] + shift / recording.rate_hz
