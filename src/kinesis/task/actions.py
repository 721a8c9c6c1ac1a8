"""Action laws: what a policy's numbers mean. Each turns an action (env, action) into a control for the simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.registry import Registry
from kinesis.sim import Controller
from kinesis.sim.shared import servo_torque
from kinesis.task.config import FORWARD
from kinesis.task.moment import Moment

STIFFNESS = (300.0, 250.0, 100.0, 300.0, 250.0, 60.0, 8.0) * 2
DAMPING = (12.0, 10.0, 3.0, 8.0, 6.0, 1.5, 0.3) * 2
"""Joint servo of the torque form, in `Body.joints` order [N·m/rad], [N·m·s/rad]."""

RESIDUAL_RAD = 0.3
"""A torque policy's action of one moves the servo's target angle by this much."""


@dataclass(frozen=True)
class Law:
    """control(moment, action, constants) and the controller that takes it; width is the action's.

    drives: which actuation of a Body the law is for. centre: the action that a new policy starts around.
    span: lowest and highest action that makes a difference.
    """

    controller: Controller
    drives: str
    centre: float
    span: tuple[float, float]
    prepare: Callable[[Body], Tensor]
    control: Callable[[Moment, Tensor, Tensor], Tensor]


LAWS: Registry[Law] = Registry("action law")


def _nothing(_body: Body) -> Tensor:
    return torch.zeros(0)


def _excitation(_moment: Moment, action: Tensor, _constants: Tensor) -> Tensor:
    """Excitation = action, clipped to [0, 1]."""
    return action.clamp(0.0, 1.0)


def _centred(_moment: Moment, action: Tensor, _constants: Tensor) -> Tensor:
    """Excitation = (action + 1) / 2, clipped: the `direct` law of KINESIS."""
    return (0.5 * (action + 1.0)).clamp(0.0, 1.0)


def _longest(body: Body) -> Tensor:
    return torch.from_numpy(body.model.actuator_lengthrange[:, 1]).float()


def _length(_moment: Moment, action: Tensor, longest: Tensor) -> Tensor:
    """Target muscle length = (action + 1) / 2 of the longest [m]: the `PD` law of KINESIS."""
    return (0.5 * (action + 1.0)).clamp(0.0, 1.0) * longest


def _servo(body: Body) -> Tensor:
    return torch.tensor([STIFFNESS, DAMPING])


def _joint(moment: Moment, action: Tensor, servo: Tensor) -> Tensor:
    """Target angle = wanted angle + residual, target speed = wanted speed, at the next control step."""
    tables, ahead = moment.tables, moment.target.ahead
    angle = ahead.qpos[:, 0, tables.joint_qpos] + RESIDUAL_RAD * action
    speed = ahead.qvel[:, 0, tables.joint_dof]
    return torch.cat([angle, speed, servo[0].expand_as(angle), servo[1].expand_as(angle)], -1)


def _joint_forward(moment: Moment, action: Tensor, servo: Tensor) -> Tensor:
    """As `_joint`, and the torque that the motion takes by inverse dynamics besides: what is left is balance."""
    return _joint(moment, action + moment.target.ahead.activation[:, 0] / (RESIDUAL_RAD * servo[0]), servo)


def joint_torque(law: Law, moment: Moment, action: Tensor, limits: Tensor) -> Tensor:
    """The torque (env, joint) [N·m] that a joint servo asks for now, within limits (joint, 2)."""
    control = law.control(moment, action, torch.tensor([STIFFNESS, DAMPING]))
    return servo_torque(control, moment.joints, moment.joint_speeds, limits)


LAWS.register("excitation")(Law(Controller.NONE, "muscle", 0.05, (0.0, 1.0), _nothing, _excitation))
LAWS.register("excitation_centred")(Law(Controller.NONE, "muscle", -0.9, (-1.0, 1.0), _nothing, _centred))
LAWS.register("length_servo")(Law(Controller.LENGTH_SERVO, "muscle", 0.0, (-1.0, 1.0), _longest, _length))
LAWS.register("joint_servo")(Law(Controller.JOINT_SERVO, "torque", 0.0, (-3.0, 3.0), _servo, _joint))
LAWS.register(FORWARD)(Law(Controller.JOINT_SERVO, "torque", 0.0, (-3.0, 3.0), _servo, _joint_forward))
