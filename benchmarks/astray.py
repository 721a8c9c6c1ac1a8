"""How often a body that is set beside its way is lost, on the leash that it has and without one.

After a second of following a motion it is moved level, or turned, and follows on; lost is who is ever further off than
half a metre from half a second after that.

python benchmarks/astray.py --policy default
"""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np
import torch

from kinesis import rotations
from kinesis.body import load
from kinesis.body.state import facing
from kinesis.cli import command
from kinesis.evaluate.follow import follow_batch, make_env
from kinesis.evaluate.metrics import SUCCESS_LIMIT_M
from kinesis.learn import Policy, load_checkpoint
from kinesis.motion.clip import Clip
from kinesis.motion.find import find_motions
from kinesis.task import Env, TaskConfig

WAYS = {"ahead": (0.3, 0.0, 0.0), "behind": (-0.3, 0.0, 0.0), "aside": (0.0, 0.3, 0.0), "turned": (0.0, 0.0, 0.6)}
"""Forward and to the left [m], and about the vertical [rad]."""
MOVED, JUDGED = 50, 75
"""Control steps after which a body is moved, and from which it is judged."""


def lost(policy: Policy, task: TaskConfig, clips: list[Clip], way: tuple[float, float, float]) -> float:
    """Share of the clips whose body, moved so, is lost."""
    env = make_env(policy, task, clips, None)

    def moves_once(frames: int) -> None:
        if frames == MOVED * len(clips):
            move(env, *way)

    runs = follow_batch(policy, env, clips, moves_once)
    far = [run.trace.distance[JUDGED:].mean(1).max() > SUCCESS_LIMIT_M for run in runs]
    return float(np.mean(far))


def move(env: Env, forward_m: float, left_m: float, turn_rad: float) -> None:
    """Set every body beside where it is, in its own heading, moving on as it did."""
    state = env.sim.state.clone()
    cosine, sine = torch.from_numpy(facing(state.qpos[:, 3:7].numpy())[:, :2]).float().T
    state.qpos[:, 0] += forward_m * cosine - left_m * sine
    state.qpos[:, 1] += forward_m * sine + left_m * cosine
    turn = rotations.from_heading(torch.full((len(cosine),), turn_rad))
    state.qpos[:, 3:7] = rotations.multiply(turn, state.qpos[:, 3:7])
    state.qvel[:, :3] = rotations.rotate(turn, state.qvel[:, :3])
    env.sim.reset(torch.arange(env.sim.num_envs), state)


def main(policy: str = "default", motions: str = "builtin:validation,builtin:test") -> None:
    """Print shares of those that are lost as JSON; motions of three seconds and more count."""
    checkpoint = load_checkpoint(policy)
    task = checkpoint.card.task
    clips = [clip for clip in find_motions(motions, load(task.body)) if clip.duration_s >= 3.0]
    terms = (dataclasses.replace(t, constants={}) if t.name == "landmark_errors" else t for t in task.observations)
    unleashed = dataclasses.replace(task, observations=tuple(terms))
    shares = {
        leash: {name: round(lost(checkpoint.policy, seen, clips, way), 3) for name, way in WAYS.items()}
        for leash, seen in {"on its leash": task, "without one": unleashed}.items()
    }
    print(json.dumps({"policy": checkpoint.name, "clips": len(clips), **shares}))


if __name__ == "__main__":
    sys.exit(command(main))
