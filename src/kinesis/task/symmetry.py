"""Left/right symmetry of a task, measured: how its observation and its action change when the world is mirrored."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.body.state import State
from kinesis.command import Target
from kinesis.errors import KinesisError
from kinesis.task.env import Env
from kinesis.task.moment import Moment

_LATERAL = torch.tensor([1.0, -1.0, 1.0])
SAMPLES = 6


@dataclass(frozen=True)
class Symmetry:
    """Signed permutations: mirrored observation = sign * observation[index]; actions change sides."""

    index: Tensor
    sign: Tensor
    actions: Tensor

    def observation(self, values: Tensor) -> Tensor:
        """(..., width) as a mirrored body would see it."""
        return values[..., self.index] * self.sign

    def action(self, values: Tensor) -> Tensor:
        """(..., action) as a mirrored body would do it."""
        return values[..., self.actions]


def mirrored_state(body: Body, state: State) -> State:
    """The State reflected in the world's x–z plane; any leading axes."""
    mirror = body.mirror
    actuators = torch.from_numpy(mirror.actuators)
    half = len(body.feet) // 2
    feet = torch.tensor([*range(half, 2 * half), *range(half)])
    landmarks = torch.from_numpy(mirror.landmarks)
    return State(
        torch.from_numpy(mirror.position(state.qpos.double().numpy())).float(),
        torch.from_numpy(mirror.velocity(state.qvel.double().numpy())).float(),
        state.landmarks[..., landmarks, :] * _LATERAL,
        state.landmark_velocities[..., landmarks, :] * _LATERAL,
        state.activation[..., actuators] if state.activation.shape[-1] else state.activation,
        *(x[..., feet, :] * _LATERAL if x.shape[-1] else x for x in (state.ground_force, state.pressure)),
    )


def measure_symmetry(env: Env) -> Symmetry:
    """Find the signed permutation by observing random moments and their mirror images.

    Raises:
        KinesisError: if an observation term is no signed permutation under mirroring, naming its column.
    """
    moment = _random_moment(env)
    seen, mirrored = env.observe(moment), env.observe(_mirrored(env.body, moment))
    gap_same = (mirrored[:, :, None] - seen[:, None, :]).abs().amax(0)
    gap_flipped = (mirrored[:, :, None] + seen[:, None, :]).abs().amax(0)
    gap = torch.minimum(gap_same, gap_flipped)
    best, index = gap.min(1)
    if float(best.max()) > 1e-3:
        raise KinesisError(
            "an observation has no mirror image", where=f"column {int(best.argmax())}", got=float(best.max())
        )
    rows = torch.arange(len(index))
    sign = torch.where(gap_same[rows, index] <= gap_flipped[rows, index], 1.0, -1.0)
    return Symmetry(index, sign, torch.from_numpy(env.body.mirror.actuators))


def _mirrored(body: Body, moment: Moment) -> Moment:
    target = Target(mirrored_state(body, moment.target.now), mirrored_state(body, moment.target.ahead))
    return Moment(mirrored_state(body, moment.now), target, moment.action, moment.control, moment.tables)


def _random_moment(env: Env) -> Moment:
    """All numbers drawn, so that no two columns agree by chance; quaternions of unit length."""
    generator = torch.Generator().manual_seed(0)
    template = env.moment

    def draw(state: State) -> State:
        made = state[: min(SAMPLES, env.num_envs)]
        rows = [torch.rand((SAMPLES, *x.shape[1:]), generator=generator) - 0.5 for x in vars(made).values()]
        made = State(*rows)
        made.qpos[..., 3:7] = torch.nn.functional.normalize(made.qpos[..., 3:7], dim=-1)
        made.ground_force *= env.tables.weight_n
        return made

    width = env.num_actions
    target = Target(draw(template.target.now), draw(template.target.ahead))
    nothing = torch.zeros(SAMPLES, width)
    return Moment(draw(template.now), target, nothing, nothing, env.tables)
