"""What the default corpus holds: how many motions of each kind, and their parameters, by split.

Proportions after the locomotion part of the KIT recordings (a third turns, a seventh circles, a twelfth
each of running and walking backward); the rest is ours. Every split draws from its own seed, so that no
two splits share parameters.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import zlib
from collections.abc import Callable

import numpy as np

from kinesis.motion.gait import GaitSpec, Segment, Style
from kinesis.motion.gait.spec import BOUNDS, Mode

Rng = np.random.Generator

COUNTS: dict[str, dict[str, int]] = {
    "turn": {"train": 120, "validation": 14, "test": 14},
    "circle": {"train": 50, "validation": 6, "test": 6},
    "run": {"train": 30, "validation": 4, "test": 4},
    "backward": {"train": 30, "validation": 4, "test": 4},
    "walk": {"train": 48, "validation": 6, "test": 14},
    "stand": {"train": 14, "validation": 2, "test": 2},
    "start_stop": {"train": 18, "validation": 2, "test": 2},
    "sideways": {"train": 14, "validation": 2, "test": 2},
    "turn_in_place": {"train": 12, "validation": 2, "test": 2},
    "small_steps": {"train": 10, "validation": 1, "test": 1},
}
"""Clips by category and split."""

VARIED = {
    "turn": 120,
    "circle": 30,
    "run": 110,
    "backward": 40,
    "walk": 150,
    "stand": 16,
    "start_stop": 70,
    "sideways": 12,
    "turn_in_place": 12,
    "small_steps": 10,
}
"""Drawn for `varied` by category, before those whose feet slide are left out: people far from the average."""

LEAPS = 230
"""Drawn for `leaps`, before those that no recorded run resembles are left out: nearly half."""

NEAR = {"walk": 130, "turn": 110, "run": 150}
"""Drawn for `near` by category, before those whose feet slide, or runs that no recorded one resembles, are left out."""
NEAR_SHARE = 0.45
"""Of the way from the average person to one far from it, at the most."""

ACCENT_RAD = 0.16
"""Largest accent of a person far from the average."""


def specs(split: str) -> list[tuple[str, GaitSpec]]:
    """Names and specs of a split, of `varied`, `routes`, `leaps` or `near`, always the same."""
    if split == "varied":
        return _varied()
    if split == "leaps":
        return _leaps()
    if split == "near":
        return _near()
    if split == "routes":
        return [(name.replace("-varied-", "-routes-"), _averaged(spec)) for name, spec in _varied()]
    out = []
    for category, counts in COUNTS.items():
        rng = np.random.default_rng(zlib.crc32(f"{category} {split}".encode()))
        count = counts[split]
        places = (np.arange(count) + rng.uniform(0.0, 1.0, count)) / count
        if split == "test":
            places = (np.arange(count) + 0.5) / count
        for index, place in enumerate(places):
            out.append(
                (
                    f"builtin-{category}-{split}-{index:03d}",
                    RECIPES[category](float(place), index, split, rng),
                )
            )
    return out


def _varied() -> list[tuple[str, GaitSpec]]:
    """The same kinds of motion by people far from the average: whole journeys, dashes, sharp corners.

    Runners are nearer to the average than walkers: with wide steps their feet would slide. So would those who start,
    stop or step sideways with a strong accent.
    """
    out = []
    for category, count in VARIED.items():
        rng = np.random.default_rng(zlib.crc32(f"{category} train varied".encode()))
        recipe = {"start_stop": _journey, "run": _dash, "turn": _corner}.get(category, RECIPES[category])
        for index in range(count):
            spec = recipe((index + rng.uniform()) / count, index, "train", rng)
            runs = any(segment.mode == "run" for segment in spec.segments)
            accent_rad = 0.06 if category in ("start_stop", "sideways") else ACCENT_RAD
            style = _far_runner(rng) if runs else _far_style(rng, accent_rad)
            if category == "stand":
                style = dataclasses.replace(style, sway_m=float(rng.uniform(0.005, 0.03)))
            spec = dataclasses.replace(spec, style=style)
            out.append((f"builtin-{category}-varied-{index:03d}", spec))
    return out


def _near() -> list[tuple[str, GaitSpec]]:
    """Walks and turns by people between the average and those far from it; runs that gather speed at once."""
    out = []
    for category, count in NEAR.items():
        rng = np.random.default_rng(zlib.crc32(f"{category} train near".encode()))
        for index in range(count):
            spec = _NEAR[category]((index + rng.uniform()) / count, index, "train", rng)
            out.append((f"builtin-{category}-near-{index:03d}", spec))
    return out


def _near_walk(place: float, index: int, split: str, rng: Rng) -> GaitSpec:
    """Six seconds of `_walk` at 0.7 to 1.7 m/s."""
    spec = _walk(place, index, split, rng)
    speeds = [0.7 + (segment.forward_mps - 0.5) / 1.4 for segment in spec.segments]
    segments = [dataclasses.replace(a, forward_mps=b) for a, b in zip(spec.segments, speeds, strict=True)]
    return dataclasses.replace(spec, segments=tuple(segments), style=_near_style(rng), duration_s=6.0)


def _near_turn(place: float, index: int, split: str, rng: Rng) -> GaitSpec:
    return dataclasses.replace(_corner(place, index, split, rng), style=_near_style(rng))


def _near_style(rng: Rng) -> Style:
    """A person up to `NEAR_SHARE` of the way to far ones, knees from straighter than the average's to a little bent."""
    far, share = _far_style(rng, ACCENT_RAD), rng.uniform(0.0, NEAR_SHARE)
    return dataclasses.replace(_between_styles(_style(rng), far, share), knee_bend_rad=float(rng.uniform(-0.05, 0.1)))


