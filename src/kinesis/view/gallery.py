"""The results gallery: a page of Markdown, with figures beside it, out of committed benchmark results.

Nothing is measured here: what is not in the results is not on the page, and the same results make the same page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinesis.errors import KinesisError
from kinesis.evaluate.benchmark import BUILTIN, RESULT
from kinesis.evaluate.metrics import RULES
from kinesis.evaluate.results import is_result, read_result
from kinesis.view.gallery_figures import category_figure, perturbation_figure

STRICTEST = RULES[-1].name


@dataclass(frozen=True)
class Entry:
    """A result and the file that it was read from."""

    path: Path
    result: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The policy's name and the beginning of its id, since a name may come to mean another policy."""
        return f"{self.result['policy']['name']} ({self.id})"

    @property
    def id(self) -> str:
        """The beginning of the policy's id."""
        return str(self.result["policy"]["id"][:6])

    @property
    def plain(self) -> Mapping[str, Any]:
        """By group of the built-in motions and measure: mean and interval, unperturbed."""
        return next(iter(self.result["results"][BUILTIN].values()))


def read_entries(folder: Path, refused: Callable[[KinesisError], None]) -> list[Entry]:
    """Every benchmark result in a folder, by file name; JSON of other kinds is passed over.

    refused: told of each result that is corrupt; it is left as it is.

    Raises:
        KinesisError: if there is no such folder, or no result in it.
    """
    if not folder.is_dir():
        raise KinesisError("no such folder", where=str(folder), expected="a folder of benchmark results")
    entries = []
    for path in sorted(folder.glob("*.json")):
        try:
            if is_result(path, RESULT):
                entries.append(Entry(path, _whole(read_result(path, RESULT), path)))
        except KinesisError as error:
            refused(error)
    if not entries:
        hint = "kinesis benchmark --out FILE makes one"
        raise KinesisError("no benchmark result", where=str(folder), hint=hint)
    return entries


def _whole(result: dict[str, Any], path: Path) -> dict[str, Any]:
    """The result, if everything that the page needs is in it."""
    try:
        row = next(iter(result["results"][BUILTIN].values()))["all"]
        _ = [row[f"{measure}_{STRICTEST}"]["mean"] for measure in ("success", "coverage")]
        _ = result["suite"], result["policy"]["name"], result["policy"]["id"][:6], result["policy"]["samples"]
    except (KeyError, TypeError, AttributeError, StopIteration) as error:
        raise KinesisError("a result that lacks something", where=str(path), got=f"no {error}") from None
    return result


def folder_of(out: Path) -> Path:
    """The folder for a page's figures and playback pages, beside it and named after it; made if it is not there.

    Raises:
        KinesisError: if the page cannot be written.
    """
    if out.suffix != ".md" or out.is_dir():
        raise KinesisError("not a page of Markdown", where=str(out), expected="a file whose name ends in .md")
    folder = out.with_suffix("")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KinesisError("the page cannot be written", where=str(out), got=error) from None
    return folder


def write_gallery(out: Path, entries: Sequence[Entry], pages: Mapping[str, Path]) -> Path:
    """Write the page and its figures into a folder beside it, named after it. Returns the page's path.

    pages: playback page of an entry's name, where there is one; a motion of it is called by its category.
    """
    entries = sorted(entries, key=lambda entry: -_mean(entry.plain["all"], f"success_{STRICTEST}"))
    figures = folder_of(out)
    category_figure(figures / "categories.svg", {entry.name: entry.plain for entry in entries})
    perturbation_figure(figures / "perturbations.svg", {e.name: e.result["results"][BUILTIN] for e in entries})
    sections = [
        _opening(entries),
        *_leaderboard(entries, pages, out),
        *_figure("By category, unperturbed", figures / "categories.svg", out, _CATEGORIES),
        *_watch(entries, pages, out),
        *_figure("Perturbed", figures / "perturbations.svg", out, _PERTURBATIONS),
        *_numbers(entries),
        *_origins(entries, out),
    ]
    out.write_text("\n".join(sections) + "\n", encoding="utf-8")
    return out


_CATEGORIES = "Share of clips never ended, with 95 % intervals, under each published rule: looser rules to the left."
_PERTURBATIONS = "Mean over all clips, with intervals; unperturbed at the left of each panel."


_WATCHED = (
    "One motion of each category, its beginning, as `kinesis gallery --playback` simulated it. The pages need neither "
    "server nor network: open them in a browser, from a copy of this repository."
)
_PLAIN = re.compile(r"\w+")


def _opening(entries: Sequence[Entry]) -> str:
    suites = ", ".join(dict.fromkeys(str(entry.result["suite"]) for entry in entries))
    return (
        "# Results\n\n"
        f"Policies measured on {suites}; rules and measures are explained in [benchmark.md](benchmark.md). "
        "Made by `kinesis gallery` from the result files named at the end; not edited by hand.\n"
    )


