"""Run an Experiment: its stages in order, each going on where it was killed, each leaving a checkpoint."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from kinesis.body import Kinematics, load
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import (
    Card,
    Checkpoint,
    data_of,
    joined,
    leading,
    load_checkpoint,
    read_tensors,
    replacing,
    save_checkpoint,
)
from kinesis.learn.config import PPO, Distillation, Experiment, Network, Stage, from_json, to_json
from kinesis.learn.distill import DistillationStage
from kinesis.learn.experts import Mixture
from kinesis.learn.networks import Policy, make_actor, make_critic, strengthen
from kinesis.learn.on_top import OnTop
from kinesis.learn.ppo import make_ppo
from kinesis.learn.reflect import ReflectedModel
from kinesis.learn.teacher import Expert, Staff, make_expert
from kinesis.learn.train import PPOStage, prime_with
from kinesis.motion.clip import Clip
from kinesis.motion.library import Library
from kinesis.motion.stray import Stray, stray
from kinesis.sim.various import VariousSim
from kinesis.task import Env
from kinesis.task.actions import LAWS
from kinesis.task.symmetry import measure_symmetry

EXPERIMENT = "experiment.json"
ASYMMETRY = 1e-3
"""Largest change of a weight by reflection, as a share of its tensor's largest, that is taken for rounding."""

Report = Callable[[str, "Position", dict[str, float]], None]
Judge = Callable[[Checkpoint], dict[str, Any]]


class Position:
    """How far a stage, or the making of its motions, is: samples of `wanted`, after `seconds`."""

    def __init__(self, samples: int, wanted: int, seconds: float) -> None:
        self.samples, self.wanted, self.seconds = samples, wanted, seconds


