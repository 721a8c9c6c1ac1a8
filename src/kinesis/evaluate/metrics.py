"""How well clips were followed: one row a clip, then means. Formulas are the field's own.

A clip succeeds if the tracked landmarks are never more than 0.5 m away on average (the rule of KINESIS),
and strictly if never more than 0.15 m. Errors are averaged over the frames before the failure, the failing
frame included. Other rules of when a clip has failed are in `RULES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

SUCCESS_LIMIT_M, STRICT_LIMIT_M = 0.5, 0.15


@dataclass(frozen=True)
class Score:
    """One clip. mpjpe over tracked landmarks in the world, mpjpe_root relative to the root [mm].

    mean_activation: over muscles and frames; None of a body driven by torques.
    """

    clip: str
    category: str
    success: float
    success_strict: float
    frame_coverage: float
    mpjpe_mm: float
    mpjpe_root_mm: float
    joint_rmse_deg: float
    mean_activation: float | None


@dataclass(frozen=True)
class Trace:
    """What happened, frame by frame after each control step, of one clip.

    distance (frame, tracked) [m]; root_distance: the same relative to the root; joint_error (frame, joint)
    [rad]; activation (frame, muscle), no column without muscles; diverged (frame,): whether the engine gave up.
    """

    clip: str
    category: str
    distance: np.ndarray
    root_distance: np.ndarray
    joint_error: np.ndarray
    activation: np.ndarray
    diverged: np.ndarray


@dataclass(frozen=True)
class Rule:
    """When a clip has failed: tracked landmarks further than limit_m away, on average or any of them."""

    name: str
    limit_m: float
    over: Literal["mean", "any"]
    source: str

    def deviation(self, trace: Trace) -> np.ndarray:
        """(frame,) what is held against the limit [m]; infinite where the engine gave up."""
        return np.where(
            trace.diverged, np.inf, trace.distance.mean(1) if self.over == "mean" else trace.distance.max(1)
        )

    def frames(self, trace: Trace) -> tuple[int, bool]:
        """How many frames were followed before the clip failed, and whether it did."""
        failed = np.flatnonzero(~(self.deviation(trace) <= self.limit_m))
        return (int(failed[0]), True) if len(failed) else (len(trace.distance), False)

    def scored(self, trace: Trace) -> slice:
        """Frames that errors are averaged over: those followed and, where it is a number, the failing one."""
        lived, failed = self.frames(trace)
        return slice(0, max(1, lived + int(failed and bool(np.isfinite(self.deviation(trace)[lived])))))


SUCCESS = Rule("kinesis_evaluation", SUCCESS_LIMIT_M, "mean", "KINESIS, evaluation (Simos et al. 2025)")
RULES = (
    SUCCESS,
    Rule("musclemimic", 0.3, "mean", "MuscleMimic (arXiv 2603.25544), its limit on the mean of the bodies"),
    Rule("kinesis_training", 0.15, "any", "KINESIS, training (Simos et al. 2025)"),
)
"""The published rules, the loosest first.

One run that goes on to the clip's end serves all: until a rule ends it, a run under that rule is the same, for
a rule only watches. What comes after its first violation does not count for it, even a recovery.
"""


def score(trace: Trace, rule: Rule = SUCCESS) -> Score:
    """Reduce a Trace, as if it had ended where it first violates the rule."""
    lived, failed = rule.frames(trace)
    kept = rule.scored(trace)
    mean = np.where(trace.diverged, np.inf, trace.distance.mean(1))
    return Score(
        clip=trace.clip,
        category=trace.category,
        success=float(not failed),
        success_strict=float((mean <= STRICT_LIMIT_M).all()),
        frame_coverage=lived / len(mean),
        mpjpe_mm=1000.0 * float(trace.distance[kept].mean()),
        mpjpe_root_mm=1000.0 * float(trace.root_distance[kept, 1:].mean()),
        joint_rmse_deg=float(np.rad2deg(np.sqrt(np.square(trace.joint_error[kept]).mean()))),
        mean_activation=float(trace.activation[kept].mean()) if trace.activation.size else None,
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
    columns = {key: [getattr(s, key) for s in scores] for key in MEANS}
    return {"clips": len(scores)} | {k: None if None in c else round(float(np.mean(c)), 4) for k, c in columns.items()}
