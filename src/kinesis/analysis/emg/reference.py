"""What people's muscles do: envelopes over the gait cycle by subject and channel, and how a file becomes that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.analysis.emg.channels import CHANNELS, channel_of
from kinesis.analysis.emg.envelope import LOWPASS_HZ, POINTS, peak_normalised
from kinesis.errors import KinesisError
from kinesis.motion.readers.stream import checked_path
from kinesis.registry import Registry

MOST_SUBJECTS, FASTEST_MPS = 10_000, 15.0
NEAR_MPS = 0.2
"""A file of a speed further from the wanted one is not compared with."""


@dataclass(frozen=True)
class Envelopes:
    """EMG envelopes of some people at one speed, peak-normalised on reading.

    values: (subject, channel, 101), touchdown to touchdown, 0 or more; all NaN where a subject lacks a channel.
    stride_s, stance: (subject,) duration [s] and share in stance, NaN where unknown. sd: (channel, 101) of an
    ensemble, whose one subject is a mean. motion: walk, run, or empty where unknown; speed_mps may be NaN.
    lowpass_hz: of the envelopes. source: file and set.
    """

    source: str
    subjects: tuple[str, ...]
    channels: tuple[str, ...]
    values: np.ndarray
    stride_s: np.ndarray
    stance: np.ndarray
    motion: str = ""
    speed_mps: float = float("nan")
    lowpass_hz: float = LOWPASS_HZ
    sd: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be envelopes; normalise to peaks."""
        where, shape = self.source, (len(self.subjects), len(self.channels), POINTS)
        if not 0 < shape[0] <= MOST_SUBJECTS or not shape[1]:
            raise KinesisError(
                "no EMG", where=where, got=shape[:2], expected=f"1 to {MOST_SUBJECTS} subjects, channels"
            )
        for kind, names in (("subject", self.subjects), ("channel", self.channels)):
            if len(set(names)) < len(names):
                raise KinesisError(f"two of a {kind}", where=where, got=next(n for n in names if names.count(n) > 1))
        for name in self.channels:
            if name not in CHANNELS:
                raise KinesisError.unknown("EMG channel", name, CHANNELS, where=where)
        values = np.array(self.values, float)
        if values.shape != shape:
            raise KinesisError("not the shape of envelopes", where=where, got=values.shape, expected=shape)
        self._check(values)
        peak = values.max(-1, keepdims=True)
        if self.sd is not None:
            object.__setattr__(self, "sd", np.asarray(self.sd, float) / peak[0])
        object.__setattr__(self, "values", peak_normalised(values))
        for name, low, high in (("stride_s", 0.2, 5.0), ("stance", 0.05, 0.95)):
            row = np.asarray(getattr(self, name), float)
            if row.shape != shape[:1] or not (np.isnan(row) | ((row >= low) & (row <= high))).all():
                raise KinesisError(f"not a {name} a subject", where=where, got=row, expected=f"{low:g} to {high:g}")
            object.__setattr__(self, name, row)
        if not (np.isnan(self.speed_mps) or 0.0 < self.speed_mps <= FASTEST_MPS):
            raise KinesisError("not a speed", where=where, got=self.speed_mps, expected=f"up to {FASTEST_MPS:g} m/s")
        if not 0.0 < self.lowpass_hz <= 1000.0:
            raise KinesisError("not a cut-off", where=where, got=self.lowpass_hz, expected="up to 1000 Hz")

    def _check(self, values: np.ndarray) -> None:
        absent = np.isnan(values).all(-1)
        wrong = ~absent[..., None] & ~((values >= 0.0) & np.isfinite(values))
        if wrong.any():
            subject, channel, point = np.argwhere(wrong)[0]
            where = f"{self.source}, {self.subjects[subject]}, {self.channels[channel]}, {point} %"
            raise KinesisError(
                "not an envelope", where=where, got=values[subject, channel, point], expected="0 or more"
            )
        if (flat := ~absent & ~(values > 0.0).any(-1)).any():
            subject, channel = np.argwhere(flat)[0]
            where = f"{self.source}, {self.subjects[subject]}, {self.channels[channel]}"
            raise KinesisError("a channel that is silent all the time", where=where, expected="leave it out")
        if absent.all(0).any() or absent.all(1).any():
            raise KinesisError("a subject or a channel without any value", where=self.source)

    @property
    def is_ensemble(self) -> bool:
        """Whether this is a mean over people rather than people."""
        return self.sd is not None

    def only(self, channels: tuple[str, ...]) -> Envelopes:
        """The same people with some of the channels, in that order."""
        rows = [self.channels.index(name) for name in channels]
        sd = None if self.sd is None else self.sd[rows]
        words = {k: getattr(self, k) for k in ("source", "subjects", "stride_s", "stance", "motion", "speed_mps")}
        return Envelopes(**words, channels=channels, values=self.values[:, rows], lowpass_hz=self.lowpass_hz, sd=sd)


