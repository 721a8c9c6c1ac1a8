"""Least effort against scipy and its laws; inverse dynamics against the simulation's own torques."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.optimize import lsq_linear, minimize

from kinesis.analysis.demand import demand_of_forces, demand_of_measured, demand_of_recording
from kinesis.analysis.effort import CRITERIA, static_optimum
from kinesis.analysis.least_effort import SOFTNESS, least_effort, legs
from kinesis.analysis.systems import MuscleSystems, muscle_systems
from kinesis.body.sharing import share_torques
from kinesis.errors import KinesisError
from kinesis.motion.readers.opensim_forces import read_forces
from kinesis.motion.readers.opensim_table import read_table


@pytest.fixture(scope="module")
def demand(walk):
    """Sixty instants over a stride and more."""
    rows = np.arange(300, 480, 3)
    whole = demand_of_recording(walk)
    arrays = ("time_s", "qpos", "qvel", "torque", "activation")
    return dataclasses.replace(whole, **{name: getattr(whole, name)[rows] for name in arrays})


@pytest.fixture(scope="module")
def systems(demand):
    return muscle_systems(demand.body, demand.qpos, demand.qvel)


def problems(systems, torque, cost):
    """A leg's matrix, torque and prices, one after the other."""
    matrix = legs(systems.arms * systems.gain[:, None])
    wanted = (torque - systems.passive_torque).reshape(len(matrix), -1)
    price = np.tile((cost / cost.mean()).reshape(2, -1), (len(torque), 1))
    return zip(matrix, wanted, price, strict=True)


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("criterion", ["squared", "volume", "force", "energy"])
def test_it_agrees_with_scipy_where_torques_can_be_had_and_where_not(demand, systems, criterion, scale):
    torque, cost = scale * demand.torque[::8], CRITERIA[criterion].cost(demand.body)
    ours = least_effort(systems.at(slice(None, None, 8)), torque, cost=cost).reshape(-1, 40)
    few = systems.at(slice(None, None, 8))
    for mine, (matrix, wanted, price) in zip(ours, problems(few, torque, cost), strict=True):
        whole = np.vstack([matrix, np.diag(np.sqrt(SOFTNESS * price))])
        theirs = lsq_linear(whole, np.r_[wanted, np.zeros(40)], (0, 1), method="bvls", tol=1e-14).x
        assert np.abs(mine - theirs).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["squared", "volume", "force", "energy"])
def test_it_agrees_with_scipy_on_two_hundred_instants(walk, criterion):
    demand = demand_of_recording(walk)
    rows = np.linspace(0, len(demand.time_s) - 1, 200).astype(int)
    systems = muscle_systems(demand.body, demand.qpos[rows], demand.qvel[rows])
    torque, cost = demand.torque[rows], CRITERIA[criterion].cost(demand.body)
    ours = least_effort(systems, torque, cost=cost).reshape(-1, 40)
    for mine, (matrix, wanted, price) in zip(ours, problems(systems, torque, cost), strict=True):
        whole = np.vstack([matrix, np.diag(np.sqrt(SOFTNESS * price))])
        theirs = lsq_linear(whole, np.r_[wanted, np.zeros(40)], (0, 1), method="bvls", tol=1e-14).x
        assert np.abs(mine - theirs).max() < 1e-4


@pytest.mark.slow
def test_cubes_agree_with_scipy(demand, systems):
    few, torque = systems.at(slice(0, 1)), demand.torque[:1]
    ours = least_effort(few, torque, power=3).reshape(-1, 40)
    for mine, (matrix, wanted, _) in zip(ours, problems(few, torque, np.ones(80)), strict=True):
        theirs = minimize(
            lambda a: (a**3).sum(),
            np.full(40, 0.2),
            jac=lambda a: 3.0 * a**2,
            bounds=[(0.0, 1.0)] * 40,
            constraints=[{"type": "eq", "fun": lambda a: matrix @ a - wanted, "jac": lambda _: matrix}],  # noqa: B023
            method="SLSQP",
            options={"ftol": 1e-16, "maxiter": 300},
        ).x
        assert np.abs(mine - theirs).max() < 1e-4
        assert (mine**3).sum() < (theirs**3).sum() + 1e-6


