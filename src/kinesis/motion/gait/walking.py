"""Walking: key events of the normative joint angles by dimensionless speed.

Degrees at percents of the cycle (0 = heel strike). They began as whole degrees, rounded from the ranges that
the literature gives for healthy adults: Perry & Burnfield 2010, "Gait Analysis", ch. 3–7 (peaks and timing of
hip, knee, ankle, foot rockers); Winter 1991, "The Biomechanics and Motor Control of Human Gait" (slow,
natural, fast cadence); Kadaba et al. 1990, J Orthop Res 8:383 (pelvis and frontal plane); Bovi et al.
2011, Gait Posture 33:6 and Stansfield et al. 2006, Gait Posture 23:288 (trends with speed). Hip angles
are lowered for a pelvis that is tilted forward less than there, which keeps the thigh as inclined.

They were then refitted by `benchmarks/fit_walk.py`, each column by itself, to the walk that results on this skeleton
once its feet are held to the ground, all its bones having their masses: what the ground must do for it
(`motion/ground`), vertically and forward, the moments that it takes of hip, knee and ankle, and their angles (the hip's
from the plane of the iliac spines) keep within the variation that is published for healthy walkers or come as near as
they could, the ground pushes under the soles, and the foot in front falls to the ground from 2 to 3 cm in the last
twentieth of its swing. The trunk is rigid with the pelvis, which therefore tilts less than people's, or it would lean.
Percents and timing of contact, `PELVIS_FORWARD_MM` and the like were fitted too.

Speeds are v / sqrt(g·leg) (Hof 1996, Gait Posture 4:222). The column 0 is stepping on the spot (ours).
"""

from __future__ import annotations

import numpy as np

SPEEDS = np.array([0.0, 0.17, 0.29, 0.43, 0.56, 0.69])
"""Dimensionless speed of the columns below."""

TILT_DEG = np.array([6.5, 3.6, 4, 3, 3.8, 5.3])
"""Forward tilt of the pelvis (and of the trunk, which is rigid with it)."""

# Each row: (percent of cycle at each speed), (degrees at each speed).
HIP_FLEXION = (
    ((0, 0, 0.1, 1.8, 2, 1.2), (10, 26, 29.6, 31, 34.4, 34.4)),
    ((14, 13.4, 14, 13.4, 13.4, 13.8), (9, 17.3, 20, 21.8, 26, 26.7)),
    ((32, 31.5, 32, 32.4, 32.4, 32.5), (9, 3.2, 3, 0.8, -2, -2.6)),
    ((50, 54.1, 52.8, 53, 52.1, 50.8), (9, -0.6, -5.4, -12, -16.4, -20.1)),
    ((64, 62.8, 62.3, 60.8, 60, 59.9), (11, 8.5, 2, -3.8, -5.4, -8.9)),
    ((73, 73.2, 71.8, 71.6, 71.9, 72.3), (22, 24.7, 17.7, 16.6, 17.7, 20.2)),
    ((84, 87.5, 86.8, 86.8, 87.8, 86.3), (24, 36.4, 34, 36.3, 39.7, 39.7)),
    ((93, 93.6, 93.7, 91.4, 92, 92.1), (12, 31.9, 36.5, 38.6, 41.7, 43.5)),
)
KNEE_FLEXION = (
    ((0, 0.3, 0, 0, 0, 0), (10, 9.2, 11.5, 13.3, 14, 9.7)),
    ((14, 14.1, 14, 13.3, 12.7, 11.7), (10, 18.2, 16.3, 23.1, 30.5, 31.2)),
    ((30, 28.5, 27, 27.4, 27.9, 28.1), (10, 7.4, 7.8, 13.9, 10.4, 11)),
    ((45, 42.2, 40.9, 39.8, 40.8, 40.8), (10, 10.3, 12.9, 10.7, 5, 1.5)),
    ((55, 52.1, 52.1, 51.7, 50.6, 49.3), (10, 18.6, 15.7, 13.1, 13.9, 12.6)),
    ((64, 62.3, 61.9, 59.4, 57.7, 56.7), (15, 32.8, 33.8, 30.2, 32.5, 30.6)),
    ((76, 72.9, 72.1, 70.8, 69.1, 70.1), (42, 57.1, 57.6, 57.8, 60.3, 63.4)),
    ((86, 85.7, 85.1, 86.3, 85.6, 85.4), (30, 41.1, 34.4, 38.6, 39.7, 37.1)),
    ((95, 95.3, 96.2, 95.5, 94, 93.6), (12, 13.3, 17.1, 18.5, 20.7, 20.3)),
)
ANKLE_DORSIFLEXION = (
    ((0, 0, 0, 0.6, 0.7, 1.2), (7, 1.4, 4.4, 1.5, 3.7, 4.5)),
    ((6, 6.1, 3.3, 13.3, 11, 14.2), (7, -3.3, 0.4, 5.4, 13.6, 5.6)),
    ((16, 14.2, 16.7, 15.6, 18.9, 16.2), (7, 22.8, 1.3, 6, 11.8, 11.3)),
    ((30, 32.4, 29.5, 31, 34.6, 40.4), (7, 15.4, 6.4, 13.5, 14.2, 10.7)),
    ((46, 51, 46.7, 42.6, 42.1, 43.8), (7, 17.8, 21, 19.7, 16.2, 11.7)),
    ((55, 53.5, 54, 52.6, 51.9, 49.7), (6, 18.7, 12, 7.5, 9.5, 9.1)),
    ((66, 69.7, 66.9, 66, 65, 63.6), (-4, -8.9, -16, -25.8, -26.9, -27)),
    ((76, 84.4, 76, 78.3, 77, 72.9), (2, 4.3, -1.5, -7.1, -5.9, -2.4)),
    ((85, 88, 84, 84.9, 86.1, 84.5), (6, 4.1, 3.9, 6.4, 10.2, 9.1)),
    ((94, 94.9, 86, 89, 88.1, 86.5), (7, -0.5, 5.2, 1, -0.9, -0.3)),
)
HIP_ADDUCTION = (
    ((0, 0, 0, 0, 0, 0), (0, 1.5, 1.1, 0.8, 0.4, -0.3)),
    ((18, 18, 18, 18, 18, 18), (2, 1.6, 2.9, 2.4, 4.9, 7.5)),
    ((42, 42, 42, 42, 42, 42), (2, 1.3, 4, 5.6, 6.9, 4.8)),
    ((64, 64, 64, 64, 64, 64), (-1, -3.5, -3.3, -4.9, -2.1, -2.8)),
    ((84, 84, 84, 84, 84, 84), (-1, 3.9, -0.2, 0.1, -2.9, -3.5)),
)
HIP_ROTATION = (
    ((0, 0, 0, 0, 0, 0), (-7, -8.6, -4.4, -3.1, -4.5, -7.8)),
    ((30, 30, 30, 30, 30, 30), (-7, -4.2, -3.3, -1.8, 1.9, 4.1)),
    ((60, 60, 60, 60, 60, 60), (-7, -6.5, -8.3, -4.9, -4.8, -10)),
)
PELVIS_OBLIQUITY = (
    ((5, 5, 5, 5, 5, 5), (0, 1, -0.7, -3.2, -4.6, 1.7)),
    ((17, 17, 17, 17, 17, 17), (1, -2.7, -2.5, -1.8, -2.6, -1.6)),
    ((42, 42, 42, 42, 42, 42), (0, -3.7, 1, 0.3, 2.9, 1.6)),
    ((55, 55, 55, 55, 55, 55), (0, -0.8, -0.3, 0.8, -0.5, 1)),
    ((67, 67, 67, 67, 67, 67), (-1, 0.2, -0.1, 2.1, 0.9, -2.3)),
    ((92, 92, 92, 92, 92, 92), (0, 2.8, 1.6, -2.9, -0.5, 0.2)),
)
PELVIS_ROTATION = (
    ((2, 2, 2, 2, 2, 2), (0, 1.6, 2.9, 3, 0.7, 5)),
    ((30, 30, 30, 30, 30, 30), (0, 1, 2.2, 1, 1.2, 0.3)),
    ((52, 52, 52, 52, 52, 52), (0, -2.2, -2.9, -3, -0.8, -5)),
    ((80, 80, 80, 80, 80, 80), (0, -0.8, -2, -1, -1.4, -1)),
)

