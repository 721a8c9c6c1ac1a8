"""The page as a file."""

import json
import re
from pathlib import Path

import numpy as np

from kinesis.view import web, write_page
from kinesis.view.colours import ACTIVATION_COLOURS

TEMPLATES = Path(web.__file__).parent / "templates"


def test_four_walks_of_ten_seconds_take_less_than_three_megabytes(page):
    assert page.stat().st_size < 3_000_000


def test_the_page_asks_nothing_of_the_network(page):
    text = page.read_text()
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)", text) == []
    assert "@import" not in text
    assert not [path.name for path in TEMPLATES.iterdir() if re.search(r"https?://(?!www.w3.org/)", path.read_text())]


def test_the_same_playbacks_make_the_same_page(page, body, playbacks, tmp_path):
    assert write_page(tmp_path / "again.html", body, playbacks).read_bytes() == page.read_bytes()


def test_activation_colours_darken_steadily_and_are_the_same_everywhere():
    colours = json.loads(re.search(r"ACTIVATION_COLOURS = (\[.*?\]);", (TEMPLATES / "muscles.js").read_text())[1])
    assert colours == list(ACTIVATION_COLOURS)
    assert f"linear-gradient(to right, {', '.join(colours)})" in (TEMPLATES / "playback.css").read_text()
    light = np.array([list(bytes.fromhex(colour[1:])) for colour in colours]) / 255
    luminance = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    assert (luminance[:-1] > 1.4 * luminance[1:]).all()
