"""Result files: JSON of a stated kind with its own checksum, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from kinesis.errors import KinesisError

FORMAT = 1
LARGEST_MB = 50.0
_LEFT = "it is left as it is; move it away to go on without it"
_HEAD = ("kind", "format", "sha256")


def write_result(path: Path, kind: str, content: dict[str, Any]) -> None:
    """Write content as a result of that kind, through a temporary file beside the target.

    Raises:
        KinesisError: if it cannot be written.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {"kind": kind, "format": FORMAT, "sha256": _checksum(content)}
        scratch.write_text(json.dumps(head | content, allow_nan=False), encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise KinesisError("the result cannot be written", where=str(path), got=error) from None


def read_result(path: Path, kind: str) -> dict[str, Any]:
    """The content that `write_result` wrote.

    Raises:
        KinesisError: for a missing file, a corrupt one, one of another kind or format; it is left as it is.
    """
    where, content = str(path), _content(path, kind)
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise KinesisError(f"not a {kind}", where=where, hint=_LEFT)
    if content.get("format") != FORMAT:
        raise KinesisError(f"a {kind} of another format", where=where, got=content.get("format"), expected=FORMAT)
    own = {key: value for key, value in content.items() if key not in _HEAD}
    if content.get("sha256") != _checksum(own):
        raise KinesisError(f"a {kind} that is not as it was written", where=where, hint=_LEFT)
    return own


def is_result(path: Path, kind: str) -> bool:
    """Whether a file claims to be a result of that kind.

    Raises:
        KinesisError: for what cannot be read as JSON.
    """
    content = _content(path, kind)
    return isinstance(content, dict) and content.get("kind") == kind


def _content(path: Path, kind: str) -> object:
    """What a JSON file of no more than `LARGEST_MB` holds."""
    if not path.is_file():
        raise KinesisError("no such file", where=str(path), expected=f"a {kind}")
    try:
        if (size := path.stat().st_size) > 1e6 * LARGEST_MB:
            got, expected = f"{1e-6 * size:.0f} MB", f"{LARGEST_MB:g} MB at the most"
            raise KinesisError(f"too large for a {kind}", where=str(path), got=got, expected=expected, hint=_LEFT)
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise KinesisError(f"not a {kind}", where=str(path), got=error, hint=_LEFT) from None


def _checksum(content: dict[str, Any]) -> str:
    """16 hex digits that do not depend on order or white space."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
