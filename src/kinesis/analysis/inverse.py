"""Inverse dynamics: what joints must have done for a motion, given the ground's forces."""

from __future__ import annotations

import copy
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import mujoco
import numpy as np

from kinesis.body import Body
from kinesis.evaluate.mechanics import fold

_ROOT = 6


@dataclass(frozen=True)
class JointMoments:
    """What inverse dynamics gives, at every instant.

    muscle: (instant, joint) [N·m] of muscles, active and passive, knee couplings folded in; damping and springs of
    joints are taken off already, ends of their ranges are not known. root: (instant, 6) force in the world [N], then
    moment in the pelvis' own frame [N·m], which would have to hold the pelvis from outside, none for a body and forces
    that fit.
    """

    muscle: np.ndarray
    root: np.ndarray

    @property
    def root_force(self) -> np.ndarray:
        """(instant,) size of the force on the root [N]."""
        return np.asarray(np.linalg.norm(self.root[:, :3], axis=1))

    @property
    def root_moment(self) -> np.ndarray:
        """(instant,) size of the moment on the root [N·m]."""
        return np.asarray(np.linalg.norm(self.root[:, 3:], axis=1))


def inverse_dynamics(
    body: Body,
    qpos: np.ndarray,
    qvel: np.ndarray,
    acceleration: np.ndarray,
    wrench: np.ndarray,
    *,
    step_s: float | None = None,
) -> JointMoments:
    """Joint moments at postures qpos (instant, nq), speeds and accelerations (instant, nv).

    wrench: (instant, 2, 6) of the ground on the right and left heel segment, world: force [N], then moment about the
    origin [N·m]. What bears on the toes is taken as bearing on the heel's segment, so the toe joint's moment lacks
    it. Couplings are taken as they are in qpos, by virtual work. step_s: of the engine, where the accelerations are
    its differences from one step to the next, for in these damping counts at the speed that is reached.
    """
    model = copy.copy(body.model)
    model.opt.disableflags |= int(
        mujoco.mjtDisableBit.mjDSBL_CONSTRAINT | mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_LIMIT
    )
    if step_s is not None:
        model.opt.timestep = step_s
        model.opt.enableflags |= int(mujoco.mjtEnableBit.mjENBL_INVDISCRETE)
    heels = [model.body(f"calcn_{side}").id for side in "rl"]
    forces = np.empty((len(qpos), model.nv))

    def evaluate(rows: np.ndarray) -> None:
        data, applied = mujoco.MjData(model), np.empty(model.nv)
        for row in rows:
            data.qpos[:], data.qvel[:], data.qacc[:] = qpos[row], qvel[row], acceleration[row]
            mujoco.mj_inverse(model, data)
            applied[:] = 0.0
            for heel, (force, moment) in zip(heels, wrench[row].reshape(2, 2, 3), strict=True):
                mujoco.mj_applyFT(model, data, force, moment, np.zeros(3), heel, applied)
            forces[row] = data.qfrc_inverse - applied

    pieces = np.array_split(np.arange(len(qpos)), min(os.cpu_count() or 1, max(1, len(qpos) // 50)))
    with ThreadPoolExecutor(len(pieces)) as pool:
        list(pool.map(evaluate, pieces))
    return JointMoments(fold(body, qpos, forces), forces[:, :_ROOT])
