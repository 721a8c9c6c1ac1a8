"""Library: many clips of one skeleton as one table, looked up in batches at any time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numba
import numpy as np
import torch
from torch import Tensor

from kinesis.body import Body, Kinematics
from kinesis.body.body import skeleton_name
from kinesis.body.state import State
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.ground import ground_of, torques_of
from kinesis.motion.intent import intended


class Library:
    """Clips packed into one float32 table; look-ups interpolate between frames and never cut an index.

    duration_s (clip,) [s]. After its end a clip goes on at its last velocity with its last posture, so that
    looking ahead is defined everywhere. What lies ahead is, with an intent, what the body intends (`motion/intent`).
    With `ground`, states have what the ground must do for the clips (`motion/ground`), and a torque form's torques.
    """

    def __init__(self, body: Body, clips: Sequence[Clip], intent: str = "", *, ground: bool = False) -> None:
        """Pack clips of `body`'s skeleton, whichever muscles or torques drive it. intent: see `TaskConfig`."""
        if not clips:
            raise KinesisError("a library needs at least one clip")
        for clip in clips:
            if skeleton_name(clip.body) != body.skeleton:
                raise KinesisError("a clip of another body", where=clip.name, got=clip.body, expected=body.skeleton)
        self.body, self.clips = body, tuple(clips)
        self.names = tuple(clip.name for clip in clips)
        ahead = intended(intent, Kinematics(body), clips) if intent else []
        tables = [np.concatenate(_columns(body, clip, ground), 1) for clip in (*clips, *ahead)]
        frames = np.array([c.frames for c in clips])
        rate_hz = np.array([c.rate_hz for c in clips], np.float32)
        self._table = np.concatenate(tables).astype(np.float32)
        self._lead = int(frames.sum()) if intent else 0
        self._of_clip = np.cumsum(frames) - frames, frames - 1, rate_hz
        self.duration_s = torch.tensor([c.duration_s for c in clips])
        nq, nv, marks = body.model.nq, body.model.nv, 3 * len(body.landmarks)
        feet = 3 * len(body.feet) * ground
        driven = body.model.nu * (ground and body.actuation == "torque")
        ends = np.cumsum([nq, nv, marks, marks, driven, feet, feet]).tolist()
        self._columns = [slice(*pair) for pair in itertools.pairwise([0, *ends])]
        self._mark_shape = (len(body.landmarks), 3)
        self._foot_shape = (len(body.feet), 3) if ground else (0,)
        travelling = [0, *range(nq + nv, nq + nv + marks, 3)]
        self._level = np.array([(column + axis, nq + axis) for column in travelling for axis in (0, 1)])

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.clips)

    def look_up(self, clip: Tensor, time_s: Tensor) -> State:
        """What the clips want at given times.

        Args:
            clip: (env,) clip indices.
            time_s: (env, ...) times from each clip's start [s].

        Returns:
            State (env, ..., *); activation, ground force and pressure are empty (width 0) where not asked for.
        """
        times = time_s.reshape(len(clip), math.prod(time_s.shape[1:])).numpy()
        return self._state(self._rows(clip.numpy(), times).reshape(*time_s.shape, -1))

    def look_ahead(self, clip: np.ndarray, time_s: np.ndarray) -> tuple[State, State]:
        """As `look_up` at time_s (env, time): what is wanted at the first time (env, *), and intended at the others."""
        rows = self._rows(clip, time_s, self._lead)
        return self._state(rows[:, 0]), self._state(rows[:, 1:])

    def _rows(self, clip: np.ndarray, time_s: np.ndarray, lead: int = 0) -> np.ndarray:
        """(env, time, column) for clip (env,) at time_s (env, time); after the first time, from `lead` rows on."""
        rows = np.empty((*time_s.shape, self._table.shape[1]), np.float32)
        _interpolate(self._table, *self._of_clip, lead, clip, time_s, self._level, rows)
        return rows

    def _state(self, rows: np.ndarray) -> State:
        """Views of rows (..., column). Numpy cuts them: for one environment a cut by torch costs several times more."""
        qpos, qvel, marks, speeds, driven, force, pressure = (rows[..., columns] for columns in self._columns)
        shape, feet = (*rows.shape[:-1], *self._mark_shape), (*rows.shape[:-1], *self._foot_shape)
        return State(
            torch.from_numpy(qpos),
            torch.from_numpy(qvel),
            torch.from_numpy(marks.reshape(shape)),
            torch.from_numpy(speeds.reshape(shape)),
            torch.from_numpy(driven),
            torch.from_numpy(force.reshape(feet)),
            torch.from_numpy(pressure.reshape(feet)),
        )


def _columns(body: Body, clip: Clip, ground: bool) -> list[np.ndarray]:
    """What a table holds of a clip, each (frame, column); a foot's force bears on the first of its segments."""
    parts = [clip.qpos, clip.qvel, clip.landmarks, clip.landmark_velocities]
    if ground:
        borne = ground_of(body, clip)
        if body.actuation == "torque":
            parts.append(torques_of(body, clip, borne))
        for values in borne:
            segments = np.zeros((clip.frames, len(body.feet), 3))
            segments[:, :: len(body.feet) // 2] = values
            parts.append(segments)
    return [part.reshape(clip.frames, -1) for part in parts]


@numba.njit(cache=True, nogil=True)
def _interpolate(
    table: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    rate_hz: np.ndarray,
    lead: int,
    clip: np.ndarray,
    time_s: np.ndarray,
    level: np.ndarray,
    out: np.ndarray,
) -> None:
    """Rows of clips at times, linear between frames, quaternions made unit; one pass in place of fifty tensor ops.

    lead: how many rows further on the table has what lies ahead, that is all but the first time. level (pair, 2):
    columns that travel on after a clip's end, and those of the root's speed. out (env, time, column).
    """
    one, half, zero = np.float32(1.0), np.float32(0.5), np.float32(0.0)
    for env in range(out.shape[0]):
        c = clip[env]
        for k in range(out.shape[1]):
            position = max(time_s[env, k] * rate_hz[c], zero)
            beyond_s = max((position - np.float32(last[c])) / rate_hz[c], zero)
            position = min(position, np.float32(last[c]))
            lower = min(np.int64(position), last[c] - 1)
            share = position - np.float32(lower)
            place = first[c] + lower + (lead if k else 0)
            before, after, row = table[place], table[place + 1], out[env, k]
            for i in range(row.shape[0]):
                step = after[i] - before[i]
                row[i] = before[i] + share * step if share < half else after[i] - step * (one - share)
            norm = np.sqrt(row[3] * row[3] + row[4] * row[4] + row[5] * row[5] + row[6] * row[6])
            for i in range(3, 7):
                row[i] /= norm
            if beyond_s > zero:
                for pair in range(level.shape[0]):
                    row[level[pair, 0]] += row[level[pair, 1]] * beyond_s
