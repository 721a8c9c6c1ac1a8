"""Record: follow clips with a policy and keep everything, at the physics rate; save it, and read it again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.evaluate.follow import Run, count_frames, follow_batch, make_env
from kinesis.evaluate.mechanics import mechanics
from kinesis.evaluate.metrics import SUCCESS
from kinesis.evaluate.perturb import Perturbation
from kinesis.evaluate.signals import SIGNALS, Recording
from kinesis.learn import Policy
from kinesis.motion.clip import Clip
from kinesis.motion.library import Library
from kinesis.motion.readers.arrays import load_npz, npz_names
from kinesis.motion.readers.stream import checked_path
from kinesis.task import Env, TaskConfig

BATCH = 32
"""Clips that run side by side; a clip of ten seconds takes some 20 MB on the way."""

ENDING = ".recording.npz"
DOUBLE = ("time_s", "qpos", "qvel", "centre_of_mass")
"""Kept as float64, because they are differentiated; everything else as float32."""

_WORDS = ("name", "rate_hz", "muscles", "joints", "landmarks", "fingerprint", "body", "policy", "labels", "units")


def record(
    policy: Policy,
    task: TaskConfig,
    clips: Sequence[Clip],
    *,
    rate_hz: float | None = None,
    policy_id: str = "",
    perturbation: Perturbation | None = None,
) -> list[Recording]:
    """Follow clips and keep all of `signals.SIGNALS`; see `each_recording`."""
    return list(each_recording(policy, task, clips, rate_hz=rate_hz, policy_id=policy_id, perturbation=perturbation))


def each_recording(
    policy: Policy,
    task: TaskConfig,
    clips: Sequence[Clip],
    *,
    rate_hz: float | None = None,
    policy_id: str = "",
    perturbation: Perturbation | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Recording]:
    """Follow clips in batches; one Recording a clip, in their order, each batch as soon as it is there.

    An instant is a state from which the engine stepped, with the forces and excitations that acted in that step.
    A recording stops where its clip ends, or where the person has fallen (`metrics.SUCCESS`).

    Args:
        policy: of a muscle body.
        task: what the policy was trained for.
        clips: what to follow.
        rate_hz: of the recordings, the physics rate by default and at the most; instants between those of the
            engine are linear between them, nothing is averaged.
        policy_id: see `provenance.policy_id`.
        perturbation: what is changed meanwhile.
        progress: called with control steps done and control steps in all.

    Raises:
        KinesisError: for a body without muscles, or a rate that is none.
    """
    if load(task.body).actuation != "muscle":
        raise KinesisError("a body without muscles is not recorded", got=task.body, expected="a policy of muscles")
    if rate_hz is not None and not 0.0 < rate_hz <= task.physics_hz:
        raise KinesisError("not a rate to record at", got=rate_hz, expected=f"above 0, at most {task.physics_hz:g} Hz")
    total, done = sum(count_frames(clip, task) for clip in clips), 0
    for start in range(0, len(clips), BATCH):
        batch = clips[start : start + BATCH]
        env = make_env(policy, task, batch, perturbation)
        tape = Tape(env, batch, done, total, progress)
        runs = follow_batch(policy, env, batch, tape)
        done += sum(count_frames(clip, task) for clip in batch)
        for index, run in enumerate(runs):
            yield resampled(tape.recording(index, run, policy_id), rate_hz or task.physics_hz)


class Tape:
    """Every physics instant of a batch, kept after each control step."""

    def __init__(
        self,
        env: Env,
        clips: Sequence[Clip],
        before: int = 0,
        total: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """before, total: control steps done by batches before this one, and in all, for progress."""
        self.env, self.before, self.total, self.progress = env, before, total, progress
        self.library = Library(env.body, clips)
        self.states: list[np.ndarray] = []
        self.controls: list[np.ndarray] = []

    def __call__(self, frames: int) -> None:
        """Keep the states from which the engine stepped, and what it was given there."""
        states, controls = self.env.sim.last_step()
        self.states.append(states)
        self.controls.append(controls)
        if self.progress:
            self.progress(self.before + frames, self.total)

    def recording(self, index: int, run: Run, policy_id: str = "", every: int = 1) -> Recording:
        """What happened in one environment, as long as its person stood; of its instants each `every`-th."""
        sim, task = self.env.sim, self.env.config
        steps = max(1, SUCCESS.frames(run.trace)[0])
        states = np.concatenate([step[index] for step in self.states[:steps]])[::every]
        controls = np.concatenate([step[index] for step in self.controls[:steps]])[::every]
        rate_hz = task.physics_hz / every
        time_s = np.arange(len(states)) / rate_hz
        body = sim.body
        wanted = self.library.look_up(torch.full((len(states),), index), torch.from_numpy(time_s).float())
        arrays = mechanics(body, sim.models[index], states, controls, sim.control_spec) | {
            "time_s": time_s,
            "reference_qpos": wanted.qpos.numpy(),
            "reference_landmark_position": wanted.landmarks.numpy(),
        }
        return Recording(
            name=run.clip.name,
            rate_hz=rate_hz,
            arrays=_narrow(arrays),
            muscles=body.actuators,
            joints=body.joints,
            landmarks=body.landmarks,
            fingerprint=self.env.body.fingerprint,
            body=self.env.body.name,
            policy=policy_id,
            labels=_labels(run) | {"mass_kg": body.mass_kg},
        )


def _narrow(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """In the order of `SIGNALS`, at their precision."""
    kept = (name for name in SIGNALS if name in arrays)
    return {name: arrays[name].astype(np.float64 if name in DOUBLE else np.float32) for name in kept}


def _labels(run: Run) -> dict[str, str | float]:
    """The clip's own, where it comes from, and how well it was followed."""
    own = dict(run.clip.labels) | {"source": run.clip.source, "licence": run.clip.licence}
    score = {key: value for key, value in asdict(run.score).items() if key not in ("clip", "category")}
    return own | {"category": run.clip.category} | score


