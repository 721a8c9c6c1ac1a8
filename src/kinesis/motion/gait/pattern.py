"""Nominal posture: joint angles and pelvis from phase and speed, before the feet are held to the ground."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

from kinesis.motion.gait import harmonics, running, walking

CHANNELS = (
    "HIP_FLEXION",
    "HIP_ADDUCTION",
    "HIP_ROTATION",
    "KNEE_FLEXION",
    "ANKLE_DORSIFLEXION",
    "PELVIS_OBLIQUITY",
    "PELVIS_ROTATION",
)


PATH_ORDER = 8
"""Harmonics of the pelvis's path and tilt."""
PATH = (
    ("PELVIS_FORWARD_MM", (2, 4, 6, 8)),
    ("PELVIS_LEFT_MM", (1, 3, 5)),
    ("PELVIS_UP_MM", (2, 4, 6, 8)),
    ("PELVIS_TILT_MRAD", (2, 4, 6)),
)
"""What departs from the path that the feet ask and from the mean tilt, and the harmonics that symmetry allows it."""


class Posture(NamedTuple):
    """Nominal angles [rad].

    legs: (2, frame, 6), right and left. pelvis: (frame, 3) tilt forward, obliquity (right side up),
    rotation (right side forward).
    """

    legs: np.ndarray
    pelvis: np.ndarray

    def blend(self, other: Posture, weight: np.ndarray) -> Posture:
        """This posture where weight (frame,) is 0, the other where it is 1."""
        legs = self.legs + weight[None, :, None] * (other.legs - self.legs)
        return Posture(legs, self.pelvis + weight[:, None] * (other.pelvis - self.pelvis))


@dataclass(frozen=True)
class Table:
    """Harmonics of every channel over dimensionless speed, and the timing of foot contact.

    coefficients: speed (n,) → (n, channel, 2·order + 1) [rad]. timing: → (n, 4), toe-off, flat from and until
    [cycle], forward tilt of the pelvis [rad]. path: → (n, 2·PATH_ORDER + 1, 4), how the pelvis departs from the path
    that the feet ask of it, forward, left and up [m], and from its tilt [rad].
    """

    coefficients: PchipInterpolator
    timing: PchipInterpolator
    path: PchipInterpolator

    def curves(self, speed: np.ndarray, phase: np.ndarray) -> np.ndarray:
        """Channels (frame, channel) [rad] at dimensionless speed (frame,) and phase (frame,) [cycle]."""
        return np.einsum("fch,fh->fc", self.coefficients(self.clip(speed)), harmonics.basis(phase))

    def clip(self, speed: np.ndarray) -> np.ndarray:
        """Speed held within the table's columns."""
        return np.clip(speed, self.coefficients.x[0], self.coefficients.x[-1])


class _Columns(NamedTuple):
    """What a Table has at some speeds: coefficients [rad], timing, path [m] and [rad]."""

    coefficients: np.ndarray
    timing: np.ndarray
    path: np.ndarray

    def table(self, speeds: np.ndarray) -> Table:
        """Between the speeds by monotone cubics."""
        return Table(*(PchipInterpolator(speeds, values) for values in self))


def _columns(source: ModuleType) -> _Columns:
    """Of a module of key events."""
    rows = []
    for channel in CHANNELS:
        events = getattr(source, channel)
        percent, degrees = np.array([e[0] for e in events], float), np.array([e[1] for e in events], float)
        rows.append([harmonics.from_events(p, d) for p, d in zip(percent.T, degrees.T, strict=True)])
    timing = np.stack([source.TOE_OFF, *source.FLAT, np.deg2rad(source.TILT_DEG)], -1)
    path = np.zeros((len(timing), 2 * PATH_ORDER + 1, len(PATH)))
    for axis, (name, orders) in enumerate(PATH):
        for order, (cosine, sine) in zip(orders, getattr(source, name, ()), strict=False):
            path[:, order, axis], path[:, PATH_ORDER + order, axis] = cosine, sine
    return _Columns(np.deg2rad(np.array(rows).swapaxes(0, 1)), timing, 1e-3 * path)


def running_table() -> Table:
    """Running forward."""
    return _columns(running).table(running.SPEEDS)


def walking_table() -> Table:
    """Walking from fast backward (negative speed) through stepping on the spot to fast forward.

    Backward: the pattern of slower forward walking in reverse (Winter, Pluck & Yang 1989, J Mot Behav
    21:291; Thorstensson 1986, Acta Physiol Scand 127:285), so that the toes land first.
    """
    columns = _columns(walking)
    forward = columns.table(walking.SPEEDS)
    back = np.array([-0.50, -0.30, -0.15])
    reversed_columns = [_reversed(forward, -walking.BACKWARD * speed) for speed in back]
    both = _Columns(*(np.stack([*b, *f]) for *b, f in zip(*reversed_columns, columns, strict=True)))
    return both.table(np.concatenate([back, walking.SPEEDS]))


def _reversed(table: Table, speed: float) -> _Columns:
    """One column of the table played back, stance onto stance."""
    toe_off, flat_from, flat_until, tilt = table.timing(speed)
    phase = toe_off - np.arange(harmonics.SAMPLES) / harmonics.SAMPLES
    curves = table.curves(np.full(len(phase), speed), phase)
    path = harmonics.basis(phase, PATH_ORDER) @ table.path(speed)
    return _Columns(
        harmonics.from_samples(curves, harmonics.ORDER).T,
        np.array([toe_off, toe_off - flat_until, toe_off - flat_from, tilt - np.deg2rad(2.0)]),
        harmonics.from_samples(path, PATH_ORDER),
    )


def posture(table: Table, speed: np.ndarray, phase: np.ndarray) -> Posture:
    """Both legs and pelvis at dimensionless speed (frame,) and the right leg's phase (frame,) [cycle]."""
    right, left = table.curves(speed, phase), table.curves(speed, phase + 0.5)
    column = table.clip(speed)
    nods = np.einsum("fh,fh->f", table.path(column)[..., 3], harmonics.basis(phase, PATH_ORDER))
    tilt = table.timing(column)[:, 3] + nods
    pelvis = np.stack([tilt, *(0.5 * (right - left)[:, 5:]).T], -1)
    zero = np.zeros((len(phase), 1))
    return Posture(np.stack([np.concatenate([c[:, :5], zero], 1) for c in (right, left)]), pelvis)


def toe_angle(pitch: np.ndarray) -> np.ndarray:
    """mtp angle (extension negative, as in the model) [rad] that keeps the toes down while the heel rises.

    pitch: (...) of the foot, toes up positive [rad]. The hinge lies askew, so that it must turn by a quarter
    more than the heel rises; it starts at 3° of heel rise and levels off at 28° (the joint's limit is 30°).
    """
    blur, most = np.deg2rad(1.5), np.deg2rad(28.0)
    rise = blur * np.logaddexp(0.0, (-pitch - np.deg2rad(4.0)) / blur)
    return -most * np.tanh(1.25 * rise / most)
