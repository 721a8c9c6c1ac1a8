"""From a motion that a policy followed to what is seen of it: the path, where it went wrong, and its scorecard."""

from __future__ import annotations

import functools

import numpy as np

from kinesis.body import Body, Kinematics, load
from kinesis.evaluate.follow import Run
from kinesis.evaluate.measures import OF_MOTION, Row, measure
from kinesis.evaluate.metrics import RULES, SUCCESS
from kinesis.view.playback import Playback

WORDS = {
    "success_strict": "strict success",
    "mpjpe_root_mm": "error from the root",
    "velocity_error_mps": "velocity error",
    "joint_rmse_deg": "joint error",
    "dtw_mm": "error, time warped",
    "foot_skate_mps": "foot skate",
    "energy_j_per_kg_m": "energy",
    "mean_activation": "mean activation",
}
"""Measures of a scorecard, as a reader knows them."""


def followed(run: Run, body: Body, *, title: str = "", subtitle: str = "") -> Playback:
    """What a page or a film shows of a run of `body`; title and subtitle: of the clip and its source unless given."""
    faults = {f"{rule.over} body over {rule.limit_m:g} m": rule.deviation(run.trace) > rule.limit_m for rule in RULES}
    return Playback(
        title=title or run.clip.name,
        subtitle=subtitle or run.clip.source,
        rate_hz=run.rate_hz,
        qpos=run.qpos,
        reference=run.reference,
        activation=np.clip(run.activation, 0.0, 1.0) if body.actuation == "muscle" else None,
        faults={name.replace("mean body", "mean"): flags for name, flags in faults.items() if flags.any()},
        metrics=scorecard(measure(run, body, _kinematics(body.name))) | {"source": run.clip.source},
    )


def scorecard(row: Row) -> dict[str, str]:
    """A row of `measure` in words, values with their units; what has no meaning is left out."""
    of_rule = {
        "success": _yes(row[f"success_{SUCCESS.name}"]),
        "coverage": f"{row[f'coverage_{SUCCESS.name}'] or 0.0:.0%}",
        "MPJPE": f"{row[f'mpjpe_{SUCCESS.name}_mm']:.0f} mm",
    }
    units = {m.name: m.unit for m in OF_MOTION}
    values = {name: row[name] for name in WORDS if row[name] is not None}
    values.pop("success_strict")
    rest = {WORDS[name]: f"{value:.3g} {units[name]}".strip() for name, value in values.items()}
    return of_rule | {WORDS["success_strict"]: _yes(row["success_strict"])} | rest


def _yes(value: float | None) -> str:
    return "yes" if value else "no"


@functools.cache
def _kinematics(body: str) -> Kinematics:
    return Kinematics(load(body))
