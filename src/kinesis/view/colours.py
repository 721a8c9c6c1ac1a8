"""Colours that mean the same on every page, film and plot; all are told apart without red against green."""

from __future__ import annotations

import numpy as np

ACTIVATION_COLOURS = ("#9db3c8", "#b9849b", "#d0524a", "#ad1522", "#650216")
"""From 0 to 1, the same as the page's (templates/muscles.js): light to dark and blue to red at once."""

GHOST, RIGHT, LEFT, INK = "#1f80b5", "#0072b2", "#c4500a", "#18222c"


def rgb(colour: str) -> tuple[float, float, float]:
    """#rrggbb as three numbers from 0 to 1."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red / 255.0, green / 255.0, blue / 255.0


def activation_rgb(activation: np.ndarray) -> np.ndarray:
    """Colours (..., 3) from 0 to 1 of activations (...) from 0 to 1."""
    colours = np.array([rgb(colour) for colour in ACTIVATION_COLOURS])
    levels = np.linspace(0.0, 1.0, len(colours))
    return np.stack([np.interp(activation, levels, channel) for channel in colours.T], -1)
