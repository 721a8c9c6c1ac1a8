"""Gait report: strides of recordings by speed, their curves over published bands, their spatiotemporal parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.demand import body_of
from kinesis.analysis.events import find_events
from kinesis.analysis.gait_curves import CURVES, GRAVITY, LOW_PASS_HZ, curves_of
from kinesis.analysis.outliers import Outlier, find_outliers
from kinesis.analysis.spatiotemporal import parameters_of
from kinesis.analysis.strides import Stride, cut, find_strides
from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.evaluate.signals import Recording
from kinesis.motion.gait.skeleton import skeleton_of

SPEED_STEP_MPS = 0.2
"""Strides belong to the nearest multiple of this."""

LEAST_WAY_M = 0.2
"""A stride in which the pelvis moves less is not walking."""


@dataclass(frozen=True)
class Cycle:
    """One stride with its curves over 101 points, what was wanted there, and its parameters.

    curves: in the units of `gait_curves.UNITS`. wanted: angles only; empty where nothing was wanted.
    """

    recording: str
    stride: Stride
    curves: Mapping[str, np.ndarray]
    wanted: Mapping[str, np.ndarray]
    parameters: Mapping[str, float]

    @property
    def name(self) -> str:
        """Which one it is, in words."""
        return f"{self.recording}, {self.stride.name}"


@dataclass(frozen=True)
class Walk:
    """Strides at one speed, outliers apart; speed_mps: their mean. dimensionless: the same in sqrt(g · leg)."""

    speed_mps: float
    dimensionless: float
    cycles: tuple[Cycle, ...]
    outliers: tuple[Outlier, ...]

    def curve(self, name: str, side: str | None = None) -> np.ndarray:
        """(stride, 101) of a side, or of both."""
        return np.array([c.curves[name] for c in self.cycles if side in (None, c.stride.side)])

    def wanted(self, name: str) -> np.ndarray | None:
        """(101,) mean over strides of what was wanted; None where nothing was."""
        found = [c.wanted[name] for c in self.cycles if name in c.wanted]
        return np.mean(found, axis=0) if found else None

    def parameter(self, name: str, side: str | None = None) -> np.ndarray:
        """Finite values (stride,) of a side, or of both."""
        values = np.array([c.parameters[name] for c in self.cycles if side in (None, c.stride.side)])
        return values[np.isfinite(values)]

    @property
    def stance(self) -> float:
        """Mean share of the cycle that a foot is down."""
        return float(self.parameter("stance_percent").mean()) / 100.0

    @property
    def in_stance(self) -> slice:
        """The points of a curve in stance."""
        return slice(0, round(100.0 * self.stance) + 1)

    def judged(self, name: str) -> slice:
        """The points by which a curve is held against a band: in stance of ground forces, all of all else."""
        return self.in_stance if CURVES[name].kind == "force" else slice(None)

    @property
    def names(self) -> tuple[str, ...]:
        """Curves that every stride has."""
        return tuple(name for name in self.cycles[0].curves if all(name in c.curves for c in self.cycles))


@dataclass(frozen=True)
class Gait:
    """Everything that a report says. events: what they were found by. leg_m: hip to ground."""

    walks: tuple[Walk, ...]
    events: str
    mass_kg: float
    leg_m: float
    low_pass_hz: float | None

    @property
    def fullest(self) -> Walk:
        """The walk with most strides."""
        return max(self.walks, key=lambda walk: len(walk.cycles))


def analyse(recordings: Sequence[Recording], *, low_pass_hz: float | None = LOW_PASS_HZ) -> Gait:
    """Cut recordings of one body into strides and gather them by speed.

    Args:
        recordings: with the root, joints and landmarks at least; forces and moments where they are known.
        low_pass_hz: of everything but angles, see `gait_curves.LOW_PASS_HZ`.

    Raises:
        KinesisError: if they are of another body, or hold no whole stride.
    """
    body, mass_kg = _body(recordings)
    leg_m = skeleton_of(body).leg_m
    cycles, sources = [], []
    for recording in recordings:
        events = find_events(recording)
        sources.append(events.source)
        strides = find_strides(events)
        cycles += _cycles(recording, strides, body, mass_kg, low_pass_hz) if strides else []
    if not cycles:
        raise KinesisError(
            "no whole stride", where=", ".join(r.name for r in recordings), expected="two touchdowns of one foot"
        )
    walks = tuple(_walk(speed, cycles, np.sqrt(GRAVITY * leg_m)) for speed in sorted({_bin(c) for c in cycles}))
    return Gait(walks, " and ".join(sorted(set(sources))), mass_kg, leg_m, low_pass_hz)


def _body(recordings: Sequence[Recording]) -> tuple[Body, float]:
    """The one body of all recordings and its mass as simulated [kg]."""
    bodies = {recording.body: body_of(recording) for recording in recordings}
    if len(bodies) > 1:
        raise KinesisError("recordings of several bodies", got=", ".join(bodies), expected="one")
    (body,) = bodies.values()
    masses = {float(r.labels.get("mass_kg", body.mass_kg)) for r in recordings}
    if len(masses) > 1:
        raise KinesisError("recordings of bodies that differ in mass", got=sorted(masses), expected="one")
    return body, masses.pop()


def _cycles(
    recording: Recording, strides: Sequence[Stride], body: Body, mass_kg: float, low_pass_hz: float | None
) -> list[Cycle]:
    """Every stride of a recording that goes somewhere."""
    typical_s = float(np.median([stride.duration_s for stride in strides]))
    reference = wanted_of(recording, body)
    curves = {side: curves_of(recording, side, mass_kg, typical_s, low_pass_hz) for side in "rl"}
    wanted = {side: curves_of(reference, side, mass_kg, typical_s) if reference else {} for side in "rl"}
    found = []
    for stride in strides:
        parameters = parameters_of(recording, stride)
        if parameters["stride_length_m"] >= LEAST_WAY_M:
            own, asked = (
                {name: cut(recording["time_s"], curve, stride) for name, curve in of[stride.side].items()}
                for of in (curves, wanted)
            )
            found.append(Cycle(recording.name, stride, own, asked, parameters))
    return found


def wanted_of(recording: Recording, body: Body) -> Recording | None:
    """What a recording was to follow, as a recording of its own, kinematics only; None where nothing was wanted."""
    if "reference_qpos" not in recording or "reference_landmark_position" not in recording:
        return None
    qpos = recording["reference_qpos"]
    arrays = {
        "time_s": recording["time_s"],
        "joint_angle": qpos[:, body.joint_qpos],
        "root_position": qpos[:, :3],
        "root_quaternion": qpos[:, 3:7],
        "landmark_position": recording["reference_landmark_position"],
    }
    names = {key: getattr(recording, key) for key in ("muscles", "joints", "landmarks", "fingerprint", "body")}
    return Recording(recording.name, recording.rate_hz, arrays, **names)


def _bin(cycle: Cycle) -> float:
    return SPEED_STEP_MPS * round(cycle.parameters["speed_mps"] / SPEED_STEP_MPS)


def _walk(speed: float, cycles: Sequence[Cycle], speed_unit: float) -> Walk:
    own = [cycle for cycle in cycles if _bin(cycle) == speed]
    outliers = find_outliers([(c.name, c.stride, c.curves) for c in own])
    out = {outlier.stride for outlier in outliers}
    kept = tuple(c for c in own if c.name not in out)
    mean = float(np.mean([c.parameters["speed_mps"] for c in kept]))
    return Walk(mean, mean / speed_unit, kept, outliers)
