"""Feasible range: how little and how much each muscle could do for the same joint torques.

For every muscle, min and max a_m subject to R g a = tau - R b, 0 <= a <= 1: linear programmes, whose answers are
exact (Simpson et al. 2015; Sohn et al. 2013). Those of a leg share no unknowns, so that one sparse programme with
a block each holds them all.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_diag

from kinesis.analysis.least_effort import least_effort, legs
from kinesis.analysis.systems import MuscleSystems
from kinesis.errors import KinesisError

_THREADS = 2


@dataclass(frozen=True)
class Feasible:
    """All (instant, muscle): lowest and highest that each muscle can be, what it was, and what least effort has."""

    lowest: np.ndarray
    highest: np.ndarray
    own: np.ndarray
    least_effort: np.ndarray

    @property
    def width(self) -> np.ndarray:
        """(instant, muscle) how much freedom the torques leave."""
        return self.highest - self.lowest

    @property
    def place(self) -> np.ndarray:
        """(instant, muscle) where it was: 0 at least effort, 1 at the bound above it, -1 at the bound below it.

        NaN where least effort lies at that bound itself.
        """
        away = self.own - self.least_effort
        room = np.where(away >= 0.0, self.highest - self.least_effort, self.least_effort - self.lowest)
        return np.where(room > 1e-3, np.clip(away / np.maximum(room, 1e-3), -1.0, 1.0), np.nan)


def feasible_ranges(systems: MuscleSystems, activation: np.ndarray) -> Feasible:
    """Ranges for the torques that activations (instant, muscle) give.

    Raises:
        KinesisError: if a programme has no answer.
    """
    torque = systems.torque(activation)
    matrices = legs(systems.arms * systems.gain[:, None])
    wanted = (torque - systems.passive_torque).reshape(len(matrices), -1)
    with ThreadPoolExecutor(_THREADS) as pool:
        ranges = np.array(list(pool.map(leg_ranges, matrices, wanted)))
    lowest, highest = (ranges[:, side].reshape(len(activation), -1) for side in range(2))
    return Feasible(lowest, highest, activation, least_effort(systems, torque))


def leg_ranges(matrix: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(2, muscle) lowest and highest activation of a leg's muscles, matrix (joint, muscle), wanted (joint,) [N·m]."""
    muscles = matrix.shape[1]
    aims = np.concatenate([np.eye(muscles), -np.eye(muscles)])
    blocks = block_diag([matrix] * len(aims), format="csr")
    answer = linprog(aims.ravel(), A_eq=blocks, b_eq=np.tile(wanted, len(aims)), bounds=(0.0, 1.0), method="highs-ds")
    if answer.x is None:
        raise KinesisError("a range of activations was not found", got=answer.message)
    return np.diagonal(answer.x.reshape(2, muscles, muscles), axis1=1, axis2=2)
