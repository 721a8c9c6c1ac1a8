"""The playback page in a real browser."""

from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from kinesis.body import load
from kinesis.view import write_page

from .conftest import made_up_walk

pytestmark = pytest.mark.browser
SCRIPTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def _no_complaint(browser):
    """No test may leave an error in the browser's console."""
    yield
    assert browser.complaints == []


def place(browser, selector: str) -> list[float]:
    """Left, top, width and height of an element in the window [CSS pixel]."""
    rectangle = f"document.querySelector('{selector}').getBoundingClientRect()"
    return browser.evaluate(f"(r => [r.x, r.y, r.width, r.height])({rectangle})")


def picture(browser) -> np.ndarray:
    """The canvas as it is on the screen, (height, width, 3)."""
    browser.wait("!kinesis.stale")
    x, y, width, height = (round(v) for v in place(browser, "#stage"))
    return browser.screenshot()[y : y + height, x : x + width].astype(int)


def test_the_page_draws_bones_muscles_and_ghost(opened):
    opened.evaluate("kinesis.seek(1.0)")
    full = picture(opened)
    assert full.std() > 8
    for part in ("ghost", "muscles"):
        opened.evaluate(f"kinesis.toggle('{part}')")
        changed = (np.abs(full - picture(opened)).sum(-1) > 30).sum()
        assert changed > 200, part
        opened.evaluate(f"kinesis.toggle('{part}')")


def test_bones_are_where_the_engine_puts_them(opened, body, playbacks):
    data = mujoco.MjData(body.model)
    for clip, frame in ((0, 0), (1, 137), (3, 499)):
        opened.evaluate(f"kinesis.choose({clip}); kinesis.seek({frame} / 50); kinesis.update()")
        data.qpos[:] = playbacks[clip].qpos[frame]
        mujoco.mj_kinematics(body.model, data)
        seen = opened.evaluate("kinesis.stage.body.position.map(p => [p.x, p.y, p.z])")
        assert np.abs(np.array(seen) - data.xpos).max() < 1e-3


def test_muscles_run_where_the_engine_puts_them(opened, body, playbacks):
    opened.evaluate("kinesis.seek(2.0); kinesis.update()")
    centres = np.array(opened.evaluate("[...kinesis.stage.muscles.centres]")).reshape(body.model.nu, -1, 3)
    data = mujoco.MjData(body.model)
    data.qpos[:] = playbacks[0].qpos[100]
    mujoco.mj_fwdPosition(body.model, data)
    lengths = np.linalg.norm(np.diff(centres, axis=1), axis=-1).sum(1)
    assert np.abs(lengths / data.actuator_length - 1).max() < 0.03


def test_play_moves_time_and_body(opened):
    opened.evaluate("kinesis.update(); window.start = kinesis.stage.body.position[18].x")
    opened.evaluate("document.getElementById('play').click()")
    opened.wait("kinesis.time > 0.3 && kinesis.stage.body.position[18].x - window.start > 0.1")
    assert opened.evaluate("Number(document.getElementById('scrub').value)") > 0
    assert opened.evaluate("document.getElementById('clock').textContent").endswith(" / 9.98 s")


def test_keys_play_step_jump_and_change_speed(opened):
    opened.press(" ")
    assert opened.evaluate("kinesis.playing")
    opened.press(" ")
    assert not opened.evaluate("kinesis.playing")
    opened.press("Home")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        opened.press(key)
    assert opened.evaluate("kinesis.time") == pytest.approx(0.04)
    opened.press("End")
    assert opened.evaluate("kinesis.time") == pytest.approx(9.98)
    opened.press("ArrowDown")
    assert opened.evaluate("[kinesis.speed, document.getElementById('speed').value]") == [0.5, "0.5"]
    opened.press("n")
    assert opened.evaluate("document.getElementById('title').textContent") == "Walking at 1.2 m/s"


def test_a_key_toggles_what_its_button_toggles(opened):
    pressed = "document.getElementById('ghost').getAttribute('aria-pressed')"
    opened.press("g")
    assert opened.evaluate(pressed) == "false"
    opened.press("g")
    assert opened.evaluate(pressed) == "true"


