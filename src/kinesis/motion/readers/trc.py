"""OpenSim's marker files (`.trc`): a header of five lines, then one row of numbers a frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.capture import Capture, recordings
from kinesis.motion.readers.reader import READERS, Reader, Recording
from kinesis.motion.readers.soundness import check_length
from kinesis.motion.readers.stream import beginning, checked_path, text_lines

UNITS_M = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "meters": 1.0, "metres": 1.0, "in": 0.0254, "inches": 0.0254}
_LEAD = 2  # frame number and time stand before the markers
_UNEVEN = 0.5


@dataclass(frozen=True)
class Header:
    """What the header states. values: keys in small letters. names: of the markers, in order."""

    values: dict[str, str]
    names: tuple[str, ...]

    def number(self, key: str, where: str) -> float:
        """The number under a key; raises KinesisError where there is none."""
        said = self.values.get(key.lower(), "nothing")
        try:
            return float(said)
        except ValueError:
            raise KinesisError(f"the header gives no {key}", where=where, got=said, expected="a number") from None


def recognises(path: Path) -> bool:
    """Whether the file begins as a `.trc` does."""
    text = beginning(path, 2048).lower()
    return text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"pathfiletype") or b"datarate\tcamerarate" in text


def read_trc(path: Path) -> Sequence[Recording]:
    """The motion of each subject in the file; see `recordings`.

    Blanks, `nan` and a marker exactly in the origin mean not seen. The format does not say which axis is up.

    Raises:
        KinesisError: for a header, a row or a time that is not sound; one sentence with the line.
    """
    path = checked_path(path)
    with closing(text_lines(path)) as lines:
        numbered = enumerate(lines, 1)
        header = _read_header(path, numbered)
        rate_hz = header.number("DataRate", str(path))
        frames = header.number("NumFrames", str(path))
        check_length(int(frames) if math.isfinite(frames) else -1, rate_hz, str(path))
        rows = _read_rows(path, numbered, len(header.names), frames)
    _check_time(path, rows[:, 1], rate_hz)
    position = rows[:, _LEAD:].reshape(len(rows), -1, 3)
    position[~np.isfinite(position).all(-1) | ~position.any(-1)] = np.nan
    unit = header.values.get("units", "")
    return recordings(Capture(path, rate_hz, header.names, position, _unit(unit, path), None, f"{path.name}; TRC"))


READERS.register("trc")(Reader("OpenSim markers (.trc, also .gz)", recognises=recognises, read=read_trc))


def _read_header(path: Path, numbered: Iterator[tuple[int, str]]) -> Header:
    """The keys of the second line, their values in the third, markers in the fourth; the fifth names axes."""
    lines = [text for _, text in zip(range(5), (text for _, text in numbered), strict=False)]
    if len(lines) < 5:
        raise KinesisError("the header does not end", where=str(path), got=f"{len(lines)} lines", expected="five")
    keys, values = lines[1].split(), lines[2].split()
    if len(keys) != len(values):
        raise KinesisError(
            "the header's names and values differ in number",
            where=f"{path}, line 3",
            got=f"{len(values)} values",
            expected=len(keys),
        )
    header = Header({key.lower(): value for key, value in zip(keys, values, strict=True)}, _names(lines[3]))
    stated = header.number("NumMarkers", f"{path}, line 3")
    if len(header.names) != stated or not header.names:
        raise KinesisError(
            "the header miscounts the markers",
            where=f"{path}, line 4",
            got=f"{len(header.names)} names",
            expected=f"{stated:g} as stated",
        )
    return header


def _names(line: str) -> tuple[str, ...]:
    """Marker names behind `Frame#` and `Time`; by tabs they may hold spaces, each fills three columns."""
    tokens = line.split("\t")[_LEAD:] if "\t" in line else line.split()[_LEAD:]
    return tuple(name for token in tokens if (name := token.strip()))


def _read_rows(path: Path, numbered: Iterator[tuple[int, str]], markers: int, stated: float) -> np.ndarray:
    """(frame, 2 + 3 · marker), NaN for what is blank."""
    width = _LEAD + 3 * markers
    rows = [_row(f"{path}, line {line}", text, width) for line, text in numbered if text.strip()]
    if len(rows) != stated:
        raise KinesisError(
            "the header miscounts the frames", where=str(path), got=len(rows), expected=f"{stated:g} as stated"
        )
    return np.array(rows)


def _row(where: str, text: str, width: int) -> list[float]:
    """Numbers of one frame. Between tabs they may be blank, and blank ones at the end be left out."""
    tokens = text.split("\t") if "\t" in text else text.split()
    while len(tokens) > width and not tokens[-1].strip():
        tokens.pop()
    if len(tokens) > width or ("\t" not in text and len(tokens) < width):
        raise KinesisError("a row does not fit the markers", where=where, got=f"{len(tokens)} numbers", expected=width)
    return [_number(token.strip(), where) for token in tokens] + [math.nan] * (width - len(tokens))


def _number(token: str, where: str) -> float:
    if not token:
        return math.nan
    try:
        if "_" not in token and not math.isinf(value := float(token)):
            return value
    except ValueError:
        pass
    raise KinesisError("not a position", where=where, got=token, expected="a number or a blank")


def _unit(said: str, path: Path) -> float:
    """Metres in the unit of the header."""
    if said.lower() not in UNITS_M:
        raise KinesisError.unknown("unit of length", said, UNITS_M, where=f"{path}, line 3")
    return UNITS_M[said.lower()]


def _check_time(path: Path, time_s: np.ndarray, rate_hz: float) -> None:
    """The times go on as the rate says, but for the digits that were not written."""
    off = np.abs(time_s - time_s[0] - np.arange(len(time_s)) / rate_hz) * rate_hz
    if (bad := np.flatnonzero(~(off <= _UNEVEN + 0.01 * np.arange(len(time_s))))).size:
        frame = int(bad[0])
        raise KinesisError(
            f"time and the stated rate of {rate_hz:g} Hz disagree",
            where=f"{path}, frame {frame + 1}",
            got=f"{time_s[frame]:g} s",
            expected=f"{time_s[0] + frame / rate_hz:g} s",
        )
