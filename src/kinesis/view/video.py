"""Video: a child process draws, since MuJoCo chooses its GL library once, when it is first imported."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from kinesis.body import Body
from kinesis.errors import KinesisError
from kinesis.view.playback import Playback, check_playback

BACKENDS = ("egl", "osmesa")
PROBE = "import mujoco; mujoco.GLContext(16, 16).make_current()"
PROBE_TIMEOUT_S = 120


def render_video(path: Path, body: Body, playback: Playback, *, width: int = 640, height: int = 480) -> Path:
    """Film one playback as H.264 in an mp4 of width × height pixels. Returns the path.

    Raises:
        KinesisError: if the playback does not fit the body, the size is odd, or GL or ffmpeg is missing;
            the sentence names the package to install.
    """
    check_playback(body, playback)
    if min(width, height) < 16 or width % 2 or height % 2:
        raise KinesisError(
            "not a size for video", where=str(path), got=f"{width}×{height}", expected="even numbers, 16 or more"
        )
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        raise KinesisError("video needs ffmpeg", where=str(path), hint='pip install "kinesis[video]"')
    backend = offscreen_backend()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kinesis-") as folder:
        job, drawn = Path(folder) / "job.npz", Path(folder) / "drawn.mp4"
        _save_job(job, body, playback, (width, height))
        result = _python("-m", "kinesis.view.film", str(job), str(drawn), backend=backend)
        if result.returncode:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise KinesisError("the video could not be drawn", where=str(path), got=last)
        shutil.move(drawn, path)
    return path


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


def _save_job(job: Path, body: Body, playback: Playback, size: tuple[int, int]) -> None:
    """What the child needs, with empty arrays for what there is not."""
    empty = np.zeros((0, 0))
    np.savez(
        job,
        qpos=playback.qpos,
        reference=empty if playback.reference is None else playback.reference,
        activation=empty if playback.activation is None else playback.activation,
        rate_hz=playback.rate_hz,
        muscles=body.actuation == "muscle",
        size=size,
    )


def _python(*arguments: str, backend: str, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run this interpreter with MUJOCO_GL set, seeing the same packages."""
    environment = os.environ | {"MUJOCO_GL": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, *arguments]
    try:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "no answer in time")
