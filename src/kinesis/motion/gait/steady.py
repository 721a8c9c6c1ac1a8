"""How the pelvis wanders about its mean path in steady gait, found from the feet it stands on."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from kinesis.motion.gait import harmonics
from kinesis.motion.gait.feet import contact, flattened
from kinesis.motion.gait.pattern import PATH_ORDER, Table, posture, toe_angle
from kinesis.motion.gait.skeleton import GRAVITY, Skeleton

SAMPLES = 120
ORDER = 4
"""Harmonics of what the feet ask."""
FLIGHT = 0.05
"""Weight of free fall and of even travel where no foot bears."""
KEPT = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=bool)
"""Harmonics of the stride that left–right symmetry allows: forward and up twice a stride, sideways once."""


def pelvis_wander(
    skeleton: Skeleton, table: Table, speed: float, stride_s: float, even_s: float
) -> tuple[np.ndarray, float]:
    """Coefficients (2·PATH_ORDER + 1, 3) [m] of forward, left, up, and the natural forward speed [m/s].

    speed: dimensionless column of the table. The feet, weighted by load, say where the pelvis is: forward
    and sideways by velocity, upward by height; from there it departs as the table's `path` says. even_s: see `_path`.
    """
    phase = np.arange(3 * SAMPLES) / SAMPLES
    rate_hz = SAMPLES / stride_s
    column = np.full(len(phase), speed)
    nominal = posture(table, column, phase)
    root = skeleton.root_matrix(np.zeros(len(phase)), nominal.pelvis)
    timing = table.timing(table.clip(column))
    velocity, height, total = np.zeros((len(phase), 2)), np.zeros(len(phase)), np.zeros((len(phase), 2))
    for side in range(2):
        touch = contact(phase + 0.5 * side, timing)
        foot = skeleton.chains[side].forward(nominal.legs[side], root)
        angles = flattened(skeleton.foot_angles(foot.matrix, side), touch)
        matrix = skeleton.foot_matrix(angles, side)
        drop, travel = skeleton.soles[side].drop_and_roll(matrix, toe_angle(angles[:, 1]))
        pace = np.gradient(travel - foot.origin[:, :2], 1.0 / rate_hz, axis=0)
        velocity += touch.loaded[:, None] * pace
        height += touch.borne * (drop - foot.origin[:, 2])
        total += np.stack([touch.loaded, touch.borne], -1)
    cycle = slice(SAMPLES, 2 * SAMPLES)
    velocity, height, total = velocity[cycle], height[cycle], total[cycle]
    natural = float(velocity[:, 0].sum() / total[:, 0].sum())
    velocity = (velocity + FLIGHT * np.array([natural, 0.0])) / (total[:, :1] + FLIGHT)
    turns = 2.0 * np.pi * np.arange(1, ORDER + 1) / stride_s
    asked = np.concatenate([_path(velocity, turns, even_s), _height(height, total[:, 1], turns)[:, None]], 1)
    out = table.path(table.clip(np.array(speed)))[:, :3].copy()
    out[: ORDER + 1] += asked[: ORDER + 1]
    out[PATH_ORDER + 1 : PATH_ORDER + 1 + ORDER] += asked[ORDER + 1 :]
    return out, natural


def _path(velocity: np.ndarray, turns: np.ndarray, even_s: float) -> np.ndarray:
    """Coefficients (2·ORDER + 1, 2) [m] whose rate is the velocity (sample, 2), as far as symmetry allows.

    Of all such paths the one that minimises the integral of (rate - velocity)² + (even_s · acceleration)².
    """
    pace = harmonics.from_samples(velocity, ORDER)
    pace[1:] /= np.tile(1.0 + (even_s * turns) ** 2, 2)[:, None]
    out = np.zeros_like(pace)
    out[1 : ORDER + 1] = -pace[ORDER + 1 :] / turns[:, None]
    out[ORDER + 1 :] = pace[1 : ORDER + 1] / turns[:, None]
    out[1:] *= np.tile(KEPT[:2].T, (2, 1))
    return out


def _height(height: np.ndarray, weight: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Coefficients (2·ORDER + 1,) [m] that meet the height where feet bear, and fall freely where none does.

    height: (sample,) times weight (sample,).
    """
    phase = np.arange(SAMPLES) / SAMPLES
    kept = np.concatenate([[True], KEPT[2], KEPT[2]])
    values = harmonics.basis(phase, ORDER)[:, kept]
    falling = -values * np.concatenate([[0.0], turns**2, turns**2])[kept]
    borne, free = np.sqrt(weight), np.sqrt(FLIGHT * (weight < 1e-3))
    rows = np.concatenate([borne[:, None] * values, free[:, None] * falling * 0.02])
    wanted = np.concatenate([height / np.maximum(borne, 1e-6), -GRAVITY * 0.02 * free])
    out = np.zeros(len(kept))
    out[kept] = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return out


def wander_table(
    skeleton: Skeleton, table: Table, columns: np.ndarray, stride_s: np.ndarray, even_s: float
) -> PchipInterpolator:
    """Coefficients over dimensionless speed: (n,) → (n, 2·PATH_ORDER + 1, 3) [m]. even_s: see `_path` [s]."""
    found = [pelvis_wander(skeleton, table, c, s, even_s)[0] for c, s in zip(columns, stride_s, strict=True)]
    return PchipInterpolator(columns, np.array(found))
