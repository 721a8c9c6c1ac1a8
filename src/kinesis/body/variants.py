"""The same body weaker or stronger, lighter or heavier: copies of its model."""

from __future__ import annotations

import copy

import mujoco
import numpy as np


def with_strength(model: mujoco.MjModel, actuation: str, factors: np.ndarray) -> mujoco.MjModel:
    """A copy whose peak forces, passive ones too, or torque limits are multiplied by factors (actuator,)."""
    model = copy.copy(model)
    if actuation == "muscle":
        model.actuator_gainprm[:, 2] *= factors
        model.actuator_biasprm[:, 2] *= factors
    else:
        model.actuator_ctrlrange[:] *= factors[:, None]
        model.actuator_actrange[:] *= factors[:, None]
    return model


def with_mass(model: mujoco.MjModel, factor: float) -> mujoco.MjModel:
    """A copy whose bones are all heavier by a factor, their inertia by the same: the size stays."""
    model = copy.copy(model)
    model.body_mass[:] *= factor
    model.body_inertia[:] *= factor
    mujoco.mj_setConst(model, mujoco.MjData(model))
    return model