def resampled(recording: Recording, rate_hz: float) -> Recording:
    """The recording at another rate: linear between instants, quaternions made unit.

    Contact is that of the instant before; where a neighbour is NaN so is what lies between.
    """
    if rate_hz == recording.rate_hz:
        return recording
    count = int(recording.duration_s * rate_hz + 1e-6) + 1
    place = np.minimum(np.arange(count) * (recording.rate_hz / rate_hz), len(recording) - 1.0)
    place = np.where(np.abs(place - place.round()) < 1e-6, place.round(), place)
    lower = place.astype(int)
    upper = np.where(place > lower, lower + 1, lower)
    arrays = {}
    for name, values in recording.arrays.items():
        share = (place - lower).reshape(-1, *(1,) * (values.ndim - 1)).astype(values.dtype)
        arrays[name] = values[lower] if name == "contact" else values[lower] * (1 - share) + values[upper] * share
    for name, columns in (("root_quaternion", slice(0, 4)), ("qpos", slice(3, 7)), ("reference_qpos", slice(3, 7))):
        if name in arrays:
            arrays[name][:, columns] /= np.linalg.norm(arrays[name][:, columns], axis=1, keepdims=True)
    words = {key: getattr(recording, key) for key in _WORDS if key != "rate_hz"}
    return Recording(rate_hz=rate_hz, arrays=arrays, **words)


def save(recording: Recording, path: Path) -> Path:
    """Write an `.npz` without pickles, whole or not at all; the words travel as one JSON string. Returns the path."""
    words = {key: getattr(recording, key) for key in _WORDS}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with scratch.open("wb") as file:
            np.savez(file, allow_pickle=False, words=np.array(json.dumps(words, default=dict)), **recording.arrays)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def load_recording(path: Path) -> Recording:
    """Read what `save` wrote.

    Raises:
        KinesisError: if the file is damaged, is none of these, or holds what no recording does.
    """
    where, names = str(path), npz_names(checked_path(path))
    if not {"words", "time_s"} <= names:
        raise KinesisError("not a saved recording", where=where, expected="a file of kinesis record")
    for name in sorted(names - {"words", *SIGNALS}):
        raise KinesisError.unknown("array", name, SIGNALS, where=where)
    found = load_npz(path, names)
    try:
        words = _read_words(json.loads(str(found.pop("words"))))
        return Recording(arrays={name: np.asarray(found[name]) for name in SIGNALS if name in found}, **words)
    except KinesisError as error:
        raise KinesisError(str(error), where=where) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise KinesisError("not a saved recording", where=where, got=error) from None


def _read_words(said: dict[str, Any]) -> dict[str, Any]:
    """Everything in a file but its arrays, of the types that a Recording has."""
    words: dict[str, Any] = {key: str(said[key]) for key in ("name", "fingerprint", "body", "policy")}
    words |= {key: tuple(map(str, said[key])) for key in ("muscles", "joints", "landmarks")}
    words["units"] = {str(key): str(unit) for key, unit in said["units"].items()}
    words["labels"] = {str(k): v if isinstance(v, int | float) else str(v) for k, v in said["labels"].items()}
    return words | {"rate_hz": float(said["rate_hz"])}


def load_recordings(folder: Path) -> list[Recording]:
    """Every recording of a folder, in the order of file names; or the one of a file.

    Raises:
        KinesisError: if there is none, or one that cannot be read.
    """
    paths = sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else [folder]
    if not paths:
        raise KinesisError("no recordings in the folder", where=str(folder), expected=f"files *{ENDING}")
    return [load_recording(path) for path in paths]
