"""What legs80_calibrated changes: static optimisation of the same walks on both bodies, muscle by muscle.

The walks are a built-in one, whose ground force is what its motion needs (on the standing foot, shared over double
support), and, where the shared recordings are, a person's with measured forces and EMG (OpenSim's Rajagopal 2016
example). Joint moments by inverse dynamics, 6 Hz low-pass; then min of summed squared activation.

    python benchmarks/body_calibration.py [--shared ../shared]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from scipy.interpolate import CubicSpline

from kinesis.analysis.demand import LOWPASS_HZ, MEASURED_HZ, Demand, demand_of_measured
from kinesis.analysis.effort import Optimum, static_optimum
from kinesis.analysis.effort_table import correlation
from kinesis.analysis.emg.channels import channel_of, mixing
from kinesis.analysis.inverse import JointMoments, inverse_dynamics
from kinesis.body import Body, Kinematics, load
from kinesis.cli import command
from kinesis.motion.clip import velocities
from kinesis.motion.filters import lowpass
from kinesis.motion.find import find_motions
from kinesis.motion.readers.opensim_coordinates import coordinate_of
from kinesis.motion.readers.opensim_forces import read_forces
from kinesis.motion.readers.opensim_table import Table, read_table

BODIES = ("legs80", "legs80_calibrated")
GRAVITY = 9.81
LAGS_S = (0.0, 0.04)
SHARED = Path(__file__).resolve().parents[2] / "shared"
RESULT = Path(__file__).parent / "results" / "body_calibration.json"


def builtin_walk(body: Body, speed_mps: float = 1.3) -> Demand:
    """Four seconds of a built-in walk and the torques that it needs.

    The ground's force is what the motion needs, shared by the feet by the lever rule, each under its own sole. A sole
    is 0.28 m by 0.08 m; one that is more than a centimetre up bears nothing. What a centre of pressure held under it
    cannot give is left as a moment on the root, which is reported. Half a second at either end is cut off.
    """
    clip = find_motions(f"builtin:walk@{speed_mps:g}", body)[0]
    time_s = np.arange(int(4.0 * MEASURED_HZ)) / MEASURED_HZ
    spline = CubicSpline(np.arange(clip.frames) / clip.rate_hz, clip.qpos)
    qpos = lowpass(spline(time_s), MEASURED_HZ, LOWPASS_HZ)
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    body.couplings.apply(qpos)
    qvel = velocities(body, qpos, MEASURED_HZ)
    acceleration = np.gradient(qvel, 1.0 / MEASURED_HZ, axis=0)
    floating = inverse_dynamics(body, qpos, qvel, acceleration, np.zeros((len(qpos), 2, 6)))
    wrench = ground_wrench(body, qpos, qvel, floating.root)
    moments = inverse_dynamics(body, qpos, qvel, acceleration, wrench)
    return cut(Demand(clip.name, body, time_s, qpos, qvel, moments.muscle, inverse=moments), slice(50, 350))


def ground_wrench(body: Body, qpos: np.ndarray, qvel: np.ndarray, root: np.ndarray) -> np.ndarray:
    """(frame, 2, 6) of the ground on the feet that gives what the root needs (frame, 6), as far as soles allow."""
    turn = np.empty((len(qpos), 9))
    for frame, quaternion in enumerate(qpos[:, 3:7]):
        mujoco.mju_quat2Mat(turn[frame], quaternion)
    force = root[:, :3]
    moment = np.einsum("fij,fj->fi", turn.reshape(-1, 3, 3), root[:, 3:]) + np.cross(qpos[:, :3], force)
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
    share = np.clip(lowpass(share, MEASURED_HZ, 10.0), 0.0, 1.0)
    loads = np.stack([share, 1.0 - share], 1)[..., None]
    half = np.linalg.norm(along, axis=2, keepdims=True)
    axes = np.stack([along / half, np.flip(along, 2) / half * [-1.0, 1.0]], 2)
    offset = np.einsum("fsij,fsj->fsi", axes, centre[:, None, :2] - feet)
    offset = np.clip(offset, [-0.12, -0.04], [0.16, 0.04])
    points = feet + np.einsum("fsij,fsi->fsj", axes, offset)
    points = np.concatenate([points, np.zeros_like(points[..., :1])], 2)
    forces = loads * force[:, None]
    return np.concatenate([forces, np.cross(points, forces) + loads * free[:, None]], 2)


def recorded_walk(body: Body, folder: Path) -> Demand:
    """A person's walk with measured forces, scaled to the body's weight."""
    forces, motion = read_forces(folder / "grf_walk.mot.gz"), folder / "walk_coordinates_rra.sto.gz"
    while_walking = forces.at(read_table(motion, coordinate_of).time_s, None)
    mass_kg = float(while_walking[:, :, 2].sum(1).mean()) / GRAVITY
    demand = demand_of_measured(motion, forces, body, mass_kg=mass_kg)
    return cut(demand, slice(10, -10))


def cut(demand: Demand, kept: slice) -> Demand:
    """Without the ends, where filters know less."""
    inverse = demand.inverse
    assert inverse is not None
    rows = [getattr(demand, name)[kept] for name in ("time_s", "qpos", "qvel", "torque")]
    moments = JointMoments(inverse.muscle[kept], inverse.root[kept])
    return Demand(demand.name, demand.body, *rows, inverse=moments, low_pass_hz=LOWPASS_HZ)


def compare(walk: Callable[[Body], Demand]) -> tuple[dict[str, Any], dict[str, Optimum]]:
    """Per body: greatest and mean activation of every muscle, both sides, and what is left of the torques."""
    optima = {name: static_optimum(walk(load(name))) for name in BODIES}
    return {name: _row(optimum) for name, optimum in optima.items()}, optima


def _row(optimum: Optimum) -> dict[str, Any]:
    used, left, root = optimum.activation, optimum.residual, optimum.demand.inverse
    assert root is not None
    body = optimum.demand.body
    pairs = {name[:-2]: [i, body.actuators.index(f"{name[:-2]}_l")] for i, name in enumerate(body.actuators[:40])}
    return {
        "torque_left_rms_nm": round(_rms(left), 3),
        "torque_left_max_nm": round(float(np.abs(left).max()), 2),
        "root_residual_rms_n": round(_rms(root.root_force), 1),
        "root_residual_rms_nm": round(_rms(root.root_moment), 1),
        "mean_squared_activation": round(float((used**2).mean()), 5),
        "muscle_frames_above_0.9": round(float((used > 0.9).mean()), 5),
        "peak": {name: round(float(used[:, both].max()), 3) for name, both in pairs.items()},
        "mean": {name: round(float(used[:, both].mean()), 3) for name, both in pairs.items()},
    }


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def agree(emg: Table, optima: dict[str, Optimum], lag_s: float) -> dict[str, dict[str, float]]:
    """Pearson r of right-leg activation with the person's own EMG, which is `lag_s` earlier; channel by channel."""
    rows: dict[str, dict[str, float]] = {}
    for channel in emg.columns:
        rows[channel] = {}
        for name, optimum in optima.items():
            demand = optimum.demand
            heard = np.interp(demand.time_s - lag_s, emg.time_s, emg.columns[channel])
            (weights,) = mixing(demand.body, demand.body.actuators, [channel], "r")
            rows[channel][name] = round(correlation(optimum.activation @ weights, heard) or 0.0, 3)
    rows["mean"] = {name: round(float(np.mean([r[name] for r in rows.values()])), 3) for name in optima}
    return rows


def main(shared: Path = SHARED) -> None:
    """Measure and write the result."""
    result: dict[str, Any] = {"builtin:walk@1.3": compare(builtin_walk)[0]}
    mocap = shared / "data" / "mocap" / "opensim_ik" / "rajagopal2016"
    if mocap.is_dir():
        person, optima = compare(lambda body: recorded_walk(body, mocap))
        emg = shared / "data" / "emg" / "rajagopal2016" / "walk_electromyography_processed.sto"
        heard = read_table(emg, channel_of)
        person["r_emg"] = {f"{1000 * lag:g} ms": agree(heard, optima, lag) for lag in LAGS_S}
        result["rajagopal2016"] = person
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    sys.exit(command(main))
