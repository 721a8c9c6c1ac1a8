"""The page of a fitted motion: recorded joints beside the body, faults on the time line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinesis.body import Kinematics
from kinesis.errors import KinesisError
from kinesis.motion.points import Points
from kinesis.view import Playback, write_page
from kinesis.view.scene import clip_of

from .conftest import made_up_walk

CHAIN = ("pelvis", "femur_r", "tibia_r", "talus_r", "toes_r")
FAULTS = {
    "fit error over 35 mm": np.arange(100) // 10 == 4,
    "joint at its limit": np.zeros(100, bool),
    "sole over 10 mm in the ground": np.arange(100) % 50 < 2,
    "standing foot skates": np.arange(100) == 99,
    "muscle length breaks": np.ones(100, bool),
}
AT_4 = "document.querySelectorAll('.lane')[0].className"


@pytest.fixture(scope="module")
def fitted(body) -> Playback:
    """A walk of two seconds with a leg of its own landmarks as source."""
    walk = replace(made_up_walk(body, 1.2, 2.0), reference=None, activation=None, faults=FAULTS)
    place = Kinematics(body).landmarks(walk.qpos, np.zeros((100, body.model.nv))).position
    place = place[:, [body.landmarks.index(bone) for bone in CHAIN]]
    source = Points("walk", 50.0, CHAIN, place, (-1, 0, 1, 2, 3), 1.0, 2, "made up", "CC0-1.0")
    return replace(walk, source=source)


def test_faults_become_runs_of_frames(body, fitted):
    told = clip_of(body, fitted)["faults"]
    assert [fault["label"] for fault in told] == list(FAULTS)
    assert [fault["runs"] for fault in told] == [[[40, 49]], [], [[0, 1], [50, 51]], [[99, 99]], [[0, 99]]]
    assert told[0]["share"] == 0.1


def test_no_fault_is_lost_where_frames_are_left_out(body, fitted):
    told = clip_of(body, replace(fitted, rate_hz=100.0))
    assert told["frames"] == 50
    assert [fault["runs"] for fault in told["faults"]] == [[[20, 24]], [], [[0, 0], [25, 25]], [[49, 49]], [[0, 49]]]


def test_source_and_faults_of_other_lengths_are_refused(body, fitted, tmp_path):
    for change, words in (
        ({"faults": {"wrong": np.zeros(99, bool)}}, "fault 'wrong' has the wrong shape"),
        ({"source": replace(fitted.source, position=fitted.source.position[1:])}, "source has the wrong shape"),
    ):
        with pytest.raises(KinesisError, match=words):
            write_page(tmp_path / "wrong.html", body, [replace(fitted, **change)])


@pytest.fixture(scope="module")
def still(browser, body, fitted, tmp_path_factory):
    browser.prefer_reduced_motion(wanted=True)
    browser.resize(640, 480)
    browser.open(write_page(tmp_path_factory.mktemp("show") / "show.html", body, [fitted]))
    return browser


@pytest.fixture
def opened(still):
    """Back at the start, joints beside the body; no test may leave an error in the console."""
    still.resize(640, 480)
    still.evaluate("kinesis.play(false); kinesis.choose(0); kinesis.show.source = true; kinesis.show.overlay = false")
    yield still
    assert still.complaints == []


def joints(browser) -> np.ndarray:
    """(point, 3) where the page has the balls [m]."""
    place = "new THREE.Vector3().setFromMatrixPosition((ball.updateWorldMatrix(true), ball.matrixWorld)).toArray()"
    browser.evaluate("kinesis.update()")
    return np.array(browser.evaluate(f"kinesis.stage.source.balls.map(ball => {place})"))


@pytest.mark.browser
def test_the_joints_stand_beside_the_body_and_on_it_when_overlaid(opened, fitted):
    opened.evaluate("kinesis.seek(0.5)")
    aside = joints(opened) - fitted.source.position[25]
    np.testing.assert_allclose(aside, np.broadcast_to([0.0, 0.9, 0.0], aside.shape), atol=1e-3)
    opened.press("o")
    np.testing.assert_allclose(joints(opened), fitted.source.position[25], atol=1e-3)
    assert opened.evaluate("document.getElementById('overlay').getAttribute('aria-pressed')") == "true"


@pytest.mark.browser
def test_a_key_shows_and_hides_the_joints(opened):
    def dark() -> int:
        opened.wait("!kinesis.stale")
        picture = opened.screenshot().astype(int)[80:400]
        return int(((picture[..., 2] > picture[..., 1] + 40) & (picture[..., 0] > picture[..., 1] + 20)).sum())

    shown = dark()
    opened.press("j")
    assert shown > dark() + 200
    opened.press("j")
    assert dark() == shown


@pytest.mark.browser
def test_joints_and_lanes_follow_the_time(opened):
    start = joints(opened)[0, 0]
    opened.press(" ")
    opened.wait("kinesis.time > 0.3")
    opened.press(" ")
    assert joints(opened)[0, 0] > start + 0.1
    opened.evaluate("kinesis.seek(0.7); kinesis.update()")
    assert opened.evaluate(AT_4) == "lane"
    opened.evaluate("kinesis.seek(0.9); kinesis.update()")
    assert opened.evaluate(AT_4) == "lane now"


@pytest.mark.browser
def test_the_time_line_has_a_named_lane_for_each_fault_and_goes_where_it_is_pressed(opened):
    text = "[...document.querySelectorAll('.lane')].map(lane => [...lane.children].map(e => e.textContent))"
    assert opened.evaluate(text) == [
        [name, "", share] for name, share in zip(FAULTS, ("10 %", "0 %", "4 %", "1 %", "100 %"), strict=True)
    ]
    label = "document.querySelector('.lane svg').getAttribute('aria-label')"
    assert opened.evaluate(label) == "fit error over 35 mm: 0.80 to 0.98 s"
    opened.evaluate("document.querySelector('.lane svg').scrollIntoView({block: 'center'})")
    box = "(r => [r.x, r.y, r.width, r.height])(document.querySelector('.lane svg').getBoundingClientRect())"
    x, y, width, height = opened.evaluate(box)
    opened.drag((x + width / 4, y + height / 2), (x + width / 2, y + height / 2))
    assert opened.evaluate("kinesis.time") == pytest.approx(0.99, abs=0.03)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1400, 820, 390, 320])
def test_nothing_overlaps_or_sticks_out(opened, width):
    opened.resize(width, 900)
    assert opened.evaluate((Path(__file__).parent / "overlaps.js").read_text()) == []
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
