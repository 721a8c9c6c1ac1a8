"""Importing: recordings of any format, fitted, judged and saved as clips; resumable, one row of facts a motion."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from kinesis import __version__
from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip, save_clip
from kinesis.motion.files import MotionFile, motion_files
from kinesis.motion.licence import licence_beside
from kinesis.motion.marks import mark
from kinesis.motion.quality import KINDS, Quality, judge
from kinesis.motion.read import RATE_HZ, fit_recording
from kinesis.motion.readers import UNKNOWN_LICENCE, Recording

ROWS = "clips.jsonl"
"""File in the folder of the clips with one JSON object a motion, imported or refused."""

_UNSAFE = re.compile(r"[^\w.+-]+")
_PACES = {"walk_slow": "slow", "walk_normal": "normal", "walk_fast": "fast"}


@dataclass(frozen=True)
class Task:
    """One file to import: what is in it, where its clips go, under which terms.

    saved_as: path without ending in the folder `out` for a file of one motion; of several, the folder.
    source: where the recording comes from, to stand before its own words.
    """

    file: MotionFile
    out: Path
    saved_as: str
    licence: str | None
    body: str = "legs80"
    rate_hz: float = RATE_HZ
    source: str = ""

    @property
    def key(self) -> str:
        """Digest of all that decides the result: the source's content, settings, body and version.

        Raises:
            KinesisError: if the file cannot be read.
        """
        settings = (self.saved_as, self.source, self.licence, self.rate_hz, load(self.body).fingerprint, __version__)
        return hashlib.sha256(f"{self.file.digest()} {settings}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Row:
    """What became of one motion.

    file, clip: where it comes from. key: of its `Task`. saved: file under the folder of the clips, None where
    refused. reason: why refused. quality: marks. frames; seconds: of motion; fit_s: of processor time to fit
    and to judge, reading and saving apart.
    """

    file: str
    clip: str
    key: str
    saved: str | None = None
    reason: str | None = None
    licence: str = UNKNOWN_LICENCE
    frames: int = 0
    seconds: float = 0.0
    fit_s: float = 0.0
    quality: Quality | None = None


def tasks(sources: Iterable[Path], out: Path, *, licence: str | None = None, rate_hz: float = RATE_HZ) -> list[Task]:
    """A task for every file that may hold motions, in the order of names, each with a place of its own.

    licence: the terms of all of them; by default each file's own, or those of a licence file beside it.
    """
    found: list[Task] = []
    taken: set[str] = set()
    beside = functools.cache(licence_beside)
    for source in sources:
        for file in motion_files(source):
            place = "/".join(_UNSAFE.sub("_", part).strip(".") or "_" for part in PurePosixPath(file.place).parts)
            saved_as = next(name for name in _numbered(place) if name.lower() not in taken)
            taken.add(saved_as.lower())
            found.append(Task(file, out, saved_as, licence or beside(file.path, source), rate_hz=rate_hz))
    return found


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def import_file(task: Task) -> list[Row]:
    """Fit, judge and save every motion of a file. Whatever is wrong with it ends in a row, never in an exception."""
    label = task.file.label
    row = Row(file=label, clip=PurePosixPath(task.file.place).name, key="")
    try:
        row = dataclasses.replace(row, key=task.key)
        with _sentences():
            recordings = task.file.recordings()
    except KinesisError as error:
        return [dataclasses.replace(row, reason=str(error))]
    several = len(recordings) > 1
    rows = []
    for number, recording in enumerate(recordings):
        saved_as = f"{task.saved_as}/{number:04d}" if several else task.saved_as
        named = dataclasses.replace(row, clip=recording.name)
        try:
            with _sentences():
                rows.append(_imported(recording, task, named, f"{saved_as}.npz"))
        except KinesisError as error:
            rows.append(dataclasses.replace(named, reason=str(error)))
    return rows


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Turns what nobody foresaw into a refusal, so that one motion never stops the others."""
    try:
        yield
    except KinesisError:
        raise
    except Exception as error:
        raise KinesisError("the motion cannot be imported", got=f"{type(error).__name__}: {error}") from error


