"""The playback page: one HTML file that needs neither a server nor a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.view import pages
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
    return pages.write(path, page_of(body, playbacks))


def page_of(body: Body, playbacks: Sequence[Playback]) -> str:
    """The page itself, see `write_page`."""
    if not playbacks:
        raise KinesisError("a page needs at least one playback")
    for playback in playbacks:
        check_playback(body, playback)
    scene = scene_of(body) | {"clips": [clip_of(body, playback) for playback in playbacks]}
    return pages.render(
        "playback.html.j2",
        title=playbacks[0].title if len(playbacks) == 1 else f"{len(playbacks)} motions",
        body=scene["name"],
        fingerprint=scene["fingerprint"],
        style=pages.source("playback.css"),
        engine=three_js(),
        scripts=[pages.source(f"{name}.js") for name in SCRIPTS],
        scene=json.dumps(scene, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
    )
