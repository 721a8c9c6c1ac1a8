"""Laws of measures, rules and intervals."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kinesis.evaluate.energy import metabolic_power
from kinesis.evaluate.follow import follow_clips
from kinesis.evaluate.intervals import bootstrap, by_group, group_of
from kinesis.evaluate.measures import MEASURES, foot_skate, measure
from kinesis.evaluate.metrics import RULES, SUCCESS, Trace, score
from kinesis.evaluate.warping import warped_distance

from .conftest import played

EVERYTHING = slice(None)


def test_playing_back_the_reference_is_perfect_under_every_rule(clips, body, kinematics):
    for clip in clips:
        row = measure(played(clip), body, kinematics)
        assert list(row) == [m.name for m in MEASURES]
        for rule in RULES:
            assert row[f"success_{rule.name}"] == row[f"coverage_{rule.name}"] == row["success_strict"] == 1.0
            assert row[f"mpjpe_{rule.name}_mm"] == 0.0
        assert all(row[key] == 0.0 for key in ("velocity_error_mps", "joint_rmse_deg", "dtw_mm", "foot_skate_mps"))
        assert row["energy_j_per_kg_m"] > 0.0


def test_what_a_policy_does_has_a_number_for_every_measure(checkpoint, clips, body, kinematics):
    for run in follow_clips(checkpoint.policy, checkpoint.card.task, clips):
        row = measure(run, body, kinematics)
        assert all(np.isfinite(value) for value in row.values())
        assert row["mpjpe_kinesis_evaluation_mm"] == run.score.mpjpe_mm
        assert row["dtw_mm"] <= 1000.0 * run.trace.distance.mean() * 2.0
        assert 0.5 < row["energy_j_per_kg_m"] < 50.0


def test_a_clip_named_twice_is_followed_twice_alike_in_the_order_of_their_names(checkpoint, clips):
    first, second = clips
    runs = follow_clips(checkpoint.policy, checkpoint.card.task, [first, second, first])
    assert [run.clip.name for run in runs] == [first.name, second.name, first.name]
    np.testing.assert_allclose(runs[0].qpos, runs[2].qpos, atol=1e-4)
    assert np.abs(runs[0].qpos - runs[1].qpos).max() > 0.1


distances = arrays(float, st.tuples(st.integers(1, 12), st.just(7)), elements=st.floats(0.0, 1.0))


@given(distances, st.integers(0, 15))
def test_a_stricter_rule_never_covers_more(distance, gives_up):
    frames = len(distance)
    trace = Trace(
        clip="c",
        category="walk",
        distance=distance,
        root_distance=distance,
        joint_error=np.zeros((frames, 14)),
        activation=np.zeros((frames, 80)),
        diverged=np.arange(frames) == gives_up,
    )
    scores = [score(trace, rule) for rule in RULES]
    for loose, strict in itertools.pairwise(scores):
        assert strict.success <= loose.success
        assert strict.frame_coverage <= loose.frame_coverage
    assert score(trace) == score(trace, SUCCESS)


def test_a_rule_does_not_count_what_comes_after_its_first_violation(clips):
    off = np.zeros(clips[0].frames)
    off[10:20] = 0.2
    trace = played(clips[0], off_m=off).trace
    by_rule = {rule.name: score(trace, rule) for rule in RULES}
    assert by_rule["kinesis_evaluation"].success == by_rule["musclemimic"].success == 1.0
    assert by_rule["kinesis_training"].success == 0.0
    assert by_rule["kinesis_training"].frame_coverage == 10 / len(off)
    assert by_rule["kinesis_training"].mpjpe_mm == pytest.approx(200.0 / 11)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_an_interval_contains_the_mean_and_lies_within_the_values(values):
    interval = bootstrap(values)
    assert min(values) - 1e-5 <= interval.low <= interval.mean <= interval.high <= max(values) + 1e-5
    assert interval.mean == pytest.approx(np.mean(values), abs=1e-5)
    assert bootstrap(values) == interval


def test_an_interval_is_as_wide_as_the_standard_error_says():
    values = list(np.random.default_rng(1).normal(0.0, 1.0, 400))
    interval = bootstrap(values)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.std(values) / 20, rel=0.05)


def test_values_that_are_not_there_are_left_out():
    assert bootstrap([None, 2.0, None]).clips == 1
    assert bootstrap([None, 2.0, None]).mean == 2.0
    assert bootstrap([None]).mean is None


def test_groups_are_those_of_category_and_speed(clips):
    labels = [("walk", 0.5), ("walk", 1.2), ("walk", 1.8), ("run", 2.0), ("run", 3.5), ("turn", 1.2)]
    named = [dataclasses.replace(clips[0], labels={"category": c, "speed_mps": s}) for c, s in labels]
    assert [group_of(clip) for clip in named] == [
        "walk_slow",
        "walk_normal",
        "walk_fast",
        "run_slow",
        "run_fast",
        "turn",
    ]
    rows = [{m.name: float(i) for m in MEASURES} for i in range(3)]
    table = by_group(rows, ["b", "a", "b"])
    assert [(name, row["dtw_mm"].mean, row["dtw_mm"].clips) for name, row in table.items()] == [
        ("all", 1.0, 3),
        ("a", 1.0, 1),
        ("b", 1.0, 2),
    ]


def test_warping_forgives_a_delay_and_nothing_else():
    time = np.linspace(0.0, 2.0, 101)[:, None, None]
    move = np.concatenate([np.sin(4 * time), np.cos(3 * time), 0 * time], -1).repeat(6, 1)
    late = np.concatenate([move[:1].repeat(5, 0), move[:-5]])
    apart = np.linalg.norm(move - late, axis=-1).mean()
    assert warped_distance(move, move, band=25) == 0.0
    assert warped_distance(move, late, band=25) < 0.1 * apart
    assert warped_distance(move, late, band=0) == pytest.approx(apart)
    assert warped_distance(move, move + np.array([0.0, 0.0, 0.03]), band=25) == pytest.approx(0.03)
    assert warped_distance(move, late, band=25) == pytest.approx(warped_distance(late, move, band=25))


def test_warping_finds_the_cheapest_alignment_by_hand():
    a = np.array([0.0, 1.0, 2.0])[:, None, None] * [1.0, 0.0, 0.0]
    b = np.array([0.0, 0.0, 1.0])[:, None, None] * [1.0, 0.0, 0.0]
    assert warped_distance(a, b, band=2) == pytest.approx(1.0 / 4)


def test_only_feet_that_bear_something_skate(clips, body):
    run = played(clips[0])
    assert foot_skate(run, body, EVERYTHING) == 0.0
    force = np.zeros_like(run.ground_force)
    force[:, 2, 2] = 400.0
    speed = np.linalg.norm(clips[0].landmark_velocities[:, body.landmarks.index("calcn_l"), :2], axis=-1)
    bearing = dataclasses.replace(run, ground_force=force)
    assert foot_skate(bearing, body, EVERYTHING) == pytest.approx(speed.mean())


def test_metabolic_power_is_the_published_curve(body):
    """Minetti and Alexander: isometric 0.054, and about a quarter of a F₀ v_max at the fastest shortening."""
    prm, lengths = body.model.actuator_gainprm, body.model.actuator_lengthrange
    fastest = (lengths[:, 1] - lengths[:, 0]) / (prm[:, 1] - prm[:, 0]) * prm[:, 6]
    most = float((prm[:, 2] * fastest).sum())
    all_on = np.ones((1, 80))
    for x, phi in ((0.0, 0.054), (1.0, 3.02 / 11.03), (0.3, 0.4272 / 1.76872)):
        given_power = metabolic_power(body, all_on, -x * fastest[None])
        assert given_power[0] / most == pytest.approx(phi, rel=1e-3)
    assert metabolic_power(body, 0.0 * all_on, fastest[None])[0] == 0.0
    speeds = np.linspace(-2.0, 2.0, 81)[:, None] * fastest
    assert (metabolic_power(body, np.ones((81, 80)), speeds) > 0.0).all()
