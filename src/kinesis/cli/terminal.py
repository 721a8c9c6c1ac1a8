"""What several verbs do at the terminal."""

from __future__ import annotations

import os
import re
import sys

from kinesis.errors import KinesisError

_UNSAFE = re.compile(r"[^\w.@+-]+")


def left_out(error: KinesisError) -> None:
    """Say on standard error that something was left out, and why."""
    print(f"left out: {error}", file=sys.stderr)


def has_display() -> bool:
    """Whether a browser could open a window here."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def safe_stem(name: str) -> str:
    """A file's name, without an ending, from that of a motion."""
    return _UNSAFE.sub("_", name).strip(".")[:120] or "clip"
