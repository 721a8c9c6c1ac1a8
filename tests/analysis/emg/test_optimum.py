"""Static optimisation as a baseline: of the motion itself, with less effort, and scored as the body is."""

import dataclasses

import numpy as np
import pytest

from kinesis.analysis.emg.optimum import least_effort_activations
from kinesis.errors import KinesisError

ROWS = slice(300, 400)


@pytest.fixture(scope="module")
def part(walk):
    """Two thirds of a second."""
    return dataclasses.replace(walk, arrays={name: values[ROWS] for name, values in walk.arrays.items()})


def test_least_effort_does_the_motion_with_less(part):
    (found,) = least_effort_activations([part], "squared")
    assert found.shape == part["activation"].shape
    assert (found.min() >= 0.0, found.max() <= 1.0) == (True, True)
    assert (found**2).sum() < (part["activation"] ** 2).sum()


def test_criteria_differ_and_an_unknown_one_is_refused(part):
    squared, cubed = (least_effort_activations([part], name)[0] for name in ("squared", "cubed"))
    assert np.abs(squared - cubed).max() > 0.05
    with pytest.raises(KinesisError, match="did you mean squared"):
        least_effort_activations([part], "square")


def test_without_moments_there_is_no_such_baseline(make_walker):
    assert least_effort_activations([make_walker(lambda part, phase: 0.0 * phase)], "squared") is None
