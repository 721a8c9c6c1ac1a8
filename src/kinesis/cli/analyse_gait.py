"""kinesis analyse gait: strides over published bands, as a table, CSV and a page."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from kinesis.cli.record import recorded
from kinesis.cli.terminal import left_out
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from rich.table import Table

    from kinesis.analysis.gait import Gait
    from kinesis.analysis.norms import Norms
    from kinesis.evaluate.signals import Recording

NOBODY = "none"


@dataclass(frozen=True)
class AnalyseGait:
    """Events, strides, angles, moments, powers and ground forces, over published bands where they are given."""

    policy: str = "default"
    """Who walks: a shipped policy's name, the path of a checkpoint, or none: the motions themselves, without forces."""
    motions: str = "builtin:walk@1.4"
    """What is walked, as in kinesis eval; recorded now."""
    recording: Path | None = None
    """In place of both: a file of kinesis record, or a folder of them."""
    norms: Path | None = None
    """Published bands: a folder of tables, or one; by default what KINESIS_NORMS names (see docs/gait_report.md)."""
    low_pass_hz: float | None = None
    """Of forces, moments and powers; by default 20, 0 for none."""
    out: Path | None = None
    """Folder for the page and the tables; by default out/gait, and nowhere with --json."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(AnalyseGait, args=list(argv), prog="kinesis analyse gait")
    from kinesis.analysis.gait import analyse
    from kinesis.analysis.gait_curves import LOW_PASS_HZ
    from kinesis.analysis.gait_tables import gait_table
    from kinesis.analysis.norms import load_norms

    low_pass_hz = LOW_PASS_HZ if asked.low_pass_hz is None else asked.low_pass_hz
    if not 0.0 <= low_pass_hz < float("inf"):
        raise KinesisError("not a low-pass", got=low_pass_hz, expected="0 Hz or more")
    recordings = _recordings(asked)
    gait = analyse(recordings, low_pass_hz=low_pass_hz or None)
    bands = asked.norms or os.environ.get("KINESIS_NORMS")
    norms = load_norms(Path(bands), gait.leg_m) if bands else None
    result = {"policy": recordings[0].policy, "recordings": _followed(recordings)} | gait_table(gait, norms)
    folder = asked.out if asked.json else asked.out or Path("out/gait")
    written = _write(folder, gait, norms, result, _subject(asked, recordings)) if folder else []
    if asked.json:
        print(json.dumps(result))
        return 0
    _show(result, written)
    return 0


def _show(result: dict[str, Any], written: Sequence[Path]) -> None:
    """Print tables, what was left out and what was written."""
    from rich.console import Console

    console = Console()
    for walk in result["walks"]:
        for made in tables(walk):
            console.print(made)
        for outlier in walk["outliers"]:
            console.print(f"left out: {outlier['stride']}: {outlier['why']}", highlight=False, markup=False)
    if result["norms"] is None:
        console.print("no bands: --norms FOLDER puts published ones behind the curves", highlight=False)
    for path in written:
        console.print(f"written: {path}", soft_wrap=True, highlight=False)


def _recordings(asked: AnalyseGait) -> list[Recording]:
    from kinesis.body import load
    from kinesis.evaluate.recording import load_recordings
    from kinesis.evaluate.unfollowed import recording_of_clip
    from kinesis.motion.find import find_motions

    if asked.recording:
        return load_recordings(asked.recording)
    if asked.policy == NOBODY:
        body = load("legs80")
        return [recording_of_clip(clip, body) for clip in find_motions(asked.motions, body, on_refusal=left_out)]
    return list(recorded(asked.policy, asked.motions, None))


def _followed(recordings: Sequence[Recording]) -> list[dict[str, Any]]:
    """Name and length of each, and where somebody followed, how far and how well."""
    known = ("frame_coverage", "mpjpe_mm")
    return [
        {"name": r.name, "seconds": round(r.duration_s, 3)} | {key: r.labels[key] for key in known if key in r.labels}
        for r in recordings
    ]


def _subject(asked: AnalyseGait, recordings: Sequence[Recording]) -> str:
    """Who walked what, in a line."""
    names = [r.name for r in recordings]
    what = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    if asked.recording:
        return f"{what} (policy {recordings[0].policy or 'unknown'})"
    return what if asked.policy == NOBODY else f"policy {asked.policy} on {what}"


def _write(folder: Path, gait: Gait, norms: Norms | None, result: dict[str, Any], subject: str) -> list[Path]:
    from kinesis.analysis.gait_tables import write_curves, write_parameters
    from kinesis.view.gait_page import write_gait_page

    page = write_gait_page(folder / "gait.html", gait, norms, result, subject)
    curves, parameters = folder / "curves.csv", folder / "parameters.csv"
    return [page, write_curves(curves, gait, norms), write_parameters(parameters, gait, norms)]


def tables(walk: dict[str, Any]) -> list[Table]:
    """For people: parameters by side, then curves with their shares inside the bands."""
    from rich.markup import escape
    from rich.table import Table

    from kinesis.analysis.gait_curves import CURVES
    from kinesis.analysis.spatiotemporal import PARAMETERS

    strides = walk["strides"]
    first = Table(
        "parameter",
        "both",
        "right",
        "left",
        "published",
        title=f"{walk['speed_mps']:.2f} m/s, {strides['both']} strides",
    )
    for name, row in walk["parameters"].items():
        cells = (_mean_sd(row[key]) if key in row else "–" for key in ("both", "right", "left", "published"))
        first.add_row(escape(f"{PARAMETERS[name].title} [{row['unit']}]"), *cells)
    second = Table("curve", "lowest", "highest", "inside ± 1 SD", "right", "left")
    for name, row in walk["curves"].items():
        shares = (_percent(row.get(key)) for key in ("inside", "inside_right", "inside_left"))
        second.add_row(
            f"{CURVES[name].title} [{row['unit']}]", f"{row['lowest']:.3g}", f"{row['highest']:.3g}", *shares
        )
    return [first, second]


def _mean_sd(of: dict[str, Any]) -> str:
    if of["mean"] is None:
        return "–"
    return f"{of['mean']:.3g}" if of["sd"] is None else f"{of['mean']:.3g} ± {of['sd']:.2g}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
