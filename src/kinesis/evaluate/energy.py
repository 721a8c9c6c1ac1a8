"""Metabolic power of muscles, from activation, speed and parameters of the muscle alone."""

from __future__ import annotations

import numpy as np

from kinesis.body import Body
from kinesis.body.muscles import fibre_and_tendon


def metabolic_power(body: Body, activation: np.ndarray, speed: np.ndarray) -> np.ndarray:
    """P = Σ a · F₀ · v_max · φ(v / v_max) over muscles [W], heat and work together, without the resting rate.

    φ(x) = (0.054 + 0.506 x + 2.46 x²) / (1 − 1.13 x + 12.8 x² − 1.64 x³), x > 0 shortening, held within ±1:
    Minetti and Alexander (1997), J Theor Biol 186:467, a fit to human muscle. Tendons are rigid here, so
    that fibres are as fast as their muscles.

    Args:
        body: muscle form; peak forces F₀ and speeds v_max (its `vmax` in fibre lengths a second) are its own.
        activation: (frame, muscle) in [0, 1].
        speed: (frame, muscle) of muscles with their tendons, lengthening positive [m/s].

    Returns:
        (frame,) [W].
    """
    parameters = body.model.actuator_gainprm
    fastest = fibre_and_tendon(body.model)[0] * parameters[:, 6]
    x = np.clip(-speed / fastest, -1.0, 1.0)
    phi = (0.054 + x * (0.506 + x * 2.46)) / (1.0 + x * (-1.13 + x * (12.8 - x * 1.64)))
    return (activation * parameters[:, 2] * fastest * phi).sum(1)
