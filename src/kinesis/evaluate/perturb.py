"""Perturbations: what is changed about a run, while task and policy know nothing of it.

Each kind is plain frozen data and overrides the one hook of `Perturbation` that it is about; `PerturbedSim`
asks the hooks, for all environments at once.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.body.catalogue import load_stepped
from kinesis.body.legs80 import STEP, STEP_HALF_M
from kinesis.body.state import State, heading_rotation
from kinesis.body.variants import with_mass, with_strength
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.sim import CpuSim

WAYS = {0.0: "forward", 90.0: "left", 180.0: "backward", 270.0: "right"}
"""Directions with a name, in degrees from where the body faces, counted to its left."""

_INSTANT_S = 1e-6


@dataclass(frozen=True)
class Perturbation:
    """Changes nothing. name: as it stands in tables."""

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        return "unperturbed"

    def body(self, body: Body) -> Body:
        """What is simulated in place of `body`."""
        return body

    def models(self, model: mujoco.MjModel, clips: Sequence[Clip]) -> list[mujoco.MjModel]:
        """The world of each environment, which follows one of the clips. model: the simulated body's."""
        return [model] * len(clips)

    def push_n(self, time_s: np.ndarray) -> np.ndarray:
        """Force on the pelvis, forward and to the left [N]: (..., 2) at times (...) since the start."""
        return np.zeros((*time_s.shape, 2))

    def delay(self) -> float:
        """How much later controls act [s]."""
        return 0.0


@dataclass(frozen=True)
class Push(Perturbation):
    """A horizontal force on the pelvis, at its centre of mass, from each of times_s on.

    toward_deg: where it pushes to, from where the body faces as each control step begins, counted to its left.
    """

    newtons: float
    toward_deg: float = 0.0
    times_s: tuple[float, ...] = (1.0,)
    lasts_s: float = 0.2

    @property
    def name(self) -> str:
        """See `Perturbation`."""
        return f"push {self.newtons:g} N {WAYS.get(self.toward_deg, f'{self.toward_deg:g}°')}"

    def push_n(self, time_s: np.ndarray) -> np.ndarray:
        """See `Perturbation`."""
        since = time_s[..., None] - np.array(self.times_s)
        acts = ((since > -_INSTANT_S) & (since < self.lasts_s - _INSTANT_S)).any(-1)
        angle = np.deg2rad(self.toward_deg)
        return self.newtons * acts[..., None] * np.array([np.cos(angle), np.sin(angle)])


@dataclass(frozen=True)
class Mass(Perturbation):
    """Every bone heavier by a factor, its inertia by the same: the size stays."""

    factor: float

    @property
    def name(self) -> str:
        """See `Perturbation`."""
        return f"mass {100.0 * (self.factor - 1.0):+g} %"

    def body(self, body: Body) -> Body:
        """See `Perturbation`."""
        return dataclasses.replace(body, model=with_mass(body.model, self.factor))


@dataclass(frozen=True)
class Strength(Perturbation):
    """Peak force of every muscle by a factor, its passive force with it; of a torque form the torque limits."""

    factor: float

    @property
    def name(self) -> str:
        """See `Perturbation`."""
        return f"strength {100.0 * (self.factor - 1.0):+g} %"

    def body(self, body: Body) -> Body:
        """See `Perturbation`."""
        factors = np.full(body.model.nu, self.factor)
        return dataclasses.replace(body, model=with_strength(body.model, body.actuation, factors))


@dataclass(frozen=True)
class Delay(Perturbation):
    """Controls act seconds later, in whole physics steps; until the first one arrives it is held."""

    seconds: float

    @property
    def name(self) -> str:
        """See `Perturbation`."""
        return f"delay {1000.0 * self.seconds:g} ms"

    def delay(self) -> float:
        """See `Perturbation`."""
        return self.seconds


