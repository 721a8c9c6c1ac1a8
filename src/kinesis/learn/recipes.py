"""Experiments by name: functions that return one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from kinesis.learn.config import PPO, Distillation, Experiment, Mining, Network, Stage
from kinesis.motion.intent import shipped
from kinesis.registry import Registry
from kinesis.task.config import Term
from kinesis.task.recipes import (
    imitate,
    imitate_closely,
    imitate_shared,
    imitate_shared_forward,
    imitate_torque,
    imitate_torque_forward,
    leashed,
    with_physiology,
)
from kinesis.task.recipes import kinesis as kinesis_task

RECIPES: Registry[Callable[[], Experiment]] = Registry("recipe")

TEACHER = PPO(
    envs=512,
    steps=24,
    epochs=4,
    gamma=0.985,
    learning_rate=5e-4,
    lowest_learning_rate=1e-4,
    highest_learning_rate=1e-3,
    desired_divergence=0.03,
    hard_share=0.4,
    noise=0.25,
    final_noise=0.1,
    samples=3_000_000,
)
MUSCLES = PPO(
    envs=384,
    steps=24,
    epochs=4,
    gamma=0.985,
    learning_rate=3e-5,
    lowest_learning_rate=3e-6,
    highest_learning_rate=3e-4,
    desired_divergence=0.04,
    noise=0.06,
    final_noise=0.05,
    value_warmup=8,
    hard_share=0.4,
    freeze_normaliser=True,
    samples=2_000_000,
)


@RECIPES.register("walk")
def walk() -> Experiment:
    """Standing and walking forward, staged: torque teacher, distilled student, PPO in muscle space."""
    return Experiment(
        name="walk",
        motions="builtin:walk-train,builtin:stand-train",
        stages=(
            Stage("teacher", imitate_torque(), ppo=TEACHER),
            Stage("student", imitate(), distillation=Distillation()),
            Stage("muscles", imitate(), start="previous", ppo=MUSCLES),
        ),
    )


SHARED = dataclasses.replace(
    TEACHER, envs=384, learning_rate=3e-4, noise=0.08, final_noise=0.04, hard_share=0.3, freeze_normaliser=True
)
"""PPO of a torque policy on the muscles that share its torques: it knows the motions, and has the muscles to learn."""


@RECIPES.register("teacher_walk")
def teacher_walk() -> Experiment:
    """Who teaches walks: torques of the motion fed forward, first on the joints, then on the muscles."""
    return Experiment(
        name="teacher_walk",
        motions="builtin:walk-train,builtin:stand-train",
        stages=(
            Stage("torques", imitate_torque_forward(), ppo=dataclasses.replace(TEACHER, samples=6_000_000)),
            Stage("shared", imitate_shared_forward(), start="previous", ppo=SHARED),
        ),
    )


@RECIPES.register("teacher_run")
def teacher_run() -> Experiment:
    """Who teaches runs: on the muscles from the start, from who teaches walks."""
    ppo = dataclasses.replace(
        SHARED, learning_rate=5e-4, noise=0.2, final_noise=0.06, desired_divergence=0.06, samples=6_000_000
    )
    return Experiment(
        name="teacher_run",
        motions="builtin:run-train",
        stages=(Stage("shared", imitate_shared_forward(), start="runs/teacher_walk/1-shared.safetensors", ppo=ppo),),
    )


@RECIPES.register("teacher")
def teacher() -> Experiment:
    """Who teaches everything else, walks in between."""
    return Experiment(
        name="teacher",
        motions="builtin:train,builtin:routes",
        stages=(
            Stage("torques", imitate_torque(), ppo=dataclasses.replace(TEACHER, envs=768, samples=12_000_000)),
            Stage("shared", imitate_shared(), start="previous", ppo=SHARED),
        ),
    )


@RECIPES.register("walker")
def walker() -> Experiment:
    """A student of `teacher_walk` from random weights, as the walker in the shipped policy (notes 129, 136 to 138)."""
    lessons = Distillation(
        envs=256,
        rounds=100,
        updates=250,
        batch=1024,
        final_learning_rate=4e-5,
        noise=0.04,
        teacher_rounds=8,
        teacher="runs/teacher_walk/1-shared.safetensors",
        share_by="energy",
        by_force=1.0,
        various=0.4,
        gain=1.05,
    )
    stage = Stage("student", default().stages[-1].task, distillation=lessons)
    return dataclasses.replace(
        default(), name="walker", motions="builtin:walk-train,builtin:stand-train", stages=(stage,)
    )


@RECIPES.register("default")
def default() -> Experiment:
    """All of locomotion: the staged path over every built-in motion and people far from the average.

    The shipped policy is a gate (`benchmarks/gate.py`) over three: one for walks, by the ways of `teacher_walk` and
    `walker` (docs/notes/learning.md 125-140), one for runs, by that of `runner` (146-150, 157), and one that went this
    way in more turns: a second teacher for runs, specialists in muscles, means of weights, and some recordings as
    well (26-124; its card). All were strengthened (164), the walker muscle by muscle (165), the walker and the last of
    them once more, with how much they heed of what they see (`benchmarks/gains.py`; 167, 168). Then the tensor fasciae
    latae and the rectus femoris of the walker, and a little of the runner, were driven with muscles of their nerves
    (`benchmarks/nerves.py`; 171), the walker saw what is wanted a centimetre lower (`benchmarks/lower.py`; 176), and
    what it does in a stride was sought by published bands of moments and forces (`benchmarks/gains.py`; 177-179). At
    last the runner and the third were led down gradients of what is foreseen (`benchmarks/foresee.py`; 182-192).
    """
    teacher, student, muscles = walk().stages
    assert teacher.ppo
    assert student.distillation
    assert muscles.ppo
    return Experiment(
        name="default",
        motions="builtin:train,builtin:varied",
        validation="builtin:validation",
        network=Network((768, 512, 256), (512, 256, 128)),
        stages=(
            dataclasses.replace(teacher, ppo=dataclasses.replace(teacher.ppo, envs=768, samples=12_000_000)),
            student,
            dataclasses.replace(
                muscles,
                task=leashed(with_physiology(imitate_closely(), ("joint_stops",))),
                ppo=dataclasses.replace(muscles.ppo, effort=4.0, samples=20_000_000),
            ),
        ),
    )


@RECIPES.register("bearing")
def bearing() -> Experiment:
    """The shipped policy taught to bear references of other people that do not fit together (`motion/stray.py`).

    It sees what the body intends of the strayed copies, and learns what it would have done had it seen the plain
    motion.
    """
    muscles = default().stages[-1]
    ends = (Term("any_landmark", constants={"limit_m": 0.4}), Term("fallen"))
    lessons = Distillation(
        envs=256,
        rounds=100,
        kept_rounds=25,
        batch=1024,
        learning_rate=4e-4,
        final_learning_rate=4e-5,
        noise=0.04,
        teacher_rounds=0,
        teacher="default",
        strays=3,
        gain=1.15,
    )
    task = dataclasses.replace(muscles.task, endings=ends, intent=shipped().fingerprint)
    return dataclasses.replace(
        default(),
        name="bearing",
        motions="builtin:train,builtin:routes",
        stages=(Stage("student", task, start="default", distillation=lessons),),
    )


@RECIPES.register("runner")
def runner() -> Experiment:
    """Runs of people far from the average and of imperfect recordings: torques on top of `default`, then a student.

    So the runner in the shipped policy was made, in three turns (docs/notes/learning.md 146 to 150, 157): two with real
    runs besides and without `leaps` or a leash, then one with both.
    """
    task = leashed(bearing().stages[0].task)
    ends = (Term("any_landmark", constants={"limit_m": 0.45}), Term("fallen"))
    wide = dataclasses.replace(next(t for t in task.rewards if t.name == "precise_position"), constants={"k": 200.0})
    rewards = tuple(wide if t.name == wide.name else t for t in task.rewards)
    torques = dataclasses.replace(
        SHARED,
        envs=640,
        learning_rate=5e-4,
        noise=0.2,
        final_noise=0.06,
        hard_share=0.4,
        shove_mps=0.15,
        value_warmup=4,
        samples=6_000_000,
    )
    lessons = Distillation(
        envs=256,
        rounds=60,
        kept_rounds=25,
        updates=250,
        batch=1024,
        learning_rate=4e-4,
        final_learning_rate=4e-5,
        teacher_rounds=0,
        gain=1.15,
    )
    stages = (
        Stage(
            "torques",
            dataclasses.replace(task, endings=ends, rewards=rewards),
            start="default",
            ppo=torques,
            on_top=Network((512, 256, 128), (512, 256, 128)),
        ),
        Stage("student", task, start="previous", distillation=lessons),
    )
    motions = "builtin:run-routes,builtin:run-varied,builtin:run-strayed,builtin:leaps"
    return dataclasses.replace(default(), name="runner", motions=motions, stages=stages)


@RECIPES.register("walk_from_nothing")
def walk_from_nothing() -> Experiment:
    """Walking at one speed in half an hour: the staged path, small."""
    whole = walk()
    teacher, student, muscles = whole.stages
    assert teacher.ppo
    assert student.distillation
    assert muscles.ppo
    return dataclasses.replace(
        whole,
        name="walk_from_nothing",
        motions="builtin:walk@1.2",
        validation="builtin:walk@1.2",
        network=Network((384, 256, 128), (384, 256, 128)),
        stages=(
            dataclasses.replace(teacher, ppo=dataclasses.replace(teacher.ppo, samples=2_250_000)),
            dataclasses.replace(student, distillation=dataclasses.replace(student.distillation, rounds=50)),
            dataclasses.replace(muscles, ppo=dataclasses.replace(muscles.ppo, samples=1_600_000)),
        ),
    )


@RECIPES.register("scratch")
def scratch() -> Experiment:
    """PPO straight in muscle space from random weights; for comparison."""
    ppo = dataclasses.replace(TEACHER, envs=256, noise=0.1, final_noise=0.05, samples=5_000_000)
    return dataclasses.replace(walk(), name="scratch", stages=(Stage("muscles", imitate(), ppo=ppo),))


GATE = PPO(
    envs=384,
    steps=24,
    gamma=0.985,
    learning_rate=3e-4,
    desired_divergence=0.01,
    entropy=1e-3,
    freeze_normaliser=True,
    samples=1_000_000,
)


@RECIPES.register("experts")
def experts() -> Experiment:
    """The walk recipe, then experts for the clips that it does not follow strictly, and a gate over them all."""
    return dataclasses.replace(walk(), name="experts", mining=Mining(measure="success_strict", ppo=GATE))


@RECIPES.register("kinesis")
def kinesis() -> Experiment:
    """Rates, reward, ending, Lattice and experts of KINESIS (Simos 2025), PPO from scratch with its numbers.

    Its budget of 1.1e9 control steps is shared by three experts and the gate. Each begins with a value function that
    knows nothing, which a good first policy must wait for.
    """
    ppo = PPO(
        envs=256,
        steps=200,
        epochs=10,
        minibatches=25,
        gamma=0.99,
        learning_rate=5e-5,
        highest_learning_rate=5e-5,
        lowest_learning_rate=5e-5,
        value_learning_rate=3e-4,
        exploration="lattice",
        noise=0.2,
        final_noise=0.2,
        value_warmup=8,
        samples=275_000_000,
    )
    network = Network((2048, 1536, 1024, 1024, 512, 512), (2048, 1536, 1024, 1024, 512, 512), "swish", symmetric=False)
    return dataclasses.replace(
        walk(),
        name="kinesis",
        network=network,
        stages=(Stage("muscles", kinesis_task(), ppo=ppo),),
        mining=Mining(3, enough=0.0, shrink=0.0, gate=network, ppo=dataclasses.replace(ppo, freeze_normaliser=True)),
    )
