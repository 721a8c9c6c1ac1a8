"""Joint positions (T, 22, 3) in the order of HumanML3D, its 263 features, and MDM's `results.npy` with its captions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.errors import KinesisError
from kinesis.motion.clip import Label
from kinesis.motion.points import Points
from kinesis.motion.readers.arrays import NPY_MAGIC, load_npy, load_npz, npz_names
from kinesis.motion.readers.json_object import load_object
from kinesis.motion.readers.person import person, stem
from kinesis.motion.readers.reader import READERS, Reader, Refused
from kinesis.motion.readers.smpl_skeleton import HANGS_ON, JOINTS
from kinesis.motion.readers.soundness import check_length, check_numbers
from kinesis.motion.readers.stream import beginning, checked_path

HUMANML3D_HZ = 20.0
"""Rate of HumanML3D and of what is trained on it; of arrays that do not say."""

FEATURES = 263
_SKELETONS = (22, 24, 52, 55)
"""Joints of HumanML3D, SMPL, SMPL-H and SMPL-X, which begin alike."""

_KEYS, _RATES = ("joints", "positions", "joint_positions"), ("fps", "rate_hz", "frame_rate", "framerate")


def recognises(path: Path) -> bool:
    """Whether the file is an `.npy`, an `.npz` with an array of joints, or a JSON that begins with joints."""
    if npz_names(path) & set(_KEYS):
        return True
    head = beginning(path)
    return head.startswith(NPY_MAGIC) or _is_json(head)


def read_joints(path: Path) -> list[Points | Refused]:
    """The motion of an array of joints or features; every motion, with its caption, of MDM's results.

    An `.npy` holds (T, 22, 3), (T, 263), several of the former (N, T, 22, 3), or a pickled dictionary with
    `motion` (N, 22, 3, T), `lengths` and `text`; an `.npz` or a JSON an array `joints` and, if need be, `fps`.

    Raises:
        KinesisError: for a file that is not sound, or arrays of other shapes.
    """
    path = checked_path(path)
    if npz_names(path):
        return _keyed(load_npz(path, (*_KEYS, *_RATES)), path)
    if not beginning(path, 8).startswith(NPY_MAGIC):
        return _keyed(load_object(path, "an object with joints"), path)
    content = load_npy(path)
    return _results(content, path) if isinstance(content, dict) else _all(content, HUMANML3D_HZ, path)


READERS.register("joints")(
    Reader(
        "joints of HumanML3D (.npy (T, 22, 3) or (T, 263), MDM results.npy)", recognises=recognises, read=read_joints
    )
)


def joints_of_features(features: np.ndarray) -> np.ndarray:
    """(frame, 22, 3) [m], y up, of HumanML3D's features (frame, 263) (Guo 2022, `recover_from_ric`).

    Column 0 is the pelvis' turn to the next frame, as half the angle about y; 1 and 2 its way there along x
    and z of the facing frame; 3 its height; 4 to 66 the other joints in the facing frame, above the ground.
    """
    half = np.concatenate([[0.0], np.cumsum(features[:-1, 0])])
    facing = Rotation.from_rotvec(np.outer(-2.0 * half, [0.0, 1.0, 0.0]))
    way = np.zeros((len(features), 3))
    way[1:, [0, 2]] = features[:-1, 1:3]
    root = np.cumsum(facing.apply(way), axis=0)
    count = len(JOINTS) - 1
    others = features[:, 4 : 4 + 3 * count].reshape(-1, 3)
    turned = Rotation.from_quat(np.repeat(facing.as_quat(), count, axis=0)).apply(others)
    joints = np.empty((len(features), len(JOINTS), 3))
    joints[:, 0] = root + np.outer(features[:, 3], [0.0, 1.0, 0.0])
    joints[:, 1:] = turned.reshape(-1, count, 3) + root[:, None]
    return joints


def _all(array: object, rate_hz: float, path: Path) -> list[Points | Refused]:
    """Every motion of an array; one alone is raised if it is not sound."""
    where, source = str(path), f"{path.name}; joint positions"
    motions = _motions(array, stem(path), where)
    found: list[Points | Refused] = []
    for name, joints in motions.items():
        try:
            found.append(_one(joints, rate_hz, name, source, where, {}))
        except KinesisError as error:
            if len(motions) == 1:
                raise
            found.append(Refused(name, error, source))
    return found


def _one(joints: np.ndarray, rate_hz: float, name: str, source: str, where: str, labels: Mapping[str, Label]) -> Points:
    """Points of joints (frame, 22 or more, 3)."""
    check_length(len(joints), rate_hz, where)
    joints = joints.astype(np.float64)
    check_numbers(joints, "a coordinate", where)
    places = {joint: joints[:, index] for index, joint in enumerate(JOINTS)}
    return person(
        name,
        places,
        hangs_on=HANGS_ON,
        rate_hz=rate_hz,
        unit_m=None,
        up=None,
        source=source,
        where=where,
        labels=labels,
    )


def _motions(array: object, name: str, where: str) -> dict[str, np.ndarray]:
    """Joints (frame, 22 or more, 3) by name, of one array of joints or features, or of several of joints."""
    expected = f"(T, {len(JOINTS)}, 3) joints or (T, {FEATURES}) features"
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        got = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise KinesisError("not an array of numbers", where=where, got=got, expected=expected)
    if array.ndim == 2 and array.shape[1] == FEATURES:
        check_length(len(array), HUMANML3D_HZ, where)
        features = array.astype(np.float64)
        check_numbers(features, "a feature", where)
        return {name: joints_of_features(features)}
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or array.shape[-2] not in _SKELETONS:
        raise KinesisError("not joints of HumanML3D", where=where, got=array.shape, expected=expected)
    return {name: array} if array.ndim == 3 else {f"{name}_{number}": one for number, one in enumerate(array)}


def _results(content: dict[str, Any], path: Path) -> list[Points | Refused]:
    """Every motion of MDM's results."""
    where, motion = str(path), content.get("motion")
    if not isinstance(motion, np.ndarray) or motion.ndim != 4 or motion.shape[1:3] != (len(JOINTS), 3):
        got = motion.shape if isinstance(motion, np.ndarray) else ", ".join(map(str, content))
        raise KinesisError("not results of MDM", where=where, got=got, expected="motion (N, 22, 3, T)")
    if motion.dtype.kind not in "fiu":
        raise KinesisError("motion is not an array of numbers", where=where, got=motion.dtype, expected="floats")
    lengths, captions = (_each(content.get(key), len(motion)) for key in ("lengths", "text"))
    found: list[Points | Refused] = []
    for number, (one, length, caption) in enumerate(zip(motion, lengths, captions, strict=True)):
        name, source, place = f"{stem(path)}_{number}", f"{path.name}; results of MDM", f"{where}, motion {number}"
        labels = {"caption": str(caption)} if isinstance(caption, str) else {}
        try:
            frames = _length(length, motion.shape[-1], place)
            found.append(_one(one[:, :, :frames].transpose(2, 0, 1), HUMANML3D_HZ, name, source, place, labels))
        except KinesisError as error:
            found.append(Refused(name, error, source))
    return found


