"""Body: one skeleton with its actuators, every name table it needs, and a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import mujoco
import numpy as np

from kinesis.body.mirror import Mirror, mirror_of
from kinesis.errors import KinesisError

FORWARD_B = np.array([0.0, -1.0, 0.0])
"""The direction that the person faces, in the frame of the root body (as `myo-sim` built it)."""

ANATOMICAL_B = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Columns: forward, left, up, in the frame of the root body."""


@dataclass(frozen=True)
class Couplings:
    """Joints that follow another by a polynomial: q = sum_k coefficient[k] * driver**k.

    dependent_qpos, dependent_dof, driver_qpos, driver_dof: (coupling,) addresses.
    coefficients: (coupling, 5) [rad or m].
    """

    dependent_qpos: np.ndarray
    dependent_dof: np.ndarray
    driver_qpos: np.ndarray
    driver_dof: np.ndarray
    coefficients: np.ndarray

    def position(self, qpos: np.ndarray) -> np.ndarray:
        """Dependent coordinates that the drivers in qpos (..., nq) ask for. Returns (..., coupling)."""
        x = qpos[..., self.driver_qpos][..., None]
        return (self.coefficients * x ** np.arange(5)).sum(-1)

    def slope(self, qpos: np.ndarray) -> np.ndarray:
        """d dependent / d driver at qpos (..., nq). Returns (..., coupling)."""
        x = qpos[..., self.driver_qpos][..., None]
        return (self.coefficients[:, 1:] * np.arange(1, 5) * x ** np.arange(4)).sum(-1)

    def apply(self, qpos: np.ndarray, qvel: np.ndarray | None = None) -> None:
        """Write the dependent coordinates into qpos (..., nq), and speeds into qvel (..., nv), in place."""
        qpos[..., self.dependent_qpos] = self.position(qpos)
        if qvel is not None:
            qvel[..., self.dependent_dof] = self.slope(qpos) * qvel[..., self.driver_dof]