def _near_run(_place: float, _index: int, _split: str, rng: Rng) -> GaitSpec:
    """A leaping runner who begins at 1.85 to 2.3 m/s and is faster by up to 1.1 m/s within a second and a half."""
    begins = rng.uniform(1.85, 2.3)
    fastest, gathers = begins + rng.uniform(0.3, 1.1), rng.uniform(0.3, 0.9)
    later, rate = fastest * rng.uniform(0.9, 1.1), rng.uniform(-0.25, 0.25) * (rng.uniform() < 0.3)
    segments = (Segment(0.0, "run", begins), Segment(gathers, "run", fastest), Segment(2.4, "run", later, 0.0, rate))
    return GaitSpec(segments, 4.0, rng.uniform(), _leaping(rng), rng.uniform(0.7, 1.6), category="run")


def _leaps() -> list[tuple[str, GaitSpec]]:
    """Runs in few steps, long flights and with heels thrown up behind, by people far from the average."""
    rng, out = np.random.default_rng(zlib.crc32(b"run train leaps")), []
    for index in range(LEAPS):
        style = _leaping(rng)
        spec = _dash(rng.uniform(0.0, 0.6), index, "train", rng)
        out.append((f"builtin-run-leaps-{index:03d}", dataclasses.replace(spec, style=style)))
    return out


def _leaping(rng: Rng) -> Style:
    return dataclasses.replace(
        _far_runner(rng),
        cadence=float(rng.uniform(0.78, 0.98)),
        flight=float(rng.uniform(0.12, 0.3)),
        kick_rad=float(rng.uniform(0.15, 0.75)),
    )


def _averaged(spec: GaitSpec) -> GaitSpec:
    """The same way at the same rhythm, by a person near the average."""
    width = float(np.clip(spec.style.step_width_m, -0.01, 0.03))
    style = Style(cadence=spec.style.cadence, step_width_m=width, seed=spec.style.seed)
    return dataclasses.replace(spec, style=style)


def spec_of(name: str) -> GaitSpec | None:
    """What the built-in motion of this name was made from; None for other names, for `leaps` and for `near`."""
    found = re.fullmatch(r"builtin-\w+-(train|validation|test|varied|routes)-\d+", name)
    return _by_name(found[1]).get(name) if found else None


@functools.cache
def _by_name(split: str) -> dict[str, GaitSpec]:
    return dict(specs(split))


