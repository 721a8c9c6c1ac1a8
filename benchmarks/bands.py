"""How far gait curves of recordings lie outside published bands, as a cost that a search can follow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kinesis.analysis.gait import analyse
from kinesis.analysis.norms import load_norms
from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.evaluate.signals import Recording
from kinesis.motion.gait.skeleton import skeleton_of

EVERY = 2
"""Of the physics' instants, so many apart, a search makes curves."""
NEAR_SD = 0.8
"""A point that is no further from a band's middle costs nothing."""
NOTHING = np.full(2, np.nan)
"""Of a curve that nobody can judge."""


class Bands:
    """The bands of some curves (`gait_curves.CURVES`), each with its weight. most: what costs most, no walk."""

    def __init__(self, norms: Path, body: Body, weights: Mapping[str, float], far_sd: float) -> None:
        """norms: as `kinesis analyse gait` reads them. far_sd: from here on a point costs one, as if lost."""
        self.norms, self.weights, self.far_sd = load_norms(norms, skeleton_of(body).leg_m), weights, far_sd
        self.most = sum(weights.values())
        for name in weights:
            if name not in self.norms.bands:
                raise KinesisError("no band", where=str(norms), got=name, expected=", ".join(sorted(self.norms.bands)))
        if far_sd <= NEAR_SD:
            raise KinesisError("nothing is that near", where="far_sd", got=far_sd, expected=f"above {NEAR_SD:g}")

    def __call__(self, recording: Recording) -> float:
        """Weighed sum over curves of the mean cost of the points by which each is judged."""
        return sum(map(self._cost, self._away(recording), self.weights.values()))

    def away(self, recording: Recording, points: int) -> np.ndarray:
        """(curve, point) by how many standard deviations the mean curves are off, where they are judged.

        NaN without a whole stride, or at a speed for which nobody published a band.
        """
        at = np.linspace(0.0, 1.0, points)
        return np.stack([np.interp(at, np.linspace(0.0, 1.0, len(off)), off) for off in self._away(recording)])

    def _away(self, recording: Recording) -> list[np.ndarray]:
        try:
            walk = analyse([recording]).fullest
        except KinesisError:  # no whole stride
            return [NOTHING] * len(self.weights)
        bands = {name: self.norms.band(name, walk.dimensionless) for name in self.weights}
        return [
            np.asarray(band.away(walk.curve(name).mean(0))[walk.judged(name)]) if band else NOTHING
            for name, band in bands.items()
        ]

    def _cost(self, off: np.ndarray, weight: float) -> float:
        if np.isnan(off).any():
            return weight
        return weight * float(((np.abs(off) - NEAR_SD) / (self.far_sd - NEAR_SD)).clip(0.0, 1.0).mean())
