"""Controllers that run inside the engine's own threads at every physics step, without the GIL.

The engine's control callback is one compiled function. What it should do for an environment travels in the
model's user data: a code, then that controller's numbers. Models without user data are left alone, so the
callback is harmless to any other simulation in the process.
"""

from __future__ import annotations

import ctypes
import enum
import functools
from collections.abc import Callable
from typing import Any

import mujoco
import numba
import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from kinesis.body.legs80 import USER_DATA
from kinesis.body.muscles import folded_moment_arms, gain_and_bias
from kinesis.errors import KinesisError

GAIN_COLUMNS, EQUALITY_COLUMNS = mujoco.mjNGAIN, mujoco.mjNEQDATA


class Controller(enum.IntEnum):
    """What the callback does with an environment.

    NONE: the control stays as given.
    LENGTH_SERVO: userdata[1:] holds a target length [m] a muscle (Chiappa 2025, the paper's "PD").
    JOINT_SERVO: userdata[1:] holds target angle, target speed, stiffness, damping, each (actuator,).
    EXPORT: writes the muscles' gain, bias (muscle,) and moment arms (dof, muscle) to the address given in
    userdata[1]; the control stays as given.
    """

    NONE = 0
    LENGTH_SERVO = 1
    JOINT_SERVO = 2
    EXPORT = 3


@functools.cache
def install() -> Callable[..., None]:
    """Compile the callback and hand it to the engine, once a process. Returns it, to keep it alive."""
    callback = _compile()
    mujoco.set_mjcb_control(callback.ctypes)
    return callback


def check_layout(model: mujoco.MjModel) -> None:
    """Compare the offsets in use with a live model; a guard against another engine's structs.

    Raises:
        KinesisError: naming the field that is not where it was found to be.
    """
    offsets, data = _offsets(), mujoco.MjData(model)
    for owner, names in ((data, _DATA_POINTERS), (model, _MODEL_POINTERS)):
        for name in names:
            array = getattr(owner, name)
            if array.size and _read(owner._address, offsets[name]) != array.ctypes.data:
                raise KinesisError(
                    "the engine's struct differs from the one probed", where=name, got=mujoco.__version__
                )


@intrinsic
def _pointer(_typing: Any, address: Any) -> Any:
    """Integer address to void pointer."""
    return types.voidptr(address), lambda _context, builder, _signature, args: builder.inttoptr(
        args[0], _context.get_value_type(types.voidptr)
    )


@numba.njit(cache=True)
def _word(struct: int, offset: int) -> int:
    return carray(_pointer(struct + offset), (1,), np.int64)[0]


