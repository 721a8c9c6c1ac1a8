"""Walking: key events of the normative joint angles by dimensionless speed.

Degrees at percents of the cycle (0 = heel strike). They began as whole degrees, rounded from the ranges that
the literature gives for healthy adults: Perry & Burnfield 2010, "Gait Analysis", ch. 3–7 (peaks and timing of
hip, knee, ankle, foot rockers); Winter 1991, "The Biomechanics and Motor Control of Human Gait" (slow,
natural, fast cadence); Kadaba et al. 1990, J Orthop Res 8:383 (pelvis and frontal plane); Bovi et al.
2011, Gait Posture 33:6 and Stansfield et al. 2006, Gait Posture 23:288 (trends with speed). Hip angles
are lowered for a pelvis that is tilted forward less than there, which keeps the thigh as inclined.

They were then moved, by half degrees and mostly by less than four, until on this skeleton both feet reach
the ground together in double support, the leg in front need not be overstretched, the pelvis passes over the feet
at a nearly even pace, and the walk that results (after its feet are held to the ground) keeps within the variation
that is published for healthy walkers.

Speeds are v / sqrt(g·leg) (Hof 1996, Gait Posture 4:222). The column 0 is stepping on the spot (ours).
"""

from __future__ import annotations

import numpy as np

SPEEDS = np.array([0.0, 0.17, 0.29, 0.43, 0.56, 0.69])
"""Dimensionless speed of the columns below."""

TILT_DEG = np.array([6.5, 10.0, 9.0, 11.0, 12.0, 14.0])
"""Forward tilt of the pelvis (and of the trunk, which is rigid with it)."""

# Each row: (percent of cycle at each speed), (degrees at each speed).
HIP_FLEXION = (
    ((0, 0, 0, 0, 0, 0), (10, 24.5, 28, 32.5, 35.5, 39)),
    ((14, 14, 14, 14, 14, 14), (9, 18, 21, 26, 28, 31)),
    ((32, 32, 32, 32, 32, 32), (9, 8.5, 5.5, 6.5, 4, 4.5)),
    ((50, 54, 53, 52, 51, 50), (9, -1.5, -7, -10.5, -12, -13)),
    ((64, 63, 62, 61, 60, 60), (11, 1.5, 1.5, -2, -2.5, -4)),
    ((73, 74, 73, 72, 72, 72), (22, 12, 19.5, 18, 20.5, 25)),
    ((84, 86, 86, 86, 86, 84), (24, 25, 31, 32, 37, 37)),
    ((93, 94, 94, 94, 94, 93), (12, 26, 28.5, 33, 35.5, 40)),
)
KNEE_FLEXION = (
    ((0, 0, 0, 0, 0, 0), (10, 6, 7.5, 8, 12, 13)),
    ((14, 14, 14, 14, 13, 12), (10, 7.5, 13, 18, 19.5, 24.5)),
    ((30, 28, 27, 27, 27, 27), (10, 6.5, 7.5, 11, 10.5, 10)),
    ((45, 42, 41, 40, 40, 40), (10, 6, 6, 5, 4, 4)),
    ((55, 53, 52, 51, 50, 49), (10, 11, 12.5, 10, 9, 8)),
    ((64, 63, 62, 60, 59, 58), (15, 26, 37.5, 33, 36, 32.5)),
    ((76, 76, 73, 72, 72, 71), (42, 49, 57, 60.5, 58, 67)),
    ((86, 86, 85, 85, 85, 85), (30, 26.5, 33, 35, 34.5, 37.5)),
    ((95, 96, 96, 96, 96, 96), (12, 6, 5.5, 6, 5, 8.5)),
)
ANKLE_DORSIFLEXION = (
    ((0, 0, 0, 0, 0, 0), (7, -2.5, 0, -2.5, -5, -3.5)),
    ((6, 6, 6, 6, 6, 6), (7, -5, -6, -6.5, -5, -3)),
    ((16, 16, 16, 16, 16, 16), (7, 1.5, 2.5, 3.5, 4, 4.5)),
    ((30, 30, 30, 30, 30, 30), (7, 5, 6, 8.5, 10, 8.5)),
    ((46, 48, 47, 44, 42, 38), (7, 14, 14, 13.5, 11.5, 10.5)),
    ((55, 56, 54, 52, 51, 49), (6, 11.5, 11, 8, 6, 1)),
    ((66, 70, 66, 63, 62, 60), (-4, 2, -8, -13, -13, -19.5)),
    ((76, 78, 76, 76, 76, 76), (2, 0.5, 0, -3.5, -4.5, -4.5)),
    ((85, 86, 85, 85, 85, 85), (6, 4, 3, 2, 2.5, 4.5)),
    ((94, 94, 94, 94, 94, 94), (7, 1, 0, 2, 2.5, 4.5)),
)
HIP_ADDUCTION = (
    ((0, 0, 0, 0, 0, 0), (0, -1, -1, -1, -2, -2)),
    ((18, 18, 18, 18, 18, 18), (2, 3, 4, 5, 5, 6)),
    ((42, 42, 42, 42, 42, 42), (2, 2, 2, 2, 2, 2)),
    ((64, 64, 64, 64, 64, 64), (-1, -4, -5, -6, -7, -7)),
    ((84, 84, 84, 84, 84, 84), (-1, -2, -2, -2, -3, -4)),
)
HIP_ROTATION = (
    ((0, 0, 0, 0, 0, 0), (-7, -6, -6, -6, -6, -7)),
    ((30, 30, 30, 30, 30, 30), (-7, -7, -6, -5, -4, -3)),
    ((60, 60, 60, 60, 60, 60), (-7, -8, -8, -8, -8, -8)),
)
PELVIS_OBLIQUITY = (
    ((5, 5, 5, 5, 5, 5), (0, 1, 1, 1, 1, 1)),
    ((17, 17, 17, 17, 17, 17), (1, 1, 2, 3, 3, 4)),
    ((42, 42, 42, 42, 42, 42), (0, 0, 0, 0, 0, 0)),
    ((55, 55, 55, 55, 55, 55), (0, -1, -1, -1, -1, -1)),
    ((67, 67, 67, 67, 67, 67), (-1, -1, -2, -3, -3, -4)),
    ((92, 92, 92, 92, 92, 92), (0, 0, 0, 0, 0, 0)),
)
PELVIS_ROTATION = (
    ((2, 2, 2, 2, 2, 2), (0, 4, 4, 5, 6, 8)),
    ((30, 30, 30, 30, 30, 30), (0, 2, 2, 2, 2, 2)),
    ((52, 52, 52, 52, 52, 52), (0, -4, -4, -5, -6, -8)),
    ((80, 80, 80, 80, 80, 80), (0, -2, -2, -2, -2, -2)),
)

