"""Video: a child process draws, since MuJoCo chooses its GL library once, when it is first imported."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.view.playback import Playback, check_playback

BACKENDS = ("egl", "osmesa")
PROBE = "import mujoco; mujoco.GLContext(16, 16).make_current()"
PROBE_TIMEOUT_S = 120
NEEDS = {".mp4": "imageio_ffmpeg", ".gif": "imageio"}
"""Kind of film to the module that writes it."""

MOST_SHOTS = 6

Progress = Callable[[int, int], None]
"""Told how many pictures are drawn, and how many there will be."""


@dataclass(frozen=True)
class Shot:
    """One body's playback in a film, under a caption of some lines; none if it is empty."""

    body: Body
    playback: Playback
    caption: str = ""


def render_video(path: Path, body: Body, playback: Playback, *, width: int = 640, height: int = 480) -> Path:
    """Film one playback, see `render_film`."""
    return render_film(path, [Shot(body, playback)], width=width, height=height)


def render_film(
    path: Path, shots: Sequence[Shot], *, width: int = 640, height: int = 480, progress: Progress = lambda *_: None
) -> Path:
    """Film shots side by side, width × height pixels each, as H.264 in an .mp4 or as a .gif. Returns the path.

    progress: told after every picture.

    Raises:
        KinesisError: if there is no shot or one does not fit its body, the size is odd, the ending another, or GL
            or ffmpeg is missing; the sentence names the package to install.
    """
    check_film(path, (width, height))
    if not 1 <= len(shots) <= MOST_SHOTS:
        raise KinesisError("not a film", where=str(path), got=f"{len(shots)} shots", expected=f"1 to {MOST_SHOTS}")
    for shot in shots:
        check_playback(shot.body, shot.playback)
    backend = offscreen_backend()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kinesis-") as folder:
        job, drawn = Path(folder) / "job.npz", Path(folder) / f"drawn{path.suffix}"
        _save_job(job, shots, (width, height))
        result = _python("-m", "kinesis.view.film", str(job), str(drawn), backend=backend, progress=progress)
        if result.returncode:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise KinesisError("the video could not be drawn", where=str(path), got=last)
        shutil.move(drawn, path)
    return path


def check_film(path: Path, size: tuple[int, int]) -> None:
    """Refuse a film that cannot be written. size: width and height [pixel].

    Raises:
        KinesisError: if the size is odd, the ending another, or what writes such a film is not installed.
    """
    where, (width, height) = str(path), size
    if path.suffix not in NEEDS:
        raise KinesisError("not a kind of film", where=where, got=path.suffix or "no ending", expected=".mp4 or .gif")
    if min(size) < 16 or max(size) > 4096 or width % 2 or height % 2:
        raise KinesisError("not a size for video", where=where, got=f"{width}×{height}", expected="even, 16 to 4096")
    if importlib.util.find_spec(NEEDS[path.suffix]) is None:
        needed = "ffmpeg" if path.suffix == ".mp4" else "imageio"
        raise KinesisError(f"video needs {needed}", where=where, hint='pip install "kinesis[video]"')


@functools.cache
def offscreen_backend() -> str:
    """Name of the first GL library that can draw without a screen: the one MUJOCO_GL asks for, or any.

    Raises:
        KinesisError: if none can.
    """
    wanted = os.environ.get("MUJOCO_GL", "").lower()
    for backend in (wanted,) if wanted in BACKENDS else BACKENDS:
        if _python("-c", PROBE, backend=backend, timeout_s=PROBE_TIMEOUT_S).returncode == 0:
            return backend
    raise KinesisError(
        "video needs OpenGL without a screen", hint="install libosmesa6 or libegl1 (apt-get install libosmesa6)"
    )


def _save_job(job: Path, shots: Sequence[Shot], size: tuple[int, int]) -> None:
    """What the child needs, with empty arrays for what there is not."""
    empty = np.zeros((0, 0))
    told: dict[str, Any] = {"shots": len(shots), "size": size}
    for index, shot in enumerate(shots):
        seen = shot.playback
        values = {"qpos": seen.qpos, "reference": seen.reference, "activation": seen.activation}
        told |= {f"{name}_{index}": empty if value is None else value for name, value in values.items()}
        told |= {f"rate_hz_{index}": seen.rate_hz, f"caption_{index}": shot.caption}
        told[f"muscles_{index}"] = shot.body.actuation == "muscle"
    np.savez(job, **told)


def _python(
    *arguments: str, backend: str, timeout_s: float | None = None, progress: Progress | None = None
) -> subprocess.CompletedProcess[str]:
    """Run this interpreter with MUJOCO_GL set, seeing the same packages."""
    environment = os.environ | {"MUJOCO_GL": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, *arguments]
    if progress:
        return _listened_to(command, environment, progress)
    try:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "no answer in time")


def _listened_to(
    command: Sequence[str], environment: dict[str, str], progress: Progress
) -> subprocess.CompletedProcess[str]:
    """Run a command that prints `DONE TOTAL` now and then; what else it prints is passed over."""
    with tempfile.TemporaryFile("w+") as complaints:
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=complaints, text=True) as child:
            for words in map(str.split, child.stdout or ()):
                if len(words) == 2 and all(map(str.isdecimal, words)):
                    progress(int(words[0]), int(words[1]))
        complaints.seek(0)
        return subprocess.CompletedProcess(command, child.returncode, "", complaints.read())
