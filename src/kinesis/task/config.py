"""TaskConfig: what is observed, rewarded and ended, at which rates. Plain frozen data, saved with every run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Term:
    """A registered term, its weight (rewards only) and its keyword constants."""

    name: str
    weight: float = 1.0
    constants: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskConfig:
    """A task for one Body. Every number a run depends on is here or in the learner's configuration.

    horizons_s: how far ahead the target is observed; the first must be one control step [s].
    initial_activation: of every muscle at reset, where no policy is at hand to prime it.
    intent: fingerprint of the weights by which the target ahead is what the body intends (`motion/intent`), with
    `@0.5` and the like to so much of the way; where empty, the motion as it is.
    shared_by: of a torque form, by what its torques are shared among the muscles, which then are what is simulated
    (one of `body.muscles.EFFORTS`, see `sim/shared`); where empty, they act on the joints themselves.
    """

    body: str
    law: str
    observations: tuple[Term, ...]
    rewards: tuple[Term, ...]
    endings: tuple[Term, ...]
    horizons_s: tuple[float, ...] = (0.02, 0.1, 0.24)
    control_hz: float = 50.0
    physics_hz: float = 150.0
    initial_activation: float = 0.05
    longest_episode_s: float = 10.0
    intent: str = ""
    shared_by: str = ""

    @property
    def follows_ground(self) -> bool:
        """Whether the action law or a reward takes what the motion asks of the ground."""
        return self.law == FORWARD or any(term.name in GROUND_REWARDS for term in self.rewards)


FORWARD = "joint_servo_forward"
"""The action law that takes the torques of the motion by inverse dynamics."""
GROUND_REWARDS = ("load", "pressure")
"""Rewards that take the ground's forces of the motion."""
