"""legs80_calibrated: the muscles of legs80 whose fibres are not those of the model it was made from, set right.

`myo-sim` took bones, paths and parameters from Rajagopal et al. (2016). Most muscles have that model's optimal fibre
length and tendon slack length to the millimetre; those of `OUTLIERS` were changed in the conversion, by 19 to 144 %.
Their paths were not, so the published lengths fit them. Passive forces are held to those of Uhlrich et al. (2022),
who found that model's too great.
"""

from __future__ import annotations

import math

import mujoco
import numpy as np

from kinesis.body.muscles import passive_force
from kinesis.body.published import muscles, revised

OUTLIERS = (
    "bflh", "gaslat", "gasmed", "glmax3", "glmin3", "piri", "recfem", "semimem", "tfl", "vasint", "vaslat",
)  # fmt: skip
"""Muscles whose optimal fibre length differs from that of Rajagopal (2016) by more than a tenth."""

REVISED = ("semimem",)
"""Their lengths are those of Uhlrich et al. (2022): the older fibre would shorten to 0.2 of its optimum in running."""

CURVE_OF = {"glmax3": "glmax2"}
"""Its force–length curve was fitted to a fibre of 0.41 m and means nothing at 0.17 m: its neighbour's is taken."""

_CURVE = slice(4, 9)
"""lmin, lmax, vmax, fpmax, fvmax among a muscle's parameters; 0, 1 are the range, 2 the peak force."""


def calibrated(spec: mujoco.MjSpec) -> mujoco.MjSpec:
    """Set `OUTLIERS` of both sides in place, see `parameters`; every other muscle stays as it is."""
    curves = {actuator.name: actuator.gainprm[_CURVE].copy() for actuator in spec.actuators}
    for actuator in spec.actuators:
        name, side = actuator.name[:-2], actuator.name[-2:]
        if name in OUTLIERS:
            curve = curves[CURVE_OF.get(name, name) + side]
            actuator.gainprm = actuator.biasprm = parameters(name, actuator.lengthrange, actuator.gainprm, curve)
    return spec


def parameters(name: str, lengthrange: np.ndarray, prm: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """A muscle's parameters (10,) with published peak force, optimal fibre length L0 and tendon slack length.

    The engine has no parameter for either length: with the lengths [l0, l1] of `lengthrange` [m] and the range
    [r0, r1] in optimal fibre lengths, L0 = (l1 - l0) / (r1 - r0) and slack = l0 - r0 · L0; so the range changes.
    Passive force at 1.25 L0 is at most the published one. curve (5,): from `_CURVE`.
    """
    given = revised()[name] if name in REVISED else muscles()[name]
    out = prm.copy()
    out[:2] = (lengthrange - given.tendon_slack_m) / given.optimal_fibre_m
    out[2], out[_CURVE] = muscles()[name].peak_force_n, curve
    share = revised()[name].passive_share if name in revised() else math.nan
    if share < (own := passive_force(1.25, out[5], out[7])):
        out[7] *= share / own
    return out
