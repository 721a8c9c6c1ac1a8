"""Task presets: functions that return a TaskConfig."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from kinesis.errors import KinesisError
from kinesis.registry import Registry
from kinesis.task.config import FORWARD, TaskConfig, Term

TASKS: Registry[Callable[[], TaskConfig]] = Registry("task")

_FOLLOW = (
    Term("root"),
    Term("joints"),
    Term("landmarks"),
    Term("landmark_errors"),
    Term("joint_targets"),
    Term("heading_error"),
)


@TASKS.register("imitate")
def imitate() -> TaskConfig:
    """Follow a clip with 80 excitations at 50 Hz."""
    return TaskConfig(
        body="legs80",
        law="excitation",
        observations=(*_FOLLOW, Term("activation"), Term("ground_force")),
        rewards=(
            Term("position", 0.5, {"k": 600.0}),
            Term("velocity", 0.1, {"k": 2.0}),
            Term("catch_up", 0.1, {"k": 20.0, "time_s": 0.5}),
            Term("joints", 0.1, {"k": 3.0}),
            Term("upright", 0.05, {"k": 10.0}),
            Term("effort", 0.15, {"k": 40.0}),
        ),
        endings=(Term("any_landmark", constants={"limit_m": 0.25}), Term("fallen")),
    )


@TASKS.register("imitate_closely")
def imitate_closely() -> TaskConfig:
    """Imitate for a policy that already follows: two centimetres and five degrees still count."""
    task = imitate()
    position, velocity, catch_up, _, *others = task.rewards
    close = (
        dataclasses.replace(position, weight=0.25),
        Term("precise_position", 0.3, {"k": 3000.0}),
        velocity,
        catch_up,
        Term("joints", 0.2, {"k": 5.0}),
    )
    return dataclasses.replace(task, rewards=(*close, *others))


LEASH = {"ahead_m": 0.08, "behind_m": 0.25, "aside_m": 0.08}
"""Longer ones change little; at half of it bodies drift, for they hardly see that they are off (docs/notes 155)."""


def leashed(task: TaskConfig) -> TaskConfig:
    """A task in which nobody sees himself farther off than by `LEASH`, see `observe.landmark_errors`."""
    seen = (dataclasses.replace(t, constants=LEASH) if t.name == "landmark_errors" else t for t in task.observations)
    return dataclasses.replace(task, observations=tuple(seen))


@TASKS.register("imitate_torque")
def imitate_torque() -> TaskConfig:
    """The teacher's task: the same with 14 joint torques."""
    task = imitate()
    rewards = (*task.rewards[:-1], Term("torque_effort", 0.1, {"k": 2.0}))
    return dataclasses.replace(task, body="legs80_torque", law="joint_servo", observations=_FOLLOW, rewards=rewards)


@TASKS.register("imitate_torque_forward")
def imitate_torque_forward() -> TaskConfig:
    """The teacher's task with torques by inverse dynamics fed forward, bearing on the ground as the motion asks."""
    task = imitate_torque()
    kept = [dataclasses.replace(t, weight=0.6 * t.weight) for t in task.rewards if t.name != "joints"]
    borne = (Term("joints", 0.12, {"k": 5.0}), Term("load", 0.18, {"k": 8.0}), Term("pressure", 0.18, {"k": 200.0}))
    return dataclasses.replace(task, law=FORWARD, rewards=(*kept, *borne))


@TASKS.register("imitate_shared")
def imitate_shared() -> TaskConfig:
    """`imitate_torque` on the muscles themselves, bearing on the ground as the motion asks; see `shared`."""
    task = shared(imitate_torque())
    kept = (t for t in task.rewards if t.name != "joints")
    borne = (Term("joints", 0.2, {"k": 5.0}), Term("load", 0.2, {"k": 8.0}), Term("pressure", 0.2, {"k": 200.0}))
    return dataclasses.replace(task, rewards=_of_one(*kept, *borne))


@TASKS.register("imitate_shared_forward")
def imitate_shared_forward() -> TaskConfig:
    """`imitate_torque_forward` on the muscles themselves; see `shared`."""
    return shared(imitate_torque_forward())


def shared(task: TaskConfig, by: str = "force") -> TaskConfig:
    """A task of torques whose torques muscles give, by static optimisation, so that effort is theirs."""
    kept = (term for term in task.rewards if term.name != "torque_effort")
    return dataclasses.replace(task, shared_by=by, rewards=_of_one(*kept, Term("effort", 0.15, {"k": 40.0})))


def _of_one(*rewards: Term) -> tuple[Term, ...]:
    """The same terms with weights that sum to one."""
    whole = sum(term.weight for term in rewards)
    return tuple(dataclasses.replace(term, weight=term.weight / whole) for term in rewards)


@TASKS.register("imitate_servo")
def imitate_servo() -> TaskConfig:
    """Follow a clip with muscle length targets, the paper's servo, every physics step."""
    return dataclasses.replace(imitate(), law="length_servo")


@TASKS.register("kinesis")
def kinesis() -> TaskConfig:
    """Rates, action law, reward and ending of KINESIS (Simos et al. 2025); observation is this package's."""
    return dataclasses.replace(
        imitate(),
        law="excitation_centred",
        control_hz=30.0,
        horizons_s=(1 / 30,),
        rewards=(
            Term("kinesis_position", 0.6, {"k": 200.0}),
            Term("kinesis_velocity", 0.2, {"k": 5.0}),
            Term("kinesis_upright", 0.1, {"k": 3.0}),
            Term("kinesis_energy", 0.1, {"k": 0.05}),
        ),
        endings=(Term("any_tracked", constants={"limit_m": 0.15}),),
    )


PHYSIOLOGY: Mapping[str, Term] = {
    "effort": Term("effort", 0.3, {"k": 40.0}),
    "cubed_effort": Term("effort", 0.3, {"k": 120.0, "power": 3.0}),
    "volume_effort": Term("volume_effort", 0.3, {"k": 40.0}),
    "smoothness": Term("smoothness", 0.2, {"k": 40.0}),
    "joint_stops": Term("joint_stops", 0.2, {"k": 20.0, "margin_rad": 0.1}),
    "impact": Term("impact", 0.2, {"k": 4.0, "limit_bw": 1.2}),
    "foot_slip": Term("foot_slip", 0.2, {"k": 20.0}),
    "swing_load": Term("swing_load", 0.2, {"k": 30.0}),
    "load": Term("load", 0.2, {"k": 8.0}),
    "pressure": Term("pressure", 0.2, {"k": 200.0}),
}
"""Reward terms that may be switched on in a task for muscles."""


def with_physiology(task: TaskConfig, names: Sequence[str]) -> TaskConfig:
    """The task with these of `PHYSIOLOGY`; one of a kind that the task rewards already takes that one's place."""
    added = []
    for name in names:
        if name not in PHYSIOLOGY:
            raise KinesisError.unknown("physiology term", name, PHYSIOLOGY)
        added.append(PHYSIOLOGY[name])
    kept = [t for t in task.rewards if t.name not in {a.name for a in added}]
    return dataclasses.replace(task, rewards=(*kept, *added))
