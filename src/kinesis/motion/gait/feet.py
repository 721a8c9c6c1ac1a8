"""Feet on the ground: nominal foot motion held still while loaded, carried smoothly from step to step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesis.motion.gait.legs import FootPose
from kinesis.motion.gait.pattern import toe_angle
from kinesis.motion.gait.skeleton import Skeleton
from kinesis.motion.gait.spec import smooth_step

Shares = tuple[tuple[float, float], tuple[float, float]]
HOLD = ((0.03, 0.17), (0.84, 0.96))
"""Shares of the swing between which a foot lets go of its last footprint, and settles on the next: place.

Later and earlier than in height, so that it does not move while it touches the ground.
"""
HOLD_HEIGHT = ((0.0, 0.10), (0.92, 1.0))
"""The same for the height of the sole."""
HOLD_TURN = ((0.0, 0.5), (0.5, 1.0))
"""The same for its yaw and roll."""
RUNNING_HURRY = 0.4
"""Factor on the shares of `HOLD` and the like in running: the pelvis goes on too fast for a leg that lingers."""
SETTLED = 0.08
"""Phase after touch-down by which a foot is where its footprint is, even if the leg was too short before."""
RISE = 0.15
"""Width of the smooth change out of foot flat [cycle]."""
CARRIED = 0.2
"""Share of a footprint's drift against the nominal foot that is carried on into the swing."""
LIFT = (0.2, 0.35)
"""Shares of the swing over which the sole gets to its least height, and over which it comes down again."""


@dataclass(frozen=True)
class Contact:
    """When one foot is held, from its phase.

    Each is (frame,). step: index of the step whose stance or following swing this is, from 0. swing: share
    of the swing that has passed, 0 in stance. flat: weight of the sole lying flat. loaded: weight of the
    foot's say in how the pelvis moves on; borne: in how high it is, at once from touch-down. free: weight of
    the leg's length over the footprint, 1 in swing, gone soon after touch-down. chosen: weight of a frame in
    where the footprint is, by progress of the phase, or by time where the motion starts from standing.
    hurry: factor on the shares of the swing over which it is let go of and settles. passed: share of the stance
    that has passed.
    """

    step: np.ndarray
    swing: np.ndarray
    flat: np.ndarray
    loaded: np.ndarray
    borne: np.ndarray
    free: np.ndarray
    chosen: np.ndarray
    hurry: np.ndarray
    passed: np.ndarray

    def hold(self, shares: Shares) -> tuple[np.ndarray, np.ndarray]:
        """Weights (frame,) of the last footprint and of the next one, for shares as in `HOLD`."""
        (loose, off), (near, on) = shares
        past, left = self.swing / self.hurry, (1.0 - self.swing) / self.hurry
        leaving = smooth_step((past - loose) / (off - loose))
        return 1.0 - leaving, smooth_step((1.0 - near - left) / (on - near))


def contact(phase: np.ndarray, timing: np.ndarray) -> Contact:
    """Contact of a foot with unwrapped phase (frame,) [cycle]; timing (frame, 3 or more): see `Table`."""
    count = np.floor(phase)
    part, toe_off, flat_from, flat_until = phase - count, *timing[:, :3].T
    swing = np.clip((part - toe_off) / (1.0 - toe_off), 0.0, 1.0)
    overlap = np.maximum(np.abs(toe_off - 0.5), 0.06)
    loaded = smooth_step(part / overlap) * (1.0 - smooth_step((part - toe_off + overlap) / overlap))
    progress = np.gradient(phase)
    at_rest = (count == count[0]) & (progress[0] < 1e-9)
    return Contact(
        step=(count - count[0]).astype(int),
        passed=np.clip(part / toe_off, 0.0, 1.0),
        swing=swing,
        flat=smooth_step(part / flat_from) * (1.0 - smooth_step((part - flat_until) / RISE)),
        loaded=loaded,
        free=np.where(swing > 0.0, smooth_step(swing / HOLD_HEIGHT[0][1]), 1.0 - smooth_step(part / SETTLED)),
        chosen=np.where(at_rest, progress < 1e-9, loaded * progress),
        borne=np.where(toe_off < 0.5, loaded, _borne(part, toe_off, overlap)),
        hurry=1.0 - (1.0 - RUNNING_HURRY) * smooth_step((0.55 - toe_off) / 0.1),
    )


def _borne(part: np.ndarray, toe_off: np.ndarray, overlap: np.ndarray) -> np.ndarray:
    leaving = 1.0 - smooth_step((part - toe_off + 0.7 * overlap) / overlap)
    return smooth_step(0.5 + part / overlap) * leaving + smooth_step(0.5 + (part - 1.0) / overlap)


