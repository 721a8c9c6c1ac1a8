"""Points: where the joints of a recorded person were. What every reader of positions or rotations gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kinesis.motion.clip import Label

LEG_POINTS = ("hip", "knee", "ankle", "toe")
"""Needed on both sides, as `hip_r`, `hip_l` and so on; toe is the ball of the foot (metatarsal heads)."""

EXTRA_POINTS = ("pelvis", "spine", "neck", "head", "heel_r", "heel_l", "knee_lateral_r", "knee_lateral_l")
"""Used where they are given. spine: the first joint above the pelvis, rigid with it. knee_lateral: beside the
knee on its hinge axis, fixed in the thigh, so that it tells the hip's rotation where the knee is straight."""


@dataclass(frozen=True)
class Points:
    """Named points of one recorded person at an even rate.

    names: of `LEG_POINTS` and `EXTRA_POINTS` where they mean that; anything else is only drawn.
    position: (frame, point, 3) in the recording's own unit and axes where unit_m and up are None, NaN where
    not seen. parents: (point,) index of the point that a line is drawn to, -1 for none.
    unit_m: metres in one unit, None where the file does not say. up: 0, 1 or 2, the axis that points up,
    None where the file does not say.
    """

    name: str
    rate_hz: float
    names: tuple[str, ...]
    position: np.ndarray
    parents: tuple[int, ...]
    unit_m: float | None
    up: int | None
    source: str
    licence: str
    labels: Mapping[str, Label] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.position)

    def of(self, name: str) -> np.ndarray:
        """(frame, 3) of one point."""
        return self.position[:, self.names.index(name)]