def _compile() -> Any:  # noqa: C901 (one closure a controller)
    """Build the callback with the byte offsets of this engine's structs burnt in."""
    o = _offsets()
    (nv_at, nu_at, neq_at, nuserdata_at) = (o[k] for k in ("nv", "nu", "neq", "nuserdata"))
    (userdata_at, ctrl_at, qpos_at, qvel_at) = (o[k] for k in ("userdata", "ctrl", "qpos", "qvel"))
    length_at, speed_at = o["actuator_length"], o["actuator_velocity"]
    moment_at, rownnz_at, rowadr_at, colind_at = (
        o[k] for k in ("actuator_moment", "moment_rownnz", "moment_rowadr", "moment_colind")
    )
    range_at, gain_at, trnid_at = (o[k] for k in ("actuator_lengthrange", "actuator_gainprm", "actuator_trnid"))
    qposadr_at, dofadr_at = o["jnt_qposadr"], o["jnt_dofadr"]
    first_at, second_at, equality_at = o["eq_obj1id"], o["eq_obj2id"], o["eq_data"]

    @numba.njit(cache=True)
    def doubles(struct: int, offset: int, shape: Any) -> np.ndarray:
        return carray(_pointer(_word(struct, offset)), shape, np.float64)

    @numba.njit(cache=True)
    def integers(struct: int, offset: int, shape: Any) -> np.ndarray:
        return carray(_pointer(_word(struct, offset)), shape, np.int32)

    @numba.njit(cache=True)
    def length_servo(m: int, d: int, nu: int, target: np.ndarray) -> None:
        length, speed = doubles(d, length_at, nu), doubles(d, speed_at, nu)
        ranges, prm = doubles(m, range_at, (nu, 2)), doubles(m, gain_at, (nu, GAIN_COLUMNS))
        ctrl = doubles(d, ctrl_at, nu)
        for i in range(nu):
            gain, bias = gain_and_bias(length[i], speed[i], ranges[i], prm[i])
            peak = prm[i, 2]
            force = min(0.0, max(-peak, 5.0 * peak * (target[i] - length[i]) - 0.5 * peak * speed[i]))
            ctrl[i] = min(1.0, max(0.0, (force - bias) / min(-1.0, gain)))

    @numba.njit(cache=True)
    def joint_servo(m: int, d: int, nu: int, target: np.ndarray) -> None:
        joint = integers(m, trnid_at, (nu, 2))
        qposadr, dofadr = integers(m, qposadr_at, 256), integers(m, dofadr_at, 256)
        qpos, qvel, ctrl = doubles(d, qpos_at, 1024), doubles(d, qvel_at, 1024), doubles(d, ctrl_at, nu)
        for i in range(nu):
            spring = target[2 * nu + i] * (target[i] - qpos[qposadr[joint[i, 0]]])
            ctrl[i] = spring + target[3 * nu + i] * (target[nu + i] - qvel[dofadr[joint[i, 0]]])

    @numba.njit(cache=True)
    def export(m: int, d: int, nu: int, nv: int, address: int) -> None:
        neq = _word(m, neq_at)
        owner, weight = np.arange(nv), np.ones(nv)
        first, second = integers(m, first_at, neq), integers(m, second_at, neq)
        coefficient = doubles(m, equality_at, (neq, EQUALITY_COLUMNS))
        qposadr, dofadr = integers(m, qposadr_at, 256), integers(m, dofadr_at, 256)
        qpos = doubles(d, qpos_at, 1024)
        for k in range(neq):
            x = qpos[qposadr[second[k]]]
            owner[dofadr[first[k]]] = dofadr[second[k]]
            c = coefficient[k]
            weight[dofadr[first[k]]] = c[1] + x * (2.0 * c[2] + x * (3.0 * c[3] + x * 4.0 * c[4]))
        length, speed = doubles(d, length_at, nu), doubles(d, speed_at, nu)
        ranges, prm = doubles(m, range_at, (nu, 2)), doubles(m, gain_at, (nu, GAIN_COLUMNS))
        out = carray(_pointer(address), (2 + nv, nu), np.float64)
        for i in range(nu):
            out[0, i], out[1, i] = gain_and_bias(length[i], speed[i], ranges[i], prm[i])
        rows, starts = integers(d, rownnz_at, nu), integers(d, rowadr_at, nu)
        filled = starts[nu - 1] + rows[nu - 1]
        columns, values = integers(d, colind_at, filled), doubles(d, moment_at, filled)
        folded_moment_arms(values, rows, starts, columns, owner, weight, out[2:])

    @numba.cfunc(types.void(types.int64, types.int64), cache=True)
    def control(m: int, d: int) -> None:
        if _word(m, nuserdata_at) != USER_DATA:
            return
        userdata = doubles(d, userdata_at, USER_DATA)
        nu = _word(m, nu_at)
        if userdata[0] == 1.0:
            length_servo(m, d, nu, userdata[1:])
        elif userdata[0] == 2.0:
            joint_servo(m, d, nu, userdata[1:])
        elif userdata[0] == 3.0:
            export(m, d, nu, _word(m, nv_at), np.int64(userdata[1]))

    return control


@functools.cache
def _offsets() -> dict[str, int]:
    """Byte offsets of the fields the callback reads, found by their values in a live model and its data."""
    model = mujoco.MjModel.from_xml_string(_PROBE)
    data = mujoco.MjData(model)
    found = {name: _find(model._address, getattr(model, name)) for name in ("nv", "nu", "neq", "nuserdata")}
    for owner, names in ((data, _DATA_POINTERS), (model, _MODEL_POINTERS)):
        found |= {name: _find(owner._address, getattr(owner, name).ctypes.data) for name in names}
    return found


_DATA_POINTERS = (
    "userdata", "ctrl", "qpos", "qvel", "actuator_length", "actuator_velocity", "actuator_moment",
    "moment_rownnz", "moment_rowadr", "moment_colind",
)  # fmt: skip
_MODEL_POINTERS = (
    "actuator_lengthrange", "actuator_gainprm", "actuator_trnid", "jnt_qposadr", "jnt_dofadr",
    "eq_obj1id", "eq_obj2id", "eq_data",
)  # fmt: skip

# Counts are chosen so that no other size of this model has the same value, and no array before one that is
# read is empty (an empty array has its successor's address).
_PROBE = (
    '<mujoco><size nuserdata="7919"/><worldbody><body mocap="true"/><body><joint type="ball"/><geom size="1"/></body>'
    + "".join(
        f'<body><joint name="j{i}" axis="1 0 0"/><joint name="k{i}" axis="0 1 0"/><geom size="1"/></body>'
        for i in range(23)
    )
    + '</worldbody><tendon><fixed><joint joint="j0" coef="1"/></fixed></tendon><equality>'
    + "".join(f'<joint joint1="j{i}" joint2="k{i}"/>' for i in range(19))
    + "</equality><actuator>"
    + "".join(f'<general joint="j{i}" dyntype="integrator"/>' for i in range(17))
    + "</actuator></mujoco>"
)


def _find(struct: int, value: int) -> int:
    """Offset of the first 8-byte word of a struct with this value."""
    offset = 0
    while _read(struct, offset) != value:
        offset += 8
    return offset


def _read(struct: int, offset: int) -> int:
    return ctypes.c_int64.from_address(struct + offset).value
