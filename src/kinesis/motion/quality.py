"""Quality: how well a clip keeps to its source and to the body, what kind of motion it is, and a grade for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from kinesis import rotations
from kinesis.body import FORWARD_B, Body, Kinematics
from kinesis.motion.clip import Clip
from kinesis.motion.readers.feet import sense_feet, slip, standing
from kinesis.motion.readers.resample import lowpass

JUMP_M = 0.005
"""A muscle that changes its length by this much more between two frames than its joints' speeds explain, jumps."""
AT_LIMIT_RAD = np.deg2rad(0.2)
LIMITS: Mapping[str, float] = MappingProxyType(
    {"fit_mm_p95": 35.0, "limit_frames": 0.05, "tendon_jumps": 0.005, "penetration_mm": 10.0}
)
"""What grade A allows of each. Of skating it allows `SKATING_MPS`, and `SKATING_SHARE` of the speed besides."""
SKATING_MPS, SKATING_SHARE = 0.05, 0.06
GRADES = ((1.0, "A"), (2.0, "B"), (4.0, "C"))

WALKS = ("walk_slow", "walk_normal", "walk_fast")
KINDS = (*WALKS, "run", "backward", "sideways", "turn", "circle", "turn_in_place", "stand", "other")
SLOW_MPS, FAST_MPS = 0.9, 1.5
_SMOOTH_HZ = 1.0
_TURN_RAD, _CIRCLE_RAD, _STEADY = np.deg2rad(35.0), np.deg2rad(270.0), 0.06
_NOT_OBSERVED = "mtp_angle"
_QUANTILES = np.linspace(0.025, 0.975, 20)


@dataclass(frozen=True)
class Quality:
    """Marks of one clip.

    fit_mm, fit_mm_p95: mean and 95th percentile of the distance of hip, knee, ankle and toe from the
    source scaled to this body, None where there were no points to fit. fit_mm_quantiles: (20,) from 2.5 to
    97.5 %. limit_frames: share of frames with a joint at its limit, the toes' joint apart, which recordings
    do not show. tendon_jumps: share of muscle-frames that jump (see `JUMP_M`); tendon_fast: share in which a
    muscle's length changes by more than `JUMP_M` in a fiftieth of a second for any reason, speed included.
    penetration_mm: 95th percentile of how deep soles are below the ground. skating_mps: speed of the standing
    soles, root mean square. speed_mps, category, grade: see `kind` and `grade`.
    """

    fit_mm: float | None
    fit_mm_p95: float | None
    fit_mm_quantiles: tuple[float, ...]
    limit_frames: float
    tendon_jumps: float
    tendon_fast: float
    penetration_mm: float
    skating_mps: float
    speed_mps: float
    category: str
    grade: str


def judge(clip: Clip, kinematics: Kinematics, errors_m: np.ndarray | None = None) -> Quality:
    """Marks of a clip on the body of `kinematics`; errors_m: (frame, 8) as `fit` gives them, if it did."""
    errors = None if errors_m is None else 1000.0 * errors_m
    jumps, fast = tendon_shares(clip, kinematics)
    marks = {
        "fit_mm_p95": 0.0 if errors is None else float(np.quantile(errors, 0.95)),
        "limit_frames": limit_share(clip, kinematics.body),
        "tendon_jumps": jumps,
        "penetration_mm": penetration_mm(clip, kinematics),
    }
    skating = skating_mps(clip, kinematics)
    speed = float(clip.labels.get("speed_mps", 0.0))
    return Quality(
        fit_mm=None if errors is None else float(errors.mean()),
        fit_mm_p95=None if errors is None else marks["fit_mm_p95"],
        fit_mm_quantiles=() if errors is None else tuple(np.quantile(errors, _QUANTILES).tolist()),
        limit_frames=marks["limit_frames"],
        tendon_jumps=jumps,
        tendon_fast=fast,
        penetration_mm=marks["penetration_mm"],
        skating_mps=skating,
        speed_mps=speed,
        category=kind(clip),
        grade=grade(marks, skating, speed),
    )


