"""The playback page: one HTML file that needs neither a server nor a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import jinja2

from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.view.engine import three_js
from kinesis.view.playback import Playback, check_playback
from kinesis.view.scene import clip_of, scene_of

SCRIPTS = ("packing", "skeleton", "muscles", "camera", "source", "stage", "timeline", "traces", "controls", "player")
"""In this order, in one scope, after the engine."""


def write_page(path: Path, body: Body, playbacks: Sequence[Playback]) -> Path:
    """Write `playbacks` of `body` as one self-contained HTML page. Returns the path.

    Raises:
        KinesisError: if there is no playback, or one that cannot be drawn on this body.
    """
    if not playbacks:
        raise KinesisError("a page needs at least one playback", where=str(path))
    for playback in playbacks:
        check_playback(body, playback)
    scene = scene_of(body) | {"clips": [clip_of(body, playback) for playback in playbacks]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(scene, playbacks), encoding="utf-8")
    return path


def _page(scene: dict, playbacks: Sequence[Playback]) -> str:
    templates = files("kinesis.view") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((templates / "playback.html.j2").read_text(encoding="utf-8"))
    return template.render(
        title=playbacks[0].title if len(playbacks) == 1 else f"{len(playbacks)} motions",
        body=scene["name"],
        fingerprint=scene["fingerprint"],
        style=(templates / "playback.css").read_text(encoding="utf-8"),
        engine=three_js(),
        scripts=[(templates / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS],
        scene=json.dumps(scene, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
    )
