"""Uncontrolled manifold: how much of the variance from stride to stride does not matter to the task.

Deviations of the activations from their mean over strides, at each percent of the stride, are split into the part
that leaves a task variable as it is, to first order, and the part that changes it (Scholz and Schöner 1999). Task
variables here: the fourteen joint torques, and the accelerations of the tracked landmarks, contacts and couplings
included.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from kinesis.analysis.demand import body_of
from kinesis.analysis.events import find_events
from kinesis.analysis.strides import cut, find_strides
from kinesis.analysis.systems import muscle_systems
from kinesis.body import Body
from kinesis.evaluate.signals import Recording

FEWEST_STRIDES = 4
PERCENTS = np.arange(0, 100, 4)
_NUDGE, _RANK = 1e-2, 1e-6


@dataclass(frozen=True)
class Split:
    """Variance per dimension [activation²] by percent of the stride, each (percent,).

    goal_equivalent: within the manifold that leaves the task as it is. relevant: across it. total: of all. task: how
    many dimensions the task has, (percent,). strides: how many there were.
    """

    goal_equivalent: np.ndarray
    relevant: np.ndarray
    total: np.ndarray
    task: np.ndarray
    strides: int

    @property
    def index(self) -> np.ndarray:
        """(percent,) (goal equivalent - relevant) / total: above 0 where variance is where it does no harm."""
        return (self.goal_equivalent - self.relevant) / np.where(self.total > 0.0, self.total, 1.0)


def split_variance(deviations: np.ndarray, sensitivity: np.ndarray) -> tuple[float, float, float, int]:
    """Variances per dimension within, across and in all, and how many dimensions the task has.

    Args:
        deviations: (stride, muscle) from their mean.
        sensitivity: (task variable, muscle) d task / d activation.
    """
    _, sizes, directions = np.linalg.svd(sensitivity, full_matrices=True)
    rank = int((sizes > _RANK * max(sizes.max(initial=0.0), 1e-300)).sum())
    muscles, freedom = deviations.shape[1], max(1, len(deviations) - 1)
    squares = ((deviations @ directions.T) ** 2).sum(0) / freedom
    within = float(squares[rank:].sum()) / max(1, muscles - rank)
    across = float(squares[:rank].sum()) / max(1, rank)
    return within, across, float(squares.sum()) / muscles, rank


def manifold(recording: Recording) -> dict[str, Split] | None:
    """Splits by task variable, `torque` and `landmark`, over strides of the right foot; None for too few strides.

    Sensitivities are those of the middle stride.
    """
    body = body_of(recording)
    strides = [s for s in find_strides(find_events(recording)) if s.side == "r"]
    if len(strides) < FEWEST_STRIDES:
        return None
    time_s = recording["time_s"]
    activity = np.array([cut(time_s, recording["activation"].astype(float), s)[PERCENTS] for s in strides])
    middle = strides[len(strides) // 2]
    instants = np.searchsorted(time_s, np.linspace(middle.start_s, middle.end_s, 101)[PERCENTS])
    instants = np.minimum(instants, len(time_s) - 1)
    systems = muscle_systems(body, recording["qpos"][instants], recording["qvel"][instants])
    sensitivities = {
        "torque": systems.arms * systems.gain[:, None],
        "landmark": landmark_sensitivity(body, recording, instants),
    }
    deviations = activity - activity.mean(0)
    return {name: _split(deviations, values) for name, values in sensitivities.items()}


def _split(deviations: np.ndarray, sensitivities: np.ndarray) -> Split:
    """deviations (stride, percent, muscle), sensitivities (percent, task variable, muscle)."""
    rows = [split_variance(deviations[:, i], values) for i, values in enumerate(sensitivities)]
    within, across, total, rank = (np.array(column) for column in zip(*rows, strict=True))
    return Split(within, across, total, rank, len(deviations))


def landmark_sensitivity(body: Body, recording: Recording, instants: Sequence[int] | np.ndarray) -> np.ndarray:
    """(instant, 3 tracked, muscle) d acceleration of tracked landmarks [m/s²] / d activation, by small differences."""
    model = copy.copy(body.model)
    model.opt.timestep = 1.0 / recording.rate_hz
    data = mujoco.MjData(model)
    marks = body.landmark_ids[body.tracked]
    found = np.empty((len(instants), 3 * len(marks), model.nu))
    jacobian = np.empty((len(marks), 3, model.nv))
    for row, instant in enumerate(instants):
        activation = recording["activation"][instant].astype(float)
        data.qpos[:], data.qvel[:] = recording["qpos"][instant], recording["qvel"][instant]
        data.act[:] = activation
        mujoco.mj_forward(model, data)
        for mark, at in zip(marks, jacobian, strict=True):
            mujoco.mj_jacBody(model, data, at, None, mark)
        plain, flat = data.qacc.copy(), jacobian.reshape(-1, model.nv)
        for muscle in range(model.nu):
            data.act[:] = activation
            data.act[muscle] += _NUDGE
            mujoco.mj_forwardSkip(model, data, mujoco.mjtStage.mjSTAGE_VEL, 1)
            found[row, :, muscle] = flat @ (data.qacc - plain) / _NUDGE
    return found
