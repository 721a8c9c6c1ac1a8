"""Performance by number of components: the policy's output projected and run again in simulation.

How many dimensions a policy uses is not how many its activity is rebuilt from, but how many its task needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kinesis.analysis.components import Basis, Method, find_basis
from kinesis.analysis.projected import ProjectedPolicy, check_law
from kinesis.evaluate.follow import BATCH, follow_batch, make_env
from kinesis.learn import Policy
from kinesis.motion.clip import Clip
from kinesis.task import TaskConfig

KEPT = 0.95
GRID = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 80)
Report = Callable[[str], None]


@dataclass(frozen=True)
class Performance:
    """Means over clips at a number of components. variance: share that the basis accounts for."""

    components: int
    variance: float
    success: float
    frame_coverage: float
    mpjpe_mm: float

    def keeps(self, whole: Performance, kept: float = KEPT) -> bool:
        """Whether success is at least this share of the whole policy's, and its error at most the inverse share."""
        return self.success >= kept * whole.success and self.mpjpe_mm <= whole.mpjpe_mm / kept


@dataclass(frozen=True)
class Curve:
    """Performance by number of components of one method, in ascending order; the last is the whole."""

    method: Method
    points: tuple[Performance, ...]

    def needed(self, kept: float = KEPT) -> int | None:
        """The least number from which on performance is kept; None where the whole policy never succeeds."""
        return self._first([p.keeps(self.points[-1], kept) for p in self.points]) if self.points[-1].success else None

    def needed_for_success(self, kept: float = KEPT) -> int | None:
        """The same by success alone."""
        whole = self.points[-1].success
        return self._first([p.success >= kept * whole for p in self.points]) if whole else None

    def needed_for_variance(self, kept: float = KEPT) -> int | None:
        """The least number tried that accounts for this share of variance."""
        return next((p.components for p in self.points if p.variance >= kept), None)

    def _first(self, holds: list[bool]) -> int:
        failing = [i for i, kept in enumerate(holds) if not kept]
        return self.points[failing[-1] + 1 if failing else 0].components


def performance_curve(
    policy: Policy,
    task: TaskConfig,
    clips: Sequence[Clip],
    values: np.ndarray,
    method: Method,
    *,
    grid: Sequence[int] = GRID,
    refine: bool = True,
    seed: int = 0,
    report: Report = lambda _: None,
) -> Curve:
    """Follow clips with the policy projected on each number of components of values (instant, muscle).

    Numbers and clips run side by side in one batch. refine: try every number between the last of the grid that loses
    performance and the first from which on it is kept. All muscles are always tried: they are the policy itself.

    Raises:
        KinesisError: for a policy whose output is no excitation.
    """
    check_law(task)
    counts = sorted({*(k for k in grid if k < values.shape[1]), values.shape[1]})
    points = _measure(policy, task, clips, values, method, counts, seed, report)
    curve = Curve(method, points)
    needed = curve.needed()
    if refine and needed is not None:
        below = [k for k in counts if k < needed]
        between = list(range((below[-1] if below else needed - 1) + 1, needed))
        points += _measure(policy, task, clips, values, method, between, seed, report) if between else ()
    return Curve(method, tuple(sorted(points, key=lambda point: point.components)))


def _measure(
    policy: Policy,
    task: TaskConfig,
    clips: Sequence[Clip],
    values: np.ndarray,
    method: Method,
    counts: Sequence[int],
    seed: int,
    report: Report,
) -> tuple[Performance, ...]:
    """One Performance a number, in order."""
    bases = [find_basis(values, method, count, seed=seed) for count in counts]
    pairs = [(basis, clip) for basis in bases for clip in clips]
    scores: list[dict[str, float]] = []
    for start in range(0, len(pairs), BATCH):
        part = pairs[start : start + BATCH]
        report(f"{method}, {start + len(part)} of {len(pairs)} runs")
        projected = ProjectedPolicy(policy, [basis for basis, _ in part])
        followed = [clip for _, clip in part]
        env = make_env(projected, task, followed, None)
        scores += [asdict(run.score) for run in follow_batch(projected, env, followed, lambda _: None)]
    rows = [scores[i * len(clips) : (i + 1) * len(clips)] for i in range(len(counts))]
    return tuple(_mean(count, basis, row) for count, basis, row in zip(counts, bases, rows, strict=True))


def _mean(count: int, basis: Basis, rows: Sequence[dict[str, float]]) -> Performance:
    mean = {key: float(np.mean([row[key] for row in rows])) for key in ("success", "frame_coverage", "mpjpe_mm")}
    return Performance(count, basis.variance, **mean)
