"""kinesis analyse WHAT: one module an analysis, imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from kinesis.errors import KinesisError

ANALYSES: dict[str, tuple[str, str]] = {
    "gait": ("kinesis.cli.analyse_gait", "strides over published bands: angles, moments, powers, ground forces"),
    "emg": ("kinesis.cli.analyse_emg", "activation beside people's EMG"),
    "effort": ("kinesis.cli.analyse_effort", "static optimisation of the same motion"),
    "redundancy": ("kinesis.cli.analyse_redundancy", "how many of the muscles' dimensions are needed, and for what"),
}


def main(argv: Sequence[str]) -> int:
    """Run one analysis; returns the exit code.

    Raises:
        UnknownName: for an analysis there is not.
    """
    what, *rest = argv or ["--help"]
    if what in ("-h", "--help"):
        print(usage())
        return 0
    if what not in ANALYSES:
        raise KinesisError.unknown("analysis", what, ANALYSES)
    module = ANALYSES[what][0]
    try:
        chosen = import_module(module).main
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise KinesisError(f"the analysis {what!r} is not part of this installation", expected=module) from error
    return int(chosen(rest))


def usage() -> str:
    """What `kinesis analyse --help` prints."""
    width = max(map(len, ANALYSES))
    lines = "\n".join(f"  {name:{width}}  {line}" for name, (_, line) in ANALYSES.items())
    return f"usage: kinesis analyse WHAT ...\n\n{lines}\n\nkinesis analyse WHAT --help tells the options of one."
