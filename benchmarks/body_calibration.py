"""What legs80_calibrated changes: static optimisation of the same walks on both bodies, muscle by muscle.

The walks are a built-in one, whose ground force is what its motion needs (on the standing foot, shared over double
support), and, where the shared recordings are, a person's with measured forces and EMG (OpenSim's Rajagopal 2016
example). Joint moments by inverse dynamics, 6 Hz low-pass; then min of summed squared activation.

    python benchmarks/body_calibration.py [--shared ../shared]
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import torch
import tyro
from scipy.interpolate import CubicSpline
from scipy.signal import butter, filtfilt

from kinesis.body import Body, Kinematics, load
from kinesis.body.muscles import muscle_state
from kinesis.body.sharing import share_torques
from kinesis.evaluate.mechanics import fold
from kinesis.motion.clip import velocities
from kinesis.motion.find import find_motions
from kinesis.motion.readers.opensim_coordinates import (
    ROTATIONS,
    TRANSLATIONS,
    coordinate_of,
    coordinates,
    root_orientation,
    root_position,
)
from kinesis.motion.readers.opensim_table import read_table

BODIES = ("legs80", "legs80_calibrated")
RATE_HZ, LOWPASS_HZ, EFFORT = 100.0, 6.0, 0.01
WEIGHT = 0.1
"""Of a torque residual [1/(N·m)]: with EFFORT, one tenth of full activation counts as about 0.1 N·m."""
SHARED = Path(__file__).resolve().parents[2] / "shared"
RESULT = Path(__file__).parent / "results" / "body_calibration.json"
CHANNELS = {
    "soleus": ("soleus",),
    "gastrocnemius": ("gasmed", "gaslat"),
    "tibialis_anterior": ("tibant",),
    "medial_hamstrings": ("semimem", "semiten"),
    "biceps_femoris": ("bflh",),
    "vastus_lateralis": ("vaslat",),
    "vastus_medius": ("vasmed",),
    "rectus_femoris": ("recfem",),
    "gluteus_maximus": ("glmax1", "glmax2", "glmax3"),
    "gluteus_medius": ("glmed1", "glmed2", "glmed3"),
}
"""EMG channel to the muscles whose mean stands beside it."""


@dataclass(frozen=True)
class Walk:
    """qpos (frame, nq) at RATE_HZ and the wrench of the ground on each foot (frame, 2, 6) about the origin, world."""

    qpos: np.ndarray
    wrench: np.ndarray
    keep: slice
    """Frames that count; the others are filters' ends."""


