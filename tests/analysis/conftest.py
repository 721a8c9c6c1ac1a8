"""A walk that the shipped policy follows, recorded once."""

import pytest

from kinesis.body import Kinematics, load
from kinesis.evaluate import record
from kinesis.learn import load_checkpoint
from kinesis.motion.find import find_motions


@pytest.fixture(scope="session")
def body():
    return load("legs80")


@pytest.fixture(scope="session")
def kinematics(body):
    return Kinematics(body)


@pytest.fixture(scope="session")
def walk(body):
    """Ten seconds at 1.2 m/s."""
    checkpoint = load_checkpoint("default")
    return record(checkpoint.policy, checkpoint.card.task, find_motions("builtin:walk@1.2", body))[0]
