"""Bones and muscles as torch functions of many postures at once, so that what an excitation leads to has a gradient.

Landmarks are those of `Kinematics`, for knees that keep to their couplings. Lengths and moment arms of muscles come
from a network over one leg's joints that is fitted to the engine's; forces and activations follow its own curves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import torch
from torch import Tensor, nn

from kinesis.body.body import Body
from kinesis.body.kinematics import Kinematics
from kinesis.body.muscles import fibre_and_tendon

SIDES = ("_r", "_l")
_LITTLE_S = 1e-3
"""Speeds of landmarks are how far they come in this time."""
_POSTURES, _FITS, _BATCH = 24_000, 5_000, 512
LEG_DEG = ((-30, 92), (-29, 29), (-40, 40), (0, 120), (-40, 30), (-20, 20), (-30, 30))
"""Postures of a leg that its muscles' geometry is fitted to."""


def _tensor(values: Any) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def rotation_of(quaternion: Tensor) -> Tensor:
    """(..., 4) wxyz to matrices (..., 3, 3)."""
    w, x, y, z = quaternion.unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def rotated_by(turn: Tensor) -> Tensor:
    """Matrices (..., 3, 3) of rotation vectors (..., 3) [rad]."""
    angle = (turn.square().sum(-1) + 1e-12).sqrt()[..., None, None]
    cross = _cross(turn)
    return torch.eye(3) + (angle.sin() / angle) * cross + ((1 - angle.cos()) / angle.square()) * (cross @ cross)


def turned(matrix: Tensor) -> Tensor:
    """Rotation vectors (env, 3) of matrices (env, 3, 3) that turn by less than half a revolution."""
    cosine = ((matrix.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2).clamp(-1, 1)
    angle = torch.acos(cosine)
    half = torch.where(angle > 1e-4, angle / (2 * angle.sin().clamp_min(1e-9)), torch.full_like(angle, 0.5))
    skew = matrix - matrix.transpose(1, 2)
    return half[:, None] * torch.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], 1)


def _cross(v: Tensor) -> Tensor:
    x, y, z = v.unbind(-1)
    o = torch.zeros_like(x)
    return torch.stack([o, -z, y, z, o, -x, -y, x, o], -1).unflatten(-1, (3, 3))


@dataclass
class _Joint:
    """One degree of freedom of both sides: axis (side, 3), and its value from the driven joints (env, side, joint)."""

    slides: bool
    axis: Tensor
    value: Callable[[Tensor], Tensor]

    def __post_init__(self) -> None:
        self.cross = _cross(self.axis)
        self.square = self.cross @ self.cross


