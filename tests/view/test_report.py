"""The report of a policy: every part on one page, in a real browser, and what is refused."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from kinesis.cli import main
from kinesis.evaluate.benchmark import BUILTIN, RESULT
from kinesis.evaluate.metrics import RULES
from kinesis.evaluate.provenance import policy_id
from kinesis.evaluate.results import write_result
from kinesis.learn import load_checkpoint
from kinesis.motion import find
from kinesis.motion.clip import beginning, save_clip
from kinesis.motion.find import find_motions
from kinesis.view.citation import WORKS
from kinesis.view.report_sections import data_rows, provenance

SCRIPTS = Path(__file__).parent
MUSCLES = ("soleus", "tibialis_anterior", "vastus_lateralis")


@pytest.fixture(scope="module")
def own():
    return policy_id(load_checkpoint("default"))


@pytest.fixture(scope="module")
def given(tmp_path_factory, own):
    """A folder of what a report can be given: bands, EMG, a benchmark's result, a redundancy analysis."""
    folder = tmp_path_factory.mktemp("given")
    bands = [f"knee_flexion,{percent},20,1000" for percent in range(0, 101, 10)]
    bands += [f"ground_force_vertical,{percent},9,0.001" for percent in range(0, 101, 10)]
    (folder / "bands.csv").write_text("\n".join(["curve,percent,mean,sd", *bands]))
    lines = ["# motion: walk", "# speed_mps: 1.4", "subject,muscle,percent,value,stride_s"]
    for subject in ("A", "B"):
        for index, name in enumerate(MUSCLES):
            course = 1.0 + np.sin(0.02 * np.pi * np.arange(101) + index)
            lines += [f"{subject},{name},{percent},{value:.5f},1.0" for percent, value in enumerate(course)]
    (folder / "people.csv").write_text("\n".join(lines))
    interval = {"mean": 0.5, "low": 0.4, "high": 0.6, "clips": 7}
    row = {f"{name}_{RULES[0].name}": interval for name in ("success", "coverage")}
    row |= dict.fromkeys(("success_strict", "mpjpe_root_mm", "joint_rmse_deg", "mean_activation"), interval)
    row |= {f"mpjpe_{RULES[0].name}_mm": interval}
    result = {"suite": "loco-1", "policy": {"id": own}, "results": {BUILTIN: {"plain": {"all": row, "turn": row}}}}
    write_result(folder / "result.json", RESULT, result)
    muscle = {"lowest": 0.0, "highest": 1.0, "own": 0.4, "least_effort": 0.2, "place": 0.5}
    ranges = {"width_mean": 0.5, "effort_own": 2.0, "effort_least": 1.0, "muscles": {"soleus_r": muscle}}
    (folder / "redundancy.json").write_text(json.dumps({"policy": own, "clips": 1, "seed": 0, "ranges": ranges}))
    return folder


@pytest.fixture(scope="module")
def report(tmp_path_factory, given):
    """The page with every part, of a walk of four seconds."""
    out = tmp_path_factory.mktemp("report")
    options = {
        "norms": "bands.csv",
        "reference": "people.csv",
        "result": "result.json",
        "redundancy": "redundancy.json",
    }
    argv = [word for name, file in options.items() for word in (f"--{name}", str(given / file))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(find, "STEADY_S", 4.0)
        assert main(["report", "--no-film", "--out", str(out), *argv]) == 0
    assert [path.name for path in out.iterdir()] == ["report.html"]
    return out / "report.html"


def test_every_part_is_there_and_nothing_is_asked_of_the_network(report, own):
    page = report.read_text()
    outside = page[: page.index("srcdoc=")] + page[page.index("</iframe>") :]
    headings = re.findall(r"<h2>([^<]*)</h2>", outside)
    expected = ("Scorecard", "Seen", "Gait at 1.4", "Muscles beside", "What each muscle could", "Where the", "How to")
    assert [words for words in expected if not any(h.startswith(words) for h in headings)] == []
    assert "Static optimisation of the same walk" in headings
    assert "50% (40–60)" in outside
    assert own in outside
    assert "http" not in outside.replace("http://www.w3.org", "")
    assert all(f"<h3>{name.replace('_', ' ')}</h3>" in outside for name in MUSCLES)
    assert "No film: none was asked for." in outside


def test_lights_say_what_lies_in_its_band(report):
    rows = dict(re.findall(r"<td>([^<]+)</td><td class=\"light (\w+)\"", report.read_text()))
    assert rows == {"Knee flexion": "good", "Vertical ground force": "poor"}
    assert "1 good, 0 fair, 1 poor" in report.read_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1240, 390])
