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

TILT_DEG = np.array([6.5, 3.6, 4, 2.8, 3.7, 5.3])
"""Forward tilt of the pelvis (and of the trunk, which is rigid with it)."""

# Each row: (percent of cycle at each speed), (degrees at each speed).
HIP_FLEXION = (
    ((0, 0, 0.1, 1.8, 2, 1.2), (10, 26, 29.6, 31, 34.4, 34.4)),
    ((14, 13.4, 14, 13.4, 13.4, 13.8), (9, 17.3, 20, 21.8, 26, 26.7)),
    ((32, 31.5, 32, 32.4, 32.4, 32.5), (9, 3.2, 3, 0.7, -2, -2.6)),
    ((50, 54.1, 52.8, 53.1, 52.1, 50.7), (9, -0.6, -5.4, -12, -16.4, -20.1)),
    ((64, 62.8, 62.3, 60.7, 60, 59.9), (11, 8.5, 2, -3.7, -5.4, -8.9)),
    ((73, 73.2, 71.8, 71.7, 72, 72.3), (22, 24.7, 17.6, 16.4, 17.6, 20.1)),
    ((84, 87.6, 86.8, 86.6, 87.7, 86.2), (24, 36.5, 33.9, 36.1, 39.6, 39.9)),
    ((93, 93.7, 93.7, 91.9, 92.3, 92.2), (12, 31.9, 36.6, 39.2, 42, 43.8)),
)
KNEE_FLEXION = (
    ((0, 0.4, 0, 0, 0, 0), (10, 9.1, 11.5, 13.3, 14, 9.7)),
    ((14, 14.1, 14, 13.3, 12.7, 11.7), (10, 18.1, 16.3, 23.3, 30.6, 31.3)),
    ((30, 28.5, 27, 27.4, 27.9, 28.1), (10, 7.4, 7.8, 13.9, 10.4, 11)),
    ((45, 42.2, 40.9, 40.5, 41.1, 40.8), (10, 10.3, 12.9, 10.7, 5, 1.5)),
    ((55, 52.1, 52.1, 52.2, 50.8, 49.3), (10, 18.6, 15.9, 13.8, 14.3, 12.7)),
    ((64, 62.3, 61.9, 59.4, 57.7, 56.7), (15, 32.9, 33.8, 30, 32.4, 30.5)),
    ((76, 72.8, 72.1, 70.4, 68.8, 70.1), (42, 56.8, 57.3, 56.6, 59.7, 63.2)),
    ((86, 85.6, 85.1, 86.4, 85.7, 85.5), (30, 40.8, 34.2, 37.9, 39.3, 37.1)),
    ((95, 95.5, 96.2, 95.7, 94.1, 93.7), (12, 13.5, 17.2, 18.8, 20.9, 20.3)),
)
ANKLE_DORSIFLEXION = (
    ((0, 0.6, 0, 4.5, 2.6, 1.9), (7, 1.7, 4.4, 1.7, 3.8, 4.2)),
    ((6, 6.1, 3.3, 13.2, 10.6, 13.9), (7, -3.2, 0.4, 5.3, 13.7, 5.6)),
    ((16, 14.1, 16.7, 15.3, 19.1, 16), (7, 23, 1.3, 6.1, 11.8, 11.6)),
    ((30, 31.7, 29.5, 31, 34.9, 40.9), (7, 15.6, 6.4, 13.5, 14.2, 10.5)),
    ((46, 50.9, 46.7, 42.9, 42.3, 44), (7, 17.8, 21, 19.7, 16.1, 11.6)),
    ((55, 53.4, 54, 52.6, 51.9, 49.6), (6, 18.7, 12, 7.4, 9.2, 8.9)),
    ((66, 69.7, 66.9, 66.4, 65.1, 63.6), (-4, -9.2, -16.4, -27.6, -27.9, -26.8)),
    ((76, 85.3, 76, 78.2, 76.9, 72.9), (2, 4.3, -1.4, -6.8, -5.8, -3.5)),
    ((85, 87.3, 84, 85.1, 86.2, 84.5), (6, 4, 3.5, 5, 9.4, 9.1)),
    ((94, 94.2, 86, 87.1, 88.1, 86.5), (7, 0.3, 5.3, 1.6, -0.6, -0.4)),
)
HIP_ADDUCTION = (
    ((0, 0, 0, 0, 0, 0), (0, 1.6, 0.9, 0.1, -0.1, -0.5)),
    ((18, 18, 18, 18, 18, 18), (2, 1.4, 3, 2.8, 5.1, 7.6)),
    ((42, 42, 42, 42, 42, 42), (2, 1.1, 3.2, 2.4, 5.2, 3.8)),
    ((64, 64, 64, 64, 64, 64), (-1, -3.7, -2.5, -1.6, -0.7, -1.9)),
    ((84, 84, 84, 84, 84, 84), (-1, 3.7, -0.1, 0.6, -2.5, -3.1)),
)
HIP_ROTATION = (
    ((0, 0, 0, 0, 0, 0), (-7, -8, -5, -5.5, -4.9, -7.8)),
    ((30, 30, 30, 30, 30, 30), (-7, -3.7, -2.5, 1.4, 3.7, 4.4)),
    ((60, 60, 60, 60, 60, 60), (-7, -6.3, -9.1, -8.4, -7, -12.5)),
)
PELVIS_OBLIQUITY = (
    ((5, 5, 5, 5, 5, 5), (0, 0.8, -1, -4.2, -5.1, 1.3)),
    ((17, 17, 17, 17, 17, 17), (1, -2.6, -2.5, -1.9, -2.6, -1.3)),
    ((42, 42, 42, 42, 42, 42), (0, -3.9, -0.1, -3.9, 0.9, 1.2)),
    ((55, 55, 55, 55, 55, 55), (0, -0.7, -0.9, -1.6, -1.7, 0.7)),
    ((67, 67, 67, 67, 67, 67), (-1, 0.1, -0.1, 2, 0.8, -2.6)),
    ((92, 92, 92, 92, 92, 92), (0, 2.9, 1.5, -3.2, -0.8, -0.2)),
)
PELVIS_ROTATION = (
    ((2, 2, 2, 2, 2, 2), (0, 1.9, 3, 3.3, 0.7, 4.5)),
    ((30, 30, 30, 30, 30, 30), (0, 1.8, 2.4, 1.8, 1.6, 1)),
    ((52, 52, 52, 52, 52, 52), (0, -2.5, -3, -3.2, -0.8, -4.6)),
    ((80, 80, 80, 80, 80, 80), (0, -1.6, -2.2, -1.7, -1.8, -1.5)),
)

