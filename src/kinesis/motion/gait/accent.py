"""A person's accent: periodic deviations from the average gait, drawn once per person.

People differ from the mean by more than a factor or an offset: each has curves of his own, alike in every
stride and nearly alike on both sides. Here they are a mean and two harmonics of the stride for every joint, for the
turning of the pelvis and for its path; and what recorded people have more of than the average: a pelvis that goes
on fastest while both feet stand, tilts twice a stride and rises, and a leg bent more as it swings.
"""

from __future__ import annotations

import numpy as np

from kinesis.motion.gait import harmonics
from kinesis.motion.gait.pattern import Posture
from kinesis.motion.gait.spec import Style

LEGS = np.array([1.0, 0.4, 0.7, 1.2, 0.8, 0.0])
"""Size by joint: hip flexion, adduction, rotation, knee, ankle; the subtalar joint follows the ground."""
PELVIS = np.array([0.5, 0.3, 0.6])
"""Size of tilt, obliquity and rotation."""
ORDERS = np.array([1.0, 1.0, 0.6])
"""Size of the mean and of both harmonics."""
ASYMMETRY = 0.25
"""Share of the deviations that is of one leg only."""
PATH = np.array([[0.0, 0.0, 0.3], [0.0, 0.7, 0.0], [0.0, 0.2, 1.0]])
"""Size by direction (forward, left, up) of the mean and of both harmonics: twice a stride but sideways."""
LEAST_KNEE_RAD = 0.06
SURGE_RAD, NOD_RAD, SPRING_RAD = np.deg2rad([105.0, -26.0, -30.0])
"""Where, at twice the stride's rhythm from touch-down, the pelvis is farthest ahead, most tilted, highest (ours)."""
STRAY_RAD = 0.4
"""Standard deviation of these among people."""
KICK = (0.36, 0.94)
"""Part of the cycle in which a swinging leg is bent more."""
KICK_HIP = 0.45
"""The hip's share of it."""
LIFT, LIFT_HIP = (0.52, 1.0), 0.15
"""Part of the cycle in which the hip of a runner takes part, once the heel has come up, and its share then."""
KICK_ANKLE = 0.4
"""The ankle's share of it in runners, whose toes point backward as the heel comes up."""


def accent(
    posed: Posture, wander: np.ndarray, phase: np.ndarray, style: Style, weight: np.ndarray, runs: np.ndarray
) -> None:
    """Add the accent of `style` to a posture and to the pelvis's wander (frame, 3) [m], in place.

    phase: (frame,) of the right leg [cycle]. weight: (frame,) of moving, 0 where the person stands. runs: (frame,) of
    running.
    """
    rng = np.random.default_rng([style.seed, 1])
    order = np.array([0, 1, 2, 1, 2])  # of the terms of `harmonics.basis`
    common = rng.normal(size=(6, 5))
    for side in range(2):
        own = (1.0 - ASYMMETRY) * common + ASYMMETRY * rng.normal(size=(6, 5))
        own = style.accent_rad * own * LEGS[:, None] * ORDERS[order]
        posed.legs[side] += weight[:, None] * _curve(phase + 0.5 * side, own)
        kick = style.kick_rad * weight
        back, up = (kick * _bump(phase + 0.5 * side, part) for part in (KICK, LIFT))
        posed.legs[side][:, 3] += back
        posed.legs[side][:, 0] += KICK_HIP * (1.0 - runs) * back + LIFT_HIP * runs * up
        posed.legs[side][:, 4] -= KICK_ANKLE * runs * back
    posed.legs[..., 3] = np.logaddexp(0.0, (posed.legs[..., 3] - LEAST_KNEE_RAD) / 0.03) * 0.03 + LEAST_KNEE_RAD
    pelvis = style.accent_rad * rng.normal(size=(3, 5)) * PELVIS[:, None] * ORDERS[order]
    pelvis[0, order == 1], pelvis[1:, order != 1] = 0.0, 0.0
    posed.pelvis[:] += weight[:, None] * _curve(phase, pelvis)
    path = style.bounce_m * rng.normal(size=(3, 5)) * PATH[:, order]
    wander += weight[:, None] * _curve(phase, path)
    surge, nod, spring = np.array([SURGE_RAD, NOD_RAD, SPRING_RAD]) + STRAY_RAD * rng.normal(size=3)
    wander[:, 0] += weight * style.surge_m * np.cos(4.0 * np.pi * phase - surge)
    wander[:, 2] += weight * style.spring_m * np.cos(4.0 * np.pi * phase - spring)
    posed.pelvis[:, 0] += weight * style.nod_rad * np.cos(4.0 * np.pi * phase - nod)


def _bump(phase: np.ndarray, part: tuple[float, float]) -> np.ndarray:
    """(frame,) from 0 outside of a part of the cycle to 1 in its middle, at the phase of that leg [cycle]."""
    share = np.clip((phase % 1.0 - part[0]) / (part[1] - part[0]), 0.0, 1.0)
    return np.sin(np.pi * share) ** 2


def _curve(phase: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """(frame, k) from coefficients (k, 5) laid out as `harmonics.basis`."""
    return harmonics.basis(phase, 2) @ coefficients.T