# Each row: (cosine at each speed, sine at each speed) of a harmonic of the stride [mm], [mrad].
PELVIS_FORWARD_MM = (
    ((0, 3.47, -4.09, 6.63, 4.8, -0.1), (0, 10.66, 22.4, 16.56, 7.74, -7.39)),
    ((0, 2.34, 4.58, 2.26, 3, 1.96), (0, -0.04, 3.36, 2.18, 0.5, -0.56)),
    ((0, 0.51, 0.04, -0.12, 0.06, -0.1), (0, -0.15, 0.02, 0.45, 0.9, 0.7)),
    ((0, -0.22, 0.12, -0.27, -0.28, -0.01), (0, 0.33, 0.1, -0.05, 0.19, 0.22)),
)
PELVIS_LEFT_MM = (
    ((0, -24.35, -0.58, 79.83, 44.26, 20.57), (0, 50.69, 53.5, 63.85, 44.94, 38.54)),
    ((0, -24.06, -18.08, -13.3, -15.1, -17.41), (0, 6.58, 1.46, 0.67, 0.84, 0.49)),
    ((0, 2.55, -2.11, 0.88, -0.49, 0.48), (0, 2.65, 5.3, 3.22, 2.23, 2.39)),
)
PELVIS_UP_MM = (
    ((0, 5.6, 1.65, -1.09, 3.14, 4.68), (0, -3.14, -8.72, -5.52, -3.21, 1)),
    ((0, 1.64, 2.11, -1.69, 0.51, 5.07), (0, 1.38, -3.99, -1.89, 0.28, -1.87)),
    ((0, 0.31, -0.24, -0.24, 0.1, 1.83), (0, -0.99, -0.4, 0.6, 1.26, 1.35)),
    ((0, 0.44, 0.17, -0.35, -0.24, 0.64), (0, -0.02, -0.3, -0.25, 0.45, 1.36)),
)
PELVIS_TILT_MRAD = (
    ((0, -2.38, 0.78, 3.69, 1.9, -1.41), (0, -6.16, -1.39, -15.42, -21.43, -17.99)),
    ((0, -3.38, -0.4, -0.53, -0.18, 0.3), (0, -0.26, -0.07, 0.61, -1.19, -2.54)),
    ((0, -1.85, 0.48, -1.5, -1.66, -0.96), (0, 0.99, -0.61, -0.95, -1.81, -0.92)),
)
"""How the pelvis departs from the path that its feet ask of it (see `steady`) and from its mean tilt; rows are for the
harmonics in `pattern.PATH`."""

TOE_OFF = np.array([0.66, 0.65, 0.62, 0.584, 0.573, 0.556])
"""Stance as a share of the cycle (Perry & Burnfield 2010, ch. 1: 62 % at 80 m/min, less when faster)."""
FLAT = (np.array([0.02, 0.119, 0.102, 0.118, 0.081, 0.077]), np.array([0.55, 0.352, 0.283, 0.259, 0.206, 0.174]))
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
