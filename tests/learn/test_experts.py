"""A gate over frozen experts: exact probabilities, experts that never change, the same in the mirror."""

import dataclasses

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from kinesis.body import Kinematics, load
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Card, leading, load_checkpoint, read_tensors, save_checkpoint, write_tensors
from kinesis.learn.config import PPO, Experiment, Network, Stage
from kinesis.learn.experts import Choice, Mixture, gate_of, without
from kinesis.learn.networks import Policy, make_actor, make_critic, observations
from kinesis.learn.pipeline import Pipeline
from kinesis.learn.ppo import make_ppo
from kinesis.learn.train import PPOStage
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env
from kinesis.task.symmetry import measure_symmetry

ENVS = 4
NETWORK, GATE = Network((16,), (16,)), Network((8,), (8,))
SMALL = PPO(envs=ENVS, steps=4, epochs=2, minibatches=2, samples=ENVS * 4 * 3, freeze_normaliser=True)


def fresh_env():
    task = TASKS.get("imitate")()
    kinematics = Kinematics(load("legs80"))
    clip = generate(kinematics, GaitSpec((Segment(0.0, "walk", 1.2),), 1.0), name="walk")
    return Env(task, Follow(Library(kinematics.body, [clip]), ENVS, task.horizons_s), ENVS)


@pytest.fixture(scope="module")
def env():
    """Four bodies walking."""
    return fresh_env()


def mixture(env, count=3, seed=0, symmetry=None):
    """A gate and experts of random weights and statistics, the experts with uneven spreads."""
    torch.manual_seed(seed)
    width, experts = env.observation.shape[1], []
    for index in range(count):
        actor = make_actor(NETWORK, width, env.num_actions, noise=0.1, centre=0.3)
        scatter(actor)
        actor.update_normalization(observations(torch.randn(50, width) * 2.0 + index))
        if symmetry:
            actor.reflect(symmetry)
        experts.append(Policy(actor, 0.05 * index))
    made = Mixture(experts, GATE)
    scatter(made)
    if symmetry:
        made.reflect(symmetry)
    return made


def scatter(actor):
    with torch.no_grad():
        for parameter in actor.mlp.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))


def test_probability_entropy_and_divergence_are_those_of_torch():
    torch.manual_seed(0)
    logits, old_logits = torch.randn(2, 20, 3, dtype=torch.float64)
    choice, wanted, old = Choice(3), Categorical(logits=logits), Categorical(logits=old_logits)
    choice.update(old_logits)
    old_params = choice.params
    choice.update(logits)
    taken = choice.sample()
    assert taken.shape == (20, 1)
    assert torch.allclose(choice.log_prob(taken), wanted.log_prob(taken[:, 0]))
    assert torch.allclose(choice.entropy, wanted.entropy())
    assert torch.allclose(choice.mean, wanted.probs)
    assert torch.allclose(choice.kl_divergence(old_params, choice.params), kl_divergence(old, wanted))
    assert torch.equal(choice.deterministic_output(logits)[:, 0], logits.argmax(-1).float())


def test_samples_come_as_often_as_they_are_likely():
    torch.manual_seed(0)
    choice, likely = Choice(3), torch.tensor([0.6, 0.3, 0.1])
    choice.update(likely.log().expand(50_000, 3))
    assert torch.allclose(torch.bincount(choice.sample()[:, 0].long()) / 50_000, likely, atol=0.01)


def test_the_body_gets_the_mean_action_of_the_expert_that_was_sampled(env):
    actor, seen = mixture(env), torch.randn(30, env.observation.shape[1])
    with torch.no_grad():
        sampled = actor(observations(seen), stochastic_output=True)
        action = actor.act(seen, sampled)
    assert set(sampled[:, 0].tolist()) == {0.0, 1.0, 2.0}
    for index, expert in enumerate(actor.experts):
        mine = sampled[:, 0] == index
        assert torch.equal(action[mine], expert(seen)[mine])