def moments(body: Body, walk: Walk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joint moments (frame, joint) [N·m] that muscles must give, root residuals (frame, 6), speeds (frame, nv)."""
    model, feet = body.model, [body.model.body(name).id for name in ("calcn_r", "calcn_l")]
    qvel = velocities(body, walk.qpos, RATE_HZ)
    qacc = np.gradient(qvel, 1.0 / RATE_HZ, axis=0)
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONSTRAINT)
    data, needed = mujoco.MjData(model), np.empty_like(qvel)
    linear, turning = np.zeros((3, model.nv)), np.zeros((3, model.nv))
    for frame, (q, v, a) in enumerate(zip(walk.qpos, qvel, qacc, strict=True)):
        data.qpos[:], data.qvel[:], data.qacc[:] = q, v, a
        mujoco.mj_inverse(model, data)
        needed[frame] = data.qfrc_inverse
        for side, foot in enumerate(feet):
            mujoco.mj_jac(model, data, linear, turning, np.zeros(3), foot)
            needed[frame] -= linear.T @ walk.wrench[frame, side, :3] + turning.T @ walk.wrench[frame, side, 3:]
    model.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_CONSTRAINT)
    return fold(body, walk.qpos, needed), needed[:, :6], qvel


def share(body: Body, walk: Walk, torque: np.ndarray, qvel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Activations (frame, muscle) and what of the torque is left (frame, joint) [N·m]."""
    data = mujoco.MjData(body.model)
    states = [muscle_state(body, data, q, v) for q, v in zip(walk.qpos, qvel, strict=True)]
    arms, gain, bias = (np.stack([getattr(s, name) for s in states]) for name in ("arms", "gain", "bias"))
    tensors = [torch.from_numpy(x) for x in (torque, arms, gain, bias, np.full(14, WEIGHT))]
    activation = share_torques(*tensors, effort=EFFORT, iterations=40).numpy()
    return activation, torque - np.einsum("fjm,fm->fj", arms, gain * activation + bias)


def builtin_walk(body: Body, speed_mps: float = 1.3) -> Walk:
    """The ground's force is what the motion needs, shared by the feet by the lever rule, each under its own sole.

    A sole is 0.28 m by 0.08 m; one that is more than a centimetre up bears nothing. What a centre of pressure held
    under it cannot give is left as a moment on the root, which is reported.
    """
    clip = find_motions(f"builtin:walk@{speed_mps:g}", body)[0]
    time_s = np.arange(int(4.0 * RATE_HZ)) / RATE_HZ
    spline = CubicSpline(np.arange(clip.frames) / clip.rate_hz, clip.qpos)
    qpos = _smooth(spline(time_s))
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    body.couplings.apply(qpos)
    none = Walk(qpos, np.zeros((len(qpos), 2, 6)), slice(50, 350))
    _, residual, qvel = moments(body, none)
    turn = np.empty((len(qpos), 9))
    for frame, quaternion in enumerate(qpos[:, 3:7]):
        mujoco.mju_quat2Mat(turn[frame], quaternion)
    force = residual[:, :3]
    moment = np.einsum("fij,fj->fi", turn.reshape(-1, 3, 3), residual[:, 3:]) + np.cross(qpos[:, :3], force)
    centre = np.stack([-moment[:, 1], moment[:, 0], 0.0 * force[:, 2]], 1) / force[:, 2:]
    free = moment - np.cross(centre, force)
    kinematics = Kinematics(body)
    marks = kinematics.landmarks(qpos, qvel).position
    heel, toes = (marks[:, [body.landmarks.index(f"{bone}_{s}") for s in "rl"], :2] for bone in ("calcn", "toes"))
    feet, along = 0.5 * (heel + toes), 0.5 * (toes - heel)
    across = feet[:, 0] - feet[:, 1]
    share = np.clip(((centre[:, :2] - feet[:, 1]) * across).sum(1) / (across**2).sum(1), 0.0, 1.0)
    down = kinematics.sole_heights(qpos).min(2) < 0.01
    share = np.where(down[:, 0] == down[:, 1], share, down[:, 0].astype(float))
    share = np.clip(_smooth(share, 10.0), 0.0, 1.0)
    loads = np.stack([share, 1.0 - share], 1)[..., None]
    half = np.linalg.norm(along, axis=2, keepdims=True)
    axes = np.stack([along / half, np.flip(along, 2) / half * [-1.0, 1.0]], 2)
    offset = np.einsum("fsij,fsj->fsi", axes, centre[:, None, :2] - feet)
    offset = np.clip(offset, [-0.12, -0.04], [0.16, 0.04])
    points = feet + np.einsum("fsij,fsi->fsj", axes, offset)
    points = np.concatenate([points, np.zeros_like(points[..., :1])], 2)
    forces = loads * force[:, None]
    return Walk(qpos, np.concatenate([forces, np.cross(points, forces) + loads * free[:, None]], 2), none.keep)


def recorded_walk(body: Body, folder: Path) -> tuple[Walk, np.ndarray, dict[str, np.ndarray]]:
    """A person's walk with measured forces, scaled to the body's weight, and the EMG of the right leg [share of peak].

    Returns the walk, its times [s] and EMG by channel, each (time,), 40 s⁻¹ and finer, on its own `emg_time`.
    """
    mocap = folder / "data" / "mocap" / "opensim_ik" / "rajagopal2016"
    table = read_table(mocap / "walk_coordinates_rra.sto.gz", coordinate_of)
    given = coordinates(table, body)
    time_s = np.arange(table.time_s[0], table.time_s[-1], 1.0 / RATE_HZ)
    column = {n: np.interp(time_s, table.time_s, v) for n, v in zip(given.names, given.values.T, strict=True)}
    qpos = np.tile(body.standing_qpos(), (len(time_s), 1))
    qpos[:, :3] = root_position(np.stack([column[n] for n in TRANSLATIONS], 1))
    qpos[:, 3:7] = root_orientation(np.stack([column[n] for n in ROTATIONS], 1))
    qpos[:, body.joint_qpos] = np.stack([column.get(n, np.zeros(len(time_s))) for n in body.joints], 1)
    body.couplings.apply(qpos)
    plates = _sto(mocap / "grf_walk.mot.gz")
    wrench = np.zeros((len(time_s), 2, 6))
    for side, name in enumerate("rl"):
        force = root_position(np.stack([plates[f"ground_force_{name}_v{axis}"] for axis in "xyz"], 1))
        point = root_position(np.stack([plates[f"ground_force_{name}_p{axis}"] for axis in "xyz"], 1))
        free = root_position(np.stack([plates[f"ground_torque_{name}_{axis}"] for axis in "xyz"], 1))
        moment = np.where(force[:, 2:] > 20.0, np.cross(point, force) + free, 0.0)
        force = np.where(force[:, 2:] > 20.0, force, 0.0)
        for axis, values in enumerate(np.concatenate([force, moment], 1).T):
            low = filtfilt(*butter(2, 20.0, fs=2000.0), values)
            wrench[:, side, axis] = np.interp(time_s, plates["time"], low)
    inside = slice(10, -10)
    wrench *= 9.81 * body.mass_kg / wrench[inside, :, 2].sum(1).mean()
    emg = _sto(folder / "data" / "emg" / "rajagopal2016" / "walk_electromyography_processed.sto")
    return Walk(_smooth(qpos), wrench, inside), time_s, emg


def _smooth(values: np.ndarray, cutoff_hz: float = LOWPASS_HZ) -> np.ndarray:
    return filtfilt(*butter(2, cutoff_hz, fs=RATE_HZ), values, axis=0)


def _sto(path: Path) -> dict[str, np.ndarray]:
    lines = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode().splitlines()
    start = lines.index("endheader") + 1
    return dict(zip(lines[start].split(), np.loadtxt(lines[start + 1 :]).T, strict=True))


def compare(walk: Walk) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Per body: greatest and mean activation of every muscle, both sides, and what is left of the torques."""
    summary: dict[str, Any] = {}
    activations = {}
    for name in BODIES:
        body = load(name)
        torque, residual, qvel = moments(body, walk)
        activation, left = share(body, walk, torque, qvel)
        activations[name] = activation
        used, rms = activation[walk.keep], np.sqrt(np.mean(left[walk.keep] ** 2))
        summary[name] = {
            "torque_left_rms_nm": round(float(rms), 3),
            "torque_left_max_nm": round(float(np.abs(left[walk.keep]).max()), 2),
            "root_residual_rms_n": round(float(np.sqrt((residual[walk.keep, :3] ** 2).sum(1).mean())), 1),
            "root_residual_rms_nm": round(float(np.sqrt((residual[walk.keep, 3:] ** 2).sum(1).mean())), 1),
            "mean_squared_activation": round(float((used**2).mean()), 5),
            "muscle_frames_above_0.9": round(float((used > 0.9).mean()), 5),
            "peak": {m[:-2]: round(float(used[:, [i, i + 40]].max()), 3) for i, m in enumerate(body.actuators[:40])},
            "mean": {m[:-2]: round(float(used[:, [i, i + 40]].mean()), 3) for i, m in enumerate(body.actuators[:40])},
        }
    return summary, activations


def agree(
    walk: Walk, time_s: np.ndarray, emg: dict[str, np.ndarray], activations: dict[str, np.ndarray], lag_s: float
) -> dict[str, dict[str, float]]:
    """Pearson r of right-leg activation with the person's own EMG, which is `lag_s` earlier."""
    body = load("legs80")
    rows: dict[str, dict[str, float]] = {}
    for channel, muscles in CHANNELS.items():
        heard = np.interp(time_s[walk.keep] - lag_s, emg["time"], emg[channel])
        rows[channel] = {}
        for name in BODIES:
            used = activations[name][walk.keep][:, [body.actuators.index(f"{m}_r") for m in muscles]].mean(1)
            rows[channel][name] = round(float(np.corrcoef(used, heard)[0, 1]), 3)
    rows["mean"] = {name: round(float(np.mean([r[name] for r in rows.values()])), 3) for name in BODIES}
    return rows


def main(shared: Path = SHARED) -> None:
    """Measure and write the result."""
    body = load("legs80")
    result: dict[str, Any] = {"builtin:walk@1.3": compare(builtin_walk(body))[0]}
    if (shared / "data").is_dir():
        walk, time_s, emg = recorded_walk(body, shared)
        person, activations = compare(walk)
        person["r_emg"] = {f"{lag} ms": agree(walk, time_s, emg, activations, lag / 1000) for lag in (0, 40)}
        result["rajagopal2016"] = person
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    tyro.cli(main)
