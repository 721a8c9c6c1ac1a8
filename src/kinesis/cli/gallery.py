"""kinesis gallery: the results page out of committed benchmark results, and playback pages for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from kinesis.cli.terminal import left_out, progress, safe_stem
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.learn.checkpoint import Checkpoint
    from kinesis.motion.clip import Clip
    from kinesis.view.gallery import Entry

PER_PAGE_S = 6.0
"""The most that a playback page shows of a motion [s], so that one of each category stays a small file."""


@dataclass(frozen=True)
class Gallery:
    """Write the page of results: leaderboard, small multiples by category, links to playback."""

    results: Path = Path("benchmarks/results")
    """Folder of results of `kinesis benchmark`; other files there are passed over."""
    out: Path = Path("docs/results.md")
    """The page; its figures and playback pages go into a folder of the same name."""
    playback: bool = False
    """Write a playback page for each result whose policy is at hand: one motion of each category, simulated now. It is
    named after the policy's id, so that a page of an older policy is not taken for one of this."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Gallery, args=list(argv), prog="kinesis gallery")
    from kinesis.view.gallery import folder_of, read_entries, write_gallery

    entries, folder = read_entries(asked.results, left_out), folder_of(asked.out)
    pages = {}
    for entry in entries:
        page = folder / f"{safe_stem(f'{entry.path.stem}-{entry.id}')}.html"
        if asked.playback:
            _write_playback(page, entry)
        if page.exists():
            pages[entry.name] = page
    print(f"gallery: {write_gallery(asked.out, entries, pages)}")
    return 0


def _at_hand(policy: Mapping[str, str]) -> Checkpoint | None:
    """The policy that was measured, if its name still means it."""
    from kinesis.evaluate.provenance import policy_id
    from kinesis.learn import load_checkpoint

    try:
        checkpoint = load_checkpoint(policy["name"])
    except KinesisError:
        checkpoint = None
    if checkpoint and policy_id(checkpoint) == policy["id"]:
        return checkpoint
    print(f"no playback: the policy {policy['name']} ({policy['id'][:6]}) is not at hand", file=sys.stderr)
    return None


def _write_playback(page: Path, entry: Entry) -> None:
    """The beginning of the first motion of each category; where policy or suite are not at hand, only words."""
    from kinesis.body import load
    from kinesis.evaluate import SUITES, follow_clips
    from kinesis.evaluate.intervals import group_of
    from kinesis.motion.clip import beginning
    from kinesis.motion.find import find_motions
    from kinesis.view import followed, write_page

    checkpoint = _at_hand(entry.result["policy"])
    suite = entry.result["suite"]
    if not checkpoint:
        return
    if suite not in SUITES:
        left_out(KinesisError.unknown("benchmark suite", suite, SUITES.names(), where=str(entry.path)))
        return
    task = checkpoint.card.task
    body = load(task.body)
    first: dict[str, Clip] = {}
    for clip in find_motions(SUITES.get(suite).motions, body):
        first.setdefault(group_of(clip), clip)
    clips = [beginning(clip, PER_PAGE_S) for clip in first.values()]
    with progress(entry.name) as told:
        runs = follow_clips(checkpoint.policy, task, clips, progress=told)
    titles = [group.replace("_", " ") for group in first]
    write_page(page, body, [followed(run, body, title=title) for title, run in zip(titles, runs, strict=True)])
    print(f"playback: {page}, {1e-6 * page.stat().st_size:.1f} MB")
