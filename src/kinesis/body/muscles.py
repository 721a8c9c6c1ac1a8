"""Muscle laws and muscle geometry: MuJoCo's own curves, usable in batches and inside native callbacks.

Force is `gain * activation + bias`, negative when pulling [N]. The curves are those of the engine's
`mju_muscleGain`, `mju_muscleBias` and `mju_muscleDynamics`, which the tests compare with these.
"""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numba
import numpy as np

from kinesis.body.body import Body
from kinesis.errors import KinesisError

PARAMETERS = 10
"""Columns of a muscle's gain and bias parameters: range 2, F0, scale, lmin, lmax, vmax, fpmax, fvmax, unused."""


@numba.njit(cache=True)
def force_length(length: float, lmin: float, lmax: float) -> float:
    """Active force–length curve at normalised fibre length; 1 at 1, 0 outside (lmin, lmax)."""
    lower, upper = 0.5 * (lmin + 1.0), 0.5 * (1.0 + lmax)
    if length <= lmin or length >= lmax:
        return 0.0
    if length <= lower:
        x = (length - lmin) / max(1e-15, lower - lmin)
        return 0.5 * x * x
    if length <= 1.0:
        x = (1.0 - length) / max(1e-15, 1.0 - lower)
        return 1.0 - 0.5 * x * x
    if length <= upper:
        x = (length - 1.0) / max(1e-15, upper - 1.0)
        return 1.0 - 0.5 * x * x
    x = (lmax - length) / max(1e-15, lmax - upper)
    return 0.5 * x * x


@numba.njit(cache=True)
def force_velocity(velocity: float, fvmax: float) -> float:
    """Force–velocity curve at velocity in units of the maximum shortening velocity (shortening < 0)."""
    eccentric = fvmax - 1.0
    if velocity <= -1.0:
        return 0.0
    if velocity <= 0.0:
        return (velocity + 1.0) * (velocity + 1.0)
    if velocity <= eccentric:
        return fvmax - (eccentric - velocity) * (eccentric - velocity) / max(1e-15, eccentric)
    return fvmax


@numba.njit(cache=True)
def passive_force(length: float, lmax: float, fpmax: float) -> float:
    """Passive force–length curve at normalised fibre length, in units of peak force."""
    upper = 0.5 * (1.0 + lmax)
    if length <= 1.0:
        return 0.0
    x = (length - 1.0) / max(1e-15, upper - 1.0)
    if length <= upper:
        return fpmax * 0.5 * x * x
    return fpmax * (0.5 + (length - upper) / max(1e-15, upper - 1.0))


@numba.njit(cache=True)
def gain_and_bias(length: float, speed: float, length_range: np.ndarray, prm: np.ndarray) -> tuple[float, float]:
    """Force per activation and passive force [N] (both <= 0) at tendon-muscle length [m] and speed [m/s].

    length_range (2,): the model's `actuator_lengthrange`. prm: the model's `actuator_gainprm` row.
    """
    optimal = (length_range[1] - length_range[0]) / max(1e-15, prm[1] - prm[0])
    normal = prm[0] + (length - length_range[0]) / max(1e-15, optimal)
    velocity = speed / max(1e-15, optimal * prm[6])
    gain = -prm[2] * force_length(normal, prm[4], prm[5]) * force_velocity(velocity, prm[8])
    return gain, -prm[2] * passive_force(normal, prm[5], prm[7])


def fibre_and_tendon(model: mujoco.MjModel) -> tuple[np.ndarray, np.ndarray]:
    """Optimal fibre lengths L0 and tendon slack lengths LT of a model's muscles [m], each (muscle,).

    By MuJoCo's muscle: LT + L0 · range = lengthrange, the tendon rigid.
    """
    lengths, ranges = model.actuator_lengthrange, model.actuator_gainprm[:, :2]
    optimal = (lengths[:, 1] - lengths[:, 0]) / (ranges[:, 1] - ranges[:, 0])
    return optimal, lengths[:, 0] - ranges[:, 0] * optimal


