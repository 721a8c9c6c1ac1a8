"""Traffic lights: where a gait lies in published bands, by what healthy people themselves reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Light = Literal["good", "fair", "poor"]

NORMAL_SHARE = 0.68
"""Of a healthy person's curve within one standard deviation of all, on average, where values are distributed evenly."""

MEANINGS: Mapping[Light, str] = {
    "good": f"{NORMAL_SHARE:.0%} of the curve in its band, a healthy person's average; a parameter within 1 SD",
    "fair": f"half of that, {0.5 * NORMAL_SHARE:.0%}; a parameter within 2 SD",
    "poor": "less",
}


def light_of_share(share: float) -> Light:
    """Of the share of a curve that lies within ± 1 SD."""
    return "good" if share >= NORMAL_SHARE else "fair" if share >= 0.5 * NORMAL_SHARE else "poor"


def light_of_distance(deviations: float) -> Light:
    """Of a parameter this many standard deviations from the published mean."""
    return "good" if abs(deviations) <= 1.0 else "fair" if abs(deviations) <= 2.0 else "poor"


def lights_of(walk: Mapping[str, Any]) -> dict[str, Light]:
    """By curve and parameter of a walk of `gait_tables.gait_table`, those that have a band."""
    lights = {name: light_of_share(row["inside"]) for name, row in walk["curves"].items() if "inside" in row}
    for name, row in walk["parameters"].items():
        published, own = row.get("published"), row["both"]["mean"]
        if published and published["sd"] > 0.0 and own is not None:
            lights[name] = light_of_distance((own - published["mean"]) / published["sd"])
    return lights
