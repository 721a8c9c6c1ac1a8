"""OpenSim's tables of ground forces: what the ground did to each foot, as a wrench about the world's origin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.filters import lowpass
from kinesis.motion.readers.opensim_coordinates import root_position
from kinesis.motion.readers.opensim_table import Table, read_table
from kinesis.motion.readers.stream import checked_path

_COLUMN = re.compile(
    r"(?:(?P<before>1|r|l|right|left)_)?ground_(?P<kind>force|torque)_(?:(?P<within>1|2|r|l|right|left)_)?"
    r"(?P<what>[vp]?)(?P<axis>[xyz])"
)
_SIDES = {"r": "r", "right": "r", "l": "l", "left": "l"}
_LARGEST_N = 20_000.0


@dataclass(frozen=True)
class GroundForces:
    """Wrenches of the ground on the feet in a world with z up, OpenSim's x staying x.

    time_s: (row,) as in the file, even. wrench: (row, 2, 6) right and left, force [N], then moment about the
    origin [N·m].
    """

    path: Path
    time_s: np.ndarray
    wrench: np.ndarray

    def at(self, time_s: np.ndarray, lowpass_hz: float | None) -> np.ndarray:
        """Wrenches (instant, 2, 6) at times (instant,), low-passed before.

        Raises:
            KinesisError: for a time that the file does not reach.
        """
        step_s = float(np.diff(self.time_s).mean())
        if time_s[0] < self.time_s[0] - step_s or time_s[-1] > self.time_s[-1] + step_s:
            raise KinesisError(
                "the forces do not last as long as the motion",
                where=str(self.path),
                got=f"{self.time_s[0]:g} to {self.time_s[-1]:g} s",
                expected=f"{time_s[0]:g} to {time_s[-1]:g} s",
            )
        flat = self.wrench.reshape(len(self.wrench), -1)
        flat = lowpass(flat, 1.0 / step_s, lowpass_hz) if lowpass_hz else flat
        return np.stack([np.interp(time_s, self.time_s, column) for column in flat.T], 1).reshape(-1, 2, 6)


def force_column(heading: str) -> str | None:
    """Side, kind and axis of a column heading, such as `r force vx`; None for anything else.

    Sides are named, or counted: in `ground_force_1_vx`, 1 is the right foot and 2 the left; in `ground_force_vx`
    and `1_ground_force_vx`, as OpenSim's own examples have it, the first is the right foot.

    >>> force_column("1_ground_force_px")
    'l force px'
    """
    found = _COLUMN.fullmatch(heading.lower())
    if found is None or (found["before"] and found["within"]):
        return None
    if found["within"]:
        side = {"1": "r", "2": "l"} | _SIDES
        return f"{side[found['within']]} {found['kind']} {found['what']}{found['axis']}"
    before = {None: "r", "1": "l"} | _SIDES
    return f"{before[found['before']]} {found['kind']} {found['what']}{found['axis']}"


def read_forces(path: Path | str) -> GroundForces:
    """Read a table of ground forces, gzip-compressed or not.

    Forces `v`, their points of application `p` and, where given, torques about these, for both feet.

    Raises:
        KinesisError: for columns that are missing, times that are uneven, or forces that no person makes.
    """
    table = read_table(checked_path(path), force_column)
    step_s = np.diff(table.time_s)
    if step_s.max() > 1.5 * step_s.min():
        raise KinesisError("times of forces that are uneven", where=str(path), got=f"steps up to {step_s.max():g} s")
    return GroundForces(table.path, table.time_s, np.stack([_wrench(table, side) for side in "rl"], 1))


def _wrench(table: Table, side: str) -> np.ndarray:
    """(row, 6) of one foot."""
    force, point = (root_position(_columns(table, f"{side} force {what}")) for what in "vp")
    if np.abs(force).max() > _LARGEST_N:
        row = int(np.abs(force).max(1).argmax())
        raise KinesisError(
            "a ground force out of reach",
            where=table.place(row),
            got=f"{np.abs(force).max():.6g} N",
            expected=f"at most {_LARGEST_N:g} N",
        )
    torques = [f"{side} torque {axis}" for axis in "xyz"]
    torque = root_position(_columns(table, f"{side} torque ")) if torques[1] in table.columns else 0.0 * force
    return np.concatenate([force, torque + np.cross(point, force)], 1)


def _columns(table: Table, head: str) -> np.ndarray:
    """(row, 3) of the three axes; those of a torque may be missing but the vertical."""
    torque = "torque" in head
    columns = []
    for axis in "xyz":
        if f"{head}{axis}" not in table.columns and not torque:
            foot = "right" if head[0] == "r" else "left"
            raise KinesisError(
                f"not a table of ground forces, the {foot} foot's {head[2:]}{axis} is missing",
                where=str(table.path),
                got=", ".join(table.names),
                expected="columns like ground_force_r_vx and ground_force_r_px",
            )
        columns.append(table.columns.get(f"{head}{axis}", np.zeros(len(table.time_s))))
    return np.stack(columns, 1)
