"""What several verbs do at the terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kinesis.errors import KinesisError

_UNSAFE = re.compile(r"[^\w.@+-]+")


def left_out(error: KinesisError) -> None:
    """Say on standard error that something was left out, and why."""
    print(f"left out: {error}", file=sys.stderr)


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, if that is a terminal; gives what is to be told how much of how much is done."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        shown = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)


def has_display() -> bool:
    """Whether a browser could open a window here."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def safe_stem(name: str) -> str:
    """A file's name, without an ending, from that of a motion."""
    return _UNSAFE.sub("_", name).strip(".")[:120] or "clip"
