"""Clip: what a person did, on a Body's skeleton, at a stated rate."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.body import Body, Kinematics
from kinesis.errors import KinesisError

Label = str | float


@dataclass(frozen=True)
class Clip:
    """A motion of one skeleton; world z up, quaternions wxyz with continuous signs.

    qpos: (frame, nq) [m, rad]. qvel: (frame, nv) [m/s, rad/s], root linear in the world, angular in the body.
    landmarks: (frame, landmark, 3) [m]. landmark_velocities: the same shape [m/s].
    labels: `category` and whatever describes the motion (`speed_mps`, `yaw_rate_rps`, ...).
    """

    name: str
    body: str
    rate_hz: float
    qpos: np.ndarray
    qvel: np.ndarray
    landmarks: np.ndarray
    landmark_velocities: np.ndarray
    source: str
    licence: str
    labels: Mapping[str, Label] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.qpos)

    @property
    def duration_s(self) -> float:
        """From the first to the last frame [s]."""
        return (self.frames - 1) / self.rate_hz

    @property
    def category(self) -> str:
        """The label `category`, or `other`."""
        return str(self.labels.get("category", "other"))


def make_clip(
    kinematics: Kinematics,
    qpos: np.ndarray,
    rate_hz: float,
    *,
    name: str,
    source: str,
    licence: str,
    labels: Mapping[str, Label] | None = None,
) -> Clip:
    """Complete a Clip from qpos (frame, nq): couplings applied, speeds by central differences, landmarks.

    Raises:
        KinesisError: for fewer than three frames, a wrong width or values that are not finite.
    """
    body = kinematics.body
    if qpos.ndim != 2 or qpos.shape[1] != body.model.nq or len(qpos) < 3:
        raise KinesisError("not a motion", where=name, got=qpos.shape, expected=f"(3 or more, {body.model.nq})")
    if not np.isfinite(qpos).all():
        frame, column = np.argwhere(~np.isfinite(qpos))[0]
        raise KinesisError("a coordinate is not finite", where=f"{name}, frame {frame}", got=qpos[frame, column])
    qpos = np.array(qpos, dtype=np.float64)
    qpos[:, 3:7] = continuous_quaternions(qpos[:, 3:7])
    body.couplings.apply(qpos)
    qvel = velocities(body, qpos, rate_hz)
    landmarks = kinematics.landmarks(qpos, qvel)
    return Clip(
        name, body.name, rate_hz, qpos, qvel, landmarks.position, landmarks.velocity, source, licence, labels or {}
    )


def beginning(clip: Clip, seconds: float) -> Clip:
    """The first seconds of a clip, all of it where it is shorter."""
    frames = round(seconds * clip.rate_hz) + 1
    arrays = ("qpos", "qvel", "landmarks", "landmark_velocities")
    return dataclasses.replace(clip, **{name: getattr(clip, name)[:frames] for name in arrays})


def velocities(body: Body, qpos: np.ndarray, rate_hz: float) -> np.ndarray:
    """(frame, nv) by central differences of qpos (frame, nq), one-sided at the ends; couplings consistent."""
    qvel = np.empty((len(qpos), body.model.nv))
    qvel[:, :3] = np.gradient(qpos[:, :3], 1.0 / rate_hz, axis=0)
    qvel[:, 6:] = np.gradient(qpos[:, 7:], 1.0 / rate_hz, axis=0)
    rotation = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
    turned = (rotation[:-1].inv() * rotation[1:]).as_rotvec() * rate_hz
    middle = 0.5 * (turned[:-1] + turned[1:])
    qvel[:, 3:6] = np.concatenate([turned[:1], middle, turned[-1:]])
    drivers = body.couplings
    qvel[:, drivers.dependent_dof] = drivers.slope(qpos) * qvel[:, drivers.driver_dof]
    return qvel


def continuous_quaternions(wxyz: np.ndarray) -> np.ndarray:
    """Unit quaternions (frame, 4) with signs chosen so that neighbours lie on the same half sphere."""
    wxyz = wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True)
    flips = np.cumsum((wxyz[1:] * wxyz[:-1]).sum(-1) < 0.0) % 2
    wxyz[1:] *= np.where(flips, -1.0, 1.0)[:, None]
    return wxyz


def save_clip(clip: Clip, path: Path) -> None:
    """Write an `.npz` without pickles, whole or not at all; the words travel as one JSON string."""
    words = {key: getattr(clip, key) for key in ("name", "body", "rate_hz", "source", "licence")}
    words["labels"] = dict(clip.labels)
    arrays = {key: getattr(clip, key) for key in ("qpos", "qvel", "landmarks", "landmark_velocities")}
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with scratch.open("wb") as file:
            np.savez_compressed(file, words=np.array(json.dumps(words)), **arrays)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def load_clip(path: Path) -> Clip:
    """Read what `save_clip` wrote.

    Raises:
        KinesisError: if the file is not one of these.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            words = json.loads(str(data["words"]))
            arrays = {key: data[key] for key in ("qpos", "qvel", "landmarks", "landmark_velocities")}
        return Clip(**words, **arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KinesisError("not a saved clip", where=str(path), got=error, expected="an .npz of this package") from None
