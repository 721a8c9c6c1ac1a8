"""The text of BVH files: a tree of joints, then a table of numbers; which point means what is decided elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.soundness import FARTHEST, check_length
from kinesis.motion.readers.stream import text_lines

MOST_JOINTS = 1000
"""End Sites included; skeletons with all fingers and a face have about 200."""

_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "xyz")
_BLOCK_NUMBERS = 1 << 20


@dataclass(frozen=True)
class Joint:
    """A node of the tree. parent: index, -1 for the root. offset: (3,) from it. channels: such as `xrotation`.

    An End Site has no channels and the name of its parent with ` end` behind it.
    """

    name: str
    parent: int
    offset: np.ndarray
    channels: tuple[str, ...]


class _Line(NamedTuple):
    number: int
    words: list[str]


class BvhText:
    """An opened BVH file: its tree is read, its numbers are read by `blocks`, once.

    joints: in the order of the file, parents first. frames: as stated. rate_hz: of the frame time [1/s].
    """

    def __init__(self, path: Path) -> None:
        """Read as far as the frame time.

        Raises:
            KinesisError: for a tree or a head of the table that is not sound, or a recording that is too long.
        """
        self.path = path
        self._lines = ((number, line) for number, line in enumerate(text_lines(path), 1) if line.strip())
        self.joints = tuple(self._read_tree())
        self.frames = self._read_frames()
        self.rate_hz = self._read_rate()
        check_length(self.frames, self.rate_hz, str(path))

    @property
    def width(self) -> int:
        """Numbers in a frame."""
        return sum(len(joint.channels) for joint in self.joints)

    def blocks(self) -> Iterator[np.ndarray]:
        """(frame, width) some frames at a time, as many in all as stated.

        Raises:
            KinesisError: for a frame of another width, what is no finite number, and fewer or more frames.
        """
        rows, found = max(1, _BLOCK_NUMBERS // self.width), 0
        while lines := list(islice(self._lines, rows)):
            found += len(lines)
            if found > self.frames:
                raise self._miscounted("more")
            yield self._numbers(lines)
        if found < self.frames:
            raise self._miscounted(found)

    def _miscounted(self, got: object) -> KinesisError:
        return KinesisError(
            "the frames do not end where the head says", where=str(self.path), got=got, expected=f"{self.frames} frames"
        )

    def _numbers(self, lines: list[tuple[int, str]]) -> np.ndarray:
        numbers = _parsed(" ".join(line for _, line in lines))
        if numbers.size != len(lines) * self.width or not (np.abs(numbers) <= FARTHEST).all():
            raise self._bad_row(lines)
        return numbers.reshape(len(lines), self.width)

    def _bad_row(self, lines: list[tuple[int, str]]) -> KinesisError:
        for number, line in lines:
            where, words = f"{self.path}, line {number}", line.split()
            if len(words) != self.width:
                return KinesisError("a frame does not fit the tree", where=where, got=len(words), expected=self.width)
            for word in words:
                if not _is_number(word):
                    expected = f"a number up to {FARTHEST:g}"
                    return KinesisError("not a number of a recording", where=where, got=word, expected=expected)
        return KinesisError("the frames cannot be read", where=str(self.path), expected="a table of numbers")

    def _next(self, expected: str) -> _Line:
        for number, line in self._lines:
            return _Line(number, line.split())
        raise KinesisError("the file ends early", where=str(self.path), expected=expected)

    def _fault(self, line: _Line, expected: str) -> KinesisError:
        where = f"{self.path}, line {line.number}"
        return KinesisError("not a line of BVH here", where=where, got=" ".join(line.words), expected=expected)

    def _read_tree(self) -> Iterator[Joint]:
        """The joints, from `HIERARCHY` up to `MOTION`."""
        if (line := self._next("HIERARCHY")).words[0].upper() != "HIERARCHY":
            raise self._fault(line, "HIERARCHY")
        open_joints: list[int] = []
        names: list[str] = []
        while (line := self._next("MOTION")).words[0].upper() != "MOTION":
            if line.words[0] == "}" and open_joints:
                open_joints.pop()
                continue
            name, parent = self._name(line, names, open_joints)
            open_joints.append(len(names))
            names.append(name)
            yield Joint(name, parent, *self._body(is_end=line.words[0].lower() == "end"))
        if open_joints or not names:
            raise self._fault(line, "a closed tree of joints before MOTION")

    def _name(self, line: _Line, names: list[str], open_joints: list[int]) -> tuple[str, int]:
        """Name and parent of the joint that a line opens."""
        kind, *rest = line.words
        parent = open_joints[-1] if open_joints else -1
        allowed = ("joint", "end") if open_joints else ("root",)
        if kind.lower() not in allowed or len(names) >= MOST_JOINTS or (parent < 0 and names):
            raise self._fault(line, " or ".join(word.upper() for word in (*allowed, "}")))
        if kind.lower() == "end":
            return f"{names[parent]} end", parent
        return " ".join(word for word in rest if word != "{") or f"joint {len(names)}", parent

    def _body(self, *, is_end: bool) -> tuple[np.ndarray, tuple[str, ...]]:
        """Offset and channels of the joint that was opened."""
        line = self._next("OFFSET")
        line = self._next("OFFSET") if line.words == ["{"] else line
        if line.words[0].upper() != "OFFSET" or len(line.words) != 4 or not all(map(_is_number, line.words[1:])):
            raise self._fault(line, "OFFSET and three numbers")
        offset = np.array([float(word) for word in line.words[1:]])
        if is_end:
            return offset, ()
        line = self._next("CHANNELS")
        channels = tuple(word.lower() for word in line.words[2:])
        stated = line.words[1] if len(line.words) > 1 else ""
        if line.words[0].upper() != "CHANNELS" or stated != str(len(channels)):
            raise self._fault(line, "CHANNELS, their number and their names")
        if not set(channels) <= set(_CHANNELS) or len(set(channels)) < len(channels):
            raise self._fault(line, f"channels out of {', '.join(_CHANNELS)}, each once")
        return offset, channels

    def _read_frames(self) -> int:
        line = self._next("Frames:")
        *head, count = line.words
        if "".join(head).lower().rstrip(":") != "frames" or not count.isdecimal() or len(count) > 12:
            raise self._fault(line, "Frames: and their number")
        if not self.width:
            raise KinesisError("no joint moves", where=str(self.path), got="no channels", expected="a recording")
        return int(count)

    def _read_rate(self) -> float:
        """The rate whose frame time, as far as it was written out, is the one in the file; whole where it can be."""
        line = self._next("Frame Time:")
        *head, written = line.words
        step_s = float(written) if _is_number(written) else 0.0
        if "".join(head).lower().rstrip(":") != "frametime" or not 1e-6 < step_s < 1e6:
            raise self._fault(line, "Frame Time: and seconds")
        whole = max(1, round(1.0 / step_s))
        exponent = Decimal(written).as_tuple().exponent
        rounding_s = 0.5 * 10.0 ** int(exponent) if isinstance(exponent, int) else 0.0
        return float(whole) if abs(1.0 / whole - step_s) <= 1.01 * rounding_s else 1.0 / step_s


def _parsed(text: str) -> np.ndarray:
    """Numbers up to the first word that is none; how numpy says that there is one depends on its version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return np.fromstring(text, sep=" ")
        except ValueError:
            return np.empty(0)


def _is_number(word: str) -> bool:
    try:
        return "_" not in word and abs(Decimal(word)) <= FARTHEST
    except InvalidOperation:
        return False
