"""One leg of a Body as a chain of bones: batched forward kinematics, geometric Jacobian, inverse kinematics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import mujoco
import numpy as np

from kinesis import rotations
from kinesis.body import Body

SOLVED = 6
"""Joints per leg that place the foot: hip 3, knee, ankle, subtalar; the seventh (mtp) bends the toes."""


class FootPose(NamedTuple):
    """Where a foot's heel bone is: origin (frame, 3) [m] and rotation matrix (frame, 3, 3)."""

    origin: np.ndarray
    matrix: np.ndarray


class _Joint(NamedTuple):
    """A hinge or slide on a bone; value = polynomial of the driven joint `driver` (its own place if free)."""

    axis: np.ndarray
    slides: bool
    driver: int
    polynomial: np.ndarray

    @property
    def free(self) -> bool:
        """Whether the joint is itself driven."""
        return len(self.polynomial) == 2

    def value(self, x: np.ndarray) -> np.ndarray:
        """Joint value where its driver is x (frame,)."""
        return x if self.free else _polynomial(self.polynomial, x)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Derivative of `value`."""
        return np.ones_like(x) if self.free else _polynomial(self.polynomial[1:] * np.arange(1, 5), x)


class _Axis(NamedTuple):
    """Where a joint is in the world: axis and anchor (frame, 3), and its driver's angle (frame,).

    bone: its place in the chain.
    """

    joint: _Joint
    axis: np.ndarray
    anchor: np.ndarray
    driver: np.ndarray
    bone: int

    @property
    def moved(self) -> np.ndarray:
        """The joint's axis (frame, 3), as long as its driver moves it."""
        return self.axis if self.joint.free else self.axis * self.joint.slope(self.driver)[:, None]


class Placed(NamedTuple):
    """A bone in the world: before its joints move it, origin (frame, 3) [m] and matrix (frame, 3, 3), and after."""

    straight: FootPose
    bent: FootPose


class _Bone(NamedTuple):
    offset: np.ndarray
    rotation: np.ndarray
    joints: tuple[_Joint, ...]


