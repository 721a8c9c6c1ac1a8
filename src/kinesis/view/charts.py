"""Charts for pages of analyses: lines, bars and dots as pictures that a page carries inside, drawn by matplotlib."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinesis.view import pages
from kinesis.view.colours import INK

MUTED = "#59636e"
COLOURS = ("#0072b2", "#c4500a", "#117a4f", "#cc79a7", "#5b4300", "#59636e")


@dataclass(frozen=True)
class Picture:
    """A chart: source, its data address; words, what is in it."""

    source: str
    words: str


@dataclass(frozen=True)
class Section:
    """A part of a page: words, charts, and a table of text whose first row names the columns.

    prose: whether the table's cells are sentences, which wrap.
    """

    title: str
    words: str = ""
    pictures: Sequence[Picture] = ()
    table: Sequence[Sequence[str]] = field(default_factory=list)
    prose: bool = False


def picture(words: str, draw: Callable[[Axes], None], *, inches: tuple[float, float] = (4.6, 2.8)) -> Picture:
    """What `draw` draws, titled by its words; an SVG, the same every time."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": words, "font.family": "sans-serif", "font.size": 8.0}):
        figure = Figure(figsize=inches, layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        axes.set_title(words, loc="left", fontsize=9.0, fontweight="bold", color=INK)
        axes.spines[["top", "right"]].set_visible(False)
        return Picture(svg_address(figure), words)


def svg_address(figure: Figure) -> str:
    """A figure as the data address of an SVG, the same every time under a fixed `svg.hashsalt`."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "kinesis"}, transparent=True)
    return f"data:image/svg+xml;base64,{base64.b64encode(buffer.getvalue().encode()).decode()}"


def write_page(
    path: Path, kind: str, subject: str, facts: Mapping[str, str], sections: Sequence[Section], notes: Sequence[str]
) -> Path:
    """Write one self-contained HTML page. Returns the path.

    Args:
        path: of the page.
        kind: of the analysis.
        subject: who moved how, in a line.
        facts: short values by name, under the heading.
        sections: what was found.
        notes: how it was found, one paragraph each.
    """
    values = {"kind": kind, "subject": subject, "facts": facts, "sections": sections, "notes": notes}
    return pages.write(path, pages.render("analysis.html.j2", **values))