def muscle_volume(model: mujoco.MjModel) -> np.ndarray:
    """(muscle,) volumes up to the specific tension: peak force times optimal fibre length [N·m]."""
    volume: np.ndarray = model.actuator_gainprm[:, 2] * fibre_and_tendon(model)[0]
    return volume


EFFORTS = ("muscle", "volume", "force", "energy")
"""What the square of an activation may count: one, the muscle's volume, or its peak force or volume squared."""
LEAST_COST = {"force": 0.05, "energy": 0.02}
"""Added to what is squared, in means of it: without it the smallest muscles would be at full activation."""


def effort_cost(model: mujoco.MjModel, by: str) -> np.ndarray:
    """(muscle,) what each muscle's squared activation counts in an effort, the mean being one.

    by: one of `EFFORTS`. By "force" the sum is that of squared forces, each muscle at its optimal length and at rest
    (after Pedotti et al. 1978, Math Biosci 38:57), and of a little of every muscle's own; by "volume" see Happee 1994,
    J Biomech 27:1303.

    Raises:
        UnknownName: for another name.
    """
    if by not in EFFORTS:
        raise KinesisError.unknown("effort", by, EFFORTS)
    if by == "muscle":
        return np.ones(model.nu)
    volume = muscle_volume(model)
    if by == "volume":
        return volume / volume.mean()
    squared = (model.actuator_gainprm[:, 2] if by == "force" else volume) ** 2
    cost: np.ndarray = squared + LEAST_COST[by] * squared.mean()
    return cost / cost.mean()


@numba.njit(cache=True)
def folded_moment_arms(
    values: np.ndarray,
    row_count: np.ndarray,
    row_address: np.ndarray,
    columns: np.ndarray,
    owner: np.ndarray,
    weight: np.ndarray,
    out: np.ndarray,
) -> None:
    """Sum the engine's sparse actuator-by-dof moments into dof-by-actuator arms, couplings folded in.

    owner (nv,): the dof that each dof follows (itself if it follows none). weight (nv,): d dof / d owner.
    out (nv, actuator) [m] is overwritten; rows of following dofs stay zero.
    """
    out[:] = 0.0
    for actuator in range(row_count.shape[0]):
        for k in range(row_address[actuator], row_address[actuator] + row_count[actuator]):
            out[owner[columns[k]], actuator] += values[k] * weight[columns[k]]


class MuscleState(NamedTuple):
    """Muscles at a posture. length [m], speed [m/s], gain and bias [N]: (muscle,); arms [m]: (joint, muscle)."""

    length: np.ndarray
    speed: np.ndarray
    gain: np.ndarray
    bias: np.ndarray
    arms: np.ndarray


def muscle_state(body: Body, data: mujoco.MjData, qpos: np.ndarray, qvel: np.ndarray) -> MuscleState:
    """Evaluate one posture (nq,), (nv,) with the engine; couplings are taken as given in qpos."""
    model = body.model
    data.qpos[:], data.qvel[:] = qpos, qvel
    mujoco.mj_fwdPosition(model, data)
    mujoco.mj_fwdVelocity(model, data)
    owner, weight = np.arange(model.nv), np.ones(model.nv)
    owner[body.couplings.dependent_dof] = body.couplings.driver_dof
    weight[body.couplings.dependent_dof] = body.couplings.slope(qpos)
    arms = np.zeros((model.nv, model.nu))
    folded_moment_arms(
        data.actuator_moment,
        data.moment_rownnz,
        data.moment_rowadr,
        data.moment_colind,
        owner,
        weight,
        arms,
    )
    length, speed = data.actuator_length.copy(), data.actuator_velocity.copy()
    pairs = zip(length, speed, model.actuator_lengthrange, model.actuator_gainprm, strict=True)
    gain, bias = np.array([gain_and_bias(*pair) for pair in pairs]).T
    return MuscleState(length, speed, gain, bias, arms[body.joint_dof])
