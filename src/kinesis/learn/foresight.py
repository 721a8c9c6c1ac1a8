"""Foresight: what a body will do under excitations, and how that will end, as networks with a gradient.

A policy is improved through them instead of by trying: gradients of what the next third of a second will cost, and of
what is to be expected then, flow back through the dynamics into its weights. After SuperTrack (Fussell, Bergamin &
Holden 2021, ACM TOG 40:197), which foresees without an outlook, and value gradients (Heess et al. 2015, NeurIPS
28:2944). What is known is not learnt: muscles and bones are `body/twin`.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from kinesis.body import Body
from kinesis.body.twin import Bones, Levers, activation_after, rotated_by, turned
from kinesis.learn.on_top import UNIT_NM
from kinesis.task import TaskConfig
from kinesis.task.twin import Goal, Instant, facing, heading_gap, in_heading

ODD = 20.0
"""Steps in which the root or a joint changes its speed by more than this [m/s, rad/s] are not learnt from."""
_FAR, _WORST = 8.0, 25.0
"""Inputs are taken up to so many standard deviations, squared errors up to so many variances."""


class Normal(nn.Module):
    """A network whose inputs, and where they are given its outputs, have been brought to unit spread."""

    middle: Tensor
    spread: Tensor
    out_middle: Tensor
    out_spread: Tensor

    def __init__(self, inputs: int, outputs: int, width: int, hidden: int) -> None:
        super().__init__()
        sizes = [inputs, *[width] * hidden]
        layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*layers, nn.Linear(width, outputs))
        for name, count in (("middle", inputs), ("spread", inputs), ("out_middle", outputs), ("out_spread", outputs)):
            self.register_buffer(name, torch.full((count,), float("spread" in name)))

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs in units of their spread."""
        out: Tensor = self.layers(((inputs - self.middle) / self.spread).clamp(-_FAR, _FAR))
        return out

    @torch.no_grad()
    def measure(self, inputs: Tensor, outputs: Tensor | None = None) -> None:
        """Take what is normal from examples (example, ...)."""
        self.middle.copy_(inputs.mean(0))
        self.spread.copy_(inputs.std(0) + 1e-4)
        if outputs is not None:
            self.out_middle.copy_(outputs.mean(0))
            self.out_spread.copy_(outputs.std(0) + 1e-5)


