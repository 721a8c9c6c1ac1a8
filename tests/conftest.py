"""Settings and fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from kinesis.body import Body, Kinematics, load
from kinesis.learn import load_checkpoint
from kinesis.learn.checkpoint import Checkpoint

# A busy machine must not fail a test, and a run must find the same cases twice.
settings.register_profile("kinesis", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kinesis")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the recordings that are not in the repository; tests that need them are skipped without it."""
    place = os.environ.get("KINESIS_SHARED")
    shared = Path(place) if place else Path(__file__).resolve().parents[1].parent / "shared"
    if not (shared / "data").is_dir():
        pytest.skip(f"no shared recordings: {shared / 'data'} is not there (set KINESIS_SHARED to their folder)")
    return shared / "data"


@pytest.fixture(scope="session")
def body() -> Body:
    return load("legs80")


@pytest.fixture(scope="session")
def kinematics(body: Body) -> Kinematics:
    return Kinematics(body)


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    """The shipped policy."""
    return load_checkpoint("default")
