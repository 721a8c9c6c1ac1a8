"""Residual reduction: a motion led by so much that the ground can bear it.

No force on the soles turns the body as a recording of somebody else asks: he had arms and a spine, this trunk is rigid.
What is left over, the residual (as in OpenSim's algorithm of this name: Delp et al. 2007, IEEE Trans Biomed Eng
54:1940), is a moment of some 500 N·m in recorded runs, where built-in ones have up to 200; whoever follows such a
motion falls over a standing foot. The pelvis is moved along the ground, by a centimetre or two, until that moment is
gone; the feet stay where they are, by inverse kinematics of the legs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import solveh_banded

from kinesis import rotations
from kinesis.body import Body, Kinematics
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.gait.legs import SOLVED, FootPose
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.ground import ground_of, wrench_of

MOMENT_NM, MOVED_M, SPEEDED_MPS2 = 60.0, 0.04, 15.0
"""Residual, path and acceleration of the pelvis that cost alike."""
CARRIED = 0.8
"""Share of the body that goes where the pelvis goes while the feet stay."""
ROUNDS = 3
_IK_STEPS, _IK_DAMPING = 4, 1e-3
_MARGIN_RAD = 0.02
"""A foot rather rolls a little with its leg than that a joint comes nearer to its end than this."""
_ENDS, _SHORTEST = 4, 10


class Residual(NamedTuple):
    """What is left over of a clip once the ground does its part (see `ground_of`).

    moment: (frame, 2) level, world [N·m]; lift: (frame,) that the ground bears [N].
    """

    moment: np.ndarray
    lift: np.ndarray

    @property
    def size_nm(self) -> float:
        """Root of the mean squared moment [N·m], without the ends, whose accelerations are guesses."""
        return float(np.sqrt(np.square(self.moment[_ENDS:-_ENDS]).sum(1).mean()))


def residual_of(body: Body, clip: Clip) -> Residual:
    """See `Residual`; for clips of ten frames or more."""
    wrench = wrench_of(body, clip)
    ground = ground_of(body, clip, wrench)
    force, moment = wrench
    lift = ground.force[..., 2]
    borne = lift.sum(1, keepdims=True)
    centre = (ground.centre[..., :2] * lift[..., None]).sum(1) / np.maximum(borne, 1.0)
    centre = np.where(borne > 1.0, centre, clip.qpos[:, :2])
    return Residual(moment[:, :2] + force[:, 2:] * centre[:, ::-1] * [-1.0, 1.0], np.maximum(force[:, 2], 0.0))


def reduced(kinematics: Kinematics, clip: Clip, slack_nm: float = 0.0) -> Clip:
    """The clip with its pelvis moved over the ground, feet kept, so that little is left over.

    slack_nm: a residual that may stay [N·m]; of that much nothing is taken, of twice that three quarters.
    """
    if clip.frames < _SHORTEST:
        return clip
    left, moved, path = residual_of(kinematics.body, clip), clip, np.zeros((clip.frames, 2))
    share = 1.0 - min(1.0, slack_nm / max(left.size_nm, 1e-9)) ** 2
    for number in range(ROUNDS if share else 0):
        path = path + _step(kinematics.body, moved, left, path)
        last = number == ROUNDS - 1
        moved = _moved(kinematics, clip, share * path if last else path)
        left = left if last else residual_of(kinematics.body, moved)
    return moved


def _step(body: Body, clip: Clip, left: Residual, path: np.ndarray) -> np.ndarray:
    """By how much further to move the pelvis (frame, 2) [m], which has been moved by `path`.

    Least squares in what the three constants weigh. A pelvis d further has the ground turn the body by F d - m h d''
    more (force F, mass m at height h).
    """
    wanted = left.moment[:, ::-1] * [-1.0, 1.0] / MOMENT_NM
    speeded = _second_difference(clip.frames) * clip.rate_hz**2
    turned = -CARRIED * body.mass_kg * float(clip.qpos[:, 2].mean()) * speeded / MOMENT_NM
    turned[1] += CARRIED * left.lift / MOMENT_NM
    normal = _squared(turned) + _squared(speeded / SPEEDED_MPS2)
    normal[-1] += MOVED_M**-2
    return np.asarray(solveh_banded(normal, -_across(turned, wanted) - path / MOVED_M**2))


def _second_difference(frames: int) -> np.ndarray:
    """(3, frame): what a row's own and both neighbouring values count; nothing is asked of the ends."""
    rows = np.tile([[1.0], [-2.0], [1.0]], frames)
    rows[:, [0, -1]] = 0.0
    return rows


def _squared(rows: np.ndarray) -> np.ndarray:
    """AᵀA of a tridiagonal A given by rows (3, frame), as the upper bands (3, frame) that `solveh_banded` takes."""
    before, own, after = rows
    bands = np.zeros_like(rows)
    bands[2] = own**2
    bands[2, :-1] += before[1:] ** 2
    bands[2, 1:] += after[:-1] ** 2
    bands[1, 1:] = own[:-1] * after[:-1] + before[1:] * own[1:]
    bands[0, 2:] = before[1:-1] * after[1:-1]
    return bands


def _across(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Aᵀ values (frame, column) of a tridiagonal A given by rows (3, frame)."""
    before, own, after = rows[..., None]
    out = own * values
    out[:-1] += before[1:] * values[1:]
    out[1:] += after[:-1] * values[:-1]
    return np.asarray(out)


def _moved(kinematics: Kinematics, clip: Clip, path: np.ndarray) -> Clip:
    """The clip with its pelvis moved by path (frame, 2) [m] and its feet where they were."""
    body, qpos, root = kinematics.body, clip.qpos.copy(), rotations.to_matrix(clip.qpos[:, 3:7])
    back = np.pad(path, ((0, 0), (0, 1)))
    for side, chain in enumerate(skeleton_of(body).chains):
        joints = body.joint_qpos[7 * side : 7 * side + SOLVED]
        angles = qpos[:, joints]
        foot = chain.forward(angles, root)
        aim = FootPose(foot.origin - back, foot.matrix)
        solved = chain.solve(aim, root, angles, _IK_STEPS, _IK_DAMPING)
        low, high = chain.limits.T + np.array([[_MARGIN_RAD], [-_MARGIN_RAD]])
        qpos[:, joints] = np.clip(solved, np.minimum(angles, low), np.maximum(angles, high))
    qpos[:, :2] += path
    body.couplings.apply(qpos)
    words = {"name": clip.name, "source": clip.source, "licence": clip.licence}
    return make_clip(kinematics, qpos, clip.rate_hz, labels=clip.labels, **words)