def test_the_page_is_drawn_whole_without_a_complaint(browser, report, width, tmp_path):
    browser.prefer_reduced_motion(wanted=True)
    browser.resize(width, 900)
    browser.send("Page.navigate", url=report.resolve().as_uri())
    browser.wait("document.readyState === 'complete' && document.querySelector('iframe') !== null")
    browser.evaluate("document.querySelector('iframe').scrollIntoView()")
    browser.wait("document.querySelector('iframe').contentDocument?.body?.dataset.ready === 'true'")
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert browser.evaluate((SCRIPTS / "overlaps.js").read_text()) == []
    seen = browser.screenshot(tmp_path / "report.png").astype(int)
    assert seen.std() > 8
    assert browser.complaints == []


def test_a_walk_without_strides_still_has_a_page_with_the_scores_of_other_motions(tmp_path, monkeypatch, body, given):
    clip = dataclasses.replace(beginning(find_motions("builtin:walk@1.2", body)[0], 0.4), name="short", labels={})
    save_clip(clip, tmp_path / "short.npz")
    monkeypatch.setattr(find, "STEADY_S", 0.4)
    argv = ["--motions", str(tmp_path / "short.npz"), "--reference", str(given / "people.csv"), "--no-film"]
    assert main(["report", "--out", str(tmp_path / "out"), *argv]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<td>other</td><td>1</td><td>100%</td>" in page
    assert "walk@1.4: no whole stride" in page
    assert "How to cite" in page


def refused(capsys, *argv):
    """What a report that is refused says."""
    assert main(["report", *argv]) == 2
    told = capsys.readouterr().err
    assert len(told.strip().splitlines()) == 1
    return told


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--policy", "defualt"], "did you mean default"),
        (["--norms", "none"], "none: no such file or folder"),
        (["--reference", "none"], "none: there is no such file"),
        (["--result", "{bad}"], "not a benchmark result"),
        (["--redundancy", "{bad}"], "a result of another policy"),
        (["--out", "{bad}"], "not a folder"),
        (["--speed", "99"], "speed"),
    ],
)
def test_refusals_are_one_sentence_and_leave_nothing(capsys, tmp_path, monkeypatch, argv, words):
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"policy": "0" * 16}))
    assert words in refused(capsys, *(word.format(bad=bad) for word in argv))
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


@pytest.mark.parametrize("ranges", [[], {"muscles": 3}, {"muscles": {"a_r": {"own": "x"}}, "width_mean": None}])
def test_a_redundancy_analysis_that_lacks_something_is_refused(capsys, tmp_path, own, ranges):
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"policy": own, "ranges": ranges}))
    assert "not a result of the redundancy analysis" in refused(capsys, "--redundancy", str(bad))


def test_sources_of_one_licence_stand_together_and_one_named_twice_is_one():
    data = [
        {"source": "generator", "licence": "CC0-1.0"},
        {"source": "generator", "licence": "CC0-1.0", "clips": "62"},
        {"source": "a.bvh", "licence": "MIT", "clips": "1"},
        {"source": "b.bvh", "licence": "MIT", "clips": "2"},
    ]
    rows = data_rows(data)
    assert rows[0] == ["Trained on, CC0-1.0", "generator (62 clips)"]
    assert rows[1] == ["Trained on, MIT", "a.bvh (1 clip) · b.bvh (2 clips)"]


def test_the_provenance_names_every_licence_of_the_card():
    card = load_checkpoint("default").card
    told = json.dumps(provenance(card, "default", "0" * 16).table, ensure_ascii=False)
    assert all(row["licence"] in told for row in card.data)


def test_the_page_cites_what_the_citation_file_does():
    told = (SCRIPTS.parents[1] / "CITATION.cff").read_text()
    dois = re.findall(r"doi: (\S+)", told)
    assert [re.search(r"doi:(\S+)", words).group(1) for _, words in WORKS] == dois
    titles = [title for title in re.findall(r'title: "([^"]+)"', told) if not title.startswith("kinesis:")]
    assert all(title in words for title, (_, words) in zip(titles, WORKS, strict=True))
