"""The baseline: what least effort at every instant would do on the same motion, ready to be scored as the body is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinesis.analysis.demand import LOWPASS_HZ, demand_of_recording
from kinesis.analysis.effort import static_optimum
from kinesis.analysis.emg.envelope import lowpass
from kinesis.evaluate.signals import Recording

_NEEDED = ("qpos", "qvel", "joint_moment_muscle")


def least_effort_activations(recordings: Sequence[Recording], criterion: str) -> list[np.ndarray] | None:
    """Activations (instant, muscle) of static optimisation of each recording; None where one lacks moments.

    Joint moments of the muscles are low-passed at `demand.LOWPASS_HZ` before, as those of people are: at the physics
    rate they shake, and what follows them would too.

    criterion: a name of `effort.CRITERIA`.
    """
    if not all(name in recording for recording in recordings for name in _NEEDED):
        return None
    found = []
    for recording in recordings:
        demand = demand_of_recording(recording)
        smooth = lowpass(demand.torque, recording.rate_hz, LOWPASS_HZ)
        found.append(static_optimum(dataclasses.replace(demand, torque=smooth), criterion).activation)
    return found
