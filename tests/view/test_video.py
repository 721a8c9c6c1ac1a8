import importlib.util
import subprocess
from pathlib import Path

import numpy as np
import pytest

from kinesis.errors import KinesisError
from kinesis.view import Playback, Shot, render_film, render_video, video

imageio = pytest.importorskip("imageio.v2", reason='no imageio: pip install "kinesis[video]"')

from kinesis.view.film import captioned, side_by_side  # noqa: E402 (imports imageio)


@pytest.fixture(scope="module")
def _drawable():
    """Skip, with the reason, where no video can be made."""
    pytest.importorskip("imageio_ffmpeg", reason='no ffmpeg: pip install "kinesis[video]"')
    try:
        video.offscreen_backend()
    except KinesisError as error:
        pytest.skip(str(error))


def images(path: Path) -> np.ndarray:
    """Pictures (frame, 240, 320, 3) of an mp4, decoded by the ffmpeg that wrote it."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, 240, 320, 3).astype(int)


@pytest.mark.slow
@pytest.mark.usefixtures("_drawable")
def test_a_video_shows_activation_as_red_and_the_reference_as_a_blue_ghost(body, playbacks, tmp_path):
    still = np.repeat(playbacks[0].qpos[:1], 3, 0)
    aside = still.copy()
    aside[2, 0] += 0.6
    activation = np.array([0.0, 1.0, 0.0])[:, None] * np.ones(body.model.nu)
    playback = Playback("still", 30.0, still, reference=aside, activation=activation)
    film = images(render_video(tmp_path / "still.mp4", body, playback, width=320, height=240))
    red, blue = film[..., 0] - film[..., 1] > 40, film[..., 2] - film[..., 0] > 25
    assert len(film) == 3
    assert red[1].sum() > red[0].sum() + 300
    assert blue[2].sum() > blue[0].sum() + 300


@pytest.mark.slow
@pytest.mark.usefixtures("_drawable")
def test_shots_stand_side_by_side_under_captions_and_the_shorter_one_waits(body, playbacks, tmp_path):
    still = np.repeat(playbacks[0].qpos[:1], 3, 0)
    long, short = Playback("long", 20.0, still), Playback("short", 20.0, still[:2])
    shots = [Shot(body, long, "first"), Shot(body, short, "")]
    told = []
    path = render_film(tmp_path / "two.gif", shots, width=160, height=120, progress=lambda *drawn: told.append(drawn))
    assert told == [(1, 3), (2, 3), (3, 3)]
    made = imageio.mimread(path)
    assert 1 <= len(made) <= 3  # equal pictures are merged
    picture = np.asarray(made[0])[..., :3].astype(int)
    assert picture.shape == (120, 320, 3)
    corners = picture[:24, :80], picture[:24, 160:240]
    assert [bool((corner.sum(-1) < 250).any()) for corner in corners] == [True, False]


def test_a_caption_that_is_too_long_is_cut():
    blank = np.full((100, 60, 3), 255, np.uint8)
    written = captioned(blank, "a caption that is far too long\nb")
    assert (written[:, -3:] == 255).all()
    assert (written < 100).any()
    assert captioned(blank, "") is blank


def test_shots_that_ended_stand_still():
    images = [[np.full((1, 1, 3), shade) for shade in shades] for shades in ((1, 2, 3), (4,))]
    seen = [[int(image.max()) for image in row] for row in side_by_side([iter(shot) for shot in images])]
    assert seen == [[1, 4], [2, 4], [3, 4]]


@pytest.mark.parametrize(("name", "count", "words"), [("a.avi", 1, "kind of film"), ("a.mp4", 0, "0 shots")])
def test_what_is_no_film_is_refused(body, playbacks, tmp_path, name, count, words):
    with pytest.raises(KinesisError, match=words):
        render_film(tmp_path / name, [Shot(body, playbacks[0])] * count)


def test_without_ffmpeg_the_sentence_names_the_extra(body, playbacks, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(KinesisError, match=r'video needs ffmpeg; pip install "kinesis\[video\]"'):
        render_video(tmp_path / "walk.mp4", body, playbacks[0])


def test_without_gl_the_sentence_names_the_package(monkeypatch):
    asked = []

    def failing(*_arguments, backend, timeout_s=None):
        asked.append(backend)
        return subprocess.CompletedProcess([], 1, "", "no display")

    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(video, "_python", failing)
    with pytest.raises(KinesisError, match="install libosmesa6 or libegl1"):
        video.offscreen_backend.__wrapped__()
    assert asked == ["egl", "osmesa"]


@pytest.mark.parametrize("size", [(641, 480), (640, 0), (8, 8)])
def test_an_odd_size_is_refused(body, playbacks, tmp_path, size):
    with pytest.raises(KinesisError, match="not a size for video"):
        render_video(tmp_path / "walk.mp4", body, playbacks[0], width=size[0], height=size[1])


def test_a_failed_drawing_leaves_no_file_and_tells_the_last_line(body, playbacks, tmp_path, monkeypatch):
    broken = subprocess.CompletedProcess([], 1, "", "Traceback\nGLError: out of memory\n")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    monkeypatch.setattr(video, "offscreen_backend", lambda: "osmesa")
    monkeypatch.setattr(video, "_python", lambda *_a, **_k: broken)
    with pytest.raises(KinesisError, match="got GLError: out of memory"):
        render_video(tmp_path / "walk.mp4", body, playbacks[0])
    assert list(tmp_path.iterdir()) == []


def test_what_a_child_says_of_its_progress_is_told_and_anything_else_passed_over():
    said = "import sys; print('Mesa 25', '1 2', 'a b', '2 2', sep=chr(10)); sys.exit('no memory')"
    told = []
    done = video._python("-c", said, backend="egl", progress=lambda *drawn: told.append(drawn))
    assert told == [(1, 2), (2, 2)]
    assert (done.returncode, done.stderr) == (1, "no memory\n")
