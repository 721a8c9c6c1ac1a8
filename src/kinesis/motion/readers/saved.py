"""Clips that this package saved (`.npz`), told from other people's by the arrays that they hold."""

from __future__ import annotations

from pathlib import Path

from kinesis.motion.clip import Clip, load_clip
from kinesis.motion.readers.arrays import npz_names
from kinesis.motion.readers.reader import READERS, Reader

_ARRAYS = {"words", "qpos", "landmarks"}


def recognises(path: Path) -> bool:
    """Whether the file is a numpy archive with a clip's own arrays."""
    return npz_names(path) >= _ARRAYS


def read_saved(path: Path) -> list[Clip]:
    """The one clip of a file that `save_clip` wrote."""
    return [load_clip(path)]


READERS.register("saved")(Reader("saved clips of this package (.npz)", recognises=recognises, read=read_saved))
