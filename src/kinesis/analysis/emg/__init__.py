"""Muscle activity beside people's EMG: readers, channels, scores, controls, baselines."""

from kinesis.analysis.emg import archive, series, tables  # noqa: F401 (they register the formats)
from kinesis.analysis.emg.channels import CHANNELS, Channel, channel_of
from kinesis.analysis.emg.comparison import Comparison, compare
from kinesis.analysis.emg.own import Own, own_courses
from kinesis.analysis.emg.reference import EMG_READERS, EmgReader, Envelopes, Request, find_emg, read_emg
from kinesis.analysis.emg.scorecard import scorecard
from kinesis.analysis.emg.windows import read_windows

__all__ = [
    "CHANNELS",
    "EMG_READERS",
    "Channel",
    "Comparison",
    "EmgReader",
    "Envelopes",
    "Own",
    "Request",
    "channel_of",
    "compare",
    "find_emg",
    "own_courses",
    "read_emg",
    "read_windows",
    "scorecard",
]
