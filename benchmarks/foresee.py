"""An expert of a gate made better by foresight: gradients through learnt dynamics of the body, not by trial.

In every round bodies follow motions for a second and a bit with a little noise; from what happened, networks learn how
the body moves (`kinesis.learn.foresight`) and how what differs from the motion will end; then the expert's weights
go down the gradient of what a third of a second costs, and of what is to be expected at its end.

python benchmarks/foresee.py --policy default --out nearer.safetensors --expert 2 --motions builtin:varied --rounds 60
"""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import tyro
from torch import Tensor
from torch.nn import functional as F

from kinesis.body import Body, Kinematics, load
from kinesis.body.twin import Levers
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.evaluate import follow_clips, summarise
from kinesis.learn.checkpoint import Card, load_checkpoint, read_tensors, save_checkpoint, write_tensors
from kinesis.learn.experts import gate_of
from kinesis.learn.foresight import Dynamics, Outlook, apart
from kinesis.learn.networks import ExpectedClip, Policy
from kinesis.motion.clip import Clip, beginning
from kinesis.motion.find import find_motions
from kinesis.motion.library import Library
from kinesis.motion.stray import part_way, stray
from kinesis.task import Env, TaskConfig
from kinesis.task.symmetry import measure_symmetry
from kinesis.task.twin import Goal, Instant, Sight

LONGEST_S = 9.0
"""Of a motion only its beginning is followed."""
WARM, WARM_AGAIN = 8, 2
"""Rounds in which dynamics and outlook learn, before the expert does; and where they have learnt before."""
AVERAGED = 0.005
"""Share of the newest weights in the running mean, a step."""
GAMMA, OUTLOOK_GAMMA, LAMBDA = 0.98, 0.98, 0.95
FAR, MOST = 5.0, 8.0
"""What distance costs in a step at the most, and after a fall in every step to come; and what a foreseen step does."""
FRESH, RECENT, MOST_EXAMPLES = 10, 3, 500_000
"""Rounds from which the outlook and the policy learn, steps from which the dynamics do."""


@dataclass(frozen=True)
class Costs:
    """What costs one in a step: landmarks, joints, speeds and the root's orientation off by so much.

    effort: of the mean squared activation. change: of the mean squared difference from the expert's first answer.
    """

    distance_m: float = 0.075
    joints_deg: float = 16.0
    speed_mps: float = 2.5
    lean_rad: float = 0.45
    effort: float = 5.0
    change: float = 40.0

    def __call__(self, now: Instant, before: Goal, wanted: Goal, tracked: Tensor) -> Tensor:
        """(env,) of a body where something was wanted; before: what it saw ahead a step earlier."""
        return (
            distance(now, wanted, tracked) / self.distance_m
            + _length(now.joints - wanted.joints_now) / now.joints.shape[1] ** 0.5 / np.deg2rad(self.joints_deg)
            + _length(now.landmark_speeds - before.landmark_speeds).mean(1) / self.speed_mps
            + (now.rotation - before.rotation).square().sum((1, 2)) / 2 / self.lean_rad**2
            + self.effort * now.activation.square().mean(1)
        )


def distance(now: Instant, wanted: Goal, tracked: Tensor) -> Tensor:
    """(env,) mean distance of the tracked landmarks from the motion [m]."""
    return _length(now.landmarks[:, tracked] - wanted.landmarks_now[:, tracked]).mean(1)


def _length(values: Tensor) -> Tensor:
    return (values.square().sum(-1) + 1e-5).sqrt()


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
    """Control steps that bodies took, and seconds."""

    samples: int = 0
    seconds: float = 0.0

    def and_more(self, samples: int, seconds: float) -> Spent:
        """With these besides."""
        return Spent(self.samples + samples, self.seconds + seconds)


