"""SMPL's skeleton (Loper 2015): names, neutral offsets, a person's own offsets, and the points of a pose."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.errors import KinesisError
from kinesis.motion.readers.arrays import load_npz
from kinesis.motion.readers.chain import pose
from kinesis.motion.readers.knee_axis import knee_lateral

JOINTS = (
    "pelvis", "hip_l", "hip_r", "spine", "knee_l", "knee_r", "spine2", "ankle_l", "ankle_r", "chest", "toe_l", "toe_r",
    "neck", "collar_l", "collar_r", "head", "shoulder_l", "shoulder_r", "elbow_l", "elbow_r", "wrist_l", "wrist_r",
)  # fmt: skip
"""In the order of SMPL, SMPL-H, SMPL-X and HumanML3D, called as in `Points`; SMPL calls the toe foot."""

PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
HANGS_ON = {name: JOINTS[parent] for name, parent in zip(JOINTS, PARENTS, strict=True) if parent >= 0}

NEUTRAL = {
    "hip_l": (0.070, -0.091, -0.007),
    "knee_l": (0.034, -0.375, -0.005),
    "ankle_l": (-0.014, -0.398, -0.044),
    "toe_l": (0.026, -0.056, 0.119),
    "spine": (-0.003, 0.109, -0.027),
    "spine2": (0.006, 0.135, 0.001),
    "chest": (0.002, 0.053, 0.025),
    "neck": (-0.003, 0.214, -0.043),
    "head": (0.005, 0.065, 0.051),
}
"""Offsets of the mean adult from the parent [m], x left, y up, z forward as in SMPL's own frame; the right
leg is the left one's mirror image. Arms are not posed: nothing here needs them."""

_LEFT = np.array([1.0, 0.0, 0.0])
_MIRROR = np.array([-1.0, 1.0, 1.0])
_MODELS = (
    "smplh/{gender}/model.npz", "smplx/SMPLX_{GENDER}.npz", "smplh/SMPLH_{GENDER}.npz",
    "{gender}/model.npz", "SMPLX_{GENDER}.npz", "SMPLH_{GENDER}.npz",
)  # fmt: skip


def neutral_offsets() -> dict[str, np.ndarray]:
    """(3,) of each posed joint but the pelvis [m]."""
    left = {name: np.array(offset) for name, offset in NEUTRAL.items()}
    return left | {f"{name[:-2]}_r": offset * _MIRROR for name, offset in left.items() if name.endswith("_l")}


def shaped_offsets(models: Path, gender: str, betas: np.ndarray) -> dict[str, np.ndarray] | None:
    """As `neutral_offsets` for a person's shape betas (n,), from SMPL's own model files; None where there are none.

    models: folder with the files as they are downloaded, such as `smplh/male/model.npz`, `smplx/SMPLX_MALE.npz`.

    Raises:
        KinesisError: for a file there that is not a body model.
    """
    tries = (models / name.format(gender=gender.lower(), GENDER=gender.upper()) for name in _MODELS)
    found = next((path for path in tries if path.is_file()), None)
    if found is None:
        return None
    mean, slopes = _joint_shapes(found)
    count = min(len(betas), slopes.shape[-1])
    place = mean + slopes[..., :count] @ betas[:count]
    return {name: place[JOINTS.index(name)] - place[JOINTS.index(HANGS_ON[name])] for name in neutral_offsets()}


@cache
def _joint_shapes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Places of the 22 joints of the mean shape (22, 3) [m], and by each shape component (22, 3, component)."""
    arrays = load_npz(path, ("v_template", "shapedirs", "J_regressor"))
    try:
        regressor = np.asarray(arrays["J_regressor"], np.float64)[: len(JOINTS)]
        mean, slopes = regressor @ arrays["v_template"], np.einsum("jv,vck->jck", regressor, arrays["shapedirs"])
    except (KeyError, ValueError, TypeError) as error:
        expected = "v_template, shapedirs and J_regressor as arrays"
        raise KinesisError("not a body model", where=str(path), got=error, expected=expected) from None
    return mean, slopes


def posed_points(turns: np.ndarray, root: np.ndarray, offsets: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """(frame, 3) of the pelvis, the joints that have an offset, and the places beside the knees.

    turns: (frame, 22, 3) rotation vectors, each in its parent's frame [rad]. root: (frame, 3) of the pelvis.
    """
    posed_names = [name for name in JOINTS if name == "pelvis" or name in offsets]
    parents = {name: HANGS_ON.get(name) for name in posed_names}
    rotations = {name: Rotation.from_rotvec(turns[:, JOINTS.index(name)]) for name in posed_names}
    place, turned = pose(parents, {"pelvis": root} | offsets, rotations)
    for side, other, outward in (("r", "l", -_LEFT), ("l", "r", _LEFT)):
        hip, knee, across = place[f"hip_{side}"], place[f"knee_{side}"], place[f"hip_{side}"] - place[f"hip_{other}"]
        thigh, shank = turned[f"hip_{side}"], turned[f"knee_{side}"]
        place[f"knee_lateral_{side}"] = knee_lateral(hip, knee, thigh, shank, across, outward)
    return place
