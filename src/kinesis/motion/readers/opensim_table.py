"""OpenSim's tables (`.mot`, `.sto`): a header to `endheader`, a row of names, rows of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.stream import text_lines

LONGEST_S = 3600.0
LONGEST_GAP_S = 0.5
SHORTEST_STEP_S = 1e-6
_HEADER_END = "endheader"
_OLD_KEYS = {"datacolumns": "ncolumns", "datarows": "nrows"}


@dataclass(frozen=True)
class Table:
    """Columns that were asked for, by name, and the header.

    time_s: (row,). columns: each (row,). lines: (row,) line of the file that a row stands on.
    header: keys in small letters. title: first line of the file. width: columns in the file.
    """

    path: Path
    title: str
    header: dict[str, str]
    names: tuple[str, ...]
    time_s: np.ndarray
    columns: dict[str, np.ndarray]
    lines: np.ndarray

    def place(self, row: int) -> str:
        """File and line of a row, for an error."""
        return f"{self.path}, line {self.lines[row]}"


def read_table(path: Path, wanted: Callable[[str], str | None]) -> Table:
    """Read the columns for whose heading `wanted` gives a name.

    Raises:
        KinesisError: for a header, a row or a time that is not sound; the sentence names the line.
    """
    with closing(text_lines(path)) as text:
        numbered = enumerate(text, 1)
        title, header = _read_header(path, numbered)
        line, headings = _read_headings(path, numbered)
        _check_columns(header, len(headings), f"{path}, line {line}")
        picked = _pick(headings, wanted, f"{path}, line {line}")
        rows, lines = _read_rows(path, numbered, headings, picked)
    _check_rows(header, len(rows), str(path))
    values = dict(zip(picked, np.array(rows).T.copy(), strict=True))
    table = Table(path, title, header, tuple(headings), values.pop("time"), values, np.array(lines))
    _check_time(table)
    return table


def _read_header(path: Path, numbered: Iterator[tuple[int, str]]) -> tuple[str, dict[str, str]]:
    title, header = "", dict[str, str]()
    for line, text in numbered:
        title = text.strip() if line == 1 else title
        if text.strip().lower() == _HEADER_END:
            return title, header
        key, equals, value = text.partition("=")
        if not equals:
            key, _, value = text.strip().partition(" ")
        key = key.strip().lower()
        header[_OLD_KEYS.get(key, key)] = value.strip()
    raise KinesisError(
        "the header does not end", where=str(path), got=f"no line {_HEADER_END!r}", expected="one before the names"
    )


def _read_headings(path: Path, numbered: Iterator[tuple[int, str]]) -> tuple[int, list[str]]:
    for line, text in numbered:
        if headings := text.split():
            return line, headings
    raise KinesisError("nothing follows the header", where=str(path), expected="names of columns and rows of numbers")


def _check_columns(header: dict[str, str], found: int, where: str) -> None:
    """Fewer names than stated are let through: published files from which columns were taken state the old number."""
    stated = header.get("ncolumns", str(found))
    if not stated.isdecimal() or found > int(stated):
        raise KinesisError("the header miscounts the columns", where=where, got=found, expected=f"{stated} as stated")


def _check_rows(header: dict[str, str], found: int, where: str) -> None:
    stated = header.get("nrows", str(found))
    if not stated.isdecimal() or found != int(stated):
        raise KinesisError("the header miscounts the rows", where=where, got=found, expected=f"{stated} as stated")


def _pick(headings: list[str], wanted: Callable[[str], str | None], where: str) -> dict[str, int]:
    """Name to column of what is wanted and of `time`."""
    picked: dict[str, int] = {}
    for column, heading in enumerate(headings):
        name = "time" if heading.lower() == "time" else wanted(heading)
        if name is None:
            continue
        if name in picked:
            raise KinesisError(f"two columns hold {name}", where=where, got=heading, expected="one of them")
        picked[name] = column
    if "time" not in picked:
        raise KinesisError("a column is missing", where=where, got=headings[0], expected="time")
    return picked


def _read_rows(
    path: Path, numbered: Iterator[tuple[int, str]], headings: list[str], picked: dict[str, int]
) -> tuple[list[list[float]], list[int]]:
    rows, lines = [], []
    for line, text in numbered:
        if not (tokens := text.split()):
            continue
        if len(tokens) != len(headings):
            raise KinesisError(
                "a row does not fit the names",
                where=f"{path}, line {line}",
                got=f"{len(tokens)} numbers",
                expected=len(headings),
            )
        numbers = [_number(path, line, *pair) for pair in zip(tokens, headings, strict=True)]
        row = [numbers[column] for column in picked.values()]
        if not all(map(math.isfinite, row)):
            name = next(name for name, value in zip(picked, row, strict=True) if not math.isfinite(value))
            raise KinesisError(
                f"{name} is not finite", where=f"{path}, line {line}", got=tokens[picked[name]], expected="a number"
            )
        rows.append(row)
        lines.append(line)
    if len(rows) < 3:
        raise KinesisError("too few rows", where=str(path), got=len(rows), expected="3 or more")
    return rows, lines


def _number(path: Path, line: int, token: str, heading: str) -> float:
    try:
        if "_" not in token:
            return float(token)
    except ValueError:
        pass
    raise KinesisError(f"{heading} is not a number", where=f"{path}, line {line}", got=token, expected="a number")


def _check_time(table: Table) -> None:
    step = np.diff(table.time_s)
    if (bad := np.flatnonzero(step < SHORTEST_STEP_S)).size:
        what = "time is repeated" if step[bad[0]] > -SHORTEST_STEP_S else "time goes back"
        before, at = table.time_s[bad[0] : bad[0] + 2]
        raise KinesisError(what, where=table.place(bad[0] + 1), got=at, expected=f"more than {before}")
    if (bad := np.flatnonzero(step > LONGEST_GAP_S)).size:
        raise KinesisError(
            "time jumps",
            where=table.place(bad[0] + 1),
            got=f"a gap of {step[bad[0]]:.3g} s",
            expected=f"{LONGEST_GAP_S} s at the most",
        )
    if (span := table.time_s[-1] - table.time_s[0]) > LONGEST_S:
        raise KinesisError(
            "the recording is too long",
            where=str(table.path),
            got=f"{span:.0f} s",
            expected=f"{LONGEST_S:.0f} s or less",
        )
