"""DeepMimic's motions (Peng 2018): JSON of frames of its humanoid, y up, x forward, metres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.errors import KinesisError
from kinesis.motion.points import Points
from kinesis.motion.readers.chain import pose
from kinesis.motion.readers.json_object import load_object
from kinesis.motion.readers.knee_axis import BESIDE
from kinesis.motion.readers.person import person, stem
from kinesis.motion.readers.reader import READERS, Reader
from kinesis.motion.readers.soundness import check_length, check_numbers
from kinesis.motion.readers.stream import beginning, checked_path

_THIGH_M = 0.421546
OFFSETS = {
    "spine": ("pelvis", (0.0, 0.236151, 0.0)),
    "neck": ("spine", (0.0, 0.223894, 0.0)),
    "hip_r": ("pelvis", (0.0, 0.0, 0.084887)),
    "knee_r": ("hip_r", (0.0, -_THIGH_M, 0.0)),
    "ankle_r": ("knee_r", (0.0, -0.409870, 0.0)),
    "toe_r": ("ankle_r", (0.084, -0.030, 0.0)),
    "heel_r": ("ankle_r", (-0.024, -0.030, 0.0)),
    "knee_lateral_r": ("knee_r", (0.0, 0.0, BESIDE * _THIGH_M)),
    "hip_l": ("pelvis", (0.0, 0.0, -0.084887)),
    "knee_l": ("hip_l", (0.0, -_THIGH_M, 0.0)),
    "ankle_l": ("knee_l", (0.0, -0.409870, 0.0)),
    "toe_l": ("ankle_l", (0.084, -0.030, 0.0)),
    "heel_l": ("ankle_l", (-0.024, -0.030, 0.0)),
    "knee_lateral_l": ("knee_l", (0.0, 0.0, -BESIDE * _THIGH_M)),
}
"""Parent, and offset from it [m], x forward, y up, z right. Joints: `AttachX/Y/Z` in `humanoid3d_character.txt`
(github.com/xbpeng/DeepMimic, MIT; its `chest` is the spine here). Toe and heel: 72 % and 11 % along the foot's
box, 0.177 m long with its middle 0.045 m ahead of and 0.0225 m below the ankle, 2 cm above its 5.5 cm deep sole.
The knee is a hinge about z, so the point beside it may turn with the shank."""

_COLUMNS = {
    "pelvis": slice(4, 8), "spine": slice(8, 12), "neck": slice(12, 16),
    "hip_r": slice(16, 20), "knee_r": slice(20, 21), "ankle_r": slice(21, 25),
    "hip_l": slice(30, 34), "knee_l": slice(34, 35), "ankle_l": slice(35, 39),
}  # fmt: skip
"""Of a frame: seconds 0, root position 1 to 3, root and joints wxyz, hinges in radians; 25 to 29 and 39 to 43: arms."""

_WIDTH = 44
_UNEVEN = 0.02


def recognises(path: Path) -> bool:
    """Whether the file is JSON that begins with `Loop` or `Frames`, as DeepMimic's motions do."""
    head = beginning(path)
    return head.lstrip().startswith(b"{") and b'"Frames"' in head


def read_deepmimic(path: Path) -> list[Points]:
    """The motion of the file; of a cycle (label `loop`) once, since its ends are up to a frame's way apart.

    Raises:
        KinesisError: for a file that is not sound, frames of another character, or an uneven rate.
    """
    path = checked_path(path)
    content, where = load_object(path, "a motion of DeepMimic"), str(path)
    frames = _frames(content, where)
    rate_hz = _rate(frames[:, 0], where)
    check_length(len(frames), rate_hz, where)
    return [
        person(
            stem(path),
            _places(frames),
            hangs_on={name: parent for name, (parent, _) in OFFSETS.items()},
            rate_hz=rate_hz,
            unit_m=1.0,
            up=1,
            source=f"{path.name}; DeepMimic's humanoid",
            where=where,
            labels={"loop": loop} if isinstance(loop := content.get("Loop"), str) else {},
        )
    ]


READERS.register("deepmimic")(Reader("motions of DeepMimic (JSON)", recognises=recognises, read=read_deepmimic))


def _frames(content: dict[str, Any], where: str) -> np.ndarray:
    """(frame, 44) float64."""
    try:
        frames = np.asarray(content.get("Frames"), dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise KinesisError("the frames are not a table", where=where, got=error, expected=f"{_WIDTH} numbers") from None
    if frames.ndim != 2 or frames.shape[1] != _WIDTH:
        expected = f"(frames, {_WIDTH}) of the humanoid"
        raise KinesisError("not frames of DeepMimic's humanoid", where=where, got=frames.shape, expected=expected)
    check_numbers(frames, "a number", where)
    short = [name for name, at in _COLUMNS.items() if _is_short(frames[:, at])]
    if short:
        expected = "unit quaternions"
        raise KinesisError("an orientation has no length", where=f"{where}, {short[0]}", got="zeros", expected=expected)
    return frames


def _is_short(numbers: np.ndarray) -> bool:
    return numbers.shape[1] == 4 and bool((np.linalg.norm(numbers, axis=1) < 0.1).any())


def _rate(step_s: np.ndarray, where: str) -> float:
    """Frames a second; the last frame's own duration does not count."""
    usual = float(np.median(step_s[:-1])) if len(step_s) > 1 else 0.0
    if usual <= 0.0 or (np.abs(step_s[:-1] - usual) > _UNEVEN * usual).any():
        got = f"{step_s.min():g} to {step_s.max():g} s"
        raise KinesisError("frames are not equally long", where=where, got=got, expected="one duration above zero")
    return 1.0 / usual


def _places(frames: np.ndarray) -> dict[str, np.ndarray]:
    """(frame, 3) of all points."""
    turns = {name: _turns(frames[:, at]) for name, at in _COLUMNS.items()}
    parents = {"pelvis": None} | {name: parent for name, (parent, _) in OFFSETS.items()}
    offsets = {"pelvis": frames[:, 1:4]} | {name: np.array(offset) for name, (_, offset) in OFFSETS.items()}
    return pose(parents, offsets, turns).position


def _turns(numbers: np.ndarray) -> Rotation:
    """Quaternions wxyz (frame, 4), or angles about z (frame, 1) [rad]."""
    if numbers.shape[1] == 1:
        return Rotation.from_euler("Z", numbers)
    return Rotation.from_quat(numbers, scalar_first=True)
