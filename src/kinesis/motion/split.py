"""Split: which clips are learnt from and which are kept for tests; plain text, one key a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.stream import checked_path, text_lines

COMMENT = "#"
LONGEST_KEY = 255


@dataclass(frozen=True)
class Split:
    """Keys of clips in two parts. rule: how they were parted, in words that stand atop both lists."""

    rule: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, those to learn from first."""
        return self.train + self.test


def split_by_group(groups: Mapping[str, str], *, kind: str, share: float, seed: int) -> Split:
    """Part keys so that no group is in both parts, drawing groups for the test part by chance.

    groups: key to its group. kind: what a group is, for the rule. share: of the keys that the test part comes
    nearest to; it gets one group at the least and leaves one.

    Raises:
        KinesisError: for fewer than two groups, or a share that is none.
    """
    names = sorted(set(groups.values()))
    if not 0.0 < share < 1.0:
        raise KinesisError("not a share to keep for tests", got=share, expected="more than 0 and less than 1")
    if len(names) < 2:
        raise KinesisError(
            f"one {kind} cannot be parted in two", got=", ".join(names) or "none", expected="two or more"
        )
    sizes = {name: sum(group == name for group in groups.values()) for name in names}
    order = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    taken = np.cumsum([sizes[name] for name in order])[:-1]
    count = int(np.abs(taken - share * len(groups)).argmin()) + 1
    kept = set(order[:count])
    rule = f"by {kind}, drawn with seed {seed}: {count} of {len(names)} {kind}s are kept for tests ({_listed(kept)})"
    return Split(
        rule,
        train=tuple(sorted(key for key, group in groups.items() if group not in kept)),
        test=tuple(sorted(key for key, group in groups.items() if group in kept)),
    )


def split_by_lists(train: Path, test: Path) -> Split:
    """The split that two lists of keys state.

    Raises:
        KinesisError: if a list cannot be read, or a key is in both.
    """
    split = Split(f"by the lists {train.name} and {test.name}", read_keys(train), read_keys(test))
    if both := sorted(set(split.train) & set(split.test)):
        raise KinesisError("a clip is in both lists", where=f"{train}, {test}", got=both[0], expected="it in one")
    return split


def read_keys(path: Path) -> tuple[str, ...]:
    """Keys of a list: one a line; lines that begin with # and empty ones are passed over.

    Raises:
        KinesisError: if it cannot be read, holds no key, or a line is no key or there twice.
    """
    lines: dict[str, int] = {}
    for number, text in enumerate(text_lines(checked_path(path)), 1):
        key = text.strip()
        if not key or key.startswith(COMMENT):
            continue
        where = f"{path}, line {number}"
        if len(key) > LONGEST_KEY or not key.isprintable():
            raise KinesisError("not a key", where=where, got=key, expected="the name of a clip")
        if key in lines:
            raise KinesisError("a key is there twice", where=where, got=key, expected=f"it on line {lines[key]} alone")
        lines[key] = number
    if not lines:
        raise KinesisError("the list holds no key", where=str(path), expected="one a line")
    return tuple(lines)


def write_keys(path: Path, keys: Iterable[str], about: Sequence[str]) -> None:
    """Write a list of keys under the lines `about`, as comments.

    Raises:
        KinesisError: if the file cannot be written.
    """
    lines = [*(f"{COMMENT} {line}" for line in about), *keys]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise KinesisError("the list cannot be written", where=str(path), got=error) from None


def _listed(names: Iterable[str]) -> str:
    """Names in order, cut short."""
    ordered = sorted(names)
    return ", ".join(ordered[:20]) + (f" and {len(ordered) - 20} more" if len(ordered) > 20 else "")
