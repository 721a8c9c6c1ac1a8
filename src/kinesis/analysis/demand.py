"""Demand: a motion with the torques that muscles had to give for it, from a recording or from measured forces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesis.analysis.inverse import JointMoments, inverse_dynamics
from kinesis.body import Body, load
from kinesis.errors import KinesisError
from kinesis.evaluate.signals import Recording
from kinesis.motion.clip import continuous_quaternions, velocities
from kinesis.motion.filters import lowpass
from kinesis.motion.readers.opensim import read_opensim
from kinesis.motion.readers.opensim_coordinates import (
    ROTATIONS,
    TRANSLATIONS,
    coordinates,
    root_orientation,
    root_position,
)
from kinesis.motion.readers.opensim_forces import GroundForces
from kinesis.motion.readers.resample import resample

LOWPASS_HZ = 6.0
"""Of measured coordinates and forces alike, or impacts would appear in joints that are none (van den Bogert 1996)."""

MEASURED_HZ = 100.0


@dataclass(frozen=True)
class Demand:
    """What muscles had to do. time_s (instant,), qpos, qvel: the motion. torque: (instant, joint) of muscles [N·m].

    activation: (instant, muscle) of whoever did it, None where that is not known. inverse: where torques come from
    inverse dynamics. low_pass_hz: of the motion and the forces, None for none.
    """

    name: str
    body: Body
    time_s: np.ndarray
    qpos: np.ndarray
    qvel: np.ndarray
    torque: np.ndarray
    activation: np.ndarray | None = None
    inverse: JointMoments | None = None
    low_pass_hz: float | None = None


def body_of(recording: Recording) -> Body:
    """The body of a recording; refuses one of another form."""
    body = load(recording.body)
    if recording.fingerprint != body.fingerprint:
        raise KinesisError(
            f"a recording of another form of {body.name}",
            where=recording.name,
            got=recording.fingerprint,
            expected=body.fingerprint,
        )
    return body


def demand_of_recording(recording: Recording, body: Body | None = None) -> Demand:
    """The torques that muscles gave in a recording: those of the simulation, nothing is derived.

    body: as simulated, where that is not the registered one.

    Raises:
        KinesisError: for a recording without forces, or of another form of its body.
    """
    body = body or body_of(recording)
    return Demand(
        recording.name,
        body,
        recording["time_s"],
        recording["qpos"],
        recording["qvel"],
        recording["joint_moment_muscle"].astype(float),
        recording["activation"].astype(float),
    )


def demand_of_forces(recording: Recording, body: Body | None = None) -> Demand:
    """The same by inverse dynamics: from a recording's coordinates and ground forces alone, as from a person's.

    An instant's forces act until the next one, so that accelerations are differences to the next.
    """
    body = body or body_of(recording)
    force, centre = recording["ground_force"].astype(float), recording["centre_of_pressure"].astype(float)
    moment = np.cross(np.nan_to_num(centre), force)
    moment[..., 2] += recording["ground_moment"]
    wrench = np.concatenate([force, moment], -1)
    qpos, qvel = recording["qpos"], recording["qvel"]
    acceleration = np.diff(qvel, axis=0, append=qvel[-1:]) * recording.rate_hz
    acceleration[-1:] = acceleration[-2:-1]
    moments = inverse_dynamics(body, qpos, qvel, acceleration, wrench, step_s=1.0 / recording.rate_hz)
    time_s, activation = recording["time_s"], recording["activation"].astype(float)
    return Demand(recording.name, body, time_s, qpos, qvel, moments.muscle, activation, moments)


def demand_of_measured(
    motion: Path, forces: GroundForces, body: Body, *, mass_kg: float | None = None, low_pass_hz: float = LOWPASS_HZ
) -> Demand:
    """The torques of a person, from OpenSim coordinates and the ground forces measured with them.

    The motion stays where it was measured, for the forces to act where they did. mass_kg: of the person, the body's
    own by default; forces are scaled by the ratio. low_pass_hz: of coordinates and forces.

    Raises:
        KinesisError: for a file that is not one of coordinates, or forces that do not last as long.
    """
    table = read_opensim(motion)[0].table
    given = coordinates(table, body)
    for name in TRANSLATIONS:
        if name not in given.names:
            raise KinesisError(f"the coordinate {name} is missing", where=str(motion), expected="where the pelvis was")
    even = resample(table.time_s, given.values, MEASURED_HZ, angles=None, where=str(motion))
    recorded = dict(zip(given.names, lowpass(even.values, MEASURED_HZ, low_pass_hz).T, strict=True))
    count = len(even.values)
    qpos = np.tile(body.standing_qpos(), (count, 1))
    qpos[:, :3] = root_position(np.stack([recorded[name] for name in TRANSLATIONS], 1))
    turns = np.stack([recorded.get(name, np.zeros(count)) for name in ROTATIONS], 1)
    qpos[:, 3:7] = continuous_quaternions(root_orientation(turns))
    joints = np.stack([recorded.get(name, np.zeros(count)) for name in body.joints], 1)
    qpos[:, body.joint_qpos] = np.clip(joints, *body.joint_range.T)
    body.couplings.apply(qpos)
    qvel = velocities(body, qpos, MEASURED_HZ)
    time_s = table.time_s[0] + np.arange(count) / MEASURED_HZ
    wrench = forces.at(time_s, low_pass_hz) * (1.0 if mass_kg is None else body.mass_kg / mass_kg)
    moments = inverse_dynamics(body, qpos, qvel, np.gradient(qvel, 1.0 / MEASURED_HZ, axis=0), wrench)
    return Demand(
        motion.name, body, time_s, qpos, qvel, moments.muscle, inverse=moments, low_pass_hz=low_pass_hz or None
    )
