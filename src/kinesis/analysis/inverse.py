"""Inverse dynamics: what joints must have done for a motion, given the ground's forces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.body import Body
from kinesis.body.dynamics import fold, inverse

_ROOT = 6


@dataclass(frozen=True)
class JointMoments:
    """What inverse dynamics gives, at every instant.

    muscle: (instant, joint) [N·m] of muscles, active and passive, knee couplings folded in; damping and springs of
    joints are taken off already, ends of their ranges are not known. root: (instant, 6) force in the world [N], then
    moment in the pelvis' own frame [N·m], which would have to hold the pelvis from outside, none for a body and forces
    that fit.
    """

    muscle: np.ndarray
    root: np.ndarray

    @property
    def root_force(self) -> np.ndarray:
        """(instant,) size of the force on the root [N]."""
        return np.asarray(np.linalg.norm(self.root[:, :3], axis=1))

    @property
    def root_moment(self) -> np.ndarray:
        """(instant,) size of the moment on the root [N·m]."""
        return np.asarray(np.linalg.norm(self.root[:, 3:], axis=1))


def inverse_dynamics(
    body: Body,
    qpos: np.ndarray,
    qvel: np.ndarray,
    acceleration: np.ndarray,
    wrench: np.ndarray,
    *,
    step_s: float | None = None,
) -> JointMoments:
    """Joint moments at postures qpos (instant, nq), speeds and accelerations (instant, nv).

    wrench: (instant, 2, 6) of the ground on the right and left heel segment, world: force [N], then moment about the
    origin [N·m]. What bears on the toes is taken as bearing on the heel's segment, so the toe joint's moment lacks
    it. Couplings are taken as they are in qpos, by virtual work. step_s: see `kinesis.body.dynamics.inverse`.
    """
    forces = inverse(body, qpos, qvel, acceleration, wrench, step_s=step_s)
    return JointMoments(fold(body, qpos, forces), forces[:, :_ROOT])
