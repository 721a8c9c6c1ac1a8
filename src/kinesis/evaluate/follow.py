"""Run a policy over clips from their beginnings, deterministically, and keep what happened."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kinesis.body import load
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.evaluate.metrics import Score, Trace, score
from kinesis.evaluate.perturb import Perturbation, PerturbedSim
from kinesis.learn import Policy
from kinesis.motion.clip import Clip
from kinesis.motion.library import Library
from kinesis.task import Env, TaskConfig
from kinesis.task.moment import Moment

BATCH = 128
"""Clips that run side by side."""


@dataclass(frozen=True)
class Run:
    """One clip followed: its score and the path, each (frame, ...), one frame a control step.

    reference: qpos wanted at the same instants. ground_force (frame, foot, 3) world [N]. landmarks, wanted
    (frame, landmark, 3) [m] and their speeds [m/s], world. trace: what the score was made of.
    """

    clip: Clip
    score: Score
    rate_hz: float
    qpos: np.ndarray
    reference: np.ndarray
    activation: np.ndarray
    ground_force: np.ndarray
    trace: Trace
    qvel: np.ndarray
    landmarks: np.ndarray
    landmark_velocities: np.ndarray
    wanted: np.ndarray
    wanted_velocities: np.ndarray


def follow_clips(
    policy: Policy,
    task: TaskConfig,
    clips: Sequence[Clip],
    *,
    perturbation: Perturbation | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Run]:
    """Follow every clip from its first frame to its last.

    The task's own endings and rewards do not matter here: the episode goes on to the clip's end, and the
    score says when it failed. progress is called with (frames done, frames in all).
    """
    runs: list[Run] = []
    order = sorted(range(len(clips)), key=lambda i: clips[i].duration_s)
    total = sum(count_frames(c, task) for c in clips)
    for start in range(0, len(order), BATCH):
        batch = [clips[i] for i in order[start : start + BATCH]]
        done = sum(len(r.qpos) for r in runs)
        env = make_env(policy, task, batch, perturbation)
        runs += follow_batch(policy, env, batch, functools.partial(_tell, progress, done, total))
    return [runs[i] for i in np.argsort(order)]


def _tell(progress: Callable[[int, int], None] | None, before: int, total: int, frames: int) -> None:
    if progress:
        progress(before + frames, total)


def count_frames(clip: Clip, task: TaskConfig) -> int:
    """Control steps from a clip's first frame to its last."""
    return max(1, int(clip.duration_s * task.control_hz + 1e-6))


def make_env(policy: Policy, task: TaskConfig, clips: Sequence[Clip], perturbation: Perturbation | None) -> Env:
    """One environment a clip, at its beginning, that never ends by itself; a clip named twice is prepared once."""
    body, count = load(task.body), len(clips)
    plain = dataclasses.replace(task, rewards=(), endings=(), longest_episode_s=float("inf"))
    unique = {id(clip): clip for clip in clips}
    places = {name: place for place, name in enumerate(unique)}
    library = Library(body, list(unique.values()), plain.intent, ground=plain.follows_ground)
    chosen = torch.tensor([places[id(clip)] for clip in clips])
    command = Follow(library, count, plain.horizons_s, clips=chosen)
    if perturbation and task.shared_by:
        raise KinesisError("torques shared among muscles are not perturbed", got=perturbation.name, expected="none")
    make_sim = functools.partial(PerturbedSim, perturbation, clips) if perturbation else None
    return Env(plain, command, count, prime=policy.priming(task.law), auto_reset=False, make_sim=make_sim)


@torch.no_grad()
def follow_batch(policy: Policy, env: Env, clips: Sequence[Clip], progress: Callable[[int], object]) -> list[Run]:
    """Follow one clip an environment of `make_env`. progress is called with frames done after every step."""
    frames = [count_frames(clip, env.config) for clip in clips]
    kept: dict[str, list[Tensor]] = {}
    for _ in range(max(frames)):
        result = env.step(policy(env.observation))
        _keep(kept, env, result.moment)
        progress(sum(min(f, len(kept["qpos"])) for f in frames))
    paths = {key: torch.stack(values, 1).numpy() for key, values in kept.items()}
    return [_run(clip, {k: v[i, : frames[i]] for k, v in paths.items()}, env.config) for i, clip in enumerate(clips)]


def _keep(kept: dict[str, list[Tensor]], env: Env, m: Moment) -> None:
    error = m.tracked_error
    values = {
        "qpos": m.now.qpos,
        "qvel": m.now.qvel,
        "landmarks": m.now.landmarks,
        "landmark_velocities": m.now.landmark_velocities,
        "wanted": m.target.now.landmarks,
        "wanted_velocities": m.target.now.landmark_velocities,
        "reference": m.target.now.qpos,
        "activation": m.now.activation,
        "ground_force": m.now.ground_force,
        "distance": m.tracked_distance,
        "root_distance": torch.linalg.vector_norm(error - error[:, :1], dim=-1),
        "joint_error": m.target.now.qpos[:, m.tables.joint_qpos] - m.joints,
        "diverged": env.sim.diverged,
    }
    for key, value in values.items():
        kept.setdefault(key, []).append(value.clone())


def _run(clip: Clip, path: dict[str, np.ndarray], task: TaskConfig) -> Run:
    measured = ("distance", "root_distance", "joint_error", "diverged")
    driven = path["activation"] if task.shared_by or load(task.body).actuation == "muscle" else np.zeros((0, 0))
    trace = Trace(clip.name, clip.category, activation=driven, **{key: path.pop(key) for key in measured})
    return Run(clip, score(trace), task.control_hz, trace=trace, **path)
