"""The live viewer: one session, one loop that steps and draws it, any number of browsers that look on."""

from __future__ import annotations

import contextlib
import errno
import io
import queue
import socket
import time
from collections.abc import Callable

import viser

from kinesis.errors import KinesisError
from kinesis.view.live.panel import Action, Panel
from kinesis.view.live.plots import Plots
from kinesis.view.live.session import Session
from kinesis.view.live.stage import Stage

FRAME_HZ, PANEL_EVERY, TRAILS_EVERY = 30.0, 6, 3
"""Frames a second; the panel and its plots follow every sixth frame, trails every third."""

PORTS_TRIED = 100
CONTROLS_PX = 256
"""Width of the controls, small as themed; a page that docks them before it is themed would keep 320."""


class Viewer:
    """Serve a session until told to stop. address: where; told: the last refusal, shown in the panel."""

    def __init__(self, session: Session, *, host: str = "127.0.0.1", port: int = 8080) -> None:
        """Open the port, or the next one that is free."""
        self.session, self._actions = session, queue.SimpleQueue[Action]()
        port = free_port(host, port)
        with contextlib.redirect_stdout(io.StringIO()):  # it would print its address in a box
            self.server = viser.ViserServer(host, port, label="kinesis", verbose=False)
        self.server.request_share_url = lambda verbose=True: None  # nobody may open a tunnel to here
        self.server.gui.configure_theme(show_logo=False, show_share_button=False, control_width="small")
        self.server.gui.main_panel.dock_right()
        self.server.gui.main_panel.set_width(CONTROLS_PX)
        self.server.initial_camera.position, self.server.initial_camera.look_at = (1.6, -2.9, 1.25), (0.0, 0.0, 0.9)
        shown = host if host not in ("", "0.0.0.0", "::") else "localhost"
        self.address, self.told, self.frames = f"http://{shown}:{self.server.get_port()}", "", 0
        self.panel = Panel(self.server, session, self._actions.put, self._toggle)
        self._build()

    def _build(self) -> None:
        """Everything that depends on the body."""
        self.stage, self.plots = Stage(self.server, self.session.body), Plots(self.server, self.session.body)
        for bone in self.stage.bones:
            bone.on_click(lambda event: self._push_along(event.ray_direction))
        self._drawn: object = None
        self._plotting = True

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Step and draw `FRAME_HZ` times a second; with a late frame the next one is not hurried."""
        before = due = time.perf_counter()
        while not until():
            now = time.perf_counter()
            self._act()
            self.session.advance(now - before)
            before = now
            self.draw()
            due = max(due + 1.0 / FRAME_HZ, time.perf_counter())
            time.sleep(max(0.0, due - time.perf_counter()))

    def _act(self) -> None:
        """Do what people asked for since the last frame."""
        with contextlib.suppress(queue.Empty):
            while True:
                action = self._actions.get_nowait()
                try:
                    action(self.session)
                    self.told = ""
                except KinesisError as error:
                    self.told = str(error)

    def draw(self) -> None:
        """Bring every browser up to the instant that is seen; nothing is sent where nothing changed."""
        session = self.session
        if session.body is not self.stage.body:
            self.stage.remove()
            self.plots.remove()
            self._build()
        changed, self._drawn = session.frame is not self._drawn, session.frame
        if changed:
            self.stage.show(session.frame)
        if self.frames % TRAILS_EVERY == 0:
            self.stage.show_trails(session.frames[: session.at + 1], session.step_s)
        if self.frames % PANEL_EVERY == 0:
            self.panel.follow(session, self.told)
            if self._plotting:
                self._plot()
        self.frames += 1

    def _plot(self) -> None:
        if f"{self.panel.muscle}_r" in self.session.body.actuators:
            self.plots.muscle = self.panel.muscle
        self.plots.show(self.session)

    def _push_along(self, way_w: tuple[float, float, float]) -> None:
        """From a click on the body: away from who looks."""
        self._actions.put(lambda session: session.push_along(self.panel.newtons, way_w))

    def _toggle(self, part: str, shown: bool) -> None:
        """From a checkbox: queued as well, since only the loop may touch the stage."""
        self._actions.put(lambda _session: self._set(part, shown=shown))

    def _set(self, part: str, *, shown: bool) -> None:
        if part == "follow":
            self.stage.follow = shown
        elif part == "plots":
            self._plotting = shown
        else:
            self.stage.toggle(part, shown=shown)
        self._drawn = None

    def stop(self) -> None:
        """Close the port."""
        with contextlib.redirect_stdout(io.StringIO()):
            self.server.stop()


def free_port(host: str, port: int) -> int:
    """The first free port from `port` on, at most `PORTS_TRIED` further.

    Raises:
        KinesisError: if there is none, or the host or port cannot be served at all.
    """
    where = f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise KinesisError("not a port", where=where, got=port, expected="0 to 65535")
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host or None, candidate, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                return int(probe.getsockname()[1])
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise KinesisError("this address cannot be served", where=where, got=error) from None
    raise KinesisError("no free port", where=where, expected=f"one of the next {PORTS_TRIED}")
