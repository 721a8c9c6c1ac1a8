"""Laws of the score: identical is 1, constant and shifted and shuffled are 0, scale is nothing, lags are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kinesis.analysis.emg.controls import among_people, derangement, median_interval, shift_test, shuffle_test
from kinesis.analysis.emg.score import CYCLE, LAGS_MS, agreement, correlation, delayed, rmse, unseen_lag

PHASE = np.arange(CYCLE) / CYCLE
COURSE = arrays(float, 40, elements=st.floats(0.0, 1.0, width=32))


def wavy(count, seed=0):
    """Smooth courses (count, CYCLE) above 0, unlike each other."""
    rng = np.random.default_rng(seed)
    waves = [np.cos(2 * np.pi * k * (PHASE - rng.random((count, 1)))) * rng.random((count, 1)) for k in (1, 2, 3)]
    return 2.0 + sum(waves)


@given(COURSE, COURSE)
def test_r_is_symmetric_and_within_one(a, b):
    assert -1.0 <= correlation(a, b) <= 1.0
    assert correlation(a, b) == pytest.approx(correlation(b, a))


@given(COURSE, st.floats(0.01, 100.0), st.floats(-5.0, 5.0))
def test_r_knows_neither_scale_nor_offset(a, scale, offset):
    same = correlation(a, scale * a + offset)
    assert same == pytest.approx(1.0, abs=1e-5) or same == 0.0


def test_r_is_numpys():
    a, b = np.random.default_rng(1).random((2, 7, 50))
    expected = [np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(correlation(a, b), expected)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e-7, 1e6])
def test_a_constant_course_scores_zero(constant):
    flat = np.full((4, CYCLE), constant) * (1.0 + 1e-13 * np.sin(np.arange(CYCLE)))
    people = wavy(12).reshape(3, 4, CYCLE)
    scored = agreement(flat, people, np.ones(3))
    assert scored.median == 0.0
    assert scored.zero_lag == 0.0
    assert scored.by_channel().tolist() == [0.0] * 4


def test_a_missing_channel_is_no_number_and_is_left_out_of_means():
    own, people = wavy(3), np.tile(wavy(3), (2, 1, 1))
    people[0, 1] = np.nan
    scored = agreement(own, people, np.ones(2))
    assert np.isnan(scored.r[0, 0, 1])
    assert scored.zero_lag == pytest.approx(1.0)
    assert scored.by_channel(0) == pytest.approx(np.ones(3))


def test_identical_courses_score_one_at_zero_lag_whatever_their_scale():
    own = wavy(5)
    scored = agreement(own * np.arange(1, 6)[:, None], np.tile(own, (4, 1, 1)), np.ones(4))
    assert (scored.median, scored.lag_ms) == (pytest.approx(1.0), 0.0)
    assert rmse(own, np.tile(own, (4, 1, 1)), np.ones(4), 0.0) == pytest.approx(np.zeros((4, 5)))


@pytest.mark.parametrize("lag_ms", [20.0, 55.0, 100.0])
def test_a_common_lag_is_found_in_each_persons_own_time(lag_ms):
    stride_s, own = np.array([0.9, 1.0, 1.25]), wavy(6)
    people = np.stack([delayed(own, -1e-3 * lag_ms / s) for s in stride_s])  # EMG is earlier
    scored = agreement(own, people, stride_s)
    assert scored.lag_ms == lag_ms
    assert scored.median > 0.999
    assert scored.zero_lag < scored.median
    assert unseen_lag(scored) == pytest.approx(scored.median, abs=1e-3)


def test_emg_that_comes_after_the_force_gets_no_lag():
    own = np.stack([np.exp(-0.5 * (((PHASE - k / 6 + 0.5) % 1 - 0.5) / 0.08) ** 2) for k in range(6)])
    later = np.stack([delayed(own, 0.1)] * 3)  # no delay makes that
    assert agreement(own, later, np.ones(3)).lag_ms == 0.0
    assert (LAGS_MS.min(), LAGS_MS.max()) == (0.0, 100.0)


def test_a_given_lag_is_kept():
    own = wavy(6)
    scored = agreement(own, np.stack([own] * 3), np.ones(3), lag_ms=60.0)
    assert scored.lag_ms == 60.0
    assert scored.zero_lag == pytest.approx(1.0)
    assert scored.median < 1.0


@given(COURSE, st.integers(0, 40), st.integers(-40, 40))
def test_delays_by_whole_points_roll_and_add_up(course, a, b):
    np.testing.assert_allclose(delayed(course, a / 40), np.roll(course, a), atol=1e-9)
    np.testing.assert_allclose(delayed(delayed(course, a / 40), b / 40), delayed(course, (a + b) / 40), atol=1e-9)


def test_the_shift_test_has_mean_zero_and_tells_timing_from_none():
    own = wavy(8)
    people = np.stack([own + 0.2 * wavy(8, seed) for seed in (1, 2, 3)])
    same, other = (shift_test(x, people, np.ones(3), np.zeros(1)) for x in (own, wavy(8, 9)))
    assert same.mean == pytest.approx(0.0, abs=1e-12)
    assert other.mean == pytest.approx(0.0, abs=1e-12)
    assert same.p == 1.0 / CYCLE
    assert other.p > 0.05


def test_the_shift_test_pays_for_choosing_a_lag():
    """Courses half a window early: with the lag to choose, all shifts within the window do as well."""
    own = wavy(6)
    people = np.stack([delayed(own, -0.05)] * 3)
    assert shift_test(own, people, np.ones(3), LAGS_MS).p >= 10.0 / CYCLE
    assert shift_test(delayed(own, -0.05), people, np.ones(3), np.zeros(1)).p == 1.0 / CYCLE


def test_shuffled_muscles_score_about_zero_where_muscles_are_unlike():
    own = np.stack([np.exp(-0.5 * (((PHASE - k / 10 + 0.5) % 1 - 0.5) / 0.05) ** 2) for k in range(10)])
    chance = shuffle_test(own, np.stack([own] * 3), np.ones(3), np.zeros(1))
    assert abs(chance.mean) < 0.15
    assert chance.p < 0.01
    assert shuffle_test(own, np.stack([own] * 3), np.ones(3), np.zeros(1)) == chance


@given(st.integers(2, 20), st.integers(0, 100))
def test_nothing_keeps_its_place_when_muscles_are_shuffled(count, seed):
    order = derangement(np.random.default_rng(seed), count)
    assert sorted(order) == list(range(count))
    assert all(order != np.arange(count))


def test_people_who_are_alike_agree_and_one_alone_with_nobody():
    people = np.stack([wavy(5)] * 4)
    found = among_people(people, np.ones(4))
    for values in (found.r, found.to_mean, found.medians):
        np.testing.assert_allclose(values, 1.0)
    assert among_people(people[:1], np.ones(1)) is None


def test_people_are_scored_without_themselves():
    """One who is the opposite of all others scores −1; counting himself would raise that."""
    own = wavy(5)
    people = np.stack([own, own, own, 4.0 - own])
    found = among_people(people, np.ones(4))
    assert found.medians == pytest.approx([1.0, 1.0, 1.0, -1.0])
    assert found.to_mean[3] == pytest.approx(-np.ones(5))


def test_the_interval_holds_the_median_and_shrinks_with_people():
    few, many = np.random.default_rng(0).normal(0.5, 0.1, 8), np.random.default_rng(0).normal(0.5, 0.1, 200)
    for values in (few, many):
        low, high = median_interval(values)
        assert low <= np.median(values) <= high
    assert np.diff(median_interval(many)) < 0.5 * np.diff(median_interval(few))
    assert np.isnan(median_interval([0.5])).all()
