"""Reader of numpy archives of envelopes that are already cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesis.analysis.emg.envelope import LOWPASS_HZ, POINTS
from kinesis.analysis.emg.reference import EMG_READERS, EmgReader, Envelopes, Request, known_channels, motion_of
from kinesis.errors import KinesisError
from kinesis.motion.readers.arrays import load_npz, npz_names


def read_archive(path: Path, _: Request) -> list[Envelopes]:
    """An `.npz` of `emg (subject, muscle, 101)` and `muscles`, and of what else it says of the people.

    That is `subjects`, `stride_time_s`, `stance_fraction`, `speed_mps`, `lowpass_hz`, `motion`. So the EMG of
    Santuz et al. 2020 and of the package musclesyneRgies is kept.
    """
    where = str(path)
    found = load_npz(
        path, ("emg", "muscles", "subjects", "stride_time_s", "stance_fraction", "speed_mps", "lowpass_hz", "motion")
    )
    emg = np.asarray(found["emg"])
    if emg.ndim != 3 or emg.shape[2] != POINTS or emg.dtype.kind not in "fiu" or not all(emg.shape):
        raise KinesisError("not envelopes", where=where, got=emg.shape, expected=f"(subject, muscle, {POINTS})")
    muscles = [str(name) for name in np.ravel(found["muscles"])]
    if len(muscles) != emg.shape[1]:
        raise KinesisError("as many names as muscles are wanted", where=where, got=len(muscles), expected=emg.shape[1])
    channels = known_channels(muscles, where)
    people = len(emg)
    subjects = [str(s) for s in np.ravel(found.get("subjects", [f"subject {i + 1}" for i in range(people)]))]
    numbers = {key: _numbers(found.get(key), people, f"{where}!{key}") for key in ("stride_time_s", "stance_fraction")}
    alone = {key: float(_numbers(found.get(key), 1, f"{where}!{key}")[0]) for key in ("speed_mps", "lowpass_hz")}
    return [
        Envelopes(
            source=path.name,
            subjects=tuple(subjects),
            channels=tuple(channels.values()),
            values=emg[:, [muscles.index(name) for name in channels]].astype(float),
            stride_s=numbers["stride_time_s"],
            stance=numbers["stance_fraction"],
            motion=motion_of(path, str(found.get("motion", ""))),
            speed_mps=alone["speed_mps"],
            lowpass_hz=LOWPASS_HZ if np.isnan(alone["lowpass_hz"]) else alone["lowpass_hz"],
        )
    ]


def _numbers(values: object, count: int, where: str) -> np.ndarray:
    """(count,) numbers; NaN where there are none."""
    if values is None:
        return np.full(count, np.nan)
    row = np.ravel(np.asarray(values))
    if row.dtype.kind not in "fiu" or len(row) != count:
        raise KinesisError("not such numbers", where=where, got=f"{len(row)} of {row.dtype}", expected=count)
    return row.astype(float)


EMG_READERS.register("archive")(
    EmgReader("numpy archive of envelopes (.npz)", lambda p: {"emg", "muscles"} <= npz_names(p), read_archive)
)
