"""C3D, the binary files of motion capture, read with the optional package `ezc3d`."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.capture import Capture, recordings
from kinesis.motion.readers.reader import READERS, Reader, Recording
from kinesis.motion.readers.stream import checked_path
from kinesis.motion.readers.trc import UNITS_M

READ_TIMEOUT_S = 60.0
_CHILD = Path(__file__).with_name("c3d_child.py")
_KEY, _BLOCK = 0x50, 512
_PROCESSORS = {84: ("<", 15), 85: ("<", 13), 86: (">", 12)}
"""Intel, DEC, MIPS: order of the bytes in a number, and the byte of the header with the sign of its scale."""

_UPWARD = {"+X": 0, "+Y": 1, "+Z": 2, "X": 0, "Y": 1, "Z": 2}


def recognises(path: Path) -> bool:
    """Whether the file begins as a C3D does: key byte, and the processor's number in the parameter block."""
    try:
        with path.open("rb") as file:
            start = file.read(2)
            if len(start) < 2 or start[0] < 2 or start[1] != _KEY:
                return False
            file.seek(_BLOCK * (start[0] - 1))
            parameters = file.read(4)
    except OSError:
        return False
    return len(parameters) == 4 and parameters[3] in _PROCESSORS


def read_c3d(path: Path) -> Sequence[Recording]:
    """The motion of each subject in the file; see `recordings`.

    Lengths are in POINT:UNITS, millimetres where that is empty as is usual; up is the axis that POINT:Y_SCREEN
    names; a marker with a negative residual, or exactly in the origin, is not seen.

    Raises:
        KinesisError: if the file is damaged or its markers are not known, or `ezc3d` is not installed.
    """
    path = checked_path(path)
    if importlib.util.find_spec("ezc3d") is None:
        raise KinesisError("C3D files need the package ezc3d", where=str(path), hint='pip install "kinesis[c3d]"')
    _check_size(path)
    words, position = _read(path)
    names = tuple(words["labels"])
    if position.shape[1:] != (len(names), 3):
        raise KinesisError(
            "the file miscounts its markers", where=str(path), got=f"{len(names)} names", expected=position.shape[1]
        )
    position[~np.isfinite(position).all(-1) | ~position.any(-1)] = np.nan
    unit = words["units"].strip().lower() or "mm"
    if unit not in UNITS_M:
        raise KinesisError.unknown("unit of length", unit, UNITS_M, where=f"{path}, POINT:UNITS")
    up = _UPWARD.get(words["upward"].strip().upper())
    rate_hz = float(words["rate_hz"])
    return recordings(Capture(path, rate_hz, names, position, UNITS_M[unit], up, f"{path.name}; C3D"))


READERS.register("c3d")(Reader("C3D markers (.c3d)", recognises=recognises, read=read_c3d))


def _check_size(path: Path) -> None:
    """Refuse a file that ends before its header says; `ezc3d` would give the frames that are left."""
    with path.open("rb") as file:
        header = file.read(_BLOCK)
        file.seek(_BLOCK * (header[0] - 1))
        order, sign = _PROCESSORS[file.read(4)[3]]
    points, analog, first, last = np.frombuffer(header, f"{order}u2", 4, offset=2).tolist()
    data_block = int(np.frombuffer(header, f"{order}u2", 1, offset=16)[0])
    bytes_each = 4 if header[sign] & 0x80 else 2
    expected = _BLOCK * (data_block - 1) + (last - first + 1) * (4 * points + analog) * bytes_each
    if (size := path.stat().st_size) < expected:
        raise KinesisError("the file is cut off", where=str(path), got=f"{size} bytes", expected=f"{expected} or more")


def _read(path: Path) -> tuple[dict[str, Any], np.ndarray]:
    """What the child process found: words, and positions (frame, marker, 3). A damaged file can crash `ezc3d`."""
    with tempfile.TemporaryDirectory(prefix="kinesis-") as folder:
        target = Path(folder) / "markers.npz"
        command = [sys.executable, "-P", str(_CHILD), str(path), str(target)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=READ_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise KinesisError("the file cannot be read in a minute", where=str(path), expected="a C3D file") from None
        if done.returncode or not target.is_file():
            said = (done.stderr.strip().splitlines() or ["a crash of ezc3d"])[-1]
            raise KinesisError("the file is damaged", where=str(path), got=said, expected="a C3D file")
        with np.load(target, allow_pickle=False) as data:
            return json.loads(str(data["words"])), data["position"]