TOE_OFF = np.array([0.66, 0.67, 0.62, 0.60, 0.58, 0.565])
"""Stance as a share of the cycle (Perry & Burnfield 2010, ch. 1: 62 % at 80 m/min, less when faster)."""
FLAT = (np.array([0.02, 0.12, 0.11, 0.10, 0.09, 0.08]), np.array([0.55, 0.33, 0.29, 0.26, 0.24, 0.22]))
"""Foot flat from and until, as a share of the cycle (heel rocker and heel rise, Perry & Burnfield 2010)."""


LENGTH, LENGTH_EXPONENT = 1.07, 0.42
"""Step length over leg length at a dimensionless speed of 1, and how it grows with speed."""
BACKWARD = 0.65
"""Walking backward looks like walking forward at this share of the speed, played back (see `pattern`)."""


def steps_per_s(speed: np.ndarray, stir: np.ndarray | float = 0.0) -> np.ndarray:
    """Dimensionless step rate, steps per sqrt(leg/g), at dimensionless speed (...), negative backward.

    Step length over leg length = LENGTH · speed^LENGTH_EXPONENT (Kuo 2001, J Biomech Eng 123:264, after
    Grieve 1968), shorter backward. Near standing still a floor of 0.28 takes over, higher by `stir` (...) where the
    person steps sideways or turns.
    """
    rate = np.maximum(np.abs(speed), 1e-6) ** (1.0 - LENGTH_EXPONENT) / LENGTH
    rate = np.where(speed < 0.0, rate / BACKWARD**LENGTH_EXPONENT, rate)
    return (rate**4 + (0.28 + stir) ** 4) ** 0.25
