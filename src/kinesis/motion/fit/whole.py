"""Fit: from the points of a recorded person to a Clip of a Body that does the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from kinesis import rotations
from kinesis.body import Body, Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.fit.clearance import clear_of_ground
from kinesis.motion.fit.limb import ANKLE, EDGE, TOE, Limb, limbs_of, pose
from kinesis.motion.fit.pelvis import pelvis_frames, root_matrices
from kinesis.motion.fit.scaled import ScaledLeg, eased, scaled_legs, without_torsion
from kinesis.motion.fit.solve import Aim, solve_again, solve_leg
from kinesis.motion.fit.sound import made_sound
from kinesis.motion.gait.legs import SOLVED
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.points import Points
from kinesis.motion.readers.description import describe, start_along_x
from kinesis.motion.readers.footing import place, treadmill_labels
from kinesis.motion.readers.resample import Resampled, resample
from kinesis.motion.readers.toes import bend_toes
from kinesis.motion.residuals import reduced

SLACK_NM = 200.0
"""Residual of a recording that is left as it is: built-in motions have up to that, recorded walks 93 to 227."""

_FOOT_SHARE = 0.05


class Fit(NamedTuple):
    """A clip, how far it is from its source, and the source.

    errors_m: (frame, 8) distance of hip, knee, ankle and toe, right then left, from the recorded legs
    scaled to this body; None where the source was no points. source: all recorded points at the clip's
    frames, brought to this body (see `beside`); None likewise.
    """

    clip: Clip
    errors_m: np.ndarray | None = None
    source: Points | None = None


def fit(points: Points, kinematics: Kinematics, *, rate_hz: float = 50.0) -> Fit:
    """Bring recorded points onto the body of `kinematics`.

    The recording is made sound (see `made_sound`), resampled, and rebuilt from the hips down on this body's
    segments (see `scaled_legs`); the angles follow by inverse kinematics within the joints' limits. The toes
    bend over the ground, the root is placed so that the feet stand (see `footing`), feet that would drag through the
    ground as they swing are raised (see `clearance`), and where the ground could by no means bear the motion, as in
    most runs, the pelvis is led by a centimetre or two (see `residuals`).

    Returns:
        The clip at `rate_hz`, starting at the origin along +x, and the fit's errors. Labels besides those of
        `describe`: `treadmill`, `belt_speed_mps`, `scale` (of the travel), `source_rate_hz`, `lowpass_hz`,
        `mirrored` (1 for a recording that was left-handed), `slip_mps`, `led_mm` (by how much the pelvis was led on
        average), `fit_mm` and `fit_mm_p95`.

    Raises:
        KinesisError: why the recording cannot be followed.
    """
    points, mirrored = made_sound(points)
    points, even = _resampled(points, rate_hz)
    limbs = limbs_of(skeleton_of(kinematics.body))
    frames = pelvis_frames(points)
    legs = scaled_legs(points, frames, limbs)
    qpos, aimed = _postures(kinematics.body, limbs, frames, legs, rate_hz)
    scale = _leg_scale(points, legs)
    qpos[:, :3] = _root(points, frames, limbs, scale)
    recorded = qpos[:, :7].copy()
    qpos = _on_the_ground(kinematics, bend_toes(kinematics, start_along_x(qpos, rate_hz), rate_hz))
    try:
        footing = place(kinematics, qpos, rate_hz, travel=True, height=True)
    except KinesisError as error:
        raise KinesisError(str(error), where=points.name) from None
    standing = clear_of_ground(kinematics, footing.qpos, rate_hz)
    clip = partial(
        make_clip, kinematics, rate_hz=rate_hz, name=points.name, source=points.source, licence=points.licence
    )
    carried = reduced(kinematics, clip(qpos=standing), SLACK_NM).qpos
    led_m = float(np.linalg.norm((carried - standing)[:, :2], axis=1).mean())
    qpos = start_along_x(carried, rate_hz)
    errors = _errors(qpos[:, kinematics.body.joint_qpos], limbs, frames, aimed)
    labels = dict(points.labels) | describe(qpos, rate_hz, footing.gap_m) | treadmill_labels(footing)
    labels |= {
        "scale": round(scale * footing.scale, 4),
        "source_rate_hz": round(even.source_rate_hz, 3),
        "lowpass_hz": even.lowpass_hz,
        "mirrored": float(mirrored),
        "slip_mps": round(footing.slip_mps, 4),
        "led_mm": round(1000.0 * led_m, 2),
        "fit_mm": round(1000.0 * float(errors.mean()), 2),
        "fit_mm_p95": round(1000.0 * float(np.quantile(errors, 0.95)), 2),
    }
    return Fit(clip(qpos=qpos, labels=labels), errors, beside(points, scale, recorded, qpos[:, :7]))


def beside(points: Points, scale: float, recorded: np.ndarray, placed: np.ndarray) -> Points:
    """The recording in a clip's world: all of it `scale` times as large, turned as the clip is, hips on its hips.

    So it shows the person's own proportions. It goes where the clip goes, also where footing has led that
    another way than was recorded, as on a treadmill.

    recorded, placed: (frame, 7) position [m] and orientation of the root before and after it was placed.
    """
    turn = rotations.multiply(placed[:1, 3:], rotations.conjugate(recorded[:1, 3:]))
    position = rotations.rotate(turn[:, None], scale * points.position - recorded[:, None, :3])
    return dataclasses.replace(points, position=position + placed[:, None, :3])


def _resampled(points: Points, rate_hz: float) -> tuple[Points, Resampled]:
    """The points at another rate, and what was done to bring them there."""
    even = resample(
        np.arange(points.frames) / points.rate_hz,
        points.position.reshape(points.frames, -1),
        rate_hz,
        angles=None,
        where=points.name,
    )
    position = even.values.reshape(len(even.values), -1, 3)
    return dataclasses.replace(points, position=position, rate_hz=rate_hz), even


def _postures(
    body: Body, limbs: tuple[Limb, Limb], frames: np.ndarray, legs: Sequence[ScaledLeg], rate_hz: float
) -> tuple[np.ndarray, list[ScaledLeg]]:
    """qpos (frame, nq) with the root at the origin, and the legs that it was fitted to."""
    root = root_matrices(frames)
    qpos = np.tile(body.standing_qpos(), (len(frames), 1))
    qpos[:, 3:7] = rotations.from_matrix(root)
    aims = [_aim(limb, leg, frames) for limb, leg in zip(limbs, legs, strict=True)]
    starts = [solve_leg(limb, aim) for limb, aim in zip(limbs, aims, strict=True)]
    legs = without_torsion(legs, [_straight_foot(*leg) for leg in zip(limbs, starts, aims, strict=True)])
    for number, (limb, leg, start) in enumerate(zip(limbs, legs, starts, strict=True)):
        angles = solve_again(limb, _aim(limb, leg, frames), start, rate_hz)
        qpos[:, body.joint_qpos[7 * number : 7 * number + SOLVED]] = angles
    return qpos, legs


def _errors(joints: np.ndarray, limbs: tuple[Limb, Limb], frames: np.ndarray, legs: Sequence[ScaledLeg]) -> np.ndarray:
    """Distance (frame, 8) of hips, knees, ankles and toes at joint angles (frame, 14) from the legs."""
    errors, root = np.zeros((len(frames), 2, 4)), root_matrices(frames)
    for number, (limb, leg) in enumerate(zip(limbs, legs, strict=True)):
        reached = pose(limb, joints[:, 7 * number : 7 * number + SOLVED], root).points[:, :EDGE]
        errors[:, number, 1:] = np.linalg.norm(reached - leg.joints[:, 1:], axis=-1)
    return errors.reshape(len(frames), 8)


def _aim(limb: Limb, leg: ScaledLeg, frames: np.ndarray) -> Aim:
    joints = eased(leg, frames[..., 1], limb.chain.limits[3])
    return Aim(root_matrices(frames), joints, leg.lateral, leg.grounded)


def _straight_foot(limb: Limb, angles: np.ndarray, aim: Aim) -> np.ndarray:
    """(frame, 3) from ankle to toe with the subtalar joint at zero."""
    angles = angles.copy()
    angles[:, SOLVED - 1] = 0.0
    points = pose(limb, angles, aim.root).points
    return points[:, TOE] - points[:, ANKLE]


def _leg_scale(points: Points, legs: tuple[ScaledLeg, ScaledLeg]) -> float:
    """Thigh and shank of this body over the recorded ones."""
    here = sum(np.linalg.norm(np.diff(leg.joints[:, :3], axis=1), axis=-1).sum(1).mean() for leg in legs)
    there = sum(
        np.linalg.norm(points.of(f"{b}_{side}") - points.of(f"{a}_{side}"), axis=-1).mean()
        for side in "rl"
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    )
    return float(here / there)


def _root(points: Points, frames: np.ndarray, limbs: tuple[Limb, Limb], scale: float) -> np.ndarray:
    """(frame, 3) root positions that put the middle of the hips where it was, all lengths times `scale`."""
    root = root_matrices(frames)
    middle = 0.5 * (points.of("hip_r") + points.of("hip_l"))
    return scale * middle - 0.5 * (limbs[0].chain.hip(root) + limbs[1].chain.hip(root))


def _on_the_ground(kinematics: Kinematics, qpos: np.ndarray) -> np.ndarray:
    """A copy of qpos (frame, nq) at the height at which its lowest soles, but for a few frames, are at z = 0."""
    lowest = kinematics.sole_heights(qpos).min((1, 2))
    out = qpos.copy()
    out[:, 2] -= np.quantile(lowest, _FOOT_SHARE)
    return out
