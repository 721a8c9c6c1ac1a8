"""Seeing a motion: a page for the browser, and video."""

from kinesis.view.playback import Playback
from kinesis.view.video import render_video
from kinesis.view.web import write_page

__all__ = ["Playback", "render_video", "write_page"]
