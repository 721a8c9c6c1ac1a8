"""A made-up walk, its page, a live viewer, and a browser to open them in."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kinesis.body import Body
from kinesis.learn.checkpoint import Checkpoint
from kinesis.motion.find import find_motions
from kinesis.view import Playback, write_page
from kinesis.view.live import Session
from kinesis.view.live.viewer import Viewer

from .browser import CHROMIUM, Browser, chromium

RATE_HZ = 50.0


def swinging_legs(body: Body, *, speed_mps: float, seconds: float, phase: float = 0.0) -> np.ndarray:
    """(frame, nq): hips, knees and ankles as sines, the root gliding along +x."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    column = dict(zip(body.joints, body.joint_qpos, strict=True))
    qpos = np.repeat(body.standing_qpos()[None], len(time), 0)
    qpos[:, 0] = speed_mps * time
    for side, offset in (("r", 0.0), ("l", np.pi)):
        swing = 2 * np.pi * 0.9 * time + offset + phase
        qpos[:, column[f"hip_flexion_{side}"]] = 0.15 + 0.4 * np.cos(swing)
        qpos[:, column[f"knee_angle_{side}"]] = 0.5 + 0.45 * np.cos(swing + 1.2)
        qpos[:, column[f"ankle_angle_{side}"]] = 0.2 * np.sin(2 * swing)
    body.couplings.apply(qpos)
    return qpos


def made_up_walk(body: Body, speed_mps: float, seconds: float) -> Playback:
    """A playback with everything that one can hold; activations are bursts and noise, as real ones are."""
    qpos = swinging_legs(body, speed_mps=speed_mps, seconds=seconds)
    reference = swinging_legs(body, speed_mps=speed_mps, seconds=seconds, phase=0.15)
    rng = np.random.default_rng(0)
    swing = 2 * np.pi * 0.9 * np.arange(len(qpos))[:, None] / RATE_HZ + np.linspace(0, 6, body.model.nu)
    bursts = 0.1 + 0.6 * np.maximum(0.0, np.sin(swing)) ** 4 + 0.01 * rng.standard_normal(swing.shape)
    return Playback(
        title=f"Walking at {speed_mps} m/s",
        rate_hz=RATE_HZ,
        qpos=qpos,
        reference=reference,
        activation=np.clip(bursts, 0.0, 1.0),
        subtitle=f"Made up, {seconds:.0f} s",
        metrics={"Success": "yes", "MPJPE": "34.1 mm", "Mean activation": f"{bursts.mean():.3f}"},
    )


@contextlib.contextmanager
def new_viewer(checkpoint: Checkpoint, body: Body) -> Iterator[Viewer]:
    """A viewer of a walk, that nobody runs yet."""
    made = Viewer(Session([checkpoint], find_motions("builtin:walk@1.2", body)), port=0)
    try:
        yield made
    finally:
        made.stop()


@contextlib.contextmanager
def watched(viewer: Viewer, browser: Browser, width: int, height: int) -> Iterator[Browser]:
    """The viewer running, and its page drawn in a window of that size."""
    ended = threading.Event()
    loop = threading.Thread(target=viewer.run, args=(ended.is_set,), daemon=True)
    loop.start()
    try:
        browser.resize(width, height)
        browser.send("Page.navigate", url=viewer.address)
        browser.wait("window.kinesisPage && document.querySelector('canvas') !== null")
        yield browser
    finally:
        ended.set()
        loop.join()


@pytest.fixture(scope="session")
def playbacks(body: Body) -> list[Playback]:
    return [made_up_walk(body, speed, 10.0) for speed in (0.8, 1.2, 1.4, 1.8)]


@pytest.fixture(scope="session")
def page(body: Body, playbacks: list[Playback], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page") / "playback.html", body, playbacks)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian package: chromium)")
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def still_page(browser: Browser, page: Path) -> Browser:
    """The page of four walks, opened once, standing still."""
    browser.prefer_reduced_motion(wanted=True)
    browser.resize(640, 480)
    browser.open(page)
    return browser


@pytest.fixture
def opened(still_page: Browser) -> Browser:
    """The same, in a small window, back at the start of the first walk."""
    still_page.resize(640, 480)
    still_page.evaluate("kinesis.play(false); kinesis.choose(0); kinesis.setSpeed(1); document.activeElement.blur()")
    return still_page
