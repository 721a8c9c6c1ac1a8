"""Rotations: the one place where quaternions, matrices, rotation vectors and angles are converted.

A quaternion is (w, x, y, z), of unit length, and turns vectors of its own (body) frame into those of the
world: v_w = rotate(q, v_b). All leading axes are batch axes and broadcast. Angles are in radians. Every
function takes float64 numpy arrays or torch tensors and gives back the kind it was given; only `to_euler`
is for numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from math import tau
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", NDArray[np.float64], "Tensor")
AXES = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}


def multiply(p: Array, q: Array) -> Array:
    """Rotation by `q`, then by `p` (Hamilton product). (..., 4), (..., 4) → (..., 4)."""
    pw, px, py, pz = (p[..., i] for i in range(4))
    qw, qx, qy, qz = (q[..., i] for i in range(4))
    return _library(p).stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=-1,
    )


def conjugate(q: Array) -> Array:
    """The inverse rotation. (..., 4) → (..., 4)."""
    return _library(q).concat([q[..., :1], -q[..., 1:]], axis=-1)


def normalize(q: Array) -> Array:
    """The same rotation at unit length. (..., 4) → (..., 4)."""
    return q / _length(q)


def rotate(q: Array, v: Array) -> Array:
    """Vectors of the body frame seen in the world. (..., 4), (..., 3) → (..., 3), in the unit of `v`.

    The other way round, world to body, is rotate(conjugate(q), v).
    """
    cross = _library(q).linalg.cross
    w, u = q[..., :1], q[..., 1:]
    u, v = u + 0 * v, v + 0 * u
    twice = 2 * cross(u, v)
    return v + w * twice + cross(u, twice)


def to_matrix(q: Array) -> Array:
    """Rotation matrices, body to world. (..., 4) → (..., 3, 3)."""
    basis = _library(q).eye(3, dtype=q.dtype, device=q.device)
    columns = rotate(q[..., None, :], basis)
    return columns.swapaxes(-1, -2)


def from_matrix(matrix: Array) -> Array:
    """Quaternions with w ≥ 0 of rotation matrices. (..., 3, 3) → (..., 4).

    The entries of 4·q·qᵀ are sums of the matrix's own; its row of largest diagonal is q, well conditioned
    at every angle (Shepperd 1978).
    """
    xp = _library(matrix)
    (m00, m01, m02), (m10, m11, m12), (m20, m21, m22) = (
        [matrix[..., row, column] for column in range(3)] for row in range(3)
    )
    ww, xx, yy, zz = 1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22
    wx, wy, wz = m21 - m12, m02 - m20, m10 - m01
    xy, xz, yz = m10 + m01, m02 + m20, m21 + m12
    rows = [[ww, wx, wy, wz], [wx, xx, xy, xz], [wy, xy, yy, yz], [wz, xz, yz, zz]]
    outer = xp.stack([xp.stack(row, axis=-1) for row in rows], axis=-2)
    best = xp.stack([ww, xx, yy, zz], axis=-1).argmax(-1)
    chosen = xp.eye(4, dtype=matrix.dtype, device=matrix.device)[best]
    return _upper(normalize((chosen[..., None] * outer).sum(-2)))


def sixd(matrix: Array) -> Array:
    """First two columns of rotation matrices in a row (Zhou 2019). (..., 3, 3) → (..., 6)."""
    return _library(matrix).concat([matrix[..., 0], matrix[..., 1]], axis=-1)


def from_axis_angle(axis: Array, angle: Array) -> Array:
    """Rotation by `angle` [rad] about a unit `axis`. (..., 3), (...) → (..., 4)."""
    xp = _library(axis)
    half = angle[..., None] / 2
    vector = axis * xp.sin(half)
    return xp.concat([xp.cos(half) + 0 * vector[..., :1], vector], axis=-1)


def from_rotvec(vector: Array) -> Array:
    """Rotation about a vector by its length [rad]. (..., 3) → (..., 4)."""
    xp = _library(vector)
    angle = _length(vector)
    return xp.concat([xp.cos(angle / 2), vector * xp.sinc(angle / tau) / 2], axis=-1)


def to_rotvec(q: Array) -> Array:
    """Axis times angle [rad], the short way round: length in [0, π]. (..., 4) → (..., 3)."""
    xp = _library(q)
    q = _upper(q)
    sine = _length(q[..., 1:])
    angle = 2 * xp.arctan2(sine, q[..., :1])
    at_rest = sine == 0
    return q[..., 1:] * xp.where(at_rest, 2.0, angle / (sine + at_rest))


def from_euler(sequence: str, angles: Array) -> Array:
    """Body-fixed (intrinsic) turns in the order of `sequence`, such as "ZXY". (..., n) [rad] → (..., 4)."""
    xp = _library(angles)
    if len(sequence) != angles.shape[-1] or not sequence or set(sequence) - set(AXES):
        raise KinesisError(
            "rotation sequence and angles do not fit",
            got=f"{sequence!r} for {angles.shape[-1]} angles",
            expected="one of the letters X, Y, Z for each angle",
        )
    turns = [
        from_axis_angle(xp.asarray(AXES[letter], dtype=angles.dtype, device=angles.device), angles[..., i])
        for i, letter in enumerate(sequence)
    ]
    whole = turns[0]
    for turn in turns[1:]:
        whole = multiply(whole, turn)
    return whole


def to_euler(sequence: str, q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `from_euler` for three letters; the middle angle is the one of limited range [rad].

    (..., 4) → (..., 3). Warns where the middle angle makes the other two ambiguous.
    """
    flat = Rotation.from_quat(q.reshape(-1, 4), scalar_first=True).as_euler(sequence)
    return np.asarray(flat).reshape(*q.shape[:-1], 3)


