"""Left and right alike: what a reflected network promises."""

import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.command import Follow
from kinesis.learn.config import Network
from kinesis.learn.networks import Policy, make_actor, make_critic, observations
from kinesis.learn.reflect import reflections_of
from kinesis.learn.teacher import Peer
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.library import Library
from kinesis.task import TASKS, Env
from kinesis.task.symmetry import measure_symmetry

SMALL = Network((32, 16), (32, 16))


@pytest.fixture(scope="module", params=["imitate", "imitate_torque"])
def env(request):
    """Four bodies walking."""
    task = TASKS.get(request.param)()
    kinematics = Kinematics(load("legs80"))
    clip = generate(kinematics, GaitSpec((Segment(0.0, "walk", 1.2),), 2.0), name="walk")
    return Env(task, Follow(Library(kinematics.body, [clip]), 4, task.horizons_s), 4)


def reflected(env, width_seed=0):
    """An actor with random weights and statistics, reflected; and its symmetry."""
    torch.manual_seed(width_seed)
    width = env.observation.shape[1]
    actor, symmetry = make_actor(SMALL, width, env.num_actions, noise=0.1, centre=0.3), measure_symmetry(env)
    with torch.no_grad():
        for parameter in actor.mlp.parameters():
            parameter.copy_(torch.randn_like(parameter))
    actor.update_normalization(observations(torch.randn(50, width) * 3.0 + 1.0))
    actor.reflect(symmetry)
    return actor, symmetry


def test_mirrored_input_gives_mirrored_action(env):
    actor, symmetry = reflected(env)
    seen = torch.randn(20, env.observation.shape[1])
    policy = Policy(actor)
    assert torch.allclose(policy(symmetry.observation(seen)), symmetry.action(policy(seen)), atol=1e-4)
    assert policy(seen).std() > 0.1


def test_learning_keeps_it_so(env):
    actor, symmetry = reflected(env)
    optimizer = torch.optim.Adam(actor.parameters(), 1e-2)
    for _ in range(5):
        seen = torch.randn(20, env.observation.shape[1])
        actor.update_normalization(observations(seen + 2.0))
        (actor(observations(seen)) - 1.0).square().mean().backward()
        optimizer.step()
    seen, policy = torch.randn(20, env.observation.shape[1]), Policy(actor)
    assert torch.allclose(policy(symmetry.observation(seen)), symmetry.action(policy(seen)), atol=1e-3)


def test_a_value_is_the_same_in_the_mirror(env):
    critic, symmetry = make_critic(SMALL, env.observation.shape[1]), measure_symmetry(env)
    critic.reflect(symmetry)
    seen = torch.randn(20, env.observation.shape[1])
    values, mirrored = critic(observations(seen)), critic(observations(symmetry.observation(seen)))
    assert torch.allclose(values, mirrored, atol=1e-5)
    assert values.std() > 1e-3


def test_what_is_saved_is_a_plain_network_that_does_the_same(env):
    actor, _ = reflected(env)
    plain = make_actor(SMALL, env.observation.shape[1], env.num_actions, noise=0.1, centre=0.0)
    actor, plain = actor.double(), plain.double()
    plain.load_plain_state(actor.plain_state())
    seen = torch.randn(20, env.observation.shape[1]).double()
    whole, by_blocks = plain.network()(seen), actor.network()(seen)
    assert torch.allclose(whole, by_blocks, rtol=1e-6, atol=1e-6)


def test_blocks_have_the_gradient_of_the_projected_weight(env):
    actor = reflected(env)[0].double()
    seen = torch.randn(20, env.observation.shape[1]).double()
    layers = [layer for layer in actor.mlp if isinstance(layer, torch.nn.Linear)]
    actor.mlp(seen).square().mean().backward()
    by_blocks = [layer.parametrizations.weight.original.grad.clone() for layer in layers]
    actor.zero_grad()
    values = seen
    for layer in actor.mlp:
        linear = isinstance(layer, torch.nn.Linear)
        values = torch.nn.functional.linear(values, layer.weight, layer.bias) if linear else layer(values)
    values.square().mean().backward()
    for layer, found in zip(layers, by_blocks, strict=True):
        assert torch.allclose(found, layer.parametrizations.weight.original.grad, rtol=1e-6, atol=1e-12)


def test_one_observation_goes_through_the_blocks_of_a_saved_network(env):
    actor, _ = reflected(env)
    plain = make_actor(SMALL, env.observation.shape[1], env.num_actions, noise=0.1, centre=0.0)
    plain.load_plain_state(actor.plain_state())
    assert reflections_of([layer for layer in plain.mlp if isinstance(layer, torch.nn.Linear)])
    policy, seen = Policy(plain, 0.05), torch.randn(5, env.observation.shape[1])
    for _ in range(2):
        alone = torch.cat([policy(seen[i : i + 1]) for i in range(5)])
        assert torch.allclose(alone, policy(seen), rtol=1e-5, atol=1e-4)
        with torch.no_grad():
            plain.mlp[0].weight[0] += 1.0


def test_a_network_without_sides_has_no_reflection(env):
    plain = make_actor(SMALL, env.observation.shape[1], env.num_actions, noise=0.1, centre=0.0)
    assert reflections_of([layer for layer in plain.mlp if isinstance(layer, torch.nn.Linear)]) is None


def test_reflecting_what_is_symmetric_changes_nothing(env):
    actor, symmetry = reflected(env)
    again = make_actor(SMALL, env.observation.shape[1], env.num_actions, noise=0.1, centre=0.0)
    again.load_plain_state(actor.plain_state())
    again.reflect(symmetry)
    seen = torch.randn(20, env.observation.shape[1])
    assert torch.allclose(Policy(again)(seen), Policy(actor)(seen), atol=1e-4)


def test_a_peer_counts_its_mirror_image_as_much_as_itself(env):
    width = env.observation.shape[1]
    plain = make_actor(SMALL, width, env.num_actions, noise=0.1, centre=0.3)
    with torch.no_grad():
        plain.mlp[0].weight.normal_()
    peer, symmetry = Peer(Policy(plain), env), measure_symmetry(env)
    label = peer()
    env.observation = symmetry.observation(env.observation)
    assert torch.allclose(peer(), symmetry.action(label), atol=1e-5)
    env.observation = symmetry.observation(env.observation)
