"""Recording: everything that is known of one motion, named arrays over time with their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.clip import Label

SIDES = ("r", "l")
"""Order of everything that there is one of a foot."""


@dataclass(frozen=True)
class Signal:
    """What an array of a Recording is: its axes after time, its unit, its meaning.

    An axis is a number, or the word for names of the Recording (muscle, joint, landmark) or for any width.
    """

    axes: tuple[str | int, ...]
    unit: str
    meaning: str


SIGNALS: Mapping[str, Signal] = {
    "time_s": Signal((), "s", "since the start"),
    "excitation": Signal(("muscle",), "1", "control of the muscle until the next instant"),
    "activation": Signal(("muscle",), "1", "state of the muscle"),
    "muscle_force": Signal(("muscle",), "N", "active and passive, tension positive"),
    "fibre_length": Signal(("muscle",), "m", "tendons are rigid: muscle with its tendon less the slack"),
    "fibre_velocity": Signal(("muscle",), "m/s", "lengthening positive"),
    "joint_angle": Signal(("joint",), "rad", "signs of the body"),
    "joint_velocity": Signal(("joint",), "rad/s", "signs of the body"),
    "joint_moment_muscle": Signal(("joint",), "N·m", "of muscle forces, knee couplings folded in"),
    "joint_moment_passive": Signal(("joint",), "N·m", "of damping, springs and limits, knee couplings folded in"),
    "joint_moment": Signal(("joint",), "N·m", "the two together: what moves the joint"),
    "root_position": Signal((3,), "m", "world"),
    "root_quaternion": Signal((4,), "1", "wxyz, world"),
    "root_velocity": Signal((6,), "m/s, rad/s", "linear in the world, angular in the body"),
    "centre_of_mass": Signal((3,), "m", "of the whole body, world"),
    "qpos": Signal(("coordinate",), "m, rad", "all coordinates of the model"),
    "qvel": Signal(("speed",), "m/s, rad/s", "all speeds of the model"),
    "ground_force": Signal((2, 3), "N", "of the ground on each foot, world; right, left"),
    "ground_moment": Signal(
        (2,), "N·m", "free vertical moment of the ground on each foot, about the centre of pressure"
    ),
    "centre_of_pressure": Signal((2, 3), "m", "of each foot, on the ground, world; NaN off the ground"),
    "contact": Signal((2,), "1", "whether the ground bears the foot"),
    "landmark_position": Signal(("landmark", 3), "m", "world"),
    "reference_qpos": Signal(("coordinate",), "m, rad", "what was wanted"),
    "reference_landmark_position": Signal(("landmark", 3), "m", "what was wanted, world"),
}
"""Every array that a Recording may hold; time comes first on all of them, sides are right and left."""

_MAY_BE_NAN = ("centre_of_pressure",)


@dataclass(frozen=True)
class Recording:
    """One motion: arrays of `SIGNALS` by name, all of one length, `time_s` always among them.

    muscles, joints, landmarks: names along these axes. fingerprint: of the Body. policy: its id, see
    `provenance.policy_id`; empty where nobody followed. labels: of the motion (`category`, `speed_mps`, …), its
    `source` and `licence`, and how well it was followed. body: name of the registered body.
    """

    name: str
    rate_hz: float
    arrays: Mapping[str, np.ndarray]
    muscles: tuple[str, ...]
    joints: tuple[str, ...]
    landmarks: tuple[str, ...]
    fingerprint: str
    body: str
    policy: str = ""
    labels: Mapping[str, Label] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill in units; refuse unknown names, wrong shapes and units, and numbers that are not finite."""
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0.0):
            raise KinesisError("not a rate", where=self.name, got=self.rate_hz, expected="more than 0 Hz")
        if "time_s" not in self.arrays:
            raise KinesisError("a recording without time_s", where=self.name, got=", ".join(self.arrays) or "nothing")
        widths: dict[str, int] = {axis: len(getattr(self, f"{axis}s")) for axis in ("muscle", "joint", "landmark")}
        for name, values in self.arrays.items():
            if name not in SIGNALS:
                raise KinesisError.unknown("array", name, SIGNALS, where=self.name)
            self._check_shape(name, values, widths)
            self._check_finite(name, values)
        object.__setattr__(self, "units", {name: SIGNALS[name].unit for name in self.arrays} | dict(self.units))
        for name in self.arrays:
            if self.units[name] != SIGNALS[name].unit:
                where = f"{self.name}, {name}"
                raise KinesisError("another unit", where=where, got=self.units[name], expected=SIGNALS[name].unit)
        step_s = np.diff(self.arrays["time_s"])
        if len(step_s) and np.abs(step_s * self.rate_hz - 1.0).max() > 1e-3:
            raise KinesisError("times that do not go on at the stated rate", where=self.name, expected=self.rate_hz)

    def __getitem__(self, name: str) -> np.ndarray:
        """The array of that name; raises UnknownName with the nearest of those there are."""
        if name not in self.arrays:
            raise KinesisError.unknown("array", name, self.arrays, where=self.name)
        return self.arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __len__(self) -> int:
        """Number of instants."""
        return len(self.arrays["time_s"])

    @property
    def duration_s(self) -> float:
        """From the first to the last instant [s]."""
        return (len(self) - 1) / self.rate_hz

    def _check_shape(self, name: str, values: np.ndarray, widths: dict[str, int]) -> None:
        axes = SIGNALS[name].axes
        where = f"{self.name}, {name}"
        if values.dtype.kind != "f" or values.ndim != 1 + len(axes):
            got = f"{values.ndim} axes of {values.dtype}"
            raise KinesisError("not such an array", where=where, got=got, expected=f"{1 + len(axes)} axes of floats")
        for axis, width in zip(axes, values.shape[1:], strict=True):
            if isinstance(axis, str):
                widths.setdefault(axis, width)
        expected = (len(self), *(widths[axis] if isinstance(axis, str) else axis for axis in axes))
        if values.shape != expected or not len(values):
            raise KinesisError("not the shape", where=where, got=values.shape, expected=expected)

    def _check_finite(self, name: str, values: np.ndarray) -> None:
        bad = np.isinf(values) if name in _MAY_BE_NAN else ~np.isfinite(values)
        if bad.any():
            place = tuple(int(i) for i in np.argwhere(bad)[0])
            raise KinesisError("not a finite number", where=f"{self.name}, {name}, at {place}", got=values[place])
