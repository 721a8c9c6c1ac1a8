"""Making a recording sound: metres, z up, right-handed, without gaps; refused where it is no standing person."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from kinesis.errors import KinesisError
from kinesis.motion.points import LEG_POINTS, Points

NEEDED = tuple(f"{point}_{side}" for side in "rl" for point in LEG_POINTS)
UNITS_M = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001, "inches": 0.0254}
LEG_M = (0.5, 1.15)
"""Thigh and shank together of people, from a child of six to the tallest; tells the units above apart."""
LONGEST_GAP_S = 0.25
LONGEST_S = 7200.0
FASTEST_MPS = 15.0

_RATIOS = {"shank by thigh": (0.6, 1.7), "foot by leg": (0.06, 0.5), "distance of the hips by leg": (0.06, 0.6)}
_UNSTEADY = 0.12
_UPRIGHT = 0.6
_FARTHEST = 1e7


def made_sound(points: Points) -> tuple[Points, bool]:
    """The recording in metres, z up and right-handed, with every leg point in every frame.

    Short gaps are filled, frames at the ends in which a leg point is missing are cut off, and other points
    with long gaps are left out. A left-handed recording, in which the feet point backward, is mirrored.

    Returns:
        The recording, and whether it was mirrored.

    Raises:
        KinesisError: if points are missing, the recording is too short or too long, gaps are long, or this is
            not the upright, human-sized, rigid-boned person that the body can follow.
    """
    _check_shape(points)
    points = _without_gaps(points)
    position = points.position
    leg = sum(_length(points, *pair).mean() for side in "rl" for pair in _bones(side)[:2]) / 2.0
    position = position * _unit(points, float(leg))
    position = _z_up(position, _up(points, position))
    out = dataclasses.replace(points, position=position, unit_m=1.0, up=2)
    _check_person(out)
    mirrored = faces_backward(out)
    if mirrored:
        out = dataclasses.replace(out, position=position * np.array([1.0, -1.0, 1.0]))
    return out, mirrored


def _bones(side: str) -> list[tuple[str, str]]:
    points = [f"{point}_{side}" for point in LEG_POINTS]
    return list(pairwise(points))


def _length(points: Points, start: str, end: str) -> np.ndarray:
    """(frame,) distance between two points."""
    return np.linalg.norm(points.of(end) - points.of(start), axis=-1)


def _check_shape(points: Points) -> None:
    if missing := [name for name in NEEDED if name not in points.names]:
        raise KinesisError(
            "points of the legs are missing", where=points.name, got=", ".join(points.names), hint=", ".join(missing)
        )
    shape = (points.frames, len(points.names), 3)
    if points.position.shape != shape:
        raise KinesisError("not positions", where=points.name, got=points.position.shape, expected=shape)
    if not (np.isfinite(points.rate_hz) and 1.0 <= points.rate_hz <= 10_000.0):
        raise KinesisError("not a rate", where=points.name, got=f"{points.rate_hz} Hz", expected="1 to 10000 Hz")
    if points.frames < 3:
        raise KinesisError("the recording is too short", where=points.name, got=points.frames, expected="3 frames")
    if (seconds := points.frames / points.rate_hz) > LONGEST_S:
        raise KinesisError(
            "the recording is too long", where=points.name, got=f"{seconds:.0f} s", expected=f"{LONGEST_S:.0f} s"
        )


def _without_gaps(points: Points) -> Points:
    """Ends without the legs cut off, short gaps filled, points other than the legs' left out if need be."""
    names, position = points.names, np.array(points.position, dtype=np.float64)
    seen = np.asarray((np.abs(np.nan_to_num(position, nan=np.inf)) < _FARTHEST).all(-1))
    legs = [names.index(name) for name in NEEDED]
    whole = np.flatnonzero(seen[:, legs].all(1))
    if len(whole) < 3:
        unseen = names[legs[int(seen[:, legs].sum(0).argmin())]]
        raise KinesisError(
            "no 3 frames show both legs whole", where=points.name, got=len(whole), hint=f"{unseen} is seen least"
        )
    span = slice(whole[0], whole[-1] + 1)
    position, seen = position[span], seen[span]
    most = LONGEST_GAP_S * points.rate_hz
    gaps = {name: _longest_gap(seen[:, i]) for i, name in enumerate(names)}
    worst = max(NEEDED, key=lambda name: gaps[name])
    if gaps[worst] > most:
        raise KinesisError(
            f"{worst} is not seen for long",
            where=points.name,
            got=f"{gaps[worst] / points.rate_hz:.2f} s",
            expected=f"{LONGEST_GAP_S} s at the most",
        )
    chosen = [i for i, name in enumerate(names) if gaps[name] <= most and seen[[0, -1], i].all()]
    for i in chosen:
        if not seen[:, i].all():
            _fill(position[:, i], seen[:, i])
    return dataclasses.replace(
        points,
        names=tuple(names[i] for i in chosen),
        position=position[:, chosen],
        parents=tuple(_parent(points.parents, i, chosen) for i in chosen),
    )


def _parent(parents: tuple[int, ...], point: int, chosen: list[int]) -> int:
    """Place among the chosen points of the nearest one that a point hangs on; -1 for none."""
    up = parents[point]
    while up >= 0 and up not in chosen:
        up = parents[up]
    return chosen.index(up) if up >= 0 else -1


