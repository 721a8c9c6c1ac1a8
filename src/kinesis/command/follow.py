"""Follow: the command that asks for a clip, from a drawn or given start to its end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from kinesis.body.state import State
from kinesis.errors import KinesisError
from kinesis.motion.library import Library


@dataclass
class Target:
    """What is wanted: now (env, ...) and ahead (env, horizon, ...)."""

    now: State
    ahead: State


class Command(Protocol):
    """Yields a Target a control step; knows when what it asked for is over."""

    @property
    def over(self) -> np.ndarray:
        """(env,) bool: what was asked for is at its end."""

    def start(self, ids: Tensor, failed: Tensor | None = None) -> None:
        """Draw what environments ids (n,) are asked for next. failed: (n,) bool, how they ended."""

    def advance(self, step_s: float) -> None:
        """Let time pass for every environment."""

    def target(self, ids: Tensor | None = None, horizons_s: tuple[float, ...] | None = None) -> Target:
        """What is wanted of ids (n,), or of all; looking ahead by other horizons than the command's own, if given."""

    def snapshot(self) -> dict[str, Tensor]:
        """Everything that `restore` needs to go on exactly."""

    def restore(self, snapshot: dict[str, Tensor]) -> None:
        """Go on from what `snapshot` gave."""


class Follow:
    """Follow clips of a library.

    horizons_s: how far ahead the target looks [s]. With `clips` given, environment i follows clips[i] from
    its beginning; otherwise clips are drawn by `weights` and starts uniformly over their duration, but for
    `hard_share` of them, which start where, within `lead_s`, bodies failed lately. Only failures after a
    uniform start count, or a place that cannot be learnt would draw everybody.
    clip (env,), time_s (env,): where every environment is. failures: (clip, bin) recent failures in bins of
    `bin_s`.
    """

    shortest_s = 0.5
    """A drawn start leaves at least this much of a clip, where the clip has it [s]."""

    bin_s, lead_s = 0.5, 2.0
    memory = 4000.0
    """Starts after which a failure counts 1/e."""

    def __init__(
        self,
        library: Library,
        num_envs: int,
        horizons_s: tuple[float, ...],
        *,
        seed: int = 0,
        clips: Tensor | None = None,
        weights: Tensor | None = None,
        hard_share: float = 0.0,
    ) -> None:
        """Start with every environment at the beginning of its clip, or of clip 0 until drawn."""
        self.library, self.num_envs = library, num_envs
        self.horizons = _with_now(horizons_s)
        self.generator = torch.Generator().manual_seed(seed)
        self.fixed = clips
        self.weights = weights if weights is not None else torch.ones(len(library))
        self.clip = torch.zeros(num_envs, dtype=torch.long) if clips is None else clips.clone()
        self.time_s = torch.zeros(num_envs)
        self._ends_s = library.duration_s.numpy() - np.float32(1e-4)
        self.hard_share = hard_share
        self.hard = torch.zeros(num_envs, dtype=torch.bool)
        self.failures = torch.zeros(len(library), int(float(library.duration_s.max()) / self.bin_s) + 1)

    @property
    def over(self) -> np.ndarray:
        """(env,) bool: the clip has been followed to its end."""
        return self.time_s.numpy() >= self._ends_s[self.clip.numpy()]

    def start(self, ids: Tensor, failed: Tensor | None = None) -> None:
        """See `Command`."""
        if self.fixed is not None:
            self.clip[ids] = self.fixed[ids]
            self.time_s[ids] = 0.0
            return
        if failed is not None and self.hard_share:
            self._remember(ids[failed & ~self.hard[ids]], int((~self.hard[ids]).sum()))
        drawn = torch.multinomial(self.weights, len(ids), replacement=True, generator=self.generator)
        room = (self.library.duration_s[drawn] - self.shortest_s).clamp_min(0.0)
        time_s = torch.rand(len(ids), generator=self.generator) * room
        hard = torch.rand(len(ids), generator=self.generator) < self.hard_share * float(self.failures.any())
        if bool(hard.any()):
            drawn[hard], time_s[hard] = self._draw_hard(int(hard.sum()))
        self.clip[ids], self.time_s[ids], self.hard[ids] = drawn, time_s, hard

    def _remember(self, ids: Tensor, starts: int) -> None:
        self.failures *= math.exp(-starts / self.memory)
        bins = (self.time_s[ids] / self.bin_s).long().clamp(0, self.failures.shape[1] - 1)
        self.failures.index_put_((self.clip[ids], bins), torch.ones(len(ids)), accumulate=True)

    def _draw_hard(self, count: int) -> tuple[Tensor, Tensor]:
        """Clips (count,) and times (count,) before recent failures, uniformly within the lead."""
        place = torch.multinomial(self.failures.flatten(), count, replacement=True, generator=self.generator)
        clip, failed_bin = place // self.failures.shape[1], place % self.failures.shape[1]
        lead = self.bin_s + torch.rand(count, generator=self.generator) * (self.lead_s - self.bin_s)
        latest = (self.library.duration_s[clip] - self.shortest_s).clamp_min(0.0)
        return clip, torch.minimum((failed_bin * self.bin_s - lead).clamp_min(0.0), latest)

    def advance(self, step_s: float) -> None:
        """See `Command`."""
        time_s = self.time_s.numpy()
        time_s += step_s

    def target(self, ids: Tensor | None = None, horizons_s: tuple[float, ...] | None = None) -> Target:
        """See `Command`."""
        clip, time_s = self.clip.numpy(), self.time_s.numpy()
        if ids is not None:
            clip, time_s = clip[ids.numpy()], time_s[ids.numpy()]
        horizons = self.horizons if horizons_s is None else _with_now(horizons_s)
        return Target(*self.library.look_ahead(clip, time_s[:, None] + horizons))

    def target_of(self, plain: Library, horizons_s: tuple[float, ...]) -> Target:
        """`target` in a library whose clips are plain where this command's stray, one for each."""
        times = self.time_s.numpy()[:, None] + _with_now(horizons_s)
        return Target(*plain.look_ahead(self.clip.numpy(), times))

    def snapshot(self) -> dict[str, Tensor]:
        """See `Command`."""
        return {
            "clip": self.clip,
            "time_s": self.time_s,
            "draws": self.generator.get_state(),
            "failures": self.failures,
            "hard": self.hard,
            "durations_s": self.library.duration_s,
        }

    def restore(self, snapshot: dict[str, Tensor]) -> None:
        """See `Command`.

        Raises:
            KinesisError: if it was taken with other clips.
        """
        saved, here = snapshot["durations_s"], self.library.duration_s
        if not torch.equal(saved, here):
            raise KinesisError("it was left with other motions", got=_total(here), expected=_total(saved))
        self.clip, self.time_s = snapshot["clip"].clone(), snapshot["time_s"].clone()
        self.generator.set_state(snapshot["draws"])
        self.failures, self.hard = snapshot["failures"].clone(), snapshot["hard"].clone()


def _total(durations_s: Tensor) -> str:
    return f"{len(durations_s)} of {float(durations_s.sum()):.2f} s"


def _with_now(horizons_s: tuple[float, ...]) -> np.ndarray:
    return np.array([0.0, *horizons_s], np.float32)
