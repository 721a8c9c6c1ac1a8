"""Lattice noise against the dense Gaussian it claims to be."""

import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from kinesis.learn.config import Network
from kinesis.learn.networks import ExpectedClip, Policy, make_actor, observations

WIDTH, ACTIONS = 7, 12


def lattice(latent, seed=0):
    """An actor with Lattice noise of uneven sizes; its dense covariance."""
    torch.manual_seed(seed)
    actor = make_actor(
        Network((16, latent), (8,)), WIDTH, ACTIONS, noise=0.2, centre=0.1, exploration="lattice"
    ).double()
    noise = actor.distribution
    with torch.no_grad():
        for parameter in actor.mlp.parameters():
            parameter.copy_(torch.randn_like(parameter))
        noise.log_latent_std.copy_(0.3 * torch.randn(latent) - 1.0)
        noise.log_action_std.copy_(0.3 * torch.randn(ACTIONS) - 1.5)
    return actor


def dense(actor, seen):
    noise = actor.distribution
    weight = actor.mlp[-1].weight
    spread = torch.diag(noise.log_latent_std.exp() ** 2)
    covariance = weight @ spread @ weight.T + torch.diag(noise.log_action_std.exp() ** 2)
    return MultivariateNormal(actor(observations(seen)), covariance)


@pytest.fixture(params=[5, 12, 30], ids=["fewer latents", "as many", "more"])
def latent(request):
    return request.param


def test_probability_entropy_and_spread_are_the_dense_ones(latent):
    actor = lattice(latent)
    seen = torch.randn(6, WIDTH, dtype=torch.float64)
    taken = actor(observations(seen), stochastic_output=True)
    wanted = dense(actor, seen)
    assert torch.allclose(actor.get_output_log_prob(taken), wanted.log_prob(taken), atol=1e-9)
    assert torch.allclose(actor.output_entropy, wanted.entropy(), atol=1e-9)
    assert torch.allclose(actor.output_std, wanted.variance.sqrt(), atol=1e-9)


def test_gradients_are_the_dense_ones(latent):
    actor = lattice(latent)
    seen = torch.randn(6, WIDTH, dtype=torch.float64)
    taken = actor(observations(seen), stochastic_output=True)
    mine = torch.autograd.grad(actor.get_output_log_prob(taken).sum(), list(actor.parameters()))
    theirs = torch.autograd.grad(dense(actor, seen).log_prob(taken).sum(), list(actor.parameters()))
    for a, b in zip(mine, theirs, strict=True):
        assert torch.allclose(a, b, atol=1e-8)


def test_divergence_from_the_policy_that_collected_is_the_dense_one(latent):
    actor = lattice(latent)
    seen = torch.randn(6, WIDTH, dtype=torch.float64)
    with torch.no_grad():
        actor(observations(seen), stochastic_output=True)
        old_params = tuple(p.clone() for p in actor.output_distribution_params)
        old = dense(actor, seen)
        for parameter in actor.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    actor(observations(seen), stochastic_output=True)
    found = actor.get_kl_divergence(old_params, actor.output_distribution_params)
    assert torch.allclose(found, kl_divergence(old, dense(actor, seen)), atol=1e-8)
    assert bool((found > 0.01).all())


def test_samples_have_the_covariance(latent):
    actor = lattice(latent)
    seen = torch.zeros(1, WIDTH, dtype=torch.float64)
    with torch.no_grad():
        taken = actor(observations(seen.expand(200_000, WIDTH)), stochastic_output=True)
        wanted = dense(actor, seen).covariance_matrix[0]
    assert torch.allclose(taken.T.cov(), wanted, atol=0.02 * float(wanted.diagonal().max()))


@pytest.mark.parametrize("exploration", ["diagonal", "lattice"])
def test_noise_starts_where_asked_and_is_bounded(exploration):
    torch.manual_seed(0)
    actor = make_actor(Network((16, 30), (8,)), WIDTH, ACTIONS, noise=0.2, centre=0.0, exploration=exploration)
    seen = observations(torch.randn(3, WIDTH))

    def spread():
        actor(seen, stochastic_output=True)
        return float(actor.output_std.detach().square().mean().sqrt())

    assert spread() == pytest.approx(0.2, rel=1e-3)
    actor.distribution.bound(0.5)
    assert spread() == pytest.approx(0.2, rel=1e-3)
    actor.distribution.bound(0.05)
    assert spread() == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize("spread", [0.03, 0.4])
def test_the_expected_clip_is_the_mean_of_clipped_noise(spread):
    torch.manual_seed(0)
    mean = torch.linspace(-1.0, 2.0, 13)
    drawn = (mean + spread * torch.randn(400_000, 13)).clamp(0.0, 1.0).mean(0)
    expected = ExpectedClip(spread, (0.0, 1.0))(mean)
    assert torch.allclose(expected, drawn, atol=3e-3)
    assert bool((expected.diff() > -1e-6).all())
    assert torch.equal(ExpectedClip(0.0, (0.0, 1.0))(mean), mean)


@pytest.mark.parametrize("nonlinearity", ["elu", "swish"])
def test_one_observation_alone_gives_what_it_gives_among_others(nonlinearity):
    torch.manual_seed(0)
    actor = make_actor(Network((32, 16), nonlinearity=nonlinearity), 7, 5, noise=0.1, centre=0.3)
    actor.update_normalization(observations(3.0 * torch.randn(40, 7) + 1.0))
    policy, seen = Policy(actor, spread=0.05), torch.randn(6, 7)
    assert policy._alone()
    for _ in range(2):
        alone = torch.cat([policy(seen[i : i + 1]) for i in range(6)])
        assert torch.allclose(alone, policy(seen), atol=1e-6)
        with torch.no_grad():  # what is learnt in place is seen
            for parameter in actor.mlp.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
