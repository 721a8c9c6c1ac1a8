"""Traffic lights: their borders, and that only what has a band gets one."""

import pytest

from kinesis.analysis.lights import light_of_distance, light_of_share, lights_of


@pytest.mark.parametrize(
    ("share", "light"), [(1.0, "good"), (0.68, "good"), (0.67, "fair"), (0.34, "fair"), (0.33, "poor"), (0.0, "poor")]
)
def test_a_healthy_persons_share_is_good_and_half_of_it_fair(share, light):
    assert light_of_share(share) == light


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_distances_count_alike_on_both_sides(sign):
    assert [light_of_distance(sign * d) for d in (0.0, 1.0, 1.1, 2.0, 2.1)] == ["good", "good", "fair", "fair", "poor"]


def test_only_what_has_a_band_gets_a_light():
    walk = {
        "curves": {"knee_flexion": {"inside": 0.5}, "hip_power": {}},
        "parameters": {
            "speed_mps": {"both": {"mean": 1.0}, "published": {"mean": 1.3, "sd": 0.2}},
            "step_length_m": {"both": {"mean": 0.6}},
            "step_width_m": {"both": {"mean": None}, "published": {"mean": 0.1, "sd": 0.03}},
            "cadence_per_min": {"both": {"mean": 110.0}, "published": {"mean": 110.0, "sd": 0.0}},
        },
    }
    assert lights_of(walk) == {"knee_flexion": "fair", "speed_mps": "fair"}
