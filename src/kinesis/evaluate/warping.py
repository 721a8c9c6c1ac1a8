"""Dynamic time warping: how far two motions are apart when their timing is forgiven."""

from __future__ import annotations

import numba
import numpy as np


def warped_distance(a: np.ndarray, b: np.ndarray, *, band: int) -> float:
    """Mean distance of points along the best alignment of two motions of one length, in their unit.

    Frames i of `a` and j of `b` cost the mean distance between their points; the path goes on by a frame of
    `a`, of `b` or of both, each step costing once, and the sum is divided by the number of pairs.
    Sakoe and Chiba (1978), their window |i − j| ≤ band, slopes free.

    Args:
        a: (frame, point, 3).
        b: of the same shape.
        band: the most frames that the two may be apart.
    """
    return float(_warped(np.ascontiguousarray(a, np.float64), np.ascontiguousarray(b, np.float64), band))


@numba.njit(cache=True)
def _warped(a: np.ndarray, b: np.ndarray, band: int) -> float:
    frames = len(a)
    above, above_pairs = np.full(frames + 1, np.inf), np.zeros(frames + 1)
    above[0] = 0.0
    for i in range(frames):
        here, pairs = np.full(frames + 1, np.inf), np.zeros(frames + 1)
        for j in range(max(0, i - band), min(frames, i + band + 1)):
            cost = 0.0
            for k in range(a.shape[1]):
                cost += np.sqrt(((a[i, k] - b[j, k]) ** 2).sum())
            cost /= a.shape[1]
            best, count = above[j], above_pairs[j]
            if above[j + 1] < best:
                best, count = above[j + 1], above_pairs[j + 1]
            if here[j] < best:
                best, count = here[j], pairs[j]
            here[j + 1], pairs[j + 1] = best + cost, count + 1.0
        above, above_pairs = here, pairs
    return above[frames] / above_pairs[frames]