class Bones:
    """Landmarks of a body with two legs alike; a landmark without a side moves with the root."""

    def __init__(self, body: Body) -> None:
        """Read the chains of both legs off the model, along the landmarks that have a side."""
        self.body, model = body, body.model
        self.count = len(body.joints) // 2
        right = [name[:-2] for name in body.landmarks if name.endswith(SIDES[0])]
        self._legs = [self._link(name) for name in right]
        order = [name + side for side in SIDES for name in right]
        rigid = [name for name in body.landmarks if name not in order]
        self._order = torch.tensor([[*rigid, *order].index(name) for name in body.landmarks])
        data = mujoco.MjData(model)
        data.qpos[:] = body.standing_qpos()
        mujoco.mj_kinematics(model, data)
        root = rotation_of(_tensor(data.qpos[3:7])).T
        self._rigid = torch.stack([root @ _tensor(data.body(name).xpos - data.qpos[:3]) for name in rigid])
        parent = model.body_parentid[model.body(right[0] + SIDES[0]).id]
        self._origin = root @ _tensor(data.xpos[parent] - data.qpos[:3])
        self._frame = root @ _tensor(data.xmat[parent]).view(3, 3)

    def _link(self, name: str) -> tuple[Tensor, list[_Joint]]:
        """Offset (side, 3) of a body from the one that carries it, and its joints."""
        model = self.body.model
        ids = [model.body(name + side).id for side in SIDES]
        starts = [model.body_jntadr[i] for i in ids]
        joints = [self._joint([start + k for start in starts]) for k in range(model.body_jntnum[ids[0]])]
        return _tensor(model.body_pos[ids]), joints

    def _joint(self, ids: list[int]) -> _Joint:
        model, couplings = self.body.model, self.body.couplings
        axis, qpos = model.jnt_axis[ids], model.jnt_qposadr[ids]
        slides = bool(model.jnt_type[ids[0]] == mujoco.mjtJoint.mjJNT_SLIDE)
        places = list(self.body.joint_qpos)
        if qpos[0] in places:
            at = places.index(qpos[0])
            return _Joint(slides, _tensor(axis), lambda joints: joints[:, :, at])
        rows = [list(couplings.dependent_qpos).index(q) for q in qpos]
        driver, powers = places.index(couplings.driver_qpos[rows[0]]), torch.arange(5)
        coefficients = _tensor(couplings.coefficients[rows])
        return _Joint(
            slides, _tensor(axis), lambda joints: (coefficients * joints[:, :, driver, None] ** powers).sum(-1)
        )

    def landmarks(self, position: Tensor, rotation: Tensor, joints: Tensor) -> Tensor:
        """World (env, landmark, 3) [m] of roots at (env, 3), turned by (env, 3, 3), and joints (env, joint) [rad]."""
        by_side = joints.unflatten(1, (2, self.count))
        frame = (rotation @ self._frame)[:, None]
        at = (position + rotation @ self._origin)[:, None]
        found = []
        for offset, steps in self._legs:
            at = at + (frame @ offset[..., None])[..., 0]
            for joint in steps:
                value = joint.value(by_side)[..., None]
                if joint.slides:
                    at = at + (frame @ (joint.axis * value)[..., None])[..., 0]
                else:
                    sine, rest = value.sin()[..., None], (1 - value.cos())[..., None]
                    frame = frame @ (torch.eye(3) + sine * joint.cross + rest * joint.square)
            found.append(at)
        legs = torch.stack(found, 2).flatten(1, 2)
        rigid = position[:, None] + (rotation[:, None] @ self._rigid[..., None])[..., 0]
        return torch.cat([rigid, legs], 1)[:, self._order]

    def moving(
        self, position: Tensor, rotation: Tensor, joints: Tensor, velocity: Tensor, spin: Tensor, speeds: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Landmarks, and their speeds [m/s], each (env, landmark, 3).

        velocity: of the root in the world; spin: in its own frame [rad/s]; speeds: of the joints.
        """
        later = position + _LITTLE_S * velocity, rotation @ rotated_by(_LITTLE_S * spin), joints + _LITTLE_S * speeds
        both = self.landmarks(*(torch.cat(two) for two in zip((position, rotation, joints), later, strict=True)))
        now, then = both.chunk(2)
        return now, (then - now) / _LITTLE_S


class Levers(nn.Module):
    """Lengths [m] and moment arms [m/rad] of one leg's muscles, of its joints (..., joint) [rad]; both legs are alike.

    An arm is how much longer the muscle gets with the angle, couplings included.
    """

    lengths: Tensor
    arms: Tensor

    def __init__(self, body: Body, width: int = 160) -> None:
        super().__init__()
        joints, muscles = len(body.joints) // 2, len(body.actuators) // 2
        self.joints, self.muscles = joints, muscles
        outputs = muscles * (1 + joints)
        self.network = nn.Sequential(
            nn.Linear(3 * joints, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, outputs)
        )
        self.register_buffer("middle", torch.zeros(outputs))
        self.register_buffer("spread", torch.ones(outputs))
        prm, optimal = body.model.actuator_gainprm[:muscles], fibre_and_tendon(body.model)[0][:muscles]
        self._prm, self._optimal = _tensor(prm), _tensor(optimal)
        self._shortest = _tensor(body.model.actuator_lengthrange[:muscles, 0])

    middle: Tensor
    spread: Tensor

    def forward(self, joints: Tensor) -> tuple[Tensor, Tensor]:
        """Lengths (..., muscle) and arms (..., muscle, joint)."""
        found = self._normal(joints) * self.spread + self.middle
        return found[..., : self.muscles], found[..., self.muscles :].unflatten(-1, (self.muscles, self.joints))

    def _normal(self, joints: Tensor) -> Tensor:
        known: Tensor = self.network(torch.cat([joints, joints.sin(), joints.cos() - 1], -1))
        return known

    def fit(self, body: Body, seed: int = 0, fits: int = _FITS) -> float:
        """Learn from postures drawn at random, half a minute on one core; mean error of lengths elsewhere [m]."""
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        low, high = np.deg2rad(LEG_DEG).T
        joints = rng.uniform(low, high, (_POSTURES, self.joints))
        wanted = self._measured(body, joints)
        inputs, outputs = _tensor(joints), _tensor(wanted)
        constant = outputs.std(0) < 1e-7
        self.middle.copy_(outputs.mean(0))
        self.spread.copy_(outputs.std(0).clamp_min(1e-4) * ~constant)
        normal = torch.where(constant, 0.0, (outputs - self.middle) / self.spread.clamp_min(1e-9))
        learns, tests = slice(0, -_POSTURES // 10), slice(-_POSTURES // 10, None)
        optimizer = torch.optim.Adam(self.parameters(), 2e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, fits)
        for _ in range(fits):
            rows = torch.randint(len(inputs[learns]), (_BATCH,), generator=generator)
            loss = (self._normal(inputs[rows]) - normal[rows]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            return float((self(inputs[tests])[0] - outputs[tests, : self.muscles]).abs().mean())

    def _measured(self, body: Body, joints: np.ndarray) -> np.ndarray:
        """Lengths and arms (posture, muscle · (1 + joint)) as the engine has them."""
        kinematics, count, model = Kinematics(body), len(joints), body.model
        qpos = np.tile(body.standing_qpos(), (count, 1))
        qpos[:, body.joint_qpos[: self.joints]] = joints
        parts = []
        for dof in body.joint_dof[: self.joints]:
            qvel = np.zeros((count, model.nv))
            qvel[:, dof] = 1.0
            body.couplings.apply(qpos, qvel)
            parts.append(kinematics.muscles(qpos, qvel).speed[:, : self.muscles])
        lengths = kinematics.muscles(qpos, qvel).length[:, : self.muscles]
        return np.concatenate([lengths, np.stack(parts, -1).reshape(count, -1)], 1)

    def torque(self, joints: Tensor, speeds: Tensor, activation: Tensor) -> Tensor:
        """Torques (env, case, joint) [N·m] of both legs' muscles at activations (env, case, muscle)."""
        lengths, arms = self(joints.unflatten(1, (2, self.joints)))
        shortening = (arms @ speeds.unflatten(1, (2, self.joints))[..., None])[..., 0]
        low, _, peak, _, lmin, lmax, vmax, fpmax, fvmax, _ = self._prm.unbind(1)
        normal = low + (lengths - self._shortest) / self._optimal
        gain = force_length(normal, lmin, lmax) * force_velocity(shortening / (self._optimal * vmax), fvmax)
        active = activation.unflatten(-1, (2, self.muscles)) * gain[:, None]
        force = -peak * (active + passive_force(normal, lmax, fpmax)[:, None])
        return (force[..., None, :] @ arms[:, None])[..., 0, :].flatten(2)


def force_length(length: Tensor, lmin: Tensor, lmax: Tensor) -> Tensor:
    """`muscles.force_length` of tensors."""
    lower, upper = 0.5 * (lmin + 1), 0.5 * (1 + lmax)
    rises, falls = ((length - lmin) / (lower - lmin)).clamp_min(0), ((lmax - length) / (lmax - upper)).clamp_min(0)
    before, after = (1 - length) / (1 - lower), (length - 1) / (upper - 1)
    top = 1 - 0.5 * torch.where(length <= 1, before, after).square()
    return torch.where(length <= lower, 0.5 * rises.square(), torch.where(length <= upper, top, 0.5 * falls.square()))


def force_velocity(velocity: Tensor, fvmax: Tensor) -> Tensor:
    """`muscles.force_velocity` of tensors."""
    eccentric = fvmax - 1
    lengthens = torch.where(velocity <= eccentric, fvmax - (eccentric - velocity).square() / eccentric, fvmax)
    return torch.where(velocity <= 0, (velocity + 1).clamp_min(0).square(), lengthens)


def passive_force(length: Tensor, lmax: Tensor, fpmax: Tensor) -> Tensor:
    """`muscles.passive_force` of tensors."""
    upper = 0.5 * (1 + lmax)
    x = ((length - 1) / (upper - 1)).clamp_min(0)
    return fpmax * torch.where(length <= upper, 0.5 * x.square(), 0.5 + (length - upper) / (upper - 1))


def activation_after(body: Body, activation: Tensor, excitation: Tensor, step_s: float, steps: int) -> Tensor:
    """Activation (env, muscle) after so many physics steps of step_s under an excitation."""
    rises, falls = (float(body.model.actuator_dynprm[0, k]) for k in (0, 1))
    for _ in range(steps):
        pace = 0.5 + 1.5 * activation
        lag = torch.where(excitation > activation, rises * pace, falls / pace)
        activation = (activation + step_s * (excitation - activation) / lag).clamp(0, 1)
    return activation
