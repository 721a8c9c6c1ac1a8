"""Readers: recordings in the formats of the field, each found by what the file holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinesis.errors import KinesisError
from kinesis.motion.readers import bvh, c3d, deepmimic, joints, opensim, saved, smpl, trc
from kinesis.motion.readers.reader import READERS, UNKNOWN_LICENCE, Reader, Recording, Refused
from kinesis.motion.readers.stream import checked_path

__all__ = [
    "READERS",
    "UNKNOWN_LICENCE",
    "Reader",
    "Recording",
    "Refused",
    "bvh",
    "c3d",
    "deepmimic",
    "joints",
    "opensim",
    "read_motions",
    "reader_of",
    "saved",
    "smpl",
    "trc",
]


def reader_of(path: Path) -> Reader | None:
    """The first reader that recognises the file, None where none does."""
    return next((reader for reader in map(READERS.get, READERS.names()) if reader.recognises(path)), None)


def read_motions(path: Path | str) -> Sequence[Recording]:
    """Every motion in a file, by the first reader that recognises it; gzip-compressed text is read as it is.

    Returns:
        One or more recordings; one that is not sound among others stands in its place as `Refused`.

    Raises:
        KinesisError: if no reader knows the format, or the file is not sound as a whole or holds no motion.
    """
    path = checked_path(path)
    reader = reader_of(path)
    if reader is None:
        known = "; ".join(READERS.get(name).summary for name in READERS.names())
        raise KinesisError("the format of this file is not known", where=str(path), hint=f"known: {known}")
    recordings = reader.read(path)
    if not recordings:
        raise KinesisError("the file holds no motion", where=str(path))
    return recordings
