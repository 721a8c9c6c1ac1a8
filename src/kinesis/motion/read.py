"""From a recording in a file to a Clip on a Body."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from kinesis.body import Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.fit import Fit, fit
from kinesis.motion.points import Points
from kinesis.motion.readers import Recording, Refused, opensim, read_motions

RATE_HZ = 50.0


def fit_recording(
    recording: Recording, kinematics: Kinematics, *, rate_hz: float = RATE_HZ, licence: str | None = None
) -> Fit:
    """Bring a recording onto the body of `kinematics`: standing on its feet, starting along +x.

    A saved clip is taken as it is, at its own rate.

    Args:
        recording: what `read_motions` gave.
        kinematics: of the body.
        rate_hz: frames a second of the clip.
        licence: terms of use, in place of those that the recording states.

    Returns:
        The clip, and the fit's errors and its source where points were fitted.

    Raises:
        KinesisError: why the recording cannot be followed; for one that was `Refused`, its own reason.
    """
    if isinstance(recording, Refused):
        raise recording.error
    if licence is not None:
        recording = dataclasses.replace(recording, licence=licence)  # type: ignore[type-var]
    if isinstance(recording, Points):
        return fit(recording, kinematics, rate_hz=rate_hz)
    if isinstance(recording, opensim.OpenSim):
        return Fit(opensim.to_clip(recording, kinematics, rate_hz=rate_hz))
    if isinstance(recording, Clip):
        return Fit(recording)
    raise KinesisError("not a recording", got=type(recording).__name__, expected="what a reader gives")


def to_clip(
    recording: Recording, kinematics: Kinematics, *, rate_hz: float = RATE_HZ, licence: str | None = None
) -> Clip:
    """The clip of `fit_recording`."""
    return fit_recording(recording, kinematics, rate_hz=rate_hz, licence=licence).clip


def read_motion(
    path: Path | str, kinematics: Kinematics, *, rate_hz: float = RATE_HZ, licence: str | None = None
) -> Clip:
    """The one motion of a file as a Clip; see `to_clip`.

    Raises:
        KinesisError: as `read_motions` and `to_clip`; for a file of several motions.
    """
    recordings = read_motions(path)
    if len(recordings) > 1:
        raise KinesisError("the file holds several motions", where=str(path), got=len(recordings), expected="one")
    return to_clip(recordings[0], kinematics, rate_hz=rate_hz, licence=licence)
