"""A clip of this package written as others would have recorded it: BVH, AMASS's `.npz`, joints of HumanML3D."""

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from kinesis.body import Body, load
from kinesis.motion.clip import Clip
from kinesis.motion.readers.smpl_skeleton import HANGS_ON, JOINTS, neutral_offsets

Y_UP = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""From x forward, y left, z up to x left, y up, z forward, as BVH, SMPL and HumanML3D have it at rest."""

BONES = {"hip": "femur", "knee": "tibia", "ankle": "talus", "toe": "toes"}
TRUNK = {
    "spine": ("spine",),
    "neck": ("spine", "spine2", "chest", "neck"),
    "head": ("spine", "spine2", "chest", "neck", "head"),
}
"""Offsets of SMPL's mean adult that lead up from the pelvis; its hips are put where the body's are."""


@dataclass(frozen=True)
class Recorded:
    """Places (frame, 3) [m] and turns since standing upright facing +x, by our names; world z up."""

    places: dict[str, np.ndarray]
    turns: dict[str, Rotation]


def recorded(clip: Clip) -> Recorded:
    """Where the joints of a clip are, and how the bones below them have turned; the foot turns with its heel bone."""
    body = load(clip.body)
    rest_matrix = _poses(body, body.standing_qpos()[None])[1]
    place, matrix = _poses(body, clip.qpos)
    ids = {"pelvis": body.model.body(1).id}
    for side in "rl":
        ids |= {f"{ours}_{side}": body.model.body(f"{bone}_{side}").id for ours, bone in BONES.items()}
    heels = {f"ankle_{side}": body.model.body(f"calcn_{side}").id for side in "rl"}
    turning = ids | heels
    turns = {name: Rotation.from_matrix(matrix[:, index] @ rest_matrix[0, index].T) for name, index in turning.items()}
    places = {name: place[:, index] for name, index in ids.items()}
    rest, hips = neutral_offsets(), 0.5 * (places["hip_r"] + places["hip_l"])
    for name, way in TRUNK.items():
        offset = sum(rest[step] for step in way) - 0.5 * (rest["hip_r"] + rest["hip_l"])
        places[name] = hips + turns["pelvis"].apply(offset @ Y_UP)
    return Recorded(places, turns)


def _poses(body: Body, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Origins (frame, body, 3) and matrices (frame, body, 3, 3)."""
    data, origins, matrices = mujoco.MjData(body.model), [], []
    for qpos in motion:
        data.qpos[:] = qpos
        mujoco.mj_kinematics(body.model, data)
        origins.append(data.xpos.copy())
        matrices.append(data.xmat.reshape(-1, 3, 3).copy())
    return np.array(origins), np.array(matrices)


@dataclass(frozen=True)
class BvhForm:
    """How a BVH file is written.

    order: of the angles. everywhere: position channels on every joint, which replace the OFFSET. per_m: units in
    a metre. up: axis that points up. mirrored: axes of a left-handed program. t_pose: put in front of the motion.
    names: of joints, from Side, side, s, Part, part.
    """

    order: str = "ZXY"
    everywhere: bool = True
    per_m: float = 100.0
    up: str = "y"
    mirrored: bool = False
    t_pose: bool = False
    names: str = "{Side}{Part}"


TREE = {"pelvis": None, "spine": "pelvis", "neck": "spine", "head": "neck"} | {
    f"{part}_{s}": f"{up}_{s}" if up else "pelvis"
    for s in "lr"
    for part, up in (("hip", ""), ("knee", "hip"), ("ankle", "knee"), ("toe", "ankle"))
}
"""Joint to parent, in the order of the file."""
PARTS = {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "toe": "ToeBase"}
AXES = {
    "x": np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    "y": np.eye(3),
    "z": np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]),
}


def write_bvh(clip: Clip, path: Path, form: BvhForm | None = None) -> Path:
    """Write a clip as BVH whose rest pose stands upright; where y is up, x is left and z forward."""
    form = form or BvhForm()
    seen = recorded(clip)
    turn = AXES[form.up] @ Y_UP
    turn = np.diag([-1.0, 1.0, 1.0]) @ turn if form.mirrored else turn
    place = {name: value @ turn.T * form.per_m for name, value in seen.places.items()}
    turned = {
        name: Rotation.from_matrix(turn @ seen.turns[name if name in seen.turns else "pelvis"].as_matrix() @ turn.T)
        for name in TREE
    }
    local = {name: turned[up].inv() * turned[name] if up else turned[name] for name, up in TREE.items()}
    steps = {name: turned[up].inv().apply(place[name] - place[up]) if up else place[name] for name, up in TREE.items()}
    columns = []
    for name, up in TREE.items():
        columns += [steps[name]] if form.everywhere or up is None else []
        columns += [local[name].as_euler(form.order, degrees=True)]
    table = np.concatenate(columns, axis=1)
    if form.t_pose:
        table = np.concatenate([np.concatenate([table[:1, :3], np.zeros((1, table.shape[1] - 3))], axis=1), table])
    head = ["HIERARCHY", *_joint_lines("pelvis", {name: step.mean(0) for name, step in steps.items()}, form)]
    head += ["MOTION", f"Frames: {len(table)}", f"Frame Time: {1.0 / clip.rate_hz:.8f}"]
    path.write_text("\n".join([*head, *(" ".join(f"{value:.7f}" for value in row) for row in table)]) + "\n")
    return path