def grade(marks: Mapping[str, float], skating: float, speed: float) -> str:
    """Followability A to D by the worst mark, as a multiple of what `LIMITS` allows it.

    A: none above its limit. B: none above twice, C: none above four times its limit. D: one beyond that.
    marks: by the names of `LIMITS`; skating and speed [m/s].
    """
    shares = [marks[name] / limit for name, limit in LIMITS.items()]
    worst = max(*shares, skating / (SKATING_MPS + SKATING_SHARE * speed))
    return next((letter for most, letter in GRADES if worst <= most), "D")


def limit_share(clip: Clip, body: Body) -> float:
    """Share of frames in which a joint, other than the toes', is at its limit."""
    seen = [i for i, name in enumerate(body.joints) if not name.startswith(_NOT_OBSERVED)]
    angles, (lower, upper) = clip.qpos[:, body.joint_qpos[seen]], body.joint_range[seen].T
    return float(((angles < lower + AT_LIMIT_RAD) | (angles > upper - AT_LIMIT_RAD)).any(1).mean())


def tendon_shares(clip: Clip, kinematics: Kinematics) -> tuple[float, float]:
    """Shares of muscle-frames that jump, and that are fast; see `Quality`."""
    muscles = kinematics.muscles(clip.qpos, clip.qvel)
    change = np.diff(muscles.length, axis=0)
    explained = 0.5 * (muscles.speed[1:] + muscles.speed[:-1]) / clip.rate_hz
    fast = np.abs(change) * clip.rate_hz / 50.0 > JUMP_M
    return float((np.abs(change - explained) > JUMP_M).mean()), float(fast.mean())


def penetration_mm(clip: Clip, kinematics: Kinematics) -> float:
    """95th percentile over frames of how far the lowest sole is below the ground [mm]."""
    lowest = kinematics.sole_heights(clip.qpos).min((1, 2))
    return 1000.0 * float(np.quantile(np.maximum(-lowest, 0.0), 0.95))


def skating_mps(clip: Clip, kinematics: Kinematics) -> float:
    """Root mean square speed of the standing soles [m/s]."""
    feet, velocity = sense_feet(kinematics, clip.qpos, clip.rate_hz), clip.qvel[:, :2]
    return slip(feet, velocity, standing(feet, velocity, clip.qpos[:, 2]))


def kind(clip: Clip) -> str:
    """What the person does, one of `KINDS`.

    By the label `category` where it says run, stand or other; else by where the body goes, sway removed,
    relative to where the pelvis faces (backward and sideways begin at 135° and at 45°), then by the whole
    turn (from 35°; a circle goes beyond 270° or turns at a steady rate throughout), then by speed: slow
    below 0.9 m/s, fast above 1.5 m/s.
    """
    facing = np.unwrap(rotations.heading(clip.qpos[:, 3:7], FORWARD_B))
    smooth = lowpass(facing, clip.rate_hz, _SMOOTH_HZ)
    turned = float(np.ptp(smooth))
    if clip.category in ("stand", "other", "turn_in_place"):
        return "turn_in_place" if turned > _TURN_RAD else clip.category
    if clip.category == "run":
        return "run"
    way = np.diff(lowpass(clip.qpos[:, :2], clip.rate_hz, _SMOOTH_HZ), axis=0)
    ahead = np.stack([np.cos(smooth), np.sin(smooth)], axis=-1)[1:]
    forward = float((way * ahead).sum())
    across = float(np.abs(way[:, 0] * ahead[:, 1] - way[:, 1] * ahead[:, 0]).sum())
    if abs(forward) < across:
        return "sideways"
    if forward < 0.0:
        return "backward"
    if turned > _TURN_RAD:
        return "circle" if turned > _CIRCLE_RAD or _off_line(smooth) < _STEADY * turned else "turn"
    speed = float(clip.labels.get("speed_mps", 0.0))
    return WALKS[int(speed >= SLOW_MPS) + int(speed > FAST_MPS)]


def _off_line(values: np.ndarray) -> float:
    """Root mean square distance of values (frame,) from the straight line through them."""
    time = np.linspace(-1.0, 1.0, len(values))
    return float(np.sqrt(((values - np.polyval(np.polyfit(time, values, 1), time)) ** 2).mean()))
