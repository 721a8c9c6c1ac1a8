"""Laws of components, manifold, ranges and ablation, and the command on a second of walking."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from kinesis.analysis.ablation import Weakened, adapt, muscles_named, predict
from kinesis.analysis.components import Basis, count_for, find_basis, nmf, variance_by_count, weights
from kinesis.analysis.demand import demand_of_recording
from kinesis.analysis.feasible import feasible_ranges
from kinesis.analysis.manifold import landmark_sensitivity, split_variance
from kinesis.analysis.performance import Curve, Performance, performance_curve
from kinesis.analysis.projected import ProjectedPolicy, check_law
from kinesis.analysis.systems import MuscleSystems, muscle_systems
from kinesis.cli.analyse_redundancy import main
from kinesis.errors import KinesisError
from kinesis.evaluate import follow_clips
from kinesis.motion.clip import save_clip
from kinesis.motion.find import find_motions


@pytest.fixture(scope="module")
def short(body):
    """0.6 s of a walk."""
    clip = find_motions("builtin:walk@1.2", body)[0]
    arrays = ("qpos", "qvel", "landmarks", "landmark_velocities")
    return dataclasses.replace(clip, **{key: getattr(clip, key)[:31] for key in arrays})


@pytest.fixture(scope="module")
def instant(walk):
    """Muscles and activations at two instants."""
    demand = demand_of_recording(walk)
    rows = np.array([400, 460])
    return muscle_systems(demand.body, demand.qpos[rows], demand.qvel[rows]), demand.activation[rows]


def rank_deficient(rank, muscles=12, instants=200, seed=0):
    rng = np.random.default_rng(seed)
    components = rng.uniform(0.0, 1.0, (rank, muscles)) * (rng.uniform(size=(rank, muscles)) < 0.5)
    return rng.uniform(0.0, 1.0, (instants, rank)) @ components


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_nmf_of_data_of_exact_rank_finds_the_rank(rank):
    values = rank_deficient(rank)
    shares = [find_basis(values, "nmf", k).variance for k in range(1, 7)]
    assert count_for(np.array(shares), 0.9999) == rank


@pytest.mark.parametrize("rank", [2, 4])
def test_pca_of_data_of_exact_rank_finds_the_rank(rank):
    assert count_for(variance_by_count(rank_deficient(rank)), 1.0 - 1e-9) == rank


def test_components_rebuild_what_their_variance_says_whatever_the_order_of_muscles():
    values = rank_deficient(6)
    order = np.random.default_rng(1).permutation(values.shape[1])
    for k in (1, 2, 4):
        basis = find_basis(values, "pca", k)
        assert basis.variance == pytest.approx(variance_by_count(values)[k - 1])
        assert find_basis(values[:, order], "pca", k).variance == pytest.approx(basis.variance)


def test_nmf_is_never_negative_and_a_seed_reproduces_it():
    values = rank_deficient(5)
    first, second = nmf(values, 3, seed=4), nmf(values, 3, seed=4)
    np.testing.assert_array_equal(first, second)
    assert first.min() >= 0.0
    assert weights(values, first).min() >= 0.0


def test_no_number_of_components_and_negative_values_are_refused():
    with pytest.raises(KinesisError, match="number of components"):
        find_basis(np.ones((4, 3)), "pca", 0)
    with pytest.raises(KinesisError, match="negative"):
        find_basis(-np.ones((4, 3)), "nmf", 2)


@pytest.mark.parametrize("method", ["pca", "nmf"])
def test_all_components_leave_the_policy_as_it_is(checkpoint, walk, short, method):
    task = checkpoint.card.task
    curve = performance_curve(
        checkpoint.policy, task, [short], walk["excitation"].astype(float), method, grid=(1,), refine=False
    )
    whole = follow_clips(checkpoint.policy, task, [short])[0].score
    assert [p.components for p in curve.points] == [1, 80]
    assert curve.points[-1].mpjpe_mm == pytest.approx(whole.mpjpe_mm, abs=0.05)
    assert curve.points[0].mpjpe_mm > 1.5 * whole.mpjpe_mm
    assert curve.points[-1].variance == pytest.approx(1.0)


def test_a_projection_is_on_its_own_environments_basis_and_stays_there(checkpoint):
    one, two = np.eye(80)[:1], np.eye(80)[1:3]
    for method in ("pca", "nmf"):
        bases = [Basis(method, np.zeros(80), rows, 1.0) for rows in (one, two)]
        projected = ProjectedPolicy(checkpoint.policy, bases)
        wanted = torch.full((2, 80), 0.5)
        once = projected.project(wanted)
        assert torch.allclose(once.sum(1), torch.tensor([0.5, 1.0]), atol=1e-5)
        assert torch.allclose(projected.project(once), once, atol=1e-5)


def test_a_policy_that_asks_for_something_else_is_refused(checkpoint):
    with pytest.raises(KinesisError, match="no excitation"):
        check_law(dataclasses.replace(checkpoint.card.task, law="length_servo"))


def test_what_is_needed_is_what_holds_from_there_on():
    rows = [
        (1, 0.5, 0.0, 300.0),
        (4, 0.96, 1.0, 20.0),
        (8, 0.99, 0.0, 90.0),
        (16, 1.0, 1.0, 21.0),
        (80, 1.0, 1.0, 20.0),
    ]
    curve = Curve("pca", tuple(Performance(k, share, success, success, error) for k, share, success, error in rows))
    assert curve.needed() == 16
    assert curve.needed_for_variance() == 4
    lost = Curve("pca", tuple(dataclasses.replace(p, success=0.0) for p in curve.points))
    assert lost.needed() is None


def test_variances_within_and_across_sum_to_the_total():
    rng = np.random.default_rng(0)
    deviations = rng.normal(size=(7, 20))
    for task in (3, 8):
        within, across, total, rank = split_variance(deviations, rng.normal(size=(task, 20)))
        assert rank == task
        assert (20 - rank) * within + rank * across == pytest.approx(20 * total)
        assert total == pytest.approx((deviations**2).sum() / 6 / 20)


def test_what_leaves_the_task_as_it_is_counts_as_goal_equivalent_alone():
    rng = np.random.default_rng(1)
    sensitivity = rng.normal(size=(4, 20))
    free = np.linalg.svd(sensitivity)[2][4:]
    within, across, _, _ = split_variance(rng.normal(size=(6, 16)) @ free, sensitivity)
    assert within > 0.1
    assert across == pytest.approx(0.0, abs=1e-20)
    within, across, _, _ = split_variance(rng.normal(size=(6, 4)) @ sensitivity, sensitivity)
    assert within == pytest.approx(0.0, abs=1e-20)
    assert across > 0.1


def test_accelerations_of_landmarks_answer_to_the_muscles_near_them(walk, body):
    found = np.abs(landmark_sensitivity(body, walk, [450])[0])
    assert np.isfinite(found).all()
    toes = {side: 3 * [body.landmarks[i] for i in body.tracked].index(f"toes_{side}") for side in "rl"}
    swing = "r" if walk["ground_force"][450, 0, 2] < walk["ground_force"][450, 1, 2] else "l"
    muscle = body.actuators.index(f"tibant_{swing}")
    other = "l" if swing == "r" else "r"
    assert found[toes[swing] : toes[swing] + 3, muscle].max() > found[toes[other] : toes[other] + 3, muscle].max()


def test_what_was_done_and_least_effort_lie_inside_the_feasible_range(instant):
    systems, activation = instant
    found = feasible_ranges(systems, activation)
    for inside in (found.own, found.least_effort):
        assert (inside >= found.lowest - 1e-3).all()
        assert (inside <= found.highest + 1e-3).all()
    assert found.lowest.min() >= -1e-9
    assert found.highest.max() <= 1.0 + 1e-9
    assert np.nanmax(np.abs(found.place)) <= 1.0


def test_ranges_agree_with_one_programme_a_muscle_in_any_order(instant):
    systems, activation = instant
    order = np.r_[np.random.default_rng(0).permutation(40), 40 + np.arange(40)]
    moved = MuscleSystems(systems.gain[:1, order], systems.bias[:1, order], systems.arms[:1][:, :, order])
    found = feasible_ranges(moved, activation[:1, order])
    matrix = (systems.arms * systems.gain[:, None])[0, :7, :40]
    wanted = matrix @ activation[0, :40]
    for place in (0, 11, 35):
        aim = np.eye(40)[order[place]]
        low = linprog(aim, A_eq=matrix, b_eq=wanted, bounds=(0.0, 1.0)).fun
        high = -linprog(-aim, A_eq=matrix, b_eq=wanted, bounds=(0.0, 1.0)).fun
        assert found.lowest[0, place] == pytest.approx(low, abs=1e-5)
        assert found.highest[0, place] == pytest.approx(high, abs=1e-5)


def test_muscles_are_named_by_name_group_and_side(body):
    assert muscles_named(body, "soleus_r") == ("soleus_r",)
    assert muscles_named(body, "soleus") == ("soleus_r", "soleus_l")
    assert muscles_named(body, "plantarflexors:left") == ("gaslat_l", "gasmed_l", "soleus_l")
    assert len(muscles_named(body, "right")) == 40
    assert len(muscles_named(body, "left, soleus_r")) == 41
    for wrong, what in (("soleus_rr", "did you mean soleus_r"), ("soleus:up", "side"), (" ", "no muscle named")):
        with pytest.raises(KinesisError, match=what):
            muscles_named(body, wrong)


def test_weakening_takes_strength_from_those_muscles_alone(body):
    weak = Weakened(("soleus_r",), 0.25).body(body)
    share = weak.model.actuator_gainprm[:, 2] / body.model.actuator_gainprm[:, 2]
    assert share[body.actuators.index("soleus_r")] == pytest.approx(0.25)
    assert np.delete(share, body.actuators.index("soleus_r")) == pytest.approx(np.ones(79))


def test_least_effort_without_a_muscle_asks_more_of_its_neighbours_on_that_side_alone(walk, body):
    change, _ = predict([walk], Weakened(("soleus_r",), 0.0), instants=30)
    by_name = dict(zip(body.actuators, change, strict=True))
    assert by_name["gasmed_r"] > 0.01
    assert by_name["soleus_r"] < -0.01
    assert np.abs(change[40:]).max() < 1e-6


def test_the_command_says_it_all_in_json(tmp_path, short, capsys):
    save_clip(short, tmp_path / "short.npz")
    options = [
        "--components",
        "2",
        "--no-refine",
        "--instants",
        "1",
        "--weaken",
        "soleus_r",
        "--out",
        str(tmp_path / "o"),
    ]
    assert main(["--motions", str(tmp_path / "short.npz"), "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"dimensions", "manifold", "ranges", "ablation", "seed", "policy"} <= set(told)
    assert [p["components"] for p in told["dimensions"]["all"]["pca"]["points"]] == [2, 80]
    assert told["manifold"] == {}
    assert told["ablation"]["muscles"] == ["soleus_r"]
    assert "soleus_r" not in [row["muscle"] for row in told["ablation"]["takes_over"]]
    page = (tmp_path / "o" / "redundancy.html").read_text()
    assert "Who takes over" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert (tmp_path / "o" / "components.csv").read_text().count("\n") == 5


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--adapt-samples", "10"], "an adaptation to nothing"),
        (["--weaken", "soleus_r", "--factor", "-1"], "factor of strength"),
        (["--components", "0"], "number of instants or components"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(arguments, what):
    with pytest.raises(KinesisError, match=what):
        main(arguments)


@pytest.mark.slow
def test_fine_tuning_on_the_weakened_body_goes_on_where_it_was(checkpoint, short, tmp_path):
    weakened = Weakened(("soleus_r",), 0.5)
    seen = checkpoint.policy.actor.obs_normalizer._mean[:1].clone().expand(3, -1)
    plain = checkpoint.policy(seen)
    first = adapt(checkpoint, [short], weakened, 600, seed=0, folder=tmp_path)
    again = adapt(checkpoint, [short], weakened, 600, seed=0, folder=tmp_path)
    assert torch.allclose(first(seen), again(seen), atol=1e-6)
    assert not torch.allclose(first(seen), plain, atol=1e-4)
    assert torch.equal(checkpoint.policy(seen), plain)
