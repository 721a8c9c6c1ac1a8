"""kinesis report: everything about a policy on one page."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from kinesis.cli.terminal import left_out, progress
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.analysis.emg import Envelopes
    from kinesis.analysis.norms import Norms
    from kinesis.body import Body
    from kinesis.evaluate.signals import Recording
    from kinesis.learn.checkpoint import Checkpoint
    from kinesis.motion.clip import Clip
    from kinesis.view.charts import Section
    from kinesis.view.playback import Playback
    from kinesis.view.report_page import EffortPart, GaitPart, MusclePart
    from kinesis.view.report_sections import Scores

FASTEST_MPS, FILM_S, EFFORT_HZ = 2.5, 6.0, 50.0
STEPS = ("scores", "walk", "gait", "muscles", "effort", "film", "page")
Tell = Callable[[str, int, int], None]
"""Told a step of `STEPS`, and how much of how much of it is done."""


@dataclass(frozen=True)
class Report:
    """One page about a policy: scores, film, gait over published bands, muscles beside people's, effort, provenance."""

    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    motions: str = "builtin:walk-test"
    """What the scorecard is of, as in kinesis eval."""
    result: Path | None = None
    """A result of kinesis benchmark of this policy: the scorecard is taken from there, and --motions not followed."""
    speed: float = 1.4
    """Of the walk that is filmed, and that gait, muscles and effort are of [m/s]."""
    norms: Path | None = None
    """Published bands: a folder of tables, or one; by default what KINESIS_NORMS names (see docs/gait_report.md)."""
    reference: Path | None = None
    """People's EMG: a file, or a folder, of which what fits the speed best is taken (see docs/emg.md)."""
    redundancy: Path | None = None
    """What kinesis analyse redundancy --json printed of this policy, to be shown too."""
    film: bool = True
    """Draw an mp4 too, where this machine can."""
    out: Path = Path("out/report")
    """Folder for the page."""


@dataclass(frozen=True)
class _Given:
    """What was read before anything is simulated, so that it is refused at once."""

    checkpoint: Checkpoint
    body: Body
    id: str
    norms: Norms | None
    people: Envelopes | None
    scores: Scores | None
    redundancy: list[Section]
    walk: Clip
    clips: list[Clip]


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Report, args=list(argv), prog="kinesis report")
    given = _read(asked)
    with progress("report") as bar, tempfile.TemporaryDirectory(prefix="kinesis-") as scratch:
        page = _make(asked, given, Path(scratch), _steps(bar))
    print(f"report: {page}, {1e-6 * page.stat().st_size:.1f} MB")
    return 0


def _read(asked: Report) -> _Given:
    from kinesis.analysis.emg import find_emg
    from kinesis.analysis.norms import load_norms
    from kinesis.body import load
    from kinesis.evaluate.provenance import policy_id
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions
    from kinesis.motion.gait.skeleton import skeleton_of

    if asked.out.exists() and not asked.out.is_dir():
        raise KinesisError("not a folder", where=str(asked.out), expected="a folder for the page")
    if not 0.0 < asked.speed <= FASTEST_MPS:
        raise KinesisError("not a speed of walking", got=asked.speed, expected=f"above 0, at most {FASTEST_MPS:g} m/s")
    checkpoint = load_checkpoint(asked.policy)
    body, own = load(checkpoint.card.task.body), policy_id(checkpoint)
    if body.actuation != "muscle":
        raise KinesisError("a body without muscles has no report", got=body.name, expected="a policy of muscles")
    bands = asked.norms or os.environ.get("KINESIS_NORMS")
    return _Given(
        checkpoint,
        body,
        own,
        load_norms(Path(bands), skeleton_of(body).leg_m) if bands else None,
        find_emg(asked.reference, "walk", asked.speed) if asked.reference else None,
        _result(asked.result, own) if asked.result else None,
        _redundancy(asked.redundancy, own) if asked.redundancy else [],
        find_motions(f"builtin:walk@{asked.speed:g}", body)[0],
        [] if asked.result else find_motions(asked.motions, body, on_refusal=left_out),
    )


def _result(path: Path, own: str) -> Scores:
    """The scorecard of a benchmark's result."""
    from kinesis.evaluate.benchmark import RESULT
    from kinesis.evaluate.results import read_result
    from kinesis.view.report_sections import scores_of_result

    result = read_result(path, RESULT)
    try:
        _check_policy(result["policy"]["id"], own, path)
        return scores_of_result(result)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise KinesisError("a result that lacks something", where=str(path), got=f"no {error}") from None


