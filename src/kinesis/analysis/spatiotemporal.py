"""Spatiotemporal parameters of strides: speed, cadence, steps, shares of the cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.strides import Stride, cut
from kinesis.evaluate.signals import Recording


@dataclass(frozen=True)
class Parameter:
    """A row of the table: its title and its unit."""

    title: str
    unit: str


PARAMETERS: Mapping[str, Parameter] = {
    "speed_mps": Parameter("Speed", "m/s"),
    "cadence_per_min": Parameter("Cadence", "steps/min"),
    "stride_time_s": Parameter("Stride time", "s"),
    "step_time_s": Parameter("Step time", "s"),
    "stride_length_m": Parameter("Stride length", "m"),
    "step_length_m": Parameter("Step length", "m"),
    "step_width_m": Parameter("Step width", "m"),
    "stance_percent": Parameter("Stance", "% of the cycle"),
    "double_support_percent": Parameter("Double support, both", "% of the cycle"),
}


def parameters_of(recording: Recording, stride: Stride) -> dict[str, float]:
    """Every value of `PARAMETERS` for one stride; NaN where the other foot has no event in it.

    The way is that of the pelvis from the stride's beginning to its end. Step length and width are from where the
    other heel (origin of the heel bone) was at its touchdown to where this one is at the end, along and across the
    way; a step is named after the foot that ends it. Double support counts its first phase, until the other foot is
    off, and the second one, from the other foot's touchdown to this one's leaving; a run has neither.
    """
    time_s, other = recording["time_s"], "l" if stride.side == "r" else "r"
    ends = cut(time_s, recording["root_position"][:, :2].astype(float), stride, 2)
    way = ends[1] - ends[0]
    length = float(np.linalg.norm(way))
    forward = way / max(length, 1e-9)
    apart = _heel(recording, stride.side, stride.end_s) - _heel(recording, other, stride.opposite_touchdown_s)
    first = 0.0 if stride.opposite_foot_off_s > stride.foot_off_s else stride.opposite_foot_off_s - stride.start_s
    second = 0.0 if stride.opposite_touchdown_s > stride.foot_off_s else stride.foot_off_s - stride.opposite_touchdown_s
    return {
        "speed_mps": length / stride.duration_s,
        "cadence_per_min": 120.0 / stride.duration_s,
        "stride_time_s": stride.duration_s,
        "step_time_s": stride.end_s - stride.opposite_touchdown_s,
        "stride_length_m": length,
        "step_length_m": float(apart @ forward),
        "step_width_m": abs(float(forward[0] * apart[1] - forward[1] * apart[0])),
        "stance_percent": 100.0 * stride.stance,
        "double_support_percent": 100.0 * (first + second) / stride.duration_s,
    }


def _heel(recording: Recording, side: str, at_s: float) -> np.ndarray:
    """(2,) where a heel is on the ground plane at a time; NaN at no time."""
    place = recording["landmark_position"][:, recording.landmarks.index(f"calcn_{side}"), :2]
    return np.array([np.interp(at_s, recording["time_s"], place[:, axis]) for axis in range(2)])
