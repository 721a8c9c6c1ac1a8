"""What the tests of motions share."""

import pytest

from kinesis.body import Kinematics, load


@pytest.fixture(scope="session")
def kinematics() -> Kinematics:
    return Kinematics(load("legs80"))
