"""Where the pelvis goes and how the body is held: path, wander, quiet standing and the person's style."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from kinesis.motion.gait import harmonics, leap, running, steady, walking
from kinesis.motion.gait.accent import accent
from kinesis.motion.gait.clock import STOP, step_rate, stride_phase
from kinesis.motion.gait.pattern import PATH_ORDER, Posture, Table, posture, running_table, walking_table
from kinesis.motion.gait.skeleton import Skeleton
from kinesis.motion.gait.spec import GaitSpec, Style, Timeline

EVEN_WALK_S, EVEN_RUN_S = 0.04, 0.06
"""How much an even pace counts against following the foot in walking and running (see `steady`) [s]."""
SIDESTEP_MPS = 0.1
"""From this lateral speed on a person steps sideways (see `balance`)."""
CHANGING_MPS2 = 0.3
"""From this change of speed on the pelvis leads or trails (see `balance`)."""
WIDE_SWAY_PER_M = 8.0
"""How much more the pelvis sways from foot to foot for feet farther apart (ours)."""
_STANCE_SLANT = np.deg2rad(7.0)
"""Thigh and shank from the straight leg in stance: half the knee's flexion there."""


@dataclass(frozen=True)
class Gaits:
    """What is worked out once per skeleton: tables of walking and running and the pelvis's wander in each."""

    skeleton: Skeleton
    walk: Table
    run: Table
    walk_wander: PchipInterpolator
    run_wander: PchipInterpolator


def gaits_of(skeleton: Skeleton) -> Gaits:
    """Tables and wander for a skeleton."""
    walk, run = walking_table(), running_table()
    paces = np.linspace(-0.5, 0.69, 25), np.linspace(0.6, 1.4, 9)
    strides = [
        2.0 / (rate(pace) * skeleton.rate_unit)
        for rate, pace in zip((walking.steps_per_s, running.steps_per_s), paces, strict=True)
    ]
    return Gaits(
        skeleton,
        walk,
        run,
        steady.wander_table(skeleton, walk, paces[0], strides[0], EVEN_WALK_S),
        steady.wander_table(skeleton, run, paces[1], strides[1], EVEN_RUN_S),
    )


@dataclass(frozen=True)
class Course:
    """The motion before the feet are held.

    phase: (frame,) of the right leg [cycle]. timing: (frame, 4), see `Table`. root: (frame, 3, 3) and
    position: (frame, 3) [m], of the root in the world. heading: (frame,) [rad]. stands, runs, changing,
    sidesteps: (frame,) weights of standing, running, a changing speed and of stepping sideways.
    """

    phase: np.ndarray
    timing: np.ndarray
    posture: Posture
    root: np.ndarray
    position: np.ndarray
    heading: np.ndarray
    stands: np.ndarray
    runs: np.ndarray
    changing: np.ndarray
    sidesteps: np.ndarray


def course(asked: Timeline, spec: GaitSpec, gaits: Gaits) -> Course:
    """Lay the course of a spec whose timeline is `asked`."""
    skeleton, phase = gaits.skeleton, stride_phase(asked, spec, gaits.skeleton)
    posed, timing, wander = _moving(asked, spec, gaits, phase)
    wander[:, 2] -= _styled(posed, asked, spec, skeleton)
    wander[:, 1] *= 1.0 + WIDE_SWAY_PER_M * max(spec.style.step_width_m, 0.0)
    if spec.style.accented:
        accent(posed, wander, phase, spec.style, 1.0 - asked.stand, asked.run)
    heading = spec.heading_rad + integral(asked.yaw_rate, asked.time_s)
    if asked.stand.any():
        posed = posed.blend(standing(spec.style, len(phase)), asked.stand)
        wander += asked.stand[:, None] * (_still(asked, spec.style, posed, heading, skeleton) - wander)
    ahead = np.stack([np.cos(heading), np.sin(heading)], -1)
    left = np.stack([-np.sin(heading), np.cos(heading)], -1)
    velocity = asked.forward[:, None] * ahead + asked.lateral[:, None] * left
    path = integral(velocity, asked.time_s) + wander[:, :1] * ahead + wander[:, 1:2] * left
    position = np.concatenate([path, wander[:, 2:]], 1)
    root = skeleton.root_matrix(heading, posed.pelvis)
    sidesteps = np.minimum(np.abs(asked.lateral) / SIDESTEP_MPS, 1.0)
    return Course(phase, timing, posed, root, position, heading, asked.stand, asked.run, _changing(asked), sidesteps)


def _changing(asked: Timeline) -> np.ndarray:
    """1 where the forward speed changes by `CHANGING_MPS2` and more, and for a while before and after (frame,)."""
    rate_hz = 1.0 / (asked.time_s[1] - asked.time_s[0])
    change = np.minimum(np.abs(np.gradient(asked.forward, asked.time_s)) / CHANGING_MPS2, 1.0)
    wide = maximum_filter1d(change, 2 * round(0.4 * rate_hz) + 1, mode="nearest")
    return np.asarray(gaussian_filter1d(wide, 0.15 * rate_hz))


