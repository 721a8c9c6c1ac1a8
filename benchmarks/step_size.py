"""How the physics step and the control rate change a walk: error against a 0.25 ms reference, and cost.

From states along walks that a policy follows, the excitations that it chose are played again open loop as a
continuous signal: sampled and held at every control rate, integrated with every physics step. Errors are
medians over starts, after 0.2 and 0.4 s. Run it while nothing else runs:

    python benchmarks/step_size.py [--policy default]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from kinesis.body import load
from kinesis.body.state import State
from kinesis.cli import command
from kinesis.command import Follow
from kinesis.learn import load_checkpoint
from kinesis.motion.find import find_motions
from kinesis.motion.library import Library
from kinesis.sim import CpuSim
from kinesis.task import Env

REFERENCE_HZ = 4000.0
PHYSICS_HZ = (100.0, 150.0, 200.0, 300.0, 500.0, 1000.0)
CONTROL_HZ = (30.0, 50.0, 75.0, 100.0)

STARTS, MIDDLE, SECONDS = 96, 0.2, 0.4
RESULT = Path(__file__).parent / "results" / "step_size.json"


@dataclass(frozen=True)
class Recorded:
    """Start states (start, ...) and the excitations that followed, (frame, start, muscle) at rate_hz."""

    state: State
    excitation: torch.Tensor
    rate_hz: float

    def at(self, time_s: float) -> torch.Tensor:
        """The continuous signal: linear between frames. (start, muscle)."""
        position = min(time_s * self.rate_hz, len(self.excitation) - 1.001)
        lower = int(position)
        return torch.lerp(self.excitation[lower], self.excitation[lower + 1], position - lower)


def record(policy: str) -> Recorded:
    """Let the policy walk for a second from random starts, then keep states and what it does next."""
    checkpoint = load_checkpoint(policy)
    task = checkpoint.card.task
    clips = find_motions("builtin:walk@0.8,builtin:walk@1.2,builtin:walk@1.6", load(task.body))
    env = Env(
        task,
        Follow(Library(load(task.body), clips, task.intent), STARTS, task.horizons_s),
        STARTS,
        prime=checkpoint.policy.prime,
    )
    for _ in range(50):
        env.step(checkpoint.policy(env.observation))
    state, excitation = env.sim.state.clone(), []
    for _ in range(int(SECONDS * task.control_hz) + 2):
        env.step(checkpoint.policy(env.observation))
        excitation.append(env.control.clone())
    return Recorded(state, torch.stack(excitation), task.control_hz)


def play(recorded: Recorded, physics_hz: float, control_hz: float) -> tuple[dict[float, State], float]:
    """States after 0.2 and 0.4 s, and the seconds it took."""
    sim = CpuSim(load("legs80"), STARTS, physics_hz=physics_hz, control_hz=control_hz)
    sim.reset(torch.arange(STARTS), recorded.state)
    marks, started = {}, time.perf_counter()
    for step in range(round(SECONDS * control_hz)):
        sim.step(recorded.at(step / control_hz))
        for mark in (MIDDLE, SECONDS):
            if step + 1 == int(mark * control_hz + 0.5):
                marks[mark] = sim.state.clone()
    return marks, time.perf_counter() - started


def error(a: dict[float, State], b: dict[float, State]) -> dict[str, float]:
    """Medians over starts: landmarks [mm] after 0.2 and 0.4 s, activation after 0.4 s."""
    distance = {t: torch.linalg.vector_norm(a[t].landmarks - b[t].landmarks, dim=-1).mean(1).median() for t in a}
    activation = (a[SECONDS].activation - b[SECONDS].activation).abs().mean(1).median()
    return {
        "mm_at_0.2_s": round(1000 * float(distance[MIDDLE]), 2),
        "mm_at_0.4_s": round(1000 * float(distance[SECONDS]), 2),
        "activation_at_0.4_s": round(float(activation), 4),
    }


def main(policy: str = "default") -> None:
    """Measure and write the result."""
    recorded = record(policy)
    physics, control = {}, {}
    reference, _ = play(recorded, REFERENCE_HZ, 50.0)
    for hz in PHYSICS_HZ:
        play(recorded, hz, 50.0)
        made, took = play(recorded, hz, 50.0)
        physics[f"{hz:g}"] = error(made, reference) | {"simulated_s_per_s": round(STARTS * SECONDS / took)}
    smooth, _ = play(recorded, 3000.0, 3000.0)
    for hz in CONTROL_HZ:
        rate = hz * 40
        made, _ = play(recorded, rate, hz)
        control[f"{hz:g}"] = error(made, smooth)
    result = {
        "policy": policy,
        "physics_hz": physics,
        "control_hz": control,
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    sys.exit(command(main))
