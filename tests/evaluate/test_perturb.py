"""Perturbations do what they say, and nothing where they say nothing."""

import functools

import numpy as np
import pytest
import torch

from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import follow_clips
from kinesis.evaluate.perturb import Delay, GroundStep, Mass, Perturbation, PerturbedSim, Push, Strength
from kinesis.sim import Controller, CpuSim


@pytest.fixture(scope="module")
def follow(checkpoint, clips):
    return functools.cache(
        lambda change: follow_clips(checkpoint.policy, checkpoint.card.task, clips, perturbation=change)
    )


def make(body, perturbation, clips, **options):
    return PerturbedSim(perturbation, clips, body, len(clips), **options)


@pytest.mark.parametrize("nothing", [Perturbation(), Push(0.0, 90.0), Delay(0.0)], ids=lambda p: type(p).__name__)
def test_a_perturbation_of_nothing_is_no_perturbation_to_the_last_bit(follow, nothing):
    for plain, perturbed in zip(follow(None), follow(nothing), strict=True):
        for key in ("qpos", "qvel", "activation", "ground_force"):
            assert np.array_equal(getattr(plain, key), getattr(perturbed, key))


@pytest.mark.parametrize(("way", "axis", "sign"), [(0.0, 0, 1), (90.0, 1, 1), (180.0, 0, -1), (270.0, 1, -1)])
def test_a_push_of_200_newtons_moves_the_pelvis_the_pushed_way(follow, way, axis, sign):
    """The walks go along +x. At once it is the push alone, a quarter of a second later what the body makes of it."""
    before, at_once, after = 20, 22, 32
    for plain, pushed in zip(follow(None), follow(Push(200.0, way, (0.4,))), strict=True):
        assert np.array_equal(plain.qpos[:before], pushed.qpos[:before])
        moved = (pushed.qpos - plain.qpos)[:, :2]
        assert sign * moved[at_once, axis] > 0.004
        assert sign * moved[at_once, axis] > 5.0 * abs(moved[at_once, 1 - axis])
        assert sign * moved[after, axis] > 0.01


def test_a_push_acts_as_long_as_it_says_in_whole_physics_steps():
    time_s = np.arange(150) / 150
    force = Push(100.0, 90.0, (0.2, 0.6)).push_n(time_s)
    assert force[:, 1].sum() / 150 == pytest.approx(2 * 0.2 * 100.0)
    assert np.allclose(force[:, 0], 0.0)
    assert force[29, 1] == 0.0
    assert force[30, 1] == 100.0


@pytest.mark.parametrize("name", ["legs80", "legs80_torque"])
def test_a_push_is_momentum_on_the_whole_body(name, clips):
    """Upright in the air, nothing else acts sideways: force times time over mass is the speed gained."""
    body = load(name)
    sim = make(body, Push(200.0, 90.0, (0.0,)), clips)
    lift(sim)
    for _ in range(5):
        sim.step(torch.zeros(2, body.model.nu))
    free = make(body, Perturbation(), clips)
    lift(free)
    for _ in range(5):
        free.step(torch.zeros(2, body.model.nu))
    speed = (centre_of_mass(sim) - centre_of_mass(free)) / 0.1
    assert speed[1] == pytest.approx(0.5 * 200.0 * 0.1 / body.mass_kg, rel=0.15)


def lift(sim):
    """One metre up."""
    here = sim.snapshot()
    here["physics"][:, 3] += 1.0
    sim.restore(here)


def centre_of_mass(sim):
    import mujoco

    data = mujoco.MjData(sim.model)
    data.qpos[:] = sim.snapshot()["physics"][0, 1 : 1 + sim.model.nq]
    mujoco.mj_kinematics(sim.model, data)
    mujoco.mj_comPos(sim.model, data)
    return data.subtree_com[0].copy()


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_heavier_body_has_the_stated_mass(body, factor):
    changed = Mass(factor).body(body)
    assert changed.mass_kg == pytest.approx(factor * body.mass_kg)
    assert changed.model.body_subtreemass[0] == pytest.approx(factor * body.model.body_subtreemass[0])
    assert np.allclose(changed.model.actuator_lengthrange, body.model.actuator_lengthrange)
    assert changed.fingerprint != body.fingerprint
    assert Mass(1.0).body(body).fingerprint == body.fingerprint


@pytest.mark.parametrize("name", ["legs80", "legs80_torque"])
def test_a_weaker_body_is_weaker_and_the_original_is_untouched(name):
    body = load(name)
    before, fingerprint = body.model.actuator_gainprm.copy(), body.fingerprint
    changed = Strength(0.8).body(body)
    assert np.array_equal(body.model.actuator_gainprm, before)
    if body.actuation == "muscle":
        assert np.allclose(changed.model.actuator_gainprm[:, 2], 0.8 * before[:, 2])
        assert np.allclose(changed.model.actuator_biasprm[:, 2], 0.8 * before[:, 2])
    else:
        assert np.allclose(changed.model.actuator_ctrlrange, 0.8 * body.model.actuator_ctrlrange)
    assert body.fingerprint == fingerprint


