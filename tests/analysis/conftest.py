"""A walk that the shipped policy follows, recorded once."""

import pytest

from kinesis.evaluate import record
from kinesis.motion.find import find_motions


@pytest.fixture(scope="session")
def walk(body, checkpoint):
    """Ten seconds at 1.2 m/s."""
    return record(checkpoint.policy, checkpoint.card.task, find_motions("builtin:walk@1.2", body))[0]
