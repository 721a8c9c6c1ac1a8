"""What a body that is foreseen costs in a step, with a gradient: how far it is from the motion, and how it drives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from kinesis.task.twin import Goal, Instant


@dataclass(frozen=True)
class Costs:
    """What costs one in a step: landmarks, joints, speeds and the root's orientation off by so much.

    effort: of the mean squared activation. change: of the mean squared difference from the expert's first answer.
    """

    distance_m: float = 0.075
    joints_deg: float = 16.0
    speed_mps: float = 2.5
    lean_rad: float = 0.45
    effort: float = 5.0
    change: float = 40.0

    def __call__(self, now: Instant, before: Goal, wanted: Goal, tracked: Tensor) -> Tensor:
        """(env,) of a body where something was wanted; before: what it saw ahead a step earlier."""
        return (
            distance(now, wanted, tracked) / self.distance_m
            + _length(now.joints - wanted.joints_now) / now.joints.shape[1] ** 0.5 / np.deg2rad(self.joints_deg)
            + _length(now.landmark_speeds - before.landmark_speeds).mean(1) / self.speed_mps
            + (now.rotation - before.rotation).square().sum((1, 2)) / 2 / self.lean_rad**2
            + self.effort * now.activation.square().mean(1)
        )


def distance(now: Instant, wanted: Goal, tracked: Tensor) -> Tensor:
    """(env,) mean distance of the tracked landmarks from the motion [m]."""
    return _length(now.landmarks[:, tracked] - wanted.landmarks_now[:, tracked]).mean(1)


def _length(values: Tensor) -> Tensor:
    return (values.square().sum(-1) + 1e-5).sqrt()
