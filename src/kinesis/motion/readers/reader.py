"""Reader: how a file of one format is recognised and read; and the table of the readers there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinesis.body import Kinematics
from kinesis.motion.clip import Clip
from kinesis.registry import Registry

UNKNOWN_LICENCE = "unknown (as given by the user)"


class ReadClip(Protocol):
    """The shape of a reading function."""

    def __call__(self, path: Path | str, kinematics: Kinematics, *, rate_hz: float, licence: str) -> Clip:
        """The motion in the file at `path` on the body of `kinematics`, at `rate_hz`."""
        ...


@dataclass(frozen=True)
class Reader:
    """One format. summary: what it reads, for the list of known formats.

    recognises: whether the file looks like this format; it opens the file itself and raises nothing
    for a file that can be opened.
    """

    summary: str
    recognises: Callable[[Path], bool]
    read: ReadClip


READERS: Registry[Reader] = Registry("motion format")
