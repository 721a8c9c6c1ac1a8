"""The live viewer in a real browser: drawn, used by keyboard alone, enlarged, and in a narrow window."""

import threading
import time

import numpy as np
import pytest

from kinesis.evaluate.perturb import Push
from kinesis.view.live.panel import seek

from .conftest import new_viewer, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_S, MOST_TABS = 60.0, 60
CTRL = 2
BUTTONS = ("Go on", "Step", "Begin again", "forward", "left", "backward", "right", "All strong again")
SLIDERS = ("walk at", "time", "push", "strength")
KEYS = {"Pause or go on": "P", "One step on": "S", "One step back": "B", "Begin again": "R", "All strong again": "W"}


@pytest.fixture(scope="module")
def viewer(checkpoint, body):
    with new_viewer(checkpoint, body) as made:
        yield made


@pytest.fixture(scope="module")
def session(viewer):
    return viewer.session


@pytest.fixture(scope="module")
def live(browser, viewer):
    """The page of a running viewer, opened once."""
    with watched(viewer, browser, 1280, 800):
        # Without a graphics card the page says so, in a box above the rest that a person would close.
        box = "document.querySelector('.mantine-Notification-closeButton')"
        browser.wait(f"{box} !== null || !document.createElement('canvas').getContext('webgl2')")
        browser.evaluate(f"{box}?.click()")
        browser.wait(f"{box} === null")
        yield browser
    browser.send("Page.navigate", url="about:blank")


@pytest.fixture
def still(live, viewer, session):
    """The same at its usual size, standing still at the third step, everybody strong, no control in focus."""
    live.resize(1280, 800)
    live.evaluate("document.activeElement.blur()")
    done = threading.Event()

    def begin(session):
        session.restart()
        session.weaken(np.arange(len(session.strength)), 1.0)
        seek(session, 3 * session.step_s)
        done.set()

    viewer._actions.put(begin)
    assert done.wait(PATIENCE_S)
    live.wait("document.body.innerText.includes('Go on')")
    yield live
    assert live.complaints == []


