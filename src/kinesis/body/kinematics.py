"""Batched forward kinematics on all cores: the bones without physics, read by the engine's own sensors."""

from __future__ import annotations

import functools
import os
from typing import NamedTuple

import mujoco
import numba
import numpy as np
from mujoco import rollout

from kinesis.body import legs80
from kinesis.body.body import Body


class Landmarks(NamedTuple):
    """World positions [m] and velocities [m/s] of a Body's landmarks, each (batch, landmark, 3)."""

    position: np.ndarray
    velocity: np.ndarray


class Muscles(NamedTuple):
    """Lengths of muscles with their tendons [m] and their speeds [m/s], each (batch, muscle)."""

    length: np.ndarray
    speed: np.ndarray


class Kinematics:
    """Landmarks, sole heights and muscle lengths of a batch of postures, without a Python loop over them.

    The engine steps a model that holds bones only and no forces; its sensors are those of the given
    posture. About 10 µs a posture and core.
    """

    def __init__(self, body: Body, threads: int | None = None) -> None:
        """Compile the kinematic models. threads: default all cores."""
        self.body = body
        self.threads = threads or os.cpu_count() or 1
        self._pool = rollout.Rollout(nthread=self.threads)
        self._landmarks = _Sensed(_landmark_model(body.landmarks), self._pool, self.threads)
        self._ids = np.array([self._landmarks.model.body(name).id for name in body.landmarks])
        self._soles: _Sensed | None = None
        self._muscles: _Sensed | None = None

    def landmarks(self, qpos: np.ndarray, qvel: np.ndarray) -> Landmarks:
        """Landmarks of qpos (batch, nq), qvel (batch, nv)."""
        count = len(self.body.landmarks)
        if len(qpos) == 1:
            return self._of_one(qpos[0], qvel[0])
        sensed = self._landmarks(qpos, qvel).reshape(len(qpos), 2, count, 3)
        return Landmarks(sensed[:, 0].copy(), sensed[:, 1].copy())

    def _of_one(self, qpos: np.ndarray, qvel: np.ndarray) -> Landmarks:
        """The same for one posture, by those parts of a step that it takes: a whole one costs several times more."""
        model, data = self._landmarks.model, self._landmarks.data
        data.qpos, data.qvel = qpos, qvel
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        position, velocity = np.empty((2, 1, len(self._ids), 3))
        _points(self._ids, data.xpos, data.cvel, data.subtree_com[1], position[0], velocity[0])
        return Landmarks(position, velocity)

    def sole_heights(self, qpos: np.ndarray) -> np.ndarray:
        """Height of the lowest point of every sole geom above z = 0 [m] at qpos (batch, nq).

        Returns (batch, 2, 5): right and left, five geoms each.
        """
        if self._soles is None:
            self._soles = _Sensed(_sole_model(), self._pool, self.threads)
        model = self._soles.model
        soles = model.sensor_objid[::4]
        sensed = self._soles(qpos, np.zeros((len(qpos), model.nv))).reshape(len(qpos), len(soles), 4, 3)
        centre, upward = sensed[..., 0, 2], sensed[..., 1:, 2]
        size = model.geom_size[soles]
        capsule = model.geom_type[soles] == mujoco.mjtGeom.mjGEOM_CAPSULE
        drop_capsule = np.abs(upward[..., 2]) * size[:, 1] + size[:, 0]
        drop_ellipsoid = np.sqrt(((upward * size) ** 2).sum(-1))
        lowest = centre - np.where(capsule, drop_capsule, drop_ellipsoid)
        right = [i for i, g in enumerate(soles) if model.geom(g).name.endswith("_r")]
        left = [i for i, g in enumerate(soles) if model.geom(g).name.endswith("_l")]
        return np.stack([lowest[:, right], lowest[:, left]], 1)

    def muscles(self, qpos: np.ndarray, qvel: np.ndarray) -> Muscles:
        """Lengths and speeds of every muscle at qpos (batch, nq), qvel (batch, nv), couplings applied there.

        In the order of the muscle form's actuators, whichever form `body` is.
        """
        if self._muscles is None:
            self._muscles = _Sensed(_muscle_model(), self._pool, self.threads)
        length, speed = np.split(self._muscles(qpos, qvel), 2, axis=1)
        return Muscles(length.copy(), speed.copy())


