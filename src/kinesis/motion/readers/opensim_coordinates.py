"""OpenSim's coordinates: their names, units and signs, and the axes in which they are counted.

Coordinates mean what they mean in the model of Rajagopal (2016), from which the legs of this body come. The
models of Delp's line (gait2392, gait10dof, Hamner 2010) count the bending of knees and toes the other way
round; their files are told apart by a knee that bends to the negative side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis import rotations
from kinesis.body import ANATOMICAL_B, Body
from kinesis.body.legs80 import JOINTS
from kinesis.errors import KinesisError, nearest
from kinesis.motion.readers.opensim_table import Table

ROTATIONS = ("pelvis_tilt", "pelvis_list", "pelvis_rotation")
"""Body-fixed turns of the pelvis about z (right), x (forward), y (up)."""

TRANSLATIONS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")

COORDINATES = (*ROTATIONS, *TRANSLATIONS, *JOINTS)
"""Every coordinate that some body of this package can use."""

_NEEDED = ("hip_flexion", "knee_angle", "ankle_angle")
_REVERSED = ("knee_angle", "mtp_angle")
_SEQUENCE = "ZXY"
_PELVIS_B = np.stack([ANATOMICAL_B[:, 0], ANATOMICAL_B[:, 2], -ANATOMICAL_B[:, 1]], axis=1)
"""Columns: OpenSim's pelvis axes, x forward, y up, z right, in the frame of the root body."""
_GROUND_W = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Columns: OpenSim's ground axes in a world with z up, in which its x is x."""

_UNMISTAKABLE_RAD = np.deg2rad(10.0)
_LARGEST = {"joint": 2.0 * np.pi, "pelvis": 2000.0, "pelvis_ty": 10.0, "pelvis_tx": 1e5, "pelvis_tz": 1e5}
_IN_DEGREES = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Coordinates:
    """What a file gives of a body's coordinates, in radians and metres, in this body's signs.

    values: (row, column) of `names`, at the times of the file. missing: names that the file does not give.
    knee_sign: −1 where the file counts the bending of the knee negative, else 1.
    """

    names: tuple[str, ...]
    values: np.ndarray
    missing: tuple[str, ...]
    knee_sign: float


def coordinate_names(body: Body) -> tuple[str, ...]:
    """Every coordinate that is read: the pelvis, then the joints of the body."""
    return ROTATIONS + TRANSLATIONS + body.joints


def coordinate_of(heading: str) -> str | None:
    """The coordinate of a column heading, plain or as a path of states; None for a speed.

    >>> coordinate_of("/jointset/walker_knee_r/knee_angle_r/value")
    'knee_angle_r'
    """
    *path, last = heading.strip("/").split("/")
    if last == "speed":
        return None
    return path[-1] if last == "value" and path else last


def coordinates(table: Table, body: Body) -> Coordinates:
    """Bring the columns of a table to this body's units and signs.

    Raises:
        KinesisError: for a missing coordinate that nothing can stand for, or values that no person reaches.
    """
    where = str(table.path)
    for name in (f"{joint}_{side}" for side in "rl" for joint in _NEEDED):
        if name not in table.columns:
            close = nearest(name, table.names, count=1)
            hint = f"the nearest column is {close[0]}" if close else f"the file has {', '.join(table.names)}"
            raise KinesisError(f"the coordinate {name} is missing", where=where, hint=hint)
    known = coordinate_names(body)
    names = tuple(name for name in known if name in table.columns)
    unit = np.pi / 180.0 if _in_degrees(table) else 1.0
    columns = {name: table.columns[name] * (1.0 if name in TRANSLATIONS else unit) for name in names}
    for name, values in columns.items():
        _check_reach(table, name, values)
        if name in ROTATIONS:
            columns[name] = np.unwrap(values)
    sign = _knee_sign(columns)
    for name in columns:
        if name[:-2] in _REVERSED:
            columns[name] = sign * columns[name]
    missing = tuple(name for name in known if name not in columns)
    return Coordinates(names, np.stack(list(columns.values()), axis=1), missing, sign)


def _in_degrees(table: Table) -> bool:
    """As the header says; where it does not, degrees if a leg joint passes what radians could mean."""
    if said := table.header.get("indegrees", "").lower():
        if said not in _IN_DEGREES:
            where = str(table.path)
            raise KinesisError("the header is wrong", where=where, got=f"inDegrees={said}", expected="yes or no")
        return _IN_DEGREES[said]
    largest = max(float(np.abs(table.columns[f"{joint}_{side}"]).max()) for side in "rl" for joint in _NEEDED)
    return largest > np.pi


def _check_reach(table: Table, name: str, values: np.ndarray) -> None:
    largest = _LARGEST.get(name, _LARGEST["pelvis" if name in ROTATIONS else "joint"])
    beyond = np.flatnonzero(np.abs(values) > largest)
    if beyond.size:
        unit = "m" if name in TRANSLATIONS else "rad, by the unit that the file states"
        raise KinesisError(
            f"{name} is out of reach",
            where=table.place(beyond[0]),
            got=f"{values[beyond[0]]:.6g} {unit}",
            expected=f"at most {largest:.4g} in size",
        )


def _knee_sign(columns: dict[str, np.ndarray]) -> float:
    """−1 where the knees bend further to the negative side than to the positive, by an unmistakable angle."""
    knees = np.concatenate([columns["knee_angle_r"], columns["knee_angle_l"]])
    low, high = np.quantile(knees, [0.02, 0.98])
    return -1.0 if -low > max(high, _UNMISTAKABLE_RAD) else 1.0


def root_orientation(angles: np.ndarray) -> np.ndarray:
    """Quaternions (row, 4) of the root body in the world from `ROTATIONS` (row, 3) [rad]."""
    pelvis = rotations.from_euler(_SEQUENCE, angles)
    return rotations.multiply(_quaternion(_GROUND_W), rotations.multiply(pelvis, _quaternion(_PELVIS_B.T)))


def pelvis_angles(orientation: np.ndarray) -> np.ndarray:
    """Inverse of `root_orientation`: (row, 4) → (row, 3) [rad], without jumps."""
    turned = rotations.multiply(_quaternion(_GROUND_W.T), orientation)
    return np.unwrap(rotations.to_euler(_SEQUENCE, rotations.multiply(turned, _quaternion(_PELVIS_B))), axis=0)


def root_position(translation: np.ndarray) -> np.ndarray:
    """World positions (row, 3) of the root from `TRANSLATIONS` (row, 3) [m]."""
    return translation @ _GROUND_W.T


def pelvis_translation(position: np.ndarray) -> np.ndarray:
    """Inverse of `root_position`."""
    return position @ _GROUND_W


def _quaternion(matrix: np.ndarray) -> np.ndarray:
    return rotations.from_matrix(matrix)
