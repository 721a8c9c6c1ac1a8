"""Env: one batch of bodies, one command, one list of terms.

The order of a step can be recited: act, step physics, let the command go on, reward, end, reset what ended, observe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from kinesis.body import load
from kinesis.body.state import State
from kinesis.command.follow import Command, Target
from kinesis.errors import KinesisError
from kinesis.sim import CpuSim
from kinesis.sim.shared import SharedSim
from kinesis.task.actions import LAWS
from kinesis.task.config import TaskConfig, Term
from kinesis.task.finish import ENDINGS
from kinesis.task.moment import Moment, Tables
from kinesis.task.observe import Observer
from kinesis.task.reward import REWARDS

Prime = Callable[[Tensor], Tensor]
"""Maps an observation (n, width) to the activation (n, muscle) that a policy would hold there."""


@dataclass
class StepResult:
    """reward (env,); failed, over (env,) bool: ended early, or reached the end.

    moment: before any reset, but for what is wanted ahead, which is the new episode's where one ended.
    names, weighted (term, env): the reward's terms.
    """

    reward: Tensor
    failed: Tensor
    over: Tensor
    moment: Moment
    names: tuple[str, ...]
    weighted: Tensor

    @cached_property
    def terms(self) -> dict[str, float]:
        """Mean over environments of every weighted reward term; only a reader pays for it."""
        return dict(zip(self.names, self.weighted.mean(1).tolist(), strict=True))


class Env:
    """Batch of environments; `observation` (env, width) is that of the instant now, after resets.

    Args of the constructor: the configuration, a command for `num_envs` environments, `prime` (see `Prime`),
    `auto_reset`: whether environments that end are started again at once, and `make_sim`: the simulator's
    constructor, by default what the configuration asks for.
    """

    def __init__(
        self,
        config: TaskConfig,
        command: Command,
        num_envs: int,
        *,
        prime: Prime | None = None,
        auto_reset: bool = True,
        threads: int | None = None,
        make_sim: Callable[..., CpuSim] | None = None,
    ) -> None:
        """Build the simulator and measure every width by calling each term once."""
        self.config, self.command, self.num_envs = config, command, num_envs
        self.body, self.law = load(config.body), LAWS.get(config.law)
        if self.law.drives != self.body.actuation:
            raise KinesisError(
                "the action law does not drive this body",
                where=config.law,
                got=self.body.actuation,
                expected=self.law.drives,
            )
        if abs(config.horizons_s[0] * config.control_hz - 1.0) > 1e-6:
            raise KinesisError(
                "the first horizon must be one control step", got=config.horizons_s[0], expected=1 / config.control_hz
            )
        make_sim = make_sim or (partial(SharedSim, by=config.shared_by) if config.shared_by else CpuSim)
        self.sim = make_sim(
            self.body,
            num_envs,
            physics_hz=config.physics_hz,
            control_hz=config.control_hz,
            controller=self.law.controller,
            threads=threads,
        )
        self.step_s = 1.0 / config.control_hz
        self._longest = (config.longest_episode_s - 1e-6) * config.control_hz
        self.prime, self.auto_reset = prime, auto_reset
        self.tables = Tables.of(self.body)
        self._law_constants = self.law.prepare(self.body)
        self._observer = Observer(config.observations)
        self._rewarders = [(t, REWARDS.get(t.name)) for t in config.rewards]
        self._names = tuple(t.name for t in config.rewards)
        self._weights = torch.tensor([[t.weight] for t in config.rewards])
        self._nothing = torch.zeros(num_envs), torch.zeros(0, num_envs)
        self._enders = [(t, ENDINGS.get(t.name)) for t in config.endings]
        self.action = torch.zeros(num_envs, self.num_actions)
        self.control = torch.zeros(num_envs, self.num_actions)
        self.age = torch.zeros(num_envs, dtype=torch.long)
        self.moment: Moment
        self.observation: Tensor
        self.reset()
        self.widths = self._observer.widths(self.moment)

    @property
    def num_actions(self) -> int:
        """Width of an action: one number an actuator."""
        return self.body.model.nu

    def reset(self) -> Tensor:
        """Start every environment anew. Returns the observation."""
        everyone = torch.arange(self.num_envs)
        self._restart(everyone)
        self._observe()
        return self.observation

    def step(self, action: Tensor) -> StepResult:
        """Advance by one control step under action (env, action)."""
        control = self.law.control(self.moment, action, self._law_constants)
        self.sim.step(control)
        self.command.advance(self.step_s)
        self.action, self.age = action, self.age + 1
        self.control = control
        moment = Moment(self.sim.state, self.command.target(), action, control, self.tables)
        reward, weighted = self._reward(moment)
        failed, over, ended = self._ended(moment)
        result = StepResult(reward, torch.from_numpy(failed), torch.from_numpy(over), moment, self._names, weighted)
        self.moment = moment
        if self.auto_reset and len(ended):
            result.moment = Moment(
                moment.now.clone(), Target(moment.target.now.clone(), moment.target.ahead), action, control, self.tables
            )
            self._restart(torch.from_numpy(ended), torch.from_numpy(failed[ended]))
        self._observe()
        return result

    def _reward(self, moment: Moment) -> tuple[Tensor, Tensor]:
        """The reward (env,) and its weighted terms (term, env); a task without any is rewarded with nothing."""
        if not self._rewarders:
            return self._nothing
        weighted = self._weights * torch.stack([f(moment, **t.constants) for t, f in self._rewarders])
        return weighted.sum(0).masked_fill_(self.sim.diverged, 0.0), weighted

    def _ended(self, moment: Moment) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which environments (env,) failed, which are at their end and have not; and those (n,) that did either."""
        failed = self.sim.diverged.numpy().copy()
        for term, ending in self._enders:
            failed |= ending(moment, **term.constants)
        ended = failed | self.command.over | (self.age.numpy() >= self._longest)
        return failed, ended & ~failed, ended.nonzero()[0]

    def tighten(self, share: float) -> None:
        """End episodes at this share of the distances [m] that the configuration's endings allow."""
        self._enders = [
            (replace(t, constants={k: v * (share if k == "limit_m" else 1.0) for k, v in t.constants.items()}), f)
            for (t, (_, f)) in zip(self.config.endings, self._enders, strict=True)
        ]

    def restart(self, ids: Tensor) -> None:
        """Start environments ids (n,) anew and observe; for users who reset by hand."""
        self._restart(ids)
        self._observe()

    def snapshot(self) -> dict[str, Tensor]:
        """Everything that `restore` needs to go on exactly."""
        return (
            self.sim.snapshot()
            | self.command.snapshot()
            | {"action": self.action, "control": self.control, "age": self.age}
        )

    def restore(self, snapshot: dict[str, Tensor]) -> None:
        """Go on from what `snapshot` gave."""
        self.sim.restore(snapshot)
        self.command.restore(snapshot)
        self.action, self.control = snapshot["action"].clone(), snapshot["control"].clone()
        self.age = snapshot["age"].clone()
        self.moment = Moment(self.sim.state, self.command.target(), self.action, self.control, self.tables)
        self._observe()

    def _restart(self, ids: Tensor, failed: Tensor | None = None) -> None:
        """Put environments where their command wants them, muscles primed and the ground felt."""
        self.command.start(ids, failed)
        target = self.command.target(ids)
        state = self._wanted(target)
        if self.prime is not None:
            for _ in range(2):
                seen = self.observe(Moment(state, target, self.action[ids] * 0.0, self.control[ids] * 0.0, self.tables))
                state.activation = self.prime(seen)
                state.ground_force, state.pressure = self.sim.felt(ids, state)
        self.sim.reset(ids, state)
        self.age[ids] = 0
        if len(ids) == self.num_envs:
            everyone = target
        else:
            everyone = self.moment.target
            everyone.now.put(ids, target.now)
            everyone.ahead.put(ids, target.ahead)
        self.moment = Moment(self.sim.state, everyone, self.action, self.control, self.tables)

    def _wanted(self, target: Target) -> State:
        """The State a target asks for, with initial activation, or its own, and no ground force."""
        now, model = target.now, self.sim.model
        count = len(now.qpos)
        level = self.config.initial_activation if self.body.actuation == "muscle" else 0.0
        return State(
            now.qpos.clone(),
            now.qvel.clone(),
            now.landmarks.clone(),
            now.landmark_velocities.clone(),
            now.activation.clone() if now.activation.shape[-1] else torch.full((count, model.na), level),
            torch.zeros(count, len(self.body.feet), 3),
            torch.zeros(count, len(self.body.feet), 3),
        )

    def observe(self, moment: Moment) -> Tensor:
        """What this task's observation terms see at a moment (n, ...). Returns (n, width)."""
        return self._observer(moment)

    def _observe(self) -> None:
        self.observation = self.observe(self.moment)


def describe(terms: tuple[Term, ...]) -> str:
    """One line naming terms, weights and constants."""
    return ", ".join(f"{t.name}×{t.weight:g}{dict(t.constants) or ''}" for t in terms)