def by_somebody_else(spec: GaitSpec, rng: Rng) -> tuple[GaitSpec, GaitSpec]:
    """The same way at the same rhythm, by a person between the spec's own and one far from the average.

    Without and with this person's accent: what is peculiar to the joints, and no way to carry a body.
    """
    runs = any(segment.mode == "run" for segment in spec.segments)
    far, share = _far_runner(rng) if runs else _far_style(rng, ACCENT_RAD), rng.uniform() ** 0.7
    style = dataclasses.replace(_between_styles(spec.style, far, share), cadence=spec.style.cadence)
    plain = dataclasses.replace(style, accent_rad=0.0, bounce_m=0.0)
    return dataclasses.replace(spec, style=plain), dataclasses.replace(spec, style=style)


def _between_styles(near: Style, far: Style, share: float) -> Style:
    """So much of the way from one person to another, whose accent it is."""
    changed = {name: (1 - share) * getattr(near, name) + share * getattr(far, name) for name in BOUNDS}
    return dataclasses.replace(near, **changed, seed=far.seed)


def _style(rng: Rng) -> Style:
    """Somebody: small peculiarities about the average person."""
    return Style(
        cadence=float(rng.uniform(0.96, 1.04)),
        amplitude=float(rng.uniform(0.7, 1.15)),
        step_width_m=float(rng.uniform(-0.01, 0.03)),
        trunk_lean_rad=float(rng.uniform(-0.02, 0.03)),
        seed=int(rng.integers(2**31)),
    )


def _far_runner(rng: Rng) -> Style:
    """A runner far from the average: leaning, crouched, with long leaps and with heels thrown up behind."""
    return dataclasses.replace(
        _far_style(rng, 0.08),
        cadence=float(rng.uniform(0.8, 1.05)),
        step_width_m=float(rng.uniform(-0.01, 0.08)),
        trunk_lean_rad=float(rng.uniform(-0.22, 0.2)),
        knee_bend_rad=float(rng.uniform(-0.03, 0.2)),
        toe_out_rad=float(rng.uniform(-0.1, 0.2)),
        surge_m=float(rng.uniform(0.0, 0.008)),
        kick_rad=float(rng.uniform(0.0, 0.75)),
        spring_m=float(rng.uniform(0.0, 0.008)),
        flight=float(rng.uniform(0.0, 0.3)),
    )


def _far_style(rng: Rng, accent_rad: float) -> Style:
    """Somebody far from the average: bent knees, wide or narrow steps, leaning, toes out, quick or slow steps.

    The pelvis goes from nearly still to more lively than the average's in every direction, feet swing from just over
    the ground to well above it: recorded people's do.

    accent_rad: the largest accent. The lean's range has its middle at 5 degrees back: the average's pelvis is tilted
    forward as laboratories measure it, that of most recordings hardly or even backward.
    """
    return Style(
        cadence=float(rng.uniform(0.88, 1.12)),
        amplitude=float(rng.uniform(0.0, 2.4)),
        step_width_m=float(rng.uniform(-0.02, 0.08) if rng.uniform() < 0.5 else rng.uniform(0.08, 0.18)),
        trunk_lean_rad=float(rng.uniform(-0.32, 0.15)),
        knee_bend_rad=float(rng.uniform(0.0, 0.33)),
        toe_out_rad=float(rng.uniform(-0.12, 0.35)),
        accent_rad=float(rng.uniform(0.0, accent_rad)),
        bounce_m=float(rng.uniform(0.0, 0.02)),
        surge_m=float(rng.uniform(0.0, 0.022)),
        nod_rad=float(rng.uniform(0.0, 0.06)),
        kick_rad=float(rng.uniform(0.0, 0.25)),
        clearance_m=float(rng.uniform(0.0, 0.03)),
        sway_m=float(rng.uniform(0.003, 0.008)),
        seed=int(rng.integers(2**31)),
    )


def _between(place: float, low: float, high: float) -> float:
    return low + place * (high - low)


def _side(index: int) -> float:
    return 1.0 if index % 2 else -1.0


