"""The gait's clock: how fast the phase runs, and where it halts so that the feet are on the ground."""

from __future__ import annotations

import numpy as np

from kinesis.motion.gait import running, walking
from kinesis.motion.gait.skeleton import Skeleton
from kinesis.motion.gait.spec import GaitSpec, Timeline, smooth_step

STOP = 0.08
"""Phase at which the clock halts (or half a cycle later): both feet are on the ground then."""
HURRY_S = 3.0
"""Time before a halt over which the steps are fitted, so that the feet end up on the ground."""
STILL = 1e-6


def step_rate(asked: Timeline, spec: GaitSpec, skeleton: Skeleton) -> np.ndarray:
    """Steps per second (frame,) of the motion that is meant, standing apart."""
    moving = np.maximum(1.0 - asked.stand, 0.05)
    speed = asked.forward / moving / skeleton.speed_unit
    stir = 2.2 * np.abs(asked.lateral) / moving / skeleton.speed_unit
    stir = stir + 0.65 * np.abs(asked.yaw_rate) / moving / skeleton.rate_unit
    walk, run = walking.steps_per_s(speed, stir), running.steps_per_s(np.abs(speed))
    return (walk + asked.run * (run - walk)) * skeleton.rate_unit * spec.style.cadence


def stride_phase(asked: Timeline, spec: GaitSpec, skeleton: Skeleton) -> np.ndarray:
    """Unwrapped phase of the right leg (frame,) [cycle], halted where the spec stands still."""
    moving = np.clip(1.0 - asked.stand, 0.0, 1.0)
    rate = np.where(moving > STILL, 0.5 * step_rate(asked, spec, skeleton) * moving**0.2, 0.0)
    gained = 0.5 * (rate[1:] + rate[:-1]) * (asked.time_s[1] - asked.time_s[0])
    start = int(np.abs(asked.time_s).argmin())
    first = spec.phase if rate[start] > 0.0 else STOP + 0.5 * round(2.0 * (spec.phase - STOP))
    _fit_halts(gained, asked.time_s, start, first)
    phase = np.concatenate([[0.0], np.cumsum(gained)])
    return phase - phase[start] + first


def _fit_halts(gained: np.ndarray, time_s: np.ndarray, start: int, phase: float) -> None:
    """Scale the phase gained per frame (frame - 1,), in place, so that every halt comes at `STOP`."""
    edges = np.diff(np.concatenate([[0], (gained > 0.0).astype(int), [0]]))
    for begin, end in np.flatnonzero(edges).reshape(-1, 2):
        if end <= start or end == len(gained):
            continue
        total = gained[max(begin, start) : end].sum()
        halves = max(np.ceil(2.0 * (phase + total - STOP) - 0.3), np.floor(2.0 * (phase - STOP)) + 1.0)
        late = np.clip((time_s[begin:end] - time_s[end] + HURRY_S) / HURRY_S, 0.0, 1.0)
        late[: max(start - begin, 0)] = 0.0
        spread = gained[begin:end] * smooth_step(late)
        gained[begin:end] += spread * (STOP + 0.5 * halves - phase - total) / spread.sum()
        phase = STOP + 0.5 * halves
