"""Intent: from a recording to the motion that a body sets out to do.

A recording never quite fits the body that is to follow it: angles are off by some degrees, markers tremble, and
whoever was recorded is built and moves otherwise. Followed to the letter it leads to the ground. So what is followed is
the nearest motion that fits together, as far as a network can tell that has seen many built-in motions beside strayed
copies of them (`motion/stray.py`); what is judged is still the recording.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinesis.body import Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.filters import lowpass
from kinesis.motion.intent.network import Weights, read_weights
from kinesis.motion.intent.seen import moved, see
from kinesis.motion.residuals import reduced

SHIPPED = Path(__file__).parent / "weights.safetensors"
SMOOTH_HZ = 6.0
"""What the network says is smoothed below this."""
LASTING = 0.85
"""Share that is believed of what a whole motion is moved by on both sides alike: how this person carries himself.

What it is moved by to one side is believed wholly: whoever leans to one side leaves his way to that side.
"""
ERROR_M = 0.010
"""By how much the network moves landmarks, on average over a motion, that fit together: built-in ones by 0.7 to 7 mm.

Recorded walks it moves by 26 mm or more.
"""
ABREAST_HZ = 0.1
"""Slower than this, the intended motion is led so that its landmarks are as near to the recorded ones as can be."""


@dataclasses.dataclass(frozen=True)
class Intent:
    """Turns clips into the motions that `kinematics`' body intends.

    weights: of the network. share: of what it says, 0 to 1, that is carried out; of what lasts to one side, always all.
    """

    weights: Weights
    kinematics: Kinematics
    share: float = 1.0

    def __call__(self, clip: Clip) -> Clip:
        """The intended motion: as many frames at the same rate, under the same name; the clip itself where it fits."""
        body = self.kinematics.body
        seen = see(body, clip.qpos, clip.landmarks, clip.rate_hz)
        moves = lowpass(self.weights.moves(seen.values, clip.rate_hz), clip.rate_hz, SMOOTH_HZ)
        lasting = moves.mean(0)
        aside = 0.5 * (lasting - self.weights.mirrored(lasting))
        moves -= (1.0 - LASTING) * (lasting - aside)
        led = self._remade(clip, moved(body, clip.qpos, moves, seen.heading))
        distance = np.linalg.norm((clip.landmarks - led.landmarks)[:, body.tracked], axis=-1).mean()
        believed = _believed(float(distance))
        if believed == 0.0:
            return clip
        moves = believed * (aside + self.share * (moves - aside))
        led = self._remade(clip, moved(body, clip.qpos, moves, seen.heading))
        ahead = (clip.landmarks - led.landmarks)[:, body.tracked].mean(1)
        qpos = led.qpos.copy()
        qpos[:, :2] += _slow(ahead[:, :2], clip.rate_hz)
        return reduced(self.kinematics, self._remade(clip, qpos))

    def _remade(self, clip: Clip, qpos: np.ndarray) -> Clip:
        words = {"name": clip.name, "source": clip.source, "licence": clip.licence}
        return make_clip(self.kinematics, qpos, clip.rate_hz, labels=clip.labels, **words)


def _believed(distance_m: float) -> float:
    """Share of the moves to carry out where they move landmarks by so much: none of what may be no more than error."""
    return 1.0 - min(1.0, ERROR_M / max(distance_m, ERROR_M)) ** 2


def _slow(values: np.ndarray, rate_hz: float) -> np.ndarray:
    """What of values (frame, ...) changes slowly; of a short motion the mean."""
    if len(values) < rate_hz / ABREAST_HZ:
        return np.broadcast_to(values.mean(0), values.shape)
    return lowpass(values, rate_hz, ABREAST_HZ, order=1)


@functools.cache
def shipped() -> Weights:
    """The weights that come with this package."""
    return read_weights(SHIPPED)


def weights_of(name: str, where: str | None = None) -> tuple[Weights, float]:
    """The shipped weights, if `name` is their fingerprint, and the share that is carried out: all, or as in `abc@0.5`.

    Raises:
        KinesisError: if they are others, or it is no share, naming `where` the name comes from.
    """
    fingerprint, _, share = name.partition("@")
    if shipped().fingerprint != fingerprint:
        raise KinesisError(
            "taught to follow what other weights intend",
            where=where,
            got=f"fingerprint {fingerprint}",
            expected=shipped().fingerprint,
        )
    try:
        carried_out = float(share or 1.0)
    except ValueError:
        carried_out = float("nan")
    if not 0.0 <= carried_out <= 1.0:
        raise KinesisError("not a share of an intent", where=where, got=share, expected="0 to 1")
    return shipped(), carried_out


def intended(name: str, kinematics: Kinematics, clips: Sequence[Clip]) -> list[Clip]:
    """The motions that a body intends for clips, by the weights and to the share that `weights_of` finds."""
    weights, share = weights_of(name)
    intent = Intent(weights, kinematics, share)
    return [intent(clip) for clip in clips]
