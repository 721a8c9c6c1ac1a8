"""Readers: recordings in the formats of the field, each found by what the file holds."""

from __future__ import annotations

from pathlib import Path

from kinesis.body import Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.readers import opensim
from kinesis.motion.readers.reader import READERS, UNKNOWN_LICENCE, Reader
from kinesis.motion.readers.stream import checked_path

__all__ = ["READERS", "UNKNOWN_LICENCE", "Reader", "opensim", "read_motion"]


def read_motion(
    path: Path | str, kinematics: Kinematics, *, rate_hz: float = 50.0, licence: str = UNKNOWN_LICENCE
) -> Clip:
    """Read a recording with the first reader that recognises it; gzip-compressed files are read as they are.

    Returns:
        The motion on the body of `kinematics` at `rate_hz`, standing on its feet, starting along +x.

    Raises:
        KinesisError: if no reader knows the format, or the file is not sound.
    """
    path = checked_path(path)
    for reader in map(READERS.get, READERS.names()):
        if reader.recognises(path):
            return reader.read(path, kinematics, rate_hz=rate_hz, licence=licence)
    known = "; ".join(READERS.get(name).summary for name in READERS.names())
    raise KinesisError("the format of this file is not known", where=str(path), hint=f"known: {known}")