def _joint_lines(name: str, offsets: dict[str, np.ndarray], form: BvhForm) -> list[str]:
    """The tree from a joint downward; joints stand in the order of `TREE`."""
    up, children = TREE[name], [child for child, parent in TREE.items() if parent == name]
    channels = [f"{axis}position" for axis in "XYZ"] if form.everywhere or up is None else []
    channels += [f"{letter}rotation" for letter in form.order]
    written = ("JOINT " if up else "ROOT ") + _joint_name(name, form)
    x, y, z = offsets[name]
    lines = [written, "{", f"OFFSET {x:.7f} {y:.7f} {z:.7f}", f"CHANNELS {len(channels)} {' '.join(channels)}"]
    for child in children:
        lines += _joint_lines(child, offsets, form)
    return [*lines, *([] if children else ["End Site", "{", "OFFSET 0 0 0", "}"]), "}"]


def _joint_name(name: str, form: BvhForm) -> str:
    part, _, s = name.partition("_")
    if not s:
        return {"pelvis": "Hips"}.get(name, name.title())
    side = {"l": "left", "r": "right"}[s]
    return form.names.format(Side=side.title(), side=side, s=s, Part=PARTS[part], part=PARTS[part].lower())


def smpl_poses(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Rotation vectors (frame, 22, 3) that give SMPL's neutral legs the directions of a clip's bones; translation."""
    seen, rest = recorded(clip), neutral_offsets()
    places, turns = seen.places, seen.turns
    up = turns["pelvis"].apply([0.0, 0.0, 1.0])
    left = rest["hip_l"] - rest["hip_r"]
    world = {"pelvis": _turn_between((left, [0, 1, 0]), (places["hip_l"] - places["hip_r"], up))}
    for side in "rl":
        for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("ankle", "toe")):
            start, end = f"{upper}_{side}", f"{lower}_{side}"
            aside = turns[start].apply([0.0, 1.0, 0.0])
            world[start] = _turn_between((rest[end], [1, 0, 0]), (places[end] - places[start], aside))
    for name in JOINTS[1:]:
        world.setdefault(name, world[HANGS_ON[name]])
    local = [world[name] if name == "pelvis" else world[HANGS_ON[name]].inv() * world[name] for name in JOINTS]
    return np.stack([turn.as_rotvec() for turn in local], axis=1), places["pelvis"]


def _turn_between(rest: tuple, seen: tuple) -> Rotation:
    """Turns that bring the first direction of rest onto that of seen, and the second as near as can be."""

    def axes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        one = first / np.linalg.norm(first, axis=-1, keepdims=True)
        two = second - (second * one).sum(-1, keepdims=True) * one
        two = two / np.linalg.norm(two, axis=-1, keepdims=True)
        return np.stack([one, two, np.cross(one, two)], axis=-1)

    return Rotation.from_matrix(axes(*seen) @ axes(*(np.array(part, dtype=float) for part in rest)).T)


def write_amass(clip: Clip, path: Path, *, smplx: bool = False) -> Path:
    """Write a clip as AMASS's `.npz` of SMPL-H, or in the naming of SMPL-X; metres, z up."""
    poses, translation = smpl_poses(clip)
    flat = poses.reshape(clip.frames, -1)
    words = {"trans": translation, "betas": np.zeros(16), "gender": np.array("neutral")}
    if smplx:
        words |= {"root_orient": flat[:, :3], "pose_body": flat[:, 3:], "mocap_frame_rate": np.array(clip.rate_hz)}
    else:
        hands = np.zeros((clip.frames, 90))
        words |= {"poses": np.concatenate([flat, hands], axis=1), "mocap_framerate": np.array(clip.rate_hz)}
    np.savez(path, **words)
    return path


def humanml3d_joints(clip: Clip, rate_hz: float = 20.0) -> np.ndarray:
    """(frame, 22, 3) of a clip at a rate, y up, z forward; what the body lacks stands by neck or spine."""
    places = recorded(clip).places
    stand_ins = {"spine2": "spine", "chest": "spine"}
    joints = np.stack([places.get(name, places[stand_ins.get(name, "neck")]) for name in JOINTS], axis=1)
    time_s = np.arange(clip.frames) / clip.rate_hz
    asked_s = np.arange(int(time_s[-1] * rate_hz) + 1) / rate_hz
    return CubicSpline(time_s, joints)(asked_s) @ Y_UP.T


def write_joints(clip: Clip, path: Path, rate_hz: float = 20.0) -> Path:
    """Write a clip's joints, as `.npy` without a rate (HumanML3D's 20 Hz) or as `.npz` with one."""
    joints = humanml3d_joints(clip, rate_hz).astype(np.float32)
    if path.suffix == ".npz":
        np.savez(path, joints=joints, fps=rate_hz)
    else:
        np.save(path, joints)
    return path