class Dynamics(nn.Module):
    """One control step of a body driven by its muscles, on level ground."""

    def __init__(self, body: Body, task: TaskConfig, levers: Levers, width: int = 384, hidden: int = 3) -> None:
        """levers: fitted to the body, and left as they are."""
        super().__init__()
        self.body, self.bones, self._levers = body, Bones(body), (levers.requires_grad_(requires_grad=False),)
        self.step_s = 1.0 / task.control_hz
        self.substeps = round(task.physics_hz / task.control_hz)
        joints, feet = len(body.joints), len(body.feet)
        self.moves, self._unit = 6 + joints, torch.tensor(UNIT_NM)
        self._feet = torch.tensor([body.landmarks.index(name) for name in body.feet])
        self.network = Normal(10 + 4 * joints + 5 * feet, 2 * self.moves + feet, width, hidden)

    def _inputs(self, now: Instant, activation: Tensor) -> Tensor:
        """What the next step depends on, in the heading frame; activation: after the step."""
        heading = facing(now.rotation)
        torque = self._levers[0].torque(now.joints, now.speeds, torch.stack([now.activation, activation], 1))
        parts = [
            now.position[:, 2:],
            now.rotation[:, 2],
            in_heading(now.velocity, heading),
            0.2 * now.spin,
            now.joints,
            0.1 * now.speeds,
            (torque / self._unit).flatten(1),
            now.load,
            10.0 * now.landmarks[:, self._feet, 2],
            in_heading(now.landmark_speeds[:, self._feet], heading).flatten(1),
        ]
        return torch.cat(parts, 1)

    def _activation(self, now: Instant, excitation: Tensor) -> Tensor:
        return activation_after(self.body, now.activation, excitation, self.step_s / self.substeps, self.substeps)

    def after(self, now: Instant, excitation: Tensor) -> Instant:
        """The Instant one control step later, under an excitation (env, muscle)."""
        activation, heading = self._activation(now, excitation), facing(now.rotation)
        found = self.network(self._inputs(now, activation)) * self.network.out_spread + self.network.out_middle
        gained, extra, load = found.split([self.moves, self.moves, found.shape[1] - 2 * self.moves], 1)
        back = heading * torch.tensor([1.0, -1.0])
        velocity = now.velocity + in_heading(gained[:, :3], back)
        spin, speeds = now.spin + gained[:, 3:6], now.speeds + gained[:, 6:]
        position = now.position + self.step_s * (now.velocity + in_heading(extra[:, :3], back))
        rotation = now.rotation @ rotated_by(self.step_s * (now.spin + extra[:, 3:6]))
        joints = now.joints + self.step_s * (now.speeds + extra[:, 6:])
        marks = self.bones.moving(position, rotation, joints, velocity, spin, speeds)
        return Instant(position, rotation, velocity, spin, joints, speeds, activation, load, *marks)

    @torch.no_grad()
    def examples(self, now: Instant, excitation: Tensor, then: Instant) -> tuple[Tensor, Tensor]:
        """Inputs and outputs of steps that were taken, without odd ones.

        Outputs: speeds that root and joints gain, what their mean speed is beyond that at the beginning, and loads.
        """
        heading = facing(now.rotation)
        gained = in_heading(then.velocity - now.velocity, heading), then.spin - now.spin, then.speeds - now.speeds
        moved = (
            in_heading((then.position - now.position) / self.step_s - now.velocity, heading),
            turned(now.rotation.transpose(1, 2) @ then.rotation) / self.step_s - now.spin,
            (then.joints - now.joints) / self.step_s - now.speeds,
        )
        inputs = self._inputs(now, self._activation(now, excitation))
        outputs = torch.cat([*gained, *moved, then.load], 1)
        usual = (outputs[:, : self.moves].abs() < ODD).all(1)
        return inputs[usual], outputs[usual]

    def loss(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """Mean squared error of examples, in variances."""
        wanted = (outputs - self.network.out_middle) / self.network.out_spread
        found: Tensor = self.network(inputs)
        return (found - wanted).square().clamp_max(_WORST).mean()


def apart(now: Instant, goal: Goal) -> Tensor:
    """How a body differs from what it intends (env, number): what an `Outlook` is given."""
    heading, scale = facing(now.rotation), torch.tensor([5.0, 5.0])
    off = torch.zeros_like(now.position)
    off[:, :2] = goal.position - now.position[:, :2]
    parts = [
        (5.0 * in_heading(goal.landmarks[:, 0] - now.landmarks, heading)).clamp(-3.0, 3.0).flatten(1),
        (0.5 * in_heading(goal.landmark_speeds - now.landmark_speeds, heading)).clamp(-3.0, 3.0).flatten(1),
        (scale * in_heading(off, heading)[:, :2]).clamp(-0.6, 0.6),
        heading_gap(heading, facing(goal.rotation)),
        now.rotation[:, 2],
        in_heading(now.velocity, heading),
        0.2 * now.spin,
        now.joints,
        goal.joints[:, -1] - now.joints,
        now.load,
    ]
    return torch.cat(parts, 1)


class Outlook(nn.Module):
    """What is still to be expected, (env,) and positive, of how a body differs from what it intends."""

    def __init__(self, inputs: int, scale: float, width: int = 192) -> None:
        """scale: of what is to be expected."""
        super().__init__()
        self.scale, self.network = scale, Normal(inputs, 1, width, 2)

    def forward(self, differs: Tensor) -> Tensor:
        """Of (env, number), see `apart`."""
        expected: Tensor = self.scale * nn.functional.softplus(self.network(differs)[:, 0] + 1.0)
        return expected
