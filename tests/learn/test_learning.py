"""The learner: exact resume, caution, checkpoints that refuse what they do not fit."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.body.muscles import effort_cost
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Card, load_checkpoint, read_tensors, save_checkpoint, write_tensors
from kinesis.learn.config import PPO, Experiment, Network, from_json, to_json
from kinesis.learn.networks import Policy, make_actor, make_critic
from kinesis.learn.ppo import make_ppo
from kinesis.learn.recipes import RECIPES
from kinesis.learn.train import PPOStage
from kinesis.motion.clip import make_clip
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env

SMALL = PPO(envs=8, steps=4, epochs=2, minibatches=2, samples=8 * 4 * 6)
NETWORK = Network((16,), (16,))


@pytest.fixture(scope="module")
def library():
    body = load("legs80")
    qpos = np.tile(body.standing_qpos(), (101, 1))
    qpos[:, body.joint_qpos] += 0.1 + 0.1 * np.sin(np.arange(101)[:, None] / 8)
    return Library(body, [make_clip(Kinematics(body), qpos, 50.0, name="sway", source="test", licence="CC0-1.0")])


def stage(library, folder, config=SMALL, seed=0, task="imitate_torque"):
    torch.manual_seed(seed)
    task = TASKS.get(task)()
    env = Env(task, Follow(library, config.envs, task.horizons_s, seed=seed), config.envs)
    env.reset()
    width = env.observation.shape[1]
    actor = make_actor(NETWORK, width, env.num_actions, noise=config.noise, centre=env.law.centre)
    critic = make_critic(NETWORK, width)
    return PPOStage(env, make_ppo(actor, critic, config, width, env.num_actions, env.body), config, folder)


def weights(stage):
    return torch.cat([p.detach().flatten() for p in stage.algorithm.actor.mlp.parameters()])


@pytest.mark.parametrize("config", [SMALL, dataclasses.replace(SMALL, shove_mps=0.4)])
def test_a_killed_run_goes_on_exactly(library, tmp_path, config):
    whole = stage(library, tmp_path / "whole", config)
    whole.run()
    first = stage(library, tmp_path / "cut", config)
    for _ in range(3):
        first.iterate()
    first.save()
    second = stage(library, tmp_path / "cut", config, seed=99)
    assert second.progress.samples == 3 * 32
    second.run()
    assert second.progress.samples == whole.progress.samples == SMALL.samples
    assert torch.equal(weights(whole), weights(second))


def test_learning_changes_the_policy_and_a_warm_up_does_not(library, tmp_path):
    cautious = stage(library, tmp_path, dataclasses.replace(SMALL, value_warmup=2))
    before = weights(cautious)
    value = torch.cat([p.detach().flatten() for p in cautious.algorithm.critic.parameters()]).clone()
    for _ in range(2):
        cautious.iterate()
    assert torch.equal(weights(cautious), before)
    assert not torch.equal(torch.cat([p.detach().flatten() for p in cautious.algorithm.critic.parameters()]), value)
    cautious.iterate()
    assert not torch.equal(weights(cautious), before)


def test_effort_as_a_loss_lowers_the_excitations(library, tmp_path):
    config = dataclasses.replace(SMALL, learning_rate=1e-3, desired_divergence=10.0, effort=1e4)
    driven = stage(library, tmp_path, config, task="imitate")
    effort = [driven.iterate()["loss/effort"] for _ in range(6)]
    assert effort[-1] < 0.8 * effort[0]


def test_effort_by_force_is_dear_for_the_strong(library, tmp_path):
    config = dataclasses.replace(SMALL, learning_rate=1e-3, desired_divergence=10.0, effort=1e4, effort_by="force")
    driven = stage(library, tmp_path, config, task="imitate")
    seen, cost = driven.env.observation, torch.from_numpy(effort_cost(driven.env.body.model, "force"))
    actor = driven.algorithm.actor

    def excitation():
        return actor.mlp(actor.obs_normalizer(seen)).detach().clamp(0.0, 1.0).mean(0)

    before = excitation()
    for _ in range(6):
        driven.iterate()
    left = excitation() / before
    dear, cheap = cost > cost.quantile(0.9), cost < cost.quantile(0.4)
    assert left[dear].mean() < 0.9 * left[cheap].mean()


def test_shoves_come_every_two_seconds_and_are_level_and_bounded(library, tmp_path, monkeypatch):
    shoved = stage(library, tmp_path, dataclasses.replace(SMALL, shove_mps=0.4))
    given = []
    monkeypatch.setattr(shoved.env.sim, "shove", lambda _ids, speed: given.append(speed))
    for _ in range(400):
        shoved._shove()
    speeds = torch.cat(given)
    expected = 400 * shoved.env.num_envs * shoved.env.step_s / 2.0
    assert len(speeds) == pytest.approx(expected, abs=5.0 * expected**0.5)
    assert (speeds[:, 2] == 0.0).all()
    assert 0.3 < torch.linalg.vector_norm(speeds, dim=1).max() <= 0.4
    assert torch.linalg.vector_norm(speeds.mean(0)) < 0.15


def test_exploration_falls_to_its_final_bound(library, tmp_path):
    config = dataclasses.replace(SMALL, noise=0.2, final_noise=0.05)
    falling = stage(library, tmp_path, config)
    falling.run()
    assert falling.algorithm.actor.distribution.log_std_param.detach().exp().max() <= 0.05 + 1e-6


def test_a_frozen_normaliser_stands_still(library, tmp_path):
    frozen = stage(library, tmp_path, dataclasses.replace(SMALL, freeze_normaliser=True))
    before = frozen.algorithm.actor.obs_normalizer._mean.clone()
    frozen.iterate()
    assert torch.equal(frozen.algorithm.actor.obs_normalizer._mean, before)


def test_a_reward_that_is_not_a_number_stops_the_run_and_keeps_the_last_good_state(library, tmp_path, monkeypatch):
    bad = stage(library, tmp_path)
    bad.iterate()
    bad.save()
    kept, left = weights(bad), bad.state_path.read_bytes()
    step = bad.env.step

    def poisoned(action):
        result = step(action)
        result.reward[0] = float("nan")
        result.terms["velocity"] = float("nan")
        return result

    monkeypatch.setattr(bad.env, "step", poisoned)
    with pytest.raises(KinesisError, match="velocity"):
        bad.run()
    assert bad.state_path.read_bytes() == left
    assert torch.equal(weights(stage(library, tmp_path)), kept)


def test_a_run_that_is_interrupted_amid_an_iteration_goes_on_from_before_it(library, tmp_path, monkeypatch):
    whole = stage(library, tmp_path / "whole")
    whole.run()
    cut = stage(library, tmp_path / "cut")
    cut.save_every_s = 0.0
    steps, step = [], cut.env.step

    def interrupted(action):
        steps.append(action)
        if len(steps) == 3 * SMALL.steps - 1:
            raise KeyboardInterrupt
        return step(action)

    monkeypatch.setattr(cut.env, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cut.run()
    again = stage(library, tmp_path / "cut", seed=99)
    assert again.progress.iteration == 2
    again.run()
    assert torch.equal(weights(whole), weights(again))


def test_a_run_that_is_gone_on_with_by_other_motions_is_refused(library, tmp_path):
    begun = stage(library, tmp_path)
    begun.iterate()
    begun.save()
    clip = library.clips[0]
    more = Library(load("legs80"), [clip, dataclasses.replace(clip, name="again")])
    with pytest.raises(KinesisError, match=r"other motions; got 2 of 4\.00 s, expected 1 of 2\.00 s"):
        stage(more, tmp_path)


@pytest.mark.parametrize("recipe", RECIPES.names())
def test_an_experiment_survives_json(recipe):
    experiment = RECIPES.get(recipe)()
    assert to_json(from_json(Experiment, to_json(experiment))) == to_json(experiment)
    assert from_json(Experiment, to_json(experiment)).stages == from_json(Experiment, to_json(experiment)).stages


def test_an_unknown_or_missing_field_is_refused():
    words = json.loads(to_json(RECIPES.get("walk")()))
    with pytest.raises(KinesisError, match="seed"):
        from_json(Experiment, json.dumps(words | {"sead": 1}))
    with pytest.raises(KinesisError, match="incomplete"):
        from_json(Experiment, json.dumps({"name": "x"}))
    with pytest.raises(KinesisError, match="not a configuration"):
        from_json(Experiment, "{")


@pytest.fixture
def saved(tmp_path):
    task, body = TASKS.get("imitate")(), load("legs80")
    actor = make_actor(NETWORK, 20, 80, noise=0.1, centre=0.05)
    card = Card(task, NETWORK, body.fingerprint, {"root": 20}, {}, [{"source": "test", "licence": "CC0-1.0"}], 1, 1.0)
    path = tmp_path / "policy.safetensors"
    save_checkpoint(path, Policy(actor), card)
    return path, actor


def test_a_checkpoint_gives_the_same_actions(saved):
    path, actor = saved
    seen = torch.randn(5, 20, generator=torch.Generator().manual_seed(0))
    again = load_checkpoint(path)
    assert torch.equal(again.policy(seen), Policy(actor)(seen))
    assert again.card.data[0]["licence"] == "CC0-1.0"


def test_a_checkpoint_of_another_body_is_refused(saved):
    path, _ = saved
    tensors, words = read_tensors(path)
    write_tensors(path, tensors, words | {"fingerprint": "0" * 16})
    with pytest.raises(KinesisError, match="another form of legs80"):
        load_checkpoint(path)


def test_damaged_and_foreign_files_are_refused(saved, tmp_path):
    path, _ = saved
    whole = path.read_bytes()
    for cut in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(KinesisError, match="not a checkpoint"):
            load_checkpoint(path)
    foreign = tmp_path / "evil.safetensors"
    foreign.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(KinesisError, match="not a checkpoint"):
        load_checkpoint(foreign)


def test_an_unknown_policy_is_refused_by_name():
    with pytest.raises(KinesisError, match="no policy 'defolt'"):
        load_checkpoint("defolt")
    with pytest.raises(KinesisError, match="no such checkpoint"):
        load_checkpoint("runs/none.safetensors")


@pytest.mark.parametrize("name", RECIPES.names())
def test_every_recipe_has_networks_that_can_be_built(name):
    recipe = RECIPES.get(name)()
    gates = [recipe.mining.gate] if recipe.mining else []
    for network in (recipe.network, *gates):
        for stage in recipe.stages:
            exploration = stage.ppo.exploration if stage.ppo else "diagonal"
            actor = make_actor(network, 30, 8, noise=0.1, centre=0.0, exploration=exploration)
            assert actor.network()(torch.zeros(2, 30)).shape == (2, 8)
        assert make_critic(network, 30) is not None


def test_a_card_that_goes_on_names_what_was_learnt_from_besides(clip):
    card = load_checkpoint("lean").card
    later = card.further([clip, clip], samples=5, seconds=2.0)
    assert later.data == [*card.data, {"source": "test", "licence": "CC0-1.0", "clips": "2"}]
    assert (later.samples - card.samples, later.wall_clock_s - card.wall_clock_s) == (5, 2.0)
    assert not later.scores
    assert later.further([clip, clip], 0, 0.0).data == later.data
