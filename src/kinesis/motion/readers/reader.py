"""Reader: how a file of one format is recognised and read; and the table of the readers there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinesis.errors import KinesisError
from kinesis.registry import Registry

UNKNOWN_LICENCE = "unknown (as given by the user)"


class Recording(Protocol):
    """One motion as it was recorded: `Points`, OpenSim's coordinates, or a saved clip. `to_clip` fits each."""

    @property
    def name(self) -> str:
        """What the motion is called, without folder and file ending."""
        ...

    @property
    def source(self) -> str:
        """Where it comes from, in words that travel with every clip."""
        ...

    @property
    def licence(self) -> str:
        """Terms of use, `UNKNOWN_LICENCE` where the file does not say."""
        ...


@dataclass(frozen=True)
class Refused:
    """A motion that cannot be read, in a file of several of which others can. error: why, in a sentence."""

    name: str
    error: KinesisError
    source: str = ""
    licence: str = UNKNOWN_LICENCE


@dataclass(frozen=True)
class Reader:
    """One format. summary: what it reads, for the list of known formats.

    recognises: whether the file looks like this format; it opens the file itself and raises nothing
    for a file that can be opened. read: every motion in the file; a motion that is not sound is `Refused`
    in its place in the list, and only a file that is not sound as a whole raises KinesisError.
    """

    summary: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Sequence[Recording]]


READERS: Registry[Reader] = Registry("motion format")
