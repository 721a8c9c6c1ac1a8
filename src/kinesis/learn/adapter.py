"""An Env as rsl_rl's VecEnv."""

from __future__ import annotations

from collections.abc import Callable

import torch
from rsl_rl.env import VecEnv
from tensordict import TensorDict
from torch import Tensor

from kinesis.learn.networks import observations
from kinesis.task import Env, StepResult


class RslEnv(VecEnv):
    """Steps an Env for rsl_rl. Reaching a clip's end is a time-out, whose value rsl_rl bootstraps.

    act: from an observation and what the learner sampled there to the action (see `ReflectedModel.act`).
    last: the last StepResult, for logs.
    """

    def __init__(self, env: Env, act: Callable[[Tensor, Tensor], Tensor]) -> None:
        """Wrap; the Env resets by itself."""
        self.env, self.act = env, act
        self.num_envs, self.num_actions, self.device = env.num_envs, env.num_actions, "cpu"
        self.max_episode_length = round(env.config.longest_episode_s * env.config.control_hz)
        self.cfg = env.config
        self.last: StepResult | None = None

    @property
    def episode_length_buf(self) -> Tensor:
        """(env,) control steps since each reset."""
        return self.env.age

    @episode_length_buf.setter
    def episode_length_buf(self, value: Tensor) -> None:
        self.env.age = value

    def get_observations(self) -> TensorDict:
        """The observation now."""
        return observations(self.env.observation)

    def step(self, actions: Tensor) -> tuple[TensorDict, Tensor, Tensor, dict]:
        """One control step."""
        self.last = self.env.step(self.act(self.env.observation, actions))
        done = self.last.failed | self.last.over
        extras = {"time_outs": self.last.over.float(), "log": {f"/reward/{k}": v for k, v in self.last.terms.items()}}
        return self.get_observations(), self.last.reward, done.to(torch.long), extras
