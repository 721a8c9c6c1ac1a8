"""Files of EMG: what is written is read, and what is not sound is refused in one sentence."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinesis.analysis.emg import EMG_READERS, Request, find_emg, read_emg, read_windows
from kinesis.errors import KinesisError

HEAD = "subject,muscle,percent,value"


def own_csv(path, courses, notes=(), extra=""):
    """A user's CSV of `courses[subject][muscle]`: values at equal percents."""
    lines = [*notes, HEAD + (",stride_s,stance" if extra else "")]
    for subject, muscles in courses.items():
        for muscle, values in muscles.items():
            steps = np.linspace(0.0, 100.0, len(values))
            lines += [f"{subject},{muscle},{p!r},{v!r}{extra}" for p, v in zip(steps.tolist(), values, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def archive(path, **changed):
    rng = np.random.default_rng(0)
    arrays = {"emg": rng.random((3, 2, 101)), "muscles": np.array(["soleus", "rectus_femoris"])} | changed
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def sto(path, columns, rate_hz=1000.0, seconds=3.0):
    time_s = np.arange(0.0, seconds, 1.0 / rate_hz)
    rows = np.stack([time_s, *(f(time_s) for f in columns.values())], 1)
    lines = ["EMG", "version=1", f"nRows={len(rows)}", f"nColumns={len(columns) + 1}", "inDegrees=no", "endheader"]
    lines += ["\t".join(["time", *columns])] + ["\t".join(f"{v:.8f}" for v in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


COURSES = st.lists(st.floats(0.0, 1e6, allow_subnormal=False), min_size=101, max_size=101).filter(lambda v: max(v) > 0)


@given(values=COURSES)
@settings(max_examples=20)
def test_a_users_csv_comes_back_over_its_peak(tmp_path_factory, values):
    path = own_csv(tmp_path_factory.mktemp("own") / "mine.csv", {"A": {"soleus": values}})
    found = read_emg(path)[0]
    np.testing.assert_allclose(found.values[0, 0], np.array(values) / max(values), rtol=1e-12, atol=1e-300)


def test_a_users_csv_says_what_it_knows(tmp_path):
    rise = np.linspace(0.1, 1.0, 51).tolist()
    notes = ("# motion: walk", "# speed_mps: 1.3", "# lowpass_hz: 6")
    courses = {"A": {"Sol": rise, "RF": rise[::-1]}, "B": {"Sol": rise, "eyebrow": rise}}
    found = read_emg(own_csv(tmp_path / "mine.csv", courses, notes, ",1.1,0.62"))[0]
    assert (found.motion, found.speed_mps, found.lowpass_hz) == ("walk", 1.3, 6.0)
    assert (found.subjects, found.channels) == (("A", "B"), ("soleus", "rectus_femoris"))
    assert found.stride_s.tolist() == [1.1, 1.1]
    np.testing.assert_allclose(found.values[0, 0], np.linspace(0.1, 1.0, 101))
    assert np.isnan(found.values[1, 1]).all()


def test_an_archive_comes_back(tmp_path):
    path = archive(tmp_path / "walk.npz", stride_time_s=np.array([1.0, 1.1, 1.2]), speed_mps=np.array(1.4))
    found = read_emg(path)[0]
    assert (found.motion, found.speed_mps, len(found.subjects)) == ("walk", 1.4, 3)
    assert found.values.max(-1) == pytest.approx(np.ones((3, 2)))
    assert found.stride_s.tolist() == [1.0, 1.1, 1.2]
    assert np.isnan(found.stance).all()


def test_only_keeps_channels_in_the_order_asked_for(tmp_path):
    found = read_emg(archive(tmp_path / "walk.npz"))[0]
    turned = found.only(("rectus_femoris", "soleus"))
    np.testing.assert_array_equal(turned.values, found.values[:, ::-1])


def test_a_table_in_time_is_cut_and_raw_columns_are_rectified(tmp_path):
    rng = np.random.default_rng(0)
    size = lambda t: 1.0 + 0.9 * np.sin(2 * np.pi * t)  # noqa: E731
    columns = {"soleus_r": size, "TA_r": lambda t: size(t) * rng.normal(size=len(t)), "soleus_l": lambda t: 0 * t + 1}
    path = sto(tmp_path / "walk.sto", columns)
    found = read_emg(path, Request((0.5, 1.5, 2.5)))[0]
    assert found.channels == ("soleus", "tibialis_anterior")
    expected = size(0.5 + np.linspace(0.0, 1.0, 101)) / 1.9
    np.testing.assert_allclose(found.values[0, 0], expected, atol=0.02)
    assert np.corrcoef(found.values[0, 1], expected)[0, 1] > 0.8
    with pytest.raises(KinesisError, match="EMG over time needs touchdowns of its foot; say them in seconds"):
        read_emg(path)
    with pytest.raises(KinesisError, match="no whole cycle between the touchdowns"):
        read_emg(path, Request((0.5, 0.6)))


def test_the_nearest_speed_and_people_before_means_are_found_in_a_folder(tmp_path):
    archive(tmp_path / "walk_a.npz", speed_mps=np.array(1.4))
    archive(tmp_path / "walk_b.npz", speed_mps=np.array(1.5))
    archive(tmp_path / "run.npz", speed_mps=np.array(1.4))
    columns = "pct,soleus_mean,soleus_sd\n" + "\n".join(f"{p},0.5,0.1" for p in range(101))
    (tmp_path / "walk_ensemble.csv").write_text(columns)
    (tmp_path / "notes.txt").write_text("nothing")
    assert find_emg(tmp_path, "walk", 1.45).speed_mps == 1.4
    assert find_emg(tmp_path, "walk", 1.5).speed_mps == 1.5
    assert find_emg(tmp_path, "run", 1.4).source == "run.npz"
    assert find_emg(tmp_path, "walk", 0.7).is_ensemble
    with pytest.raises(KinesisError, match=r"no EMG to compare with; got run 1\.4 m/s"):
        find_emg(tmp_path / "run.npz", "walk", 1.4)
    with pytest.raises(KinesisError, match="not a speed"):
        find_emg(tmp_path, "walk", float("nan"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("A,soleus,4.0,0.3", "A,soleus,4.0,nan"), r"line 4: value is not a number; got nan"),
        (lambda text: text.replace("A,soleus,4.0,0.3", "A,soleus,4.0,-1"), r"A, soleus, 3 %: not an envelope; got -0"),
        (lambda text: text.replace("A,soleus,4.0,0.3", "A,soleus,4.0,1e400"), r"line 4: value is not a number"),
        (lambda text: text.replace("A,soleus,4.0,0.3", "A,soleus,4.0"), r"line 4: a row does not fit the names; got 3"),
        (lambda text: text.replace("A,soleus,4.0,", "A,soleus,2.0,"), r"line 4: a percent is there twice; got 2\.0"),
        (lambda text: text.replace("A,soleus,100.0", "A,soleus,99.0"), r"not a whole cycle; got 51 from 0 to 99 %"),
        (lambda text: text.replace("soleus", "eyebrow"), r"no muscle that the body has; got eyebrow"),
        (lambda text: text.replace(",0.3\n", ",0.0\n"), r"a channel that is silent all the time"),
        (lambda text: HEAD + "\n", "a table without rows"),
        (lambda text: "# speed_mps: fast\n" + text, "speed_mps is not a number; got fast"),
        (lambda text: "# speed_mps: 99\n" + text, "not a speed"),
        (lambda text: "# lowpass_hz: 0\n" + text, "not a cut-off"),
        (lambda text: text.replace("percent", "percent,percent", 1), "does not fit the names"),
        (lambda text: HEAD + "\nA,soleus,0," + '"' + "9" * 200_000, "not a row of a table"),
    ],
)
def test_a_csv_that_is_not_sound_is_refused(tmp_path, change, sentence):
    path = own_csv(tmp_path / "bad.csv", {"A": {"soleus": [0.3] * 51}})
    assert read_emg(path)[0].subjects == ("A",)
    path.write_text(change(path.read_text()))
    with pytest.raises(KinesisError, match=sentence):
        read_emg(path)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"emg": np.full((3, 2, 101), np.nan)}, "without any value"),
        ({"emg": np.full((3, 2, 101), -1.0)}, "not an envelope; got -1"),
        ({"emg": np.full((3, 2, 101), np.inf)}, "not an envelope; got inf"),
        ({"emg": np.ones((3, 2, 50))}, r"not envelopes; got \(3, 2, 50\)"),
        ({"emg": np.ones((0, 2, 101))}, "not envelopes"),
        ({"emg": np.ones((3, 2, 101), complex)}, "not envelopes"),
        ({"emg": np.array("a")}, "not envelopes"),
        ({"muscles": np.array(["soleus"])}, "as many names as muscles"),
        ({"muscles": np.array(["soleus", "sol"])}, "two columns of one muscle"),
        ({"subjects": np.array(["a", "a", "b"])}, "two of a subject; got a"),
        ({"subjects": np.array(["a"])}, "not the shape of envelopes"),
        ({"stride_time_s": np.array([1.0, 2.0])}, "not such numbers"),
        ({"stride_time_s": np.array([1.0, 2.0, -3.0])}, "not a stride_s a subject"),
        ({"stance_fraction": np.array([60.0, 61.0, 62.0])}, "not a stance a subject"),
        ({"speed_mps": np.array("fast")}, "not such numbers"),
        ({"speed_mps": np.array(np.inf)}, "not a speed"),
    ],
)
def test_an_archive_that_is_not_sound_is_refused(tmp_path, changed, sentence):
    with pytest.raises(KinesisError, match=sentence):
        read_emg(archive(tmp_path / "walk.npz", **changed))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"Activation": {"SOLEUS": [7, 51]}}, None),
        ({"Activation": {"SOLEUS": [51, 7]}}, "on before off"),
        ({"Activation": {"SOLEUS": [7]}}, "on before off"),
        ({"Activation": {"SOLEUS": [7, 151]}}, "on before off"),
        ({"Activation": {"SOLEUS": [True, float("nan"), 3]}}, "not windows"),
        ({"Activation": {"SOLEUS": "7-51"}}, "not windows"),
        ({"Activation": {"EYEBROW": [7, 51]}}, "no muscle that the body has"),
        ({"Activation": []}, "not activity windows"),
        ([], "not a JSON object"),
    ],
)
def test_windows_are_read_or_refused(tmp_path, content, sentence):
    path = tmp_path / "windows.json"
    path.write_text(json.dumps(content))
    if sentence is None:
        assert read_windows(path)["soleus"].sum() == 44
        return
    with pytest.raises(KinesisError, match=sentence):
        read_windows(path)


