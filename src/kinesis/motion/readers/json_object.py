"""JSON of strangers: one object, of a size that can be held."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kinesis.errors import KinesisError

LARGEST_JSON_BYTES = 100_000_000
"""A hundred minutes of DeepMimic's frames; as Python's numbers they take ten times as much."""


def load_object(path: Path, expected: str) -> dict[str, Any]:
    """The object that a JSON file holds; expected: what it should be, for an error.

    Raises:
        KinesisError: for what is not there, too large, no JSON, or no object.
    """
    if not path.is_file():
        raise KinesisError("no such file", where=str(path), expected=expected)
    try:
        if (size := path.stat().st_size) > LARGEST_JSON_BYTES:
            most = f"{LARGEST_JSON_BYTES / 1e6:g} MB at the most"
            raise KinesisError("the JSON is too large", where=str(path), got=f"{size / 1e6:.0f} MB", expected=most)
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise KinesisError("not JSON", where=str(path), got=error, expected=expected) from None
    if not isinstance(content, dict):
        raise KinesisError("not a JSON object", where=str(path), got=type(content).__name__, expected=expected)
    return content
