"""Joint angles of generated walking against published ones, which are not part of the package."""

import csv
from pathlib import Path

import numpy as np
import pytest

from kinesis.analysis.gait_curves import PELVIC_PLANE_RAD
from kinesis.body import Kinematics
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.gait.clock import stride_phase
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.gait.spec import timeline

RATE_HZ, DURATION_S = 50.0, 12.0
SPEEDS = {"VerySlow": 0.172, "Slow": 0.29, "Free": 0.429, "Fast": 0.56, "VeryFast": 0.694}
"""Dimensionless speeds of the five groups of Schwartz, Rozumalski & Trost 2008, J Biomech 41:1639."""
ANGLES = {"Hip Flex/Extension": 0, "Knee Flex/Extension": 3, "Ankle Dorsi/Plantarflexion": 4}

PLANE_RAD = {"Hip Flex/Extension": PELVIC_PLANE_RAD}
"""Laboratories measure hip flexion from the plane of the iliac spines."""


def bands(folder: Path, speed: str) -> dict[str, np.ndarray]:
    """Per angle (51, 3): percent of the cycle, mean and SD [deg]."""
    rows: dict[str, list[tuple[float, ...]]] = {angle: [] for angle in ANGLES}
    with (folder / "norms" / "schwartz2008" / "angles_5speeds.csv").open() as file:
        for row in csv.DictReader(file):
            if row["speed"] == speed and row["angle_deg"] in rows:
                rows[row["angle_deg"]].append(tuple(float(row[k]) for k in ("pct_gait_cycle", "mean", "sd")))
    return {angle: np.array(sorted(values)) for angle, values in rows.items()}


def over_the_cycle(phase: np.ndarray, angle: np.ndarray, percent: np.ndarray) -> np.ndarray:
    part, order = phase % 1.0, np.argsort(phase % 1.0)
    part, angle = part[order], angle[order]
    return np.interp(percent / 100.0, np.concatenate([part - 1.0, part, part + 1.0]), np.tile(angle, 3))


@pytest.mark.parametrize("speed", SPEEDS)
def test_sagittal_angles_lie_within_one_published_sd(kinematics: Kinematics, shared_data: Path, speed: str) -> None:
    skeleton, body = skeleton_of(kinematics.body), kinematics.body
    spec = GaitSpec((Segment(forward_mps=SPEEDS[speed] * skeleton.speed_unit),), DURATION_S)
    clip = generate(kinematics, spec, rate_hz=RATE_HZ)
    phase = stride_phase(timeline(spec, RATE_HZ, 0.0), spec, skeleton)
    for angle, band in bands(shared_data, speed).items():
        assert len(band) == 51
        for side in range(2):
            measured = np.rad2deg(clip.qpos[:, body.joint_qpos[7 * side + ANGLES[angle]]] + PLANE_RAD.get(angle, 0.0))
            away = (over_the_cycle(phase + 0.5 * side, measured, band[:, 0]) - band[:, 1]) / band[:, 2]
            worst = np.abs(away).argmax()
            assert np.abs(away).max() <= 1.0, f"{angle} at {band[worst, 0]:.0f} %: {away[worst]:+.2f} SD"