def heading(q: Array, forward: Sequence[float] | NDArray[np.float64] = AXES["X"]) -> Array:
    """Yaw [rad] in (−π, π] of the body axis `forward`, seen from above, from world +x towards +y.

    (..., 4), (3,) → (...). Without meaning where that axis points straight up or down.
    """
    xp = _library(q)
    ahead = rotate(q, xp.asarray(forward, dtype=q.dtype, device=q.device))
    return xp.arctan2(ahead[..., 1], ahead[..., 0])


def from_heading(yaw: Array) -> Array:
    """Rotation by `yaw` [rad] about the vertical. (...) → (..., 4)."""
    return from_axis_angle(_library(yaw).asarray(AXES["Z"], dtype=yaw.dtype, device=yaw.device), yaw)


def slerp(p: Array, q: Array, fraction: Array) -> Array:
    """From `p` (at 0) to `q` (at 1), at constant rate and the short way. (..., 4) twice, (...) → (..., 4)."""
    return multiply(p, from_rotvec(to_rotvec(multiply(conjugate(p), q)) * fraction[..., None]))


def nlerp(p: Array, q: Array, fraction: Array) -> Array:
    """As `slerp`, at nearly constant rate and at less cost: for neighbouring frames. (...) → (..., 4)."""
    xp = _library(p)
    nearer = xp.where((p * q).sum(-1)[..., None] < 0, -q, q)
    return normalize(p + (nearer - p) * fraction[..., None])


def angular_velocity(q: Array, step_s: float, *, frame: Literal["world", "body"]) -> Array:
    """Angular velocity [rad/s] of orientations `step_s` [s] apart. (..., time, 4) → (..., time, 3).

    Central differences, one-sided at both ends; exact for rotation at a constant rate below π per two
    steps. MuJoCo's free joint wants the body frame.
    """
    xp, frames = _library(q), q.shape[-2]
    if frames < 2:
        raise KinesisError("an angular velocity needs a sequence", got=f"{frames} frames", expected="2 or more")
    before = xp.concat([q[..., :1, :], q[..., :-1, :]], axis=-2)
    after = xp.concat([q[..., 1:, :], q[..., -1:, :]], axis=-2)
    span_s = xp.full((frames, 1), 2 * step_s, dtype=q.dtype, device=q.device)
    span_s[0] = span_s[-1] = step_s
    in_world = to_rotvec(multiply(after, conjugate(before))) / span_s
    return in_world if frame == "world" else rotate(conjugate(q), in_world)


def _library(array: Any) -> Any:
    """Numpy or torch, whichever made `array`; their functions used here share names and keywords."""
    return np if isinstance(array, (np.ndarray, np.generic)) else import_module("torch")


def _length(v: Array) -> Array:
    return _library(v).linalg.norm(v, axis=-1, keepdims=True)


def _upper(q: Array) -> Array:
    """The one of ±q with w ≥ 0: the same rotation."""
    return _library(q).where(q[..., :1] < 0, -q, q)