def test_evaluation_takes_the_likeliest_expert_and_no_dice(env):
    actor, seen = mixture(env), torch.randn(30, env.observation.shape[1])
    policy, before = Policy(actor), torch.get_rng_state()
    action = policy(seen)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(action, policy(seen))
    with torch.no_grad():
        assert torch.equal(action, actor.act(seen, actor(observations(seen))))


def test_a_mirrored_body_chooses_the_same_expert_and_does_the_mirrored_action(env):
    symmetry = measure_symmetry(env)
    actor, seen = mixture(env, symmetry=symmetry), torch.randn(30, env.observation.shape[1])
    with torch.no_grad():
        chosen = actor(observations(seen))
        assert torch.equal(chosen, actor(observations(symmetry.observation(seen))))
    assert len(chosen.unique()) > 1
    policy = Policy(actor)
    assert torch.allclose(policy(symmetry.observation(seen)), symmetry.action(policy(seen)), atol=1e-4)


def test_training_moves_the_gate_and_not_one_bit_of_the_experts(tmp_path):
    env = fresh_env()
    actor = mixture(env, symmetry=measure_symmetry(env))
    width = env.observation.shape[1]
    algorithm = make_ppo(actor, make_critic(GATE, width), SMALL, width, 1, env.body)
    stage = PPOStage(env, algorithm, SMALL, tmp_path)
    env.reset()
    before = {k: v.clone() for k, v in actor.plain_state().items()}
    actor.train()
    stage.iterate()
    stored = algorithm.storage.actions
    assert stored.shape[-1] == 1
    assert set(stored.flatten().tolist()) <= {0.0, 1.0, 2.0}
    stage.run()
    after = actor.plain_state()
    assert all(torch.equal(after[k], v) for k, v in before.items() if k.startswith("experts."))
    assert not torch.equal(after["mlp.0.weight"], before["mlp.0.weight"])
    assert sum(p.numel() for p in actor.parameters()) == sum(p.numel() for p in actor.mlp.parameters())


@pytest.fixture
def saved(env, tmp_path):
    actor, body = mixture(env), load("legs80")
    card = Card(
        env.config,
        NETWORK,
        body.fingerprint,
        env.widths,
        {},
        [],
        1,
        1.0,
        gate=GATE,
        spreads=tuple(e.spread for e in actor.experts),
    )
    path = tmp_path / "mixture.safetensors"
    save_checkpoint(path, Policy(actor), card)
    return path, actor


def test_a_saved_mixture_does_the_same(env, saved):
    path, actor = saved
    again, seen = load_checkpoint(path), torch.randn(30, env.observation.shape[1])
    assert torch.equal(again.policy(seen), Policy(actor)(seen))
    assert again.policy.prime(seen).min() >= 0.0
    assert again.card.gate == GATE


def test_a_checkpoint_in_half_precision_is_smaller_and_does_nearly_the_same(env, saved, tmp_path):
    path, actor = saved
    whole, seen = load_checkpoint(path), torch.randn(30, env.observation.shape[1])
    save_checkpoint(tmp_path / "half.safetensors", Policy(actor), whole.card, half=True)
    again = load_checkpoint(tmp_path / "half.safetensors")
    assert (tmp_path / "half.safetensors").stat().st_size < 0.75 * path.stat().st_size
    assert all(t.dtype == torch.float32 for t in again.policy.actor.plain_state().values() if t.is_floating_point())
    gap = (again.policy.actor.experts[0](seen) - whole.policy.actor.experts[0](seen)).abs()
    assert 0.0 < gap.max() < 0.05


def test_a_mixture_with_an_expert_too_many_or_too_few_is_refused(saved):
    path, _ = saved
    tensors, words = read_tensors(path)
    for spreads in ([0.0, 0.0], [0.0] * 4):
        write_tensors(path, tensors, words | {"spreads": spreads})
        with pytest.raises(KinesisError, match="do not fit their own card"):
            load_checkpoint(path)