@dataclass(frozen=True)
class LegChain:
    """Bones from the root body to the heel bone (calcn); angles are (frame, 6) in the Body's joint order.

    limits: (6, 2) [rad]. toe_offset, toe_rotation, toe_axis: the toes' frame and hinge in the heel bone.
    """

    bones: tuple[_Bone, ...]
    limits: np.ndarray
    toe_offset: np.ndarray
    toe_rotation: np.ndarray
    toe_axis: np.ndarray

    def forward(self, angles: np.ndarray, root: np.ndarray) -> FootPose:
        """Heel bone relative to the root's origin for angles (frame, 6) and root matrices (frame, 3, 3)."""
        return self.walk(angles, root)[0][-1].bent

    def hip_and_ankle(self, angles: np.ndarray, root: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hip and ankle centres relative to the root's origin, each (frame, 3) [m]."""
        bones = self.walk(angles, root)[0]
        return bones[0].bent.origin, bones[2].bent.origin

    def reach(self, knee_rad: float) -> float:
        """Distance from hip to ankle [m] with the knee bent by knee_rad."""
        angles = np.zeros((1, SOLVED))
        angles[0, 3] = knee_rad
        hip, ankle = self.hip_and_ankle(angles, np.eye(3)[None])
        return float(np.linalg.norm(ankle - hip))

    def hip(self, root: np.ndarray) -> np.ndarray:
        """Hip centre relative to the root's origin for root matrices (frame, 3, 3). Returns (frame, 3) [m]."""
        return root @ self.bones[0].offset

    def ankle_in_foot(self) -> np.ndarray:
        """Ankle centre in the frame of the heel bone, subtalar angle zero (3,) [m]."""
        return -self.bones[3].rotation.T @ self.bones[3].offset

    def solve(
        self, target: FootPose, root: np.ndarray, start: np.ndarray, iterations: int = 5, damping: float = 1e-7
    ) -> np.ndarray:
        """Angles (frame, 6) that put the heel bone at `target`, by damped Newton steps from `start`.

        A damping as small as that only matters where the leg is out of reach; at 1e-3 a leg that is nearly straight
        rather leaves its target by some millimetres than goes far for them. Limits are kept.
        """
        angles = start.copy()
        for _ in range(iterations):
            bones, axes = self.walk(angles, root)
            pose = bones[-1].bent
            jacobian = self._jacobian(pose.origin, axes)
            turn = target.matrix @ pose.matrix.transpose(0, 2, 1)
            error = np.concatenate([target.origin - pose.origin, 0.5 * _vee(turn - turn.transpose(0, 2, 1))], 1)
            across = jacobian.transpose(0, 2, 1)
            normal = across @ jacobian + damping * np.eye(SOLVED)
            step = np.linalg.solve(normal, across @ error[..., None])[..., 0]
            angles = np.clip(angles + np.clip(step, -0.3, 0.3), self.limits[:, 0], self.limits[:, 1])
        return angles

    def walk(self, angles: np.ndarray, root: np.ndarray) -> tuple[list[Placed], list[_Axis]]:
        """Every bone of the chain, relative to the root's origin, and every joint's axis on the way."""
        origin, matrix = np.zeros((len(angles), 3)), root
        bones, axes = [], []
        for number, bone in enumerate(self.bones):
            origin = origin + matrix @ bone.offset
            matrix = matrix @ bone.rotation
            straight = FootPose(origin, matrix)
            for joint in bone.joints:
                driver, axis = angles[:, joint.driver], matrix @ joint.axis
                if joint.slides:
                    origin = origin + axis * joint.value(driver)[:, None]
                else:
                    matrix = matrix @ rotation_about(joint.axis, joint.value(driver))
                axes.append(_Axis(joint, axis, origin, driver, number))
            bones.append(Placed(straight, FootPose(origin, matrix)))
        return bones, axes

    def _jacobian(self, end: np.ndarray, axes: list[_Axis]) -> np.ndarray:
        """Velocity and angular velocity of the heel bone at `end` (frame, 3) per driven joint (frame, 6, 6)."""
        jacobian = np.zeros((len(end), 6, SOLVED))
        for axis in axes:
            driver = axis.joint.driver
            if axis.joint.slides:
                jacobian[:, :3, driver] += axis.moved
            else:
                jacobian[:, :3, driver] += cross(axis.moved, end - axis.anchor)
                jacobian[:, 3:, driver] += axis.moved
        return jacobian


def leg_chain(body: Body, side: str) -> LegChain:
    """The chain of one side, "r" or "l", read from the Body's model."""
    model = body.model
    names = [name for name in body.joints if name.endswith(f"_{side}")]
    ids = [model.joint(name).id for name in names]
    toes, heel = model.body(f"toes_{side}").id, model.body(f"calcn_{side}").id
    path = [heel]
    while model.body_parentid[path[0]] != 0:
        path.insert(0, int(model.body_parentid[path[0]]))
    bones = _merge([_bone(body, b, ids) for b in path[1:]])
    return LegChain(
        bones=bones,
        limits=np.array([model.jnt_range[j] for j in ids[:SOLVED]]),
        toe_offset=model.body_pos[toes].copy(),
        toe_rotation=rotations.to_matrix(model.body_quat[toes]),
        toe_axis=model.jnt_axis[ids[SOLVED]].copy(),
    )


def _bone(body: Body, index: int, driven: list[int]) -> _Bone:
    model, couplings, joints = body.model, body.couplings, []
    for j in range(model.body_jntadr[index], model.body_jntadr[index] + model.body_jntnum[index]):
        if j in driven:
            driver, polynomial = driven.index(j), np.array([0.0, 1.0])
        else:
            row = int(np.flatnonzero(couplings.dependent_qpos == model.jnt_qposadr[j])[0])
            addresses = [model.jnt_qposadr[d] for d in driven]
            driver, polynomial = addresses.index(couplings.driver_qpos[row]), couplings.coefficients[row]
        slides = model.jnt_type[j] == mujoco.mjtJoint.mjJNT_SLIDE
        joints.append(_Joint(model.jnt_axis[j].copy(), bool(slides), driver, polynomial))
    return _Bone(model.body_pos[index].copy(), rotations.to_matrix(model.body_quat[index]), tuple(joints))


def _merge(bones: list[_Bone]) -> tuple[_Bone, ...]:
    """Fold bones without joints into the next one, so that thigh, shank, ankle and heel remain."""
    merged: list[_Bone] = []
    offset, rotation = np.zeros(3), np.eye(3)
    for bone in bones:
        offset, rotation = offset + rotation @ bone.offset, rotation @ bone.rotation
        if bone.joints:
            merged.append(_Bone(offset, rotation, bone.joints))
            offset, rotation = np.zeros(3), np.eye(3)
    return tuple(merged)


def rotation_about(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotation matrices (frame, 3, 3) about a fixed unit axis (3,) by angle (frame,) [rad]; Rodrigues."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle)[:, None, None] * cross + (1.0 - np.cos(angle))[:, None, None] * (cross @ cross)


def _polynomial(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As numpy's, at a fraction of its cost for many short arrays."""
    ax, ay, az, bx, by, bz = a[..., 0], a[..., 1], a[..., 2], b[..., 0], b[..., 1], b[..., 2]
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    out[..., 0], out[..., 1], out[..., 2] = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return out


def _vee(skew: np.ndarray) -> np.ndarray:
    return np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], -1)
