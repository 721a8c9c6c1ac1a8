"""Measures: everything that a benchmark says about one clip followed.

`MEASURES` lists them with their units. Success, coverage and MPJPE stand there once for every rule of
`kinesis.evaluate.metrics.RULES`; everything else is over the frames that the loosest rule scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesis.body import Body, Kinematics
from kinesis.evaluate.energy import metabolic_power
from kinesis.evaluate.follow import Run
from kinesis.evaluate.metrics import RULES, score
from kinesis.evaluate.warping import warped_distance

WARP_S = 0.5
"""The most that dynamic time warping shifts a frame [s]."""

LEAST_WAY_M = 1.0
"""Energy per distance is not told where the wanted way is shorter [m]."""

Row = Mapping[str, float | None]


@dataclass(frozen=True)
class Measure:
    """A column: what it is, its unit (empty for a share of one), what it means in a few words."""

    name: str
    unit: str
    meaning: str


OF_RULES = tuple(
    measure
    for rule in RULES
    for measure in (
        Measure(f"success_{rule.name}", "", f"never over {rule.limit_m:g} m, {rule.over} of the tracked bodies"),
        Measure(f"coverage_{rule.name}", "", "share of frames before the first violation"),
        Measure(f"mpjpe_{rule.name}_mm", "mm", "mean distance of tracked bodies in the world, to the violation"),
    )
)
OF_MOTION = (
    Measure("success_strict", "", "never over 0.15 m, mean of the tracked bodies"),
    Measure("mpjpe_root_mm", "mm", "mean distance of tracked bodies relative to the root"),
    Measure("velocity_error_mps", "m/s", "mean length of the velocity error of tracked bodies"),
    Measure("joint_rmse_deg", "°", "root mean square error of the driven joints"),
    Measure("dtw_mm", "mm", "distance relative to the root after dynamic time warping of at most 0.5 s"),
    Measure("foot_skate_mps", "m/s", "horizontal speed of foot segments, weighted by the force that they bear"),
    Measure("energy_j_per_kg_m", "J/kg/m", "metabolic energy (Minetti and Alexander 1997) a body mass and way"),
    Measure("mean_activation", "", "mean over muscles and frames"),
)
MEASURES = OF_RULES + OF_MOTION


def measure(run: Run, body: Body, kinematics: Kinematics) -> Row:
    """The row of a clip: every name of `MEASURES` to its value, None where it has no meaning.

    body: as simulated (its mass and strength). kinematics: of any form of it.
    """
    by_rule = {rule.name: score(run.trace, rule) for rule in RULES}
    row: dict[str, float | None] = {}
    for name, scored in by_rule.items():
        row |= {f"success_{name}": scored.success, f"coverage_{name}": scored.frame_coverage}
        row[f"mpjpe_{name}_mm"] = scored.mpjpe_mm
    loosest, kept = by_rule[RULES[0].name], RULES[0].scored(run.trace)
    own = ("success_strict", "mpjpe_root_mm", "joint_rmse_deg", "mean_activation")
    row |= {key: getattr(loosest, key) for key in own}
    row["velocity_error_mps"] = velocity_error(run, body, kept)
    row["dtw_mm"] = 1000.0 * warped(run, body, kept)
    row["foot_skate_mps"] = foot_skate(run, body, kept)
    row["energy_j_per_kg_m"] = energy_per_way(run, body, kinematics, kept) if body.actuation == "muscle" else None
    return {m.name: row[m.name] for m in MEASURES}


def velocity_error(run: Run, body: Body, kept: slice) -> float:
    """Mean length of wanted minus actual velocity of the tracked landmarks, world [m/s]."""
    error = (run.wanted_velocities - run.landmark_velocities)[kept][:, body.tracked]
    return float(np.linalg.norm(error, axis=-1).mean())


def warped(run: Run, body: Body, kept: slice) -> float:
    """Distance of the tracked landmarks relative to the root, world axes, see `warped_distance` [m]."""
    marks = [values[kept][:, body.tracked] for values in (run.wanted, run.landmarks)]
    relative = [values[:, 1:] - values[:, :1] for values in marks]
    return warped_distance(*relative, band=round(WARP_S * run.rate_hz))


def foot_skate(run: Run, body: Body, kept: slice) -> float:
    """Σ F |v| / Σ F over frames and foot segments [m/s]; 0 where the ground bears nothing.

    F: vertical force of the ground on a segment, v: horizontal velocity of its origin. Unlike shares of
    sliding frames, it needs no threshold of force or speed.
    """
    feet = [body.landmarks.index(name) for name in body.feet]
    speed = np.linalg.norm(run.landmark_velocities[kept][:, feet, :2], axis=-1)
    borne = np.maximum(run.ground_force[kept][..., 2], 0.0)
    return float((borne * speed).sum() / max(1e-9, float(borne.sum())))


def energy_per_way(run: Run, body: Body, kinematics: Kinematics, kept: slice) -> float | None:
    """Metabolic energy a body mass and metre of the pelvis' horizontal way [J/kg/m], see `metabolic_power`."""
    wanted_m, way_m = (
        float(np.linalg.norm(np.diff(path[kept, :2], axis=0), axis=1).sum()) for path in (run.reference, run.qpos)
    )
    if wanted_m < LEAST_WAY_M:
        return None
    speed = kinematics.muscles(run.qpos[kept], run.qvel[kept]).speed
    energy_j = metabolic_power(body, run.activation[kept], speed).sum() / run.rate_hz
    return float(energy_j / body.mass_kg / max(way_m, 1e-3))
