"""Muscle systems: what every muscle could do for every joint, at each instant of a motion."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import mujoco
import numba
import numpy as np

from kinesis.body import Body
from kinesis.body.muscles import folded_moment_arms, gain_and_bias


@dataclass(frozen=True)
class MuscleSystems:
    """gain, bias: (instant, muscle) force per activation and passive force [N], negative when pulling.

    arms: (instant, joint, muscle) moment arms [m] of the driven joints, knee couplings folded in.
    """

    gain: np.ndarray
    bias: np.ndarray
    arms: np.ndarray

    @property
    def passive_torque(self) -> np.ndarray:
        """(instant, joint) torques [N·m] of muscles that are not active."""
        return np.matmul(self.arms, self.bias[..., None])[..., 0]

    def force(self, activation: np.ndarray) -> np.ndarray:
        """(instant, muscle) tension [N], positive, at activations of the same shape."""
        return -(self.gain * activation + self.bias)

    def torque(self, activation: np.ndarray) -> np.ndarray:
        """(instant, joint) torques [N·m] at activations (instant, muscle)."""
        return -np.matmul(self.arms, self.force(activation)[..., None])[..., 0]

    def at(self, rows: np.ndarray) -> MuscleSystems:
        """The systems of some instants."""
        return MuscleSystems(self.gain[rows], self.bias[rows], self.arms[rows])


def muscle_systems(body: Body, qpos: np.ndarray, qvel: np.ndarray) -> MuscleSystems:
    """Muscles at postures qpos (instant, nq) and speeds qvel (instant, nv), couplings taken as they are there."""
    model, count = body.model, len(qpos)
    length, speed = np.empty((count, model.nu)), np.empty((count, model.nu))
    arms = np.empty((count, model.nv, model.nu))
    owner, weight = np.arange(model.nv), np.ones((count, model.nv))
    owner[body.couplings.dependent_dof] = body.couplings.driver_dof
    weight[:, body.couplings.dependent_dof] = body.couplings.slope(qpos)

    def evaluate(rows: np.ndarray) -> None:
        data = mujoco.MjData(model)
        for row in rows:
            data.qpos[:], data.qvel[:] = qpos[row], qvel[row]
            mujoco.mj_fwdPosition(model, data)
            mujoco.mj_fwdVelocity(model, data)
            length[row], speed[row] = data.actuator_length, data.actuator_velocity
            sparse = data.actuator_moment, data.moment_rownnz, data.moment_rowadr, data.moment_colind
            folded_moment_arms(*sparse, owner, weight[row], arms[row])

    pieces = np.array_split(np.arange(count), min(os.cpu_count() or 1, max(1, count // 50)))
    with ThreadPoolExecutor(len(pieces)) as pool:
        list(pool.map(evaluate, pieces))
    gain, bias = _gains_and_biases(length, speed, model.actuator_lengthrange, model.actuator_gainprm)
    return MuscleSystems(gain, bias, arms[:, body.joint_dof])


@numba.njit(cache=True)
def _gains_and_biases(
    length: np.ndarray, speed: np.ndarray, ranges: np.ndarray, parameters: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both (instant, muscle) [N], at lengths and speeds of the same shape."""
    gain, bias = np.empty(length.shape), np.empty(length.shape)
    for row in range(length.shape[0]):
        for muscle in range(length.shape[1]):
            gain[row, muscle], bias[row, muscle] = gain_and_bias(
                length[row, muscle], speed[row, muscle], ranges[muscle], parameters[muscle]
            )
    return gain, bias
