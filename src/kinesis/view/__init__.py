"""Seeing a motion: a page for the browser, and video."""

from kinesis.view.followed import followed
from kinesis.view.playback import Playback
from kinesis.view.video import Shot, render_film, render_video
from kinesis.view.web import write_page

__all__ = ["Playback", "Shot", "followed", "render_film", "render_video", "write_page"]
