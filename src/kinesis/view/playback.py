"""Playback: what is to be seen of one motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.motion.points import Points


@dataclass(frozen=True)
class Playback:
    """One motion, with whatever is known about it.

    qpos: (frame, nq) of the simulated body [m, rad] at `rate_hz`. reference: the same shape, drawn as a
    ghost. activation: (frame, actuator) in [0, 1]. source: recorded points at the same frames, in the body's
    world [m], drawn beside it. faults: (frame,) flags by what is wrong, in words, marked on the time line.
    subtitle: one line under the title. metrics: the scorecard, name to value with its unit.
    """

    title: str
    rate_hz: float
    qpos: np.ndarray
    reference: np.ndarray | None = None
    activation: np.ndarray | None = None
    source: Points | None = None
    faults: Mapping[str, np.ndarray] = field(default_factory=dict)
    subtitle: str = ""
    metrics: Mapping[str, str] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.qpos)

    @property
    def duration_s(self) -> float:
        """From the first to the last frame [s]."""
        return (self.frames - 1) / self.rate_hz


def check_playback(body: Body, playback: Playback) -> None:
    """Refuse what cannot be drawn on this body.

    Raises:
        KinesisError: for a wrong shape, a number that is not finite, an activation outside [0, 1] or a
            rate that is not positive; of source and faults only their shapes are looked at.
    """
    where, nq = f"playback {playback.title!r}", body.model.nq
    if not (np.isfinite(playback.rate_hz) and playback.rate_hz > 0):
        raise KinesisError("not a frame rate", where=where, got=playback.rate_hz, expected="more than 0 Hz")
    if playback.qpos.ndim != 2 or playback.frames < 2:
        raise KinesisError("not a motion", where=where, got=playback.qpos.shape, expected=f"(2 or more, {nq})")
    arrays = {"qpos": (playback.qpos, nq), "reference": (playback.reference, nq)}
    arrays["activation"] = (playback.activation, body.model.nu)
    for name, (values, width) in arrays.items():
        if values is None:
            continue
        _check_shape(name, values, (playback.frames, width), where)
        if not np.isfinite(values).all():
            frame, column = np.argwhere(~np.isfinite(values))[0]
            raise KinesisError(f"{name} is not finite", where=f"{where}, frame {frame}", got=values[frame, column])
    for name, flags in playback.faults.items():
        _check_shape(f"fault {name!r}", flags, (playback.frames,), where)
    if (source := playback.source) is not None:
        _check_shape("source", source.position, (playback.frames, len(source.names), 3), where)
    activation = playback.activation
    if activation is not None and body.actuation != "muscle":
        raise KinesisError("a body without muscles has no activation", where=where, got=body.name)
    if activation is not None and (activation.min() < -1e-6 or activation.max() > 1 + 1e-6):
        got = f"{activation.min():.3g} to {activation.max():.3g}"
        raise KinesisError("activation is out of range", where=where, got=got, expected="0 to 1")


def _check_shape(name: str, values: np.ndarray, expected: tuple[int, ...], where: str) -> None:
    if values.shape != expected:
        raise KinesisError(f"{name} has the wrong shape", where=where, got=values.shape, expected=expected)
