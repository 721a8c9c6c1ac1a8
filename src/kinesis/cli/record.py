"""kinesis record: follow motions with a policy and write a Recording a clip."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from kinesis.cli.terminal import left_out, progress, safe_stem
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.evaluate.signals import Recording


@dataclass(frozen=True)
class Record:
    """Write everything about motions as a policy follows them: one .npz a clip, names and units inside."""

    out: Path
    """Folder for the recordings."""
    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    motions: str = "builtin:walk@1.4"
    """builtin:CATEGORY-SPLIT, builtin:walk@1.2, a file, a folder; commas join several."""
    rate_hz: float | None = None
    """Of the recordings; by default that of the physics."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Record, args=list(argv), prog="kinesis record")
    from kinesis.evaluate.recording import save

    written: list[dict[str, object]] = []
    if asked.out.exists() and not asked.out.is_dir():
        raise KinesisError("not a folder", where=str(asked.out), expected="a folder for the recordings")
    for recording in recorded(asked.policy, asked.motions, asked.rate_hz):
        path = save(recording, asked.out / file_name(recording.name, {str(row["file"]) for row in written}))
        written.append(_row(recording, path))
        if not asked.json:
            row = written[-1]
            print(f"{path}: {row['seconds']:.2f} s at {recording.rate_hz:g} Hz, {row['coverage']:.0%} of the clip")
    if asked.json:
        print(json.dumps({"recordings": written}))
    return 0


def recorded(policy: str, motions: str, rate_hz: float | None) -> Iterator[Recording]:
    """Recordings of motions by their names, as they come, with a progress bar on standard error."""
    from kinesis.body import load
    from kinesis.evaluate.provenance import policy_id
    from kinesis.evaluate.recording import each_recording
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions

    checkpoint = load_checkpoint(policy)
    clips = find_motions(motions, load(checkpoint.card.task.body), on_refusal=left_out)
    with progress("recording") as told:
        yield from each_recording(
            checkpoint.policy,
            checkpoint.card.task,
            clips,
            rate_hz=rate_hz,
            policy_id=policy_id(checkpoint),
            progress=told,
        )


def file_name(name: str, taken: set[str]) -> str:
    """A file's name from a clip's, unlike those taken."""
    from kinesis.evaluate.recording import ENDING

    stem = safe_stem(name)
    candidates = (f"{stem}{mark}{ENDING}" for mark in ("", *(f"-{i}" for i in range(2, len(taken) + 3))))
    return next(c for c in candidates if c not in taken)


def _row(recording: Recording, path: Path) -> dict[str, object]:
    return {
        "file": path.name,
        "name": recording.name,
        "instants": len(recording),
        "seconds": recording.duration_s,
        "rate_hz": recording.rate_hz,
        "coverage": recording.labels["frame_coverage"],
        "mpjpe_mm": recording.labels["mpjpe_mm"],
    }
