"""What the body does becomes courses: muscles into channels, time into cycles, and the scorecard of both."""

import dataclasses
import json

import numpy as np
import pytest

from kinesis.analysis.emg import CHANNELS, channel_of, own_courses, scorecard
from kinesis.analysis.emg.channels import mixing, side_of
from kinesis.analysis.emg.envelope import cycles, envelope, lowpass
from kinesis.body import load
from kinesis.errors import KinesisError

PERCENT = np.linspace(0.0, 1.0, 101)
KEYS = [
    "r_median_subjects",
    "r_median_subjects_zero_lag",
    "lag_ms",
    "r_by_muscle",
    "r_people",
    "r_static_optimisation",
    "r_kinesis_protocol",
]


@pytest.fixture(scope="module")
def recording(make_walker, hump, parts_at):
    return make_walker(lambda part, phase: 0.5 * hump(phase, parts_at[part]) if part in parts_at else 0.0 * phase)


@pytest.fixture(scope="module")
def people(make_people, hump, timing):
    return make_people({name: hump(PERCENT, at) for name, at in timing.items()})


@pytest.fixture(scope="module")
def own(recording):
    return own_courses([recording], speed_mps=1.4)


def test_every_channel_is_of_muscles_of_the_body_and_no_alias_means_two():
    known = {name[:-2] for name in load("legs80").actuators}
    aliases = [alias for channel in CHANNELS.values() for alias in channel.aliases]
    assert {part for channel in CHANNELS.values() for part in channel.parts} <= known
    assert len(set(aliases)) == len(aliases)
    assert all(channel_of(name) == name for name in CHANNELS)
    assert all(channel_of(alias) == name for name, channel in CHANNELS.items() for alias in channel.aliases)


def test_channels_are_means_by_peak_force_and_alike_on_both_sides():
    body = load("legs80")
    right, left = (mixing(body, body.actuators, tuple(CHANNELS), side) for side in "rl")
    np.testing.assert_allclose(right.sum(1), 1.0)
    assert sorted(right[right > 0]) == pytest.approx(sorted(left[left > 0]))
    row = dict(zip(body.actuators, right[list(CHANNELS).index("gluteus_medius")], strict=True))
    force = {f"glmed{i}_r": body.model.actuator(f"glmed{i}_r").gainprm[2] for i in (1, 2, 3)}
    assert row["glmed1_r"] / row["glmed2_r"] == pytest.approx(force["glmed1_r"] / force["glmed2_r"])
    assert row["glmed1_l"] == 0.0


def test_the_short_head_is_not_heard_on_biceps_femoris():
    assert CHANNELS["biceps_femoris"].parts == ("bflh",)


def test_sides_are_read_from_the_ends_of_names():
    names = ("HamL_r", "GM_l", "soleus", "Soleus Right", "VL.left")
    assert [side_of(name) for name in names] == ["r", "l", "", "r", "l"]
    assert [channel_of(n) for n in names[:3]] == ["lateral_hamstrings", "gastrocnemius_medialis", "soleus"]


def test_an_unknown_channel_names_the_nearest():
    body = load("legs80")
    with pytest.raises(KinesisError, match="did you mean soleus"):
        mixing(body, body.actuators, ("soleuss",), "r")
    with pytest.raises(KinesisError, match="EMG channel soleus"):
        mixing(body, body.actuators[:5], ("soleus",), "r")


def test_courses_come_back_from_both_legs_cut_at_their_own_touchdown(own, timing, hump):
    assert own.sides == ("r", "l")
    assert (own.stride_s, own.stance) == (pytest.approx(1.0, abs=0.02), pytest.approx(0.6, abs=0.02))
    for leg in (own.activation, *own.legs):
        for name, at in timing.items():
            np.testing.assert_allclose(leg[own.channels.index(name)], 0.5 * hump(PERCENT, at), atol=0.02)
    assert own.activation[own.channels.index("tibialis_posterior")].max() < 1e-6


def test_strides_of_another_speed_and_the_first_ones_are_left_out(recording):
    own = own_courses([recording], speed_mps=1.4)
    assert own.left_out == {"start": 2, "speed": 0}
    with pytest.raises(KinesisError, match=r"no stride to compare with EMG; got 1\.40"):
        own_courses([recording], speed_mps=2.0)
    less = {k: recording[k] for k in ("time_s", "ground_force", "root_position")}
    without = dataclasses.replace(recording, arrays=less, units={})
    with pytest.raises(KinesisError, match="no array 'activation'"):
        own_courses([without], speed_mps=1.4)


