"""kinesis analyse emg: the body's muscle activity beside people's EMG."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

if TYPE_CHECKING:
    from rich.table import Table

    from kinesis.evaluate import Recording

SPEED_MPS = {"walk": 1.4, "run": 2.8}
"""At which people are most often recorded."""


@dataclass(frozen=True)
class Emg:
    """Score muscles against people's EMG: Pearson r per muscle and person, with controls and baselines."""

    reference: Path
    """EMG: a file of any known format, or a folder, of which the file that fits motion and speed best is taken."""
    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    motion: Literal["walk", "run"] = "walk"
    """What the people did."""
    speed: float | None = None
    """How fast [m/s], by default 1.4 walking, 2.8 running; the policy follows the built-in motion of it."""
    motions: str | None = None
    """What the policy follows instead: a file, a folder, all that --motions takes elsewhere."""
    recording: Path | None = None
    """Recordings of `kinesis record` in place of a policy: a file or a folder."""
    leg: Literal["both", "right", "left"] = "both"
    """Whose strides count; with both, the mean of the two."""
    lag_ms: float | None = None
    """EMG earlier by this, the same for all; by default what fits best within 0 to 100 ms."""
    windows: Path | None = None
    """Published on/off windows beside the reference (JSON)."""
    touchdowns_s: tuple[float, ...] = ()
    """Touchdowns of the foot, for EMG over time."""
    emg_leg: Literal["right", "left"] = "right"
    """Which leg, of EMG over time with both."""
    static: Literal["squared", "cubed", "volume", "force", "energy", "none"] = "squared"
    """Effort of static optimisation on the same motion, the baseline: Σ a², Σ a³, by volume, force, energy; or none."""
    out: Path | None = None
    """Page with one panel a muscle; by default out/emg.html, and nowhere with --json."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Emg, args=list(argv), prog="kinesis analyse emg")
    from kinesis.analysis.emg import Request, compare, find_emg, read_windows

    speed_mps = SPEED_MPS[asked.motion] if asked.speed is None else asked.speed
    people = find_emg(asked.reference, asked.motion, speed_mps, Request(asked.touchdowns_s, asked.emg_leg[0]))
    windows = None if asked.windows is None else read_windows(asked.windows)
    recordings = _recordings(asked, speed_mps)
    found = compare(
        recordings,
        people,
        speed_mps=speed_mps,
        sides=("r", "l") if asked.leg == "both" else (asked.leg[0],),
        criterion=None if asked.static == "none" else asked.static,
        windows=windows,
        lag_ms=asked.lag_ms,
    )
    page = asked.out or (None if asked.json else Path("out", "emg.html"))
    if page is not None:
        from kinesis.view.emg_page import write_emg_page

        write_emg_page(page, _title(asked, recordings), found, people)
    if asked.json:
        print(json.dumps(found.card))
    else:
        _show(found.card, page)
    return 0


def _recordings(asked: Emg, speed_mps: float) -> Sequence[Recording]:
    """Those that are given, or of the policy on the motion that is asked for."""
    if asked.recording is not None:
        from kinesis.evaluate import load_recordings

        return load_recordings(asked.recording)
    from kinesis.cli.record import recorded

    return list(recorded(asked.policy, asked.motions or f"builtin:{asked.motion}@{speed_mps:g}", None))


def _title(asked: Emg, recordings: Sequence[Recording]) -> str:
    who = asked.policy if asked.recording is None else "recording"
    names = ", ".join(r.name for r in recordings[:3]) + (" …" if len(recordings) > 3 else "")
    return f"{who}, {names}"


def _show(card: dict[str, Any], page: Path | None) -> None:
    """For people."""
    from rich.console import Console

    console = Console()
    console.print(table(card))
    low, high = card["r_interval"]
    lines = {
        f"r with people, EMG {card['lag_ms']:g} ms earlier ({card['lag']})": f"{_figure(card['r_median_subjects'])} "
        f"({_figure(low)} to {_figure(high)})",
        "r at zero lag": _figure(card["r_median_subjects_zero_lag"]),
        "people among themselves, zero lag": _figure(card["r_people"]),
        "static optimisation, at a lag of its own": _figure(card["r_static_optimisation"]),
        "protocol of KINESIS (theirs 0.37, people 0.735)": _figure(card["r_kinesis_protocol"]),
        "shifted in time, share as good": _figure(card["shift_test"]["p"]),
        "muscles shuffled, mean r": _figure(card["shuffled_muscles"]["mean_r"]),
        "MPJPE": f"{_figure(card['mpjpe_mm'])} mm",
    }
    console.print("peak: of activation; at %: of the cycle, theirs: people's", style="dim", highlight=False)
    for name, value in lines.items():
        console.print(f"{name}: {value}", highlight=False, soft_wrap=True)
    if page is not None:
        console.print(f"page: {page}", highlight=False, soft_wrap=True)


def table(card: dict[str, Any]) -> Table:
    """A row a muscle."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    source, count = card["reference"]["source"], card["reference"]["subjects"]
    columns = ("r", "0 ms", "best", "ms", "people", "kappa", "peak", "at %", "theirs")
    title = f"{source}, {count} {'person' if count == 1 else 'people'}"
    made = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, padding=0)
    made.add_column("muscle", no_wrap=True)
    for column in columns:
        made.add_column(column, justify="right")
    people, kappa = card["people"], card["on_off"]["people"]["by_muscle"]
    for name, row in card["muscles"].items():
        made.add_row(
            name.replace("_", " "),
            _figure(row["r"]),
            _figure(row["r_zero_lag"]),
            _figure(row["r_best_lag"]),
            f"{row['best_lag_ms']:.0f}",
            _figure(people["r_by_muscle"][name] if people else None),
            _figure(kappa[name]["kappa"]),
            "silent" if row["silent"] else _figure(row["peak_activation"]),
            str(row["peak_at_percent"]),
            str(row["people_peak_at_percent"]),
        )
    return made


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