class Pipeline:
    """An Experiment in a folder: `experiment.json`, then one sub-folder a stage.

    A folder that holds another experiment is refused. judge: measures a checkpoint now and then and at the end
    of a stage; what it returns is written into the card as its scores, and the best of a stage is what stays
    of it: by strict success, then by error. origins: checkpoints from before the run; the last is what its first
    stage calls the previous one, and all are the experts of a stage with a gate.
    """

    def __init__(
        self, experiment: Experiment, folder: Path, clips: Sequence[Clip], origins: Sequence[Path] = ()
    ) -> None:
        """Prepare the folder; nothing runs yet."""
        self.experiment, self.folder, self.clips, self.origins = experiment, folder, list(clips), list(origins)
        if not (folder / EXPERIMENT).exists():
            _check_starts(experiment, origins)
        claim(folder, experiment)

    def run(self, report: Report | None = None, judge: Judge | None = None) -> Path:
        """Run what is not done yet. Returns the last stage's checkpoint."""
        previous = self.origins[-1] if self.origins else None
        for index, stage in enumerate(self.experiment.stages):
            done = self.folder / f"{index}-{stage.name}.safetensors"
            if not done.exists():
                self._run_stage(index, stage, previous, done, report, judge)
            previous = done
        assert previous is not None
        return previous

    def _run_stage(
        self, index: int, stage: Stage, previous: Path | None, done: Path, report: Report | None, judge: Judge | None
    ) -> None:
        folder = self.folder / f"{index}-{stage.name}"
        torch.manual_seed(self.experiment.seed + index)
        keeper = _Keeper(folder / "best.safetensors", None if stage.on_top else judge)
        tell = report or (lambda *_: None)
        if stage.ppo:
            self._reinforce(stage, stage.ppo, previous, folder, tell, keeper)
        elif stage.distillation:
            self._distil(stage, previous, folder, tell, keeper)
        else:
            raise KinesisError("a stage needs numbers for PPO or for distillation", where=stage.name)
        with replacing(done) as temporary:
            shutil.copyfile(keeper.path, temporary)

    def _reinforce(
        self, stage: Stage, ppo: PPO, previous: Path | None, folder: Path, tell: Report, keeper: _Keeper
    ) -> None:
        env = self._env(stage, ppo.envs, ppo.hard_share)
        width = env.observation.shape[1]
        actor = self._start(stage, env, width, ppo.noise, previous, ppo.exploration)
        critic = make_critic(stage.gate or stage.on_top or self.experiment.network, width)
        if self.experiment.network.symmetric:
            critic.reflect(measure_symmetry(env))
        if stage.start != "scratch":
            critic.obs_normalizer.load_state_dict(actor.obs_normalizer.state_dict())
        prime_with(env, actor.on(env.sim).bases[0].actor if isinstance(actor, OnTop) else actor)
        sampled = 1 if stage.gate else actor.mlp[-1].out_features
        algorithm = make_ppo(actor, critic, ppo, width, sampled, env.body)
        runner = PPOStage(env, algorithm, ppo, folder)
        if not runner.progress.iteration:
            env.reset()
        progress = runner.progress

        def offer() -> None:
            policy = Policy(actor, 0.0 if stage.gate or stage.on_top else runner.noise, env.law.span)
            keeper.offer(policy, self._card(stage, env, policy, progress.samples, progress.seconds, previous))

        runner.run(
            lambda numbers: tell(stage.name, Position(progress.samples, ppo.samples, progress.seconds), numbers), offer
        )

    def _distil(self, stage: Stage, previous: Path | None, folder: Path, tell: Report, keeper: _Keeper) -> None:
        config = stage.distillation
        assert config is not None
        source = config.teacher or previous
        if source is None:
            raise KinesisError("distillation needs a teacher before it", where=stage.name)
        strays = self._strays(stage, config.strays, tell)
        env = self._env(stage, config.envs, copies=[copy.strayed for copy in strays], various=config.various)
        plain = Library(env.body, [*self.clips, *(copy.plain for copy in strays)]) if strays else None
        expert = self._staff(config, source, env, plain)
        actor = self._start(stage, env, env.observation.shape[1], config.noise, previous)
        began = _source(stage, previous)
        spread = _origin(began, env).policy.spread if began else 0.0
        runner = DistillationStage(env, expert, actor, config, folder, self.experiment.seed, spread)
        wanted = config.rounds * config.envs * config.steps
        runner.run(lambda numbers: tell(stage.name, Position(runner.samples, wanted, runner.seconds), numbers))
        strengthen(actor.mlp, config.gain)
        policy = runner.policy
        keeper.offer(policy, self._card(stage, env, policy, runner.samples, runner.seconds, previous))

    def _staff(self, config: Distillation, source: str | Path, env: Env, plain: Library | None) -> Expert:
        """The teacher at `source`, or where specialists teach their categories, all of them."""
        sources = [source, *(one.teacher for one in config.specialists)]
        experts = [make_expert(load_checkpoint(origin), env, plain, config.share_by) for origin in sources]
        if len(experts) == 1:
            return experts[0]
        number = {one.category: index for index, one in enumerate(config.specialists, 1)}
        assert isinstance(env.command, Follow)
        taught = [clip.category for clip in env.command.library.clips]
        for category in number:
            if category not in taught:
                raise KinesisError.unknown("category of a specialist", category, set(taught), where="the motions")
        return Staff(experts, [number.get(category, 0) for category in taught], env)

    def _strays(self, stage: Stage, copies: int, tell: Report) -> list[Stray]:
        """All clips strayed, once a copy; a fifth of a second each, so told as it goes."""
        kinematics, began, made = Kinematics(load(stage.task.body)), time.monotonic(), list[Stray]()
        for copy in range(copies):
            for clip in self.clips:
                made.append(stray(kinematics, clip, copy))
                place = Position(len(made), copies * len(self.clips), time.monotonic() - began)
                tell(f"{stage.name} strays", place, {})
        return made

    def _env(
        self, stage: Stage, envs: int, hard_share: float = 0.0, copies: Sequence[Clip] = (), various: float = 0.0
    ) -> Env:
        body, clips = load(stage.task.body), [*self.clips, *copies]
        command = Follow(
            Library(body, clips, stage.task.intent, ground=stage.task.follows_ground),
            envs,
            stage.task.horizons_s,
            seed=self.experiment.seed,
            weights=balanced(clips),
            hard_share=hard_share,
        )
        make_sim = partial(VariousSim, share=various, seed=self.experiment.seed) if various else None
        return Env(stage.task, command, envs, make_sim=make_sim)

    def _start(
        self, stage: Stage, env: Env, width: int, noise: float, previous: Path | None, exploration: str = "diagonal"
    ) -> ReflectedModel:
        network, source = self.experiment.network, _source(stage, previous)
        if stage.gate:
            actor: ReflectedModel = self._mix(stage.gate, env)
        elif stage.on_top:
            if source is None:
                raise KinesisError("torques on top need a policy to start from", where=stage.name, got=stage.start)
            if stage.ppo and stage.ppo.effort:
                raise KinesisError("torques on top have no effort as a loss", where=stage.name, got=stage.ppo.effort)
            actor = OnTop(_origin(source, env).policy, stage.on_top, noise)
        else:
            actor = make_actor(
                network, width, env.num_actions, noise=noise, centre=env.law.centre, exploration=exploration
            )
            if source is not None:
                actor.load_plain_state(_origin(source, env).policy.actor.plain_state())
        if network.symmetric:
            began = actor.plain_state()
            actor.reflect(measure_symmetry(env))
            if source is not None and not stage.gate and not stage.on_top:
                _check_alike(began, actor.plain_state(), source)
        actor.distribution.reset(noise)
        return actor

    def _mix(self, gate: Network, env: Env) -> Mixture:
        """A new gate over the policies that the run starts from."""
        experts = [_origin(path, env) for path in self.origins]
        other = [e for e in experts if e.card.network != self.experiment.network]
        if other or not experts:
            raise KinesisError(
                "a gate needs experts of one network",
                where=str(self.folder),
                got=other[0].card.network if other else "none",
                expected=self.experiment.network,
            )
        return Mixture([e.policy for e in experts], gate)

    def _card(
        self, stage: Stage, env: Env, policy: Policy, samples: int, seconds: float, previous: Path | None
    ) -> Card:
        before = [load_checkpoint(path).card for path in _ancestors(stage, previous)]
        data = data_of(self.clips)
        for card in [*before, *(load_checkpoint(path).card for path in self.origins)]:
            data = joined(card.data, data)
        return Card(
            task=stage.task,
            network=self.experiment.network,
            fingerprint=env.body.fingerprint,
            observations=env.widths,
            experiment=asdict(self.experiment),
            data=data,
            samples=samples + sum(card.samples for card in before),
            spread=policy.spread,
            gate=stage.gate,
            on_top=stage.on_top,
            spreads=_spreads(policy),
            wall_clock_s=seconds + sum(card.wall_clock_s for card in before),
        )


