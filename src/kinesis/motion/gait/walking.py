"""Walking: key events of the normative joint angles by dimensionless speed.

Degrees at percents of the cycle (0 = heel strike). They began as whole degrees, rounded from the ranges that
the literature gives for healthy adults: Perry & Burnfield 2010, "Gait Analysis", ch. 3–7 (peaks and timing of
hip, knee, ankle, foot rockers); Winter 1991, "The Biomechanics and Motor Control of Human Gait" (slow,
natural, fast cadence); Kadaba et al. 1990, J Orthop Res 8:383 (pelvis and frontal plane); Bovi et al.
2011, Gait Posture 33:6 and Stansfield et al. 2006, Gait Posture 23:288 (trends with speed). Hip angles
are lowered for a pelvis that is tilted forward less than there, which keeps the thigh as inclined.

They were then refitted by Gauss-Newton, each column by itself, to the walk that results on this skeleton once its feet
are held to the ground, all its bones having their masses: the point from which the ground must push rolls from the heel
to the toes of the foot that stands, the vertical force has its two humps (Perry & Burnfield 2010, ch. 21), the foot in
front falls to the ground from 2 to 3 cm in the last twentieth of its swing, and hip (from the plane of the iliac
spines), knee and ankle keep within the variation that is published for healthy walkers. The trunk is rigid with the
pelvis, which therefore tilts less than people's, or it would lean. `PELVIS_FORWARD_MM` and the like were fitted too.
`benchmarks/fit_walk.py` goes on from here, by moments of joints as well.

Speeds are v / sqrt(g·leg) (Hof 1996, Gait Posture 4:222). The column 0 is stepping on the spot (ours).
"""

from __future__ import annotations

import numpy as np

SPEEDS = np.array([0.0, 0.17, 0.29, 0.43, 0.56, 0.69])
"""Dimensionless speed of the columns below."""

TILT_DEG = np.array([6.5, 3.2, 4.1, 3.2, 3.8, 4.8])
"""Forward tilt of the pelvis (and of the trunk, which is rigid with it)."""

