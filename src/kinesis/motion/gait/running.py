"""Running: key events of joint angles by dimensionless speed, laid out as in `walking`.

They began as whole degrees at whole percents, rounded from the ranges of Novacheck 1998, "The biomechanics of running",
Gait Posture 7:77 (jogging and running, hip, knee, ankle, pelvis), Hamner & Delp 2013, J Biomech 46:780
(2 to 5 m/s) and Schache et al. 2011, Med Sci Sports Exerc 43:1260 (3.5 to 9 m/s). Rearfoot strike.

They were then moved, by half degrees and mostly by less than four, until on this skeleton the pelvis passes over
a foot that stands still at an even pace, and rises and falls as a force of half a sine lets it: without that
the pelvis would be thrown to and fro with 2 g, which nobody can follow.
"""

from __future__ import annotations

import numpy as np

SPEEDS = np.array([0.60, 0.86, 1.10, 1.40])
"""Dimensionless speed of the columns below: about 1.75, 2.5, 3.2 and 4.1 m/s for a leg of 0.87 m."""

TILT_DEG = np.array([10.0, 11.0, 11.0, 14.0])
"""Forward tilt of pelvis and trunk."""

HIP_FLEXION = (
    ((0, 0, 0, 0), (25, 32.5, 35, 39)),
    ((16, 15, 14, 13), (25.5, 26.5, 27.5, 28)),
    ((34, 31, 28, 26), (0, -1.5, -2, -3.5)),
    ((45, 42, 40, 38), (-5, -9.5, -12.5, -15.5)),
    ((60, 58, 57, 56), (7, 12, 16, 18)),
    ((82, 81, 80, 79), (38, 43, 48, 53)),
    ((93, 93, 93, 93), (29.5, 32, 35, 39)),
)
KNEE_FLEXION = (
    ((0, 0, 0, 0), (10.5, 15, 15, 15)),
    ((17, 16, 15, 14), (38.5, 40.5, 41, 37.5)),
    ((37, 34, 31, 29), (17, 20, 22, 18)),
    ((45, 42, 39, 37), (23.5, 22, 22, 22)),
    ((69, 68, 67, 66), (76, 85, 94, 104)),
    ((85, 85, 85, 85), (35, 38, 43, 49)),
    ((95, 95, 95, 95), (10.5, 11, 9.5, 10.5)),
)
ANKLE_DORSIFLEXION = (
    ((0, 0, 0, 0), (0.5, 8.5, 11, 16)),
    ((5, 5, 5, 5), (2.5, -1.5, -2.5, -3)),
    ((21, 19, 18, 17), (24.5, 27.5, 25, 20.5)),
    ((43, 40, 37, 34), (0.5, -5, -8.5, -14.5)),
    ((55, 52, 50, 48), (-11, -12, -15, -14)),
    ((75, 75, 75, 75), (6, 2, 3, 3)),
    ((90, 90, 90, 90), (3, 4, 5, 4)),
)
HIP_ADDUCTION = (
    ((0, 0, 0, 0), (2, 2, 2, 2)),
    ((16, 16, 16, 16), (6, 7, 8, 8)),
    ((42, 42, 42, 42), (0, -1, -1, -2)),
    ((60, 60, 60, 60), (-3, -4, -5, -5)),
    ((85, 85, 85, 85), (1, 1, 1, 1)),
)
HIP_ROTATION = (
    ((0, 0, 0, 0), (-3, -3, -3, -3)),
    ((30, 30, 30, 30), (-2, -2, -2, -2)),
    ((60, 60, 60, 60), (-4, -4, -4, -4)),
)
PELVIS_OBLIQUITY = (
    ((5, 5, 5, 5), (1, 1, 1, 1)),
    ((17, 17, 17, 17), (3, 3, 4, 4)),
    ((40, 40, 40, 40), (0, 0, 0, 0)),
    ((55, 55, 55, 55), (-1, -1, -1, -1)),
    ((67, 67, 67, 67), (-3, -3, -4, -4)),
    ((90, 90, 90, 90), (0, 0, 0, 0)),
)
PELVIS_ROTATION = (
    ((5, 5, 5, 5), (1, 1, 1, 1)),
    ((40, 40, 40, 40), (-4, -4, -5, -6)),
    ((55, 55, 55, 55), (-1, -1, -1, -1)),
    ((90, 90, 90, 90), (4, 4, 5, 6)),
)
TOE_OFF = np.array([0.43, 0.385, 0.35, 0.31])
"""Stance as a share of the cycle (Novacheck 1998: 39 % when running at 3.2 m/s, less when faster)."""
FLAT = (np.array([0.07, 0.07, 0.06, 0.06]), np.array([0.20, 0.17, 0.15, 0.13]))
"""Foot flat from and until, as a share of the cycle."""


def steps_per_s(speed: np.ndarray) -> np.ndarray:
    """Dimensionless step rate at dimensionless speed (...): 2.75 steps/s at 1.8 m/s, 3.05 at 4 m/s.

    After Cavanagh & Kram 1989, Med Sci Sports Exerc 21:467: the step rate hardly rises with speed.
    """
    return 0.75 + 0.115 * speed
