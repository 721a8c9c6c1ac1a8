"""Pages: what every HTML page is made with, from the templates beside this file."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import jinja2

from kinesis.learn.checkpoint import replacing


@functools.cache
def _environment() -> jinja2.Environment:
    loader = jinja2.PackageLoader("kinesis.view", "templates")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, loader=loader)
    environment.filters["r"] = _correlation
    return environment


def render(template: str, **values: object) -> str:
    """A template of this package, filled in; values are escaped."""
    return _environment().get_template(template).render(**values)


def source(name: str) -> str:
    """A file among the templates as it stands: a style, a script."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def write(path: Path, page: str) -> Path:
    """Write a page, whole or not at all. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as scratch:
        scratch.write_text(page, encoding="utf-8")
    return path


def _correlation(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.2f}".replace("-", "−")
