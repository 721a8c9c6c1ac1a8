"""MuJoCo on all cores: one `mujoco.rollout` call a control step, without the GIL."""

from __future__ import annotations

import copy
import os
from dataclasses import fields

import mujoco
import numba
import numpy as np
import torch
from mujoco import rollout
from torch import Tensor

from kinesis.body import Body, Kinematics
from kinesis.body.state import State
from kinesis.errors import KinesisError
from kinesis.sim import native
from kinesis.sim.native import Controller

_STATE = mujoco.mjtState
PHYSICS_HZ, CONTROL_HZ = 150.0, 50.0


class CpuSim:
    """See `Backend`. Physics in float64, State in float32.

    control_hz must divide physics_hz. controller says what `step` is given: excitations or torques [N·m]
    (env, actuator) for NONE, otherwise the numbers of that `Controller`; where they change within the step,
    (env, substep, ...).

    models: one an environment, all of the same sizes; whoever replaces them keeps the time step.
    control_spec: the parts of the engine's state that a step is given (`mjtState`).
    push (env, substep, 3): world force on the pelvis [N] in the steps to come, written in place; empty where
    the simulator is not `pushable`.
    """

    def __init__(
        self,
        body: Body,
        num_envs: int,
        *,
        physics_hz: float = PHYSICS_HZ,
        control_hz: float = CONTROL_HZ,
        controller: Controller = Controller.NONE,
        threads: int | None = None,
        pushable: bool = False,
    ) -> None:
        """Allocate every buffer once."""
        substeps = round(physics_hz / control_hz)
        if substeps < 1 or abs(substeps * control_hz - physics_hz) > 1e-6:
            raise KinesisError("the control rate must divide the physics rate", got=(physics_hz, control_hz))
        self.body, self.num_envs, self.substeps = body, num_envs, substeps
        self.control_hz, self.physics_hz, self.controller = control_hz, physics_hz, controller
        self.model, self.pushable = _at_rate(body.model, physics_hz), pushable
        self._threads = threads or os.cpu_count() or 1
        self._datas = [mujoco.MjData(self.model) for _ in range(self._threads)]
        self._pool = rollout.Rollout(nthread=self._threads)
        self._kinematics = Kinematics(body, threads=self._threads)
        self._allocate()
        if controller is not Controller.NONE:
            self._callback = native.install()
            native.check_layout(self.model)
        self.state = self._read()

    def _allocate(self) -> None:
        model, envs = self.model, self.num_envs
        self._width = mujoco.mj_stateSize(model, _STATE.mjSTATE_FULLPHYSICS)
        self._now = np.zeros((envs, self._width))
        self._now[:, 1 : 1 + model.nq] = self.body.standing_qpos()
        self._began = self._now.copy()
        self._path = np.zeros((envs, self.substeps, self._width))
        self._sensed = np.zeros((envs, self.substeps, model.nsensordata))
        self.models = [model] * envs
        self._allocate_control()
        self.diverged = torch.zeros(envs, dtype=torch.bool)

    def _allocate_control(self) -> None:
        """One buffer in the engine's order: controls, forces on every body (force, torque), user data."""
        model, plain = self.model, self.controller is Controller.NONE
        widths = [model.nu * plain, 6 * model.nbody * self.pushable, model.nuserdata * (not plain)]
        self.control_spec = (_STATE.mjSTATE_CTRL if plain else _STATE.mjSTATE_USERDATA).value
        self.control_spec |= _STATE.mjSTATE_XFRC_APPLIED.value * self.pushable
        self._control = np.zeros((self.num_envs, self.substeps, sum(widths)))
        controls, forces, userdata = np.split(self._control, np.cumsum(widths)[:-1], axis=-1)
        self._given = controls if plain else userdata
        pelvis = 6 * self.body.landmark_ids[0]
        self.push = forces[..., pelvis : pelvis + 3]

    def reset(self, ids: Tensor, state: State) -> None:
        """See `Backend`. Couplings are taken as given in the states."""
        if not len(ids):
            return
        rows = ids.numpy()
        packed = torch.cat([state.qpos, state.qvel, state.activation], -1).numpy()
        self._now[rows, 0] = 0.0
        self._now[rows, 1:] = packed
        self.state.put(ids, state)

    def shove(self, ids: Tensor, speed: Tensor) -> None:
        """See `Backend`."""
        first = 1 + self.model.nq
        self._now[ids.numpy(), first : first + 3] += speed.numpy()
        self.state.qvel[ids, :3] += speed
        self.state.landmark_velocities[ids] += speed[:, None]

    def step(self, control: Tensor) -> None:
        """See `Backend`."""
        given = control.numpy() if control.dim() == 3 else control.numpy()[:, None]
        if self.controller is Controller.NONE:
            self._given[:] = given
        else:
            self._given[..., 0] = self.controller
            self._given[..., 1 : 1 + given.shape[-1]] = given
        self._began[:] = self._now
        self.roll(self._now, self._control, self.control_spec, self._path, self._sensed)
        self._now[:] = self._path[:, -1]
        diverged = _diverged(self._began, self._now, self.substeps / self.physics_hz)
        if np.count_nonzero(diverged):
            self._now[diverged, 1:] = np.r_[self.body.standing_qpos(), np.zeros(self._width - 1 - self.model.nq)]
        self.diverged = torch.from_numpy(diverged)
        self.state = self._read()

    def roll(
        self,
        began: np.ndarray,
        control: np.ndarray,
        spec: int,
        path: np.ndarray,
        sensed: np.ndarray,
        models: list[mujoco.MjModel] | None = None,
    ) -> None:
        """The bare engine, from states of one's own; this simulator stays where it is.

        Args:
            began: (env, state) full physics states.
            control: (env, step, width) what is given at each step, the parts named by spec (`mjtState`).
            spec: which parts of the engine's state `control` holds.
            path: (env, step, state) where the states after each step are written.
            sensed: (env, step, sensor) where the sensors' values are written.
            models: one an env, by default this simulator's own.
        """
        self._pool.rollout(
            models or self.models, self._datas, began, control, control_spec=spec, skip_checks=True,
            nstep=path.shape[1], state=path, sensordata=sensed,
        )  # fmt: skip

    def felt(self, ids: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """What bodies ids (n,) feel of the ground a control step after these states (n, ...), activations held.

        Returns ground_force and pressure (n, foot, 3), as in `State`; this simulator stays where it is. It must be one
        that is given excitations (`Controller.NONE`).
        """
        count, steps = len(ids), self.substeps
        began, control = np.zeros((count, self._width)), np.zeros((count, steps, self._control.shape[-1]))
        began[:, 1:] = torch.cat([state.qpos, state.qvel, state.activation], -1).numpy()
        control[..., : self.model.nu] = state.activation.numpy()[:, None]
        path, sensed = np.zeros((count, steps, self._width)), np.zeros((count, steps, self.model.nsensordata))
        self.roll(began, control, self.control_spec, path, sensed, [self.models[i] for i in ids.tolist()])
        return self._ground(sensed)

    def last_step(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the (env, substep, state) from which the engine stepped last, and of what it was given there.

        The latter is (env, substep, width) in the engine's order of `control_spec`.
        """
        return np.concatenate([self._began[:, None], self._path[:, :-1]], 1), self._control.copy()

    def snapshot(self) -> dict[str, Tensor]:
        """Everything that `restore` needs to go on exactly."""
        state = {f"state_{field.name}": getattr(self.state, field.name) for field in fields(self.state)}
        return {"physics": torch.from_numpy(self._now), **state}

    def restore(self, snapshot: dict[str, Tensor]) -> None:
        """Go on from what `snapshot` gave."""
        self._now[:] = snapshot["physics"].numpy()
        self.state = State(**{field.name: snapshot[f"state_{field.name}"].clone() for field in fields(State)})

    def export_muscles(self) -> np.ndarray:
        """Gain, bias [N] and moment arms [m] of every muscle now: (env, 2 + nv, muscle); rows as `EXPORT`."""
        native.install()
        out = np.zeros((self.num_envs, 2 + self.model.nv, self.model.nu))
        request = np.zeros((self.num_envs, 1, self.model.nuserdata))
        request[:, 0, 0] = Controller.EXPORT
        request[:, 0, 1] = out.ctypes.data + np.arange(self.num_envs) * out[0].nbytes
        path = np.zeros((self.num_envs, 1, self._width))
        self.roll(self._now, request, _STATE.mjSTATE_USERDATA.value, path, self._sensed[:, :1].copy())
        for data in self._datas:  # the request must not outlive the memory that it points to
            data.userdata[:] = 0.0
        return out

    def _read(self) -> State:
        """Fresh State of the current physics state."""
        model = self.model
        qpos, qvel = self._now[:, 1 : 1 + model.nq], self._now[:, 1 + model.nq : 1 + model.nq + model.nv]
        landmarks = self._kinematics.landmarks(qpos, qvel)
        plain = self._now.astype(np.float32)
        force, pressure = self._ground(self._sensed)
        return State(
            qpos=torch.from_numpy(plain[:, 1 : 1 + model.nq]),
            qvel=torch.from_numpy(plain[:, 1 + model.nq : 1 + model.nq + model.nv]),
            landmarks=torch.from_numpy(landmarks.position.astype(np.float32)),
            landmark_velocities=torch.from_numpy(landmarks.velocity.astype(np.float32)),
            activation=torch.from_numpy(plain[:, 1 + model.nq + model.nv :]),
            ground_force=force,
            pressure=pressure,
        )

    @staticmethod
    def _ground(sensed: np.ndarray) -> tuple[Tensor, Tensor]:
        """ground_force and pressure (n, foot, 3) of the last of the sensors' values (n, step, sensor)."""
        feet = sensed[:, -1].reshape(len(sensed), -1, 6).astype(np.float32)
        return torch.from_numpy(-feet[:, :, :3]), torch.from_numpy(feet[:, :, 3:])


@numba.njit(cache=True, nogil=True)
def _diverged(began: np.ndarray, now: np.ndarray, step_s: float) -> np.ndarray:
    """(env,) bool: a state (env, state), time first, is not finite, or the engine has set its clock back."""
    found = np.zeros(len(now), np.bool_)
    for env in range(len(now)):
        found[env] = not abs(now[env, 0] - began[env, 0] - step_s) <= 1e-6 or not np.isfinite(now[env]).all()
    return found


def _at_rate(model: mujoco.MjModel, physics_hz: float) -> mujoco.MjModel:
    """A copy of the model with this time step."""
    model = copy.copy(model)
    model.opt.timestep = 1.0 / physics_hz
    return model
