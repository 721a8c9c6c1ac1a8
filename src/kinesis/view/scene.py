"""What a page is told: the skeleton, its muscles and the motions, as plain values for JSON."""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np

from kinesis.body import Body
from kinesis.view.bones import bone_meshes
from kinesis.view.packing import pack
from kinesis.view.playback import Playback
from kinesis.view.tendons import Routes, Site, muscle_routes, walk_through

FASTEST_HZ = 50.0
COORDINATE_STEP, LENGTH_STEP_M, ACTIVATION_STEP, ERROR_STEP_MM = 1e-4, 1e-4, 1 / 255, 0.1
ANGLES = {
    "hip_flexion": "Hip flexion",
    "knee_angle": "Knee flexion",
    "ankle_angle": "Ankle dorsiflexion",
}
MUSCLES_TRACED = {
    "soleus": "Soleus",
    "gasmed": "Gastrocnemius, medial",
    "tibant": "Tibialis anterior",
    "vaslat": "Vastus lateralis",
    "recfem": "Rectus femoris",
    "bflh": "Biceps femoris, long head",
    "glmax1": "Gluteus maximus, superior",
    "glmed1": "Gluteus medius, anterior",
}


def scene_of(body: Body) -> dict[str, Any]:
    """The body: kinematic tree, bone meshes, muscle paths, and what is to be traced."""
    routes = muscle_routes(body)
    columns = dict(zip(body.joints, body.joint_qpos.tolist(), strict=True))
    return {
        "name": body.name,
        "fingerprint": body.fingerprint,
        "skeleton": [_segment(body.model, i) for i in range(body.model.nbody)],
        "bones": _bones(body.model),
        "muscles": _muscles(body, routes),
        "wraps": [_surface(body.model, wrap.geom) for wrap in routes.wraps],
        "angles": [
            {"label": label, "side": side, "column": columns[f"{joint}_{side}"]}
            for side in "rl"
            for joint, label in ANGLES.items()
            if f"{joint}_{side}" in columns
        ],
        "traced": [
            {"label": label, "right": names.index(f"{muscle}_r"), "left": names.index(f"{muscle}_l")}
            for names in [body.actuators]
            for muscle, label in MUSCLES_TRACED.items()
            if f"{muscle}_r" in names and f"{muscle}_l" in names
        ],
    }


def clip_of(body: Body, playback: Playback) -> dict[str, Any]:
    """One motion, at no more than `FASTEST_HZ`."""
    stride = min(math.ceil(playback.rate_hz / FASTEST_HZ - 1e-9), playback.frames - 1)
    qpos = playback.qpos[::stride]
    walked = walk_through(body, muscle_routes(body), qpos)
    clip = {
        "title": playback.title,
        "subtitle": playback.subtitle,
        "metrics": list(playback.metrics.items()),
        "rate": playback.rate_hz / stride,
        "frames": len(qpos),
        "qpos": pack(qpos, COORDINATE_STEP),
        "touches": pack(walked.touches.reshape(len(qpos), -1), LENGTH_STEP_M),
    }
    if playback.faults:
        clip["faults"] = [_fault(name, flags, stride) for name, flags in playback.faults.items()]
    if playback.source is not None:
        clip["source"] = pack(playback.source.position[::stride].reshape(len(qpos), -1), LENGTH_STEP_M)
        clip["lines"] = [[i, parent] for i, parent in enumerate(playback.source.parents) if parent >= 0]
    if playback.activation is not None:
        clip["activation"] = pack(np.clip(playback.activation[::stride], 0.0, 1.0), ACTIVATION_STEP)
    if playback.reference is not None:
        reference = playback.reference[::stride]
        there = walk_through(body, Routes([], []), reference).landmarks
        apart = np.linalg.norm(walked.landmarks - there, axis=-1)[:, body.tracked].mean(1)
        clip["reference"] = pack(reference, COORDINATE_STEP)
        clip["error"] = pack(1000.0 * apart[:, None], ERROR_STEP_MM)
    return clip


def _fault(name: str, flags: np.ndarray, stride: int) -> dict[str, Any]:
    """Share of the frames, and runs of them, first and last, after leaving out all but every `stride`-th."""
    kept = np.logical_or.reduceat(flags, np.arange(0, len(flags), stride))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(int)))
    runs = np.stack([edges[::2], edges[1::2] - 1], axis=1)
    return {"label": name, "share": round(float(flags.mean()), 4), "runs": runs.tolist()}


def _segment(model: mujoco.MjModel, index: int) -> dict[str, Any]:
    start, count = model.body_jntadr[index], model.body_jntnum[index]
    return {
        "name": model.body(index).name,
        "parent": int(model.body_parentid[index]),
        "position": _rounded(model.body_pos[index]),
        "wxyz": _rounded(model.body_quat[index]),
        "joints": [_joint(model, joint) for joint in range(start, start + count)],
    }


def _joint(model: mujoco.MjModel, joint: int) -> dict[str, Any]:
    at = int(model.jnt_qposadr[joint])
    return {
        "kind": mujoco.mjtJoint(int(model.jnt_type[joint])).name.removeprefix("mjJNT_").lower(),
        "at": at,
        "zero": float(model.qpos0[at]),
        "axis": _rounded(model.jnt_axis[joint]),
        "anchor": _rounded(model.jnt_pos[joint]),
    }


def _bones(model: mujoco.MjModel) -> list[dict[str, Any]]:
    return [
        {
            "body": int(model.body(name).id),
            "vertices": pack(mesh.vertices, LENGTH_STEP_M),
            "faces": pack(mesh.faces, 1.0),
        }
        for name, mesh in bone_meshes().items()
    ]


def _muscles(body: Body, routes: Routes) -> list[dict[str, Any]]:
    """Name, path and greatest thickness [m]; cross-sections are as peak isometric forces."""
    force = body.model.actuator_gainprm[:, 2]
    return [
        {
            "name": name,
            "radius": round(float(0.003 + 1.35e-4 * np.sqrt(force[i])), 5),
            "path": [{"body": p.body, "position": _rounded(p.position)} if isinstance(p, Site) else p for p in path],
        }
        for i, (name, path) in enumerate(zip(body.actuators, routes.paths, strict=False))
    ]


def _surface(model: mujoco.MjModel, geom: int) -> dict[str, Any]:
    return {
        "body": int(model.geom_bodyid[geom]),
        "position": _rounded(model.geom_pos[geom]),
        "wxyz": _rounded(model.geom_quat[geom]),
        "round": "ball" if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_SPHERE else "rod",
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{v:.7g}") for v in values]