def test_a_focused_button_takes_the_space_key_once_not_twice(opened):
    opened.evaluate("document.getElementById('play').focus()")
    opened.press(" ")
    assert opened.evaluate("kinesis.playing")


def test_mouse_orbits_and_zooms(opened):
    x, y, width, height = place(opened, "#stage")
    middle = (x + width / 2, y + height / 2)
    before = opened.evaluate("[kinesis.orbit.azimuth, kinesis.orbit.distance]")
    opened.drag(middle, (middle[0] + 80, middle[1]))
    opened.send("Input.dispatchMouseEvent", type="mouseWheel", x=middle[0], y=middle[1], deltaX=0, deltaY=-200)
    opened.wait(f"kinesis.orbit.distance < {before[1]}")
    assert opened.evaluate("kinesis.orbit.azimuth") < before[0] - 0.1


def test_a_drag_over_a_curve_goes_to_that_time(opened):
    opened.evaluate("document.querySelector('#angles-traces svg').scrollIntoView({block: 'center'})")
    x, y, width, height = place(opened, "#angles-traces svg")
    opened.drag((x + width / 4, y + height / 2), (x + width / 2, y + height / 2))
    assert opened.evaluate("kinesis.time") == pytest.approx(9.98 / 2, abs=0.05)
    opened.evaluate("window.scrollTo(0, 0)")


def test_scorecard_and_curves_are_those_of_the_chosen_motion(opened, playbacks):
    opened.evaluate("document.querySelectorAll('#clips button')[2].click()")
    rows = "[...document.querySelectorAll('#metrics div')].map(row => [...row.children].map(c => c.textContent))"
    assert dict(opened.evaluate(rows)) == dict(playbacks[2].metrics)
    assert opened.evaluate("document.querySelectorAll('#angles-traces figure').length") == 6
    assert opened.evaluate("document.querySelectorAll('#activation-traces figure').length") == 8


@pytest.mark.parametrize(
    ("mark", "title"),
    [("#3", "1.4"), ("#Walking_at_1_4_m_s", "1.4"), ("#9", "0.8"), ("#%zz", "0.8"), ("#x", "0.8"), ("", "0.8")],
)
def test_the_address_may_name_a_motion(browser, page, mark, title):
    browser.prefer_reduced_motion(wanted=True)
    browser.send("Page.navigate", url="about:blank")
    browser.send("Page.navigate", url=page.resolve().as_uri() + mark)
    browser.wait("document.body && document.body.dataset.ready === 'true'")
    assert browser.evaluate("document.getElementById('title').textContent") == f"Walking at {title} m/s"


def test_everything_that_is_seen_or_used_has_a_name_for_a_screen_reader(opened):
    named = "e => e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim()"
    assert opened.evaluate(f"[...document.querySelectorAll('canvas, svg, input, select, button')].every({named})")


@pytest.mark.parametrize(("width", "zoom"), [(1400, 1), (1280, 2), (820, 1), (390, 1), (320, 1)])
def test_nothing_overlaps_or_sticks_out(opened, width, zoom):
    opened.resize(width, 900, zoom)
    opened.evaluate("document.querySelector('details').open = true")
    assert opened.evaluate((SCRIPTS / "overlaps.js").read_text()) == []
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_coordinates_alone_play_by_themselves_and_show_what_there_is(browser, body, tmp_path):
    bare = replace(made_up_walk(body, 1.0, 1.0), title="A </script><b>bold</b> name", reference=None, activation=None)
    bare = replace(bare, metrics={}, rate_hz=120.0)
    browser.prefer_reduced_motion(wanted=False)
    browser.resize(640, 480)
    browser.open(write_page(tmp_path / "bare.html", load("legs80_torque"), [bare]))
    assert browser.evaluate("kinesis.playing")
    browser.evaluate("kinesis.play(false)")
    assert picture(browser).std() > 5
    assert browser.evaluate("document.getElementById('title').textContent") == bare.title
    absent = "['ghost', 'muscles', 'legend', 'scorecard', 'clips-section', 'activation-section', 'error-section']"
    absent += ".concat(['source', 'overlay', 'source-key', 'timeline'])"
    assert browser.evaluate(f"{absent}.every(id => !document.getElementById(id).checkVisibility())")
    assert browser.evaluate("kinesis.duration") == pytest.approx(49 / 120, abs=0.03)