@dataclass(frozen=True)
class Body:
    """A skeleton, what drives it, and the names by which everything else addresses it.

    model: compiled MuJoCo model for stepping; root free joint first, forward is `FORWARD_B` of the root.
    joints: the driven joints, right side first; joint_qpos, joint_dof (joint,) their addresses.
    joint_range: (joint, 2) [rad]. landmarks: bodies whose origins are followed; tracked: indices into it.
    groups: muscle group to muscle names without side (empty for a torque form).
    """

    name: str
    actuation: Literal["muscle", "torque"]
    model: mujoco.MjModel
    joints: tuple[str, ...]
    landmarks: tuple[str, ...]
    tracked: np.ndarray
    feet: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse tables that name things the model lacks."""
        known = {self.model.joint(j).name for j in range(self.model.njnt)}
        for joint in self.joints:
            if joint not in known:
                raise KinesisError.unknown("joint", joint, known)

    @property
    def skeleton(self) -> str:
        """Name of the bones; clips of one skeleton serve every body that has it."""
        return skeleton_name(self.name)

    @cached_property
    def actuators(self) -> tuple[str, ...]:
        """Names in control order."""
        return tuple(self.model.actuator(i).name for i in range(self.model.nu))

    @cached_property
    def joint_qpos(self) -> np.ndarray:
        """(joint,) addresses in qpos."""
        return np.array([self.model.joint(j).qposadr[0] for j in self.joints])

    @cached_property
    def joint_dof(self) -> np.ndarray:
        """(joint,) addresses in qvel."""
        return np.array([self.model.joint(j).dofadr[0] for j in self.joints])

    @cached_property
    def joint_range(self) -> np.ndarray:
        """(joint, 2) lower and upper limits [rad]."""
        return np.array([self.model.joint(j).range for j in self.joints])

    @cached_property
    def landmark_ids(self) -> np.ndarray:
        """(landmark,) body ids in `model`."""
        return np.array([self.model.body(name).id for name in self.landmarks])

    @cached_property
    def mass_kg(self) -> float:
        """Whole-body mass [kg]."""
        return float(self.model.body_mass.sum())

    @cached_property
    def couplings(self) -> Couplings:
        """The knee and patella couplings, read from the model's joint equalities."""
        model = self.model
        dependent = model.eq_obj1id[model.eq_type == mujoco.mjtEq.mjEQ_JOINT]
        driver = model.eq_obj2id[model.eq_type == mujoco.mjtEq.mjEQ_JOINT]
        return Couplings(
            dependent_qpos=model.jnt_qposadr[dependent],
            dependent_dof=model.jnt_dofadr[dependent],
            driver_qpos=model.jnt_qposadr[driver],
            driver_dof=model.jnt_dofadr[driver],
            coefficients=model.eq_data[model.eq_type == mujoco.mjtEq.mjEQ_JOINT, :5].copy(),
        )

    @cached_property
    def mirror(self) -> Mirror:
        """Left/right exchange of coordinates, landmarks and actuators."""
        return mirror_of(self.model, self.joints, self.landmarks, self.actuators)

    def muscle_group(self, group: str) -> np.ndarray:
        """Control indices of the muscles of a group, both sides.

        Raises:
            UnknownName: for a group this body does not have.
        """
        if group not in self.groups:
            raise KinesisError.unknown("muscle group", group, self.groups)
        members = self.groups[group]
        return np.array([i for i, name in enumerate(self.actuators) if name[:-2] in members])

    def standing_qpos(self) -> np.ndarray:
        """(nq,) upright at the origin, facing +x, all driven joints at zero, soles near the ground."""
        qpos = self.model.qpos0.copy()
        qpos[:3] = 0.0, 0.0, self.stand_height_m
        qpos[3:7] = np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)
        self.couplings.apply(qpos)
        return qpos

    @cached_property
    def stand_height_m(self) -> float:
        """Root height [m] with every joint at zero and the lowest sole point on the ground."""
        from kinesis.body.kinematics import Kinematics

        qpos = self.model.qpos0.copy()
        self.couplings.apply(qpos)
        return float(qpos[2] - Kinematics(self).sole_heights(qpos[None]).min())

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over names, sizes, inertias, muscle parameters, tendon lengths and moment arms."""
        return fingerprint(self)


def skeleton_name(body: str) -> str:
    """A body is named after its skeleton, then after what drives it: `legs80` of `legs80_torque`."""
    return body.partition("_")[0]


def fingerprint(body: Body) -> str:
    """Hash of what makes trained weights valid for a body; see `Body.fingerprint`."""
    model, data = body.model, mujoco.MjData(body.model)
    digest = hashlib.sha256()
    for word in (body.name, body.actuation, *body.joints, *body.landmarks, *body.actuators):
        digest.update(word.encode() + b"\0")
    digest.update(np.array([model.nq, model.nv, model.nu, model.na, model.nbody, model.neq]).tobytes())
    fields = (
        model.body_mass,
        model.body_inertia,
        model.body_pos,
        model.jnt_range,
        model.dof_damping,
        model.dof_armature,
        model.eq_data[:, :5],
        model.actuator_gainprm,
        model.actuator_biasprm,
        model.actuator_dynprm,
        model.actuator_lengthrange,
    )
    for values in fields:
        digest.update(_rounded(values))
    rng = np.random.default_rng(0)
    for _ in range(4):
        qpos = body.standing_qpos()
        qpos[body.joint_qpos] = rng.uniform(*body.joint_range.T)
        body.couplings.apply(qpos)
        data.qpos[:] = qpos
        mujoco.mj_fwdPosition(model, data)
        digest.update(_rounded(data.actuator_length))
        digest.update(_rounded(data.actuator_moment))
    return digest.hexdigest()[:16]


def _rounded(values: np.ndarray) -> bytes:
    """Seven significant digits, so that the last bits of another machine's arithmetic do not matter."""
    return " ".join(f"{float(v) + 0.0:.6e}" for v in np.round(np.ravel(values), 9)).encode()