def _redundancy(path: Path, own: str) -> list[Section]:
    """The sections of a redundancy analysis."""
    from kinesis.motion.readers.json_object import load_object
    from kinesis.view.redundancy_page import redundancy_sections

    expected = "what kinesis analyse redundancy --json printed"
    result = load_object(path, expected)
    try:
        _check_policy(result["policy"], own, path)
        return redundancy_sections(result)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = "not a result of the redundancy analysis"
        raise KinesisError(what, where=str(path), got=error, expected=expected) from None


def _check_policy(got: object, own: str, path: Path) -> None:
    if got != own:
        raise KinesisError("a result of another policy", where=str(path), got=got, expected=own)


def _make(asked: Report, given: _Given, scratch: Path, tell: Tell) -> Path:
    """Simulate, analyse, write."""
    from kinesis.view.report_page import PolicyReport, write_report
    from kinesis.view.report_sections import cited, provenance

    checkpoint, body = given.checkpoint, given.body
    scores = given.scores or _scores(asked.motions, given, tell)
    seen, recordings = _walk(given, tell)
    parts: dict[str, Any] = {}
    makers: dict[str, Callable[[], object]] = {
        "gait": lambda: _gait(recordings, given.norms),
        "muscles": lambda: _muscles(recordings, given.people, asked.speed),
        "effort": lambda: _effort(recordings),
        "film": lambda: _film(scratch / "film.mp4", body, seen, wanted=asked.film),
    }
    for name, make in makers.items():
        tell(name, 0, 1)
        try:
            parts[name] = make()
        except KinesisError as error:
            parts[name] = str(error)
    tell("page", 0, 1)
    report = PolicyReport(
        subject=f"policy {checkpoint.name} on {body.name}",
        facts={"Policy": given.id, **scores.facts},
        scores=scores.section,
        body=body,
        seen=seen,
        last=[
            *given.redundancy,
            provenance(checkpoint.card, checkpoint.name, given.id),
            cited(checkpoint.name, given.id),
        ],
        **parts,
    )
    return write_report(asked.out / "report.html", report)


def _scores(motions: str, given: _Given, tell: Tell) -> Scores:
    from kinesis.evaluate import follow_clips, summarise
    from kinesis.view.report_sections import scores_of_summary

    policy, task = given.checkpoint.policy, given.checkpoint.card.task
    runs = follow_clips(policy, task, given.clips, progress=lambda done, total: tell("scores", done, total))
    return scores_of_summary(summarise([run.score for run in runs]), motions)


def _walk(given: _Given, tell: Tell) -> tuple[Playback, list[Recording]]:
    """The beginning of the walk as it is seen, and all of it recorded."""
    from kinesis.evaluate import follow_clips
    from kinesis.evaluate.recording import each_recording
    from kinesis.motion.clip import beginning
    from kinesis.view import followed

    policy, task = given.checkpoint.policy, given.checkpoint.card.task
    seen = followed(follow_clips(policy, task, [beginning(given.walk, FILM_S)])[0], given.body)
    told = lambda done, total: tell("walk", done, total)  # noqa: E731 (a name for one argument)
    return seen, list(each_recording(policy, task, [given.walk], policy_id=given.id, progress=told))


def _gait(recordings: Sequence[Recording], norms: Norms | None) -> GaitPart:
    from kinesis.analysis.gait import analyse
    from kinesis.analysis.gait_tables import gait_table
    from kinesis.view.report_page import GaitPart

    gait = analyse(recordings)
    return GaitPart(gait, norms, gait_table(gait, norms))


def _muscles(recordings: Sequence[Recording], people: Envelopes | None, speed: float) -> MusclePart | str:
    from kinesis.analysis.emg import compare
    from kinesis.view.report_page import MusclePart

    if people is None:
        return "No EMG was given: --reference FOLDER puts people's beside the policy's muscles."
    return MusclePart(compare(recordings, people, speed_mps=speed), people)


def _effort(recordings: Sequence[Recording]) -> EffortPart:
    from kinesis.analysis.effort import static_optimum
    from kinesis.analysis.effort_table import effort_table
    from kinesis.evaluate.recording import resampled
    from kinesis.view.report_page import EffortPart

    walk = resampled(recordings[0], EFFORT_HZ)
    if len(walk) < 2:
        raise KinesisError("the policy fell at once", where=walk.name)
    optimum = static_optimum(walk)
    return EffortPart(optimum, effort_table(optimum))


def _film(path: Path, body: Body, seen: Playback, *, wanted: bool) -> Path | str:
    from kinesis.view import render_video

    return render_video(path, body, seen) if wanted else "none was asked for."


def _steps(bar: Callable[[int, int], None]) -> Tell:
    """One bar over all of `STEPS`, each as long as the next."""
    return lambda step, done, total: bar(1000 * STEPS.index(step) + 1000 * done // max(1, total), 1000 * len(STEPS))
