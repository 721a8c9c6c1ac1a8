"""kinesis show CLIP: one motion on the body, beside the recorded joints, in a page."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from kinesis.cli.terminal import has_display, safe_stem

if TYPE_CHECKING:
    from kinesis.body import Kinematics
    from kinesis.motion.clip import Clip
    from kinesis.motion.fit import Fit
    from kinesis.motion.quality import Quality
    from kinesis.view import Playback


@dataclass(frozen=True)
class Show:
    """See how well a motion fits the body, and where it does not."""

    motion: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="CLIP")]
    """A recording of any known format, a clip of `kinesis import`, or builtin:walk@1.2."""
    clip: str | None = None
    """Which motion, of a file of several."""
    out: Path | None = None
    """The page; by default out/NAME.html."""
    open: bool = True
    """Open the page in a browser, where there is a display."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Show, args=list(argv), prog="kinesis show")
    from kinesis.body import Kinematics, load
    from kinesis.motion.find import find_motion
    from kinesis.view import write_page

    kinematics = Kinematics(load("legs80"))
    playback = playback_of(find_motion(asked.motion, kinematics, asked.clip), kinematics)
    out = asked.out or Path("out", f"{safe_stem(playback.title)}.html")
    page = write_page(out, kinematics.body, [playback])
    print(", ".join(f"{name} {value}" for name, value in playback.metrics.items()))
    opened = asked.open and has_display() and webbrowser.open(page.resolve().as_uri())
    print(f"page: {page}" if opened else f"page: {page}  (open it in a browser)")
    return 0


def playback_of(fitted: Fit, kinematics: Kinematics) -> Playback:
    """The clip, its source beside it, its faults on the time line and its quality as scorecard."""
    from kinesis.motion.marks import mark
    from kinesis.motion.quality import faults, judge
    from kinesis.view import Playback

    clip, marks = fitted.clip, mark(fitted.clip, kinematics, fitted.errors_m)
    return Playback(
        title=clip.name,
        subtitle=clip.source,
        rate_hz=clip.rate_hz,
        qpos=clip.qpos,
        source=fitted.source,
        faults=faults(clip, marks),
        metrics=_scorecard(clip, judge(clip, marks)),
    )


def _scorecard(clip: Clip, quality: Quality) -> dict[str, str]:
    """The fit's error is a label of the clip, and so is the grade that an import gave with it in mind."""
    fit_mm, worst_mm = (clip.labels.get(name) for name in ("fit_mm", "fit_mm_p95"))
    fit = {} if fit_mm is None else {"fit error": f"{fit_mm:.0f} mm", "fit error (95 %)": f"{worst_mm:.0f} mm"}
    return {
        "grade": str(clip.labels.get("grade", quality.grade)),
        "motion": quality.category.replace("_", " "),
        "speed": f"{quality.speed_mps:.2f} m/s",
        **fit,
        "frames at a joint limit": f"{100.0 * quality.limit_frames:.1f} %",
        "tendon breaks": f"{100.0 * quality.tendon_breaks:.2f} %",
        "soles in the ground": f"{quality.penetration_mm:.0f} mm",
        "skating": f"{quality.skating_mps:.2f} m/s",
        "licence": clip.licence,
    }
