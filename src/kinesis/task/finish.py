"""Endings: pure functions of a Moment, each (env,) bool; any of them ends an episode as a failure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kinesis.registry import Registry
from kinesis.task import kernels
from kinesis.task.moment import Moment

ENDINGS: Registry[Callable[..., np.ndarray]] = Registry("ending")


@ENDINGS.register("any_landmark")
def any_landmark(m: Moment, *, limit_m: float) -> np.ndarray:
    """Any landmark, the head among them, is further than limit_m from where it should be."""
    return kernels.any_beyond(m.arrays.landmarks, m.target.now.landmarks.numpy(), limit_m)


@ENDINGS.register("any_tracked")
def any_tracked(m: Moment, *, limit_m: float) -> np.ndarray:
    """Any tracked landmark is further than limit_m from where it should be. KINESIS trains with 0.15 m."""
    return m.tracked_distance.amax(1).numpy() > limit_m


@ENDINGS.register("mean_landmark")
def mean_landmark(m: Moment, *, limit_m: float) -> np.ndarray:
    """The tracked landmarks are further than limit_m away on average. KINESIS evaluates with 0.5 m."""
    return m.tracked_distance.mean(1).numpy() > limit_m


@ENDINGS.register("fallen")
def fallen(m: Moment, *, lowest_m: float = 0.5, least_up: float = 0.6) -> np.ndarray:
    """The pelvis is low or the trunk leans far."""
    return kernels.fallen(m.arrays.qpos, m.facing, lowest_m, least_up)
