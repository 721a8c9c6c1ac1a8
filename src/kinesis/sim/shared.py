"""Joint torques that muscles give: static optimisation at every environment's instant, and a body driven through it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kinesis.body import Body, load
from kinesis.body.muscles import effort_cost
from kinesis.body.sharing import share_torques
from kinesis.body.state import State
from kinesis.body.torques import SHARE_OF_CAPACITY
from kinesis.errors import KinesisError
from kinesis.sim.cpu import CpuSim

RESIDUAL_WEIGHT = 10.0
"""Weight of a torque residual of one full range of that torque, beside `EFFORT` a muscle."""

EFFORT = 0.05


class Sharing:
    """Static optimisation at every instant of a simulator of muscles: activations that give joint torques.

    residual: (joint,) mean torque that the last call left unexplained [N·m].
    """

    def __init__(self, sim: CpuSim, torque_body: Body, by: str) -> None:
        """torque_body: the torque form, whose limits weigh the joints. by: what each muscle counts, see `effort_cost`.

        Raises:
            KinesisError: for a simulator that cannot say what its muscles could do.
        """
        if not isinstance(sim, CpuSim):
            raise KinesisError("static optimisation needs the CPU simulator", got=type(sim).__name__)
        limits = torque_limits(torque_body, whole=False)
        self._sim, self._dofs = sim, torch.from_numpy(sim.body.joint_dof)
        self._weight = RESIDUAL_WEIGHT / (limits[:, 1] - limits[:, 0])
        self._cost = torch.from_numpy(effort_cost(sim.body.model, by)).float()
        self.residual = torch.zeros(len(limits))

    def anew(self, excitation: Tensor) -> Tensor:
        """(env, muscle) activations that give the torques of others, were these activations already."""
        gain, bias, arms = self._muscles(slice(None))
        return self._shared(_torque(gain, bias, arms, excitation), gain, bias, arms)

    def __call__(self, torque: Tensor, ids: Tensor | slice = slice(None)) -> Tensor:
        """(env, muscle) for torques (env, joint) [N·m] of environments ids."""
        return self._shared(torque, *self._muscles(ids))

    def _muscles(self, ids: Tensor | slice) -> tuple[Tensor, Tensor, Tensor]:
        muscles = torch.from_numpy(self._sim.export_muscles().astype(np.float32))[ids]
        return muscles[:, 0], muscles[:, 1], muscles[:, 2 + self._dofs]

    def _shared(self, torque: Tensor, gain: Tensor, bias: Tensor, arms: Tensor) -> Tensor:
        activation = share_torques(torque, arms, gain, bias, self._weight, effort=EFFORT, cost=self._cost)
        self.residual = (_torque(gain, bias, arms, activation) - torque).abs().mean(0)
        return activation


def _torque(gain: Tensor, bias: Tensor, arms: Tensor, activation: Tensor) -> Tensor:
    return (arms @ (gain * activation + bias)[..., None])[..., 0]


def lead(sim: CpuSim, wanted: Tensor) -> Tensor:
    """Excitations (env, muscle) that bring activations to `wanted` within a control step, as near as they get.

    The engine's muscles follow their excitation with 10 ms, and with 40 ms when it falls, both by how active they are
    (Millard 2013, eq. 1 and 2, J Biomech Eng 135:021005); an excitation that is what is wanted comes late.
    """
    now, times = sim.state.activation, torch.from_numpy(sim.body.model.actuator_dynprm[:, :2]).float()
    slowed = 0.5 + 1.5 * now
    tau = torch.where(wanted > now, times[:, 0] * slowed, times[:, 1] / slowed)
    return (now + (wanted - now) / -torch.expm1(-1.0 / (sim.control_hz * tau))).clamp(0.0, 1.0)


def servo_torque(control: Tensor, joints: Tensor, joint_speeds: Tensor, limits: Tensor) -> Tensor:
    """The torque (env, joint) [N·m] that a joint servo asks for now, within limits (joint, 2).

    control: as `Controller.JOINT_SERVO` is given it. joints [rad], joint_speeds [rad/s]: (env, joint).
    """
    angle, speed, stiffness, damping = control.chunk(4, -1)
    torque = stiffness * (angle - joints) + damping * (speed - joint_speeds)
    return torch.maximum(torch.minimum(torque, limits[:, 1]), limits[:, 0])


def torque_limits(torque_body: Body, *, whole: bool) -> Tensor:
    """(joint, 2) [N·m] of a torque form or, whole, of the muscles, of whose capacity it may use a share."""
    limits = torch.from_numpy(torque_body.model.actuator_ctrlrange).float()
    return limits / SHARE_OF_CAPACITY if whole else limits


class SharedSim(CpuSim):
    """The muscles of a torque form's skeleton, given what its joint servos are given.

    At every control step the servos' torques are shared among the muscles by static optimisation, and the muscles are
    what is simulated, with their lag, their forces by length and speed, and their limits. A policy of fourteen torques
    so learns on the body that another, of eighty excitations, is to move like it.
    """

    def __init__(self, body: Body, num_envs: int, *, by: str, **options: Any) -> None:
        """body: the torque form. by: what each muscle counts, see `effort_cost`. options: as for `CpuSim`."""
        if body.actuation != "torque":
            raise KinesisError("only joint torques are shared among muscles", where=body.name, got=body.actuation)
        options.pop("controller", None)
        super().__init__(load(body.skeleton), num_envs, **options)
        self._share, self._limits = Sharing(self, body, by), torque_limits(body, whole=True)
        self._joints = torch.from_numpy(self.body.joint_qpos), torch.from_numpy(self.body.joint_dof)

    def step(self, control: Tensor) -> None:
        """See `Backend`; control as for `Controller.JOINT_SERVO`."""
        angles, speeds = self.state.qpos[:, self._joints[0]], self.state.qvel[:, self._joints[1]]
        super().step(lead(self, self._share(servo_torque(control, angles, speeds, self._limits))))

    def reset(self, ids: Tensor, state: State) -> None:
        """See `Backend`; torques in place of activations are shared."""
        if state.activation.shape[-1] != len(self._limits) or not len(ids):
            super().reset(ids, state)
            return
        super().reset(ids, replace(state, activation=torch.zeros(len(ids), self.model.na)))
        super().reset(ids, replace(state, activation=self._share(state.activation, ids)))
