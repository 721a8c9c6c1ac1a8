"""The command line: `kinesis VERB ...`, one module a verb, imported only when it is called."""

from __future__ import annotations

import logging
import os
import select
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from kinesis import __version__
from kinesis.errors import KinesisError

REFUSED, INTERRUPTED, UNHEARD = 2, 130, 141
STDOUT = 1

VERBS: dict[str, tuple[str, str]] = {
    "demo": ("kinesis.cli.demo", "follow some walks, or your own motion, and write a page and a table"),
    "train": ("kinesis.cli.train", "learn a policy by a recipe"),
    "import": ("kinesis.cli.import_", "fit recordings to the body: files, folders, archives of any format"),
    "show": ("kinesis.cli.show", "one motion fitted to the body, beside its source, with what is wrong marked"),
    "data": ("kinesis.cli.data", "build a dataset with its split: KIT-Locomotion from AMASS, or any folder"),
    "view": ("kinesis.cli.view", "watch a policy live in the browser: pause, scrub, push, weaken"),
    "film": ("kinesis.cli.film", "policies following a motion, side by side, as mp4 or gif"),
    "eval": ("kinesis.cli.eval", "score a policy on a set of motions"),
    "record": ("kinesis.cli.record", "follow motions and keep everything: muscles, joints, forces, in one file a clip"),
    "analyse": ("kinesis.cli.analyse", "what recordings say: gait, emg, effort, redundancy"),
    "report": ("kinesis.cli.report", "one page about a policy: scores, film, gait, muscles, effort, provenance"),
    "benchmark": ("kinesis.cli.benchmark", "measure a policy on a frozen suite, perturbed too, or compare two results"),
    "gallery": ("kinesis.cli.gallery", "the page of results out of committed benchmark results"),
    "bench": ("kinesis.cli.bench", "measure the speed of this machine"),
    "doctor": ("kinesis.cli.doctor", "say what is wrong with this installation, and what mends it"),
    "export": ("kinesis.cli.export", "write a policy as ONNX, for other programs"),
    "info": ("kinesis.cli.info", "say what a body, a motion or a checkpoint holds"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code: its own, 2 if refused, 130 if interrupted, 141 if nobody reads on."""
    verb, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if verb in ("-h", "--help"):
        print(usage())
        return 0
    if verb == "--version":
        print(f"kinesis {__version__}")
        return 0
    return _told(lambda: run(verb, rest))


def command(function: Callable[..., int | None]) -> int:
    """Run a script's `main`, its arguments by its signature; returns the exit code, as `main` of this module does."""
    import tyro

    return _told(lambda: tyro.cli(function) or 0)


def _told(call: Callable[[], int]) -> int:
    """What it returns; a refusal as one sentence on standard error, and no trace of an interruption."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("kinesis").setLevel(logging.INFO)
    try:
        code = call()
        sys.stdout.flush()
        return code
    except KinesisError as error:
        print(f"kinesis: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("kinesis: interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        if not _unheard():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
        return UNHEARD


def run(verb: str, rest: Sequence[str]) -> int:
    """Import the module of `verb` and call its `main(rest)`; raises UnknownName for a verb there is not."""
    if verb not in VERBS:
        raise KinesisError.unknown("verb", verb, VERBS)
    module = VERBS[verb][0]
    try:
        verb_main = import_module(module).main
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise KinesisError(f"the verb {verb!r} is not part of this installation", expected=module) from error
    return int(verb_main(rest))


def _unheard() -> bool:
    """Whether nobody reads standard output any more, as in `kinesis ... | head`."""
    poll = select.poll()
    poll.register(STDOUT, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def usage() -> str:
    """What `kinesis --help` prints."""
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb:{width}}  {line}" for verb, (_, line) in VERBS.items())
    return f"usage: kinesis VERB ...\n\n{verbs}\n\nkinesis VERB --help tells the options of a verb."
