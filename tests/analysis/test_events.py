"""Events and strides of forces made by hand, and of a walk whose two rules must agree."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis.analysis.events import Events, find_events, force_events, kinematic_events
from kinesis.analysis.strides import Stride, cut, find_strides

RATE_HZ = 150.0


def force_of(*phases, rate_hz=RATE_HZ):
    """Times and a vertical force that lasts (seconds, newtons) one after the other."""
    force = np.concatenate([np.full(round(seconds * rate_hz), newtons) for seconds, newtons in phases])
    return np.arange(len(force)) / rate_hz, force


def test_plain_stances_are_found_where_the_force_crosses_twenty_newtons():
    down, off = force_events(*force_of((0.4, 0.0), (0.6, 700.0), (0.4, 0.0), (0.6, 700.0), (0.4, 0.0)))
    assert down == pytest.approx([0.4, 1.4], abs=1.0 / RATE_HZ)
    assert off == pytest.approx([1.0, 2.0], abs=1.0 / RATE_HZ)


def test_a_crossing_is_linear_between_instants():
    time_s = np.arange(40) / 100.0
    down, _ = force_events(time_s, np.where(time_s < 0.2, 0.0, 80.0))
    assert down == pytest.approx([0.19 + 0.25 * 0.01])


def test_a_bounce_does_not_split_a_stance_and_a_scuff_is_no_stance():
    walk = ((0.4, 0.0), (0.6, 700.0), (0.4, 0.0), (0.6, 700.0), (0.4, 0.0))
    bounced = ((0.4, 0.0), (0.02, 300.0), (0.04, 0.0), (0.54, 700.0), *walk[2:])
    scuffed = (walk[0], walk[1], (0.2, 0.0), (0.04, 60.0), (0.16, 0.0), *walk[3:])
    plain = force_events(*force_of(*walk))
    for other in (bounced, scuffed):
        events = force_events(*force_of(*other))
        for got, expected in zip(events, plain, strict=True):
            assert got == pytest.approx(expected, abs=1.0 / RATE_HZ)


def test_what_the_ends_cut_off_is_no_event():
    down, off = force_events(*force_of((0.02, 0.0), (0.5, 700.0), (0.4, 0.0), (0.02, 700.0)))
    assert len(down) == 0
    assert off == pytest.approx([0.52], abs=1.0 / RATE_HZ)
    for newtons in (0.0, 700.0):
        assert [len(times) for times in force_events(*force_of((0.5, newtons)))] == [0, 0]


@given(st.lists(st.floats(0.0, 900.0), min_size=2, max_size=200))
def test_touchdown_and_foot_off_take_turns_whatever_the_force(force):
    time_s = np.arange(len(force)) / RATE_HZ
    down, off = force_events(time_s, np.array(force))
    order = sorted([(t, 1) for t in down] + [(t, 0) for t in off])
    kinds = [kind for _, kind in order]
    assert all(a != b for a, b in itertools.pairwise(kinds))
    assert all(0.0 <= t <= time_s[-1] for t, _ in order)


def test_both_rules_agree_on_a_walk(walk):
    events = find_events(walk)
    assert events.source == "force"
    for side, name in enumerate("rl"):
        for by_force, by_place in zip(
            (events.touchdown_s[side], events.foot_off_s[side]), kinematic_events(walk, name), strict=True
        ):
            inner = by_force[(by_force > 0.5) & (by_force < walk.duration_s - 0.5)]
            nearest = np.abs(inner[:, None] - by_place).min(1)
            assert len(inner) >= 3
            assert nearest.max() < 0.08


def test_strides_go_from_touchdown_to_touchdown_and_know_the_other_foot():
    events = Events(
        (np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.5])), (np.array([0.62, 1.61]), np.array([0.1, 1.1])), "force"
    )
    first, second, left = find_strides(events)
    assert [s.side for s in (first, second, left)] == ["r", "r", "l"]
    assert (first.stance, first.opposite_foot_off_s, first.opposite_touchdown_s) == (0.62, 0.1, 0.5)
    assert second.opposite_touchdown_s == 1.5
    assert left.stance == pytest.approx(0.6)


def test_a_stride_without_foot_off_or_too_long_is_none():
    nothing = np.zeros(0)
    assert find_strides(Events((np.array([0.0, 1.0]), nothing), (nothing, nothing), "force")) == []
    assert find_strides(Events((np.array([0.0, 5.0]), nothing), (np.array([0.6]), nothing), "force")) == []


def test_cutting_a_line_gives_a_line():
    time_s = np.arange(200) / 100.0
    stride = Stride("r", 0.123, 1.387, 0.9, 0.3, 0.7)
    curve = cut(time_s, np.stack([time_s, 2.0 * time_s], 1), stride)
    assert curve.shape == (101, 2)
    np.testing.assert_allclose(curve[:, 0], np.linspace(0.123, 1.387, 101))
    np.testing.assert_allclose(curve[:, 1], 2.0 * curve[:, 0])
