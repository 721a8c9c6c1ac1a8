"""How well a policy follows motions."""

from kinesis.evaluate.benchmark import SUITES, Suite, run_suite
from kinesis.evaluate.follow import Run, follow_clips
from kinesis.evaluate.metrics import RULES, Rule, Score, score, summarise
from kinesis.evaluate.perturb import Delay, GroundStep, Mass, Perturbation, Push, Strength

__all__ = [
    "RULES",
    "SUITES",
    "Delay",
    "GroundStep",
    "Mass",
    "Perturbation",
    "Push",
    "Rule",
    "Run",
    "Score",
    "Strength",
    "Suite",
    "follow_clips",
    "run_suite",
    "score",
    "summarise",
]
