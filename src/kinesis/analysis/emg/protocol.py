"""The protocol of KINESIS (arXiv 2503.14637): its nine muscles, 100 points of the cycle, r per subject.

Its own EMG files are not at hand, so it is done on the subjects that are, with its faults corrected: cycles are
cut at the touchdown of the leg itself, activation is low-passed as EMG was, and biceps femoris is the long head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinesis.analysis.emg.controls import among_people
from kinesis.analysis.emg.details import zero_lag
from kinesis.analysis.emg.own import Own
from kinesis.analysis.emg.reference import Envelopes
from kinesis.analysis.emg.score import CYCLE, agreement, subject_means

MUSCLES: dict[str, tuple[str, ...]] = {
    "soleus": ("soleus",),
    "gastrocnemius_medialis": ("gastrocnemius_medialis",),
    "gastrocnemius_lateralis": ("gastrocnemius_lateralis",),
    "tibialis_anterior": ("tibialis_anterior",),
    "semimembranosus": ("semimembranosus", "medial_hamstrings", "semitendinosus"),
    "biceps_femoris": ("biceps_femoris", "lateral_hamstrings"),
    "vastus_lateralis": ("vastus_lateralis",),
    "rectus_femoris": ("rectus_femoris",),
    "vastus_medialis": ("vastus_medialis",),
}
"""The body's channel to the EMG channels that stand for it, the first that is there."""

PUBLISHED = {
    "kinesis": 0.37,
    "people": 0.735,
    "by_muscle": {
        "soleus": 0.73, "gastrocnemius_medialis": 0.80, "gastrocnemius_lateralis": 0.89, "tibialis_anterior": 0.17,
        "semimembranosus": 0.12, "biceps_femoris": 0.42, "vastus_lateralis": -0.18, "rectus_femoris": 0.25,
        "vastus_medialis": 0.26,
    },
}  # fmt: skip
"""What the paper found on nine subjects of its own at 1.25 m/s, at zero lag."""


def kinesis_protocol(own: Own, people: Envelopes, stride_s: np.ndarray, lag_ms: float) -> dict[str, Any] | None:
    """Median over subjects of the mean r over the nine muscles, at a given common lag and at zero; None without any.

    stride_s: (subject,) of the people [s].
    """
    pairs = {muscle: _first(names, people.channels) for muscle, names in MUSCLES.items()}
    known = {muscle: name for muscle, name in pairs.items() if name}
    if not known:
        return None
    values = people.values[:, [people.channels.index(name) for name in known.values()], :CYCLE]
    kept = ~np.isnan(values).all((1, 2))
    values, stride_s = values[kept], stride_s[kept]
    scored = agreement(own.courses(tuple(known)), values, stride_s, lag_ms=lag_ms)
    means = subject_means(scored.r[scored.chosen])
    others = among_people(values, stride_s)
    return {
        "r": scored.median,
        "r_zero_lag": scored.zero_lag,
        "quartiles": np.quantile(means, [0.25, 0.75]).tolist(),
        "r_by_muscle": dict(zip(known, scored.by_channel().tolist(), strict=True)),
        "r_by_muscle_zero_lag": dict(zip(known, scored.by_channel(zero_lag(scored)).tolist(), strict=True)),
        "emg": known,
        "subjects": len(values),
        "r_people": None if others is None else float(np.median(others.medians)),
        "published": PUBLISHED,
    }


def _first(names: Sequence[str], known: Sequence[str]) -> str | None:
    return next((name for name in names if name in known), None)
