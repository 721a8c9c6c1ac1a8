"""A file that is not sound gives one sentence with file, place, got and expected, and never anything else."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.read import read_motion
from kinesis.motion.readers import READERS, opensim_table, resample, stream

KINEMATICS = Kinematics(load("legs80"), threads=1)
JOINTS = [f"{joint}_{side}" for side in "rl" for joint in ("hip_flexion", "knee_angle", "ankle_angle")]
HEADINGS = ["time", "pelvis_tilt", "pelvis_tx", "pelvis_ty", *JOINTS, "arm_flex_r"]


def good_lines() -> list[str]:
    """A sound file of 40 rows at 50 Hz: line 5 ends the header, line 6 has the names, numbers from line 7 on."""
    time_s = np.arange(40) / 50.0
    swing = [10.0 * np.sin(6.0 * time_s + lag) for lag in (0.0, 3.1)]
    columns = [time_s, 0.1 * swing[0], 1.2 * time_s, 0.93 + 0 * time_s]
    columns += [leg + base for leg in swing for base in (10.0, 25.0, 0.0)] + [0 * time_s]
    header = ["Coordinates", "nRows=40", f"nColumns={len(columns)}", "inDegrees=yes", "endheader", "\t".join(HEADINGS)]
    return header + ["\t".join(f"{value:.6f}" for value in row) for row in zip(*columns, strict=True)]


def saved(folder: Path, lines: list[str] | bytes, name: str = "bad.mot") -> Path:
    path = folder / name
    path.write_bytes(lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode())
    return path


def with_token(row: int, heading: str, token: str) -> Callable[[list[str]], list[str]]:
    def change(lines: list[str]) -> list[str]:
        tokens = lines[6 + row].split("\t")
        tokens[HEADINGS.index(heading)] = token
        return [*lines[: 6 + row], "\t".join(tokens), *lines[7 + row :]]

    return change


def replaced(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [line.replace(old, new) for line in lines]


def test_the_unchanged_file_is_read(tmp_path: Path) -> None:
    assert read_motion(saved(tmp_path, good_lines()), KINEMATICS).frames == 40


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (replaced("knee_angle_l", "knee_angle_x"), r"bad\.mot: the coordinate knee_angle_l is missing; the nearest"),
        (with_token(3, "hip_flexion_r", "nan"), r"bad\.mot, line 10: hip_flexion_r is not finite; got nan"),
        (with_token(0, "pelvis_ty", "-inf"), r"line 7: pelvis_ty is not finite; got -inf"),
        (with_token(5, "arm_flex_r", "12,5"), r"line 12: arm_flex_r is not a number; got 12,5"),
        (with_token(5, "time", "1_0"), r"line 12: time is not a number; got 1_0"),
        (with_token(8, "time", "0.1"), r"line 15: time goes back; got 0\.1, expected more than 0\.14"),
        (with_token(8, "time", "0.14"), r"line 15: time is repeated; got 0\.14"),
        (with_token(39, "time", "9.0"), r"line 46: time jumps; got a gap of 8\.24 s, expected 0\.5 s"),
        (with_token(2, "knee_angle_r", "1000"), r"line 9: knee_angle_r is out of reach; got 17\.45"),
        (with_token(2, "pelvis_ty", "930"), r"line 9: pelvis_ty is out of reach; got 930 m"),
        (lambda lines: [*lines[:20], lines[20] + "\t1.0", *lines[21:]], r"line 21: .* got 12 numbers, expected 11"),
        (lambda lines: [*lines[:-1], lines[-1][:30]], r"line 46: a row does not fit the names"),
        (lambda lines: [line for line in lines if line != "endheader"], r"bad\.mot: the header does not end"),
        (lambda lines: lines[:5], r"nothing follows the header"),
        (lambda lines: lines[:8], r"too few rows; got 2, expected 3 or more"),
        (lambda lines: lines[:-4], r"the header miscounts the rows; got 36, expected 40 as stated"),
        (replaced("nColumns=11", "nColumns=9"), r"line 6: the header miscounts the columns; got 11, expected 9"),
        (replaced("nColumns=11", "nColumns=many"), r"miscounts the columns; got 11, expected many as stated"),
        (replaced("inDegrees=yes", "inDegrees=perhaps"), r"got inDegrees=perhaps, expected yes or no"),
        (replaced("inDegrees=yes", "inDegrees=no"), r"line 7: .* is out of reach; got .* rad"),
        (replaced("time\t", "frame\t"), r"line 6: a column is missing; got frame, expected time"),
        (replaced("arm_flex_r", "knee_angle_r"), r"line 6: two columns hold knee_angle_r"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, change: Callable[[list[str]], list[str]], sentence: str
) -> None:
    with pytest.raises(KinesisError, match=sentence):
        read_motion(saved(tmp_path, change(good_lines())), KINEMATICS)


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "bad.mot", "the file is empty"),
        (b"\x00\x01\x02" * 100, "bad.mot", "line 1: not text; got binary data"),
        (b"\x89PNG\r\n", "bad.mot", "the header does not end"),
        (b"x" * 3_000_000, "bad.sto", "line 1: not text"),
        (gzip.compress("\n".join(good_lines()).encode())[:-30], "bad.mot.gz", "cannot be read to its end"),
        (b"words of nobody\n", "some.dat", r"format of this file is not known; known: .*OpenSim coordinates"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(KinesisError, match=sentence):
        read_motion(saved(tmp_path, data, name), KINEMATICS)


def test_a_path_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KinesisError, match="there is no such file"):
        read_motion(tmp_path / "absent.mot", KINEMATICS)
    with pytest.raises(KinesisError, match="not a file"):
        read_motion(tmp_path, KINEMATICS)


@pytest.mark.parametrize("rate_hz", [0.0, -50.0, float("nan"), 1e9])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, rate_hz: float) -> None:
    with pytest.raises(KinesisError, match="not a rate"):
        read_motion(saved(tmp_path, good_lines()), KINEMATICS, rate_hz=rate_hz)


def test_a_motion_shorter_than_three_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KinesisError, match=r"too short; got 0\.78 s, expected 2 s"):
        read_motion(saved(tmp_path, good_lines()), KINEMATICS, rate_hz=1.0)


def test_a_root_in_millimetres_is_refused(tmp_path: Path) -> None:
    lines = good_lines()
    for row in range(40):
        lines = with_token(row, "pelvis_tx", f"{24.0 * row:.3f}")(lines)
    with pytest.raises(KinesisError, match=r"bad\.mot: the root moves faster than a person; got 1\.2e\+03 m/s"):
        read_motion(saved(tmp_path, lines), KINEMATICS)


def test_files_too_large_or_too_long_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, good_lines())
    packed = saved(tmp_path, gzip.compress(path.read_bytes()), "bad.mot.gz")
    with monkeypatch.context() as patch:
        patch.setattr(resample, "MOST_FRAMES", 30)
        with pytest.raises(KinesisError, match="too many frames; got 40, expected 30"):
            read_motion(path, KINEMATICS)
    monkeypatch.setattr(opensim_table, "LONGEST_S", 0.5)
    with pytest.raises(KinesisError, match="the recording is too long"):
        read_motion(path, KINEMATICS)
    monkeypatch.setattr(stream, "LARGEST_BYTES", 2500)
    assert packed.stat().st_size < 2500
    for file in (path, packed):
        with pytest.raises(KinesisError, match="the file is too large"):
            read_motion(file, KINEMATICS)


def test_fewer_columns_than_stated_are_let_through(tmp_path: Path) -> None:
    lines = replaced("nColumns=11", "nColumns=40")(good_lines())
    assert read_motion(saved(tmp_path, lines), KINEMATICS).frames == 40


def test_a_table_is_recognised_by_its_content(tmp_path: Path) -> None:
    assert read_motion(saved(tmp_path, good_lines(), "recording.txt"), KINEMATICS).frames == 40
    assert "opensim" in READERS.names()


TOKENS = st.one_of(st.text(max_size=8), st.floats().map(str), st.sampled_from(["1e400", "-1e300", "1e-300", "\x00"]))
NUMBERS = st.integers(0, 10**6)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from(["cut", "drop", "twice", "swap", "token", "bytes"]), NUMBERS, TOKENS),
        min_size=1,
        max_size=3,
    )
)
def test_a_damaged_file_gives_a_sentence_or_a_sound_clip(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[str, int, str]]
) -> None:
    lines = good_lines()
    for kind, number, token in damages:
        at = number % max(len(lines), 1)
        lines = lines or [""]
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
            lines[at] = lines[at][:place] + token + lines[at][place + len(token) :]
        else:
            tokens = lines[at].split("\t")
            tokens[number % len(tokens)] = token
            lines[at] = "\t".join(tokens)
    path = tmp_path_factory.mktemp("damaged") / "bad.mot"
    path.write_bytes("\n".join(lines).encode("utf-8", errors="surrogatepass"))
    refusal, clip = "", None
    try:
        clip = read_motion(path, KINEMATICS)
    except KinesisError as error:
        refusal = str(error)
    if clip is None:
        assert refusal.startswith(str(path))
        assert "\n" not in refusal
    else:
        arrays = (clip.qpos, clip.qvel, clip.landmarks, clip.landmark_velocities)
        assert all(np.isfinite(array).all() for array in arrays)
        np.testing.assert_allclose(np.linalg.norm(clip.qpos[:, 3:7], axis=1), 1.0)