def claim(folder: Path, experiment: Experiment) -> None:
    """Write `experiment.json` into the folder of a run; a folder that holds another experiment is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / EXPERIMENT
    if not saved.exists():
        with replacing(saved) as temporary:
            temporary.write_text(to_json(experiment))
    elif from_json(Experiment, saved.read_text()) != from_json(Experiment, to_json(experiment)):
        raise KinesisError("the folder holds another experiment", where=str(saved), hint="choose another --out")


def _origin(source: Path | str, env: Env) -> Checkpoint:
    """A checkpoint to go on from in this Env; of several policies in one, that of `leading` for what is seen here."""
    origin = load_checkpoint(source)
    if origin.card.observations != env.widths:
        raise KinesisError(
            "the starting policy observes something else",
            where=str(source),
            got=origin.card.observations,
            expected=env.widths,
        )
    return leading(origin, env.observation)


def _check_starts(experiment: Experiment, origins: Sequence[Path]) -> None:
    """Refuse policies to start from whose weights or actions would mean something else here."""
    for index, stage in enumerate(experiment.stages):
        source = _source(stage, origins[-1] if origins and not index else None)
        if source is None or stage.gate or stage.on_top:
            continue
        card, network = load_checkpoint(source).card, experiment.network
        got = card.network.policy, card.network.nonlinearity, _meaning(card.task.law)
        if got != (expected := (network.policy, network.nonlinearity, _meaning(stage.task.law))):
            raise KinesisError(
                "the starting policy has another network, or another action law",
                where=str(source),
                got=got,
                expected=expected,
                hint="it can be a teacher (Distillation.teacher)",
            )


def _meaning(law: str) -> str:
    """What actions of a law are."""
    return f"{LAWS.get(law).controller.name.lower()} of {LAWS.get(law).span}"


def _ancestors(stage: Stage, previous: Path | None) -> list[Path | str]:
    """The checkpoints, each once, that a stage learns from: its start, its teachers, the last of a gate's experts."""
    named = [previous if stage.gate else _source(stage, previous)]
    if config := stage.distillation:
        named += [config.teacher or previous, *(one.teacher for one in config.specialists)]
    return list(dict.fromkeys(path for path in named if path is not None))


def _spreads(policy: Policy) -> tuple[float, ...]:
    """See `Card.spreads`."""
    actor = policy.actor
    parts = actor.experts if isinstance(actor, Mixture) else actor.bases if isinstance(actor, OnTop) else ()
    return tuple(part.spread for part in parts)


def _check_alike(began: dict[str, torch.Tensor], reflected: dict[str, torch.Tensor], source: Path | str) -> None:
    """Refuse a start that reflection changes: the mean of two halves that do different things does neither."""
    worst = max(float((began[k] - v).abs().max() / began[k].abs().max().clamp_min(1e-9)) for k, v in reflected.items())
    if worst > ASYMMETRY:
        raise KinesisError(
            "the starting policy does not treat left and right alike",
            where=str(source),
            got=f"weights that differ by {worst:.0%}",
            hint="distil it first (Distillation.teacher), or train with Network(symmetric=False)",
        )


def _source(stage: Stage, previous: Path | None) -> Path | str | None:
    """The checkpoint that a stage starts from, if any."""
    if stage.start == "scratch":
        return None
    return previous if stage.start == "previous" else stage.start


class _Keeper:
    """Keeps the best checkpoint offered at `path`; without a judge, the last."""

    def __init__(self, path: Path, judge: Judge | None) -> None:
        self.path, self.judge = path, judge

    def offer(self, policy: Policy, card: Card) -> None:
        """Judge, and keep if none there is better."""
        if self.judge:
            card = dataclasses.replace(card, scores=self.judge(Checkpoint(policy, card, "offered")))
            if self.path.exists() and _rank(read_tensors(self.path)[1]["scores"]) > _rank(card.scores):
                return
        save_checkpoint(self.path, policy, card)


def _rank(scores: dict[str, Any]) -> tuple[float, float]:
    return scores.get("success_strict", 0.0), -scores.get("mpjpe_mm", float("inf"))


def balanced(clips: Sequence[Clip]) -> torch.Tensor:
    """(clip,) drawing weights: by duration, so that every second of motion is as likely."""
    return torch.tensor([c.duration_s for c in clips])