def test_every_format_has_words_and_an_unknown_file_names_them(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(KinesisError, match="not a known format of EMG"):
        read_emg(path)
    assert all(EMG_READERS.get(name).format for name in EMG_READERS.names())


STARTS = (b"", b"PK\x03\x04", b"File_Type:\tAnalog\n", b"EMG\nendheader\ntime\tsoleus\n", HEAD.encode() + b"\n")


@given(start=st.sampled_from(STARTS), content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, start, content):
    path: Path = tmp_path_factory.mktemp("any") / "walk.emg"
    path.write_bytes(start + content)
    with contextlib.suppress(KinesisError):
        read_emg(path, Request((0.0, 1.0)))


@given(text=st.text(alphabet="0123456789.,-enaif\nASso#: \t\"'", max_size=300), start=st.sampled_from(STARTS[2:]))
def test_any_table_is_read_or_refused(tmp_path_factory, start, text):
    path: Path = tmp_path_factory.mktemp("any") / "walk.emg"
    path.write_bytes(start + text.encode())
    with contextlib.suppress(KinesisError):
        read_emg(path, Request((0.0, 1.0)))


@given(data=st.data())
@settings(max_examples=30)
def test_a_damaged_archive_is_read_or_refused(tmp_path_factory, data):
    path = archive(tmp_path_factory.mktemp("hurt") / "walk.npz")
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    with contextlib.suppress(KinesisError):
        read_emg(path)
