"""The gait page: strides over bands as gait laboratories print them, one HTML file without network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinesis.analysis.gait import Gait, Walk
from kinesis.analysis.gait_curves import CURVES, Curve
from kinesis.analysis.lights import MEANINGS, lights_of
from kinesis.analysis.norms import Band, Norms
from kinesis.analysis.spatiotemporal import PARAMETERS
from kinesis.view import pages
from kinesis.view.charts import svg_address
from kinesis.view.colours import INK, LEFT, RIGHT

WANTED, BAND = "#59636e", "#c9d1d9"
SIDES = {"right": ("r", RIGHT), "left": ("l", LEFT)}
HEADINGS = {"angle": "Joint angles", "moment": "Joint moments", "power": "Joint powers", "force": "Ground forces"}
INCHES = (3.4, 2.35)


def write_gait_page(path: Path, gait: Gait, norms: Norms | None, table: dict[str, Any], subject: str) -> Path:
    """Write a report as one self-contained HTML page. Returns the path.

    Args:
        path: of the page.
        gait: what is drawn.
        norms: the bands behind it, where there are any.
        table: what `gait_tables.gait_table` made of both.
        subject: who walked what, in a line.
    """
    values = {"kind": "gait report", "subject": subject} | gait_values(gait, norms, table)
    return pages.write(path, pages.render("gait.html.j2", **values))


def gait_values(gait: Gait, norms: Norms | None, table: dict[str, Any]) -> dict[str, Any]:
    """What `gait_walks.html.j2` shows, the part of a page that is the report; see `write_gait_page`."""
    walks = [
        {"table": row, "panels": panels(walk, norms, row), "lights": lights_of(row)}
        for walk, row in zip(gait.walks, table["walks"], strict=True)
    ]
    return {"table": table, "walks": walks, "parameters": PARAMETERS, "curves": CURVES, "lights": MEANINGS}


def panels(walk: Walk, norms: Norms | None, row: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Pictures of every curve by heading: a data address and what is in it, in words."""
    found: dict[str, list[dict[str, str]]] = {}
    for name in walk.names:
        curve, band = CURVES[name], norms.band(name, walk.dimensionless) if norms else None
        inside = row["curves"][name].get("inside")
        words = f"{curve.title} over the gait cycle" + ("" if inside is None else f", {inside:.0%} inside the band")
        picture = {"source": _picture(walk, name, band, inside), "words": words}
        found.setdefault(HEADINGS[curve.kind], []).append(picture)
    return found


def _picture(walk: Walk, name: str, band: Band | None, inside: float | None) -> str:
    """One panel as the data address of an SVG, the same every time."""
    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.family": "sans-serif",
        "font.size": 8.0,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=INCHES)
        axes = figure.add_axes((0.18, 0.11, 0.78, 0.78))
        _draw(axes, walk, name, band)
        _dress(axes, CURVES[name], inside)
        return svg_address(figure)


def _draw(axes: Axes, walk: Walk, name: str, band: Band | None) -> None:
    percent = np.arange(101)
    if band:
        axes.fill_between(percent, band.mean - band.sd, band.mean + band.sd, color=BAND, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.5)
    if (wanted := walk.wanted(name)) is not None:
        axes.plot(percent, wanted, color=WANTED, linewidth=1.0, linestyle=(0, (4, 2)))
    for side, colour in SIDES.values():
        curves = walk.curve(name, side)
        if not len(curves):
            continue
        mean = curves.mean(0)
        if len(curves) > 1:
            sd = curves.std(0, ddof=1)
            axes.fill_between(percent, mean - sd, mean + sd, color=colour, alpha=0.18, linewidth=0)
        axes.plot(percent, mean, color=colour, linewidth=1.4, linestyle="-" if side == "r" else (0, (6, 1)))
        axes.axvline(float(walk.parameter("stance_percent", side).mean()), color=colour, linewidth=0.8, alpha=0.8)


def _dress(axes: Axes, curve: Curve, inside: float | None) -> None:
    axes.set_title(curve.title, loc="left", fontsize=8.5, fontweight="bold", color=INK)
    if inside is not None:
        axes.set_title(f"{inside:.0%} in band", loc="right", fontsize=7.5, color=WANTED)
    axes.set_xlim(0.0, 100.0)
    axes.set_xticks(range(0, 101, 20))
    axes.margins(y=0.1)
    axes.set_ylabel(curve.unit)
    for words, height, where in ((f"{curve.positive} +", 0.98, "top"), (f"{curve.negative} −", 0.02, "bottom")):
        axes.text(0.985, height, words, transform=axes.transAxes, ha="right", va=where, fontsize=7.0, color=WANTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=2.5, width=0.6)