def _longest_gap(seen: np.ndarray) -> int:
    """Frames of the longest run in which seen (frame,) is false."""
    edges = np.flatnonzero(np.concatenate([[True], seen, [True]]))
    return int(np.diff(edges).max()) - 1


def _fill(track: np.ndarray, seen: np.ndarray) -> None:
    """Fill the unseen frames of a track (frame, 3) in place, without overshoot (Fritsch and Carlson 1980)."""
    frames = np.arange(len(seen))
    track[~seen] = PchipInterpolator(frames[seen], track[seen])(frames[~seen])


def _unit(points: Points, leg: float) -> float:
    """Metres in a unit of the recording, in which thigh and shank together measure `leg`."""
    if points.unit_m is not None:
        if not LEG_M[0] <= leg * points.unit_m <= LEG_M[1]:
            raise _not_human(points, f"{leg * points.unit_m:.3g} m")
        return points.unit_m
    for metres in UNITS_M.values():
        if LEG_M[0] <= leg * metres <= LEG_M[1]:
            return metres
    raise _not_human(points, f"{leg:.4g}, in none of {', '.join(UNITS_M)}")


def _not_human(points: Points, got: str) -> KinesisError:
    return KinesisError(
        "thigh and shank are not as long as a person's",
        where=points.name,
        got=got,
        expected=f"{LEG_M[0]} to {LEG_M[1]} m together",
    )


def _up(points: Points, position: np.ndarray) -> np.ndarray:
    """(3,) unit vector that points up: as stated, else the axis along which hips are farthest from ankles."""
    hips, ankles = (
        0.5 * sum(position[:, points.names.index(f"{p}_{side}")] for side in "rl") for p in ("hip", "ankle")
    )
    along = hips - ankles
    mean = (along / np.linalg.norm(along, axis=-1, keepdims=True)).mean(0)
    up = np.zeros(3)
    if points.up is None:
        axis = int(np.abs(mean).argmax())
        up[axis] = np.sign(mean[axis])
    else:
        up[points.up] = 1.0
    if mean @ up < _UPRIGHT:
        raise KinesisError(
            "the person is not upright",
            where=points.name,
            got=f"legs {np.rad2deg(np.arccos(np.clip(mean @ up, -1.0, 1.0))):.0f}° off the vertical",
            expected=f"{np.rad2deg(np.arccos(_UPRIGHT)):.0f}° at the most, over all frames",
        )
    return up


def _z_up(position: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Positions (..., 3) with their axes turned, never mirrored, so that `up` becomes z."""
    axis = int(np.abs(up).argmax())
    turned = np.roll(position, 2 - axis, axis=-1)
    return turned * np.array([1.0, -1.0, -1.0]) if up[axis] < 0.0 else turned


def _check_person(points: Points) -> None:
    """Refuse bones that change their length, proportions that no person has, and speeds that no person reaches."""
    thigh, shank, foot = (
        np.stack([_length(points, *_bones(side)[bone]) for side in "rl"], axis=1) for bone in range(3)
    )
    hips = _length(points, "hip_r", "hip_l")
    leg = float(np.median(thigh) + np.median(shank))
    for bone, length in (("thigh", thigh), ("shank", shank), ("foot", foot)):
        spread = float(np.median(np.abs(length - np.median(length, axis=0)), axis=0).max())
        if spread > _UNSTEADY * leg / 2.0:
            raise KinesisError(
                f"the length of the {bone} changes as no bone's does",
                where=points.name,
                got=f"{1000.0 * spread:.0f} mm in the middle",
                expected=f"{500.0 * _UNSTEADY * leg:.0f} mm at the most",
            )
    found = (np.median(shank) / np.median(thigh), np.median(foot) / leg, np.median(hips) / leg)
    for (what, (least, most)), ratio in zip(_RATIOS.items(), found, strict=True):
        if not least <= ratio <= most:
            raise KinesisError(
                "the proportions are not a person's",
                where=points.name,
                got=f"{what} {ratio:.2f}",
                expected=f"{least} to {most}",
            )
    middle = 0.5 * (points.of("hip_r") + points.of("hip_l"))
    speed = float(np.median(np.linalg.norm(np.diff(middle, axis=0), axis=-1))) * points.rate_hz
    if speed > FASTEST_MPS:
        raise KinesisError(
            "the person moves faster than people do",
            where=points.name,
            got=f"{speed:.3g} m/s",
            expected=f"{FASTEST_MPS} m/s at the most",
            hint="is the rate right",
        )


def faces_backward(points: Points) -> bool:
    """Whether knees and feet point backward, seen from above, by where the right and the left hip are.

    points: in metres, z up. Knees bend forward, and feet that are low point forward; the foot of a swinging
    leg may point anywhere.
    """
    across = points.of("hip_r") - points.of("hip_l")
    ahead = np.stack([-across[:, 1], across[:, 0]], axis=-1)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True) + 1e-9
    total = 0.0
    for side in "rl":
        hip, knee, ankle, toe = (points.of(f"{point}_{side}") for point in LEG_POINTS)
        low = ankle[:, 2] <= np.median(ankle[:, 2])
        total += float(((toe - ankle)[:, :2] * ahead).sum(-1)[low].mean())
        total += float(((knee - 0.5 * (hip + ankle))[:, :2] * ahead).sum(-1).mean())
    return total < 0.0
