"""Quality: how well a clip keeps to its source and to the body, what kind of motion it is, and a grade for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from kinesis import rotations
from kinesis.body import FORWARD_B
from kinesis.motion.clip import Clip
from kinesis.motion.filters import lowpass
from kinesis.motion.marks import Marks

LIMITS: Mapping[str, float] = MappingProxyType(
    {"fit_mm_p95": 35.0, "limit_frames": 0.05, "tendon_breaks": 0.005, "penetration_mm": 10.0}
)
"""What grade A allows of each. Of skating it allows `SKATING_MPS`, and `SKATING_SHARE` of the speed besides."""
SKATING_MPS, SKATING_SHARE = 0.05, 0.06
SKATING_S = 0.2
GRADES = ((1.0, "A"), (2.0, "B"), (4.0, "C"))

WALKS = ("walk_slow", "walk_normal", "walk_fast")
KINDS = (*WALKS, "run", "backward", "sideways", "turn", "circle", "turn_in_place", "stand", "other")
SLOW_MPS, FAST_MPS = 0.9, 1.5
_SMOOTH_HZ = 1.0
_TURN_RAD, _CIRCLE_RAD, _STEADY = np.deg2rad(35.0), np.deg2rad(270.0), 0.06
_QUANTILES = np.linspace(0.025, 0.975, 20)


@dataclass(frozen=True)
class Quality:
    """How good one clip is; what is behind the numbers stands in `Marks`.

    fit_mm, fit_mm_p95: mean and 95th percentile of the fit's errors, None where there were no points to fit.
    fit_mm_quantiles: (20,) from 2.5 to 97.5 %. limit_frames: share of frames with a joint at its limit.
    tendon_breaks, tendon_jumps: shares of muscle-frames. penetration_mm: 95th percentile of how deep soles are
    below the ground. skating_mps: speed of the standing soles, root mean square. speed_mps, category, grade:
    see `kind` and `grade`.
    """

    fit_mm: float | None
    fit_mm_p95: float | None
    fit_mm_quantiles: tuple[float, ...]
    limit_frames: float
    tendon_breaks: float
    tendon_jumps: float
    penetration_mm: float
    skating_mps: float
    speed_mps: float
    category: str
    grade: str


def judge(clip: Clip, marks: Marks) -> Quality:
    """Quality of a clip by its marks."""
    errors = None if marks.errors_m is None else 1000.0 * marks.errors_m
    worst = None if errors is None else float(np.quantile(errors, 0.95))
    shares = {
        "limit_frames": marks.limit_share,
        "tendon_breaks": marks.break_share,
        "penetration_mm": marks.penetration_mm,
    }
    skating, speed = marks.skating_mps, speed_of(clip)
    return Quality(
        fit_mm=None if errors is None else float(errors.mean()),
        fit_mm_p95=worst,
        fit_mm_quantiles=() if errors is None else tuple(np.quantile(errors, _QUANTILES).tolist()),
        **shares,
        tendon_jumps=marks.jump_share,
        skating_mps=skating,
        speed_mps=speed,
        category=kind(clip),
        grade=grade(shares | {"fit_mm_p95": worst or 0.0}, skating, speed),
    )


def faults(clip: Clip, marks: Marks) -> dict[str, np.ndarray]:
    """Frames (frame,) of a clip in which something is beyond what grade A allows, by what it is, in words.

    A fit error is that of the worst joint. Feet skate by their root mean square over `SKATING_S` around the
    frame, as by that of the whole clip for the grade: one that lands or lifts off is fast for a moment.
    """
    depth_mm, far_mm = LIMITS["penetration_mm"], LIMITS["fit_mm_p95"]
    skating = marks.skating_near(round(SKATING_S * clip.rate_hz))
    found = {
        "joint at its limit": np.any(marks.at_limit, axis=1),
        f"sole over {depth_mm:.0f} mm in the ground": 1000.0 * marks.depth_m > depth_mm,
        "standing foot skates": skating > skating_allowed(speed_of(clip)),
        "muscle length breaks": np.any(marks.breaks, axis=1),
    }
    if marks.errors_m is None:
        return found
    return {f"fit error over {far_mm:.0f} mm": np.any(1000.0 * marks.errors_m > far_mm, axis=1)} | found


def grade(marks: Mapping[str, float], skating: float, speed: float) -> str:
    """Followability A to D by the worst mark, as a multiple of what `LIMITS` allows it.

    A: none above its limit. B: none above twice, C: none above four times its limit. D: one beyond that.
    marks: by the names of `LIMITS`; skating and speed [m/s].
    """
    shares = [marks[name] / limit for name, limit in LIMITS.items()]
    worst = max(*shares, skating / skating_allowed(speed))
    return next((letter for most, letter in GRADES if worst <= most), "D")


def skating_allowed(speed: float) -> float:
    """What grade A allows of the speed of standing soles [m/s] at a speed of travel [m/s]."""
    return SKATING_MPS + SKATING_SHARE * speed


def speed_of(clip: Clip) -> float:
    """The label `speed_mps` [m/s], 0 where there is none."""
    return float(clip.labels.get("speed_mps", 0.0))


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
    speed = speed_of(clip)
    return WALKS[int(speed >= SLOW_MPS) + int(speed > FAST_MPS)]


def _off_line(values: np.ndarray) -> float:
    """Root mean square distance of values (frame,) from the straight line through them."""
    time = np.linspace(-1.0, 1.0, len(values))
    return float(np.sqrt(((values - np.polyval(np.polyfit(time, values, 1), time)) ** 2).mean()))
