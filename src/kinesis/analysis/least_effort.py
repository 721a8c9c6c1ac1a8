"""Least effort: activations that give joint torques at the least cost, by a batched interior-point method.

min_a  sum_m c_m a_m^p / p + |r|² / (2 softness),  r = tau - R (g a + b),  0 <= a <= 1

With a small softness torques that the muscles can give are met, and of others the nearest are (Crowninshield & Brand
1981 with p = 3; p = 2 and costs by volume after Happee 1994). `body.sharing` solves the same problem for p = 2 by
Newton's method at a softness that suits learning; towards small ones and other powers that method cycles between the
sets of muscles at their bounds. Here the bounds are a barrier that falls to nothing (predictor and corrector,
Mehrotra 1992), which takes some twenty steps whatever the power. Each leg is a problem of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.analysis.systems import MuscleSystems

SOFTNESS = 1e-2
"""Of torques, in (N·m)² an effort of one: residuals are this times d effort / d torque, some 1e-3 N·m."""

ITERATIONS = 200
CLOSED = 1e-14
_INWARD, _ROUNDING = 0.995, 1e-15


def least_effort(
    systems: MuscleSystems, torque: np.ndarray, *, power: int = 2, cost: np.ndarray | None = None
) -> np.ndarray:
    """Activations (instant, muscle) in [0, 1] that give torques (instant, joint) [N·m] with the least effort.

    Args:
        systems: muscles at every instant.
        torque: of muscles, active and passive together, right leg first.
        power: of an activation in the effort, 2 or more.
        cost: (muscle,) what each muscle's effort counts, above 0; one by default.
    """
    matrix = legs(systems.arms * systems.gain[:, None])
    wanted = (torque - systems.passive_torque).reshape(-1, matrix.shape[1])
    price = np.broadcast_to(1.0 if cost is None else cost / cost.mean(), systems.gain.shape).reshape(len(matrix), -1)
    return _interior_point(matrix, wanted, price, power).reshape(len(torque), -1)


def legs(matrix: np.ndarray) -> np.ndarray:
    """(instant, joint, muscle) to (2 instant, joint / 2, muscle / 2): a leg's own joints and muscles."""
    joints, muscles = matrix.shape[1] // 2, matrix.shape[2] // 2
    sides = (matrix[:, :joints, :muscles], matrix[:, joints:, muscles:])
    return np.ascontiguousarray(np.stack(sides, 1).reshape(-1, joints, muscles))


@dataclass
class _Point:
    """Activation, prices of torque, of the lower and of the upper bound, of each leg."""

    a: np.ndarray
    torque: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def room(self) -> np.ndarray:
        """Distance from the upper bound, never nothing."""
        return np.maximum(1.0 - self.a, _ROUNDING)

    @property
    def gap(self) -> np.ndarray:
        """(leg, 1) mean product of a bound's distance and price."""
        return 0.5 * (self.a * self.lower + self.room * self.upper).mean(1, keepdims=True)

    def moved(self, step: _Point, share: np.ndarray) -> _Point:
        """After a share (leg, 1) of a step."""
        return _Point(
            self.a + share * step.a,
            self.torque + share * step.torque,
            self.lower + share * step.lower,
            self.upper + share * step.upper,
        )

    def longest(self, step: _Point) -> np.ndarray:
        """(leg, 1) share of a step, at most one, that stays inside the bounds and keeps prices positive."""
        pairs = ((self.a, step.a), (self.room, -step.a), (self.lower, step.lower), (self.upper, step.upper))
        ratios = [np.where(change < 0.0, -value / np.minimum(change, -1e-300), np.inf) for value, change in pairs]
        return np.minimum(1.0, np.min(ratios, axis=(0, 2))[:, None])


def _interior_point(matrix: np.ndarray, wanted: np.ndarray, price: np.ndarray, power: int) -> np.ndarray:
    """Activations (leg, muscle) of legs' matrices (leg, joint, muscle) and torques (leg, joint)."""
    ones = np.ones(price.shape)
    solution, open_legs = 0.3 * ones, np.arange(len(matrix))
    point = _Point(0.3 * ones, np.zeros(wanted.shape), ones, ones)
    for _ in range(ITERATIONS):
        point = _stepped(point, matrix, wanted, price, power)
        solution[open_legs] = point.a
        going = _defect(point, matrix, wanted, price, power) > CLOSED
        if not going.any():
            break
        open_legs, matrix, wanted, price = open_legs[going], matrix[going], wanted[going], price[going]
        point = _Point(point.a[going], point.torque[going], point.lower[going], point.upper[going])
    return np.clip(solution, 0.0, 1.0)


def _dual(point: _Point, matrix: np.ndarray, price: np.ndarray, power: int) -> np.ndarray:
    return price * point.a ** (power - 1) - _apply(matrix.swapaxes(1, 2), point.torque) - point.lower + point.upper


def _primal(point: _Point, matrix: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return _apply(matrix, point.a) + SOFTNESS * point.torque - wanted


def _defect(point: _Point, matrix: np.ndarray, wanted: np.ndarray, price: np.ndarray, power: int) -> np.ndarray:
    """(leg,) the worst of what an optimum has none of, beside the prices."""
    dual = np.abs(_dual(point, matrix, price, power)).max(1)
    primal = np.abs(_primal(point, matrix, wanted)).max(1)
    scale = 1.0 + np.maximum(point.lower.max(1), point.upper.max(1))
    return np.maximum(np.maximum(1e-3 * dual, 1e-5 * primal), point.gap[:, 0]) / np.sqrt(scale)


def _stepped(point: _Point, matrix: np.ndarray, wanted: np.ndarray, price: np.ndarray, power: int) -> _Point:
    """One predictor and corrector."""
    room = point.room
    curvature = (power - 1) * price * point.a ** (power - 2) + point.lower / point.a + point.upper / room
    scaled = matrix / curvature[:, None]
    system = np.matmul(scaled, matrix.swapaxes(1, 2)) + SOFTNESS * np.eye(matrix.shape[1])
    dual, primal = _dual(point, matrix, price, power), _primal(point, matrix, wanted)

    def towards(low: np.ndarray, high: np.ndarray) -> _Point:
        """The step to where distance × price would be low and high."""
        push = -dual + low / point.a - point.lower - high / room + point.upper
        torque = np.linalg.solve(system, (-primal - _apply(scaled, push))[..., None])[..., 0]
        a = (push + _apply(matrix.swapaxes(1, 2), torque)) / curvature
        lower = (low - point.lower * a) / point.a - point.lower
        return _Point(a, torque, lower, (high + point.upper * a) / room - point.upper)

    nothing = np.zeros_like(point.a)
    predicted = towards(nothing, nothing)
    reach = point.longest(predicted)
    after = point.moved(predicted, reach).gap
    aim = point.gap * np.clip((after / point.gap) ** 3, 1e-6, 1.0)
    bend = reach**3 * predicted.a  # a correction for what a short step does not reach would make it go round in circles
    step = towards(aim - bend * predicted.lower, aim + bend * predicted.upper)
    return point.moved(step, np.minimum(1.0, _INWARD * point.longest(step)))


def _apply(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(leg, row, column) times (leg, column)."""
    return np.matmul(matrix, vector[..., None])[..., 0]
