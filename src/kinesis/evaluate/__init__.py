"""How well a policy follows motions."""

from kinesis.evaluate.benchmark import SUITES, Suite, run_suite
from kinesis.evaluate.follow import Run, follow_clips
from kinesis.evaluate.metrics import RULES, Rule, Score, score, summarise
from kinesis.evaluate.perturb import Delay, GroundStep, Mass, Perturbation, Push, Strength
from kinesis.evaluate.recording import load_recording, load_recordings, record, save
from kinesis.evaluate.signals import Recording

__all__ = [
    "RULES",
    "SUITES",
    "Delay",
    "GroundStep",
    "Mass",
    "Perturbation",
    "Push",
    "Recording",
    "Rule",
    "Run",
    "Score",
    "Strength",
    "Suite",
    "follow_clips",
    "load_recording",
    "load_recordings",
    "record",
    "run_suite",
    "save",
    "score",
    "summarise",
]