# Each row: (cosine at each speed, sine at each speed) of a harmonic of the stride [mm], [mrad].
PELVIS_FORWARD_MM = (
    ((0, 3.43, -4.11, 6.56, 4.77, -0.12), (0, 10.75, 22.42, 16.66, 7.8, -7.22)),
    ((0, 2.3, 4.61, 2.38, 3.06, 1.98), (0, -0.02, 3.31, 1.99, 0.41, -0.47)),
    ((0, 0.49, 0.03, -0.15, 0.05, -0.12), (0, -0.14, 0, 0.39, 0.87, 0.7)),
    ((0, -0.23, 0.12, -0.27, -0.28, -0.02), (0, 0.34, 0.1, -0.05, 0.19, 0.22)),
)
PELVIS_LEFT_MM = (
    ((0, -21.51, -0.75, 79.4, 48.43, 18.16), (0, 48.28, 51.19, 54.41, 39.24, 36.85)),
    ((0, -22.92, -14.91, -0.51, -8.18, -13.33), (0, 7.64, 1.31, -0.14, 0.47, -0.66)),
    ((0, 3.12, -2.29, 0.09, -1, 0.82), (0, 3.2, 4.47, 0.32, 0.63, 4.11)),
)
PELVIS_UP_MM = (
    ((0, 5.47, 1.74, -0.74, 3.3, 4.74), (0, -2.93, -8.48, -4.57, -2.77, 1.43)),
    ((0, 1.53, 2.08, -1.8, 0.41, 5.06), (0, 1.24, -3.98, -1.84, 0.35, -1.76)),
    ((0, 0.4, -0.21, -0.11, 0.15, 1.85), (0, -1.02, -0.46, 0.38, 1.16, 1.32)),
    ((0, 0.47, 0.2, -0.24, -0.2, 0.69), (0, -0.04, -0.27, -0.13, 0.52, 1.36)),
)
PELVIS_TILT_MRAD = (
    ((0, -2.46, 0.75, 3.55, 1.84, -1.4), (0, -6.05, -1.4, -15.47, -21.4, -17.79)),
    ((0, -3.43, -0.4, -0.53, -0.15, 0.24), (0, -0.23, -0.1, 0.5, -1.26, -2.52)),
    ((0, -1.93, 0.44, -1.65, -1.73, -0.87), (0, 1.04, -0.68, -1.22, -1.97, -0.88)),
)
"""How the pelvis departs from the path that its feet ask of it (see `steady`) and from its mean tilt; rows are for the
harmonics in `pattern.PATH`."""

TOE_OFF = np.array([0.66, 0.65, 0.62, 0.584, 0.573, 0.555])
"""Stance as a share of the cycle (Perry & Burnfield 2010, ch. 1: 62 % at 80 m/min, less when faster)."""
FLAT = (np.array([0.02, 0.119, 0.102, 0.132, 0.088, 0.077]), np.array([0.55, 0.353, 0.283, 0.254, 0.205, 0.175]))
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