def _imported(recording: Recording, task: Task, row: Row, saved: str) -> Row:
    kinematics = kinematics_of(task.body)
    started = time.process_time()
    own = recording.licence if recording.licence != UNKNOWN_LICENCE else None
    fitted = fit_recording(recording, kinematics, rate_hz=task.rate_hz, licence=own or task.licence)
    quality = judge(fitted.clip, mark(fitted.clip, kinematics, fitted.errors_m))
    spent = time.process_time() - started
    clip = _labelled(fitted.clip, quality)
    clip = dataclasses.replace(clip, source="; ".join(filter(None, (task.source, clip.source))))
    path = task.out / saved
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_clip(clip, path)
    except OSError as error:
        raise KinesisError("the clip cannot be written", where=str(path), got=error) from None
    return dataclasses.replace(
        row,
        saved=saved,
        licence=clip.licence,
        frames=clip.frames,
        seconds=round(clip.duration_s, 3),
        fit_s=round(spent, 4),
        quality=quality,
    )


@functools.cache
def kinematics_of(body: str) -> Kinematics:
    """Kinematics on one thread, made once a process, with all of its models compiled."""
    kinematics = Kinematics(load(body), threads=1)
    qpos = kinematics.body.standing_qpos()[None]
    kinematics.sole_heights(qpos)
    kinematics.muscles(qpos, 0.0 * qpos[:, 1:])
    return kinematics


def _labelled(clip: Clip, quality: Quality) -> Clip:
    """The clip with what kind of motion it is, and how good."""
    pace = _PACES.get(quality.category)
    labels = dict(clip.labels) | {
        "category": "walk" if pace else quality.category,
        "grade": quality.grade,
        "limit_frames": round(quality.limit_frames, 4),
    }
    return dataclasses.replace(clip, labels=labels | ({"pace": pace} if pace else {}))


def load_rows(out: Path) -> dict[str, list[Row]]:
    """Rows of earlier imports into a folder by their keys; a line that a kill cut short is left out."""
    rows: dict[str, list[Row]] = {}
    path = out / ROWS
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                values = json.loads(line)
                marks = values.pop("quality")
                row = Row(**values, quality=marks and Quality(**marks))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue
            rows.setdefault(row.key, []).append(row)
    return rows


def is_done(rows: list[Row], out: Path) -> bool:
    """Whether these rows of one file still hold: every clip that they name is there."""
    return bool(rows) and all(row.saved is None or (out / row.saved).is_file() for row in rows)


def as_line(row: Row) -> str:
    """One line of `ROWS`."""
    return json.dumps(dataclasses.asdict(row)) + "\n"


def summarise(rows: list[Row]) -> dict[str, Any]:
    """The figures of an import.

    clips_in, clips_ok; refused: file, clip and reason of each; fit_mm_median, fit_mm_p95 over all points and
    frames; limit_frames, tendon_breaks, tendon_jumps over all frames; realtime_factor: seconds of motion a second of
    processor time; by_category: clips, seconds and grades.
    """
    ok = [row for row in rows if row.quality is not None]
    frames = sum(row.frames for row in ok)
    marks: Mapping[str, float | None] = {
        name: round(sum(getattr(row.quality, name) * row.frames for row in ok) / frames, 5) if frames else None
        for name in ("limit_frames", "tendon_breaks", "tendon_jumps")
    }
    spent = sum(row.fit_s for row in ok)
    return {
        "clips_in": len(rows),
        "clips_ok": len(ok),
        "refused": [{"file": r.file, "clip": r.clip, "reason": r.reason} for r in rows if r.quality is None],
        "fit_mm_median": _pooled(ok, 0.5),
        "fit_mm_p95": _pooled(ok, 0.95),
        **marks,
        "realtime_factor": round(sum(row.seconds for row in ok) / spent, 1) if spent else None,
        "by_category": {name: _category(ok, name) for name in KINDS if _category(ok, name)["clips"]},
    }


def _category(rows: list[Row], name: str) -> dict[str, Any]:
    chosen = [row for row in rows if row.quality and row.quality.category == name]
    grades = [row.quality.grade for row in chosen if row.quality]
    return {
        "clips": len(chosen),
        "seconds": round(sum(row.seconds for row in chosen), 1),
        "fit_mm_median": _pooled(chosen, 0.5),
        "grades": {letter: grades.count(letter) for letter in "ABCD"},
    }


def _pooled(rows: list[Row], share: float) -> float | None:
    """A quantile [mm] over all frames of all clips, from the quantiles of each."""
    parts = [(value, row.frames) for row in rows if row.quality for value in row.quality.fit_mm_quantiles]
    parts.sort()
    total, passed = sum(weight for _, weight in parts), 0
    for value, weight in parts:
        passed += weight
        if passed >= share * total:
            return round(value, 2)
    return None
