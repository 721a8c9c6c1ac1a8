"""Colours that stand side by side are told apart by people who see no red, or no green.

Dichromacy is simulated after Machado, Oliveira and Fernandes 2009 (severity 1), in linear RGB; distances are CIE 1976.
"""

from itertools import combinations

import numpy as np
import pytest

from kinesis.view import charts, gallery_figures
from kinesis.view.colours import ACTIVATION_COLOURS, GHOST, INK, LEFT, RIGHT, activation_rgb, rgb

SEEN = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
LEAST_DISTANCE = 12.0
"""Five times what is only just seen (2.3)."""

SIDE_BY_SIDE = {
    "lines of the live plots, trails": (RIGHT, LEFT, INK),
    "a ghost among muscles": (GHOST, *ACTIVATION_COLOURS),
    "charts": charts.COLOURS,
    "gallery": gallery_figures.COLOURS,
}


def lab(colours: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(..., 3) CIE L*a*b* of sRGB (..., 3) from 0 to 1, as seen by such eyes."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ seen.T, 0.0, 1.0) @ XYZ_OF_RGB.T / XYZ_OF_RGB.sum(1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def distance(a: str, b: str, eyes: str) -> float:
    return float(np.linalg.norm(np.subtract(*lab(np.array([rgb(a), rgb(b)]), SEEN[eyes]))))


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("where", SIDE_BY_SIDE)
def test_colours_side_by_side_are_told_apart(where: str, eyes: str) -> None:
    pairs = {pair: round(distance(*pair, eyes), 1) for pair in combinations(SIDE_BY_SIDE[where], 2)}
    assert {pair: apart for pair, apart in pairs.items() if apart < LEAST_DISTANCE} == {}


@pytest.mark.parametrize("eyes", SEEN)
def test_more_activation_is_darker_to_everybody(eyes: str) -> None:
    lightness = lab(activation_rgb(np.linspace(0.0, 1.0, 41)), SEEN[eyes])[:, 0]
    assert (np.diff(lightness) < -0.2).all()


def test_the_simulation_confuses_red_and_green_and_leaves_grey_alone() -> None:
    assert distance("#ff0000", "#00ff00", "all cones") > 100.0
    assert distance("#9b7a00", "#5f8a00", "no green cones") < 0.5 * distance("#9b7a00", "#5f8a00", "all cones")
    for eyes in SEEN:
        assert np.abs(lab(np.array([0.5, 0.5, 0.5]), SEEN[eyes])[1:]).max() < 0.5
