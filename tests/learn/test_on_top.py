"""Joint torques on top of a policy in muscles: what they add, that they learn, and a student of both."""

import dataclasses

import pytest
import torch

from kinesis.body import load
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn import load_checkpoint
from kinesis.learn.checkpoint import leading
from kinesis.learn.config import PPO, Distillation, Experiment, Network, Stage
from kinesis.learn.networks import Policy, make_actor
from kinesis.learn.on_top import UNIT_NM, OnTop
from kinesis.learn.pipeline import Pipeline
from kinesis.learn.teacher import make_expert
from kinesis.motion.library import Library
from kinesis.sim.added import Added
from kinesis.task import TASKS, Env
from kinesis.task.symmetry import measure_symmetry

ENVS = 6
NETWORK = Network((32,), (32,))
TASK = TASKS.get("imitate")()
PPO_OF_TWO = PPO(envs=ENVS, steps=4, epochs=1, minibatches=1, samples=2 * ENVS * 4)


@pytest.fixture
def env(clip):
    torch.manual_seed(0)
    return Env(TASK, Follow(Library(load("legs80"), [clip]), ENVS, TASK.horizons_s), ENVS)


@pytest.fixture(scope="module")
def base(clip, tmp_path_factory):
    stage = Stage("base", TASK, ppo=PPO_OF_TWO)
    return str(Pipeline(Experiment("base", "none", (stage,), NETWORK), tmp_path_factory.mktemp("base"), [clip]).run())


def given(env, excitation):
    """Torques (env, joint) of muscles as active as that."""
    muscles = torch.from_numpy(env.sim.export_muscles()).float()
    return (muscles[:, 2 + torch.from_numpy(env.body.joint_dof)] @ (muscles[:, 0] * excitation)[..., None])[..., 0]


def test_the_muscles_give_what_is_added(env):
    excitation = 0.2 + 0.3 * torch.rand(ENVS, 80)
    torque = 4.0 * torch.randn(ENVS, 14) * torch.tensor(UNIT_NM) / 60.0
    changed = Added(env.sim)(excitation, torque)
    gained = given(env, changed) - given(env, excitation)
    assert (gained - torque)[:, :5].abs().max() < 0.1 * torque[:, :5].abs().max()
    assert torch.allclose(Added(env.sim)(excitation, 0.0 * torque), excitation, atol=1e-6)


def test_excitations_stay_in_range_and_idle_muscles_change_least(env):
    excitation = torch.zeros(ENVS, 80)
    excitation[:, ::2] = 0.5
    changed = Added(env.sim)(excitation, 500.0 * torch.randn(ENVS, 14))
    assert changed.min() >= 0.0
    assert changed.max() <= 1.0
    little = Added(env.sim)(excitation, 2.0 * torch.ones(ENVS, 14)) - excitation
    assert little[:, 1::2].abs().mean() < 0.25 * little[:, ::2].abs().mean()


def test_a_new_one_adds_nearly_nothing_and_a_mirrored_body_gets_the_mirrored_torques(env):
    base = Policy(make_actor(NETWORK, env.observation.shape[1], 80, noise=0.1, centre=0.1))
    atop = OnTop(base, NETWORK).on(env.sim)
    symmetry = measure_symmetry(env)
    assert (atop.wanted(env.observation) - base(env.observation).clamp(0.0, 1.0)).abs().max() < 0.05
    with torch.no_grad():
        for value in atop.mlp.parameters():
            value.add_(0.1 * torch.randn_like(value))
    atop.reflect(symmetry)
    seen = torch.randn(5, env.observation.shape[1])
    torques, image = atop.mlp(seen), atop.mlp(symmetry.observation(seen))
    assert torch.allclose(torques.roll(7, 1), image, atol=1e-4)
    assert torques.abs().max() > 0.01


def test_ppo_learns_torques_on_top_and_the_next_stage_distils_both(clip, base, tmp_path):
    lessons = Distillation(envs=ENVS, steps=4, rounds=2, updates=4, batch=16, teacher_rounds=0)
    stages = (
        Stage("top", TASK, start=base, ppo=PPO_OF_TWO, on_top=NETWORK),
        Stage("student", TASK, start="previous", distillation=lessons),
    )
    judged = []

    def judge(checkpoint):
        judged.append(checkpoint.name)
        return {"success_strict": 0.0, "mpjpe_mm": 1.0}

    student = load_checkpoint(Pipeline(Experiment("both", "none", stages, NETWORK), tmp_path, [clip]).run(judge=judge))
    top, under = load_checkpoint(tmp_path / "0-top.safetensors"), load_checkpoint(base)
    assert len(judged) == 1
    assert top.card.on_top == NETWORK
    assert top.card.spreads == (under.card.spread,)
    assert student.card.on_top is None
    assert student.card.spread == under.card.spread
    assert student.card.samples == 2 * PPO_OF_TWO.samples + 2 * ENVS * 4
    kept = top.policy.actor.bases[0].actor.plain_state()
    assert all(torch.equal(value, kept[name]) for name, value in under.policy.actor.plain_state().items())
    assert leading(top, torch.zeros(1, 1)).policy is top.policy.actor.bases[0]


def test_the_saved_one_teaches_what_it_did_and_does_not_act_alone(env, clip, base, tmp_path):
    stage = Stage("top", TASK, start=base, ppo=dataclasses.replace(PPO_OF_TWO, learning_rate=1e-2), on_top=NETWORK)
    top = load_checkpoint(Pipeline(Experiment("top", "none", (stage,), NETWORK), tmp_path, [clip]).run())
    taught = make_expert(top, env)()
    assert taught.shape == (ENVS, 80)
    assert torch.equal(taught, make_expert(load_checkpoint(tmp_path / "0-top.safetensors"), env)())
    assert (taught - top.policy.actor.bases[0](env.observation).clamp(0.0, 1.0)).abs().max() > 1e-4
    with pytest.raises(KinesisError, match=r"do not act alone.*distil"):
        top.policy(env.observation)
    with pytest.raises(KinesisError, match=r"do not act alone.*distil"):
        top.policy(env.observation[:1])


def test_torques_on_top_of_nothing_are_refused(clip, tmp_path):
    stage = Stage("top", TASK, ppo=PPO_OF_TWO, on_top=NETWORK)
    with pytest.raises(KinesisError, match="need a policy to start from"):
        Pipeline(Experiment("top", "none", (stage,), NETWORK), tmp_path, [clip]).run()


def test_torques_on_top_with_effort_as_a_loss_are_refused(clip, base, tmp_path):
    stage = Stage("top", TASK, start=base, ppo=dataclasses.replace(PPO_OF_TWO, effort=2.0), on_top=NETWORK)
    with pytest.raises(KinesisError, match="no effort as a loss"):
        Pipeline(Experiment("top", "none", (stage,), NETWORK), tmp_path, [clip]).run()
