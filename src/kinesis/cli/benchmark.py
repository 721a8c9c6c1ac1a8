"""kinesis benchmark: a policy on a frozen suite of motions and perturbations, or two results side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kinesis.cli.terminal import left_out

if TYPE_CHECKING:
    from kinesis.evaluate.benchmark import Suite
    from kinesis.evaluate.compare import Change
    from kinesis.learn.checkpoint import Checkpoint
    from kinesis.motion.clip import Clip


@dataclass(frozen=True)
class Benchmark:
    """Measure a policy. Run the same command again to go on after a kill."""

    suite: str = "loco-1"
    """Which frozen suite."""
    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    recordings: tuple[str, ...] = ()
    """Your own motions, measured beside the built-in ones: files, folders, whatever --motions takes elsewhere."""
    out: Path | None = None
    """Where the result goes, its parts beside it; by default under runs/benchmark, named after the policy."""
    compare: tuple[Path, Path] | None = None
    """Two results: say what changed from the first to the second, and measure nothing."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Benchmark, args=list(argv), prog="kinesis benchmark")
    return _compare(*asked.compare, as_json=asked.json) if asked.compare else _measure(asked)


def _measure(asked: Benchmark) -> int:
    from kinesis.evaluate.benchmark import RESULT, SUITES
    from kinesis.evaluate.provenance import policy_id
    from kinesis.evaluate.results import read_result, write_result
    from kinesis.learn import load_checkpoint

    suite, checkpoint = SUITES.get(asked.suite), load_checkpoint(asked.policy)
    default = Path("runs") / "benchmark" / f"{suite.name}-{checkpoint.name}-{policy_id(checkpoint)[:8]}.json"
    out = asked.out or default
    if out.exists():
        read_result(out, RESULT)  # what is no result is refused before any work, and not written over
    result = _run(suite, checkpoint, _motions(suite, checkpoint, asked.recordings), out.with_suffix(".parts"))
    write_result(out, RESULT, result)
    if asked.json:
        print(json.dumps(result))
        return 0
    console = Console()
    for motions in result["results"]:
        for table in tables(motions, result["results"][motions]):
            console.print(table)
    console.print(_explained(), highlight=False, markup=False)
    console.print(f"result: {out}", soft_wrap=True, highlight=False)
    return 0


def _motions(suite: Suite, checkpoint: Checkpoint, recordings: Sequence[str]) -> dict[str, list[Clip]]:
    from kinesis.body import load
    from kinesis.evaluate.benchmark import BUILTIN
    from kinesis.motion.find import find_motions

    body = load(checkpoint.card.task.body)
    own = {name: find_motions(name, body, on_refusal=left_out) for name in recordings}
    return {BUILTIN: find_motions(suite.motions, body)} | own


def _run(suite: Suite, checkpoint: Checkpoint, motions: dict[str, list[Clip]], parts: Path) -> dict[str, Any]:
    from kinesis.evaluate.benchmark import run_suite

    share = TextColumn("{task.percentage:3.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), share, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        shown = bar.add_task(suite.name, total=None)
        return run_suite(
            suite,
            checkpoint,
            motions,
            parts,
            lambda part, done, total: bar.update(shown, description=part, completed=done, total=total),
        )


def tables(motions: str, results: dict[str, Any]) -> list[Table]:
    """For people: the rules side by side by group and by condition, then everything else by group."""
    from kinesis.evaluate.measures import OF_MOTION

    plain = next(iter(results))
    first = _rules_table(f"{motions}, {plain}: success (interval), coverage, MPJPE", "motions", results[plain])
    perturbed = {name: groups["all"] for name, groups in results.items()}
    second = _rules_table(f"{motions}, perturbed: success (interval), coverage, MPJPE", "condition", perturbed)
    title = f"{motions}, {plain}: means up to the first violation of the loosest rule"
    half = (len(OF_MOTION) + 1) // 2
    means = []
    for measures in (OF_MOTION[:half], OF_MOTION[half:]):
        made = _table(title, "motions", *(_words(m.name) for m in measures))
        for group, row in results[plain].items():
            made.add_row(_words(group), *(_number(row[m.name]["mean"]) for m in measures))
        means.append(made)
    return [first, *means, second]


def _table(title: str, *columns: str) -> Table:
    """An empty one that cuts no word or number in a terminal of 80 letters."""
    made = Table(title=title or None, box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold", min_width=max(map(len, column.split())))
    return made


def _words(name: str) -> str:
    return name.replace("_", " ")


def _rules_table(title: str, of: str, rows: dict[str, Any]) -> Table:
    from kinesis.evaluate.metrics import RULES

    made = _table(title, of, "clips", *(f"{rule.limit_m:g} m {rule.over} ({_words(rule.name)})" for rule in RULES))
    for name, row in rows.items():
        cells = [_cell(row, rule.name) for rule in RULES]
        made.add_row(_words(name), str(row[f"success_{RULES[0].name}"]["clips"]), *cells)
    return made


def _cell(row: dict[str, Any], rule: str) -> str:
    success, coverage, error = row[f"success_{rule}"], row[f"coverage_{rule}"], row[f"mpjpe_{rule}_mm"]
    interval = f"({100 * success['low']:.0f}–{100 * success['high']:.0f})"
    return f"{success['mean']:.0%} {interval}  {coverage['mean']:.0%}  {error['mean']:.0f} mm"


def _explained() -> str:
    """What rules and columns mean, a line each."""
    from kinesis.evaluate.measures import OF_MOTION
    from kinesis.evaluate.metrics import RULES

    rules = (f"{rule.name}: {rule.limit_m:g} m, {rule.over} of the tracked bodies; {rule.source}" for rule in RULES)
    columns = (f"{m.name}: {m.meaning}{m.unit and f' [{m.unit}]'}" for m in OF_MOTION)
    return "\n".join([*rules, *columns])


def _compare(first: Path, second: Path, *, as_json: bool) -> int:
    from kinesis.evaluate.benchmark import RESULT
    from kinesis.evaluate.compare import compare, origins
    from kinesis.evaluate.results import read_result

    a, b = read_result(first, RESULT), read_result(second, RESULT)
    differ, changes = origins(a, b), compare(a, b)
    if as_json:
        print(json.dumps({"origin": differ, "changes": [asdict(change) for change in changes]}))
        return 0
    console = Console()
    for key, (before, after) in differ.items():
        console.print(f"{key}: {before} → {after}", soft_wrap=True, highlight=False, markup=False)
    shown = [change for change in changes if change.group == "all" or change.apart]
    if shown:
        console.print(changes_table(shown))
    apart = sum(change.apart for change in changes)
    console.print(f"{len(changes)} means changed, {apart} beyond their intervals", highlight=False)
    return 0


def changes_table(changes: Sequence[Change]) -> Table:
    """For people: a mean that changed a line."""
    made = _table("", "condition", "motions", "measure", "before", "after", "change", "intervals")
    for c in changes:
        numbers = _number(c.before), _number(c.after), f"{c.after - c.before:+.3g}"
        made.add_row(
            f"{c.motions}, {c.condition}",
            _words(c.group),
            _words(c.measure),
            *numbers,
            "part" if c.apart else "overlap",
        )
    return made


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
