"""How fast this machine steps: the bare engine, and everything that a learner waits for."""

from __future__ import annotations

import dataclasses
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from kinesis.command import Follow
from kinesis.learn.networks import Policy
from kinesis.motion.library import Library
from kinesis.sim import CpuSim
from kinesis.task import Env, TaskConfig


def measure_sim(
    task: TaskConfig, library: Library, *, envs: int = 256, seconds: float = 4.0, rounds: int = 5
) -> dict[str, Any]:
    """Raw against whole stepping, interleaved so that a drifting machine does not favour one.

    Both start from states of the same walk and run under the same excitations, so contacts and muscle states
    are alike. Returns raw_steps_per_s (bare `mj_step` of the lean model on all cores, no callback),
    control_steps_per_s (commands, observation, reward, endings, resets), substeps, efficiency
    (control steps · substeps / raw), memory_mb of the process at its largest. Medians over rounds.
    """
    command = Follow(library, envs, task.horizons_s)
    env = Env(task, command, envs)
    raw = _raw(env)
    action = torch.full((envs, env.num_actions), env.law.centre)

    def whole() -> int:
        env.step(action)
        return envs

    whole(), raw()
    pairs = [(_rate(raw, seconds / rounds), _rate(whole, seconds / rounds)) for _ in range(rounds)]
    bare, control = (float(np.median(values)) for values in zip(*pairs, strict=True))
    substeps = env.sim.substeps
    return {
        "law": task.law,
        "envs": envs,
        "substeps": substeps,
        "raw_steps_per_s": round(bare),
        "control_steps_per_s": round(control),
        "efficiency": round(float(np.median([c * substeps / r for r, c in pairs])), 3),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


@torch.inference_mode()
def measure_policy(policy: Policy, task: TaskConfig, library: Library, *, seconds: float = 4.0) -> dict[str, Any]:
    """One body following a clip on one core: policy, commands, simulation and endings; rewards are a learner's.

    Returns realtime_factor (simulated over elapsed time), policy_ms (median of the policy alone, one
    observation), step_ms (median of a whole control step).
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        unrewarded = dataclasses.replace(task, rewards=())
        env = Env(unrewarded, Follow(library, 1, task.horizons_s), 1, prime=policy.priming(task.law), threads=1)
        env.step(policy(env.observation))  # compiles what is not compiled yet
        alone: list[float] = []
        whole: list[float] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until or len(whole) < 2:
            started = time.perf_counter()
            action = policy(env.observation)
            chosen = time.perf_counter()
            env.step(action)
            alone.append(chosen - started)
            whole.append(time.perf_counter() - started)
    finally:
        torch.set_num_threads(threads)
    return {
        "realtime_factor": round(len(whole) / task.control_hz / sum(whole), 2),
        "policy_ms": round(1000.0 * float(np.median(alone)), 4),
        "step_ms": round(1000.0 * float(np.median(whole)), 4),
    }


def _raw(env: Env) -> Callable[[], int]:
    """Bare steps of the same model, as many as a control step has, from the states where `env` is now."""
    sim = CpuSim(env.body, env.num_envs, physics_hz=env.config.physics_hz, control_hz=env.config.control_hz)
    steps, began = sim.substeps, env.sim.snapshot()["physics"].numpy()
    path = np.empty((env.num_envs, steps, began.shape[1]))
    sensed = np.empty((env.num_envs, steps, sim.model.nsensordata))
    control = np.full((env.num_envs, steps, sim.model.nu), 0.05)

    def step() -> int:
        sim.roll(env.sim.snapshot()["physics"].numpy(), control, sim.control_spec, path, sensed)
        return env.num_envs * steps

    return step


def _rate(work: Callable[[], int], seconds: float) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        done += work()
    return done / (time.perf_counter() - started)
