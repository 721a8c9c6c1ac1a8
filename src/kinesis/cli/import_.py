"""kinesis import SRC...: recordings of any format become clips that a policy can follow."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.motion.importing import Row, Task

_SHOWN = 10


@dataclass(frozen=True)
class Import:
    """Fit recordings to the body, judge them, and save those that can be followed. Resumable."""

    sources: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Files, folders and zip archives."""
    out: Path
    """Folder for the clips; use it afterwards as --motions."""
    licence: str | None = None
    """Terms of use of all of them; by default those in the files, or in a licence file beside them."""
    rate: float = 50.0
    """Frames a second of the clips."""
    jobs: int = 0
    """Processes side by side; 0 for one a core."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Import, args=list(argv), prog="kinesis import")
    from kinesis.motion.importing import summarise

    rows = import_all(asked)
    if not rows:
        raise KinesisError("no recording found", where=", ".join(map(str, asked.sources)))
    summary = summarise(rows)
    if asked.json:
        print(json.dumps(summary))
    else:
        print_summary(summary, asked.out)
    return 0 if summary["clips_ok"] else 2


def import_all(asked: Import) -> list[Row]:
    """Import what the sources hold."""
    from kinesis.motion.importing import tasks

    todo = tasks(asked.sources, asked.out, licence=asked.licence, rate_hz=asked.rate)
    return import_tasks(todo, asked.out, asked.jobs)


def import_tasks(todo: Sequence[Task], out: Path, jobs: int = 0) -> list[Row]:
    """Import what has not been imported yet; rows of all, in the order of the tasks. jobs: 0 for one a core."""
    from kinesis.motion.importing import ROWS, as_line, is_done, load_rows

    if jobs < 0:
        raise KinesisError("not a number of processes", got=jobs, expected="0 or more")
    try:
        out.mkdir(parents=True, exist_ok=True)
        earlier = load_rows(out)
        done: dict[int, list[Row]] = {}
        for number, task in enumerate(todo):
            if is_done(rows := _earlier(task, earlier), out):
                done[number] = rows
        waiting = {number: task for number, task in enumerate(todo) if number not in done}
        with _bar() as bar, (out / ROWS).open("a", encoding="utf-8") as log:
            shown = bar.add_task("importing", total=len(todo), completed=len(done))
            for number, rows in _imported(waiting, jobs or os.cpu_count() or 1):
                done[number] = rows
                log.writelines(map(as_line, rows))
                log.flush()
                bar.advance(shown)
        rows = [row for number in range(len(todo)) for row in done[number]]
        _write_rows(out, earlier, rows)
    except OSError as error:
        raise KinesisError("the folder cannot be written", where=str(out), got=error) from None
    return rows


def _earlier(task: Task, earlier: dict[str, list[Row]]) -> list[Row]:
    try:
        return earlier.get(task.key, [])
    except KinesisError:
        return []


def _imported(waiting: dict[int, Task], jobs: int) -> Iterator[tuple[int, list[Row]]]:
    """Rows of each task as it ends. A file that kills its process is tried once more alone, then refused."""
    from kinesis.motion.importing import Row, import_file

    if jobs == 1 or len(waiting) < 2:
        yield from ((number, import_file(task)) for number, task in waiting.items())
        return
    left = dict(waiting)
    try:
        for number, rows in _side_by_side(left, jobs):
            del left[number]
            yield number, rows
    except BrokenProcessPool:
        for number, task in left.items():
            try:
                yield from _side_by_side({number: task}, 1)
            except BrokenProcessPool:
                yield number, [Row(task.file.label, Path(task.saved_as).name, "", reason=_died(task))]


def _side_by_side(waiting: dict[int, Task], jobs: int) -> Iterator[tuple[int, list[Row]]]:
    from kinesis.motion.importing import import_file, kinematics_of

    with ProcessPoolExecutor(min(jobs, len(waiting)), get_context("spawn"), kinematics_of, ("legs80",)) as pool:
        futures: dict[Future[list[Row]], int] = {pool.submit(import_file, t): n for n, t in waiting.items()}
        try:
            for future in as_completed(list(futures)):
                yield futures.pop(future), future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _died(task: Task) -> str:
    return str(KinesisError("reading it ended the process", where=task.file.label))


def _write_rows(out: Path, earlier: dict[str, list[Row]], rows: list[Row]) -> None:
    """The file of rows anew: those of this import, then those of earlier ones whose clips are still theirs."""
    from kinesis.motion.importing import ROWS, as_line, is_done

    ours = {row.saved for row in rows if row.saved} | {(row.file, row.clip) for row in rows}
    others = [
        row
        for group in earlier.values()
        for row in group
        if row.saved not in ours and (row.file, row.clip) not in ours and is_done([row], out)
    ]
    scratch = out / f".{ROWS}.part"
    scratch.write_text("".join(map(as_line, [*rows, *others])), encoding="utf-8")
    scratch.replace(out / ROWS)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def print_summary(summary: dict[str, Any], out: Path) -> None:
    """The figures of an import for people: a table by category, one sentence, some refusals."""
    from kinesis.motion.importing import ROWS

    console = Console()
    table = Table("motion", "clips", "seconds", "fit, median [mm]", "A", "B", "C", "D")
    for name, row in summary["by_category"].items():
        grades = (str(row["grades"][letter]) for letter in "ABCD")
        table.add_row(name, str(row["clips"]), f"{row['seconds']:.0f}", _number(row["fit_mm_median"]), *grades)
    console.print(table)
    console.print(
        f"{summary['clips_ok']} of {summary['clips_in']} imported to {out};"
        f" fit {_number(summary['fit_mm_median'])} mm median, {_number(summary['fit_mm_p95'])} mm 95th percentile;"
        f" {_share(summary['limit_frames'])} of frames at joint limits,"
        f" {_share(summary['tendon_breaks'])} of tendon lengths break;"
        f" {_number(summary['realtime_factor'])} times real time a core",
        soft_wrap=True,
        highlight=False,
    )
    for refused in summary["refused"][:_SHOWN]:
        console.print(f"refused: {refused['reason']}", soft_wrap=True, highlight=False, markup=False)
    if len(summary["refused"]) > _SHOWN:
        console.print(f"and {len(summary['refused']) - _SHOWN} more, in {out / ROWS}", soft_wrap=True)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.2f} %"
