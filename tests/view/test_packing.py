import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from kinesis.view.packing import pack, unpack

tables = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20),
    elements=st.floats(-500, 500) | st.just(np.nan),
)


@given(tables, st.sampled_from([1e-4, 1e-2, 1.0]))
def test_packed_values_come_back_within_half_a_step_and_absent_ones_stay_absent(values, step):
    back = unpack(pack(values, step))
    assert np.array_equal(np.isnan(back), np.isnan(values))
    span = np.where(np.isnan(values), 0.0, np.abs(values)).max(0) * 2
    coarsest = np.maximum(step, span / 65534)
    assert (np.abs(back - values) <= 0.51 * coarsest + 1e-6)[~np.isnan(values)].all()


def test_whole_numbers_with_step_one_are_exact():
    faces = np.array([[0, 40000, 65534], [3, 2, 1]])
    assert np.array_equal(unpack(pack(faces - 0.0, 1.0)), faces)


def test_a_table_without_columns_is_packed_too():
    assert unpack(pack(np.zeros((5, 0)), 1.0)).shape == (5, 0)


def test_smooth_motion_takes_less_than_a_byte_and_a_half_a_value():
    values = np.sin(np.linspace(0, 60, 500))[:, None] * np.linspace(0.1, 1, 30)
    assert len(pack(values, 1e-4)["bytes"]) < 1.5 * values.size
