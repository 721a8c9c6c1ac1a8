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

NEAR_SD = 0.8
"""A point that is no further from a band's middle costs nothing."""


class Bands:
    """The bands of some curves (`gait_curves.CURVES`), each with its weight."""

    def __init__(self, norms: Path, body: Body, weights: Mapping[str, float], far_sd: float) -> None:
        """norms: as `kinesis analyse gait` reads them. far_sd: from here on a point costs one, as if lost."""
        self.norms, self.weights, self.far_sd = load_norms(norms, skeleton_of(body).leg_m), weights, far_sd

    def __call__(self, recording: Recording) -> float:
        """Weighed sum over curves of the mean cost of its points; of ground forces in stance. All of it for no walk."""
        try:
            gait = analyse([recording])
        except KinesisError:  # no whole stride
            return sum(self.weights.values())
        walk = max(gait.walks, key=lambda w: len(w.cycles))
        stance = slice(0, round(100.0 * walk.stance) + 1)
        cost = 0.0
        for name, weight in self.weights.items():
            band = self.norms.band(name, walk.dimensionless)
            if band is None:
                raise KinesisError("no band", where=self.norms.source, got=name, expected=sorted(self.norms.bands))
            away = np.abs(band.away(walk.curve(name).mean(0)))[stance if "force" in name else slice(None)]
            cost += weight * float(((away - NEAR_SD) / (self.far_sd - NEAR_SD)).clip(0.0, 1.0).mean())
        return cost
