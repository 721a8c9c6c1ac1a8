"""DAgger: a student in muscle space learns what its teacher would do at the states that the student visits."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.learn.checkpoint import read_tensors, write_tensors
from kinesis.learn.config import Distillation
from kinesis.learn.networks import ExpectedClip, Policy
from kinesis.learn.reflect import ReflectedModel
from kinesis.learn.teacher import Expert
from kinesis.learn.train import moments_of, parts, prime_with, put_moments
from kinesis.task import Env

_AGAIN = 4
"""Rounds that a killed stage gathers before it learns on, for those that it had kept."""
_COUNTS = (0.2, 5.0)
"""Least and most of a muscle's peak force over the mean that counts."""

Report = Callable[[dict[str, float]], None]


class DistillationStage:
    """Rounds of collecting with a mixture of teacher and student, then regression on the teacher's labels.

    The teacher's share falls from one to zero over `teacher_rounds`; the input normaliser is set from the
    states seen while it falls, and stands still afterwards. folder: where a killed stage goes on from. spread: of the
    policy that the student begins as, whose mean clipped action is then what learns (`ExpectedClip`).
    """

    def __init__(
        self,
        env: Env,
        teacher: Expert,
        actor: ReflectedModel,
        config: Distillation,
        folder: Path,
        seed: int,
        spread: float = 0.0,
    ) -> None:
        """Go on from the folder's saved state where there is one."""
        self.env, self.teacher, self.actor, self.config = env, teacher, actor, config
        self.state_path = folder / "state.safetensors"
        self.policy = Policy(actor, spread, env.law.span)
        self._clip = ExpectedClip(spread, env.law.span)
        self.generator = torch.Generator().manual_seed(seed)
        self.optimizer = torch.optim.Adam(actor.mlp.parameters(), lr=config.learning_rate)
        self._counts = _counts(env.body, config.by_force)
        self.seen: deque[Tensor] = deque(maxlen=config.kept_rounds)
        self.wanted: deque[Tensor] = deque(maxlen=config.kept_rounds)
        self.round, self.seconds, self._missing = 0, 0.0, 0
        if self.state_path.exists():
            self._resume()

    @property
    def samples(self) -> int:
        """Muscle-space control steps so far."""
        return self.round * self.config.envs * self.config.steps

    def run(self, report: Report | None = None) -> None:
        """All rounds; saved after each."""
        longest = self.config.most_s or math.inf
        while self.round < self.config.rounds and self.seconds < longest:
            started = time.monotonic()
            for _ in range(self._missing):
                self.collect()
            self._missing = 0
            numbers = self.collect()
            numbers["loss/imitation"] = self.fit()
            self.round += 1
            self.seconds += time.monotonic() - started
            self.save()
            if report:
                report(numbers)

    @torch.no_grad()
    def collect(self) -> dict[str, float]:
        """Step all environments, label every state; returns what to log."""
        config = self.config
        share = max(0.0, 1.0 - self.round / config.teacher_rounds) if config.teacher_rounds else 0.0
        if self.round or not config.teacher_rounds:
            prime_with(self.env, self.actor)
        seen, wanted, lives, error = [], [], [], 0.0
        for _ in range(config.steps):
            observation = self.env.observation
            label = self.teacher()
            seen.append(observation)
            wanted.append(label)
            own = self.policy(observation)
            led = torch.rand(len(own), 1, generator=self.generator) < share
            action = torch.where(led, label, own)
            action = action + config.noise * torch.randn(action.shape, generator=self.generator)
            ages = self.env.age + 1
            result = self.env.step(action)
            lives += ages[result.failed | result.over].tolist()
            error += float(result.moment.tracked_distance.mean()) / config.steps
        self.seen.append(torch.cat(seen))
        self.wanted.append(torch.cat(wanted))
        return {
            "episode/length_s": self.env.step_s * (sum(lives) / len(lives) if lives else config.steps),
            "episode/mpjpe_mm": 1000.0 * error,
            "teacher/share": share,
            "teacher/residual_nm": float(self.teacher.residual.mean()),
        }

    def fit(self) -> float:
        """Regress on the kept rounds. Returns the mean squared error over the last batches."""
        seen, wanted = torch.cat(list(self.seen)), torch.cat(list(self.wanted))
        normaliser = self.actor.obs_normalizer
        if self.round < self.config.teacher_rounds:
            both = seen if self.actor.symmetry is None else torch.cat([seen, self.actor.symmetry.observation(seen)])
            normaliser._mean[:] = both.mean(0)
            normaliser._var[:] = both.var(0)
            normaliser._std[:] = both.std(0)
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        inputs = normaliser(seen)
        losses: list[float] = []
        for _ in range(self.config.updates * (3 if self.round == 0 else 1)):
            rows = torch.randint(len(inputs), (self.config.batch,), generator=self.generator)
            loss = (self._clip(self.actor.mlp(inputs[rows])) - wanted[rows]).square().mul(self._counts).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return sum(losses[-50:]) / len(losses[-50:])

    def _learning_rate(self) -> float:
        first, last = self.config.learning_rate, self.config.final_learning_rate
        return first if last is None else first * (last / first) ** (self.round / self.config.rounds)

    def save(self) -> None:
        """Write student and bodies as they are; what was seen is left out, and some of it gathered anew."""
        whole = {
            "actor": self.actor.state_dict(),
            "env": self.env.snapshot(),
            "adam": moments_of(self.optimizer),
            "random": {"noise": self.generator.get_state()},
        }
        tensors = {f"{part}.{name}": value for part, state in whole.items() for name, value in state.items()}
        write_tensors(self.state_path, tensors, {"round": self.round, "seconds": self.seconds})

    def _resume(self) -> None:
        tensors, words = read_tensors(self.state_path)
        part = parts(tensors)
        self.actor.load_state_dict(part["actor"])
        self.env.restore(part["env"])
        put_moments(self.optimizer, part["adam"])
        self.generator.set_state(part["random"]["noise"])
        self.round, self.seconds = words["round"], words["seconds"]
        self._missing = min(self.round, _AGAIN, self.config.kept_rounds - 1)


def _counts(body: Body, power: float) -> Tensor:
    """(actuator,) what its error counts, the mean being one; see `Distillation.by_force`."""
    if not power:
        return torch.ones(body.model.nu)
    force = torch.from_numpy(body.model.actuator_gainprm[:, 2]).float()
    counts = (force / force.mean()).clamp(*_COUNTS).pow(power)
    return counts / counts.mean()
