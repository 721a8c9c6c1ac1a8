"""The bytes of a recording: plain or gzip-compressed, guarded against files that no recording can be."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import IO, cast

from kinesis.errors import KinesisError

LARGEST_BYTES = 1_000_000_000
LONGEST_LINE_BYTES = 1_000_000
_GZIP_MAGIC = b"\x1f\x8b"

ARCHIVE_FAULTS = (OSError, EOFError, ValueError, KeyError, RuntimeError, zlib.error, zipfile.BadZipFile)
"""What `zipfile` raises over members that are damaged, encrypted or unknown (the last two a RuntimeError)."""


def checked_path(path: Path | str) -> Path:
    """The path, if it is a file of a size that can be read.

    Raises:
        KinesisError: for what is absent, is not a file, is empty or is larger than `LARGEST_BYTES`.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise KinesisError("there is no such file", where=str(path))
        if not path.is_file():
            raise KinesisError("not a file", where=str(path), expected="a recording")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise KinesisError("the file cannot be reached", where=repr(str(path)), got=error) from None
    if size == 0:
        raise KinesisError("the file is empty", where=str(path), expected="a recording")
    if size > LARGEST_BYTES:
        raise _too_large(path, f"{size / 1e9:.2f} GB")
    return path


def beginning(path: Path, count: int = 4096) -> bytes:
    """The first `count` bytes, decompressed where needed; as many as can be read of a damaged file."""
    try:
        with _opened(path) as stream:
            return stream.read(count)
    except (OSError, EOFError, zlib.error):
        return b""


def text_lines(path: Path) -> Generator[str]:
    """The lines of a text file, one after the other, without their ends.

    The file is open until the last line or `close`: who may stop before puts it into `contextlib.closing`.

    Raises:
        KinesisError: for bytes that are no text, endless lines, damaged compression, too much of it all.
    """
    total = 0
    try:
        with _opened(path) as stream:
            for number in range(1, LARGEST_BYTES):
                line = stream.readline(LONGEST_LINE_BYTES)
                total += len(line)
                if not line:
                    return
                if b"\0" in line or len(line) == LONGEST_LINE_BYTES:
                    raise KinesisError(
                        "not text", where=f"{path}, line {number}", got="binary data", expected="a table of numbers"
                    )
                if total > LARGEST_BYTES:
                    raise _too_large(path, "more")
                yield line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise KinesisError("the file cannot be read to its end", where=str(path), got=error) from None


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if compressed else path.open("rb")


def _too_large(path: Path, got: str) -> KinesisError:
    return KinesisError(
        "the file is too large", where=str(path), got=got, expected=f"{LARGEST_BYTES / 1e9:g} GB at the most"
    )
