"""The torque form: the bones and couplings of a muscle body, driven by one lagged torque a joint.

A teacher that learns on this form only asks for what the muscles could give: limits come from the
muscles' own capacity, and the torque follows its command with a lag like activation's.
"""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np

from kinesis.body import legs80
from kinesis.body.body import Body
from kinesis.body.muscles import muscle_state

LAG_S = 0.03
SHARE_OF_CAPACITY = 0.6
_WORKING_RANGE_DEG = ((-15, 40), (-10, 10), (-10, 10), (2, 65), (-20, 12), (-5, 5), (-5, 25))
"""Flexion of hip, adduction, rotation, knee, ankle, subtalar, toes while walking and running [deg]."""


def torque_capacity(body: Body, poses: int = 256, seed: int = 0) -> np.ndarray:
    """Static torque that the muscles can give in each direction.

    Thirtieth percentile, in magnitude, over random postures of the working range of locomotion, at rest.

    Returns:
        (joint, 2) lowest and highest torque [N·m].
    """
    rng, data = np.random.default_rng(seed), mujoco.MjData(body.model)
    span = np.deg2rad(np.array(_WORKING_RANGE_DEG * 2, dtype=float))
    lowest, highest = [], []
    for _ in range(poses):
        qpos = body.model.qpos0.copy()
        qpos[body.joint_qpos] = np.clip(rng.uniform(*span.T), *body.joint_range.T)
        body.couplings.apply(qpos)
        state = muscle_state(body, data, qpos, np.zeros(body.model.nv))
        active, passive = state.arms * state.gain, (state.arms * state.bias).sum(1)
        lowest.append(np.minimum(active, 0.0).sum(1) + passive)
        highest.append(np.maximum(active, 0.0).sum(1) + passive)
    capacity = np.stack([np.percentile(lowest, 70, axis=0), np.percentile(highest, 30, axis=0)], 1)
    sides = capacity.reshape(2, -1, 2).mean(0)
    return np.concatenate([sides, sides])


def torque_form(body: Body, spec: mujoco.MjSpec | None = None) -> Body:
    """The torque form of a muscle body: one actuator a joint, named after it, in `body.joints` order.

    Its control is a torque [N·m], limited to `SHARE_OF_CAPACITY` of the capacity in that direction and
    followed with a first-order lag of `LAG_S`; the lagged torque is the actuator's activation. spec: the bones,
    by default those of `legs80`.
    """
    spec, limits = spec or legs80.bones_spec(), SHARE_OF_CAPACITY * torque_capacity(body)
    for joint, limit in zip(body.joints, limits, strict=True):
        actuator = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        actuator.dyntype = mujoco.mjtDyn.mjDYN_FILTEREXACT
        actuator.dynprm[0] = LAG_S
        actuator.ctrllimited = actuator.actlimited = True
        actuator.ctrlrange = actuator.actrange = limit
    model = legs80.compile_spec(legs80.with_user_data(spec))
    return dataclasses.replace(body, name=f"{body.name}_torque", actuation="torque", model=model, groups={})