def _leaderboard(entries: Sequence[Entry], pages: Mapping[str, Path], out: Path) -> list[str]:
    """A row a policy, best first under the strictest rule."""
    rules = [f"{rule.limit_m:g} m {rule.over}" for rule in RULES]
    head = ["policy", *(f"success {rule}" for rule in rules), "coverage", "MPJPE [mm]", "perturbed", "samples", "watch"]
    rows = []
    for entry in entries:
        row, page = entry.plain["all"], pages.get(entry.name)
        successes = [share(row[f"success_{rule.name}"]) for rule in RULES]
        coverage, error = _mean(row, f"coverage_{STRICTEST}"), _mean(row, f"mpjpe_{RULES[0].name}_mm")
        link = f"[playback]({_link(page, out)})" if page else "–"
        samples = f"{1e-6 * float(entry.result['policy']['samples']):.1f} M"
        rows.append([entry.name, *successes, f"{coverage:.0%}", f"{error:.0f}", _perturbed(entry), samples, link])
    told = (
        f"Ordered by success under the strictest rule ({rules[-1]}), whose coverage is shown; MPJPE is that of the "
        "loosest. *Perturbed*: mean success under that strictest rule over all perturbations.\n"
    )
    return ["## Leaderboard\n", told, *_table(head, rows)]


def _watch(entries: Sequence[Entry], pages: Mapping[str, Path], out: Path) -> list[str]:
    """A line a policy that there is a page of, with a link to its motion of each category; nothing without pages."""
    lines = []
    for entry in entries:
        if page := pages.get(entry.name):
            groups = [group for group in entry.plain if group != "all" and _PLAIN.fullmatch(group)]
            links = ", ".join(f"[{group.replace('_', ' ')}]({_link(page, out)}#{group})" for group in groups)
            lines.append(f"- {_escaped(entry.name)}: {links}")
    return ["## Watch\n", f"{_WATCHED}\n", *lines, ""] if lines else []


def _perturbed(entry: Entry) -> str:
    _, *conditions = entry.result["results"][BUILTIN].values()
    means = [_mean(groups["all"], f"success_{STRICTEST}") for groups in conditions]
    return f"{sum(means) / len(means):.0%}" if means else "–"


def _numbers(entries: Sequence[Entry]) -> list[str]:
    """The figures' numbers, folded, for who cannot see them or wants to copy them."""
    lines = ["## Numbers\n"]
    for entry in entries:
        rows = [
            [group.replace("_", " "), str(row[f"success_{STRICTEST}"]["clips"])]
            + [share(row[f"success_{rule.name}"]) for rule in RULES]
            + [f"{_mean(row, f'mpjpe_{RULES[0].name}_mm'):.0f}"]
            for group, row in entry.plain.items()
        ]
        head = ["motions", "clips", *(f"{rule.limit_m:g} m {rule.over}" for rule in RULES), "MPJPE [mm]"]
        lines += [f"<details><summary>{_escaped(entry.name)}</summary>\n", *_table(head, rows), "</details>\n"]
    return lines


def _origins(entries: Sequence[Entry], out: Path) -> list[str]:
    rows = []
    for entry in entries:
        result = entry.result
        versions = ", ".join(f"{k} {v}" for k, v in result.get("versions", {}).items())
        machine = ", ".join(f"{v}" for v in result.get("machine", {}).values())
        link = f"[{entry.path.name}]({_link(entry.path, out)})"
        rows.append([entry.name, link, result.get("body", {}).get("fingerprint", "–"), versions, machine])
    return ["## Where the numbers come from\n", *_table(["policy", "file", "body", "versions", "machine"], rows)]


def _figure(title: str, figure: Path, out: Path, told: str) -> list[str]:
    return [f"## {title}\n", f"{told}\n", f"![{title}]({_link(figure, out)})\n"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines), ""]


def _escaped(cell: str) -> str:
    """Text from a result does not end a cell or open a tag."""
    return " ".join(cell.split()).replace("|", "\\|").replace("<", "&lt;")


def share(interval: Mapping[str, Any]) -> str:
    """A mean with its interval, in percent."""
    if interval["mean"] is None:
        return "–"
    return f"{interval['mean']:.0%} ({100 * interval['low']:.0f}–{100 * interval['high']:.0f})"


def _mean(row: Mapping[str, Any], measure: str) -> float:
    value = row[measure]["mean"]
    return float("nan") if value is None else float(value)


def _link(target: Path, out: Path) -> str:
    return Path(os.path.relpath(target, out.parent)).as_posix()
