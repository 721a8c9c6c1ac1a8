"""Scores on paths made by hand."""

import dataclasses

import numpy as np
import pytest

from kinesis.evaluate.metrics import MEANS, Trace, score, summarise


def trace(distance, *, diverged=None, activation=0.1, category="walk"):
    """A path whose seven landmarks are all `distance` [m] away, frame by frame."""
    distance = np.asarray(distance, dtype=float)
    frames = len(distance)
    return Trace(
        clip="c",
        category=category,
        distance=np.repeat(distance[:, None], 7, 1),
        root_distance=np.repeat(distance[:, None] / 2, 7, 1),
        joint_error=np.full((frames, 14), np.deg2rad(3.0)),
        activation=np.full((frames, 80), activation),
        diverged=np.zeros(frames, bool) if diverged is None else np.asarray(diverged),
    )


def test_a_good_path():
    s = score(trace([0.02, 0.04, 0.03]))
    assert (s.success, s.success_strict, s.frame_coverage) == (1, 1, 1)
    assert s.mpjpe_mm == pytest.approx(30)
    assert s.mpjpe_root_mm == pytest.approx(15)
    assert s.joint_rmse_deg == pytest.approx(3)
    assert s.mean_activation == pytest.approx(0.1)


def test_a_strict_failure_is_still_a_success():
    s = score(trace([0.02, 0.2, 0.02]))
    assert (s.success, s.success_strict, s.frame_coverage) == (1, 0, 1)


def test_a_failure_counts_the_frames_before_it_only():
    s = score(trace([0.1, 0.1, 0.6, 0.0]))
    assert (s.success, s.success_strict, s.frame_coverage) == (0, 0, 0.5)
    assert s.mpjpe_mm == pytest.approx(800 / 3)


def test_an_explosion_is_a_failure_whatever_the_distance_says():
    s = score(trace([0.1, 0.0, 0.0], diverged=[False, True, False]))
    assert s.success == 0
    assert s.frame_coverage == pytest.approx(1 / 3)
    assert s.mpjpe_mm == pytest.approx(100)


def test_not_a_number_is_a_failure():
    assert score(trace([0.1, np.nan, 0.1])).success == 0


def test_summary_has_the_promised_keys_and_averages_over_clips():
    scores = [score(trace([0.02] * 10)), score(trace([0.6], category="run"))]
    summary = summarise(scores)
    assert list(summary) == ["clips", *MEANS, "by_category"]
    assert summary["clips"] == 2
    assert summary["success"] == 0.5
    assert summary["by_category"]["run"]["success"] == 0
    assert summary["by_category"]["walk"]["clips"] == 1


def test_a_body_without_muscles_has_no_activation():
    driven = trace([0.02] * 3)
    torques = dataclasses.replace(driven, activation=np.zeros((0, 0)))
    assert score(torques).mean_activation is None
    summary = summarise([score(torques), score(torques)])
    assert summary["mean_activation"] is None
    assert summary["mpjpe_mm"] == 20.0
