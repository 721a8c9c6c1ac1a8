"""A body that walks evenly by construction, with muscles that do what a test says, and people made up."""

from collections.abc import Callable

import numpy as np
import pytest

from kinesis.analysis.emg import CHANNELS, Envelopes
from kinesis.body import load
from kinesis.evaluate import Recording

RATE_HZ, STRIDE_S, STANCE, SPEED_MPS = 150.0, 1.0, 0.6, 1.4

Course = Callable[[np.ndarray], np.ndarray]


def bump(phase: np.ndarray, at: float, width: float = 0.12) -> np.ndarray:
    """A smooth hump over the cycle, 1 at its top; phase and at in parts of the cycle."""
    off = (np.asarray(phase) - at + 0.5) % 1.0 - 0.5
    return np.exp(-0.5 * (off / width) ** 2)


def walker(activity: Callable[[str, np.ndarray], np.ndarray], *, seconds: float = 6.0) -> Recording:
    """A recording with touchdowns each second, of the right foot at 0.2 s.

    activity: of a muscle without side and the phase of its own leg's cycle (instant,), its activation.
    """
    body, time_s = load("legs80"), np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phases = {side: (time_s / STRIDE_S - start) % 1.0 for side, start in (("r", 0.2), ("l", 0.7))}
    force = np.zeros((len(time_s), 2, 3))
    for index, side in enumerate("rl"):
        force[:, index, 2] = np.where(phases[side] < STANCE, 700.0, 0.0)
    way = np.zeros((len(time_s), 3))
    way[:, 0] = SPEED_MPS * time_s
    arrays = {
        "time_s": time_s,
        "activation": np.stack([activity(m[:-2], phases[m[-1]]) for m in body.actuators], 1),
        "ground_force": force,
        "root_position": way,
    }
    labels = {"mpjpe_mm": 21.0}
    return Recording("even", RATE_HZ, arrays, body.actuators, (), (), body.fingerprint, "legs80", labels=labels)


def people_of(courses: dict[str, np.ndarray], subjects: int = 3, **said: object) -> Envelopes:
    """People who all do the same: (101,) by channel."""
    values = np.tile(np.stack(list(courses.values())), (subjects, 1, 1))
    about = {"stride_s": np.full(subjects, STRIDE_S), "stance": np.full(subjects, STANCE)} | said
    names = tuple(f"P{i}" for i in range(subjects))
    return Envelopes("made up", names, tuple(courses), values, motion="walk", speed_mps=SPEED_MPS, **about)


@pytest.fixture(scope="session")
def make_walker():
    return walker


@pytest.fixture(scope="session")
def make_people():
    return people_of


@pytest.fixture(scope="session")
def timing():
    """When each channel has its hump, spread over the cycle."""
    names = ("soleus", "tibialis_anterior", "rectus_femoris", "gluteus_medius", "biceps_femoris", "vastus_lateralis")
    return {name: index / len(names) for index, name in enumerate(names)}


@pytest.fixture(scope="session")
def hump():
    return bump


@pytest.fixture(scope="session")
def parts_at(timing):
    """When each part of those channels has its hump; other muscles have none."""
    return {part: at for name, at in timing.items() for part in CHANNELS[name].parts}
