"""Capture: the markers of a motion-capture file, whatever its format, and the Points they give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.errors import KinesisError, nearest
from kinesis.motion.points import EXTRA_POINTS, LEG_POINTS, Points
from kinesis.motion.readers.marker_names import bare, chosen, names_of, role_of
from kinesis.motion.readers.markers import joint_centres
from kinesis.motion.readers.person import stem
from kinesis.motion.readers.reader import UNKNOWN_LICENCE, Recording, Refused
from kinesis.motion.readers.soundness import FARTHEST, check_length

NEEDED = tuple(f"{point}_{side}" for side in "rl" for point in LEG_POINTS)
ASKED = {
    "hip": ("asis", "psis", "hip_centre", "hip_keypoint"),
    "knee": ("knee_lateral", "knee_centre", "knee_keypoint"),
    "ankle": ("ankle_lateral", "ankle_centre", "ankle_keypoint"),
    "toe": ("toe", "big_toe_keypoint"),
}
"""Roles that a point can come from, for the sentence that asks for them."""

_ABOVE = {"hip": "pelvis", "knee": "hip", "ankle": "knee", "toe": "ankle", "heel": "ankle", "neck": "pelvis"}
_ABOVE |= {"knee_lateral": "knee", "spine": "pelvis", "head": "neck"}


@dataclass(frozen=True)
class Capture:
    """What a marker file holds. names: (marker,), with the subject's prefix where there is one.

    position: (frame, marker, 3) in units of unit_m metres, NaN where not seen. up: 0, 1, 2, None if not stated.
    """

    path: Path
    rate_hz: float
    names: tuple[str, ...]
    position: np.ndarray
    unit_m: float
    up: int | None
    source: str


def recordings(capture: Capture) -> Sequence[Recording]:
    """One recording for every subject in the file, told apart by the prefix of the markers (`Anna:LASI`).

    Raises:
        KinesisError: if the length is not sound, or no subject's markers give the legs. A subject whose markers
            do not, beside others whose do, is `Refused` in the list.
    """
    check_length(len(capture.position), capture.rate_hz, str(capture.path))
    subjects = _subjects(capture.names)
    read: list[Recording] = []
    for subject in subjects:
        name = "_".join([stem(capture.path), *([subject] if len(subjects) > 1 else [])])
        try:
            read.append(_points(capture, subject, name))
        except KinesisError as error:
            read.append(Refused(name, error, source=capture.source))
    if all(isinstance(recording, Refused) for recording in read):
        raise next(recording.error for recording in read if isinstance(recording, Refused))
    return read


def _subjects(names: Iterable[str]) -> list[str]:
    """Prefixes under which there are markers of the body, in order; the empty one where there are none at all."""
    found = [prefix(name) for name in names if role_of(name)]
    return list(dict.fromkeys(found)) or [""]


def prefix(name: str) -> str:
    """The subject in a marker's name, empty without one."""
    return name.rpartition(":")[0].strip()


def _points(capture: Capture, subject: str, name: str) -> Points:
    where = f"{capture.path}, subject {subject}" if subject else str(capture.path)
    own = [i for i, marker in enumerate(capture.names) if prefix(marker) == subject]
    markers = [capture.names[i] for i in own]
    _check_once(markers, where)
    seen = np.abs(capture.position) <= FARTHEST
    position = np.where(seen.all(-1, keepdims=True), capture.position, np.nan)
    roles = chosen((capture.names[i], position[:, i]) for i in own)
    found = joint_centres(roles, capture.unit_m)
    if missing := [point for point in NEEDED if point not in found]:
        raise _missing(missing, markers, where)
    order = [point for point in (*EXTRA_POINTS[:4], *NEEDED, *EXTRA_POINTS[4:]) if point in found]
    return Points(
        name=name,
        rate_hz=capture.rate_hz,
        names=tuple(order),
        position=np.stack([found[point] for point in order], axis=1),
        parents=tuple(_parent(point, order) for point in order),
        unit_m=capture.unit_m,
        up=capture.up,
        source=capture.source,
        licence=UNKNOWN_LICENCE,
        labels={"markers": len(roles)},
    )


def _parent(point: str, order: Sequence[str]) -> int:
    """Index of the point above, on the same side where it has one; -1 where there is none."""
    place, _, side = point.rpartition("_") if point[-2:] in ("_r", "_l") else (point, "", "")
    above = _ABOVE.get(place)
    return next((order.index(name) for name in (f"{above}_{side}", above) if name in order), -1)


def _check_once(markers: Sequence[str], where: str) -> None:
    known = [bare(marker).lower() for marker in markers if role_of(marker)]
    if twice := sorted({name for name in known if known.count(name) > 1}):
        raise KinesisError("a marker is there twice", where=where, got=twice[0].upper(), expected="one of each name")


def _missing(points: Sequence[str], markers: Sequence[str], where: str) -> KinesisError:
    """Which points cannot be found, by what marker the first of them could be, and what looks like it."""
    joint, side = points[0].split("_")
    wanted = [name.upper() for role in ASKED[joint] for name in names_of(f"{role}_{side}")[:1]]
    close = nearest(wanted[0], map(bare, markers))
    return KinesisError(
        f"the markers do not give {', '.join(points)}",
        where=where,
        got=", ".join(map(bare, markers)) or "no markers",
        expected=f"for {points[0]} {' or '.join(wanted)}, seen as often as the others",
        hint=f"the nearest there are {', '.join(close)}" if close else None,
    )
