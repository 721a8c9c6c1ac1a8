"""The body's own courses: activation of Recordings, filtered as EMG is, cut at touchdown, mixed to channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.emg.channels import CHANNELS, mixing
from kinesis.analysis.emg.envelope import LOWPASS_HZ, lowpass, peak_normalised
from kinesis.analysis.emg.reference import NEAR_MPS
from kinesis.analysis.emg.score import CYCLE
from kinesis.analysis.events import find_events
from kinesis.analysis.strides import Stride, cut, find_strides
from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.evaluate.signals import SIDES, Recording

SETTLES_S = 1.0
"""Strides that start earlier are left out: the body is put down, not walking yet."""

SILENT = 0.02
"""A channel whose activation never passes this does nothing."""


@dataclass(frozen=True)
class Own:
    """Courses of the body's channels, mean over strides of each leg, then over legs.

    activation: (channel, 101) in [0, 1], not normalised; legs: (leg, channel, 101) of `sides`. stride_s, stance:
    means. strides: number. left_out: number by reason.
    """

    channels: tuple[str, ...]
    activation: np.ndarray
    legs: np.ndarray
    sides: tuple[str, ...]
    stride_s: float
    stance: float
    strides: int
    left_out: dict[str, int]

    def courses(self, channels: Sequence[str]) -> np.ndarray:
        """(channel, CYCLE) peak-normalised, the next touchdown left out."""
        return peak_normalised(self.activation[self.rows(channels)])[:, :CYCLE]

    def rows(self, channels: Sequence[str]) -> list[int]:
        """Where channels stand."""
        return [self.channels.index(name) for name in channels]


def own_courses(
    recordings: Sequence[Recording],
    *,
    speed_mps: float,
    lowpass_hz: float = LOWPASS_HZ,
    sides: Sequence[str] = SIDES,
    activations: Sequence[np.ndarray] | None = None,
) -> Own:
    """Courses of all `CHANNELS` that the body has, over all strides near a speed.

    Args:
        recordings: of one muscle body.
        speed_mps: strides further than `NEAR_MPS` from it are left out.
        lowpass_hz: of the EMG to compare with; activation is filtered in time, before it is cut.
        sides: legs that count.
        activations: (instant, muscle) of each recording in place of its own, as static optimisation gives.

    Raises:
        KinesisError: for no such stride, or a recording without activation.
    """
    found: dict[str, list[np.ndarray]] = {side: [] for side in sides}
    strides: list[Stride] = []
    left_out = {"start": 0, "speed": 0}
    speeds: list[float] = []
    for index, recording in enumerate(recordings):
        whole = recording["activation"] if activations is None else activations[index]
        smooth = np.clip(lowpass(whole.astype(float), recording.rate_hz, lowpass_hz), 0.0, 1.0)
        for stride in find_strides(find_events(recording)):
            speeds.append(_speed(recording, stride))
            if stride.side not in sides:
                continue
            if stride.start_s < SETTLES_S:
                left_out["start"] += 1
            elif abs(speeds[-1] - speed_mps) > NEAR_MPS:
                left_out["speed"] += 1
            else:
                strides.append(stride)
                found[stride.side].append(_mixed(recording, cut(recording["time_s"], smooth, stride), stride.side))
    if not strides:
        got = ", ".join(f"{s:.2f}" for s in speeds[:12]) or "no stride"
        expected = f"strides within {NEAR_MPS} m/s of {speed_mps:g} m/s, after the first {SETTLES_S:g} s"
        raise KinesisError("no stride to compare with EMG", where=recordings[0].name, got=got, expected=expected)
    legs = {side: np.mean(courses, 0) for side, courses in found.items() if courses}
    return Own(
        channels=tuple(CHANNELS),
        activation=np.mean(list(legs.values()), 0),
        legs=np.array(list(legs.values())),
        sides=tuple(legs),
        stride_s=float(np.mean([stride.duration_s for stride in strides])),
        stance=float(np.mean([stride.stance for stride in strides])),
        strides=len(strides),
        left_out=left_out,
    )


def _mixed(recording: Recording, course: np.ndarray, side: str) -> np.ndarray:
    """(channel, 101) of a stride's activations (101, muscle)."""
    return mixing(load(recording.body), recording.muscles, tuple(CHANNELS), side) @ course.T


def _speed(recording: Recording, stride: Stride) -> float:
    """Mean speed over the ground in a stride [m/s]."""
    ends = np.array([stride.start_s, stride.end_s])
    way = [np.interp(ends, recording["time_s"], recording["root_position"][:, axis]) for axis in range(2)]
    return float(np.hypot(*np.diff(way)[:, 0]) / stride.duration_s)
