"""Marker files that are not sound give one sentence; damaged ones give a sentence or sound points."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinesis.errors import KinesisError
from kinesis.motion.points import Points
from kinesis.motion.readers import READERS, Recording, c3d, read_motions
from kinesis.motion.readers.reader import Refused

from .marked import Tracks, opencap, plug_in_gait, trc_lines, write_c3d, write_trc

FIRST_ROW = 6


def cut(tracks: Tracks, frames: int) -> Tracks:
    return {name: track[:frames] for name, track in tracks.items()}


def good_lines() -> list[str]:
    """40 frames; line 7 holds the first."""
    return trc_lines(cut(plug_in_gait(), 40))


def saved(folder: Path, lines: list[str], name: str = "bad.trc") -> Path:
    path = folder / name
    path.write_bytes(("\n".join(lines) + "\n").encode("utf-8", errors="surrogatepass"))
    return path


def replaced(old: str, new: str, lines: slice = slice(0, None)) -> Callable[[list[str]], list[str]]:
    def change(text: list[str]) -> list[str]:
        text[lines] = [line.replace(old, new, 1) for line in text[lines]]
        return text

    return change


def with_cell(frame: int, column: int, cell: str) -> Callable[[list[str]], list[str]]:
    def change(text: list[str]) -> list[str]:
        cells = text[FIRST_ROW + frame].split("\t")
        cells[column] = cell
        text[FIRST_ROW + frame] = "\t".join(cells)
        return text

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: lines[:3], r"bad\.trc: the header does not end; got 3 lines, expected five"),
        (lambda lines: lines[:-4], r"the header miscounts the frames; got 36, expected 40 as stated"),
        (lambda lines: [*lines[:-1], lines[-1] + "\t1.0"], r"line 46: a row does not fit the markers; got 63 numbers"),
        (with_cell(3, 7, "12,5"), r"line 10: not a position; got 12,5, expected a number or a blank"),
        (with_cell(3, 7, "inf"), r"line 10: not a position; got inf"),
        (with_cell(3, 7, "1_0"), r"line 10: not a position; got 1_0"),
        (with_cell(20, 1, "9.0"), r"frame 21: time and the stated rate of 50 Hz disagree; got 9 s, expected 0\.4 s"),
        (with_cell(20, 1, ""), r"frame 21: time and the stated rate"),
        (replaced("50\t50", "100\t50", slice(2, 3)), r"frame 2: time and the stated rate of 100 Hz disagree"),
        (replaced("50\t50", "0\t50", slice(2, 3)), r"not a rate of recording; got 0 Hz"),
        (replaced("\tmm", "\tfeet", slice(2, 3)), r"line 3: there is no unit of length 'feet'"),
        (replaced("\tmm", "", slice(2, 3)), r"line 3: the header's names and values differ in number; got 7 values"),
        (
            replaced("\t20\t", "\t21\t", slice(2, 3)),
            r"line 4: the header miscounts the markers; got 20 names, expected 21",
        ),
        (replaced("\t40\t", "\tall\t", slice(2, 3)), r"the header gives no NumFrames; got all, expected a number"),
        (replaced("\t40\t", "\tnan\t", slice(2, 3)), r"too few frames; got -1"),
        (replaced("\t40\t", "\t1800000\t", slice(2, 3)), r"the recording is too long; got 10 h, expected 2 h or less"),
        (replaced("RKNE", "RKNX", slice(3, 4)), r"do not give knee_r, ankle_r; .* the nearest there are RKNX"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, change: Callable[[list[str]], list[str]], sentence: str
) -> None:
    with pytest.raises(KinesisError, match=sentence) as refusal:
        read_motions(saved(tmp_path, change(good_lines())))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_too_few_frames_are_refused(tmp_path: Path, frames: int) -> None:
    with pytest.raises(KinesisError, match=f"too few frames; got {frames}, expected 3"):
        read_motions(write_trc(tmp_path / "short.trc", cut(plug_in_gait(), frames)))


def test_a_file_is_known_by_its_content_and_may_be_written_with_spaces(tmp_path: Path) -> None:
    lines = [line.replace("\t", "  ") for line in good_lines()]
    (points,) = read_motions(saved(tmp_path, lines, "recording.txt"))
    assert isinstance(points, Points)
    assert (points.frames, points.name) == (40, "recording")


def assert_sound(path: Path, sentence: str | None, read: list[Recording]) -> None:
    """Either a sentence with the file, or points of which those that are seen are finite."""
    if sentence is not None:
        assert str(path) in sentence
        assert "\n" not in sentence
    for points in read:
        if isinstance(points, Points):
            assert points.frames >= 3
            assert not np.isinf(points.position).any()
            assert np.nan_to_num(np.abs(points.position)).max() < 1e12
        else:
            assert isinstance(points, Refused)


def reading(path: Path) -> tuple[str | None, list[Recording]]:
    try:
        return None, list(read_motions(path))
    except KinesisError as error:
        return str(error), []


CELLS = st.one_of(st.text(max_size=8), st.floats().map(str), st.sampled_from(["1e400", "-1e300", "", "\x00", "\t\t"]))
NUMBERS = st.integers(0, 10**6)
DAMAGES = st.tuples(st.sampled_from(["cut", "drop", "twice", "swap", "cell", "bytes"]), NUMBERS, CELLS)


@settings(max_examples=150)
@given(st.lists(DAMAGES, min_size=1, max_size=3))
def test_a_damaged_trc_gives_a_sentence_or_sound_points(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[str, int, str]]
) -> None:
    lines = good_lines()
    for kind, number, cell in damages:
        lines = lines or [""]
        at = number % len(lines)
        if kind == "cut":
            lines = [*lines[:at], lines[at][: number % 50]]
        elif kind == "drop":
            lines = lines[:at] + lines[at + 1 :]
        elif kind == "twice":
            lines = [*lines[: at + 1], *lines[at:]]
        elif kind == "swap":
            lines[at], lines[0] = lines[0], lines[at]
        elif kind == "bytes":
            place = number % max(len(lines[at]), 1)
            lines[at] = lines[at][:place] + cell + lines[at][place + len(cell) :]
        else:
            cells = lines[at].split("\t")
            cells[number % len(cells)] = cell
            lines[at] = "\t".join(cells)
    path = saved(tmp_path_factory.mktemp("damaged"), lines)
    assert_sound(path, *reading(path))


# --- C3D -----------------------------------------------------------------------------------------------------------


def test_c3d_gives_the_same_points_as_trc(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    tracks = {f"Anna:{name}": track for name, track in plug_in_gait().items()}
    tracks["Anna:RTOE"][5:9] = np.nan
    (by_trc,) = read_motions(write_trc(tmp_path / "walk.trc", tracks))
    (by_c3d,) = read_motions(write_c3d(tmp_path / "walk.c3d", tracks))
    assert isinstance(by_c3d, Points)
    assert isinstance(by_trc, Points)
    assert (by_c3d.rate_hz, by_c3d.unit_m, by_c3d.up) == (50.0, 0.001, 2)
    np.testing.assert_allclose(by_c3d.position, by_trc.position, atol=1e-3)
    assert np.isnan(by_c3d.of("toe_r")[5:9]).all()


def test_units_and_the_upward_axis_are_read(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    y_up = {name: track[:, [1, 2, 0]] for name, track in opencap().items()}
    (points,) = read_motions(write_c3d(tmp_path / "walk.c3d", y_up, unit="m", upward="+Y"))
    assert isinstance(points, Points)
    assert (points.unit_m, points.up) == (1.0, 1)


def test_a_c3d_is_known_by_its_content_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recording.bin"
    path.write_bytes(bytes([2, 0x50]) + bytes(510) + bytes([1, 0x50, 1, 84]) + bytes(508))
    assert c3d.recognises(path)
    assert "c3d" in READERS.names()
    monkeypatch.setattr(c3d.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        KinesisError, match=r'recording\.bin: C3D files need the package ezc3d; pip install "kinesis\[c3d\]"'
    ):
        read_motions(path)


@pytest.fixture(scope="module")
def good_c3d(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("ezc3d")
    return write_c3d(tmp_path_factory.mktemp("c3d") / "good.c3d", cut(plug_in_gait(), 40))


@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_a_c3d_that_is_cut_off_is_refused(tmp_path: Path, good_c3d: Path, share: float) -> None:
    data = good_c3d.read_bytes()
    path = tmp_path / "bad.c3d"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(
        KinesisError, match=r"bad\.c3d: (the file is cut off; got \d+ bytes, expected \d+ or more|the file is damaged)"
    ):
        read_motions(path)


def test_a_c3d_with_another_unit_is_refused(tmp_path: Path, good_c3d: Path) -> None:
    path = tmp_path / "bad.c3d"
    path.write_bytes(good_c3d.read_bytes().replace(b"mm", b"ft"))
    with pytest.raises(KinesisError, match="POINT:UNITS: there is no unit of length 'ft'"):
        read_motions(path)


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_c3d_gives_a_sentence_or_sound_points(tmp_path: Path, good_c3d: Path, seed: int, monkeypatch) -> None:
    monkeypatch.setattr(c3d, "READ_TIMEOUT_S", 5.0)
    chance = random.Random(seed)
    data = bytearray(good_c3d.read_bytes())
    reach = min(len(data), 3000) if seed % 2 else len(data)
    for _ in range(chance.choice([1, 3, 10])):
        data[chance.randrange(reach)] = chance.randrange(256)
    path = tmp_path / "bad.c3d"
    path.write_bytes(bytes(data))
    assert_sound(path, *reading(path))


def test_a_crash_of_the_package_is_one_sentence(
    tmp_path: Path, good_c3d: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import os; os.kill(os.getpid(), 11)")
    monkeypatch.setattr(c3d, "_CHILD", child)
    with pytest.raises(KinesisError, match="the file is damaged; got a crash of ezc3d"):
        read_motions(good_c3d)


def test_the_child_imports_nothing_of_this_package() -> None:
    source = f"import runpy, sys; runpy.run_path({str(c3d._CHILD)!r}, run_name='x'); sys.exit('kinesis' in sys.modules)"
    pytest.importorskip("ezc3d")
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0
