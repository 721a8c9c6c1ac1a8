"""SMPL poses: AMASS's `.npz` in the naming of SMPL-H and of SMPL-X, and pickled dictionaries as KINESIS has them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.points import Points
from kinesis.motion.readers.arrays import load_npz, npz_names
from kinesis.motion.readers.person import person, stem
from kinesis.motion.readers.reader import READERS, Reader, Refused
from kinesis.motion.readers.safe_pickle import decompressed_head, is_pickled, load_pickle
from kinesis.motion.readers.smpl_skeleton import HANGS_ON, JOINTS, neutral_offsets, posed_points, shaped_offsets
from kinesis.motion.readers.soundness import check_length, check_numbers
from kinesis.motion.readers.stream import checked_path

MODELS_VARIABLE = "KINESIS_BODY_MODELS"
"""Names the folder of SMPL's own model files, where the user has them; without, legs have neutral lengths."""

_POSES, _TRANSLATIONS = ("pose_aa", "poses"), ("trans", "trans_orig", "root_trans_offset", "transl")
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate", "framerate")
_SPLIT_POSE = ("root_orient", "pose_body")
_KEYS = (*_POSES, *_SPLIT_POSE, *_TRANSLATIONS, *_RATES, "betas", "gender")
_NUMBERS = 3 * len(JOINTS)


def recognises(path: Path) -> bool:
    """Whether the file is an `.npz` with poses and a translation, or a pickle of any kind."""
    names = npz_names(path)
    if names:
        posed = bool(names & set(_POSES)) or names >= set(_SPLIT_POSE)
        return posed and bool(names & set(_TRANSLATIONS))
    with path.open("rb") as file:
        return is_pickled(decompressed_head(file.read(4096)))


def read_smpl(path: Path, *, models: Path | None = None) -> list[Points | Refused]:
    """The motion of an `.npz`, or every motion of a pickled dictionary of such (name → `pose_aa`, `trans`, `fps`).

    models: folder of body models, in place of the one that the environment names; see `shaped_offsets`.
    With them, betas and gender give the lengths of the bones; else they are those of the mean adult, and
    the label `legs` says which.

    Raises:
        KinesisError: for a file that is not sound, or a pickle that asks for more than numbers and words.
    """
    path = checked_path(path)
    named = os.environ.get(MODELS_VARIABLE)
    models = Path(named) if models is None and named else models
    if npz_names(path):
        return [_points(load_npz(path, _KEYS), stem(path), f"{path.name}; SMPL poses", str(path), models)]
    content = load_pickle(path)
    if not isinstance(content, dict) or not content:
        expected = "a dictionary of motions"
        raise KinesisError(
            "the pickle holds no motions", where=str(path), got=type(content).__name__, expected=expected
        )
    if any(key in content for key in _POSES):
        return [_points(content, stem(path), f"{path.name}; SMPL poses", str(path), models)]
    return [_entry(str(name)[:200], entry, path, models) for name, entry in content.items()]


READERS.register("smpl")(
    Reader("SMPL poses (AMASS .npz, pickles of pose_aa, trans, fps)", recognises=recognises, read=read_smpl)
)


def _entry(name: str, entry: object, path: Path, models: Path | None) -> Points | Refused:
    source, where = f"{path.name}; SMPL poses", f"{path}, {name}"
    try:
        if not isinstance(entry, dict):
            raise KinesisError("not a motion", where=where, got=type(entry).__name__, expected="pose_aa, trans, fps")
        return _points(entry, name, source, where, models)
    except KinesisError as error:
        return Refused(name, error, source)


def _points(entry: Mapping[str, Any], name: str, source: str, where: str, models: Path | None) -> Points:
    rate_hz = float(_numbers(entry, _RATES, where).reshape(-1)[:1].sum())
    turns, root = _poses(entry, where), _numbers(entry, _TRANSLATIONS, where)
    check_length(len(turns), rate_hz, where)
    if root.shape != (len(turns), 3):
        expected = f"({len(turns)}, 3)"
        raise KinesisError("the translation does not fit the poses", where=where, got=root.shape, expected=expected)
    check_numbers(turns, "a pose", where)
    check_numbers(root, "a translation", where)
    offsets = _own_offsets(entry, where, models)
    places = posed_points(turns, root, offsets or neutral_offsets())
    labels = {"legs": "of the person's shape" if offsets else "of the mean adult"}
    return person(
        name, places, hangs_on=_LINES, rate_hz=rate_hz, unit_m=1.0, up=None, source=source, where=where, labels=labels
    )


_LINES = HANGS_ON | {f"knee_lateral_{side}": f"knee_{side}" for side in "rl"}


def _poses(entry: Mapping[str, Any], where: str) -> np.ndarray:
    """(frame, 22, 3) rotation vectors of the body's joints."""
    if all(key in entry for key in _SPLIT_POSE):
        parts = [_numbers(entry, (key,), where) for key in _SPLIT_POSE]
        parts = [part.reshape(len(part), -1) if part.ndim > 1 else part for part in parts]
        if any(part.ndim != 2 for part in parts) or len(parts[0]) != len(parts[1]):
            got = " and ".join(str(part.shape) for part in parts)
            raise KinesisError("root and body do not fit", where=where, got=got, expected="(frame, 3) and (frame, 63)")
        poses = np.concatenate(parts, axis=1)
    else:
        poses = _numbers(entry, _POSES, where)
        poses = poses.reshape(len(poses), -1) if poses.ndim == 3 else poses
    if poses.ndim != 2 or poses.shape[1] < _NUMBERS or poses.shape[1] % 3:
        expected = f"(frame, {_NUMBERS} or more) rotation vectors"
        raise KinesisError("not the poses of SMPL", where=where, got=poses.shape, expected=expected)
    return poses[:, :_NUMBERS].reshape(len(poses), len(JOINTS), 3)


def _own_offsets(entry: Mapping[str, Any], where: str, models: Path | None) -> dict[str, np.ndarray] | None:
    if models is None or "betas" not in entry:
        return None
    betas = _numbers(entry, ("betas",), where)
    betas = (betas[0] if betas.ndim == 2 and len(betas) else betas).reshape(-1)
    check_numbers(betas[None], "a shape parameter", where)
    gender = np.asarray(entry.get("gender", "neutral")).reshape(-1)[:1].tolist()
    word = gender[0].decode("latin1") if gender and isinstance(gender[0], bytes) else str(*gender)
    return shaped_offsets(models, word if word in ("male", "female") else "neutral", betas)


def _numbers(entry: Mapping[str, Any], keys: tuple[str, ...], where: str) -> np.ndarray:
    """The first of the keys that is there, as float64."""
    key = next((key for key in keys if isinstance(entry.get(key), (np.ndarray, np.generic, float, int, list))), None)
    if key is None:
        known = [str(name) for name in entry]
        raise KinesisError(f"there is no {keys[0]}", where=where, got=", ".join(known), expected=" or ".join(keys))
    try:
        value = np.asarray(entry[key])
        if value.dtype.kind not in "iuf":
            raise ValueError(f"an array of {value.dtype}")
        return value.astype(np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise KinesisError(f"{key} is not an array of numbers", where=where, got=error) from None
