"""An expert of a gate led on by foresight: gradients through learnt dynamics of the body, not by trial.

In every round bodies follow motions for a second and a bit with a little noise; from what happened, networks learn how
the body moves (`foresight`) and how what differs from the motion will end; then the expert's weights go down the
gradient of what a third of a second costs, and of what is to be expected at its end.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kinesis.body import Body, load
from kinesis.body.twin import Levers
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Card, load_checkpoint, read_tensors, save_checkpoint, write_tensors
from kinesis.learn.costs import Costs, distance
from kinesis.learn.experts import gate_of
from kinesis.learn.foresight import Dynamics, Outlook, apart
from kinesis.learn.networks import ExpectedClip, Policy
from kinesis.learn.reflect import ByBlocks
from kinesis.motion.clip import Clip
from kinesis.motion.library import Library
from kinesis.sim.various import shoves
from kinesis.task import Env, TaskConfig
from kinesis.task.symmetry import measure_symmetry
from kinesis.task.twin import Goal, Instant, Sight

WARM, WARM_AGAIN = 8, 2
"""Rounds in which dynamics and outlook learn, before the expert does; and where they have learnt before."""
DYNAMICS_FITS, OUTLOOK_FITS = (600, 200), 300
"""Steps downhill in a round of each; of the dynamics before the expert learns, and then."""
AVERAGED = 0.005
"""Share of the newest weights in the running mean, a step."""
GAMMA, OUTLOOK_GAMMA, LAMBDA = 0.98, 0.98, 0.95
FAR, MOST = 5.0, 8.0
"""What distance costs in a step at the most, and after a fall in every step to come; and what a foreseen step does."""
FRESH, RECENT, MOST_EXAMPLES = 10, 3, 500_000
"""Rounds from which the outlook and the policy learn, steps from which the dynamics do."""


class Round(NamedTuple):
    """What happened in one: instants and goals (step + 1 of (env, ...)), excitations, which went on, which failed."""

    instants: list[Instant]
    goals: list[Goal]
    excitation: Tensor
    acted: Tensor
    goes_on: Tensor
    failed: Tensor


@dataclass(frozen=True)
class Spent:
    """Control steps that bodies took, and seconds, preparation included."""

    samples: int = 0
    seconds: float = 0.0

    def and_more(self, samples: int, seconds: float) -> Spent:
        """With these besides."""
        return Spent(self.samples + samples, self.seconds + seconds)


class Report(NamedTuple):
    """Of a round: errors in variances; what a foreseen step costs is None where the expert has not learnt."""

    fell: int
    dynamics_error: float
    outlook_explained: float
    cost: float | None


class Foresee:
    """One expert of a gate, the body's dynamics and its outlook, as they learn."""

    def __init__(
        self,
        policy: str | Path,
        expert: int,
        clips: list[Clip],
        costs: Costs,
        asked: list[Any],
        *,
        envs: int,
        horizon: int,
        rate: float,
        intent_share: float | None = None,
        episode_s: float | None = None,
        shove_mps: float = 0.0,
        compiled: bool = False,
        seed: int = 0,
        levers: Levers | None = None,
    ) -> None:
        """Prepare the motions, a minute or two.

        policy: of whom an expert is led, the gate's `expert`-th from 0. asked: what makes two searches different, as
        JSON takes it. horizon: so many control steps are foreseen. rate: of learning, of the expert. intent_share: of
        what the intent says, that is carried out from now on; by default as in the policy's card. episode_s: after so
        long bodies begin anew; by default as in the card. shove_mps: as they do, their speed is changed by at most this
        much, to any side. compiled: by torch, once, in a minute or two; takes a compiler of C++. levers: the muscles'
        geometry as a network; by default it is fitted, which takes a minute.
        """
        began = time.monotonic()
        self.source, self.asked_for = str(policy), asked
        self.turn, self.warm = 0, WARM
        self.checkpoint, self.fixed = load_checkpoint(policy), load_checkpoint(policy).policy
        self.task: TaskConfig = self.checkpoint.card.task
        _check(self.checkpoint.card)
        if intent_share is not None:
            weights = self.task.intent.partition("@")[0]
            self.task = dataclasses.replace(self.task, intent=f"{weights}@{intent_share:g}")
        self.body: Body = load(self.task.body)
        self.gate, self.expert = gate_of(self.checkpoint.policy, expert), expert
        self.clips, self.costs, self.horizon = clips, costs, horizon
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        library = Library(self.body, clips, self.task.intent)
        task = dataclasses.replace(self.task, rewards=(), longest_episode_s=episode_s or self.task.longest_episode_s)
        self.shove_mps = shove_mps
        follow = Follow(library, envs, task.horizons_s, seed=seed)
        self.env = Env(task, follow, envs, prime=self.checkpoint.policy.prime)
        self.noise = torch.tensor([0.0, 0.02, 0.04])[torch.arange(envs) % 3, None]
        if levers is None:
            levers = Levers(self.body)
            levers.fit(self.body, seed)
        self.dynamics = Dynamics(self.body, self.task, levers.requires_grad_(requires_grad=False))
        self.sight, self.tracked = Sight(self.task.observations, self.body), torch.from_numpy(self.body.tracked)
        self._prepare(rate)
        self.step = torch.compile(self._step, dynamic=False) if compiled else self._step
        self.spent = Spent(0, time.monotonic() - began)

    def _prepare(self, rate: float) -> None:
        tried = self.gate.experts[self.expert]
        self.actor, self.clip = tried.actor, ExpectedClip(tried.spread, tried.span)
        self.actor.reflect(measure_symmetry(self.env))
        self.mlp = self.actor.mlp.requires_grad_(requires_grad=True)
        self.layers = [layer.forward for layer in self.mlp if isinstance(layer.forward, ByBlocks)]
        with torch.no_grad():
            self.first = [[block.clone() for block in blocks] for blocks in self._blocks()]
        self.mean = {name: value.detach().clone() for name, value in self.mlp.state_dict().items()}
        self.outlook = Outlook(apart(*self._now()).shape[1], FAR / (1 - OUTLOOK_GAMMA) / 25)
        self.outlook_then = Outlook(apart(*self._now()).shape[1], self.outlook.scale)
        self.outlook_then.load_state_dict(self.outlook.state_dict())
        self.learners = {
            "dynamics": torch.optim.Adam(self.dynamics.network.parameters(), 3e-4),
            "outlook": torch.optim.AdamW(self.outlook.parameters(), 1e-3, weight_decay=1e-2),
            "policy": torch.optim.Adam(self.mlp.parameters(), rate, betas=(0.9, 0.99)),
        }
        self.examples: tuple[Tensor, Tensor] | None = None
        self.rounds: list[Round] = []

    def card(self) -> Card:
        """The policy's card with what was learnt from and spent besides."""
        card = dataclasses.replace(self.checkpoint.card, task=self.task)
        return card.further(self.clips, self.spent.samples, self.spent.seconds)

    def _now(self) -> tuple[Instant, Goal]:
        env = self.env
        now = Instant.of(env.sim.state, env.tables, self.dynamics.bones)
        return now, Goal.of(env.moment.target, env.tables)

    def _blocks(self) -> list[list[Tensor]]:
        return [layer.blocks() for layer in self.layers]

    def answer(self, seen: Tensor, blocks: list[list[Tensor]]) -> Tensor:
        """The expert's answer by blocks of its layers' weights, which are taken apart once for many steps."""
        hidden = self.actor.obs_normalizer(seen)
        for index, (layer, own) in enumerate(zip(self.layers, blocks, strict=True)):
            hidden = layer.by(own, hidden)
            hidden = F.elu(hidden) if index < len(blocks) - 1 else hidden
        asked: Tensor = self.clip(hidden)
        return asked

    def round(self, steps: int, fits: int) -> Report:
        """Gather so many steps, learn from them and go so many steps downhill; none in the first rounds.

        Raises:
            KinesisError: if that is no more steps than are foreseen.
        """
        if steps <= self.horizon:
            raise KinesisError("a round too short to foresee", got=f"{steps} steps", expected=f"over {self.horizon}")
        began, self.turn = time.monotonic(), self.turn + 1
        warm = self.turn <= self.warm
        found = self.gather(steps)
        known = self.learn_dynamics(found, DYNAMICS_FITS[not warm])
        explained = self.learn_outlook(OUTLOOK_FITS)
        cost = None if warm else self.improve(fits)
        self.spent = self.spent.and_more(found.excitation[..., 0].numel(), time.monotonic() - began)
        return Report(int(found.failed.sum()), known, explained, cost)

    @torch.no_grad()
    def gather(self, steps: int) -> Round:
        """Let bodies go on for so many steps, the expert as it is now where the gate chooses it."""
        env, blocks = self.env, self._blocks()
        moments, excitations, acted, goes_on, failed = [self._now()], [], [], [], []
        for _ in range(steps):
            seen = env.observation
            own = self.gate.chosen(seen) == self.expert
            action = torch.where(own[:, None], self.answer(seen, blocks), self.fixed(seen))
            action = (action + self.noise * torch.randn(action.shape, generator=self.generator)).clamp(0, 1)
            result = env.step(action)
            excitations.append(action)
            acted.append(own)
            goes_on.append(~(result.failed | result.over))
            self._shove(~goes_on[-1])
            failed.append(result.failed.clone())
            moments.append(self._now())
        instants, goals = zip(*moments, strict=True)
        happened = (torch.stack(part) for part in (excitations, acted, goes_on, failed))
        found = Round(list(instants), list(goals), *happened)
        self.rounds = [*self.rounds, found][-FRESH:]
        return found

    def _shove(self, begun: Tensor) -> None:
        """Change the speed of those bodies (env,) that have begun anew; their policy sees it after the next step."""
        if self.shove_mps and len(ids := begun.nonzero()[:, 0]):
            self.env.sim.shove(ids, shoves(len(ids), self.shove_mps, self.generator))

    def learn_dynamics(self, found: Round, fits: int, batch: int = 1024) -> float:
        """From all that was gathered; mean error of the last fits, in variances."""
        new = [
            self.dynamics.examples(found.instants[t].at(on), found.excitation[t][on], found.instants[t + 1].at(on))
            for t, on in enumerate(found.goes_on)
        ]
        inputs, outputs = (torch.cat(part) for part in zip(*new, strict=True))
        if not self.spent.samples:
            self.dynamics.network.measure(inputs, outputs)
        known = self.examples or (inputs[:0], outputs[:0])
        self.examples = torch.cat([known[0], inputs])[-MOST_EXAMPLES:], torch.cat([known[1], outputs])[-MOST_EXAMPLES:]
        inputs, outputs = self.examples
        return self._fit(
            "dynamics", lambda rows: self.dynamics.loss(inputs[rows], outputs[rows]), len(inputs), fits, batch
        )

    def learn_outlook(self, fits: int, batch: int = 2048) -> float:
        """From the last rounds, by TD(lambda); share of the variance that is explained."""
        pairs = [self._returns(found) for found in self.rounds]
        differs, returns = (torch.cat(part) for part in zip(*pairs, strict=True))
        for outlook in (self.outlook, self.outlook_then):
            outlook.network.measure(differs)
        scale = returns.var()

        def loss(rows: Tensor) -> Tensor:
            for slow, quick in zip(self.outlook_then.parameters(), self.outlook.parameters(), strict=True):
                slow.data.lerp_(quick.detach(), 0.02)
            return (self.outlook(differs[rows]) - returns[rows]).square().mean() / scale

        return 1 - self._fit("outlook", loss, len(differs), fits, batch)

    @torch.no_grad()
    def _returns(self, found: Round) -> tuple[Tensor, Tensor]:
        steps = len(found.excitation)
        differs = [apart(now, goal) for now, goal in zip(found.instants, found.goals, strict=True)]
        expected = [self.outlook_then(part) for part in differs]
        total, returns = expected[-1], []
        for t in reversed(range(steps)):
            off = distance(found.instants[t + 1], found.goals[t + 1], self.tracked) / self.costs.distance_m
            ahead = (1 - LAMBDA) * expected[t + 1] + LAMBDA * total
            fell = torch.full_like(ahead, FAR / (1 - OUTLOOK_GAMMA))
            ended = torch.where(found.failed[t], fell, expected[t])
            total = torch.where(found.goes_on[t], off.clamp_max(FAR) + OUTLOOK_GAMMA * ahead, ended)
            returns.append(total)
        return torch.cat(differs[:-1]), torch.cat(returns[::-1])

    def _fit(self, name: str, loss: Callable[[Tensor], Tensor], count: int, fits: int, batch: int) -> float:
        last: list[float] = []
        for _ in range(fits):
            value = loss(torch.randint(count, (batch,), generator=self.generator))
            self.learners[name].zero_grad()
            value.backward()
            self.learners[name].step()
            last.append(value.item())
        return float(np.mean(last[-50:]))

    def improve(self, fits: int, batch: int = 256) -> float | None:
        """Lead the expert down the gradient; what a foreseen step costs, with its share of the outlook."""
        learnt: tuple[nn.Module, ...] = (self.dynamics.network, self.outlook)
        for network in learnt:
            network.requires_grad_(requires_grad=False)
        costs = []
        for _ in range(fits):
            if (total := self._foreseen(batch)) is None:
                continue
            self.learners["policy"].zero_grad()
            total.backward()
            nn.utils.clip_grad_norm_(self.mlp.parameters(), 1.0)
            self.learners["policy"].step()
            costs.append(total.item())
            for name, value in self.mlp.state_dict().items():
                self.mean[name].lerp_(value, AVERAGED)
        for network in learnt:
            network.requires_grad_(requires_grad=True)
        return float(np.mean(costs)) if costs else None

    def _foreseen(self, batch: int) -> Tensor | None:
        """Mean cost a step from bodies of a recent round, where the expert acts and nobody falls; if there are any."""
        recent = self.rounds[-RECENT:]
        found = recent[int(torch.randint(len(recent), (), generator=self.generator))]
        begin = int(torch.randint(len(found.excitation) - self.horizon, (), generator=self.generator))
        fit = found.acted[begin] & found.goes_on[begin : begin + self.horizon].all(0)
        rows = fit.nonzero()[:, 0]
        if not len(rows):
            return None
        rows = rows[torch.randperm(len(rows), generator=self.generator)]
        rows = rows.repeat(-(-batch // len(rows)))[:batch]
        now, blocks = found.instants[begin].at(rows), self._blocks()
        total = torch.zeros(batch)
        for step in range(self.horizon):
            goal, wanted = found.goals[begin + step].at(rows), found.goals[begin + step + 1].at(rows)
            now, cost = self.step(now, goal, wanted, blocks)
            total = total + GAMMA**step * cost
        total = (total + GAMMA**self.horizon * self.outlook(apart(now, wanted))) / self.horizon
        finite = total[total.isfinite()]
        return finite.mean() if len(finite) else None

    def _step(self, now: Instant, goal: Goal, wanted: Goal, blocks: list[list[Tensor]]) -> tuple[Instant, Tensor]:
        """The Instant after a foreseen step, and what it costs (env,)."""
        seen = self.sight(now, goal)
        answer = self.answer(seen, blocks)
        with torch.no_grad():
            first = self.answer(seen, self.first)
        then = self.dynamics.after(now, answer)
        cost = self.costs(then, goal, wanted, self.tracked).clamp_max(MOST)
        return then, cost + self.costs.change * (answer - first).square().mean(1)

    def save(self, out: Path, card: Card) -> Policy:
        """Write the policy with the running mean of the expert's weights and, beside it, what is needed to go on."""
        made, learnt = load_checkpoint(self.source).policy, {k: v.clone() for k, v in self.mlp.state_dict().items()}
        self.mlp.load_state_dict(self.mean)
        gate_of(made, self.expert).experts[self.expert].actor.load_plain_state(self.actor.plain_state())
        self.mlp.load_state_dict(learnt)
        save_checkpoint(out, made, card, half=True)
        tensors = {f"{part}.{name}": value for part, state in self._states().items() for name, value in state.items()}
        write_tensors(state_of(out), tensors, {"of": self.asked_for, **dataclasses.asdict(self.spent)})
        return made

    def go_on(self, out: Path) -> None:
        """From where `save` left; rounds and examples are gathered anew.

        Raises:
            KinesisError: if it was another policy, expert or list of motions that was left there.
        """
        tensors, words = read_tensors(state_of(out))
        if (of := words.pop("of")) != self.asked_for:
            raise KinesisError("another search is noted", where=str(state_of(out)), got=of, expected=self.asked_for)
        self.spent = Spent(**words).and_more(0, self.spent.seconds)
        self.warm = WARM_AGAIN
        for part, state in self._states().items():
            for name, value in state.items():
                value.copy_(tensors[f"{part}.{name}"])
        self.outlook_then.load_state_dict(self.outlook.state_dict())

    def _states(self) -> dict[str, dict[str, Tensor]]:
        parts: dict[str, nn.Module] = {"mlp": self.mlp, "dynamics": self.dynamics.network, "outlook": self.outlook}
        return {name: part.state_dict() for name, part in parts.items()} | {"mean": self.mean}


def _check(card: Card) -> None:
    """Refuse a policy whose actions or layers are not what is foreseen here."""
    network = card.network
    got = card.task.law, network.nonlinearity, network.symmetric
    if got != (expected := ("excitation", "elu", True)):
        raise KinesisError("a policy that is not foreseen: law, nonlinearity, symmetric", got=got, expected=expected)


def state_of(out: Path) -> Path:
    """The file beside a policy from which its search goes on."""
    return out.with_suffix(".state.safetensors")
