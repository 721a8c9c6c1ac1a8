"""Numpy's files (`.npy`, `.npz`) of strangers: read within their stated and real sizes, without free unpickling."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.safe_pickle import load_pickled
from kinesis.motion.readers.stream import ARCHIVE_FAULTS, LARGEST_BYTES

NPY_MAGIC = b"\x93NUMPY"
_HEAD = re.compile(
    rb"\{'descr': '(?P<kind>[<>|=]?[biufcSUO]\d{0,6})', 'fortran_order': (?P<fortran>True|False),"
    rb" 'shape': \((?P<shape>[\d, ]{0,200})\),? *\}\s*"
)
"""As numpy writes it, whose own parser lets several kinds of error and warning out."""


def npz_names(path: Path) -> set[str]:
    """Names of the arrays in an `.npz`; none for another file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except ARCHIVE_FAULTS:
        return set()
    return {name.removesuffix(".npy") for name in names} if all(name.endswith(".npy") for name in names) else set()


def load_npz(path: Path, wanted: Collection[str]) -> dict[str, Any]:
    """The wanted ones among the arrays of an `.npz`, by name; those that are not there are left out.

    Raises:
        KinesisError: for an archive or an array in it that is damaged, too large, or not of numbers or words.
    """
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted({f"{name}.npy" for name in wanted} & set(archive.namelist())):
                info = archive.getinfo(name)
                if info.file_size > LARGEST_BYTES:
                    raise _too_large(f"{path}!{name}", info.file_size)
                found[name.removesuffix(".npy")] = _parsed(archive.read(info), f"{path}!{name}")
    except ARCHIVE_FAULTS as error:
        raise KinesisError("the archive of arrays is damaged", where=str(path), got=error) from None
    return found


def load_npy(path: Path) -> Any:
    """The array of an `.npy`; where that is one object, as of `numpy.save` of a dictionary, the object.

    Raises:
        KinesisError: for a file that is damaged, or holds other objects than numbers, words, lists, dictionaries.
    """
    try:
        return _parsed(path.read_bytes(), str(path))
    except OSError as error:
        raise KinesisError("the file cannot be read", where=str(path), got=error) from None


def _parsed(content: bytes, where: str) -> Any:
    size = {1: 2, 2: 4, 3: 4}.get(content[6], 0) if content.startswith(NPY_MAGIC) and len(content) > 6 else 0
    start = 8 + size
    end = start + int.from_bytes(content[8:start], "little")
    said = _HEAD.fullmatch(content[start:end])
    if not size or said is None:
        got = content[start:end][:80].decode("latin1")
        raise KinesisError("not the head of an array", where=where, got=repr(got), expected="that of a plain .npy")
    rest = content[end:]
    if said["kind"].endswith(b"O"):
        loaded = load_pickled(rest, where)
        return loaded.item() if isinstance(loaded, np.ndarray) and loaded.shape == () else loaded
    try:
        dtype, shape = np.dtype(said["kind"].decode()), tuple(map(int, re.findall(rb"\d+", said["shape"])))
        expected = math.prod(shape) * dtype.itemsize
        if len(rest) != expected or dtype.itemsize == 0:
            raise KinesisError("an array ends early or late", where=where, got=f"{len(rest)} bytes", expected=expected)
        return np.frombuffer(rest, dtype).reshape(shape, order="F" if said["fortran"] == b"True" else "C")
    except (ValueError, TypeError) as error:
        raise KinesisError("not the head of an array", where=where, got=error) from None


def _too_large(where: str, size: int) -> KinesisError:
    most = f"{LARGEST_BYTES / 1e9:g} GB at the most"
    return KinesisError("an array is too large", where=where, got=f"{size / 1e9:.2f} GB", expected=most)
