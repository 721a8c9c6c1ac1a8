"""Reward terms: pure functions of a Moment, each (env,); a recipe weighs and sums them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from kinesis.body.state import State, facing
from kinesis.registry import Registry
from kinesis.task.moment import Moment, Tables

REWARDS: Registry[Callable[..., Tensor]] = Registry("reward")


@REWARDS.register("position")
def position(m: Moment, *, k: float) -> Tensor:
    """exp(-k · mean squared error per axis of all landmarks). k [1/m²]. After DeepMimic (Peng 2018), eq. 6."""
    return torch.exp(-k * m.landmark_error.square().mean((1, 2)))


REWARDS.register("precise_position")(position)
"""The same under a name of its own, for a task that has it twice: wide, to be led back, and narrow, to come close."""


@REWARDS.register("velocity")
def velocity(m: Moment, *, k: float) -> Tensor:
    """exp(-k · mean squared velocity error per axis of all landmarks). k [s²/m²]."""
    error = m.target.now.landmark_velocities - m.now.landmark_velocities
    return torch.exp(-k * error.square().mean((1, 2)))


@REWARDS.register("kinesis_position")
def kinesis_position(m: Moment, *, k: float) -> Tensor:
    """`position` over the seven tracked landmarks. KINESIS (Simos 2025)."""
    return torch.exp(-k * m.tracked_error.square().mean((1, 2)))


@REWARDS.register("kinesis_velocity")
def kinesis_velocity(m: Moment, *, k: float) -> Tensor:
    """`velocity` over the seven tracked landmarks. KINESIS (Simos 2025)."""
    tracked = m.tables.tracked
    error = m.target.now.landmark_velocities[:, tracked] - m.now.landmark_velocities[:, tracked]
    return torch.exp(-k * error.square().mean((1, 2)))


@REWARDS.register("catch_up")
def catch_up(m: Moment, *, k: float, time_s: float) -> Tensor:
    """exp(-k · squared error of the root's level velocity), wanted: the reference's, and the way to it in time_s.

    A drift is paid back late by `position`; here every step towards the reference counts at once. k [s²/m²].
    """
    now, wanted = m.now, m.target.now
    way = (wanted.qpos[:, :2] - now.qpos[:, :2]) / time_s
    return torch.exp(-k * (wanted.qvel[:, :2] + way - now.qvel[:, :2]).square().sum(1))


@REWARDS.register("joints")
def joints(m: Moment, *, k: float) -> Tensor:
    """exp(-k · summed squared joint angle error). k [1/rad²]. After DeepMimic (Peng 2018), eq. 4."""
    error = m.target.now.qpos[:, m.tables.joint_qpos] - m.joints
    return torch.exp(-k * error.square().sum(1))


@REWARDS.register("upright")
def upright(m: Moment, *, k: float) -> Tensor:
    """exp(-k · (1 - cosine of the root's lean against the wanted root's up))."""
    up = torch.from_numpy(facing(m.target.now.qpos.numpy()[:, 3:7])[:, 2:])
    return torch.exp(-k * (1.0 - (up * m.up_b).sum(-1)))


@REWARDS.register("effort")
def effort(m: Moment, *, k: float, power: float = 2.0) -> Tensor:
    """exp(-k · mean activation to a power); 3 after Crowninshield & Brand (1981), 2 after Kaufman et al. (1991)."""
    return torch.exp(-k * m.now.activation.pow(power).mean(1))


@REWARDS.register("volume_effort")
def volume_effort(m: Moment, *, k: float) -> Tensor:
    """exp(-k · mean squared activation, each muscle by its volume). After Happee (1994)."""
    return torch.exp(-k * (m.tables.volume * m.now.activation.square()).mean(1))


@REWARDS.register("torque_effort")
def torque_effort(m: Moment, *, k: float) -> Tensor:
    """exp(-k · mean squared joint torque in units of its limit); torque forms only."""
    return torch.exp(-k * (m.now.activation / m.tables.torque_scale).square().mean(1))


@REWARDS.register("smoothness")
def smoothness(m: Moment, *, k: float) -> Tensor:
    """exp(-k · mean squared difference of excitation and activation), which is what excitation was of late."""
    return torch.exp(-k * (m.control - m.now.activation).square().mean(1))


@REWARDS.register("joint_stops")
def joint_stops(m: Moment, *, k: float, margin_rad: float) -> Tensor:
    """exp(-k · summed squared angle within margin_rad of a joint's end), where ligaments would bear. k [1/rad²]."""
    low, high = m.tables.joint_range.unbind(1)
    near = (margin_rad - torch.minimum(m.joints - low, high - m.joints)).clamp_min(0.0)
    return torch.exp(-k * near.square().sum(1))


@REWARDS.register("impact")
def impact(m: Moment, *, k: float, limit_bw: float) -> Tensor:
    """exp(-k · summed squared vertical force of a foot beyond limit_bw). Forces in body weights."""
    lift = m.now.ground_force[..., 2].unflatten(1, (2, -1)).sum(2) / m.tables.weight_n
    return torch.exp(-k * (lift - limit_bw).clamp_min(0.0).square().sum(1))


@REWARDS.register("foot_slip")
def foot_slip(m: Moment, *, k: float) -> Tensor:
    """exp(-k · summed squared level speed of heels and toes, by the share of the body's weight on each). k [s²/m²]."""
    share = (m.now.ground_force[..., 2] / m.tables.weight_n).clamp(0.0, 1.0)
    speed = m.now.landmark_velocities[:, m.tables.feet, :2].square().sum(2)
    return torch.exp(-k * (share * speed).sum(1))


SWINGS_M = ((0.03, 0.042), (0.054, 0.064))
"""Heights of heel bone and ball over which a wanted foot goes from standing to swinging; both bear at 0.02 m, and a
ball rolls up to 0.05 m over its toes before it leaves."""


@REWARDS.register("swing_load")
def swing_load(m: Moment, *, k: float) -> Tensor:
    """exp(-k · summed squared vertical force on feet that ought to swing). Forces in body weights; see `SWINGS_M`."""
    lift = (m.now.ground_force[..., 2].unflatten(1, (2, -1)).sum(2) / m.tables.weight_n).clamp(0.0, 1.0)
    height = m.target.now.landmarks[:, m.tables.feet, 2].unflatten(1, (2, -1))
    low, high = torch.tensor(SWINGS_M).T
    swings = ((height - low) / (high - low)).clamp(0.0, 1.0).prod(2)
    return torch.exp(-k * (swings * lift.square()).sum(1))


class _Feet(NamedTuple):
    """Of every foot: lift (env, 2) in body weights, and place (env, 2, 2) of its centre from its heel, world [m]."""

    lift: Tensor
    place: Tensor


def _feet(state: State, tables: Tables) -> _Feet:
    force = state.ground_force[..., 2].unflatten(1, (2, -1)).clamp_min(0.0) / tables.weight_n
    lift = force.sum(2)
    centre = (force[..., None] * state.pressure[..., :2].unflatten(1, (2, -1))).sum(2) / lift.clamp_min(1e-9)[..., None]
    return _Feet(lift, centre - state.landmarks[:, tables.feet, :2].unflatten(1, (2, -1))[:, :, 0])


@REWARDS.register("load")
def load(m: Moment, *, k: float) -> Tensor:
    """exp(-k · summed squared error of the vertical force on each foot). Body weights; see `motion/ground`."""
    return torch.exp(-k * (_feet(m.now, m.tables).lift - _feet(m.target.now, m.tables).lift).square().sum(1))


@REWARDS.register("pressure")
def pressure(m: Moment, *, k: float) -> Tensor:
    """exp(-k · summed squared error of where each foot is borne, from its heel, by its load). k [1/m²]."""
    now, wanted = _feet(m.now, m.tables), _feet(m.target.now, m.tables)
    share = torch.minimum(now.lift, wanted.lift).clamp_max(1.0)
    return torch.exp(-k * (share * (now.place - wanted.place).square().sum(2)).sum(1))


@REWARDS.register("kinesis_upright")
def kinesis_upright(m: Moment, *, k: float) -> Tensor:
    """exp(-k (roll² + pitch²)), small angles taken from the up direction. KINESIS (Simos 2025)."""
    return torch.exp(-k * torch.asin(m.up_b[:, :2].clamp(-1, 1)).square().sum(1))


@REWARDS.register("kinesis_energy")
def kinesis_energy(m: Moment, *, k: float) -> Tensor:
    """exp(-k (‖u‖₁ + ‖u‖₂)) of the excitations u. KINESIS (Simos 2025)."""
    u = m.control
    return torch.exp(-k * (u.abs().sum(1) + torch.linalg.vector_norm(u, dim=1)))


@REWARDS.register("alive")
def alive(m: Moment) -> Tensor:
    """One."""
    return torch.ones(len(m.action))