@dataclass(frozen=True)
class GroundStep(Perturbation):
    """The ground beyond a line is higher by height_m, or lower where that is negative; what is wanted stays.

    The line lies where the clip's pelvis first is after_m from its start, square to the way there; a clip
    that stays nearer meets no step.
    """

    height_m: float
    after_m: float = 1.0

    @property
    def name(self) -> str:
        """See `Perturbation`."""
        return f"ground {100.0 * self.height_m:+g} cm"

    def body(self, body: Body) -> Body:
        """See `Perturbation`."""
        return load_stepped(body.name)

    def models(self, model: mujoco.MjModel, clips: Sequence[Clip]) -> list[mujoco.MjModel]:
        """See `Perturbation`."""
        return [self._placed(model, clip.qpos[:, :2]) for clip in clips]

    def _placed(self, model: mujoco.MjModel, path: np.ndarray) -> mujoco.MjModel:
        """The model with its box beyond the line if that is the higher side, else before it, the floor lowered."""
        far = np.linalg.norm(path - path[0], axis=1) >= self.after_m
        if not far.any():
            return model
        model = copy.copy(model)
        floor, box = model.geom("floor").id, model.geom(STEP).id
        way = path[far.argmax()] - path[0]
        way /= np.linalg.norm(way)
        middle = path[0] + way * (self.after_m + np.copysign(STEP_HALF_M[0], self.height_m))
        turn = 0.5 * np.arctan2(way[1], way[0])
        model.geom_sameframe[[floor, box]] = 0  # else the engine takes their places for those of the world's origin
        model.geom_pos[floor, 2] = min(self.height_m, 0.0)
        model.geom_pos[box] = *middle, max(self.height_m, 0.0) - STEP_HALF_M[2]
        model.geom_quat[box] = np.cos(turn), 0.0, 0.0, np.sin(turn)
        return model


class PerturbedSim(CpuSim):
    """The simulator of a batch that follows clips, one an environment, under one perturbation."""

    def __init__(
        self, perturbation: Perturbation, clips: Sequence[Clip], body: Body, num_envs: int, **options: Any
    ) -> None:
        """body, num_envs, options: as for `CpuSim`."""
        super().__init__(perturbation.body(body), num_envs, pushable=True, **options)
        self.perturbation = perturbation
        self.models = perturbation.models(self.model, clips)
        self._late = round(perturbation.delay() * self.physics_hz)
        if abs(self._late - perturbation.delay() * self.physics_hz) > 1e-6 or self._late < 0:
            raise KinesisError(
                "the delay is not a whole number of physics steps",
                got=f"{perturbation.delay():g} s",
                expected=f"a multiple of {1.0 / self.physics_hz:g} s",
            )
        self._waiting = torch.zeros(num_envs, self._late, 0)
        self._new = torch.ones(num_envs, dtype=torch.bool)

    def reset(self, ids: Tensor, state: State) -> None:
        """See `Backend`."""
        super().reset(ids, state)
        self._new[ids] = True

    def step(self, control: Tensor) -> None:
        """See `Backend`."""
        self.push[..., :2] = self._push_w()
        super().step(self._delayed(control) if self._late else control)

    def _push_w(self) -> np.ndarray:
        """(env, substep, 2) world [N]."""
        time_s = self._now[:, :1] + np.arange(self.substeps) / self.physics_hz
        ahead, left = np.moveaxis(self.perturbation.push_n(time_s), -1, 0)
        cosine, sine = (part.numpy()[:, None] for part in heading_rotation(self.state.qpos[:, 3:7]))
        return np.stack([cosine * ahead - sine * left, sine * ahead + cosine * left], -1)

    def _delayed(self, control: Tensor) -> Tensor:
        """(env, substep, width): what arrives during this step of what was given in this one and before."""
        given = control[:, None].expand(-1, self.substeps, -1)
        held = control[:, None].expand(-1, self._late, -1)
        waiting = torch.where(self._new[:, None, None], held, self._waiting) if self._waiting.shape[2] else held
        self._new[:] = False
        line = torch.cat([waiting, given], 1)
        self._waiting = line[:, self.substeps :].clone()
        return line[:, : self.substeps]
