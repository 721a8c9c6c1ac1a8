"""Endings: pure functions of a Moment, each (env,) bool; any of them ends an episode as a failure."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from kinesis.registry import Registry
from kinesis.task import kernels
from kinesis.task.moment import Moment

ENDINGS: Registry[Callable[..., Tensor]] = Registry("ending")


@ENDINGS.register("any_landmark")
def any_landmark(m: Moment, *, limit_m: float) -> Tensor:
    """Any landmark, the head among them, is further than limit_m from where it should be."""
    marks = m.now.landmarks.numpy(), m.target.now.landmarks.numpy()
    return torch.from_numpy(kernels.any_beyond(*marks, limit_m))


@ENDINGS.register("any_tracked")
def any_tracked(m: Moment, *, limit_m: float) -> Tensor:
    """Any tracked landmark is further than limit_m from where it should be. KINESIS trains with 0.15 m."""
    return m.tracked_distance.amax(1) > limit_m


@ENDINGS.register("mean_landmark")
def mean_landmark(m: Moment, *, limit_m: float) -> Tensor:
    """The tracked landmarks are further than limit_m away on average. KINESIS evaluates with 0.5 m."""
    return m.tracked_distance.mean(1) > limit_m


@ENDINGS.register("fallen")
def fallen(m: Moment, *, lowest_m: float = 0.5, least_up: float = 0.6) -> Tensor:
    """The pelvis is low or the trunk leans far."""
    return torch.from_numpy((m.now.qpos.numpy()[:, 2] < lowest_m) | (m.facing[:, 4] < least_up))