# Each row: (percent of cycle at each speed), (degrees at each speed).
HIP_FLEXION = (
    ((0, 0, 0, 0, 0, 0), (10, 26.2, 29.6, 30.9, 34.7, 34.5)),
    ((14, 14, 14, 14, 14, 14), (9, 16.9, 20, 21.9, 25.8, 26.7)),
    ((32, 32, 32, 32, 32, 32), (9, 3.6, 3, 0.9, -2, -2.8)),
    ((50, 54, 53, 52, 51, 50), (9, 0.4, -5.5, -11.6, -15.5, -19.8)),
    ((64, 63, 62, 61, 60, 60), (11, 8, 2.2, -6.1, -7.5, -10.6)),
    ((73, 74, 73, 72, 72, 72), (22, 21.4, 15.6, 13.1, 15.3, 21.1)),
    ((84, 86, 86, 86, 86, 84), (24, 36.9, 34.5, 37.5, 41, 41.5)),
    ((93, 94, 94, 94, 94, 93), (12, 32.8, 36.6, 41.2, 45.1, 45.2)),
)
KNEE_FLEXION = (
    ((0, 0, 0, 0, 0, 0), (10, 9.5, 11.6, 12.4, 14.5, 8.7)),
    ((14, 14, 14, 14, 13, 12), (10, 18.2, 16.4, 23.1, 30.4, 30.7)),
    ((30, 28, 27, 27, 27, 27), (10, 7.7, 7.8, 14.1, 11.4, 11.7)),
    ((45, 42, 41, 40, 40, 40), (10, 10.5, 12.9, 11.2, 6.1, 1.8)),
    ((55, 53, 52, 51, 50, 49), (10, 17.2, 15.8, 13.8, 14.3, 12.7)),
    ((64, 63, 62, 60, 59, 58), (15, 33, 33.8, 28.2, 31, 28.5)),
    ((76, 76, 73, 72, 72, 71), (42, 58.4, 59.5, 61.7, 63, 67.2)),
    ((86, 86, 85, 85, 85, 85), (30, 40.4, 34.4, 39.7, 43.6, 36.8)),
    ((95, 96, 96, 96, 96, 96), (12, 11.7, 16.8, 21.4, 25.1, 29)),
)
ANKLE_DORSIFLEXION = (
    ((0, 0, 0, 0, 0, 0), (7, 2, 4.3, 3.9, 2.6, 4.1)),
    ((6, 6, 6, 6, 6, 6), (7, -1.4, 0.3, 6.8, 16.1, 13.7)),
    ((16, 16, 16, 16, 16, 16), (7, 16.5, 1.1, 1.2, 6.7, 4.1)),
    ((30, 30, 30, 30, 30, 30), (7, 9.3, 6.5, 10.1, 12.1, 12.2)),
    ((46, 48, 47, 44, 42, 38), (7, 18, 20.7, 17.5, 14.6, 10.5)),
    ((55, 56, 54, 52, 51, 49), (6, 20.5, 12.3, 7.8, 8.6, 9.6)),
    ((66, 70, 66, 63, 62, 60), (-4, -4.5, -15.4, -20.4, -22, -20.1)),
    ((76, 78, 76, 76, 76, 76), (2, 1.8, -1.6, -9.9, -3.6, 2.9)),
    ((85, 86, 85, 85, 85, 85), (6, 3.3, 3.5, 6.5, 8.1, 4.6)),
    ((94, 94, 94, 94, 94, 94), (7, 0.5, 4.4, 3.2, 8.3, 14.4)),
)
HIP_ADDUCTION = (
    ((0, 0, 0, 0, 0, 0), (0, 0.4, 1.2, 2.1, 1.3, 1.3)),
    ((18, 18, 18, 18, 18, 18), (2, 2.5, 2.7, 3, 4.3, 6.5)),
    ((42, 42, 42, 42, 42, 42), (2, 1, 4.1, 4.7, 7.1, 4.3)),
    ((64, 64, 64, 64, 64, 64), (-1, -1.4, -3.4, -5.2, -4.2, -4.2)),
    ((84, 84, 84, 84, 84, 84), (-1, -0.9, -0.9, -0.3, -2.3, -4.3)),
)
HIP_ROTATION = (
    ((0, 0, 0, 0, 0, 0), (-7, -6.3, -5.7, -5.4, -6.3, -7.2)),
    ((30, 30, 30, 30, 30, 30), (-7, -4.9, -4.4, -2.9, -2.5, -0.2)),
    ((60, 60, 60, 60, 60, 60), (-7, -8, -7.2, -7.3, -8.1, -9.3)),
)
PELVIS_OBLIQUITY = (
    ((5, 5, 5, 5, 5, 5), (0, 0.8, -0.7, -0.8, -2.2, 2.2)),
    ((17, 17, 17, 17, 17, 17), (1, -1.4, -2.1, -0.9, -0.6, 0.4)),
    ((42, 42, 42, 42, 42, 42), (0, -3.2, 1, -1.2, 2.3, 0.6)),
    ((55, 55, 55, 55, 55, 55), (0, -1.8, -0.3, -0.2, -0.5, 1)),
    ((67, 67, 67, 67, 67, 67), (-1, 0.2, -0.2, 0.5, -0.2, -1.2)),
    ((92, 92, 92, 92, 92, 92), (0, 2.1, 1.6, -1.6, -0.2, 0.6)),
)
PELVIS_ROTATION = (
    ((2, 2, 2, 2, 2, 2), (0, 3.5, 2.9, 2.4, 0.6, 3.9)),
    ((30, 30, 30, 30, 30, 30), (0, 1.5, 1.3, 0.5, 2.5, 2)),
    ((52, 52, 52, 52, 52, 52), (0, -3.5, -2.8, -2.4, -0.8, -4.2)),
    ((80, 80, 80, 80, 80, 80), (0, -1.5, -1.2, -0.6, -2.6, -2.3)),
)

# Each row: (cosine at each speed, sine at each speed) of a harmonic of the stride [mm].
PELVIS_FORWARD_MM = (
    ((0, 1.7, -4.5, 7.2, 2.1, -0.9), (0, 14.1, 23.6, 14.3, 2.9, -10.3)),
    ((0, 2.1, 4.7, 2.6, 3, 1.8), (0, 0.3, 3.5, 1.7, -0.6, -0.3)),
)
PELVIS_UP_MM = (
    ((0, 3, 1, -4.8, 1.4, 3.6), (0, -3.5, -9.4, -7, -3, 1)),
    ((0, 3.6, 3, 1.6, 0.2, 4.1), (0, -0.1, -4, -4.1, -1.6, -2.1)),
)
PELVIS_LEFT_MM = (
    ((0, -9.7, 12, 15.4, 24.2, 18.2), (0, 41.5, 46.9, 48.4, 29.5, 20.8)),
    ((0, -8.2, -8.2, -3, -1.6, -1.4), (0, 3.2, 5.3, 2.7, 1, 3.9)),
)
"""How the pelvis departs from the path that its feet ask of it (see `steady`): forward and up twice and four times a
stride, sideways once and three times."""

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