def test_a_mixture_does_the_same_in_another_program(env, saved, tmp_path):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    from kinesis.learn.export import export_onnx

    checkpoint = load_checkpoint(saved[0])
    export_onnx(checkpoint, tmp_path / "policy.onnx")
    session, seen = runtime.InferenceSession(str(tmp_path / "policy.onnx")), torch.randn(7, env.observation.shape[1])
    (found,) = session.run(["action"], {"observation": seen.numpy()})
    assert torch.allclose(torch.from_numpy(found), checkpoint.policy(seen), atol=1e-5)


def test_one_observation_alone_is_answered_by_the_expert_that_answers_it_among_others(env, saved):
    policy, seen = load_checkpoint(saved[0]).policy, torch.randn(40, env.observation.shape[1])
    assert len(set(policy.actor.chosen(seen).tolist())) > 1
    for row, action in zip(seen, policy(seen), strict=True):
        assert torch.allclose(policy(row[None])[0], action, atol=1e-5)
    assert policy._alone() is not None


def test_of_a_mixture_the_expert_that_its_gate_chooses_most_leads(env, saved):
    checkpoint, seen = load_checkpoint(saved[0]), torch.randn(40, env.observation.shape[1])
    chosen = checkpoint.policy.actor.chosen(seen)
    for index in chosen.unique().tolist():
        rows = torch.cat([seen[chosen == index], seen[chosen != index][: int((chosen == index).sum()) - 1]])
        leader = leading(checkpoint, rows)
        assert torch.equal(leader.policy(seen), checkpoint.policy.actor.experts[index](seen))
        assert (leader.card.gate, leader.card.spreads, leader.card.spread) == (None, (), 0.05 * index)
    assert leading(leader, seen) is leader


def test_who_starts_as_a_mixture_goes_on_from_one_of_its_experts(env, saved, tmp_path):
    clips, still = env.command.library.clips, dataclasses.replace(SMALL, value_warmup=99)
    plain = Stage("muscles", env.config, start=str(saved[0]), ppo=still)
    experiment = Experiment("plain", "none", (plain,), dataclasses.replace(NETWORK, symmetric=False))
    done = load_checkpoint(Pipeline(experiment, tmp_path / "plain", clips).run())
    seen = torch.randn(9, env.observation.shape[1])
    weights = done.policy.actor.plain_state()["mlp.0.weight"]
    assert any(torch.equal(weights, e.actor.plain_state()["mlp.0.weight"]) for e in saved[1].experts)
    assert torch.isfinite(done.policy(seen)).all()


def test_a_gate_without_experts_is_refused(env, tmp_path):
    gate = Stage("gate", env.config, start="previous", ppo=SMALL, gate=GATE)
    with pytest.raises(KinesisError, match="a gate needs experts"):
        Pipeline(Experiment("gate", "none", (gate,), NETWORK), tmp_path / "gate", env.command.library.clips).run()


def test_an_expert_that_a_policy_has_not_is_refused(env):
    policy = Policy(mixture(env))
    assert gate_of(policy, 2) is policy.actor
    with pytest.raises(KinesisError, match=r"no such expert; got 3, expected from 0 to 2"):
        gate_of(policy, 3)
    with pytest.raises(KinesisError, match=r"no gate over experts"):
        gate_of(policy.actor.experts[0], 0)


@pytest.mark.parametrize("out", [0, 1, 2])
def test_without_one_expert_the_others_act_as_before_wherever_he_did_not(env, out):
    whole, seen = mixture(env), torch.randn(200, env.observation.shape[1])
    whole.eval()
    rest = without(whole, out, GATE)
    chosen, number = whole.chosen(seen), torch.tensor([index for index in range(3) if index != out])
    others = chosen != out
    assert 0 < others.sum() < len(seen)
    assert torch.equal(number[rest.chosen(seen)][others], chosen[others])
    assert torch.equal(rest.network()(seen)[others], whole.network()(seen)[others])


@pytest.mark.parametrize("count", [(3, 3), (3, -1), (1, 0)])
def test_an_expert_who_is_not_there_or_the_last_cannot_be_left_out(env, count):
    experts, out = count
    with pytest.raises(KinesisError, match="cannot be left out"):
        without(mixture(env, experts), out, GATE)
