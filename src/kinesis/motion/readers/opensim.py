"""OpenSim coordinate files (`.mot`, `.sto`), read and written: this body's own joints, on other legs."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.body import Body, Kinematics
from kinesis.body.body import skeleton_name
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip, Label, make_clip
from kinesis.motion.readers.description import describe, start_along_x
from kinesis.motion.readers.footing import Footing, keep, place, treadmill_labels
from kinesis.motion.readers.opensim_coordinates import (
    COORDINATES,
    ROTATIONS,
    TRANSLATIONS,
    coordinate_names,
    coordinate_of,
    coordinates,
    pelvis_angles,
    pelvis_translation,
    root_orientation,
    root_position,
)
from kinesis.motion.readers.opensim_table import Table, read_table
from kinesis.motion.readers.reader import READERS, UNKNOWN_LICENCE, Reader
from kinesis.motion.readers.resample import resample
from kinesis.motion.readers.stream import beginning, checked_path
from kinesis.motion.readers.toes import bend_toes

_MARKS = (b"endheader", b"indegrees=", b"ncolumns=", b"datacolumns ")
_SUFFIXES = (".mot", ".sto")
_LOCKED_RAD = 1e-3
_BODY_KEY = "kinesis_body"


def recognises(path: Path) -> bool:
    """Whether the file begins like a table of OpenSim, or else is named like one."""
    text = beginning(path).lower()
    return any(mark in text for mark in _MARKS) or any(s.lower() in _SUFFIXES for s in path.suffixes[-2:])


@dataclass(frozen=True)
class OpenSim:
    """A table of coordinates as a file holds it: the columns that some body can use."""

    name: str
    table: Table
    source: str
    licence: str = UNKNOWN_LICENCE


def read_opensim(path: Path | str) -> list[OpenSim]:
    """Read the one motion of a coordinate file, gzip-compressed or not."""
    path = checked_path(path)
    table = read_table(path, lambda heading: name if (name := coordinate_of(heading)) in COORDINATES else None)
    name = path.name.removesuffix(".gz")
    return [OpenSim(name.rpartition(".")[0] or name, table, _source(table))]


def to_clip(recording: OpenSim, kinematics: Kinematics, *, rate_hz: float) -> Clip:
    """Bring coordinates onto the body of `kinematics`.

    Angles are kept, within the joints' limits; the root is placed so that the feet stand (see `footing`). A
    treadmill becomes a way over ground. Toes that were locked or not recorded bend over the ground; other
    joints that were not recorded stay at zero and are named in the label `missing`. A file that
    `write_opensim` made of a clip of this body comes back as it was.

    Returns:
        A clip at `rate_hz` that starts at the origin along +x. Its labels: `category` (walk, run, stand,
        other), `speed_mps` and `yaw_rate_rps` of this body, `treadmill` (0 or 1) and `belt_speed_mps` (of
        the recorded person), `root` and `toes` (where they come from), `missing`, `scale` (of the
        travel), `knee_sign`, `source_rate_hz`, `lowpass_hz` (0 for none), `limit_frames` (share of frames
        with a joint held at its limit), `slip_mps` (of the standing soles, root mean square).

    Raises:
        KinesisError: for coordinates that are missing or not sound; one sentence with the place.
    """
    body, table = kinematics.body, recording.table
    where = str(table.path)
    given = coordinates(table, body)
    own = skeleton_name(table.header.get(_BODY_KEY, "")) == body.skeleton and not given.missing
    angles = None if own else np.array([name not in TRANSLATIONS for name in given.names])
    even = resample(table.time_s, given.values, rate_hz, angles=angles, where=where)
    recorded = dict(zip(given.names, even.values.T, strict=True))
    qpos, limit_frames = _posture(body, recorded)
    footing, labels = _keep(kinematics, qpos, rate_hz) if own else _stand(kinematics, qpos, rate_hz, recorded, where)
    qpos = footing.qpos if own else start_along_x(footing.qpos, rate_hz)
    labels |= describe(qpos, rate_hz, footing.gap_m) | treadmill_labels(footing)
    labels |= {
        "missing": ", ".join(given.missing),
        "scale": round(footing.scale, 4),
        "knee_sign": given.knee_sign,
        "source_rate_hz": round(even.source_rate_hz, 3),
        "lowpass_hz": even.lowpass_hz,
        "limit_frames": round(limit_frames, 4),
        "slip_mps": round(footing.slip_mps, 4),
    }
    return make_clip(
        kinematics,
        qpos,
        rate_hz,
        name=recording.name,
        source=recording.source,
        licence=recording.licence,
        labels=labels,
    )


READERS.register("opensim")(
    Reader("OpenSim coordinates (.mot, .sto, also .gz)", recognises=recognises, read=read_opensim)
)


def _keep(kinematics: Kinematics, qpos: np.ndarray, rate_hz: float) -> tuple[Footing, dict[str, Label]]:
    return keep(kinematics, qpos, rate_hz), {"root": "as written", "toes": "as written"}


def _stand(
    kinematics: Kinematics, qpos: np.ndarray, rate_hz: float, recorded: dict[str, np.ndarray], where: str
) -> tuple[Footing, dict[str, Label]]:
    """Bend the toes where they were locked, place the root, and say in labels where both come from."""
    travel, height = "pelvis_tx" in recorded, "pelvis_ty" in recorded
    locked = all(np.ptp(recorded.get(f"mtp_angle_{side}", np.zeros(1))) < _LOCKED_RAD for side in "rl")
    qpos = start_along_x(qpos, rate_hz)
    qpos = bend_toes(kinematics, qpos, rate_hz) if locked else qpos
    try:
        footing = place(kinematics, qpos, rate_hz, travel=travel, height=height)
    except KinesisError as error:
        raise KinesisError(str(error), where=where) from None
    if travel and height:
        root = "recorded, corrected by the feet"
    else:
        root = "placed by the feet" + (", height recorded" if height else ", travel recorded" if travel else "")
    return footing, {"root": root, "toes": "bent by the ground" if locked else "recorded"}


def _posture(body: Body, recorded: dict[str, np.ndarray]) -> tuple[np.ndarray, float]:
    """qpos (frame, nq) with joints within their limits, and the share of frames in which one was held."""
    frames = len(next(iter(recorded.values())))
    qpos = np.tile(body.standing_qpos(), (frames, 1))
    stacked = [_columns(recorded, names, frames) for names in (TRANSLATIONS, ROTATIONS, body.joints)]
    qpos[:, :3], qpos[:, 3:7] = root_position(stacked[0]), root_orientation(stacked[1])
    joints = np.clip(stacked[2], *body.joint_range.T)
    qpos[:, body.joint_qpos] = joints
    body.couplings.apply(qpos)
    return qpos, float((np.abs(joints - stacked[2]) > 1e-9).any(axis=1).mean())


def _columns(recorded: dict[str, np.ndarray], names: tuple[str, ...], frames: int) -> np.ndarray:
    return np.stack([recorded.get(name, np.zeros(frames)) for name in names], axis=1)


def _source(table: Table) -> str:
    """File name and what its header says of itself."""
    said = [f"{key}={table.header[key]}" for key in ("opensimversion", "indegrees") if key in table.header]
    return "; ".join([table.path.name, f"OpenSim table {table.title!r}", *said])


def write_opensim(clip: Clip, body: Body, path: Path | str) -> None:
    """Write a clip as OpenSim coordinates in degrees and metres, signs as in Rajagopal (2016).

    A path that ends in `.gz` is compressed.

    Raises:
        KinesisError: if the clip is of another skeleton, or the file cannot be written.
    """
    path = Path(path)
    if clip.qpos.shape[1] != body.model.nq:
        raise KinesisError("the clip is of another body", where=clip.name, got=clip.body, expected=body.skeleton)
    angles = np.rad2deg(np.hstack([pelvis_angles(clip.qpos[:, 3:7]), clip.qpos[:, body.joint_qpos]]))
    columns = (np.arange(clip.frames) / clip.rate_hz, *angles[:, :3].T, *pelvis_translation(clip.qpos[:, :3]).T)
    table = np.column_stack([*columns, angles[:, 3:]])
    names = ("time", *coordinate_names(body))
    header = [
        f"Coordinates of {' '.join(clip.name.split())}",
        "version=1",
        f"nRows={len(table)}",
        f"nColumns={len(names)}",
    ]
    lines = [*header, "inDegrees=yes", f"{_BODY_KEY}={clip.body}", "endheader", "\t".join(names)]
    lines += ["\t".join(f"{value:.8f}" for value in row) for row in table]
    text = ("\n".join(lines) + "\n").encode()
    try:
        path.write_bytes(gzip.compress(text, mtime=0) if path.suffix.lower() == ".gz" else text)
    except OSError as error:
        raise KinesisError("the file cannot be written", where=str(path), got=error) from None