class _Sensed:
    """Sensor values of a force-free model at given states."""

    def __init__(self, model: mujoco.MjModel, pool: rollout.Rollout, threads: int) -> None:
        self.model, self._pool = model, pool
        self._datas = [mujoco.MjData(model) for _ in range(threads)]
        self.data = self._datas[0]
        self._buffers: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def __call__(self, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
        batch, model = len(qpos), self.model
        if batch not in self._buffers:
            width = 1 + model.nq + model.nv + model.na
            self._buffers = {
                batch: (
                    np.zeros((batch, width)),
                    np.zeros((batch, 1, width)),
                    np.zeros((batch, 1, model.nsensordata)),
                )
            }
        initial, state, sensed = self._buffers[batch]
        initial[:, 1 : 1 + model.nq], initial[:, 1 + model.nq : 1 + model.nq + model.nv] = qpos, qvel
        self._pool.rollout(
            [model] * batch,
            self._datas,
            initial,
            control_spec=0,
            skip_checks=True,
            nstep=1,
            state=state,
            sensordata=sensed,
        )
        return sensed[:, 0]


@numba.njit(cache=True, nogil=True)
def _points(
    ids: np.ndarray,
    origin: np.ndarray,
    spatial: np.ndarray,
    centre: np.ndarray,
    position: np.ndarray,
    velocity: np.ndarray,
) -> None:
    """Origins of bodies `ids` and their velocities, from spatial velocities (body, 6: turning, moving) at `centre`."""
    for k in range(len(ids)):
        at, w, v = origin[ids[k]], spatial[ids[k], :3], spatial[ids[k], 3:]
        x, y, z = at - centre
        position[k] = at
        velocity[k, 0] = v[0] + w[1] * z - w[2] * y
        velocity[k, 1] = v[1] + w[2] * x - w[0] * z
        velocity[k, 2] = v[2] + w[0] * y - w[1] * x


def _force_free(spec: mujoco.MjSpec) -> mujoco.MjModel:
    for sensor in [s for s in spec.sensors if s.type == mujoco.mjtSensor.mjSENS_CONTACT]:
        spec.delete(sensor)
    for equality in list(spec.equalities):
        spec.delete(equality)
    flags = mujoco.mjtDisableBit
    spec.option.disableflags = int(
        flags.mjDSBL_CONSTRAINT
        | flags.mjDSBL_CONTACT
        | flags.mjDSBL_LIMIT
        | flags.mjDSBL_GRAVITY
        | flags.mjDSBL_SPRING
        | flags.mjDSBL_DAMPER
    )
    return legs80.compile_spec(spec)


@functools.cache
def _landmark_model(landmarks: tuple[str, ...]) -> mujoco.MjModel:
    spec = legs80.bones_spec()
    for sensor in (mujoco.mjtSensor.mjSENS_FRAMEPOS, mujoco.mjtSensor.mjSENS_FRAMELINVEL):
        for name in landmarks:
            spec.add_sensor(name=f"{sensor.name}_{name}", type=sensor, objtype=mujoco.mjtObj.mjOBJ_XBODY, objname=name)
    for geom in [g for g in spec.geoms if "foot_col" in g.name]:
        spec.delete(geom)
    return _force_free(spec)


@functools.cache
def _muscle_model() -> mujoco.MjModel:
    """The length of every muscle, then the speed of every muscle."""
    spec = legs80.lean_spec()
    for sensor in list(spec.sensors):
        spec.delete(sensor)
    for sensed in (mujoco.mjtSensor.mjSENS_ACTUATORPOS, mujoco.mjtSensor.mjSENS_ACTUATORVEL):
        for name in [actuator.name for actuator in spec.actuators]:
            spec.add_sensor(
                name=f"{sensed.name}_{name}", type=sensed, objtype=mujoco.mjtObj.mjOBJ_ACTUATOR, objname=name
            )
    return _force_free(spec)


@functools.cache
def _sole_model() -> mujoco.MjModel:
    """Per sole geom four sensors: its centre and its three axes in the world."""
    spec = legs80.bones_spec()
    sensors = (
        mujoco.mjtSensor.mjSENS_FRAMEPOS,
        mujoco.mjtSensor.mjSENS_FRAMEXAXIS,
        mujoco.mjtSensor.mjSENS_FRAMEYAXIS,
        mujoco.mjtSensor.mjSENS_FRAMEZAXIS,
    )
    for geom in [g.name for g in spec.geoms if "foot_col" in g.name]:
        for sensor in sensors:
            spec.add_sensor(name=f"{sensor.name}_{geom}", type=sensor, objtype=mujoco.mjtObj.mjOBJ_GEOM, objname=geom)
    return _force_free(spec)
