"""CSV tables of strangers, the one reader of them: a line of names, rows of cells, bounded and finite."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kinesis.errors import KinesisError
from kinesis.motion.readers.stream import beginning, text_lines

MOST_ROWS = 2_000_000


@dataclass(frozen=True)
class CsvTable:
    """Rows of cells; places: where each stands, in words; notes: `key: value` of comment lines `# key: value`."""

    path: Path
    headings: tuple[str, ...]
    rows: list[list[str]]
    places: list[str]
    notes: dict[str, str]

    def number(self, row: int, heading: str) -> float:
        """A finite number.

        Raises:
            KinesisError: for anything else; the sentence names the line.
        """
        return finite(self.rows[row][self.headings.index(heading)], heading, self.places[row])

    def word(self, row: int, heading: str) -> str:
        """A cell as it stands, without white space around it."""
        return self.rows[row][self.headings.index(heading)].strip()

    def note(self, key: str, default: float) -> float:
        """A finite number of the comment lines."""
        return finite(self.notes[key], key, str(self.path)) if key in self.notes else default


def finite(token: str, what: str, where: str) -> float:
    """The finite number that a cell holds.

    Raises:
        KinesisError: for anything else.
    """
    try:
        value = float(token) if "_" not in token else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise KinesisError(f"{what} is not a number", where=where, got=token or "nothing")
    return value


def headings_of(path: Path) -> tuple[str, ...]:
    """Names of the columns, in small letters, without reading the rest; none for what is no such text."""
    lines = beginning(path, 16_384).decode("utf-8-sig", errors="replace").splitlines()
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return tuple(cell.strip().lower() for cell in first.split(",")) if "\0" not in first else ()


def csv_rows(path: Path, notes: dict[str, str] | None = None) -> Iterator[tuple[str, list[str]]]:
    """Every line of a table that is neither empty nor a comment: where it stands, in words, and its cells.

    notes: filled with `key: value` of comment lines `# key: value`, keys in small letters.

    Raises:
        KinesisError: for what is no text, a line that is no row, or more than `MOST_ROWS`.
    """
    count = 0
    for line, text in enumerate(text_lines(path), 1):
        where = f"{path}, line {line}"
        if text.startswith("#"):
            key, colon, value = text.lstrip("# ").partition(":")
            if notes is not None and colon:
                notes[key.strip().lower()] = value.strip()
        elif text.strip():
            count += 1
            if count > MOST_ROWS:
                raise KinesisError("too many rows", where=where, expected=f"{MOST_ROWS} at the most")
            try:
                yield where, next(csv.reader([text]), [])
            except csv.Error as error:
                raise KinesisError("not a row of a table", where=where, got=error) from None


def read_csv(path: Path) -> CsvTable:
    """Read a whole table: names of columns, then rows of as many cells.

    Raises:
        KinesisError: for rows of another width, too many, or none.
    """
    notes: dict[str, str] = {}
    found = csv_rows(path, notes)
    _, first = next(found, ("", []))
    headings = tuple(cell.strip().lower() for cell in first)
    rows: list[list[str]] = []
    places: list[str] = []
    for where, cells in found:
        if len(cells) != len(headings):
            raise KinesisError("a row does not fit the names", where=where, got=len(cells), expected=len(headings))
        rows.append(cells)
        places.append(where)
    if not rows:
        raise KinesisError("a table without rows", where=str(path), expected="names of columns and rows")
    if len(set(headings)) < len(headings):
        twice = next(h for h in headings if headings.count(h) > 1)
        raise KinesisError("two columns of one name", where=str(path), got=twice)
    return CsvTable(path, headings, rows, places, notes)
