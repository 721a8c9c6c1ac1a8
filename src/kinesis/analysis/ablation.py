"""Ablation: muscles weakened or removed, what becomes of the walk, and who takes over."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.analysis.demand import Demand, demand_of_recording
from kinesis.analysis.effort import static_optimum
from kinesis.body import Body, load
from kinesis.body.variants import with_strength
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.evaluate import record
from kinesis.evaluate.perturb import Perturbation, PerturbedSim
from kinesis.evaluate.signals import Recording
from kinesis.learn import Policy
from kinesis.learn.checkpoint import Checkpoint, leading
from kinesis.learn.config import PPO
from kinesis.learn.networks import make_actor, make_critic
from kinesis.learn.pipeline import balanced
from kinesis.learn.ppo import make_ppo
from kinesis.learn.recipes import MUSCLES
from kinesis.learn.train import PPOStage, prime_with
from kinesis.motion.clip import Clip
from kinesis.motion.library import Library
from kinesis.task import Env

SIDES = {"right": "_r", "left": "_l"}
_SMALLEST_BATCH = 24


def muscles_named(body: Body, text: str) -> tuple[str, ...]:
    """Muscles that a text names: `soleus_r`, `soleus` (both sides), a group, `right` or `left`; commas join several.

    A side after a colon keeps that side alone: `plantarflexors:left`.

    Raises:
        UnknownName: for what is none of these; the sentence names the nearest.
    """
    chosen: set[str] = set()
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, side = part.partition(":")
        if side and side not in SIDES:
            raise KinesisError.unknown("side", side, SIDES)
        found = _one(body, name.strip())
        chosen |= {muscle for muscle in found if not side or muscle.endswith(SIDES[side])}
    if not chosen:
        raise KinesisError("no muscle named", got=text)
    return tuple(muscle for muscle in body.actuators if muscle in chosen)


def _one(body: Body, name: str) -> list[str]:
    if name in SIDES:
        return [muscle for muscle in body.actuators if muscle.endswith(SIDES[name])]
    if name in body.groups:
        return [body.actuators[i] for i in body.muscle_group(name)]
    found = [muscle for muscle in body.actuators if name in (muscle, muscle[:-2])]
    if not found:
        stems = {muscle[:-2]: None for muscle in body.actuators}
        raise KinesisError.unknown("muscle", name, [*body.actuators, *stems, *body.groups, *SIDES])
    return found


@dataclass(frozen=True)
class Weakened(Perturbation):
    """Peak force of some muscles by a factor, 0 for none, their passive force with it."""

    muscles: tuple[str, ...]
    factor: float = 0.0

    @property
    def name(self) -> str:
        """See `Perturbation`."""
        return f"{len(self.muscles)} muscles × {self.factor:g}"

    def body(self, body: Body) -> Body:
        """See `Perturbation`."""
        factors = np.where(np.isin(body.actuators, self.muscles), self.factor, 1.0)
        return dataclasses.replace(body, model=with_strength(body.model, body.actuation, factors))


@dataclass(frozen=True)
class Ablation:
    """Recordings of the same clips: with all muscles, without, and without after an adaptation (None without one).

    predicted: (muscle,) change of mean activation from least effort with all muscles to least effort without, for the
    torques that all muscles gave. missing_nm: the mean torque [N·m] that could then not be had, of the worst joint.
    """

    weakened: Weakened
    before: tuple[Recording, ...]
    without: tuple[Recording, ...]
    adapted: tuple[Recording, ...] | None
    predicted: np.ndarray
    missing_nm: float


def ablate(
    checkpoint: Checkpoint,
    clips: Sequence[Clip],
    weakened: Weakened,
    *,
    before: Sequence[Recording] | None = None,
    adapt_samples: int = 0,
    seed: int = 0,
    folder: Path | None = None,
) -> Ablation:
    """Follow clips before and after muscles are weakened, and after a fine-tuning of adapt_samples control steps.

    before: recordings of the clips with all muscles, where they are there already. folder: of the fine-tuning, which
    goes on from what is there; needed for one.
    """
    task = checkpoint.card.task
    before = before or record(checkpoint.policy, task, clips)
    without = record(checkpoint.policy, task, clips, perturbation=weakened)
    adapted = None
    if adapt_samples:
        if folder is None:
            raise KinesisError("an adaptation needs a folder", expected="one for what is learnt")
        policy = adapt(checkpoint, clips, weakened, adapt_samples, seed=seed, folder=folder)
        adapted = tuple(record(policy, task, clips, perturbation=weakened))
    predicted, missing = predict(before, weakened)
    return Ablation(weakened, tuple(before), tuple(without), adapted, predicted, missing)


def predict(recordings: Sequence[Recording], weakened: Weakened, instants: int = 200) -> tuple[np.ndarray, float]:
    """What least effort would do: change of mean activation (muscle,), and mean torque not to be had [N·m]."""
    changes, missing = [], []
    for recording in recordings:
        demand = _thinned(demand_of_recording(recording), instants)
        whole = static_optimum(demand)
        weak = static_optimum(dataclasses.replace(demand, body=weakened.body(demand.body)))
        changes.append(weak.activation.mean(0) - whole.activation.mean(0))
        missing.append(np.abs(weak.residual).mean(0).max())
    return np.mean(changes, axis=0), float(np.max(missing))


def _thinned(demand: Demand, count: int) -> Demand:
    rows = np.unique(np.linspace(0, len(demand.time_s) - 1, count).astype(int))
    arrays = ("time_s", "qpos", "qvel", "torque", "activation")
    return dataclasses.replace(demand, **{name: getattr(demand, name)[rows] for name in arrays})


def adapt(
    checkpoint: Checkpoint, clips: Sequence[Clip], weakened: Weakened, samples: int, *, seed: int, folder: Path
) -> Policy:
    """The policy fine-tuned by PPO on the weakened body, left and right no longer treated alike.

    Of a mixture, the expert whom its gate chooses most of these clips.
    """
    card = checkpoint.card
    config = _config(samples)
    body = load(card.task.body)
    command = Follow(
        Library(body, clips, card.task.intent, ground=card.task.follows_ground),
        config.envs,
        card.task.horizons_s,
        seed=seed,
        weights=balanced(clips),
        hard_share=0.0,
    )
    make_sim = functools.partial(PerturbedSim, weakened, [clips[0]] * config.envs)
    env = Env(card.task, command, config.envs, make_sim=make_sim)
    width, centre = env.observation.shape[1], env.law.centre
    actor = make_actor(card.network, width, env.num_actions, noise=config.noise, centre=centre)
    actor.load_plain_state(leading(checkpoint, env.observation).policy.actor.plain_state())
    actor.distribution.reset(config.noise)
    critic = make_critic(card.network, width)
    critic.obs_normalizer.load_state_dict(actor.obs_normalizer.state_dict())
    prime_with(env, actor)
    stage = PPOStage(env, make_ppo(actor, critic, config, width, env.num_actions, env.body), config, folder)
    if not stage.progress.iteration:
        env.reset()
    stage.run()
    actor.eval()
    spread = float(actor.distribution.log_std_param.detach().exp().mean())  # known before a first sample too
    return Policy(actor, spread, env.law.span)


def _config(samples: int) -> PPO:
    """The recipe's numbers for muscles, in batches that leave some updates."""
    envs = max(2, min(MUSCLES.envs, samples // (MUSCLES.steps * _SMALLEST_BATCH)))
    return dataclasses.replace(MUSCLES, envs=envs, hard_share=0.0, samples=samples)
