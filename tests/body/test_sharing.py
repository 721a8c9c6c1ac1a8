"""Static optimisation in batches against scipy's bounded least squares."""

import numpy as np
import pytest
import torch
from scipy.optimize import lsq_linear

from kinesis.body.sharing import share_torques


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    batch = 12
    arms = torch.zeros(batch, 14, 80)
    arms[:, :7, :40] = 0.05 * torch.randn(batch, 7, 40, generator=generator)
    arms[:, 7:, 40:] = 0.05 * torch.randn(batch, 7, 40, generator=generator)
    gain = -200 - 2000 * torch.rand(batch, 80, generator=generator)
    bias = -20 * torch.rand(batch, 80, generator=generator)
    torque = 60 * torch.randn(batch, 14, generator=generator)
    return torque, arms, gain, bias, torch.full((14,), 0.1)


@pytest.mark.parametrize("cost", [np.ones(80), np.tile(np.geomspace(0.05, 20.0, 40), 2)], ids=["alike", "by muscle"])
def test_it_agrees_with_scipy(problem, cost):
    torque, arms, gain, bias, weight = (x.double() for x in problem)
    effort = 0.05
    ours = share_torques(*(x.double() for x in problem), effort=effort, cost=torch.from_numpy(cost), iterations=100)
    for i in range(len(torque)):
        matrix = (arms[i] * gain[i] * weight[:, None]).numpy()
        wanted = ((torque[i] - arms[i] @ bias[i]) * weight).numpy()
        whole = np.vstack([matrix, np.sqrt(effort) * np.diag(np.sqrt(cost))])
        theirs = lsq_linear(whole, np.r_[wanted, np.zeros(80)], (0, 1), method="bvls", tol=1e-12).x
        assert np.abs(ours[i].numpy() - theirs).max() < 1e-4


def test_mirrored_torques_give_mirrored_activations(problem):
    torque, arms, gain, bias, weight = (x.double() for x in problem)
    swap = lambda x, n: torch.cat([x[..., n:], x[..., :n]], -1)  # noqa: E731
    mirrored = swap(swap(arms.transpose(1, 2), 7).transpose(1, 2), 40)
    a = share_torques(torque, arms, gain, bias, weight)
    b = share_torques(swap(torque, 7), mirrored, swap(gain, 40), swap(bias, 40), weight)
    assert torch.allclose(a, swap(b, 40), atol=1e-9)


def test_activations_are_bounded_even_when_the_torque_cannot_be_had(problem):
    torque, *rest = problem
    shared = share_torques(100 * torque, *rest)
    assert shared.min() >= 0
    assert shared.max() <= 1
