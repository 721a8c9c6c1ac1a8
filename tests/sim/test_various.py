"""Bodies that differ: how far, how many, the same for a seed, and seen by those who share torques among muscles."""

import numpy as np
import torch
from tests.sim.test_cpu import ENVS, start

from kinesis.body import load
from kinesis.sim import CpuSim
from kinesis.sim.shared import Sharing
from kinesis.sim.various import MASSES, STRENGTHS, VariousSim

MANY = 64


def factors(sim):
    """(env,) of strength and of mass."""
    strength = [model.actuator_gainprm[5, 2] / sim.model.actuator_gainprm[5, 2] for model in sim.models]
    mass = [model.body_mass.sum() / sim.model.body_mass.sum() for model in sim.models]
    return np.array(strength), np.array(mass)


def test_bodies_differ_in_one_thing_within_bounds(body):
    sim = VariousSim(body, MANY, share=1.0)
    strength, mass = factors(sim)
    assert ((strength != 1.0) ^ (mass != 1.0)).all()
    for found, (low, high) in ((strength, STRENGTHS), (mass, MASSES)):
        assert low <= found.min() < found.max() <= high
    assert 0.4 < (strength != 1.0).mean() < 0.8
    again = factors(VariousSim(body, MANY, share=1.0))
    assert np.array_equal(np.stack(again), np.stack([strength, mass]))


def test_only_a_share_of_them_differs(body):
    strength, mass = factors(VariousSim(body, MANY, share=0.25))
    assert 0.1 < ((strength != 1.0) | (mass != 1.0)).mean() < 0.4
    none = VariousSim(body, ENVS, share=0.0)
    assert all(model is none.model for model in none.models)


def test_the_weaker_use_more_of_their_muscles_for_the_same_torques(body):
    even, sim = CpuSim(body, MANY), VariousSim(body, MANY, share=1.0)
    torque = 20.0 * torch.randn(1, 14, generator=torch.Generator().manual_seed(2)).expand(MANY, -1)
    used = []
    for one in (even, sim):
        start(one)
        state = one.state
        one.reset(torch.arange(MANY), type(state)(*(part[:1].expand_as(part).clone() for part in vars(state).values())))
        used.append(Sharing(one, load("legs80_torque"), "muscle")(torque).mean(1))
    strength, _ = factors(sim)
    weak = torch.from_numpy(strength < 0.95)
    assert (used[1] > used[0])[weak].all()
    same = torch.from_numpy(strength == 1.0)
    assert torch.allclose(used[1][same], used[0][same], atol=1e-4)