def test_at_the_softness_of_learning_it_agrees_with_learning(demand, systems, monkeypatch):
    monkeypatch.setattr("kinesis.analysis.least_effort.SOFTNESS", 5.0)
    ours = least_effort(systems, demand.torque)
    tensors = [torch.from_numpy(x) for x in (demand.torque, systems.arms, systems.gain, systems.bias)]
    theirs = share_torques(*tensors, torch.ones(14).double(), effort=5.0, iterations=50)
    assert np.abs(ours - theirs.numpy()).max() < 1e-5


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_optimum_gives_the_torques_at_no_more_effort_than_the_policy(demand, criterion):
    optimum = static_optimum(demand, criterion)
    assert np.abs(optimum.residual).max() < 0.01
    assert optimum.activation.min() >= 0.0
    assert optimum.activation.max() <= 1.0
    assert (optimum.effort <= optimum.own_effort + 1e-9).all()
    assert optimum.effort.mean() < 0.9 * optimum.own_effort.mean()


@pytest.mark.parametrize("power", [2, 3])
def test_the_order_of_muscles_does_not_matter(demand, systems, power):
    rng = np.random.default_rng(0)
    order = np.r_[rng.permutation(40), 40 + rng.permutation(40)]
    moved = MuscleSystems(systems.gain[:, order], systems.bias[:, order], systems.arms[:, :, order])
    plain = least_effort(systems, demand.torque, power=power)
    assert np.abs(least_effort(moved, demand.torque, power=power) - plain[:, order]).max() < 1e-5


def test_what_is_dear_is_used_less(demand, systems):
    cost = np.ones(80)
    soleus = demand.body.actuators.index("soleus_r")
    plain = least_effort(systems, demand.torque, cost=cost)[:, soleus]
    cost[soleus] = 10.0
    dear = least_effort(systems, demand.torque, cost=cost)[:, soleus]
    assert dear.mean() < 0.8 * plain.mean()


def test_torques_beyond_strength_leave_a_residual_and_nothing_else_breaks(demand):
    optimum = static_optimum(dataclasses.replace(demand, torque=10.0 * demand.torque))
    assert np.isfinite(optimum.activation).all()
    assert np.abs(optimum.residual).max() > 10.0
    assert optimum.activation.max() == pytest.approx(1.0, abs=1e-6)


def test_systems_give_the_torques_of_the_simulation(walk, demand, systems):
    assert np.abs(systems.torque(demand.activation) - demand.torque).max() < 1e-3
    assert np.abs(systems.force(demand.activation) - walk["muscle_force"][300:480:3]).max() < 1e-2


def test_inverse_dynamics_gives_back_the_torques_of_the_simulation(walk):
    derived = demand_of_forces(walk)
    passive = walk["joint_moment_passive"] + 0.5 * walk["joint_velocity"]
    for joint, name in enumerate(walk.joints):
        if not name.startswith("mtp"):  # the toes' own load is taken as the heel's
            free = np.abs(passive[:-1, joint]) < 0.01  # not at an end of its range
            error = (derived.torque - walk["joint_moment_muscle"])[:-1, joint][free]
            assert np.abs(error).max() < 0.2, name
    assert derived.inverse.root_force[:-1].max() < 0.1
    assert derived.inverse.root_moment[:-1].max() < 0.1


def test_unknown_criteria_and_bodies_are_refused(walk, demand):
    with pytest.raises(KinesisError, match="criterion"):
        static_optimum(demand, "square")
    with pytest.raises(KinesisError, match="another form"):
        static_optimum(dataclasses.replace(walk, fingerprint="0" * 16))


def test_a_person_measured_needs_little_from_outside(shared_data, body):
    folder = shared_data / "mocap" / "opensim_ik" / "rajagopal2016"
    forces = read_forces(folder / "grf_walk.mot.gz")
    demand = demand_of_measured(folder / "walk_coordinates_rra.sto.gz", forces, body)
    assert np.sqrt((demand.inverse.root_force**2).mean()) < 0.2 * body.mass_kg * 9.81
    optimum = static_optimum(demand)
    assert np.abs(optimum.residual).max() < 0.05
    soleus = optimum.activation[:, body.actuators.index("soleus_r")]
    table = read_table(
        shared_data / "emg" / "rajagopal2016" / "walk_electromyography_processed.sto",
        lambda heading: heading if heading == "soleus" else None,
    )
    emg = np.interp(demand.time_s - 0.04, table.time_s, table.columns["soleus"])
    assert np.corrcoef(soleus, emg)[0, 1] > 0.85
