"""The pelvis where the feet can carry it."""

import numpy as np
import pytest

from kinesis.body import Kinematics
from kinesis.motion.gait import GaitSpec, Segment, balance, generate
from kinesis.motion.gait.spec import Style

RATE_HZ = 50.0


def test_moves_are_the_least_squares_solution() -> None:
    """Against a dense solution of the same problem."""
    rng = np.random.default_rng(0)
    frames = 40
    wanted, weight = rng.normal(size=frames), rng.uniform(0.0, 1.0, frames)
    stiff = balance.HEIGHT_M / balance.GRAVITY * RATE_HZ**2
    push = np.eye(frames)
    for i in range(1, frames - 1):
        push[i, i - 1 : i + 2] += stiff * np.array([-1.0, 2.0, -1.0])
    rows = np.concatenate([np.sqrt(weight)[:, None] * push, np.sqrt(balance.NEAR) * np.eye(frames)])
    dense = np.linalg.lstsq(rows, np.concatenate([np.sqrt(weight) * wanted, np.zeros(frames)]), rcond=None)[0]
    assert balance._moves(wanted, weight, RATE_HZ) == pytest.approx(dense, abs=1e-9)


@pytest.mark.parametrize("style", [Style(), Style(step_width_m=0.08, cadence=0.9)])
def test_who_starts_first_shifts_onto_the_foot_that_stays(kinematics: Kinematics, style: Style) -> None:
    """While one foot alone stands, the ground pushes from within 4 cm of its middle line, not from the other side."""
    spec = GaitSpec((Segment(0.0, "stand"), Segment(1.5, "walk", 1.1)), 5.0, style=style, blend_s=1.4)
    clip = generate(kinematics, spec, rate_hz=RATE_HZ)
    touching = kinematics.sole_heights(clip.qpos).min(2) < 0.001
    heels = [kinematics.body.landmarks.index(name) for name in ("calcn_r", "calcn_l")]
    feet = kinematics.landmarks(clip.qpos, clip.qvel).position[:, heels, 1]
    path = clip.qpos[:, 1]
    bend = np.gradient(np.gradient(path, 1.0 / RATE_HZ), 1.0 / RATE_HZ)
    push = path - balance.HEIGHT_M / balance.GRAVITY * bend
    alone = touching.sum(1) == 1
    alone[:3] = alone[-3:] = False
    stands = np.where(touching[:, 0], feet[:, 0], feet[:, 1])
    assert np.abs(push - stands)[alone].mean() < 0.04
