"""Loops over environments behind the terms, compiled: for few bodies, a dozen tensor operations cost more than physics.

Each takes arrays (env, ...), then constants; where there is an `out` (env, width), it is filled.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


def filled(kernel: Callable[..., None], width: int, first: np.ndarray, *given: np.ndarray | float) -> np.ndarray:
    """(env, width) float32 that a kernel fills from what it is given, the first of which is (env, ...)."""
    out = np.empty((len(first), width), np.float32)
    kernel(first, *given, out)
    return out


@_compiled
def root(qpos: np.ndarray, qvel: np.ndarray, facing: np.ndarray, out: np.ndarray) -> None:
    """Height, up in the root frame, level velocity in the heading frame, vertical and angular velocity."""
    for env in range(len(out)):
        row, speed, cosine, sine = out[env], qvel[env], facing[env, 0], facing[env, 1]
        row[0] = qpos[env, 2]
        row[1:4] = facing[env, 2:]
        row[4] = cosine * speed[0] + sine * speed[1]
        row[5] = cosine * speed[1] - sine * speed[0]
        row[6] = speed[2]
        for k in range(3):
            row[7 + k] = np.float32(0.2) * speed[3 + k]


@_compiled
def joints(
    qpos: np.ndarray, qvel: np.ndarray, place: np.ndarray, dof: np.ndarray, speed_scale: float, out: np.ndarray
) -> None:
    """Angles at `place` and scaled speeds at `dof`."""
    count = len(place)
    for env in range(len(out)):
        for k in range(count):
            out[env, k] = qpos[env, place[k]]
            out[env, count + k] = speed_scale * qvel[env, dof[k]]


@_compiled
def landmarks(marks: np.ndarray, qpos: np.ndarray, facing: np.ndarray, out: np.ndarray) -> None:
    """All landmarks but the first, relative to the root, in the heading frame."""
    for env in range(len(out)):
        row, cosine, sine = out[env], facing[env, 0], facing[env, 1]
        for k in range(1, marks.shape[1]):
            x, y = marks[env, k, 0] - qpos[env, 0], marks[env, k, 1] - qpos[env, 1]
            row[3 * k - 3], row[3 * k - 2] = cosine * x + sine * y, cosine * y - sine * x
            row[3 * k - 1] = marks[env, k, 2] - qpos[env, 2]


@_compiled
def landmark_errors(
    marks: np.ndarray,
    speeds: np.ndarray,
    wanted: np.ndarray,
    wanted_speeds: np.ndarray,
    qpos: np.ndarray,
    wanted_qpos: np.ndarray,
    facing: np.ndarray,
    tracked: np.ndarray,
    scale: float,
    speed_scale: float,
    ahead_m: float,
    behind_m: float,
    aside_m: float,
    limit: float,
    out: np.ndarray,
) -> None:
    """Wanted (env, horizon, landmark, 3) minus now of the tracked landmarks, then speeds at the first horizon.

    What is wanted is brought as near as the root, were it where it is wanted (env, nq), may be seen off.
    """
    horizons, count = wanted.shape[1], len(tracked)
    for env in range(len(out)):
        row, cosine, sine = out[env], facing[env, 0], facing[env, 1]
        x, y = wanted_qpos[env, 0] - qpos[env, 0], wanted_qpos[env, 1] - qpos[env, 1]
        forward, left = cosine * x + sine * y, cosine * y - sine * x
        nearer = scale * (min(max(forward, -ahead_m), behind_m) - forward)
        inward = scale * (min(max(left, -aside_m), aside_m) - left)
        for h in range(horizons + 1):
            for k in range(count):
                mark, at = tracked[k], 3 * (h * count + k)
                for axis in range(3):
                    if h < horizons:
                        row[at + axis] = scale * (wanted[env, h, mark, axis] - marks[env, mark, axis])
                    else:
                        row[at + axis] = speed_scale * (wanted_speeds[env, 0, mark, axis] - speeds[env, mark, axis])
                x, y = row[at], row[at + 1]
                row[at], row[at + 1] = cosine * x + sine * y, cosine * y - sine * x
                if h < horizons:
                    row[at], row[at + 1] = row[at] + nearer, row[at + 1] + inward
        for i in range(len(row)):
            row[i] = min(max(row[i], -limit), limit)


@_compiled
def joint_targets(
    qpos: np.ndarray,
    wanted: np.ndarray,
    wanted_speeds: np.ndarray,
    place: np.ndarray,
    dof: np.ndarray,
    speed_scale: float,
    out: np.ndarray,
) -> None:
    """Angles wanted (env, horizon, nq) minus now, then angles and scaled speeds wanted at the first horizon."""
    horizons, count = wanted.shape[1], len(place)
    for env in range(len(out)):
        row = out[env]
        for k in range(count):
            now = qpos[env, place[k]]
            for h in range(horizons):
                row[h * count + k] = wanted[env, h, place[k]] - now
            row[horizons * count + k] = wanted[env, 0, place[k]]
            row[(horizons + 1) * count + k] = speed_scale * wanted_speeds[env, 0, dof[k]]


@_compiled
def ground_force(force: np.ndarray, weight_n: float, out: np.ndarray) -> None:
    """Vertical part of forces (env, foot, 3) over a weight, from -1 to 5."""
    for env in range(len(out)):
        for foot in range(force.shape[1]):
            out[env, foot] = min(max(force[env, foot, 2] / weight_n, -1.0), 5.0)


@_compiled
def heading_error(facing: np.ndarray, wanted: np.ndarray, out: np.ndarray) -> None:
    """Sine and cosine of the angle between two headings."""
    for env in range(len(out)):
        (c, s), (wanted_c, wanted_s) = facing[env, :2], wanted[env, :2]
        out[env, 0] = wanted_s * c - wanted_c * s
        out[env, 1] = wanted_c * c + wanted_s * s


@_compiled
def any_beyond(marks: np.ndarray, wanted: np.ndarray, limit_m: float) -> np.ndarray:
    """(env,) bool: a landmark (env, landmark, 3) is farther than limit_m from where it is wanted."""
    found = np.zeros(len(marks), np.bool_)
    for env in range(len(marks)):
        for k in range(marks.shape[1]):
            square = 0.0
            for axis in range(3):
                square += (wanted[env, k, axis] - marks[env, k, axis]) ** 2
            found[env] |= square > limit_m**2
    return found


@_compiled
def fallen(qpos: np.ndarray, facing: np.ndarray, lowest_m: float, least_up: float) -> np.ndarray:
    """(env,) bool: the root is lower than lowest_m, or its up has less than least_up of the world's."""
    found = np.empty(len(qpos), np.bool_)
    for env in range(len(qpos)):
        found[env] = qpos[env, 2] < np.float32(lowest_m) or facing[env, 4] < np.float32(least_up)
    return found
