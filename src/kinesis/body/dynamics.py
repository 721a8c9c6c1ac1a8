"""Inverse dynamics of a whole Body: which generalised forces a motion takes, on all cores."""

from __future__ import annotations

import copy
import os
from concurrent.futures import ThreadPoolExecutor

import mujoco
import numpy as np

from kinesis.body.body import Body

_OFF = mujoco.mjtDisableBit
_BARE = int(_OFF.mjDSBL_CONSTRAINT | _OFF.mjDSBL_CONTACT | _OFF.mjDSBL_LIMIT)


def inverse(
    body: Body,
    qpos: np.ndarray,
    qvel: np.ndarray,
    acceleration: np.ndarray,
    wrench: np.ndarray | None = None,
    *,
    step_s: float | None = None,
) -> np.ndarray:
    """Generalised forces (instant, nv) at postures qpos (instant, nq), speeds and accelerations (instant, nv).

    Damping and springs of joints are taken off, contact, ends of ranges and couplings are left out. wrench: (instant,
    2, 6) on the right and left heel segment, world: force [N], then moment about the origin [N·m]; its share is taken
    off too. step_s: of the engine, where the accelerations are its differences from one step to the next, for in these
    damping counts at the speed that is reached.
    """
    model = copy.copy(body.model)
    model.opt.disableflags |= _BARE
    if step_s is not None:
        model.opt.timestep = step_s
        model.opt.enableflags |= int(mujoco.mjtEnableBit.mjENBL_INVDISCRETE)
    heels = [model.body(name).id for name in body.feet[::2]]
    forces = np.empty((len(qpos), model.nv))

    def evaluate(rows: np.ndarray) -> None:
        data, applied = mujoco.MjData(model), np.zeros(model.nv)
        for row in rows:
            data.qpos[:], data.qvel[:], data.qacc[:] = qpos[row], qvel[row], acceleration[row]
            mujoco.mj_inverse(model, data)
            forces[row] = data.qfrc_inverse
            if wrench is not None:
                applied[:] = 0.0
                for heel, (force, moment) in zip(heels, wrench[row].reshape(2, 2, 3), strict=True):
                    mujoco.mj_applyFT(model, data, force, moment, np.zeros(3), heel, applied)
                forces[row] -= applied

    pieces = np.array_split(np.arange(len(qpos)), min(os.cpu_count() or 1, max(1, len(qpos) // 50)))
    with ThreadPoolExecutor(len(pieces)) as pool:
        list(pool.map(evaluate, pieces))
    return forces


def fold(body: Body, qpos: np.ndarray, forces: np.ndarray) -> np.ndarray:
    """Generalised forces (instant, nv) as moments of the driven joints (instant, joint), couplings folded in.

    A coordinate that follows a driver adds its force times d coordinate / d driver, by virtual work.
    """
    couplings = body.couplings
    follow = couplings.slope(qpos) * forces[:, couplings.dependent_dof]
    return forces[:, body.joint_dof] + follow @ (couplings.driver_dof[:, None] == body.joint_dof)
