"""The Env as a Gymnasium vector environment; importing this module registers it.

import gymnasium
envs = gymnasium.make_vec("kinesis.task.gym:kinesis/Imitate-v0", num_envs=64, motions="builtin:walk@1.2")
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

from kinesis.body import load
from kinesis.command import Follow
from kinesis.motion.find import find_motions
from kinesis.motion.library import Library
from kinesis.task.config import TaskConfig
from kinesis.task.env import Env
from kinesis.task.recipes import TASKS


class ImitateVectorEnv(VectorEnv):
    """Follow motions with a batch of bodies.

    Actions (num_envs, actuator) mean what the task's action law says; observations are float32. An episode
    terminates when a term of the task ends it, and is truncated at the end of its clip. An environment that
    ended is started anew in the next `step`, whose action it ignores (Gymnasium's NEXT_STEP mode).
    """

    def __init__(
        self, num_envs: int = 16, task: str | TaskConfig = "imitate", motions: str = "builtin:walk@1.2", seed: int = 0
    ) -> None:
        """Build the bodies; `task` is a registered name or a configuration."""
        config = TASKS.get(task)() if isinstance(task, str) else task
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": []}
        self.num_envs = num_envs
        body = load(config.body)
        self._library = Library(body, find_motions(motions, body), config.intent, ground=config.follows_ground)
        self._command = Follow(self._library, num_envs, config.horizons_s, seed=seed)
        self.env = Env(config, self._command, num_envs, auto_reset=False)
        self._ended = torch.zeros(num_envs, dtype=torch.bool)
        low, high = self.env.law.span
        self.single_action_space = spaces.Box(low, high, (self.env.num_actions,), np.float32)
        self.single_observation_space = spaces.Box(-np.inf, np.inf, self.env.observation.shape[1:], np.float32)
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, num_envs)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Start every environment; a seed makes the draws repeat."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self._command.generator.manual_seed(seed)
        self._ended[:] = False
        return self.env.reset().numpy().copy(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict]:
        """One control step of all."""
        waiting = self._ended
        result = self.env.step(torch.as_tensor(np.asarray(actions), dtype=torch.float32))
        if waiting.any():
            self.env.restart(torch.nonzero(waiting)[:, 0])
        reward = torch.where(waiting, 0.0, result.reward)
        failed, over = result.failed & ~waiting, result.over & ~waiting
        self._ended = failed | over
        info = {"distance_m": result.moment.tracked_distance.mean(1).numpy().copy()}
        return (
            self.env.observation.numpy().copy(),
            reward.numpy().astype(np.float64),
            failed.numpy().copy(),
            over.numpy().copy(),
            info,
        )


def _make(**arguments: Any) -> VectorEnv:
    return ImitateVectorEnv(**arguments)


gymnasium.register(id="kinesis/Imitate-v0", vector_entry_point=_make)
