"""How well clips were followed: one row a clip, then means. Formulas are the field's own.

A clip succeeds if the tracked landmarks are never more than 0.5 m away on average (the rule of KINESIS),
and strictly if never more than 0.15 m. Errors are averaged over the frames before the failure, the failing
frame included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

SUCCESS_LIMIT_M, STRICT_LIMIT_M = 0.5, 0.15


@dataclass(frozen=True)
class Score:
    """One clip. mpjpe over tracked landmarks in the world, mpjpe_root relative to the root [mm]."""

    clip: str
    category: str
    success: float
    success_strict: float
    frame_coverage: float
    mpjpe_mm: float
    mpjpe_root_mm: float
    joint_rmse_deg: float
    mean_activation: float


@dataclass(frozen=True)
class Trace:
    """What happened, frame by frame after each control step, of one clip.

    distance (frame, tracked) [m]; root_distance: the same relative to the root; joint_error (frame, joint)
    [rad]; activation (frame, muscle); wanted_frames: how many there should have been.
    """

    clip: str
    category: str
    distance: np.ndarray
    root_distance: np.ndarray
    joint_error: np.ndarray
    activation: np.ndarray
    diverged: np.ndarray


def score(trace: Trace) -> Score:
    """Reduce a Trace."""
    mean = np.where(trace.diverged, np.inf, trace.distance.mean(1))
    wanted = len(mean)
    failed = np.flatnonzero(~(mean <= SUCCESS_LIMIT_M))
    frames = int(failed[0]) + 1 if len(failed) else wanted
    lived = frames - 1 if len(failed) else wanted
    kept = slice(0, max(1, lived if len(failed) and not np.isfinite(mean[frames - 1]) else frames))
    return Score(
        clip=trace.clip,
        category=trace.category,
        success=float(not len(failed)),
        success_strict=float((mean <= STRICT_LIMIT_M).all()),
        frame_coverage=lived / wanted,
        mpjpe_mm=1000.0 * float(trace.distance[kept].mean()),
        mpjpe_root_mm=1000.0 * float(trace.root_distance[kept, 1:].mean()),
        joint_rmse_deg=float(np.rad2deg(np.sqrt(np.square(trace.joint_error[kept]).mean()))),
        mean_activation=float(trace.activation[kept].mean()),
    )


MEANS = (
    "success",
    "success_strict",
    "frame_coverage",
    "mpjpe_mm",
    "mpjpe_root_mm",
    "joint_rmse_deg",
    "mean_activation",
)


def summarise(scores: Sequence[Score]) -> dict[str, object]:
    """Number of clips, means over clips, and the same by category."""
    categories = sorted({s.category for s in scores})
    table = {name: _means([s for s in scores if s.category == name]) for name in categories}
    return _means(scores) | {"by_category": table}


def _means(scores: Sequence[Score]) -> dict[str, object]:
    rows = [asdict(s) for s in scores]
    return {"clips": len(rows)} | {key: round(float(np.mean([r[key] for r in rows])), 4) for key in MEANS}