def _turn(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Straight, a turn of 60 to 150 degrees, straight."""
    speed, rate = _between(place, 0.55, 1.35), rng.uniform(0.5, 1.15) * _side(index)
    lasts = math.radians(rng.uniform(60.0, 150.0)) / abs(rate)
    segments = (
        Segment(0.0, "walk", speed),
        Segment(1.6, "walk", speed * rng.uniform(0.85, 1.0), 0.0, rate),
        Segment(1.6 + lasts, "walk", speed),
    )
    return GaitSpec(segments, 3.2 + lasts, rng.uniform(), _style(rng), category="turn")


def _corner(place: float, index: int, split: str, rng: Rng) -> GaitSpec:
    """A turn of 40 to 140 degrees within a step or two, as people take a corner; every other time a gentler one."""
    if index % 2:
        return _turn(place, index, split, rng)
    speed, rate = _between(place, 0.55, 1.4), rng.uniform(1.2, 2.4) * _side(index // 2)
    turns, lasts = rng.uniform(0.8, 1.8), math.radians(rng.uniform(40.0, 140.0)) / abs(rate)
    segments = (
        Segment(0.0, "walk", speed),
        Segment(turns, "walk", speed * rng.uniform(0.75, 1.0), 0.0, rate),
        Segment(turns + lasts, "walk", speed * rng.uniform(0.9, 1.1)),
    )
    return GaitSpec(segments, turns + lasts + 1.6, rng.uniform(), _style(rng), rng.uniform(0.6, 1.0), category="turn")


def _circle(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Round and round at a radius of 1 to 3 m."""
    speed = _between(place, 0.6, 1.3)
    rate = speed / rng.uniform(max(1.0, speed / 0.9), 3.0) * _side(index)
    return GaitSpec((Segment(0.0, "walk", speed, 0.0, rate),), 8.0, rng.uniform(), _style(rng), category="circle")


def _run(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Steady running, some with a change of speed."""
    speed = _between(place, 1.85, 3.9)
    later = min(max(speed * (1.0 if index % 3 else rng.uniform(0.85, 1.15)), 1.85), 3.9)
    segments = (Segment(0.0, "run", speed), Segment(2.5, "run", later))
    return GaitSpec(segments, 5.0, rng.uniform(), _style(rng), 1.6, category="run")


def _dash(place: float, index: int, split: str, rng: Rng) -> GaitSpec:
    """Running that gathers speed within a second or two and slows again, every third time on a curve; or steady."""
    if index % 4 == 3:
        return _run(place, index, split, rng)
    begins, fastest, slows = rng.uniform(1.85, 2.7), _between(place, 2.3, 3.9), rng.uniform(0.8, 1.05)
    rate, gathers = rng.uniform(-0.35, 0.35) * (index % 3 == 0), rng.uniform(0.3, 1.8)
    segments = (
        Segment(0.0, "run", begins),
        Segment(gathers, "run", fastest, 0.0, rate),
        Segment(gathers + rng.uniform(1.2, 2.0), "run", float(np.clip(slows * fastest, 1.85, 3.9)), 0.0, rate),
    )
    return GaitSpec(segments, 4.0, rng.uniform(), _style(rng), rng.uniform(1.2, 2.6), category="run")


def _backward(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Walking backward, every other time on a slight curve."""
    rate = rng.uniform(0.1, 0.3) * _side(index // 2) if index % 2 else 0.0
    segments = (Segment(0.0, "walk", -_between(place, 0.35, 1.15), 0.0, rate),)
    return GaitSpec(segments, 6.0, rng.uniform(), _style(rng), category="backward")


def _walk(place: float, index: int, split: str, rng: Rng) -> GaitSpec:
    """Straight ahead; every third with a gentle change of speed."""
    low, high = (0.5, 1.9) if split == "train" else (0.6, 1.8)
    speed = _between(place, low, high)
    segments: tuple[Segment, ...] = (Segment(0.0, "walk", speed),)
    if index % 3 == 2:
        later = min(max(speed + rng.uniform(0.15, 0.4) * (1.0 if speed < 1.2 else -1.0), low), high)
        segments += (Segment(float(rng.uniform(3.5, 6.5)), "walk", later),)
    return GaitSpec(segments, 10.0, rng.uniform(), _style(rng), 2.0, category="walk")


def _stand(place: float, _index: int, _split: str, rng: Rng) -> GaitSpec:
    """Quiet standing, knees from nearly straight to slightly bent, feet closer or wider."""
    style = Style(
        step_width_m=float(rng.uniform(-0.03, 0.06)),
        trunk_lean_rad=float(rng.uniform(-0.03, 0.04)),
        knee_bend_rad=_between(place, 0.0, 0.30),
        sway_m=float(rng.uniform(0.003, 0.008)),
        seed=int(rng.integers(2**31)),
    )
    return GaitSpec((Segment(0.0, "stand"),), 10.0, float(rng.integers(2)) / 2.0, style, category="stand")


def _start_stop(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Stand, walk, stand."""
    segments = (
        Segment(0.0, "stand"),
        Segment(float(rng.uniform(1.0, 2.0)), "walk", _between(place, 0.5, 1.4)),
        Segment(float(rng.uniform(5.0, 6.0)), "stand"),
    )
    return GaitSpec(segments, 8.0, 0.5 * (index % 2), _style(rng), 1.4, category="start_stop")


def _journey(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Stand, walk, every third time run for a while, most often turn, and stop."""
    runs = index % 3 == 2
    walks = _between(place, 0.4, 1.3) if not runs else rng.uniform(1.1, 1.3)
    mode: Mode = "run" if runs else "walk"
    speed = _between(place, 1.9, 2.5) if runs else walks
    leaves, lasts, rate = rng.uniform(0.75, 1.6), rng.uniform(0.8, 2.2), rng.uniform(-1.0, 1.0) * (index % 4 != 0)
    turns = leaves + rng.uniform(1.4, 2.5)
    straight = turns + lasts
    slows = straight + rng.uniform(0.6, 1.6)
    segments = (
        Segment(0.0, "stand"),
        Segment(leaves, "walk", walks),
        Segment(leaves + 0.8, mode, speed),
        Segment(turns, mode, speed * rng.uniform(0.85, 1.0), 0.0, rate),
        Segment(straight, mode, speed),
        Segment(slows, "walk", walks),
        Segment(slows + 0.8, "stand"),
    )
    return GaitSpec(segments, slows + 2.0, 0.5 * (index % 2), blend_s=rng.uniform(1.0, 1.4), category="start_stop")


def _sideways(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Stepping to one side."""
    segments = (Segment(0.0, "walk", 0.0, _between(place, 0.12, 0.34) * _side(index)),)
    return GaitSpec(segments, 6.0, rng.uniform(), _style(rng), category="sideways")


def _turn_in_place(place: float, index: int, _split: str, rng: Rng) -> GaitSpec:
    """Stepping round on the spot."""
    segments = (Segment(0.0, "walk", 0.0, 0.0, _between(place, 0.35, 1.1) * _side(index)),)
    return GaitSpec(segments, 6.0, rng.uniform(), _style(rng), category="turn_in_place")


def _small_steps(place: float, _index: int, _split: str, rng: Rng) -> GaitSpec:
    """Shuffling ahead, from nearly on the spot."""
    segments = (Segment(0.0, "walk", _between(place, 0.05, 0.4)),)
    return GaitSpec(segments, 8.0, rng.uniform(), _style(rng), category="small_steps")


RECIPES: dict[str, Callable[[float, int, str, Rng], GaitSpec]] = {
    "turn": _turn,
    "circle": _circle,
    "run": _run,
    "backward": _backward,
    "walk": _walk,
    "stand": _stand,
    "start_stop": _start_stop,
    "sideways": _sideways,
    "turn_in_place": _turn_in_place,
    "small_steps": _small_steps,
}
_NEAR: dict[str, Callable[[float, int, str, Rng], GaitSpec]] = {
    "walk": _near_walk,
    "turn": _near_turn,
    "run": _near_run,
}
