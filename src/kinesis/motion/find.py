"""Motions by what a user writes: built-in selections, files, folders, several with commas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from kinesis.body import Body, Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.corpus import select
from kinesis.motion.dataset import listed_clips
from kinesis.motion.files import motion_files
from kinesis.motion.fit import Fit
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.read import fit_recording, to_clip
from kinesis.motion.readers import Recording

STEADY_S = 10.0
_LISTED = 8
Named = TypeVar("Named", Clip, Recording)


def find_motions(text: str, body: Body, *, on_refusal: Callable[[KinesisError], None] | None = None) -> list[Clip]:
    """Clips that `text` names.

    `builtin:walk-test` (a category and a split), `builtin:test`, `builtin:walk@1.2` (ten seconds at one
    speed [m/s]), the path of a recording or of a saved clip, a folder or zip archive of these, or a list of
    clips that `kinesis data` wrote; commas join several. Files in a folder that are no recordings (licences,
    tables) are passed over.

    Args:
        text: what the user wrote.
        body: whose skeleton the clips are for.
        on_refusal: told of every motion in a folder, or in a file of several, that cannot be read or
            followed; by default the first one is raised.

    Raises:
        KinesisError: for an unknown selection, a missing path, or a file that cannot be read.
    """
    kinematics = Kinematics(body)
    clips: list[Clip] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        if part.startswith("builtin:") and "@" in part:
            clips.append(_steady(part, kinematics))
        elif part.startswith("builtin:"):
            clips += select(body, part)
        else:
            clips += _from_path(Path(part), kinematics, on_refusal)
    if not clips:
        raise KinesisError("no motion found", got=text, expected="builtin:walk-test, a file or a folder")
    return clips


def find_motion(text: str, kinematics: Kinematics, name: str | None = None) -> Fit:
    """The one motion that `text` names, fitted: as for `find_motions`, but no folder or list.

    name: of the motion to choose where there are several.

    Raises:
        KinesisError: if there are several and none is chosen, or no such one, or it cannot be followed.
    """
    if text.startswith("builtin:"):
        return Fit(_chosen(find_motions(text, kinematics.body), name, text))
    if Path(text).is_dir():
        raise KinesisError("a folder is not one motion", where=text, expected="a file")
    recordings = [recording for file in motion_files(Path(text)) for recording in file.recordings()]
    return fit_recording(_chosen(recordings, name, text), kinematics)


def _chosen(motions: Sequence[Named], name: str | None, where: str) -> Named:
    names = [motion.name for motion in motions]
    if name is None and len(motions) == 1:
        return motions[0]
    if name is None:
        listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
        raise KinesisError("not one motion", where=where, got=len(names), expected="a name", hint=listed)
    if name not in names:
        raise KinesisError.unknown("motion", name, names, where=where)
    return motions[names.index(name)]


def _steady(part: str, kinematics: Kinematics) -> Clip:
    mode, _, speed = part.removeprefix("builtin:").partition("@")
    try:
        metres_per_s = float(speed)
    except ValueError:
        raise KinesisError("not a speed", where=part, got=speed, expected="a number [m/s]") from None
    if mode not in ("walk", "run"):
        raise KinesisError.unknown("steady motion", mode, ("walk", "run"), where=part)
    segment = Segment(time_s=0.0, mode=mode, forward_mps=metres_per_s)  # type: ignore[arg-type]
    return generate(kinematics, GaitSpec(segments=(segment,), duration_s=STEADY_S), name=part.removeprefix("builtin:"))


def _from_path(path: Path, kinematics: Kinematics, on_refusal: Callable[[KinesisError], None] | None) -> list[Clip]:
    """Clips of a file, or of every recording in a folder or zip archive."""
    refuse = on_refusal or _raise
    clips: list[Clip] = []
    for file in listed_clips(path) or motion_files(path):
        try:
            recordings = file.recordings()
        except KinesisError as error:
            (refuse if file.in_folder else _raise)(error)
            continue
        for recording in recordings:
            try:
                clips.append(to_clip(recording, kinematics))
            except KinesisError as error:
                (refuse if file.in_folder or len(recordings) > 1 else _raise)(error)
    return clips


def _raise(error: KinesisError) -> None:
    raise error