def until(condition):
    """Wait for what a key or a click does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def tab_to(page, expression):
    """Press Tab until the element that the expression gives has the focus."""
    for _ in range(MOST_TABS):
        page.press("Tab")
        if page.evaluate(f"document.activeElement === {expression}"):
            return
    raise AssertionError(f"no way to {expression} by Tab")


def button(name):
    return f"[...document.querySelectorAll('button')].find(b => b.innerText === '{name}')"


def slider(name):
    return f"document.querySelectorAll('[role=slider]')[{SLIDERS.index(name)}]"


def test_it_draws_and_moves(still, session):
    def picture():
        return still.screenshot()[100:700, 320:940].astype(int)

    until(lambda: picture().std() > 8)  # it fades in
    first = picture()
    still.press("p")
    until(lambda: session.at > 25)
    assert (np.abs(picture() - first).sum(-1) > 30).sum() > 200
    still.wait("document.body.innerText.includes('Pause')")


def test_keys_pause_step_go_back_begin_again_and_strengthen(still, session):
    still.press("s")
    until(lambda: session.at == 4)
    still.press("b")
    until(lambda: session.at == 3)
    session.weaken([0], 0.5)
    still.press("w")
    until(lambda: session.strength[0] == 1.0)
    still.press("r")
    until(lambda: session.at == 0)
    still.press("p")
    until(lambda: not session.paused)


def test_the_keys_are_told_on_asking(still):
    still.press("k", modifiers=CTRL)
    for label, key in KEYS.items():
        still.wait(f"document.body.innerText.includes('{label}\\n{key}')")
    still.press("Escape")
    still.wait("!document.body.innerText.includes('One step back')")


def test_every_button_and_slider_is_reached_by_tab(still):
    controls = [*map(button, BUTTONS), *map(slider, SLIDERS)]
    still.evaluate(f"window.controls = [{', '.join(controls)}]; 0")
    wanted = set(range(len(controls)))
    for _ in range(MOST_TABS):
        still.press("Tab")
        wanted.discard(still.evaluate("window.controls.indexOf(document.activeElement)"))
        if not wanted:
            break
    assert wanted == set()


def test_a_push_and_a_weakness_are_given_by_keyboard_alone(still, session):
    tab_to(still, button("left"))
    still.press(" ")
    until(lambda: isinstance(session.env.sim.perturbation, Push))
    assert session.env.sim.perturbation.toward_deg == 90.0
    tab_to(still, slider("strength"))
    still.press("ArrowLeft")
    until(lambda: (session.strength < 1.0).any())
    weak = {session.body.actuators[i] for i in np.flatnonzero(session.strength < 1.0)}
    assert weak == {"soleus_r", "soleus_l"}


def test_every_slider_has_a_name_for_who_cannot_see_it(still):
    names = "[...document.querySelectorAll('[role=slider]')].map(e => e.getAttribute('aria-label') || '')"
    still.wait(f"{names}.every(name => name)")
    assert all(name.startswith(start) for name, start in zip(still.evaluate(names), SLIDERS, strict=True))


def test_at_double_zoom_the_plots_fold_and_the_scene_keeps_most_of_the_width(still):
    still.resize(1280, 800, 2)
    still.wait("document.querySelector('canvas').getBoundingClientRect().width > innerWidth / 2")


@pytest.mark.parametrize(("width", "height", "zoom"), [(1280, 800, 1), (1280, 800, 2), (390, 844, 1), (320, 640, 1)])
def test_nothing_sticks_out_and_every_control_can_be_scrolled_to(still, width, height, zoom):
    still.resize(width, height, zoom)
    still.wait(f"window.innerWidth === {width // zoom} && {button('Step')}.getBoundingClientRect().right < innerWidth")
    assert still.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert still.evaluate("document.querySelector('canvas').getBoundingClientRect().width") > 100
    controls = [*map(button, BUTTONS), *map(slider, SLIDERS)]
    on_top = "e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))"
    inside = "r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight"
    shown = "e => { e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return %s && %s; }"
    assert [c for c in controls if not still.evaluate(f"({shown % (inside, on_top)})({c})")] == []


def tap(page, box):
    """Tap on the middle of a box, once it has come to rest."""
    page.wait(f"(top => {{ const rests = window.wasAt === top; window.wasAt = top; return rests; }})({box}.top)")
    place = page.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({box})")
    page.drag(place, place)


def test_in_a_narrow_window_the_panel_folds_away_from_the_body(still):
    still.resize(390, 844)
    title = "[...document.querySelectorAll('div')].filter(e => e.innerText === 'kinesis').pop().getBoundingClientRect()"
    still.wait(f"{title}.width > 0 && {title}.right < innerWidth")
    tap(still, title)
    still.wait(f"{title}.top > 700")
    middle = "document.elementFromPoint(innerWidth / 2, innerHeight / 2).tagName"
    still.wait(f"{middle} === 'CANVAS'")
    tap(still, title)
    still.wait(f"{title}.top < 700")


def choose(page, dropdown, option):
    """Pick an option of a dropdown by the keyboard."""
    tab_to(page, f"[...document.querySelectorAll('input')].find(i => i.value === '{dropdown}')")
    page.press(" ")
    name = f"e => e.getAttribute('role') === 'option' && e.innerText === '{option}' && e.offsetParent"
    page.wait(f"[...document.querySelectorAll('[role=option]')].some({name})")
    page.evaluate(f"[...document.querySelectorAll('[role=option]')].find({name}).click()")


def test_slow_motion_is_chosen_from_a_list(still, session):
    choose(still, "real time", "1/10")
    until(lambda: session.pace == 0.1)
    choose(still, "1/10", "real time")
    until(lambda: session.pace == 1.0)


def test_who_unticks_follow_sees_the_body_walk_away(still, viewer, session):
    still.evaluate("[...document.querySelectorAll('div')].filter(e => e.innerText.trim() === 'Show').pop().click()")
    label = "[...document.querySelectorAll('label[for]')].find(l => l.innerText === 'follow' && l.offsetParent)"
    still.wait(f"{label} !== undefined")
    still.evaluate(f"document.getElementById({label}.htmlFor).click()")
    until(lambda: not viewer.stage.follow)
    still.press("s")
    until(lambda: session.at == 4)
    until(lambda: viewer.stage.bones[0].position[0] == pytest.approx(session.frame.qpos[0], abs=1e-5))
    still.evaluate(f"document.getElementById({label}.htmlFor).click()")
    until(lambda: viewer.stage.follow and abs(viewer.stage.bones[0].position[0]) < 1e-6)


def test_a_click_on_the_body_pushes_it_away_from_who_looks(still, session):
    still.evaluate("document.querySelector('canvas').scrollIntoView()")
    middle = still.evaluate(
        "(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector('canvas').getBoundingClientRect())"
    )
    still.drag(middle, middle)
    until(lambda: isinstance(session.env.sim.perturbation, Push))
