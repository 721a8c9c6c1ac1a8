"""The bones as a page draws them: one small triangle mesh a body."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.body import legs80

FACES_LEFT_ALONE = 1000
CELL_M = 0.004


class Mesh(NamedTuple):
    """vertices (vertex, 3) [m] in the frame of their body; faces (face, 3) indices, counter-clockwise."""

    vertices: np.ndarray
    faces: np.ndarray


@functools.cache
def bone_meshes() -> Mapping[str, Mesh]:
    """Body name to its bones, simplified, from the full form of the legs."""
    model = legs80.full_model()
    pieces: dict[str, list[Mesh]] = {}
    for geom in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_MESH):
        name = model.body(model.geom_bodyid[geom]).name
        pieces.setdefault(name, []).append(_simplified(_mesh_of(model, int(geom))))
    return {name: joined(meshes) for name, meshes in pieces.items()}


def cluster(mesh: Mesh, cell_m: float) -> Mesh:
    """Merge all vertices in one cell of a cubic grid into the point that lies best on their faces' planes.

    After Lindstrom (2000), "Out-of-core simplification of large polygonal models"; the plane fit is
    regularised towards the mean of the merged vertices, so flat cells stay well posed.
    """
    cells = np.floor(mesh.vertices / cell_m).astype(int)
    _, label = np.unique(cells, axis=0, return_inverse=True)
    label = label.ravel()
    count = np.bincount(label)
    mean = np.stack([np.bincount(label, axis) for axis in mesh.vertices.T], 1) / count[:, None]
    faces = label[mesh.faces]
    vertices = _best_points(mesh, faces, mean, cell_m)
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    _, first = np.unique(np.sort(faces, 1), axis=0, return_index=True)
    used, faces = np.unique(faces[np.sort(first)], return_inverse=True)
    return Mesh(vertices[used], faces.reshape(-1, 3))


def _best_points(mesh: Mesh, labels: np.ndarray, mean: np.ndarray, cell_m: float) -> np.ndarray:
    """Minimise, a cell, the squared distance to the planes of its faces. labels: (face, 3) cell of a corner."""
    a, b, c = mesh.vertices[mesh.faces.T]
    normal = np.cross(b - a, c - a) / cell_m**2
    quadric, pull = np.zeros((len(mean), 3, 3)), np.zeros((len(mean), 3))
    for corner in labels.T:
        height = (normal * (a - mean[corner])).sum(1)
        np.add.at(quadric, corner, normal[:, :, None] * normal[:, None, :])
        np.add.at(pull, corner, normal * height[:, None])
    ridge = 0.05 * np.trace(quadric, axis1=1, axis2=2) + 1e-9
    shift = np.linalg.solve(quadric + ridge[:, None, None] * np.eye(3), pull[..., None])[..., 0]
    return mean + np.clip(shift, -0.5 * cell_m, 0.5 * cell_m)


def _simplified(mesh: Mesh) -> Mesh:
    return cluster(mesh, CELL_M) if len(mesh.faces) > FACES_LEFT_ALONE else mesh


def _mesh_of(model: mujoco.MjModel, geom: int) -> Mesh:
    mesh = model.geom_dataid[geom]
    start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    vertices = Rotation.from_quat(model.geom_quat[geom], scalar_first=True).apply(
        model.mesh_vert[start : start + count]
    )
    start, count = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    return Mesh(vertices + model.geom_pos[geom], model.mesh_face[start : start + count])


def joined(meshes: list[Mesh]) -> Mesh:
    """One mesh out of several in the same frame."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces))