def _each(values: object, count: int) -> list[Any]:
    """One value for each motion; None for each where there are not as many."""
    several = isinstance(values, list) or (isinstance(values, np.ndarray) and values.ndim == 1)
    return list(values) if several and len(values) == count else [None] * count  # type: ignore[arg-type, call-overload]


def _length(value: object, longest: int, where: str) -> int:
    """Frames of a motion that count; all where that is not said."""
    if value is None:
        return longest
    if not isinstance(value, (int, np.integer)) or not 0 < value <= longest:
        raise KinesisError("not a length of the motion", where=where, got=value, expected=f"1 to {longest}")
    return int(value)


def _keyed(content: Mapping[str, Any], path: Path) -> list[Points | Refused]:
    """Of an archive or a JSON object with `joints` and perhaps `fps`."""
    key = next((key for key in _KEYS if key in content), _KEYS[0])
    try:
        joints = np.asarray(content[key])
        rates = [np.asarray(content[rate], dtype=np.float64).reshape(-1) for rate in _RATES if rate in content]
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise KinesisError("not joints of a motion", where=str(path), got=error, expected="(T, 22, 3)") from None
    return _all(joints, float(rates[0][:1].sum()) if rates else HUMANML3D_HZ, path)


def _is_json(head: bytes) -> bool:
    return head.lstrip().startswith(b"{") and any(f'"{key}"'.encode() in head for key in _KEYS)
