"""Comparison: recordings beside people's EMG, with static optimisation of the same motion as the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesis.analysis.emg.optimum import least_effort_activations
from kinesis.analysis.emg.own import Own, own_courses
from kinesis.analysis.emg.reference import Envelopes
from kinesis.analysis.emg.scorecard import scorecard
from kinesis.evaluate.signals import SIDES, Recording


@dataclass(frozen=True)
class Comparison:
    """The body's courses, those of static optimisation where there are any, and the card of both."""

    own: Own
    static: Own | None
    card: dict[str, Any]


def compare(
    recordings: Sequence[Recording],
    people: Envelopes,
    *,
    speed_mps: float,
    sides: Sequence[str] = SIDES,
    criterion: str | None = "squared",
    windows: Mapping[str, np.ndarray] | None = None,
    lag_ms: float | None = None,
) -> Comparison:
    """Score the muscles of recordings against people's EMG.

    Args:
        recordings: of one policy; those without joint moments have no baseline.
        people: EMG.
        speed_mps: strides near it count.
        sides: whose strides count.
        criterion: effort of the baseline, a name of `effort.CRITERIA`; None for no baseline.
        windows: published on/off courses by channel.
        lag_ms: the common lag, where it is given.

    Returns:
        With the card of `scorecard`, and how well the motion was followed after the figures that count.
    """
    cutting: dict[str, Any] = {"speed_mps": speed_mps, "lowpass_hz": people.lowpass_hz, "sides": sides}
    own = own_courses(recordings, **cutting)
    least = least_effort_activations(recordings, criterion) if criterion else None
    static = None if least is None else own_courses(recordings, **cutting, activations=least)
    card = _with_errors(scorecard(own, people, static=static, windows=windows, lag_ms=lag_ms), recordings)
    if card["static_optimisation"]:
        card["static_optimisation"]["criterion"] = criterion
    return Comparison(own, static, card)


def _with_errors(card: dict[str, Any], recordings: Sequence[Recording]) -> dict[str, Any]:
    """The scorecard with how well the motion was followed, after the other figures that count."""
    split = list(card).index("r_kinesis_protocol") + 1
    head = {key: card[key] for key in list(card)[:split]}
    followed = {key: _mean_label(recordings, key) for key in ("mpjpe_mm", "frame_coverage")}
    who = {"policy": recordings[0].policy, "body": recordings[0].body, "motions": [r.name for r in recordings]}
    return head | followed | who | card


def _mean_label(recordings: Sequence[Recording], key: str) -> float | None:
    """Mean of a number that recordings carry, None where none does."""
    known = [float(value) for r in recordings if isinstance(value := r.labels.get(key), int | float)]
    return round(sum(known) / len(known), 4) if known else None
