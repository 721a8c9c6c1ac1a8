"""One observation through a whole network: its nonlinearities, by a polynomial, are torch's."""

import numpy as np
import pytest
import torch
from torch import nn

from kinesis.learn.single import _KINDS, _bend

EVERYWHERE = np.concatenate([np.linspace(-200.0, 200.0, 100_001), np.linspace(-1e-3, 1e-3, 1001)]).astype(np.float32)


@pytest.mark.parametrize("kind", _KINDS)
def test_nonlinearities_are_torchs_to_rounding(kind):
    found = EVERYWHERE.copy()
    _bend(found, _KINDS[kind])
    wanted = kind()(torch.from_numpy(EVERYWHERE.astype(np.float64))).numpy()
    assert (np.abs(found - wanted) / np.maximum(np.abs(wanted), 1.0)).max() < 3e-7


def test_elu_of_little_is_that():
    little = np.float32(2.0) ** -np.arange(13, 100, dtype=np.float32)
    found = -little
    _bend(found, _KINDS[nn.ELU])
    np.testing.assert_allclose(found, -little, rtol=1e-4)


@pytest.mark.parametrize("kind", _KINDS)
def test_what_is_no_number_stays_none(kind):
    values = np.array([np.nan, 1.0, np.nan], np.float32)
    _bend(values, _KINDS[kind])
    assert np.isnan(values).tolist() == [True, False, True]