@dataclass(frozen=True)
class Request:
    """What a recording in time needs to be cut: touchdowns of one foot [s] and which leg, `r` or `l`."""

    touchdowns_s: tuple[float, ...] = ()
    side: str = "r"


@dataclass(frozen=True)
class EmgReader:
    """A format of EMG: what it is in words, whether a file is one, and what it holds."""

    format: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Request], list[Envelopes]]


EMG_READERS: Registry[EmgReader] = Registry("EMG format")


def known_channels(headings: list[str], where: str) -> dict[str, str]:
    """Channel by heading; headings that name no muscle of the body are left out.

    Raises:
        KinesisError: if none does, or two name the same.
    """
    found = {heading: name for heading in headings if (name := channel_of(heading))}
    if not found:
        raise KinesisError("no muscle that the body has", where=where, got=", ".join(headings[:12]) or "nothing")
    if len(set(found.values())) < len(found):
        raise KinesisError("two columns of one muscle", where=where, got=", ".join(found))
    return found


def motion_of(path: Path, said: str = "") -> str:
    """Walk or run by what is said of it, else by the file's name, else empty."""
    text = (said or path.name).lower()
    return next((word for word in ("walk", "run") if word in text), "")


def read_emg(path: Path, request: Request | None = None) -> list[Envelopes]:
    """Everything in a file, told by its content.

    Raises:
        KinesisError: for a file of no known format, or one that is not sound.
    """
    path = checked_path(path)
    for name in EMG_READERS.names():
        if (reader := EMG_READERS.get(name)).recognises(path):
            return reader.read(path, request or Request())
    known = ", ".join(EMG_READERS.get(name).format for name in EMG_READERS.names())
    raise KinesisError("not a known format of EMG", where=str(path), expected=known)


def find_emg(path: Path, motion: str, speed_mps: float, request: Request | None = None) -> Envelopes:
    """The best EMG for a motion in a file or a folder.

    It must be of that motion and near that speed; then people come before means of people, more of them before
    fewer, a nearer speed before another, a name before the next. Files of a folder that are no EMG are passed over;
    those that say no motion or speed are taken as they are.

    Raises:
        KinesisError: if there is none, or the one file cannot be read.
    """
    if not 0.0 < speed_mps <= FASTEST_MPS:
        raise KinesisError("not a speed", got=speed_mps, expected=f"above 0, at most {FASTEST_MPS:g} m/s")
    if not path.is_dir():
        found = read_emg(path, request)
    else:
        found = []
        for file in sorted(p for p in path.rglob("*") if p.is_file())[:1000]:
            try:
                found += read_emg(file, request)
            except KinesisError:
                continue
    near = [e for e in found if _fits(e, motion, speed_mps)]
    if not near:
        got = ", ".join(f"{e.motion or 'unknown'} {e.speed_mps:.2g} m/s" for e in found[:8]) or "none"
        expected = f"EMG of a {motion} within {NEAR_MPS} m/s of {speed_mps:g} m/s"
        raise KinesisError("no EMG to compare with", where=str(path), got=got, expected=expected)
    return min(
        near, key=lambda e: (e.is_ensemble, -len(e.subjects), np.nan_to_num(abs(e.speed_mps - speed_mps), nan=9.0))
    )


def _fits(envelopes: Envelopes, motion: str, speed_mps: float) -> bool:
    far = abs(envelopes.speed_mps - speed_mps) > NEAR_MPS + 1e-9
    return envelopes.motion in ("", motion) and not far
