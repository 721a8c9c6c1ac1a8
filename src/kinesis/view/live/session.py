"""The simulation of the live viewer: one body following one motion, and everything that a hand may do to it.

It knows nothing of browsers. Time is counted in control steps from the motion's beginning; every step is kept, so
that any instant so far can be gone back to, and going on from there gives the same again unless something changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from kinesis.body.state import heading_rotation
from kinesis.body.variants import with_strength
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import count_frames, make_env
from kinesis.evaluate.metrics import SUCCESS_LIMIT_M
from kinesis.evaluate.perturb import Perturbation, PerturbedSim, Push
from kinesis.learn.checkpoint import Checkpoint
from kinesis.motion.clip import Clip
from kinesis.task.moment import Moment

PACES = (1.0, 0.5, 0.25, 0.1)
"""Simulated over real time that a person may choose from."""

LONGEST_CATCH_UP_S = 0.1
"""What the simulation is late by, beyond this, is let go [s]."""

STRONGEST_PUSH_N = 500.0


@dataclass(frozen=True)
class Frame:
    """One instant.

    qpos, reference (nq,); activation (actuator,); landmarks (landmark, 3) world [m]; ground_force (foot, 3) world
    [N]; distance_m: mean over the tracked landmarks.
    """

    qpos: np.ndarray
    reference: np.ndarray
    activation: np.ndarray
    landmarks: np.ndarray
    ground_force: np.ndarray
    distance_m: float


class Session:
    """A policy and a motion out of several, simulated step by step.

    policies, motions: what there is to choose from, by name. paused; pace: simulated over real time. again: begin
    anew at the end of the motion, and once the body is lost (see `lost`). at: the control step that is seen;
    frames: every step so far. strength (actuator,): factors on the peak forces.
    """

    def __init__(self, policies: Sequence[Checkpoint], motions: Sequence[Clip]) -> None:
        """Begin with the first of each."""
        if not policies or not motions:
            raise KinesisError("nothing to view", got=f"{len(policies)} policies, {len(motions)} motions")
        self.policies: Mapping[str, Checkpoint] = _named(policies)
        self.motions: dict[str, Clip] = {motion.name: motion for motion in motions}
        self.paused, self.pace, self.again = False, 1.0, True
        self.policy, self.motion = next(iter(self.policies)), motions[0].name
        self._late_s, self.strength = 0.0, np.ones(0)
        self._build()

    def choose(self, *, policy: str | None = None, motion: str | Clip | None = None) -> None:
        """Begin anew with another policy or motion; a clip is added to the motions there are.

        Raises:
            UnknownName: for a name that is not among them.
        """
        if isinstance(motion, Clip):
            self.motions[motion.name] = motion
            motion = motion.name
        policy, motion = policy or self.policy, motion or self.motion
        if policy not in self.policies:
            raise KinesisError.unknown("policy", policy, self.policies)
        if motion not in self.motions:
            raise KinesisError.unknown("motion", motion, self.motions)
        self.policy, self.motion = policy, motion
        self._build()

    def _build(self) -> None:
        """Make the environment of what is chosen; strengths stay where there are as many actuators."""
        checkpoint, clip = self.policies[self.policy], self.motions[self.motion]
        self._act, task = checkpoint.policy, checkpoint.card.task
        self.env = make_env(self._act, task, [clip], Perturbation())
        self.body, self.step_s = self.env.body, self.env.step_s
        self.last = count_frames(clip, task)
        if len(self.strength) != self.body.model.nu:
            self.strength = np.ones(self.body.model.nu)
        self._apply_strength()
        self.restart()

    def restart(self) -> None:
        """Go back to the beginning and forget what came after, pushes too."""
        self.env.reset()
        self._pushes: list[Push] = []
        self._sim.perturbation = Perturbation()
        self._snapshots: list[dict[str, Tensor]] = []
        self.frames: list[Frame] = []
        self._keep(self.env.moment)
        self.at = 0

    @property
    def time_s(self) -> float:
        """The instant that is seen, from the motion's beginning [s]."""
        return self.at * self.step_s

    @property
    def frame(self) -> Frame:
        """What is seen."""
        return self.frames[self.at]

    @property
    def over(self) -> bool:
        """Whether the motion is at its end."""
        return self.at >= self.last

    @property
    def lost(self) -> bool:
        """Whether the body is further from what is wanted than the rule of success lets it be."""
        return not self.frame.distance_m <= SUCCESS_LIMIT_M

    def advance(self, elapsed_s: float) -> int:
        """Let real time pass: as many steps as it asks for at this pace, none while paused. Returns how many."""
        if self.paused:
            self._late_s = 0.0
            return 0
        self._late_s = min(self._late_s + elapsed_s * self.pace, LONGEST_CATCH_UP_S)
        steps = int(self._late_s / self.step_s + 1e-9)
        self._late_s -= steps * self.step_s
        for _ in range(steps):
            if self.over or (self.lost and self.again):
                self._begin_again()
                break
            self.step()
        return steps

    def _begin_again(self) -> None:
        if self.again:
            self.restart()
        else:
            self.paused = True

    @torch.no_grad()
    def step(self) -> Frame:
        """One control step on from the instant seen; what was simulated beyond it is forgotten."""
        if self.over:
            return self.frame
        self._forget_future()
        self._keep(self.env.step(self._act(self.env.observation)).moment)
        self.at += 1
        return self.frame

    def seek(self, time_s: float) -> None:
        """See another instant; what is not simulated yet is simulated on the way."""
        wanted = min(max(round(time_s / self.step_s), 0), self.last) if np.isfinite(time_s) else self.at
        self.at = min(wanted, len(self.frames) - 1)
        while self.at < wanted:
            self.step()

    def push(self, newtons: float, toward_deg: float) -> None:
        """Push the pelvis from now on for as long as a `Push` lasts, in place of any push before.

        toward_deg: from where the body faces, counted to its left.
        """
        if not 0.0 <= newtons <= STRONGEST_PUSH_N or not np.isfinite(toward_deg):
            raise KinesisError("not a push", got=f"{newtons} N", expected=f"0 to {STRONGEST_PUSH_N:g} N")
        self._forget_future()
        self._pushes.append(Push(newtons, toward_deg, (self.time_s,)))
        self._sim.perturbation = self._pushes[-1]

    def push_along(self, newtons: float, way_w: Sequence[float]) -> None:
        """Push the pelvis along the horizontal part of way_w (2 or more,), in the world; nowhere if there is none."""
        cosine, sine = heading_rotation(torch.from_numpy(self.frame.qpos[None, 3:7]))
        x, y, *_ = way_w
        if np.hypot(x, y) > 1e-6:
            toward = np.arctan2(y, x) - np.arctan2(float(sine), float(cosine))
            self.push(newtons, float(np.rad2deg(toward)) % 360.0)

    def weaken(self, muscles: Sequence[int] | np.ndarray, share: float) -> None:
        """Leave actuators (n,) only this share of their strength, from now on.

        Raises:
            KinesisError: for a share outside 0 to 1.
        """
        if not 0.0 <= share <= 1.0:
            raise KinesisError("not a share of strength", got=share, expected="0 to 1")
        self._forget_future()
        self.strength[muscles] = share
        self._apply_strength()

    def _apply_strength(self) -> None:
        sim = self._sim
        whole = bool((self.strength == 1.0).all())
        sim.models = [sim.model if whole else with_strength(sim.model, self.body.actuation, self.strength)]

    def _forget_future(self) -> None:
        """What was simulated beyond the instant seen, and every push there, is no longer what will come."""
        if self.at + 1 < len(self.frames):
            del self.frames[self.at + 1 :], self._snapshots[self.at + 1 :]
            self.env.restore(self._snapshots[self.at])
            self._pushes = [push for push in self._pushes if push.times_s[0] <= self.time_s]
            self._sim.perturbation = self._pushes[-1] if self._pushes else Perturbation()

    @property
    def _sim(self) -> PerturbedSim:
        return cast(PerturbedSim, self.env.sim)

    def _keep(self, moment: Moment) -> None:
        """Remember the instant; tensors that did not change are shared with the one before."""
        before = self._snapshots[-1] if self._snapshots else {}
        now = self.env.snapshot()
        shared = {key: before[key] if _same(before.get(key), value) else value.clone() for key, value in now.items()}
        self._snapshots.append(shared)
        state, target = moment.now, moment.target.now
        self.frames.append(
            Frame(
                qpos=_first(state.qpos),
                reference=_first(target.qpos),
                activation=_first(state.activation),
                landmarks=_first(state.landmarks),
                ground_force=_first(state.ground_force),
                distance_m=float(moment.tracked_distance.mean()),
            )
        )


def _named(policies: Sequence[Checkpoint]) -> dict[str, Checkpoint]:
    """By name; those of one name in several folders are numbered."""
    named: dict[str, Checkpoint] = {}
    for policy in policies:
        names = (policy.name, *(f"{policy.name} ({i})" for i in range(2, len(policies) + 1)))
        named[next(name for name in names if name not in named)] = policy
    return named


def _first(values: Tensor) -> np.ndarray:
    """The one environment's own, to keep."""
    return values[0].numpy().copy()


def _same(before: Tensor | None, now: Tensor) -> bool:
    return before is not None and torch.equal(before, now)
