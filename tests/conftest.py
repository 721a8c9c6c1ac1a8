"""Settings that all tests share."""

from hypothesis import settings

# A busy machine must not fail a test, and a run must find the same cases twice.
settings.register_profile("kinesis", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kinesis")
