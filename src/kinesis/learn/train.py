"""The PPO stage: collect, update, log, save; a killed run goes on exactly where its last save was."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from kinesis.errors import KinesisError
from kinesis.learn.adapter import RslEnv
from kinesis.learn.checkpoint import read_tensors, write_tensors
from kinesis.learn.config import PPO
from kinesis.learn.networks import Policy
from kinesis.learn.ppo import CautiousPPO
from kinesis.learn.reflect import ReflectedModel
from kinesis.sim.various import shoves
from kinesis.task import Env

Report = Callable[[dict[str, float]], None]


@dataclass
class Progress:
    """Where a stage is. seconds: of wall-clock spent in it, over all its sittings."""

    iteration: int = 0
    samples: int = 0
    seconds: float = 0.0
    lives: deque = field(default_factory=lambda: deque(maxlen=1000))
    failures: deque = field(default_factory=lambda: deque(maxlen=1000))


class PPOStage:
    """Train a policy on an Env by PPO until `config.samples`.

    folder: where `state.safetensors` (for going on) and the TensorBoard log live.
    """

    save_every_s = 60.0
    judge_every_s = 600.0
    shove_every_s = 2.0

    def __init__(self, env: Env, algorithm: CautiousPPO, config: PPO, folder: Path) -> None:
        """Go on from the folder's saved state where there is one."""
        self.env, self.algorithm, self.config, self.folder = env, algorithm, config, folder
        self.rsl = RslEnv(env, algorithm.actor.act)
        self.progress = Progress()
        self._log = SummaryWriter(str(folder))
        if self.state_path.exists():
            self._resume()
            self._narrow()

    @property
    def state_path(self) -> Path:
        """The file from which a killed run goes on."""
        return self.folder / "state.safetensors"

    def run(self, report: Report | None = None, judge: Callable[[], None] | None = None) -> None:
        """Iterate to the end; saves on the way, at the end, and when interrupted, but never amid an iteration.

        judge is called now and then, and at the end, with the policy as it is then.
        """
        saved_at = judged_at = time.monotonic()
        whole = True
        try:
            while self._share() < 1.0:
                whole = False
                numbers = self.iterate()
                whole = True
                for key, value in numbers.items():
                    self._log.add_scalar(key, value, self.progress.samples)
                if report:
                    report(numbers)
                if time.monotonic() - saved_at > self.save_every_s:
                    self.save()
                    saved_at = time.monotonic()
                if judge and time.monotonic() - judged_at > self.judge_every_s:
                    judge()
                    judged_at = time.monotonic()
            if judge:
                judge()
        finally:
            self._log.flush()
            if whole and self._sound():
                self.save()

    def iterate(self) -> dict[str, float]:
        """One batch and one update. Returns what to log."""
        started, progress = time.monotonic(), self.progress
        terms: dict[str, float] = {}
        error = 0.0
        with torch.no_grad():
            seen = self.rsl.get_observations()
            for _ in range(self.config.steps):
                self._shove()
                ages = self.env.age + 1
                seen, reward, done, extras = self.rsl.step(self.algorithm.act(seen))
                if not bool(torch.isfinite(reward).all()):
                    raise KinesisError("training produced a reward that is not a number", where=self._culprit())
                self.algorithm.process_env_step(seen, reward, done, extras)
                last = self.rsl.last
                assert last is not None
                progress.lives.extend(ages[done.bool()].tolist())
                progress.failures.extend(last.failed[done.bool()].tolist())
                error += float(last.moment.tracked_distance.mean()) / self.config.steps
                for name, value in last.terms.items():
                    terms[name] = terms.get(name, 0.0) + value / self.config.steps
            self.algorithm.compute_returns(seen)
        collected = time.monotonic()
        losses = self.algorithm.update()
        if not all(map(math.isfinite, losses.values())):
            raise KinesisError("training produced a loss that is not a number", got=losses)
        progress.iteration += 1
        progress.samples += self.env.num_envs * self.config.steps
        self._narrow()
        took = time.monotonic() - started
        progress.seconds += took
        numbers = {
            "speed/samples_per_s": self.env.num_envs * self.config.steps / took,
            "speed/collecting_share": (collected - started) / took,
            "episode/length_s": self.env.step_s * _mean(progress.lives),
            "episode/success": 1.0 - _mean(progress.failures),
            "episode/mpjpe_mm": 1000.0 * error,
            "policy/noise": self.noise,
            "policy/learning_rate": self.algorithm.optimizer.param_groups[0]["lr"],
            "reward/total": sum(terms.values()),
        }
        return numbers | {f"reward/{k}": v for k, v in terms.items()} | {f"loss/{k}": v for k, v in losses.items()}

    @property
    def noise(self) -> float:
        """Standard deviation of exploration, the mean over actions."""
        return float(self.algorithm.actor.output_std.detach().mean())

    def _shove(self) -> None:
        """Shove some bodies, as `PPO.shove_mps` says."""
        if not self.config.shove_mps:
            return
        ids = torch.nonzero(torch.rand(self.env.num_envs) < self.env.step_s / self.shove_every_s)[:, 0]
        self.env.sim.shove(ids, shoves(len(ids), self.config.shove_mps))

    def _share(self) -> float:
        """Of the run, by samples or by time, whichever is further."""
        share = self.progress.samples / self.config.samples
        return max(share, self.progress.seconds / self.config.most_s) if self.config.most_s else share

    def _narrow(self) -> None:
        """What gets less over the run: noise, and distances at which episodes end."""
        share = min(1.0, self._share())
        if self.config.tighten != 1.0:
            self.env.tighten(self.config.tighten**share)
        bound = self.config.noise * (self.config.final_noise / self.config.noise) ** share
        with torch.no_grad():
            self.algorithm.actor.distribution.bound(bound)

    def _culprit(self) -> str:
        last = self.rsl.last
        bad = [name for name, value in (last.terms if last else {}).items() if not math.isfinite(value)]
        return ", ".join(bad) or "the sum of terms"

    def _sound(self) -> bool:
        return all(bool(torch.isfinite(p).all()) for p in self.algorithm.actor.parameters())

    def save(self) -> None:
        """Write everything that going on exactly needs."""
        tensors = {f"actor.{k}": v for k, v in self.algorithm.actor.state_dict().items()}
        tensors |= {f"critic.{k}": v for k, v in self.algorithm.critic.state_dict().items()}
        tensors |= {f"env.{k}": v for k, v in self.env.snapshot().items()}
        tensors |= {f"adam.{k}": v for k, v in moments_of(self.algorithm.optimizer).items()}
        tensors["random"] = torch.get_rng_state()
        progress = self.progress
        words = {
            "iteration": progress.iteration,
            "samples": progress.samples,
            "seconds": progress.seconds,
            "lives": list(progress.lives),
            "failures": list(progress.failures),
            "updates": self.algorithm.updates,
            "learning_rate": self.algorithm.learning_rate,
        }
        write_tensors(self.state_path, tensors, words)

    def _resume(self) -> None:
        tensors, words = read_tensors(self.state_path)
        part = parts(tensors)
        self.algorithm.actor.load_state_dict(part["actor"])
        self.algorithm.critic.load_state_dict(part["critic"])
        self.env.restore(part["env"])
        put_moments(self.algorithm.optimizer, part.get("adam", {}))
        self.algorithm.updates = words["updates"]
        self.algorithm.learning_rate = words["learning_rate"]
        for group in self.algorithm.optimizer.param_groups:
            group["lr"] = words["learning_rate"]
        self.progress = Progress(words["iteration"], words["samples"], words["seconds"])
        self.progress.lives.extend(words["lives"])
        self.progress.failures.extend(words["failures"])
        torch.set_rng_state(tensors["random"])


def parts(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Group `a.b.c` by `a`."""
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        head, _, rest = key.partition(".")
        groups.setdefault(head, {})[rest] = value
    return groups


def moments_of(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimiser has gathered, by parameter and name."""
    state = optimizer.state_dict()["state"]
    return {f"{index}.{name}": value for index, kept in state.items() for name, value in kept.items()}


def put_moments(optimizer: torch.optim.Optimizer, moments: dict[str, Tensor]) -> None:
    """Put back what `moments_of` gave."""
    state = {int(index): kept for index, kept in parts(moments).items()}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _mean(values: deque) -> float:
    return sum(values) / len(values) if values else 0.0


def prime_with(env: Env, actor: ReflectedModel) -> None:
    """Let new episodes start with the activations that the learning policy itself would hold."""
    env.prime = Policy(actor).priming(env.config.law)