def test_people_who_do_the_same_score_one(own, people):
    card = scorecard(own, people)
    assert list(card)[:7] == KEYS
    assert card["r_median_subjects"] > 0.995
    assert card["r_median_subjects_zero_lag"] > 0.995
    assert card["r_people"] == 1.0
    assert list(card["r_by_muscle"]) == list(people.channels)
    assert card["shift_test"]["p"] <= 0.12  # the lags that are tried are a tenth of the cycle
    assert card["kinesis_protocol"]["subjects"] == 3
    assert card["on_off"]["people"]["mean_kappa"] > 0.9
    assert card["muscles"]["soleus"]["rmse"] < 0.03
    assert card["r_static_optimisation"] is None
    json.dumps(card, allow_nan=False)


def test_constant_activation_scores_zero_and_is_named(make_walker, people):
    own = own_courses([make_walker(lambda part, phase: 0.3 + 0.0 * phase)], speed_mps=1.4)
    card = scorecard(own, people)
    assert card["r_median_subjects"] == 0.0
    assert card["r_kinesis_protocol"] == 0.0
    assert set(card["r_by_muscle"].values()) == {0.0}
    assert card["on_off"]["people"]["mean_kappa"] == 0.0
    silent = scorecard(own_courses([make_walker(lambda part, phase: 0.0 * phase)], speed_mps=1.4), people)
    assert silent["r_median_subjects"] == 0.0
    assert all(row["silent"] for row in silent["muscles"].values())


def test_muscles_at_the_wrong_time_of_the_cycle_score_below_zero(make_walker, people, hump, parts_at):
    late = make_walker(lambda part, phase: hump(phase, parts_at.get(part, 0.0) + 0.5))
    card = scorecard(own_courses([late], speed_mps=1.4), people)
    assert card["r_median_subjects"] < 0.0
    assert card["shift_test"]["p"] > 0.3
    assert card["shift_test"]["mean_r"] == pytest.approx(0.0, abs=1e-9)


def test_muscles_given_to_the_wrong_channels_score_about_zero(make_walker, people, hump, parts_at):
    parts = list(parts_at)
    swapped = dict(zip(parts, [parts_at[p] for p in parts[3:] + parts[:3]], strict=True))
    card = scorecard(own_courses([make_walker(lambda p, x: hump(x, swapped.get(p, 0.0)))], speed_mps=1.4), people)
    assert card["r_median_subjects"] < 0.3
    assert abs(card["shuffled_muscles"]["mean_r"]) < 0.2


def test_static_optimisation_is_scored_by_the_same_rule(own, people):
    card = scorecard(own, people, static=own)
    assert card["r_static_optimisation"] == card["r_median_subjects"]
    assert card["static_optimisation"]["r_by_muscle"] == card["r_by_muscle"]


def test_an_electromechanical_delay_of_the_people_is_found(own, make_people, timing, hump):
    early = make_people({name: hump(PERCENT, at - 0.06) for name, at in timing.items()})
    card = scorecard(own, early)
    assert card["lag_ms"] == pytest.approx(60.0, abs=5.0)
    assert card["r_median_subjects"] > 0.99 > card["r_median_subjects_zero_lag"]
    assert scorecard(own, early, lag_ms=0.0)["r_median_subjects"] == card["r_median_subjects_zero_lag"]


def test_the_low_pass_keeps_slow_waves_and_their_place_and_takes_fast_ones():
    time_s = np.arange(0.0, 4.0, 1.0 / 150.0)
    slow, fast = np.sin(2 * np.pi * 2.0 * time_s), np.sin(2 * np.pi * 40.0 * time_s)
    kept = lowpass(np.stack([slow, fast], 1), 150.0)[75:-75]
    np.testing.assert_allclose(kept[:, 0], slow[75:-75], atol=1e-3)
    assert np.abs(kept[:, 1]).max() < 1e-3
    with pytest.raises(KinesisError, match="no lowpass at this rate"):
        lowpass(slow, 20.0)


def test_the_envelope_of_noise_follows_its_amplitude():
    rng, time_s = np.random.default_rng(0), np.arange(0.0, 20.0, 1e-3)
    size = 1.0 + 0.8 * np.sin(2 * np.pi * time_s)
    found = envelope((size * rng.normal(size=len(time_s)))[:, None] + 5.0, 1000.0)[:, 0]
    assert found.min() >= 0.0
    assert np.corrcoef(found, size)[0, 1] > 0.9


def test_cycles_go_from_touchdown_to_touchdown():
    time_s = np.arange(0.0, 3.0, 0.01)
    courses, duration_s = cycles(time_s, time_s[:, None], np.array([0.2, 1.3, 2.1, 2.9]))
    np.testing.assert_allclose(duration_s, [1.1, 0.8, 0.8])
    np.testing.assert_allclose(courses[0, 0], np.linspace(0.2, 1.3, 101))
    with pytest.raises(KinesisError, match="no whole cycle"):
        cycles(time_s, time_s[:, None], np.array([0.2, 0.3, 9.0]))
