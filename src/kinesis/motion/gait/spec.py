"""What a motion should be: segments of speed and turning, and the person's small peculiarities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kinesis.errors import KinesisError

Mode = Literal["stand", "walk", "run"]
BOUNDS = {
    "cadence": (0.75, 1.15),
    "amplitude": (0.0, 2.6),
    "step_width_m": (-0.04, 0.2),
    "trunk_lean_rad": (-0.32, 0.25),
    "knee_bend_rad": (-0.05, 0.35),
    "toe_out_rad": (-0.15, 0.4),
    "accent_rad": (0.0, 0.2),
    "bounce_m": (0.0, 0.03),
    "surge_m": (0.0, 0.03),
    "nod_rad": (0.0, 0.1),
    "kick_rad": (0.0, 0.8),
    "spring_m": (0.0, 0.03),
    "flight": (0.0, 0.35),
    "clearance_m": (0.0, 0.03),
    "sway_m": (0.0, 0.03),
}
"""Plausible range of every field of `Style`."""


@dataclass(frozen=True)
class Style:
    """How this person differs from the average one; the defaults are the average.

    cadence: factor on the step rate, at the same speed. amplitude: factor on the turning and tipping of the pelvis.
    step_width_m: added distance between the feet. trunk_lean_rad: added forward lean of pelvis and trunk.
    knee_bend_rad: added knee flexion, half of it at the hip and at the ankle. toe_out_rad: added outward turn of
    both legs. accent_rad: size of this person's own periodic deviations of the joints and the pelvis; bounce_m: of the
    pelvis's path. surge_m, nod_rad, spring_m: amplitudes with which the pelvis runs ahead, tilts and rises twice a
    stride, beyond the average's. kick_rad: added knee flexion of a swinging leg (see `accent` for all these).
    flight: share by which a runner stands on each foot for less time than the average; above 0 the runner also leaps
    as high as longer or shorter steps ask (see `leap`).
    clearance_m: least height of a sole in mid-swing. sway_m: amplitude of the pelvis's wander while standing. seed: of
    all these.
    """

    cadence: float = 1.0
    amplitude: float = 1.0
    step_width_m: float = 0.0
    trunk_lean_rad: float = 0.0
    knee_bend_rad: float = 0.0
    toe_out_rad: float = 0.0
    accent_rad: float = 0.0
    bounce_m: float = 0.0
    surge_m: float = 0.0
    nod_rad: float = 0.0
    kick_rad: float = 0.0
    spring_m: float = 0.0
    flight: float = 0.0
    clearance_m: float = 0.015
    sway_m: float = 0.004
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no healthy adult does."""
        for name, (low, high) in BOUNDS.items():
            if not low <= getattr(self, name) <= high:
                raise KinesisError(
                    f"the style's {name} is out of bounds",
                    got=getattr(self, name),
                    expected=f"{low} to {high}",
                )

    @property
    def accented(self) -> bool:
        """Whether this person moves in ways that factors and offsets do not say (see `accent`)."""
        return any((self.accent_rad, self.bounce_m, self.surge_m, self.nod_rad, self.kick_rad, self.spring_m))


@dataclass(frozen=True)
class Segment:
    """From time_s on: how to move. Speeds in the person's own heading frame [m/s], left and left turn positive."""

    time_s: float = 0.0
    mode: Mode = "walk"
    forward_mps: float = 0.0
    lateral_mps: float = 0.0
    yaw_rate_rps: float = 0.0


@dataclass(frozen=True)
class GaitSpec:
    """A motion: segments in order of time, each blended into the next over blend_s around its time.

    phase: of the right leg's cycle at the start, 0 at its touch-down [cycle]. heading_rad: at the start.
    """

    segments: tuple[Segment, ...]
    duration_s: float
    phase: float = 0.0
    style: Style = field(default_factory=Style)
    blend_s: float = 1.2
    heading_rad: float = 0.0
    category: str = "walk"

    def __post_init__(self) -> None:
        """Refuse an empty or disordered list of segments."""
        times = [segment.time_s for segment in self.segments]
        if not times or times != sorted(times):
            raise KinesisError("segments must follow each other in time", where="gait", got=times)
        if self.duration_s <= 0.0:
            raise KinesisError("a motion must last", where="gait", got=self.duration_s, expected="more than 0 s")


@dataclass(frozen=True)
class Timeline:
    """What is asked at every frame, each (frame,): speeds [m/s, rad/s], and weights of standing and running."""

    time_s: np.ndarray
    forward: np.ndarray
    lateral: np.ndarray
    yaw_rate: np.ndarray
    stand: np.ndarray
    run: np.ndarray


def smooth_step(x: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, between them the polynomial of seventh degree with three flat derivatives."""
    x = np.clip(x, 0.0, 1.0)
    return x**4 * (35.0 - 84.0 * x + 70.0 * x**2 - 20.0 * x**3)


def timeline(spec: GaitSpec, rate_hz: float, pad_s: float) -> Timeline:
    """The spec at rate_hz from -pad_s to duration_s + pad_s; the first and last segments hold beyond the ends."""
    time = np.arange(round((spec.duration_s + 2.0 * pad_s) * rate_hz) + 1) / rate_hz - pad_s
    rows = np.array(
        [(s.forward_mps, s.lateral_mps, s.yaw_rate_rps, s.mode == "stand", s.mode == "run") for s in spec.segments],
        dtype=float,
    )
    values = np.tile(rows[0], (len(time), 1))
    for before, after, segment in zip(rows, rows[1:], spec.segments[1:], strict=False):
        values += smooth_step((time - segment.time_s) / spec.blend_s + 0.5)[:, None] * (after - before)
    return Timeline(time, *values.T)