class Foresee:
    """One expert of a gate, the body's dynamics and its outlook, as they learn."""

    def __init__(
        self,
        policy: str,
        expert: int,
        clips: list[Clip],
        costs: Costs,
        asked: list[Any],
        *,
        envs: int,
        horizon: int,
        rate: float,
        intent_share: float | None,
        seed: int,
    ) -> None:
        """Fit the muscles' geometry and prepare the motions, a minute or two.

        asked: what makes two searches different, as JSON takes it.
        """
        self.source, self.asked_for, self.spent = policy, asked, Spent()
        self.checkpoint, self.fixed = load_checkpoint(policy), load_checkpoint(policy).policy
        self.task: TaskConfig = self.checkpoint.card.task
        if intent_share is not None:
            weights = self.task.intent.partition("@")[0]
            self.task = dataclasses.replace(self.task, intent=f"{weights}@{intent_share:g}")
        self.body: Body = load(self.task.body)
        self.gate, self.expert = gate_of(self.checkpoint.policy, expert), expert
        self.clips, self.costs, self.horizon = clips, costs, horizon
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        library = Library(self.body, clips, self.task.intent)
        task = dataclasses.replace(self.task, rewards=())
        follow = Follow(library, envs, task.horizons_s, seed=seed)
        self.env = Env(task, follow, envs, prime=self.checkpoint.policy.prime)
        self.noise = torch.tensor([0.0, 0.02, 0.04])[torch.arange(envs) % 3, None]
        levers = Levers(self.body)
        levers.fit(self.body, seed)
        self.dynamics = Dynamics(self.body, self.task, levers)
        self.sight, self.tracked = Sight(self.task.observations, self.body), torch.from_numpy(self.body.tracked)
        self._prepare(rate)

    def _prepare(self, rate: float) -> None:
        tried = self.gate.experts[self.expert]
        self.actor, self.clip = tried.actor, ExpectedClip(tried.spread, tried.span)
        self.actor.reflect(measure_symmetry(self.env))
        self.mlp = self.actor.mlp.requires_grad_(requires_grad=True)
        self.layers = [layer.forward for layer in self.mlp if isinstance(layer, torch.nn.Linear)]
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
        return [forward._blocks() for forward in self.layers]

    def asked(self, seen: Tensor, blocks: list[list[Tensor]]) -> Tensor:
        """The expert's answer by blocks of its layers' weights, which are taken apart once for many steps."""
        hidden = self.actor.obs_normalizer(seen)
        for index, (forward, (shared, differing, bias)) in enumerate(zip(self.layers, blocks, strict=True)):
            a, b = forward.columns.parts(hidden)
            hidden = forward.rows.whole(F.linear(a, shared, bias), F.linear(b, differing))
            hidden = F.elu(hidden) if index < len(blocks) - 1 else hidden
        answer: Tensor = self.clip(hidden)
        return answer

    @torch.no_grad()
    def gather(self, steps: int) -> Round:
        """Let bodies go on for so many steps, the expert as it is now where the gate chooses it."""
        env, blocks = self.env, self._blocks()
        moments, excitations, acted, goes_on, failed = [self._now()], [], [], [], []
        for _ in range(steps):
            seen = env.observation
            own = self.gate.chosen(seen) == self.expert
            action = torch.where(own[:, None], self.asked(seen, blocks), self.fixed(seen))
            action = (action + self.noise * torch.randn(action.shape, generator=self.generator)).clamp(0, 1)
            result = env.step(action)
            excitations.append(action)
            acted.append(own)
            goes_on.append(~(result.failed | result.over))
            failed.append(result.failed.clone())
            moments.append(self._now())
        instants, goals = zip(*moments, strict=True)
        happened = (torch.stack(part) for part in (excitations, acted, goes_on, failed))
        found = Round(list(instants), list(goals), *happened)
        self.rounds = [*self.rounds, found][-FRESH:]
        return found

    def learn_dynamics(self, found: Round, fits: int, batch: int = 1024) -> float:
        """From all that was gathered; mean error of the last fits, in variances."""
        new = [
            self.dynamics.examples(found.instants[t][on], found.excitation[t][on], found.instants[t + 1][on])
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

    def improve(self, fits: int, batch: int = 256) -> float:
        """Lead the expert down the gradient; what a foreseen step costs, with its share of the outlook."""
        for network in (self.dynamics, self.outlook):
            network.requires_grad_(requires_grad=False)
        costs = []
        for _ in range(fits):
            total = self._foreseen(batch)
            self.learners["policy"].zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(self.mlp.parameters(), 1.0)
            self.learners["policy"].step()
            costs.append(total.item())
            for name, value in self.mlp.state_dict().items():
                self.mean[name].lerp_(value, AVERAGED)
        for network in (self.dynamics.network, self.outlook):
            network.requires_grad_(requires_grad=True)
        return float(np.mean(costs))

    def _foreseen(self, batch: int) -> Tensor:
        """Mean cost a step from bodies of a recent round, where the expert acts and nobody falls."""
        recent = self.rounds[-RECENT:]
        found = recent[int(torch.randint(len(recent), (), generator=self.generator))]
        begin = int(torch.randint(len(found.excitation) - self.horizon, (), generator=self.generator))
        fit = found.acted[begin] & found.goes_on[begin : begin + self.horizon].all(0)
        rows = fit.nonzero()[:, 0]
        rows = rows[torch.randperm(len(rows), generator=self.generator)[:batch]]
        now, blocks = found.instants[begin][rows], self._blocks()
        total = torch.zeros(len(rows))
        for step in range(self.horizon):
            goal, wanted = found.goals[begin + step][rows], found.goals[begin + step + 1][rows]
            seen = self.sight(now, goal)
            answer = self.asked(seen, blocks)
            with torch.no_grad():
                first = self.asked(seen, self.first)
            now = self.dynamics.after(now, answer)
            cost = self.costs(now, goal, wanted, self.tracked).clamp_max(MOST)
            total = total + GAMMA**step * (cost + self.costs.change * (answer - first).square().mean(1))
        total = (total + GAMMA**self.horizon * self.outlook(apart(now, wanted))) / self.horizon
        return total[total.isfinite()].mean()

    def save(self, out: Path, card: Card) -> Policy:
        """Write the policy with the running mean of the expert's weights and, beside it, what is needed to go on."""
        made, learnt = load_checkpoint(self.source).policy, {k: v.clone() for k, v in self.mlp.state_dict().items()}
        self.mlp.load_state_dict(self.mean)
        gate_of(made, self.expert).experts[self.expert].actor.load_plain_state(self.actor.plain_state())
        self.mlp.load_state_dict(learnt)
        save_checkpoint(out, made, card, half=True)
        tensors = {f"{part}.{name}": value for part, state in self._states().items() for name, value in state.items()}
        write_tensors(_beside(out), tensors, {"of": self.asked_for, **dataclasses.asdict(self.spent)})
        return made

    def go_on(self, out: Path) -> None:
        """From where `save` left; rounds and examples are gathered anew.

        Raises:
            KinesisError: if it was another policy, expert or list of motions that was left there.
        """
        tensors, words = read_tensors(_beside(out))
        if words.pop("of") != self.asked_for:
            raise KinesisError("another search is noted", where=str(_beside(out)), expected=self.asked_for)
        self.spent = Spent(**words)
        for part, state in self._states().items():
            for name, value in state.items():
                value.copy_(tensors[f"{part}.{name}"])
        self.outlook_then.load_state_dict(self.outlook.state_dict())

    def _states(self) -> dict[str, dict[str, Tensor]]:
        parts = {"mlp": self.mlp, "dynamics": self.dynamics.network, "outlook": self.outlook}
        return {name: part.state_dict() for name, part in parts.items()} | {"mean": self.mean}


def _beside(out: Path) -> Path:
    return out.with_suffix(".state.safetensors")


def _origin(clip: Clip) -> str:
    return clip.name.removesuffix("-strayed")


def copies(body: Body, clips: list[Clip], strays: int, seed: int) -> list[Clip]:
    """Beginnings of motions; or so many imperfect copies of each, which stray by three to ten tenths of the way."""
    kinematics, rng, out = Kinematics(body), np.random.default_rng(seed), list[Clip]()
    for clip in clips:
        for copy in range(strays):
            out.append(part_way(kinematics, stray(kinematics, clip, copy), rng.uniform(0.3, 1.0)))
    return [beginning(clip, LONGEST_S) if clip.duration_s > LONGEST_S else clip for clip in (out or clips)]


def main(
    policy: str,
    out: Path,
    expert: int = 0,
    motions: str = "builtin:varied",
    strays: int = 1,
    costs: Costs = Costs(),
    rounds: int = 60,
    steps: int = 64,
    envs: int = 256,
    fits: int = 40,
    horizon: int = 20,
    rate: float = 1e-5,
    intent_share: float | None = None,
    seed: int = 0,
) -> None:
    """A minute or two a round on one core, after some minutes of preparation; goes on from OUT.state.safetensors.

    Every ten rounds OUT is kept as OUT_10, OUT_20 and so on besides, for `together.py`.

    expert: of the gate, which, from 0. motions: separated by commas; of these every twentieth is judged by, and not
    learnt from, nor are its strayed copies. strays: imperfect copies of each that take its place, 0 for the motions as
    they are. rounds: of gathering, learning and improving, of which the first eight improve nothing, nor the first two
    when it goes on. steps: of each of so many bodies in a round. fits: steps downhill in a round, of the expert.
    horizon: so many steps are foreseen. rate: of learning, of the expert.
    intent_share: of what the intent says, that is carried out from now on; by default as in the policy's card.
    """
    body = load(load_checkpoint(policy).card.task.body)
    clips = [clip for source in motions.split(",") for clip in find_motions(source, body)]
    judges = set(list(dict.fromkeys(map(_origin, clips)))[::20])
    judged = copies(body, [clip for clip in clips if _origin(clip) in judges], strays, seed)
    learnt = copies(body, [clip for clip in clips if _origin(clip) not in judges], strays, seed)
    print(f"prepares {len(learnt)} motions to learn from and {len(judged)} to be judged by", flush=True)
    asked = [policy, expert, motions, strays, envs, horizon, rate, intent_share, seed, *vars(costs).values()]
    search = Foresee(
        policy,
        expert,
        learnt,
        costs,
        asked,
        envs=envs,
        horizon=horizon,
        rate=rate,
        intent_share=intent_share,
        seed=seed,
    )
    if _beside(out).exists():
        search.go_on(out)
    first = WARM_AGAIN if search.spent.samples else WARM
    for turn in range(rounds):
        began, warm = time.monotonic(), turn < first
        found = search.gather(steps)
        known = search.learn_dynamics(found, 600 if warm else 200)
        explained = search.learn_outlook(300)
        cost = float("nan") if warm else search.improve(fits)
        search.spent = search.spent.and_more(steps * envs, time.monotonic() - began)
        print(
            f"{search.spent.seconds:.0f} s, round {turn + 1}: {int(found.failed.sum())} fell, dynamics' error "
            f"{known:.3f}, outlook explains {explained:.2f}, a step costs {cost:.3f}",
            flush=True,
        )
        if turn % 10 == 9 or turn == rounds - 1:
            made = search.save(out, search.card())
            shutil.copy(out, out.with_stem(f"{out.stem}_{search.spent.samples // (steps * envs)}"))
            score = summarise([run.score for run in follow_clips(made, search.task, judged)])
            print(
                f"judged: success {score['success']:.3f}, strictly {score['success_strict']:.3f}, "
                f"{score['mpjpe_mm']:.1f} mm, joints {score['joint_rmse_deg']:.2f} degrees",
                flush=True,
            )


if __name__ == "__main__":
    tyro.cli(main)
