"""Bands: both forms of tables, between speeds, and tables that are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis.analysis.gait_curves import CURVES
from kinesis.analysis.norm_tables import GROUPS, Units
from kinesis.analysis.norms import Band, load_norms
from kinesis.errors import KinesisError

HEAD = "curve,percent,mean,sd"
LEG_M = 0.87


def table(path, rows, head=HEAD):
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def level(mean, sd=1.0, *more, curve="knee_flexion"):
    """A band of one height."""
    return [(curve, percent, mean, sd, *more) for percent in range(0, 101, 10)]


def test_a_table_without_speeds_serves_every_speed(tmp_path):
    norms = load_norms(table(tmp_path / "own.csv", level(20.0, 2.0)), LEG_M)
    for speed in (0.1, 0.9):
        band = norms.band("knee_flexion", speed)
        assert (band.mean == 20.0).all()
        assert (band.sd == 2.0).all()
        assert band.mean.shape == (101,)
    assert norms.band("hip_flexion", 0.4) is None


def test_between_speeds_bands_are_linear_and_beyond_them_held(tmp_path):
    unit = Units(LEG_M).speed_mps
    rows = level(10.0, 1.0, 0.3 * unit) + level(20.0, 3.0, 0.5 * unit)
    norms = load_norms(table(tmp_path / "own.csv", rows, HEAD + ",speed_mps"), LEG_M)
    for speed, mean, sd in ((0.2, 10.0, 1.0), (0.3, 10.0, 1.0), (0.4, 15.0, 2.0), (0.5, 20.0, 3.0), (0.6, 20.0, 3.0)):
        band = norms.band("knee_flexion", speed)
        np.testing.assert_allclose(band.mean, mean)
        np.testing.assert_allclose(band.sd, sd)
    assert norms.band("knee_flexion", 0.1) is None
    assert norms.band("knee_flexion", 0.9) is None


def test_percents_may_be_coarse_and_in_any_order(tmp_path):
    rows = [("hip_flexion", p, 0.5 * p, 1.0) for p in (*range(100, 0, -10), 0)]
    band = load_norms(table(tmp_path / "own.csv", rows), LEG_M).band("hip_flexion", 0.4)
    np.testing.assert_allclose(band.mean, 0.5 * np.arange(101))


def test_being_away_is_counted_in_deviations():
    band = Band(np.zeros(101), np.full(101, 2.0))
    np.testing.assert_allclose(band.away(np.full(101, 3.0)), 1.5)


def test_parameters_have_bands_too(tmp_path):
    table(tmp_path / "own.csv", [("step_width_m", 0.1, 0.03)], "parameter,mean,sd")
    band = load_norms(tmp_path, LEG_M).band("step_width_m", 0.4)
    assert (band.mean[0], band.sd[0]) == (0.1, 0.03)


def test_tables_about_something_else_are_passed_over_in_a_folder(tmp_path):
    table(tmp_path / "a.csv", level(20.0))
    table(tmp_path / "b.csv", [(1, 2)], "subject,age")
    assert set(load_norms(tmp_path, LEG_M).bands) == {"knee_flexion"}


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        (level(20.0, curve="knee_flexon"), HEAD, "did you mean knee_flexion"),
        (level("x"), HEAD, "mean is not a number"),
        (level("nan"), HEAD, "mean is not a number"),
        (level(20.0, -1.0), HEAD, "below zero"),
        (level(20.0)[:-1], HEAD, "a band with gaps"),
        (level(20.0)[::2], HEAD, "a band with gaps"),
        ([*level(20.0), ("knee_flexion", 101, 1, 1)], HEAD, "not a percent"),
        (level(20.0) * 2, HEAD, "given twice"),
        ([(1, 2)], "subject,age", "no published bands"),
        ([("step_widht_m", 0.1, 0.03)], "parameter,mean,sd", "did you mean step_width_m"),
        (level(20.0, 1.0, "") + level(20.0, 1.0, 1.2), HEAD + ",speed_mps", "with and without a speed"),
        ([("Dimensionless Cadence", "Free", 82, "x", 1)], "a,b,N,Mean,Std. Deviation", "not a number"),
        ([("Hip", 0, "Frree", 1, 1)], "power_W_per_kg,pct_gait_cycle,speed,mean,sd", "did you mean Free"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, rows, head, words):
    with pytest.raises(KinesisError, match=words):
        load_norms(table(tmp_path / "own.csv", rows, head), LEG_M)


def test_what_is_not_there_and_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(KinesisError, match="no such file"):
        load_norms(tmp_path / "absent", LEG_M)
    (tmp_path / "x.csv").write_bytes(HEAD.encode() + b"\n\xff\xfe\n")
    with pytest.raises(KinesisError, match="there is no curve"):
        load_norms(tmp_path, LEG_M)


@given(st.text(alphabet='curve,percntmasdk_flxio0123456789."\n-', max_size=300))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("norms") / "any.csv"
    path.write_text(HEAD + "\n" + text)
    with pytest.raises(KinesisError) as refusal:
        load_norms(path, LEG_M)
    assert len(str(refusal.value).splitlines()) == 1


def test_the_published_tables_are_read_with_their_signs(shared_data):
    norms = load_norms(shared_data / "norms" / "schwartz2008", LEG_M)
    parameters = {"speed_mps", "cadence_per_min", "step_length_m", "stance_percent", "double_support_percent"}
    assert set(norms.bands) == set(CURVES) - {"ground_force_medial"} | parameters
    free = {name: norms.band(name, GROUPS["Free"]) for name in norms.bands}
    assert all((band.sd >= 0.0).all() for band in free.values())
    assert free["knee_flexion"].mean[65:80].max() > 55.0  # swing
    assert free["ankle_plantarflexion_moment"].mean[40:55].max() > 1.0  # push-off
    assert free["knee_extension_moment"].mean[8:18].max() > 0.25  # loading
    assert free["hip_abduction_moment"].mean[8:50].min() > 0.2  # stance
    assert free["ground_force_vertical"].mean.max() > 1.0
    assert free["ground_force_anterior"].mean[5:20].min() < -0.1  # braking
    assert free["hip_flexion"].mean[0] > 30.0
    speed, cadence, step = (free[n].mean[0] for n in ("speed_mps", "cadence_per_min", "step_length_m"))
    assert speed == pytest.approx(GROUPS["Free"] * Units(LEG_M).speed_mps, rel=0.01)
    assert cadence / 60.0 * step == pytest.approx(speed, rel=0.01)
    assert free["stance_percent"].mean[0] == pytest.approx(59.0)
