"""Gait curves: angles, moments, powers and ground forces of one side, named and signed as gait laboratories do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinesis import rotations
from kinesis.body.body import ANATOMICAL_B, FORWARD_B
from kinesis.evaluate.signals import Recording
from kinesis.motion.filters import lowpass

GRAVITY = 9.81

PELVIC_PLANE_RAD = float(np.arctan2(0.0350 - 0.0181, 0.0095 + 0.1550))
"""Forward tilt of the plane through the ASIS and PSIS in the pelvis' own frame (5.9°).

Laboratories measure pelvic tilt and hip flexion from that plane (Kadaba et al. 1990, J Orthop Res 8:383), the
model from a frame of its own: with ASIS at (0.0095, 0.0181) m and PSIS at (−0.1550, 0.0350) m forward and up,
markers of the model of Rajagopal et al. 2016.
"""

LOW_PASS_HZ = 20.0
"""Of forces, moments and powers: fourth-order Butterworth without lag. Angles are left as they are."""

Kind = Literal["angle", "moment", "power", "force"]
UNITS: Mapping[Kind, str] = {"angle": "deg", "moment": "N·m/kg", "power": "W/kg", "force": "body weights"}


@dataclass(frozen=True)
class Curve:
    """What a curve shows: its kind, its title, the words for its positive and negative sides."""

    kind: Kind
    title: str
    positive: str
    negative: str

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return UNITS[self.kind]


CURVES: Mapping[str, Curve] = {
    "pelvis_tilt": Curve("angle", "Pelvic tilt", "anterior", "posterior"),
    "pelvis_obliquity": Curve("angle", "Pelvic obliquity", "up", "down"),
    "pelvis_rotation": Curve("angle", "Pelvic rotation", "forward", "backward"),
    "hip_flexion": Curve("angle", "Hip flexion", "flexion", "extension"),
    "hip_adduction": Curve("angle", "Hip adduction", "adduction", "abduction"),
    "hip_rotation": Curve("angle", "Hip rotation", "internal", "external"),
    "knee_flexion": Curve("angle", "Knee flexion", "flexion", "extension"),
    "ankle_dorsiflexion": Curve("angle", "Ankle dorsiflexion", "dorsal", "plantar"),
    "foot_progression": Curve("angle", "Foot progression", "internal", "external"),
    "hip_extension_moment": Curve("moment", "Hip extension moment", "extension", "flexion"),
    "hip_abduction_moment": Curve("moment", "Hip abduction moment", "abduction", "adduction"),
    "knee_extension_moment": Curve("moment", "Knee extension moment", "extension", "flexion"),
    "ankle_plantarflexion_moment": Curve("moment", "Ankle plantarflexion moment", "plantar", "dorsal"),
    "hip_power": Curve("power", "Hip power", "generation", "absorption"),
    "knee_power": Curve("power", "Knee power", "generation", "absorption"),
    "ankle_power": Curve("power", "Ankle power", "generation", "absorption"),
    "ground_force_vertical": Curve("force", "Vertical ground force", "up", "down"),
    "ground_force_anterior": Curve("force", "Fore–aft ground force", "propulsion", "braking"),
    "ground_force_medial": Curve("force", "Medial ground force", "medial", "lateral"),
}
"""In the order of a report. Moments are internal: what muscles and passive structures do to the joint."""

_ANGLES = {"hip_adduction": "hip_adduction", "hip_rotation": "hip_rotation", "knee_flexion": "knee_angle"}
_MOMENTS = {
    "hip_extension_moment": "hip_flexion",
    "hip_abduction_moment": "hip_adduction",
    "knee_extension_moment": "knee_angle",
    "ankle_plantarflexion_moment": "ankle_angle",
}
_POWERS = {
    "hip_power": ("hip_flexion", "hip_adduction", "hip_rotation"),
    "knee_power": ("knee_angle",),
    "ankle_power": ("ankle_angle", "subtalar_angle"),
}


def curves_of(
    recording: Recording, side: str, mass_kg: float, stride_s: float, low_pass_hz: float | None = LOW_PASS_HZ
) -> dict[str, np.ndarray]:
    """Every curve of `CURVES` that the recording has data for, of one side, in the units of `UNITS`.

    Args:
        recording: with the root, landmarks and joint angles at least.
        side: r or l.
        mass_kg: of the whole body.
        stride_s: typical duration of a stride, over which the way is followed [s].
        low_pass_hz: of everything but angles; None for none.

    Returns:
        By name, each (instant,).
    """
    forward = progress(recording, stride_s)
    curves = _pelvis(recording, side, forward) | _joints(recording, side)
    curves["foot_progression"] = _foot_progression(recording, side, forward)
    if "joint_moment" in recording:
        curves |= _smooth(_kinetics(recording, side, mass_kg), recording.rate_hz, low_pass_hz)
    if "ground_force" in recording:
        curves |= _smooth(_forces(recording, side, forward, mass_kg), recording.rate_hz, low_pass_hz)
    return {name: curves[name] for name in CURVES if name in curves}


def progress(recording: Recording, stride_s: float) -> np.ndarray:
    """(instant, 2) horizontal direction of the way over a stride about each instant, or of the face on the spot."""
    position = recording["root_position"][:, :2].astype(float)
    half = max(1, round(0.5 * stride_s * recording.rate_hz))
    row = np.arange(len(position))
    way = position[np.minimum(row + half, len(row) - 1)] - position[np.maximum(row - half, 0)]
    faces = rotations.rotate(_root(recording), np.broadcast_to(FORWARD_B, (len(row), 3)).copy())[:, :2]
    way = np.where(np.linalg.norm(way, axis=1, keepdims=True) > 0.1, way, faces)
    return way / np.linalg.norm(way, axis=1, keepdims=True)


def _root(recording: Recording) -> np.ndarray:
    return rotations.normalize(recording["root_quaternion"].astype(float))


def _pelvis(recording: Recording, side: str, forward: np.ndarray) -> dict[str, np.ndarray]:
    """Rotation, then obliquity, then tilt, against the way (Baker 2001, Hum Mov Sci 20:787)."""
    heading = rotations.from_heading(-np.arctan2(forward[:, 1], forward[:, 0]))
    anatomical = rotations.from_matrix(rotations.to_matrix(_root(recording)) @ ANATOMICAL_B)
    turned = rotations.to_euler("ZXY", rotations.multiply(heading, anatomical))
    rotation, left_up, tilt = np.rad2deg(turned).T
    right = 1.0 if side == "r" else -1.0
    return {
        "pelvis_tilt": tilt + np.rad2deg(PELVIC_PLANE_RAD),
        "pelvis_obliquity": -right * left_up,
        "pelvis_rotation": right * rotation,
    }


def _joints(recording: Recording, side: str) -> dict[str, np.ndarray]:
    angles = {name: np.rad2deg(_column(recording, "joint_angle", f"{joint}_{side}")) for name, joint in _ANGLES.items()}
    angles["hip_flexion"] = np.rad2deg(_column(recording, "joint_angle", f"hip_flexion_{side}") + PELVIC_PLANE_RAD)
    angles["ankle_dorsiflexion"] = np.rad2deg(_column(recording, "joint_angle", f"ankle_angle_{side}"))
    return angles


def _column(recording: Recording, array: str, joint: str) -> np.ndarray:
    return recording[array][:, recording.joints.index(joint)].astype(float)


def _foot_progression(recording: Recording, side: str, forward: np.ndarray) -> np.ndarray:
    """Turn of the line from heel to toes against the way, seen from above [deg]."""
    marks = recording["landmark_position"].astype(float)
    heel, toes = (marks[:, recording.landmarks.index(f"{bone}_{side}"), :2] for bone in ("calcn", "toes"))
    foot = toes - heel
    leftward = np.arctan2(forward[:, 0] * foot[:, 1] - forward[:, 1] * foot[:, 0], (forward * foot).sum(1))
    return np.rad2deg(leftward if side == "r" else -leftward)


def _kinetics(recording: Recording, side: str, mass_kg: float) -> dict[str, np.ndarray]:
    curves = {n: -_column(recording, "joint_moment", f"{joint}_{side}") / mass_kg for n, joint in _MOMENTS.items()}
    for name, axes in _POWERS.items():
        joints = (f"{axis}_{side}" for axis in axes)
        pairs = ((_column(recording, "joint_moment", j), _column(recording, "joint_velocity", j)) for j in joints)
        curves[name] = np.sum([moment * velocity for moment, velocity in pairs], axis=0) / mass_kg
    return curves


def _forces(recording: Recording, side: str, forward: np.ndarray, mass_kg: float) -> dict[str, np.ndarray]:
    force = recording["ground_force"][:, "rl".index(side)].astype(float) / (GRAVITY * mass_kg)
    leftward = forward[:, 0] * force[:, 1] - forward[:, 1] * force[:, 0]
    return {
        "ground_force_vertical": force[:, 2],
        "ground_force_anterior": (force[:, :2] * forward).sum(1),
        "ground_force_medial": leftward if side == "r" else -leftward,
    }


def _smooth(curves: dict[str, np.ndarray], rate_hz: float, low_pass_hz: float | None) -> dict[str, np.ndarray]:
    """Low-passed, where the rate leaves anything to take away."""
    if low_pass_hz is None:
        return curves
    # run both ways a filter halves twice: its corner is moved so that the whole has 3 dB at low_pass_hz
    corner_hz = low_pass_hz / (np.sqrt(2.0) - 1.0) ** 0.25
    return {name: lowpass(curve, rate_hz, corner_hz, order=2) for name, curve in curves.items()}