def test_a_delay_of_one_control_step_shifts_the_actions(body, clips):
    late, plain = make(body, Delay(0.02), clips), CpuSim(body, 2)
    controls = [torch.rand(2, 80, generator=torch.Generator().manual_seed(i)) for i in range(4)]
    for given, arrives in zip(controls, [controls[0], *controls], strict=False):
        late.step(given)
        plain.step(arrives)
        assert torch.equal(late.state.qpos, plain.state.qpos)


def test_a_delay_of_part_of_a_control_step_arrives_within_it(body, clips):
    late, plain = make(body, Delay(1 / 150), clips), CpuSim(body, 2)
    first, second = torch.full((2, 80), 0.1), torch.full((2, 80), 0.6)
    for given, arrives in ((first, [first] * 3), (second, [first, second, second]), (first, [second, first, first])):
        late.step(given)
        plain.step(torch.stack(arrives, 1))
        assert torch.equal(late.state.qpos, plain.state.qpos)


def test_what_waits_is_forgotten_at_a_reset(body, clips):
    late, plain = make(body, Delay(0.02), clips), CpuSim(body, 2)
    start = late.state.clone()
    late.step(torch.full((2, 80), 0.9))
    for sim in (late, plain):
        sim.reset(torch.arange(2), start.clone())
        sim.step(torch.full((2, 80), 0.2))
    assert torch.equal(late.state.qpos, plain.state.qpos)


def test_targets_of_a_native_controller_are_delayed_and_pushed_too(body, clips):
    servo = {"controller": Controller.LENGTH_SERVO}
    late, plain = make(body, Delay(0.02), clips, **servo), CpuSim(body, 2, **servo)
    targets = [torch.from_numpy(body.model.actuator_lengthrange.mean(1)).float().expand(2, -1) * x for x in (1.0, 1.1)]
    for given, arrives in zip(targets, [targets[0], targets[0]], strict=True):
        late.step(given)
        plain.step(arrives)
        assert torch.equal(late.state.qpos, plain.state.qpos)
    pushed = make(body, Push(200.0, 0.0, (0.0,)), clips, **servo)
    pushed.step(targets[0])
    pushed.step(targets[0])
    assert bool((pushed.state.qpos[:, 0] > plain.state.qpos[:, 0]).all())


def test_a_delay_between_physics_steps_is_refused(body, clips):
    with pytest.raises(KinesisError, match=r"whole number of physics steps; got 0\.015 s"):
        make(body, Delay(0.015), clips)


@pytest.mark.parametrize("name", ["legs80", "legs80_torque"])
def test_ground_that_has_its_step_elsewhere_is_the_plain_ground(name, clips):
    body = load(name)
    sim, plain = make(body, GroundStep(0.02, after_m=100.0), clips), CpuSim(body, 2)
    for _ in range(5):
        for one in (sim, plain):
            one.step(torch.zeros(2, body.model.nu))
    assert torch.equal(sim.state.qpos, plain.state.qpos)
    assert torch.equal(sim.state.ground_force, plain.state.ground_force)
    assert (plain.state.ground_force[..., 2].sum(1) > 0.0).all()


@pytest.mark.parametrize("height_m", [-0.02, 0.02])
def test_the_ground_has_the_stated_height_beyond_the_line_and_feet_feel_it(body, clips, height_m):
    """Standing bodies put before and beyond the line bear the same on the ground that is there."""
    sim = make(body, GroundStep(height_m, after_m=0.9), clips)
    plain = CpuSim(body, 2)
    way = clips[0].qpos[:, :2] - clips[0].qpos[0, :2]
    for beyond, level in ((0.4, 0.0), (1.6, height_m)):
        direction = way[-1] / np.linalg.norm(way[-1])
        for one in (sim, plain):
            state = CpuSim(body, 2).state.clone()
            if one is sim:
                state.qpos[:, :2] += torch.from_numpy(clips[0].qpos[0, :2] + beyond * direction).float()
                state.qpos[:, 2] += level
            one.reset(torch.arange(2), state)
            for _ in range(3):
                one.step(torch.full((2, 80), 0.05))
        here, there = (float(one.state.ground_force[0, :, 2].sum()) for one in (sim, plain))
        assert there > 100.0
        assert here == pytest.approx(there, rel=0.1)
        assert float(sim.state.qpos[0, 2] - plain.state.qpos[0, 2]) == pytest.approx(level, abs=2e-3)


def test_a_step_of_the_ground_changes_the_run_only_once_it_is_reached(follow):
    for plain, stepped in zip(follow(None), follow(GroundStep(0.02)), strict=True):
        start = plain.qpos[0, :2]
        near = np.linalg.norm(plain.landmarks[..., :2] - start, axis=-1).max(1) < 0.75
        assert np.allclose(plain.qpos[near], stepped.qpos[near], atol=1e-9)
        assert not np.array_equal(plain.qpos, stepped.qpos)


@pytest.mark.parametrize(
    ("perturbation", "name"),
    [
        (Push(50.0, 270.0), "push 50 N right"),
        (Mass(0.9), "mass -10 %"),
        (Strength(1.2), "strength +20 %"),
        (Delay(0.02), "delay 20 ms"),
        (GroundStep(-0.02), "ground -2 cm"),
    ],
)
def test_names_are_those_of_the_tables(perturbation, name):
    assert perturbation.name == name
