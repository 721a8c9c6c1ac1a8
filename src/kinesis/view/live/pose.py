"""Where bones and muscles are at one instant, for drawing it live."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.body import Body
from kinesis.view.bones import Mesh, bone_meshes, joined

_THINNEST_M, _THICKNESS_M = 0.003, 1.35e-4
"""Of a muscle: its radius is that much, and that much more a root newton of peak force, as on the page."""


class Pose(NamedTuple):
    """position (part, 3) world [m], wxyz (part, 4) of the moving bones; segments (segment, 2, 3) of muscles [m]."""

    position: np.ndarray
    wxyz: np.ndarray
    segments: np.ndarray


class Poser:
    """Poses of one body.

    parts: names of the bodies that move on their own; meshes: their bones, those welded to them too, one each.
    muscle (segment,): the actuator that a segment of `Pose.segments` belongs to; there are always as many
    segments, and those that are not needed have no length. radius (segment,) [m].
    """

    def __init__(self, body: Body) -> None:
        """Allocate everything once."""
        self.body, self._model = body, body.model
        self._data = mujoco.MjData(body.model)
        self.meshes = moving_bones(body)
        self.parts = tuple(self.meshes)
        self._ids = np.array([body.model.body(name).id for name in self.parts])
        self.muscle, self._slot = self._segments()
        force = body.model.actuator_gainprm[:, 2]
        self.radius = _THINNEST_M + _THICKNESS_M * np.sqrt(force[self.muscle])

    def _segments(self) -> tuple[np.ndarray, np.ndarray]:
        """Owner of each segment, and each tendon's first one; a surface gives two points at the most."""
        model = self._model
        if self.body.actuation != "muscle":
            return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
        is_site = model.wrap_type == mujoco.mjtWrap.mjWRAP_SITE
        points = np.add.reduceat(np.where(is_site, 1, 2), model.tendon_adr)
        owner = np.full(model.ntendon, -1)
        owner[model.actuator_trnid[:, 0]] = np.arange(model.nu)
        return np.repeat(owner, points - 1), np.cumsum(points - 1) - (points - 1)

    def at(self, qpos: np.ndarray, *, muscles: bool = True) -> Pose:
        """The pose of qpos (nq,); without muscles, segments are empty."""
        model, data = self._model, self._data
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        position, wxyz = data.xpos[self._ids], data.xquat[self._ids]
        if not muscles or not len(self._slot):
            return Pose(position, wxyz, np.zeros((0, 2, 3)))
        mujoco.mj_comPos(model, data)
        mujoco.mj_tendon(model, data)
        return Pose(position, wxyz, self._paths())

    def _paths(self) -> np.ndarray:
        """(segment, 2, 3) between neighbouring points of each tendon; the rest stand on the pelvis."""
        data, count = self._data, self._data.ten_wrapnum
        total = int(count.sum())
        points = data.wrap_xpos.reshape(-1, 3)[:total]
        tendon = np.repeat(np.arange(len(count)), count)
        within = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        starts = np.flatnonzero(tendon[:-1] == tendon[1:])
        segments = np.tile(data.xpos[self._ids[0]], (len(self.muscle), 2, 1))
        segments[self._slot[tendon[starts]] + within[starts]] = np.stack([points[starts], points[starts + 1]], 1)
        return segments


def moving_bones(body: Body) -> dict[str, Mesh]:
    """Name of each body that moves on its own to its bones, and those of all bodies welded to it, in its frame."""
    model, data = body.model, mujoco.MjData(body.model)
    mujoco.mj_kinematics(model, data)
    pieces: dict[int, list[Mesh]] = {}
    for name, mesh in bone_meshes().items():
        index = model.body(name).id
        root = int(model.body_weldid[index])
        here, there = (Rotation.from_quat(data.xquat[i], scalar_first=True) for i in (index, root))
        world = here.apply(mesh.vertices) + data.xpos[index]
        pieces.setdefault(root, []).append(Mesh(there.inv().apply(world - data.xpos[root]), mesh.faces))
    return {model.body(root).name: joined(meshes) for root, meshes in sorted(pieces.items())}


def rods(segments: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a rod of length and radius one along z goes to lie on each of segments (n, 2, 3) [m].

    Returns:
        position (n, 3), wxyz (n, 4), scale (n, 3), of the rod's middle, as float32.
    """
    along = segments[:, 1] - segments[:, 0]
    length = np.linalg.norm(along, axis=-1)
    way = along / np.maximum(length, 1e-9)[:, None]
    wxyz = np.stack([1.0 + way[:, 2], -way[:, 1], way[:, 0], np.zeros_like(length)], -1)
    wxyz[wxyz[:, 0] < 1e-6] = 0.0, 1.0, 0.0, 0.0
    wxyz /= np.linalg.norm(wxyz, axis=-1, keepdims=True)
    thick = np.where(length > 0.0, radius, 0.0)
    scale = np.stack([thick, thick, length], -1)
    return tuple(values.astype(np.float32) for values in (segments.mean(1), wxyz, scale))  # type: ignore[return-value]
