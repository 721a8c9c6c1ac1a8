"""The results gallery, out of made-up results."""

import copy
import json
import re
from xml.etree import ElementTree as ET

import pytest

from kinesis.errors import KinesisError
from kinesis.evaluate import results
from kinesis.evaluate.benchmark import RESULT
from kinesis.evaluate.metrics import RULES
from kinesis.evaluate.results import write_result
from kinesis.view.gallery import read_entries, write_gallery

CONDITIONS = ("unperturbed", "push 50 N left", "push 100 N left", "mass +10 %")


def interval(mean, clips=4):
    return {"mean": mean, "low": max(0.0, mean - 0.1), "high": min(1.0, mean + 0.1), "clips": clips}


def made_up(name, success, *, groups=("walk_normal", "turn")):
    """A result that succeeds as often as told under every rule, less often when perturbed."""
    row = lambda share: {  # noqa: E731 (a row, thrice)
        **{f"success_{rule.name}": interval(share) for rule in RULES},
        **{f"coverage_{rule.name}": interval(share) for rule in RULES},
        **{f"mpjpe_{rule.name}_mm": {"mean": 31.0, "low": 30.0, "high": 32.0, "clips": 4} for rule in RULES},
    }
    shares = (success, *(0.5 * success for _ in CONDITIONS[1:]))
    results = {c: {g: row(share) for g in ("all", *groups)} for c, share in zip(CONDITIONS, shares, strict=True)}
    return {
        "suite": "loco-1",
        "policy": {"name": name, "id": f"{name[0] * 16}", "samples": 12_300_000},
        "body": {"name": "legs80", "fingerprint": "f" * 16},
        "versions": {"kinesis": "0.1.0"},
        "machine": {"cores": 2, "cpu": "a <fast> | one"},
        "results": {"built-in": results},
    }


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "results"
    write_result(place / "a.json", RESULT, made_up("weak", 0.4))
    write_result(place / "b.json", RESULT, made_up("strong", 0.8, groups=("walk_normal", "run_fast")))
    (place / "step_size.json").write_text(json.dumps({"policy": "default"}))
    return place


def refuse(error):
    raise error


def test_the_best_under_the_strictest_rule_stands_first(folder, tmp_path):
    page = write_gallery(tmp_path / "results.md", read_entries(folder, refuse), {}).read_text()
    rows = re.findall(r"^\| (\w+ \(\w+\)) \| (\S+ \S+) \|.*\| 12.3 M \| – \|$", page, re.MULTILINE)
    assert rows == [("strong (ssssss)", "80% (70–90)"), ("weak (wwwwww)", "40% (30–50)")]
    assert "| 40% | 12.3 M |" in page  # half as often when perturbed


def test_every_category_and_perturbation_has_its_panel(folder, tmp_path):
    write_gallery(tmp_path / "results.md", read_entries(folder, refuse), {})
    for name, words in {
        "categories": ("walk normal", "turn", "run fast", "all", "strong (ssssss)"),
        "perturbations": ("push left", "50 N", "mass", "+10 %", "none", "weak (wwwwww)"),
    }.items():
        drawn = ET.parse(tmp_path / "results" / f"{name}.svg")
        told = " ".join("".join(text.itertext()).strip() for text in drawn.iter("{http://www.w3.org/2000/svg}text"))
        assert [word for word in words if word not in told] == []


def test_links_lead_somewhere(folder, tmp_path):
    seen = tmp_path / "docs" / "results" / "b.html"
    seen.parent.mkdir(parents=True)
    seen.write_text("page")
    out = write_gallery(tmp_path / "docs" / "results.md", read_entries(folder, refuse), {"strong (ssssss)": seen})
    (out.parent / "benchmark.md").touch()
    links = re.findall(r"\]\(([^)]+)\)", out.read_text())
    assert {"results/b.html", "results/b.html#walk_normal", "results/b.html#run_fast"} <= set(links)
    assert [link for link in links if not (out.parent / link.partition("#")[0]).exists()] == []


def test_a_strange_category_is_no_link(folder, tmp_path):
    write_result(folder / "b.json", RESULT, made_up("strong", 0.8, groups=("turn", "x](javascript:alert(1))")))
    page = write_gallery(tmp_path / "r.md", read_entries(folder, refuse), {"strong (ssssss)": tmp_path / "b.html"})
    assert "[turn](b.html#turn)" in page.read_text()
    assert "#x](" not in page.read_text()


def test_the_same_results_make_the_same_page(folder, tmp_path):
    for name in ("once", "twice"):
        write_gallery(tmp_path / name / "results.md", read_entries(folder, refuse), {})
    for file in ("results.md", "results/categories.svg", "results/perturbations.svg"):
        assert (tmp_path / "once" / file).read_bytes() == (tmp_path / "twice" / file).read_bytes(), file


def test_words_of_a_result_stay_in_their_cell(folder, tmp_path):
    page = write_gallery(tmp_path / "results.md", read_entries(folder, refuse), {}).read_text()
    assert "a &lt;fast> \\| one" in page


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace("weak", "best"), "not as it was written"),
        (lambda text: text[:-9], "not a benchmark result"),
        (lambda text: text[:-1] + ', "deep": ' + "[" * 200_000, "not a benchmark result"),
        (lambda text: text.replace('"format": 1', '"format": 7'), "another format"),
    ],
)
def test_a_corrupt_result_is_named_and_left_alone(folder, damage, words):
    path, told = folder / "a.json", []
    path.write_text(damaged := damage(path.read_text()))
    entries = read_entries(folder, told.append)
    assert [entry.path.name for entry in entries] == ["b.json"]
    assert len(told) == 1
    assert str(path) in str(told[0])
    assert words in str(told[0])
    assert path.read_text() == damaged


@pytest.mark.parametrize(
    "missing", [("policy",), ("results", "built-in"), ("results", "built-in", "unperturbed", "all")]
)
def test_a_result_that_lacks_something_is_named(tmp_path, missing):
    result = copy.deepcopy(made_up("weak", 0.4))
    *way, last = missing
    inner = result
    for key in way:
        inner = inner[key]
    del inner[last]
    write_result(tmp_path / "a.json", RESULT, result)
    told = []
    with pytest.raises(KinesisError, match="no benchmark result"):
        read_entries(tmp_path, told.append)
    assert "lacks something" in str(told[0])


def test_a_result_that_is_too_large_or_gone_is_named(folder, monkeypatch):
    (folder / "gone.json").symlink_to(folder / "nothing.json")
    monkeypatch.setattr(results, "LARGEST_MB", 1e-6 * ((folder / "a.json").stat().st_size - 1))
    told = []
    with pytest.raises(KinesisError, match="no benchmark result"):
        read_entries(folder, told.append)
    for words in ("a.json: too large for a benchmark result", "gone.json: no such file"):
        assert words in " ".join(map(str, told))


def test_a_page_that_cannot_be_written_is_named(folder, tmp_path):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "results.md", folder, tmp_path / "results.html"):
        with pytest.raises(KinesisError, match=str(out)):
            write_gallery(out, read_entries(folder, refuse), {})


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(KinesisError, match="no such folder"):
        read_entries(tmp_path / "none", refuse)
    with pytest.raises(KinesisError, match="no benchmark result"):
        read_entries(tmp_path, refuse)
