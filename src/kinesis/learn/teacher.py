"""Teachers for a muscle Env: a torque policy through static optimisation, or another muscle policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from kinesis.body import load
from kinesis.command import Follow
from kinesis.learn.checkpoint import Checkpoint
from kinesis.learn.networks import Policy
from kinesis.learn.on_top import OnTop
from kinesis.motion.library import Library
from kinesis.sim.shared import Sharing, lead, torque_limits
from kinesis.task import Env, TaskConfig
from kinesis.task.actions import LAWS, joint_torque
from kinesis.task.moment import Moment
from kinesis.task.observe import Observer
from kinesis.task.symmetry import measure_symmetry


class Expert(Protocol):
    """Knows what to do at every environment's instant now. residual: of the last call [N·m]."""

    @property
    def residual(self) -> Tensor:
        """(joint,) [N·m]."""

    def __call__(self) -> Tensor:
        """(env, muscle) excitations."""


def make_expert(origin: Checkpoint, env: Env, plain: Library | None = None, share_by: str | None = None) -> Expert:
    """The teacher that a checkpoint makes for this Env.

    plain: where the clips that the Env follows stray from these, one from each, these are what the teacher sees.
    share_by: see `Distillation`.
    """
    if isinstance(origin.policy.actor, OnTop):
        return Atop(origin.policy.actor, env)
    if origin.card.task.body == env.config.body:
        peer = Peer(origin.policy, env, plain)
        return peer if share_by is None else Shared(peer, env, share_by)
    return Teacher(origin.policy, origin.card.task, env, plain, share_by or origin.card.task.shared_by or "muscle")


class Staff:
    """Several teachers, each for the motions that it knows best."""

    def __init__(self, experts: Sequence[Expert], subject: Sequence[int], env: Env) -> None:
        """subject: (clip,) the number of the teacher of each of the Env's clips."""
        self.experts, self.env, self.subject = experts, env, torch.tensor(subject)

    @property
    def residual(self) -> Tensor:
        """Of the first, see `Expert`."""
        return self.experts[0].residual

    def __call__(self) -> Tensor:
        """(env, muscle) excitations, each environment's by the teacher of the clip that it follows now."""
        assert isinstance(self.env.command, Follow)
        labels = torch.stack([expert() for expert in self.experts])
        return labels[self.subject[self.env.command.clip], torch.arange(labels.shape[1])]


def _moment(env: Env, horizons_s: tuple[float, ...], plain: Library | None) -> Moment:
    """The Env's moment as a teacher sees it: looking as far ahead as it was taught to, at the plain motion."""
    now, command = env.moment, env.command
    if plain is not None:
        assert isinstance(command, Follow)
        target = command.target_of(plain, horizons_s)
    elif horizons_s != env.config.horizons_s:
        target = command.target(horizons_s=horizons_s)
    else:
        return now
    return Moment(now.now, target, now.action, now.control, now.tables)


class Peer:
    """A policy of the same task, its mirror image counting as much as itself.

    The mean of two ways to share the same torques is a third; the mean of two corrections has half the error.
    """

    def __init__(self, policy: Policy, env: Env, plain: Library | None = None) -> None:
        """env: the student's. plain: see `make_expert`."""
        self.policy, self.env, self.plain, self.symmetry = policy, env, plain, measure_symmetry(env)
        self.residual = torch.zeros(1)

    @torch.no_grad()
    def __call__(self) -> Tensor:
        """(env, muscle) excitations for every environment's instant now."""
        seen, span = self.env.observation, self.env.law.span
        if self.plain is not None:
            seen = self.env.observe(_moment(self.env, self.env.config.horizons_s, self.plain))
        image = self.symmetry.action(self.policy(self.symmetry.observation(seen)))
        return 0.5 * (self.policy(seen).clamp(*span) + image.clamp(*span))


class Atop:
    """Torques on top of a policy of the same task, which see what the student sees."""

    def __init__(self, actor: OnTop, env: Env) -> None:
        """env: the student's."""
        self.actor, self.env = actor.on(env.sim), env
        self.residual = torch.zeros(1)

    def __call__(self) -> Tensor:
        """(env, muscle) excitations for every environment's instant now."""
        return self.actor.wanted(self.env.observation)


class Shared:
    """A policy of the same body whose excitations are shared anew among the muscles, joint torques kept."""

    def __init__(self, peer: Peer, env: Env, by: str) -> None:
        """by: what each muscle counts, see `effort_cost`."""
        self.peer, self._share = peer, Sharing(env.sim, load(f"{env.body.skeleton}_torque"), by)

    @property
    def residual(self) -> Tensor:
        """(joint,) [N·m], see `Sharing`."""
        return self._share.residual

    @torch.no_grad()
    def __call__(self) -> Tensor:
        """(env, muscle) excitations for every environment's instant now."""
        return self._share.anew(self.peer())


class Teacher:
    """Excitations for a muscle Env, from a torque policy and static optimisation at the states visited.

    It looks as far ahead as it was taught to, whatever the student sees.
    """

    def __init__(
        self, policy: Policy, task: TaskConfig, env: Env, plain: Library | None = None, by: str = "muscle"
    ) -> None:
        """task: the teacher's own, whose observation it is given. env: the student's. plain: see `make_expert`."""
        self.policy, self.env, self.law = policy, env, LAWS.get(task.law)
        form = load(task.body)
        if task.follows_ground and plain is None:
            assert isinstance(env.command, Follow)
            plain = env.command.library
        self.plain = Library(form, plain.clips, ground=True) if plain and task.follows_ground else plain
        self._limits = torque_limits(form, whole=bool(task.shared_by))
        self._horizons_s = task.horizons_s
        self._observer, self._share = Observer(task.observations), Sharing(env.sim, form, by)

    @property
    def residual(self) -> Tensor:
        """(joint,) [N·m], see `Sharing`."""
        return self._share.residual

    def __call__(self) -> Tensor:
        """(env, muscle) excitations for every environment's instant now."""
        return lead(self.env.sim, self.activation())

    @torch.no_grad()
    def activation(self) -> Tensor:
        """(env, muscle) that gives the torques asked for now."""
        moment = _moment(self.env, self._horizons_s, self.plain)
        return self._share(joint_torque(self.law, moment, self.policy(self._observer(moment)), self._limits))
