"""Static optimisation: the activations of least effort for what a motion demanded, beside those that did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesis.analysis.demand import Demand, demand_of_recording
from kinesis.analysis.least_effort import least_effort
from kinesis.analysis.systems import MuscleSystems, muscle_systems
from kinesis.body import Body
from kinesis.body.muscles import effort_cost
from kinesis.errors import KinesisError
from kinesis.evaluate.signals import Recording


@dataclass(frozen=True)
class Criterion:
    """An effort: sum of activations to a power, each muscle counting by one of `body.muscles.EFFORTS`."""

    title: str
    power: int
    source: str
    by: str = "muscle"

    def cost(self, body: Body) -> np.ndarray:
        """(muscle,) what a muscle counts; the mean is one."""
        return effort_cost(body.model, self.by)

    def effort(self, body: Body, activation: np.ndarray) -> np.ndarray:
        """(...) of activations (..., muscle)."""
        return (self.cost(body) * activation**self.power).sum(-1)


CRITERIA: Mapping[str, Criterion] = {
    "squared": Criterion("Σ a²", 2, "Kaufman et al. 1991"),
    "cubed": Criterion("Σ a³", 3, "Crowninshield and Brand 1981, on activations"),
    "volume": Criterion("Σ V a²", 2, "Happee 1994; V = peak force × optimal fibre length", by="volume"),
    "force": Criterion("Σ (F² + F̄²/20) a²", 2, "Pedotti et al. 1978; F = peak force, F̄² its mean", by="force"),
    "energy": Criterion("Σ (V² + V̄²/50) a²", 2, "Umberger et al. 2003, squared; V = volume, V̄² its mean", by="energy"),
}


@dataclass(frozen=True)
class Optimum:
    """Least effort for a Demand. activation (instant, muscle), torque (instant, joint) [N·m] that it gives."""

    demand: Demand
    criterion: str
    systems: MuscleSystems
    activation: np.ndarray
    torque: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        """(instant, joint) torque that muscles could not give [N·m]."""
        return self.demand.torque - self.torque

    @property
    def effort(self) -> np.ndarray:
        """(instant,) least effort."""
        return CRITERIA[self.criterion].effort(self.demand.body, self.activation)

    @property
    def own_effort(self) -> np.ndarray | None:
        """(instant,) effort of whoever did it, None where that is not known."""
        own = self.demand.activation
        return None if own is None else CRITERIA[self.criterion].effort(self.demand.body, own)


def static_optimum(motion: Recording | Demand, criterion: str = "squared") -> Optimum:
    """Least effort at every instant of a recording, or of a demand.

    Args:
        motion: of a body with muscles.
        criterion: a name of `CRITERIA`.

    Raises:
        UnknownName: for a criterion there is not.
        KinesisError: for a recording without forces, or of another form of its body.
    """
    if criterion not in CRITERIA:
        raise KinesisError.unknown("criterion of effort", criterion, CRITERIA)
    demand = demand_of_recording(motion) if isinstance(motion, Recording) else motion
    systems = muscle_systems(demand.body, demand.qpos, demand.qvel)
    kind = CRITERIA[criterion]
    activation = least_effort(systems, demand.torque, power=kind.power, cost=kind.cost(demand.body))
    return Optimum(demand, criterion, systems, activation, systems.torque(activation))
