"""kinesis analyse emg, end to end, on recordings."""

import json

import numpy as np
import pytest

from kinesis.cli import main
from kinesis.evaluate import save
from kinesis.evaluate.recording import ENDING

KEYS = [
    "r_median_subjects",
    "r_median_subjects_zero_lag",
    "lag_ms",
    "r_by_muscle",
    "r_people",
    "r_static_optimisation",
    "r_kinesis_protocol",
    "mpjpe_mm",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory, make_walker, hump, parts_at, timing):
    """A recording, and EMG that is the same 50 ms earlier."""
    folder = tmp_path_factory.mktemp("emg")
    recording = make_walker(lambda p, phase: 0.5 * hump(phase, parts_at[p]) if p in parts_at else 0.0 * phase)
    save(recording, folder / f"even{ENDING}")
    lines = ["# motion: walk", "# speed_mps: 1.4", "subject,muscle,percent,value,stride_s"]
    for subject in ("A", "B"):
        for name, at in timing.items():
            values = hump(np.linspace(0.0, 1.0, 101), at - 0.05)
            lines += [f"{subject},{name},{percent},{value:.6f},1.0" for percent, value in enumerate(values)]
    (folder / "people.csv").write_text("\n".join(lines))
    return folder


def run(capsys, *argv):
    code = main(["analyse", "emg", *argv])
    return code, capsys.readouterr()


def test_json_opens_with_the_promised_keys_and_is_the_same_twice(capsys, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ("--reference", str(place / "people.csv"), "--recording", str(place), "--json")
    code, first = run(capsys, *command)
    assert code == 0
    card = json.loads(first.out)
    assert list(card)[:8] == KEYS
    assert card["lag_ms"] == pytest.approx(50.0, abs=5.0)
    assert card["r_median_subjects"] > 0.99
    assert card["mpjpe_mm"] == 21.0
    assert run(capsys, *command)[1].out == first.out
    assert not list(tmp_path.iterdir())


def test_the_table_and_the_page_have_a_row_and_a_panel_a_muscle(capsys, place, tmp_path, timing):
    page = tmp_path / "emg.html"
    code, printed = run(capsys, "--reference", str(place), "--recording", str(place), "--out", str(page))
    assert code == 0
    text = page.read_text()
    for name in timing:
        assert name.replace("_", " ") in printed.out
        assert f"<h3>{name.replace('_', ' ')}</h3>" in text
    assert text.count('class="own" d=') == len(timing) + 1
    assert "http" not in text
    assert "NaN" not in text


def test_means_of_people_are_drawn_with_their_sd_and_have_no_people_among_them(capsys, place, tmp_path):
    rows = [f"soleus,{percent},Free,{0.1 + percent / 100},0.05" for percent in range(0, 101, 2)]
    file, page = tmp_path / "means.csv", tmp_path / "emg.html"
    file.write_text("\n".join(["muscle,pct_gait_cycle,speed,mean,sd", *rows]))
    argv = ("--reference", str(file), "--recording", str(place), "--out", str(page), "--json")
    card = json.loads(run(capsys, *argv)[1].out)
    assert card["r_people"] is None
    assert card["r_interval"] == [None, None]
    assert card["reference"]["ensemble"] is True
    assert 'class="band" d="M0.0' in page.read_text()


def test_a_name_from_a_file_is_no_markup(capsys, place, tmp_path):
    bad = tmp_path / "<script>alert(1)<"
    bad.mkdir()
    (bad / "x.csv").write_text((place / "people.csv").read_text())
    page = tmp_path / "emg.html"
    run(capsys, "--reference", str(bad), "--recording", str(place), "--out", str(page))
    assert "<script" not in page.read_text()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--reference", "none.npz"], "none.npz: there is no such file"),
        (["--reference", "{place}", "--motion", "run"], "no EMG to compare with"),
        (["--reference", "{place}", "--speed", "-1"], "not a speed"),
        (["--reference", "{place}", "--lag-ms", "900", "--recording", "{place}"], "not a lag"),
    ],
)
def test_refusals_are_one_sentence(capsys, place, argv, words):
    code, printed = run(capsys, *(word.format(place=place) for word in argv))
    assert code == 2
    assert words in printed.err
    assert printed.err.count("\n") == 1
