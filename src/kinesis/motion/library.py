"""Library: many clips of one skeleton as one table, looked up in batches at any time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from kinesis.body import Body
from kinesis.body.body import skeleton_name
from kinesis.body.state import State
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip


class Library:
    """Clips packed into one float32 table; look-ups interpolate between frames and never cut an index.

    duration_s (clip,) [s]. After its end a clip goes on at its last velocity with its last posture, so that
    looking ahead is defined everywhere.
    """

    def __init__(self, body: Body, clips: Sequence[Clip]) -> None:
        """Pack clips of `body`'s skeleton, whichever muscles or torques drive it."""
        if not clips:
            raise KinesisError("a library needs at least one clip")
        for clip in clips:
            if skeleton_name(clip.body) != body.skeleton:
                raise KinesisError("a clip of another body", where=clip.name, got=clip.body, expected=body.skeleton)
        self.body, self.clips = body, tuple(clips)
        self.names = tuple(clip.name for clip in clips)
        tables = [
            np.concatenate(
                [c.qpos, c.qvel, c.landmarks.reshape(c.frames, -1), c.landmark_velocities.reshape(c.frames, -1)], 1
            )
            for c in clips
        ]
        self._table = torch.from_numpy(np.concatenate(tables)).float()
        frames = torch.tensor([c.frames for c in clips])
        self._first = torch.cumsum(frames, 0) - frames
        self._last = frames - 1
        self._rate_hz = torch.tensor([c.rate_hz for c in clips])
        self.duration_s = torch.tensor([c.duration_s for c in clips])
        nq, nv, marks = body.model.nq, body.model.nv, 3 * len(body.landmarks)
        self._widths = [nq, nv, marks, marks]

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.clips)

    def look_up(self, clip: Tensor, time_s: Tensor) -> State:
        """What the clips want at given times.

        Args:
            clip: (env,) clip indices.
            time_s: (env, ...) times from each clip's start [s].

        Returns:
            State (env, ..., *); activation and ground force are empty (width 0).
        """
        extra = (1,) * (time_s.dim() - 1)
        first, last = self._first[clip].reshape(-1, *extra), self._last[clip].reshape(-1, *extra)
        rate = self._rate_hz[clip].reshape(-1, *extra)
        position = (time_s * rate).clamp_min(0.0)
        beyond_s = ((position - last) / rate).clamp_min(0.0)
        position = torch.minimum(position, last.to(position.dtype))
        lower = torch.minimum(position.long(), last - 1)
        share = (position - lower)[..., None]
        row = first + lower
        values = torch.lerp(self._table[row], self._table[row + 1], share)
        qpos, qvel, marks, speeds = values.split(self._widths, -1)
        shape = (*values.shape[:-1], len(self.body.landmarks), 3)
        marks = marks.unflatten(-1, shape[-2:])
        qpos[..., 3:7] /= torch.linalg.vector_norm(qpos[..., 3:7], dim=-1, keepdim=True)
        if bool((beyond_s > 0.0).any()):
            travelled = qvel[..., :2] * beyond_s[..., None]
            qpos[..., :2] += travelled
            marks[..., :2] += travelled[..., None, :]
        empty = values.new_zeros((*values.shape[:-1], 0))
        return State(qpos, qvel, marks, speeds.unflatten(-1, shape[-2:]), empty, empty)