def flattened(angles: np.ndarray, touch: Contact) -> np.ndarray:
    """Foot angles (frame, 3) with pitch taken out where the foot lies flat, roll wherever it is held."""
    out = angles.copy()
    out[:, 1] *= 1.0 - touch.flat
    out[:, 2] *= 1.0 - sum(touch.hold(HOLD_TURN))
    return out


def planted(
    nominal: FootPose, touch: Contact, skeleton: Skeleton, side: int, clearance_m: float
) -> tuple[FootPose, np.ndarray]:
    """Where a foot goes when its nominal world pose (frame) is held to footprints during stance.

    clearance_m: least height of the sole in mid-swing.

    Returns its pose in the world and the mtp angle (frame,) [rad].
    """
    angles = flattened(skeleton.foot_angles(nominal.matrix, side), touch)
    yaw = np.unwrap(angles[:, 0])[:, None]
    angles[:, 0] = _held(yaw, np.zeros_like(yaw), touch, HOLD_TURN)[:, 0]
    matrix = skeleton.foot_matrix(angles, side)
    mtp = toe_angle(angles[:, 1])
    drop, travel = skeleton.soles[side].drop_and_roll(matrix, mtp)
    level = _held(nominal.origin[:, 2:], drop[:, None], touch, HOLD_HEIGHT, grounded=True)
    origin = np.concatenate([_held(nominal.origin[:, :2], travel, touch, HOLD), level], 1)
    origin[:, 2] = drop + _lifted(origin[:, 2] - drop, touch.swing, clearance_m)
    return FootPose(origin, matrix), mtp


def _lifted(height: np.ndarray, swing: np.ndarray, clearance_m: float) -> np.ndarray:
    """Height of the sole (frame,) [m] raised smoothly to at least clearance_m in mid-swing, 0 in stance."""
    up, down = np.clip(swing / LIFT[0], 0.0, 1.0), np.clip((1.0 - swing) / LIFT[1], 0.0, 1.0)
    bump = up**3 * (10.0 - 15.0 * up + 6.0 * up**2) * down**3 * (10.0 - 15.0 * down + 6.0 * down**2)
    least, blur = clearance_m * bump, 0.004 * bump + 1e-5
    return np.where(swing > 0.0, least + blur * np.logaddexp(0.0, (height - least) / blur), 0.0)


def _held(
    nominal: np.ndarray,
    travel: np.ndarray,
    touch: Contact,
    shares: Shares,
    grounded: bool = False,
) -> np.ndarray:
    """Follow travel from an anchor in every stance; between stances nominal, corrected so that both ends fit.

    nominal, travel: (frame, k). grounded: anchors are zero instead of where nominal would be on average.
    """
    steps = touch.step[-1] + 2
    gap = nominal - travel
    anchors = np.zeros((steps, nominal.shape[1]))
    if not grounded:
        total = np.bincount(touch.step, touch.chosen, steps)
        for k in range(nominal.shape[1]):
            anchors[:, k] = np.bincount(touch.step, touch.chosen * gap[:, k], steps) / np.maximum(total, 1e-9)
        anchors[total < 1e-9] = anchors[np.flatnonzero(total >= 1e-9)[-1]]
    here, there = anchors[touch.step] - gap, anchors[touch.step + 1] - gap
    last, following = (weight[:, None] for weight in touch.hold(shares))
    return nominal + last * here + following * there + (1.0 - last - following) * _bridge(here, there, touch)


def _bridge(here: np.ndarray, there: np.ndarray, touch: Contact) -> np.ndarray:
    """Cubic through every swing, from `here` at its start to `there` at its end, with a share of their slopes.

    Full slopes would carry a foot past where the leg reaches.
    """
    out = np.zeros_like(here)
    airborne = np.flatnonzero(touch.swing > 0.0)
    for frames in np.split(airborne, np.flatnonzero(np.diff(touch.step[airborne])) + 1):
        if len(frames) < 3:
            continue
        s = touch.swing[frames][:, None]
        start, slope = _edge(here[frames[:2]], s[:2], 0.0)
        end, slope_there = _edge(there[frames[-2:]], s[-2:], 1.0)
        out[frames] = (
            (1.0 + 2.0 * s) * (1.0 - s) ** 2 * start
            + s * (1.0 - s) ** 2 * CARRIED * slope
            + s**2 * (3.0 - 2.0 * s) * end
            - s**2 * (1.0 - s) * CARRIED * slope_there
        )
    return out


def _edge(values: np.ndarray, at: np.ndarray, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope (k,) where the line through two values (2, k) at `at` (2, 1) meets `edge`."""
    slope = (values[1] - values[0]) / (at[1] - at[0])
    return values[0] + (edge - at[0]) * slope, slope
