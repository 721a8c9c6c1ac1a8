"""A headless Chromium, spoken to in the Chrome DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
PATIENCE_S = 60.0
KEY_CODES = {" ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35}
KEY_CODES |= {"Tab": 9, "Enter": 13, "Escape": 27}


class Browser:
    """One page. `complaints` holds every console error, warning aside, and every uncaught exception."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._ids = socket, itertools.count(1)
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method and wait for its answer, noting what the page complains about meanwhile."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def open(self, page: Path) -> None:
        """Load a file and wait until it is ready."""
        self.send("Page.navigate", url=page.resolve().as_uri())
        self.wait("document.body && document.body.dataset.ready === 'true'")

    def resize(self, width: int, height: int, zoom: float = 1.0) -> None:
        """Change the window; zoom as a person's browser does it: fewer, larger CSS pixels.

        The event of it is sent once more: under load a page was once seen not to lay itself out anew.
        """
        size = {"width": round(width / zoom), "height": round(height / zoom)}
        self.send("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=zoom, mobile=False)
        self.wait(f"window.innerWidth === {size['width']}")
        self.evaluate("window.dispatchEvent(new Event('resize'))")

    def prefer_reduced_motion(self, *, wanted: bool) -> None:
        """As a person's system may ask; takes effect on the next page opened."""
        value = "reduce" if wanted else "no-preference"
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": value}])

    def evaluate(self, expression: str) -> Any:
        """Value of an expression (or of the promise that it gives)."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.evaluate(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            time.sleep(0.05)

    def press(self, key: str, modifiers: int = 0) -> None:
        """Press and release a key, wherever the focus is; modifiers: 2 is Ctrl."""
        code = KEY_CODES.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {"text": key} if len(key) == 1 and not modifiers else {}
        for kind in ("keyDown", "keyUp"):
            extra = text if kind == "keyDown" else {}
            extra |= {"modifiers": modifiers} if modifiers else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **extra)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the left button at one place and let it go at another [CSS pixel]."""
        for kind, (x, y) in (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def screenshot(self, path: Path | None = None, *, whole: bool = False) -> np.ndarray:
        """(height, width, 3) of uint8; whole: the page beyond the window too."""
        png = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        if path:
            path.write_bytes(base64.b64decode(png))
        return np.array(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"))

    def _note(self, message: dict[str, Any]) -> None:
        told = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(told["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "assert"):
                self.complaints.append(json.dumps(told["args"])[:500])
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.complaints.append(told["entry"]["text"])


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start a browser with its own profile folder, and end it."""
    from websockets.sync.client import connect

    assert CHROMIUM
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_page_address(profile), max_size=None, compression=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _page_address(profile: Path) -> str:
    """Web socket of the first page, through the port that the browser notes in its profile."""
    from urllib.request import urlopen

    note, end = profile / "DevToolsActivePort", time.monotonic() + PATIENCE_S
    while not (note.exists() and note.read_text().count("\n")):
        assert time.monotonic() < end, "Chromium did not start"
        time.sleep(0.05)
    port = note.read_text().split()[0]
    while time.monotonic() < end:
        with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [target for target in json.load(answer) if target["type"] == "page"]
        if pages:
            return pages[0]["webSocketDebuggerUrl"]
        time.sleep(0.05)
    raise AssertionError("Chromium opened no page")
