"""How high a runner leaps: free fall in the air, and on the ground a push of half a sine (Alexander 1989).

A leg reaches no further in longer steps at the same speed: who takes them, or stands on each foot for less time than
the average, must fly longer, and so higher.
"""

from __future__ import annotations

import numpy as np

from kinesis.motion.gait.skeleton import GRAVITY
from kinesis.motion.gait.spec import Style

LONGEST = 0.47
"""Stance of a runner as a share of the cycle: there is some flight."""
HEEL_RISES = 3.0
"""How much sooner the heel of a runner with a shorter stance rises (ours)."""


def shortened(timing: np.ndarray, style: Style) -> np.ndarray:
    """Timing (frame, 4) of a foot, see `Table`, by the style's cadence and flight; the heel rises sooner then."""
    toe_off, flat_from, flat_until, tilt = timing.T
    share = style.cadence * (1.0 - style.flight)
    kept = float(np.clip(1.0 - HEEL_RISES * (1.0 - share), 0.0, 1.0))
    flat_until = flat_from + kept * (flat_until - flat_from)
    return np.stack([np.minimum(share * toe_off, LONGEST), flat_from, flat_until, tilt], -1)


def rise(phase: np.ndarray, toe_off: np.ndarray, step_s: np.ndarray) -> np.ndarray:
    """Height of the centre of mass over that at touch-down (frame,) [m], at the phase of the right leg [cycle].

    toe_off: (frame,) [cycle], below half. step_s: (frame,) time from step to step.
    The force's mean over a step is the weight; its integral twice from landing with the speed of the fall.
    """
    stance_s = np.minimum(2.0 * toe_off, 1.0) * step_s
    time_s = (2.0 * phase) % 1.0 * step_s
    wave = step_s * stance_s / np.pi * np.sin(np.pi * np.minimum(time_s / stance_s, 1.0))
    pushed = stance_s * time_s - time_s**2 - wave
    flown = (step_s - time_s) * (time_s - stance_s)
    return 0.5 * GRAVITY * np.where(time_s < stance_s, pushed, flown)
