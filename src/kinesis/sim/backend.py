"""The contract of a simulator: a batch of one Body, stepped together, with a fresh State."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from kinesis.body import Body
from kinesis.body.state import State


class Backend(Protocol):
    """A batch of environments of one Body.

    `state` always belongs to the instant after the last step or reset, landmarks included; only the
    ground force is that of the last physics step, since a force belongs to an interval.
    """

    body: Body
    num_envs: int
    substeps: int
    control_hz: float
    state: State
    diverged: Tensor
    """(env,) bool: the engine gave up on this environment in the last step."""

    def reset(self, ids: Tensor, state: State) -> None:
        """Put environments ids (n,) into the given states (n, ...), activation included."""

    def shove(self, ids: Tensor, speed: Tensor) -> None:
        """Change the speed of whole bodies ids (n,) at once, as is read from then on, by speed (n, 3) world [m/s]."""

    def step(self, control: Tensor) -> None:
        """Advance by one control step under control (env, actuator), or what the controller takes."""
