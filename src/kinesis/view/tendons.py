"""Where the muscles run: points fixed to bones, and arcs around wrapping surfaces that come and go."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np

from kinesis.body import Body


class Site(NamedTuple):
    """A via point: body index, position in that body [m]."""

    body: int
    position: np.ndarray


class Wrap(NamedTuple):
    """A wrapping surface of one muscle: tendon and geom index."""

    tendon: int
    geom: int


class Routes(NamedTuple):
    """paths: per muscle, in control order, via points and indices into `wraps` from origin to insertion."""

    paths: list[list[Site | int]]
    wraps: list[Wrap]


def muscle_routes(body: Body) -> Routes:
    """Read the routes from the model; a body without tendons has none."""
    model, wraps = body.model, list[Wrap]()
    tendons = model.actuator_trnid[:, 0] if body.actuation == "muscle" else []
    paths = []
    for tendon in tendons:
        start = model.tendon_adr[tendon]
        path: list[Site | int] = []
        for point in range(start, start + model.tendon_num[tendon]):
            target = int(model.wrap_objid[point])
            if model.wrap_type[point] == mujoco.mjtWrap.mjWRAP_SITE:
                path.append(Site(int(model.site_bodyid[target]), model.site_pos[target]))
            else:
                path.append(len(wraps))
                wraps.append(Wrap(int(tendon), target))
        paths.append(path)
    return Routes(paths, wraps)


class Walked(NamedTuple):
    """touches: (frame, wrap, 2, 3) where a muscle meets and leaves a surface, in the frame of its geom [m].

    NaN where it does not touch. landmarks: (frame, landmark, 3) world [m].
    """

    touches: np.ndarray
    landmarks: np.ndarray


def walk_through(body: Body, routes: Routes, qpos: np.ndarray) -> Walked:
    """Evaluate the geometry of qpos (frame, nq)."""
    model, data = body.model, mujoco.MjData(body.model)
    slots = np.full((model.ntendon, model.ngeom), -1)
    for slot, wrap in enumerate(routes.wraps):
        slots[wrap] = slot
    geoms = np.array([wrap.geom for wrap in routes.wraps], dtype=int)
    touches = np.full((len(qpos), len(geoms), 2, 3), np.nan)
    landmarks = np.empty((len(qpos), len(body.landmarks), 3))
    for frame, data.qpos[:] in enumerate(qpos):
        mujoco.mj_kinematics(model, data)
        landmarks[frame] = data.xpos[body.landmark_ids]
        if len(geoms):
            mujoco.mj_comPos(model, data)
            mujoco.mj_tendon(model, data)
            touches[frame] = _in_geom(data, geoms, _touching(data, slots, len(geoms)))
    return Walked(touches, landmarks)


def _touching(data: mujoco.MjData, slots: np.ndarray, count: int) -> np.ndarray:
    """(wrap, 2, 3) world points of this instant, NaN where there are none; slots: (tendon, geom) to wrap."""
    points = np.full((count, 2, 3), np.nan)
    total = data.ten_wrapnum.sum()
    geom, xpos = data.wrap_obj.reshape(-1)[:total], data.wrap_xpos.reshape(-1, 3)[:total]
    tendon = np.repeat(np.arange(len(data.ten_wrapnum)), data.ten_wrapnum)
    at_geom = geom >= 0
    points[slots[tendon[at_geom][::2], geom[at_geom][::2]]] = xpos[at_geom].reshape(-1, 2, 3)
    return points


def _in_geom(data: mujoco.MjData, geoms: np.ndarray, points_w: np.ndarray) -> np.ndarray:
    """World points (wrap, 2, 3) in the frames of their geoms."""
    rotation = data.geom_xmat[geoms].reshape(-1, 3, 3)
    return np.einsum("wij,wpi->wpj", rotation, points_w - data.geom_xpos[geoms][:, None])
