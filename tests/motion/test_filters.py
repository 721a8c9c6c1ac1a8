"""The filter keeps what is slow where it is and takes what is fast, and the other way round."""

import numpy as np
import pytest

from kinesis.motion.filters import can_filter, highpass, lowpass

RATE_HZ = 200.0
TIME_S = np.arange(800) / RATE_HZ
SLOW, FAST = np.sin(2 * np.pi * 1.0 * TIME_S), np.sin(2 * np.pi * 60.0 * TIME_S)
INSIDE = slice(100, -100)


def test_low_and_high_are_told_apart_without_lag():
    both = np.stack([SLOW, FAST, SLOW + FAST], 1)
    low, high = lowpass(both, RATE_HZ, 10.0)[INSIDE], highpass(both, RATE_HZ, 10.0)[INSIDE]
    np.testing.assert_allclose(low, np.stack([SLOW, 0.0 * FAST, SLOW], 1)[INSIDE], atol=2e-3)
    np.testing.assert_allclose(high, np.stack([0.0 * SLOW, FAST, FAST], 1)[INSIDE], atol=2e-3)


def test_a_course_run_backwards_is_filtered_backwards():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(400, 2))
    np.testing.assert_allclose(
        lowpass(noise[::-1], RATE_HZ, 8.0)[50:-50], lowpass(noise, RATE_HZ, 8.0)[::-1][50:-50], atol=1e-3
    )


@pytest.mark.parametrize("order", [2, 4])
def test_each_pass_takes_three_decibels_at_the_corner(order):
    tone = np.sin(2 * np.pi * 10.0 * TIME_S)
    kept = np.ptp(lowpass(tone, RATE_HZ, 10.0, order=order)[INSIDE]) / np.ptp(tone[INSIDE])
    assert kept == pytest.approx(0.5, abs=0.01)


def test_what_cannot_be_filtered_stays_as_it_is():
    assert not can_filter(20.0, 9.5)
    assert lowpass(SLOW, 20.0, 9.5) is SLOW
    assert lowpass(SLOW[:2], RATE_HZ, 10.0).tolist() == SLOW[:2].tolist()
