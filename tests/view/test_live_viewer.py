"""The live viewer: controls, ports, several people at once, and a real browser."""

import socket
import threading
import time

import numpy as np
import pytest
import viser
from websockets.sync.client import connect

from kinesis.errors import KinesisError
from kinesis.evaluate.perturb import Push
from kinesis.view.live.panel import ALL, BOTH, chosen, pause, seek, step, walk_at
from kinesis.view.live.viewer import free_port

from .conftest import new_viewer, watched


@pytest.fixture
def viewer(checkpoint, body):
    with new_viewer(checkpoint, body) as made:
        yield made


@pytest.fixture
def session(viewer):
    return viewer.session


class Onlooker:
    """Counts what the server sends, as a browser would get it."""

    def __init__(self, viewer):
        protocol = [f"viser-v{viser.__version__}"]
        self.socket = connect(viewer.address.replace("http", "ws"), subprotocols=protocol, max_size=None)
        self.messages = 0
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        try:
            for _ in self.socket:
                self.messages += 1
        except Exception:  # noqa: BLE001 (a dropped socket ends in many ways)
            pass

    def drop(self):
        """Go away without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)
        self.socket.socket.close()


def run_frames(viewer, frames):
    last = viewer.frames + frames
    viewer.run(lambda: viewer.frames >= last)


def test_three_look_on_and_one_that_drops_disturbs_nobody(viewer):
    onlookers = [Onlooker(viewer) for _ in range(3)]
    run_frames(viewer, 12)
    assert viewer.session.at > 0
    assert min(one.messages for one in onlookers) > 1
    onlookers[0].drop()
    seen, before = [one.messages for one in onlookers], viewer.session.at
    run_frames(viewer, 12)
    assert viewer.session.at > before
    assert all(one.messages > count for one, count in zip(onlookers[1:], seen[1:], strict=True))


def test_it_serves_this_machine_alone_and_no_tunnel(viewer):
    assert viewer.address.startswith("http://127.0.0.1:")
    assert viewer.server.request_share_url() is None
    bound = viewer.server.get_port()
    with pytest.raises(OSError, match=r".+"), socket.create_connection(("127.0.0.2", bound), timeout=2.0):
        pass


def test_a_port_in_use_gives_way_to_the_next():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port("127.0.0.1", port) <= port + 99


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("127.0.0.1", -1), ("203.0.113.7", 8080)])
def test_what_cannot_be_served_is_refused(host, port):
    with pytest.raises(KinesisError, match=f"{host}:{port}"):
        free_port(host, port)


def test_what_people_do_is_done_between_steps_and_a_refusal_is_told(viewer):
    for action in (lambda s: s.choose(policy="defualt"), lambda s: seek(s, 0.2)):
        viewer._actions.put(action)
        viewer._act()
        viewer.draw()
    assert viewer.session.at == 10
    assert viewer.told == ""
    viewer._actions.put(lambda s: s.choose(policy="defualt"))
    viewer._act()
    assert "did you mean default" in viewer.told


def test_a_click_pushes_where_the_looker_looks(viewer):
    viewer.session.step()
    viewer._push_along((0.0, 1.0, -0.2))
    viewer._act()
    assert isinstance(viewer.session.env.sim.perturbation, Push)
    assert viewer.session.env.sim.perturbation.newtons == viewer.panel.newtons
    assert viewer.session.env.sim.perturbation.toward_deg == pytest.approx(90.0, abs=20.0)


def test_all_parts_can_be_hidden_and_shown_and_the_view_holds_still(viewer):
    viewer.session.seek(0.4)
    for shown in (False, True):
        for part in ("muscles", "ghost", "forces", "trails", "plots", "follow"):
            viewer._toggle(part, shown)
        viewer._act()
        viewer.draw()
        assert viewer.stage._muscles.visible is shown
    pelvis = viewer.stage.bones[0].position
    assert np.hypot(*pelvis[:2]) < 1e-6  # it stays in the middle
    viewer._set("follow", shown=False)
    viewer.draw()
    assert viewer.stage.bones[0].position[0] == pytest.approx(viewer.session.frame.qpos[0], abs=1e-5)


def test_the_panel_stands_where_the_session_stands(viewer):
    walk_at(viewer.session, 0.9)
    seek(viewer.session, 0.3)
    viewer.session.weaken([0, 1], 0.5)
    viewer.draw()
    assert viewer.panel._time.value == pytest.approx(0.3)
    assert viewer.panel._motion.value == "walk@0.9"
    assert viewer.panel._pause.label == "Go on"
    assert "2 muscles weak" in viewer.panel._status.content


def test_muscles_are_chosen_by_name_group_and_side(body):
    names = np.array(body.actuators)
    assert set(names[chosen(body, "soleus", BOTH)]) == {"soleus_r", "soleus_l"}
    assert set(names[chosen(body, "quadriceps", "left")]) == {"recfem_l", "vasint_l", "vaslat_l", "vasmed_l"}
    assert len(chosen(body, ALL, BOTH)) == 80
    assert len(chosen(body, "biceps brachii", BOTH)) == 0


def test_pause_step_and_the_end(session):
    step(session)
    assert (session.at, session.paused) == (1, True)
    pause(session)
    assert not session.paused
    session.last = 2
    seek(session, 9.0)
    pause(session)
    assert (session.at, session.paused) == (0, False)


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_draws_it_and_its_buttons_and_keys_work(viewer, browser):
    with watched(viewer, browser, 1000, 600):
        browser.wait("document.title === 'kinesis' && document.body.innerText.includes('of 10.00 s')")
        press = "[...document.querySelectorAll('button')].find(b => b.innerText === '{}').click()"
        browser.evaluate(press.format("Pause"))
        browser.wait("document.body.innerText.includes('Go on')")
        assert viewer.session.paused
        before = viewer.session.at
        browser.press("s")
        until = time.monotonic() + 60.0
        while viewer.session.at == before and time.monotonic() < until:
            time.sleep(0.05)
        assert viewer.session.at == before + 1
        assert browser.complaints == []
        browser.send("Page.navigate", url="about:blank")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "height", "opener"),
    [
        (640, 800, "[...document.querySelectorAll('[aria-label=\"Expand column\"]')].pop()"),
        (390, 844, "[...document.querySelectorAll('div')].filter(e => e.innerText === 'kinesis').pop()"),
    ],
    ids=["docked", "phone"],
)
def test_opened_in_a_narrow_window_nothing_stands_before_the_body_until_asked_for(
    viewer, browser, width, height, opener
):
    folded, shown = (
        "!document.body.innerText.includes('Begin again')",
        "document.body.innerText.includes('Begin again')",
    )
    viewer.session.paused = True
    with watched(viewer, browser, width, height):
        browser.wait(folded)
        browser.wait("document.querySelector('canvas').getBoundingClientRect().width > 0.8 * innerWidth")
        assert browser.evaluate("document.elementFromPoint(innerWidth / 2, innerHeight / 2).tagName") == "CANVAS"
        browser.evaluate(f"{opener}.click()")
        browser.wait(shown)
        time.sleep(1.0)
        assert browser.evaluate(shown)  # who opens them keeps them
        assert browser.complaints == []
        browser.send("Page.navigate", url="about:blank")


@pytest.mark.browser
@pytest.mark.slow
def test_opened_in_a_middling_window_the_plots_alone_fold(viewer, browser):
    with watched(viewer, browser, 1000, 600):
        browser.wait("document.querySelector('canvas').getBoundingClientRect().width > innerWidth / 2")
        assert browser.evaluate("document.body.innerText.includes('Begin again')")
        browser.send("Page.navigate", url="about:blank")