def _moving(asked: Timeline, spec: GaitSpec, gaits: Gaits, phase: np.ndarray) -> tuple[Posture, np.ndarray, np.ndarray]:
    """Posture, timing (frame, 4) and the pelvis's wander (frame, 3) [m] of walking and running.

    A person who takes quicker steps at the same speed moves as others do at the speed where steps are as
    short; a runner with more flight leaps as high as his steps are long. Feet leave the ground as at the speed that is
    meant, also while it fades into standing; where the clock halts, both are down.
    """
    speed = asked.forward / gaits.skeleton.speed_unit
    column = speed * spec.style.cadence ** (-1.0 / walking.LENGTH_EXPONENT)
    meant = column / np.maximum(1.0 - asked.stand, 0.05)
    posed = posture(gaits.walk, column, phase)
    timing = gaits.walk.timing(gaits.walk.clip(meant))
    timing[:, 0] = np.maximum(timing[:, 0], asked.stand * (STOP + 0.505))
    wander = _wander(gaits.walk, gaits.walk_wander, column, phase)
    if asked.run.any():
        weight = asked.run[:, None]
        runs, leaves, leaps = _running(asked, spec, gaits, phase)
        posed = posed.blend(runs, asked.run)
        timing = timing + weight * (leaves - timing)
        wander = wander + weight * (leaps - wander)
    return posed, timing, wander


def _running(
    asked: Timeline, spec: GaitSpec, gaits: Gaits, phase: np.ndarray
) -> tuple[Posture, np.ndarray, np.ndarray]:
    """As `_moving`, of running alone. A shorter stance has its middle where the average's has it."""
    speed = asked.forward / gaits.skeleton.speed_unit
    timing = gaits.run.timing(gaits.run.clip(speed))
    if not spec.style.flight:
        return posture(gaits.run, speed, phase), timing, _wander(gaits.run, gaits.run_wander, speed, phase)
    shorter = leap.shortened(timing, spec.style)
    place = phase + 0.5 * (timing[:, 0] - shorter[:, 0])
    wander = _wander(gaits.run, gaits.run_wander, speed, place)
    usual_s = 1.0 / (running.steps_per_s(np.abs(speed)) * gaits.skeleton.rate_unit)
    step_s = 1.0 / step_rate(asked, spec, gaits.skeleton)
    wander[:, 2] += leap.rise(phase, shorter[:, 0], step_s) - leap.rise(place, timing[:, 0], usual_s)
    return posture(gaits.run, speed, place), shorter, wander


def _wander(table: Table, coefficients: PchipInterpolator, speed: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Forward, left and up (frame, 3) [m]."""
    return np.einsum("fhk,fh->fk", coefficients(table.clip(speed)), harmonics.basis(phase, PATH_ORDER))


def _styled(posed: Posture, asked: Timeline, spec: GaitSpec, skeleton: Skeleton) -> np.ndarray:
    """Apply the style and the wide stance of side-stepping to a posture, in place.

    Returns how far the root goes down for it (frame,) [m].
    """
    style = spec.style
    width = style.step_width_m + 0.7 * np.abs(asked.lateral) / step_rate(asked, spec, skeleton)
    spread = 0.5 * width / skeleton.leg_m
    bend = style.knee_bend_rad
    posed.legs[..., 1] -= spread
    posed.legs[..., 0] += style.trunk_lean_rad + 0.5 * bend
    posed.legs[..., 2] -= style.toe_out_rad
    posed.legs[..., 3] += bend
    posed.legs[..., 4] += 0.5 * bend
    posed.pelvis[:, 0] += style.trunk_lean_rad
    posed.pelvis[:, 1:] *= style.amplitude
    return skeleton.leg_m * (1.0 - np.cos(spread) * np.cos(0.5 * bend + _STANCE_SLANT) / np.cos(_STANCE_SLANT))


def standing(style: Style, frames: int) -> Posture:
    """Quiet standing: soles flat, toes a little out, knees as the style says."""
    tilt, knee = np.deg2rad(6.0) + style.trunk_lean_rad, np.deg2rad(6.0) + style.knee_bend_rad
    spread = 0.5 * style.step_width_m / 0.87 + np.deg2rad(0.5)
    leg = np.array([tilt + 0.5 * knee, -spread, np.deg2rad(-6.0) - style.toe_out_rad, knee, 0.5 * knee, 0.0])
    return Posture(np.tile(leg, (2, frames, 1)), np.tile([tilt, 0.0, 0.0], (frames, 1)))


def _still(asked: Timeline, style: Style, posed: Posture, heading: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Wander (frame, 3) [m] of quiet standing: slow sway, and the height that puts both soles down."""
    root = skeleton.root_matrix(heading, posed.pelvis)
    out = np.zeros((len(root), 3))
    out[:, :2] = sway(asked.time_s, style.sway_m, style.seed)
    for side in range(2):
        foot = skeleton.chains[side].forward(posed.legs[side], root)
        drop, _ = skeleton.soles[side].drop_and_roll(foot.matrix, np.zeros(len(root)))
        out[:, 2] += 0.5 * (drop - foot.origin[:, 2])
    return out


def sway(time_s: np.ndarray, amplitude_m: float, seed: int) -> np.ndarray:
    """Wander of the pelvis in quiet standing, forward and left (frame, 2) [m].

    Slow sinusoids of 0.1 to 0.8 Hz whose size falls with frequency, as the centre of pressure's does
    (Winter 1995, Gait Posture 3:193).
    """
    rng = np.random.default_rng(seed)
    hertz = np.array([0.13, 0.29, 0.47, 0.71])[:, None] * rng.uniform(0.85, 1.15, (4, 2))
    size = amplitude_m * np.array([0.6, 0.35, 0.2, 0.1])[:, None] * [1.0, 0.6]
    turns = hertz * time_s[:, None, None] + rng.uniform(0.0, 1.0, (4, 2))
    return (size * np.sin(2.0 * np.pi * turns)).sum(1)


def integral(values: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Trapezoidal integral along frames, zero at time 0. (frame, ...) → (frame, ...)."""
    steps = 0.5 * (values[1:] + values[:-1]) * (time_s[1] - time_s[0])
    total = np.concatenate([np.zeros_like(values[:1]), np.cumsum(steps, axis=0)])
    return total - total[np.abs(time_s).argmin()]
