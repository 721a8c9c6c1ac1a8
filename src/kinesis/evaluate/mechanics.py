"""Mechanics: every force at given physics states, read from the engine on all cores.

The states are those from which the engine stepped, with the controls that it was given there, so that forces
are the ones that acted.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import mujoco
import numpy as np

from kinesis.body import Body
from kinesis.body.dynamics import fold
from kinesis.body.muscles import fibre_and_tendon

_STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS.value
_LIMIT = mujoco.mjtConstraint.mjCNSTR_LIMIT_JOINT


def mechanics(
    body: Body, model: mujoco.MjModel, states: np.ndarray, controls: np.ndarray, control_spec: int
) -> dict[str, np.ndarray]:
    """Arrays of `signals.SIGNALS` at physics states.

    Args:
        body: muscle form; its names and couplings.
        model: as stepped, of the same sizes.
        states: (instant, width) full physics states of the engine.
        controls: (instant, width) what the engine was given there.
        control_spec: what that is, an `mjtState`.

    Returns:
        By name, each (instant, ...): all but time and reference.
    """
    count = len(states)
    raw = {name: np.empty((count, *shape)) for name, shape in _shapes(body, model).items()}
    pieces = np.array_split(np.arange(count), min(os.cpu_count() or 1, max(1, count // 50)))
    with ThreadPoolExecutor(len(pieces)) as pool:
        list(pool.map(lambda rows: _evaluate(body, model, states, controls, control_spec, rows, raw), pieces))
    return _named(body, model, raw)


def fibres(model: mujoco.MjModel, length: np.ndarray, speed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths and speeds of fibres [m], [m/s] from those of muscles with their tendons, (..., muscle).

    The tendon is rigid, so the fibre has what the tendon leaves.
    """
    return length - fibre_and_tendon(model)[1], speed


def _shapes(body: Body, model: mujoco.MjModel) -> dict[str, tuple[int, ...]]:
    return {
        "ctrl": (model.nu,), "act": (model.na,), "force": (model.nu,), "length": (model.nu,), "speed": (model.nu,),
        "qpos": (model.nq,), "qvel": (model.nv,), "muscle": (model.nv,), "passive": (model.nv,),
        "landmarks": (len(body.landmarks), 3), "centre": (3,), "ground": (2, 6),
    }  # fmt: skip


def _evaluate(
    body: Body,
    model: mujoco.MjModel,
    states: np.ndarray,
    controls: np.ndarray,
    spec: int,
    rows: np.ndarray,
    out: dict[str, np.ndarray],
) -> None:
    """Let the engine compute some of the states; it works without the GIL."""
    data, foot_of = mujoco.MjData(model), _foot_of_geom(body, model)
    for row in rows:
        mujoco.mj_setState(model, data, states[row], _STATE)
        mujoco.mj_setState(model, data, controls[row], spec)
        mujoco.mj_forward(model, data)
        for name, values in (
            ("ctrl", data.ctrl), ("act", data.act), ("force", data.actuator_force), ("length", data.actuator_length),
            ("speed", data.actuator_velocity), ("qpos", data.qpos), ("qvel", data.qvel),
            ("muscle", data.qfrc_actuator), ("landmarks", data.xpos[body.landmark_ids]),
            ("centre", data.subtree_com[0]),
        ):  # fmt: skip
            out[name][row] = values
        out["passive"][row] = data.qfrc_passive + _limits(model, data)
        out["ground"][row] = _wrench(model, data, foot_of)
    data.userdata[:] = 0.0


def _limits(model: mujoco.MjModel, data: mujoco.MjData) -> np.ndarray:
    """(nv,) moments of joint limits."""
    moments = np.zeros(model.nv)
    rows = np.flatnonzero(data.efc_type[: data.nefc] == _LIMIT)
    joints = data.efc_id[rows]
    inward = np.where(data.qpos[model.jnt_qposadr[joints]] < model.jnt_range[joints].mean(1), 1.0, -1.0)
    np.add.at(moments, model.jnt_dofadr[joints], inward * data.efc_force[rows])
    return moments


def _foot_of_geom(body: Body, model: mujoco.MjModel) -> np.ndarray:
    """(geom,) 0 for a geom of the right foot, 1 of the left, -1 of neither."""
    foot = np.full(model.ngeom, -1)
    for name in body.feet:
        foot[model.geom_bodyid == model.body(name).id] = int(name.endswith("_l"))
    return foot


def _wrench(model: mujoco.MjModel, data: mujoco.MjData, foot_of: np.ndarray) -> np.ndarray:
    """(2, 6) force of the ground on each foot and its moment about the world's origin."""
    contacts, local = data.contact, np.zeros((data.ncon, 6))
    for index in range(data.ncon):
        mujoco.mj_contactForce(model, data, index, local[index])
    foot = foot_of[contacts.geom.reshape(-1, 2)]
    force = np.einsum("ck,ckj->cj", local[:, :3], contacts.frame.reshape(-1, 3, 3))
    force *= np.where(foot[:, 1:] >= 0, 1.0, -1.0)
    (x, y, z), (fx, fy, fz) = contacts.pos.reshape(-1, 3).T, force.T
    moment = np.stack([y * fz - z * fy, z * fx - x * fz, x * fy - y * fx], -1)
    wrench = np.zeros((2, 6))
    np.add.at(wrench, foot.max(1), np.concatenate([force, moment], 1))
    return wrench


def _named(body: Body, model: mujoco.MjModel, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    qpos, qvel = raw["qpos"], raw["qvel"]
    fibre_length, fibre_velocity = fibres(model, raw["length"], raw["speed"])
    muscle, passive = fold(body, qpos, raw["muscle"]), fold(body, qpos, raw["passive"])
    return {
        "excitation": raw["ctrl"],
        "activation": raw["act"],
        "muscle_force": -raw["force"],
        "fibre_length": fibre_length,
        "fibre_velocity": fibre_velocity,
        "joint_angle": qpos[:, body.joint_qpos],
        "joint_velocity": qvel[:, body.joint_dof],
        "joint_moment_muscle": muscle,
        "joint_moment_passive": passive,
        "joint_moment": muscle + passive,
        "root_position": qpos[:, :3],
        "root_quaternion": qpos[:, 3:7],
        "root_velocity": qvel[:, :6],
        "centre_of_mass": raw["centre"],
        "qpos": qpos,
        "qvel": qvel,
        "landmark_position": raw["landmarks"],
        **ground(raw["ground"]),
    }


def ground(wrench: np.ndarray) -> dict[str, np.ndarray]:
    """Force, free moment, centre of pressure and contact from force and moment about the origin (instant, 2, 6).

    The centre of pressure is the point of z = 0 about which the moment is vertical; NaN without vertical force.
    """
    force, moment = wrench[..., :3], wrench[..., 3:]
    contact = force[..., 2] > 0.0
    vertical = np.where(contact, force[..., 2], np.nan)
    x, y = -moment[..., 1] / vertical, moment[..., 0] / vertical
    free = moment[..., 2] - (x * force[..., 1] - y * force[..., 0])
    return {
        "ground_force": force,
        "ground_moment": np.where(contact, free, 0.0),
        "centre_of_pressure": np.stack([x, y, np.where(contact, 0.0, np.nan)], -1),
        "contact": contact.astype(float),
    }
