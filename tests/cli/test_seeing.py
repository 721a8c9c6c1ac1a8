"""`kinesis view`, `film` and `gallery` from the command line: what they refuse, and a gallery from end to end."""

import dataclasses
import json

import pytest

from kinesis.cli import main
from kinesis.evaluate.benchmark import RESULT, SUITES
from kinesis.evaluate.metrics import RULES
from kinesis.evaluate.provenance import policy_id
from kinesis.evaluate.results import write_result
from kinesis.learn import load_checkpoint
from kinesis.view import video


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["view", "--policy", "defualt"], "did you mean default"),
        (["view", "--policy", ","], "no policy named"),
        (["view", "--motions", "none.bvh"], "none.bvh"),
        (["view", "--motions", "builtin:walk@1.2", "--port", "70000"], "not a port"),
        (["film", "--policy", ""], "no policy named"),
        (["film", "--speed", "0"], "not a speed of a film"),
        (["film", "--out", "film.avi", "--motion", "none.bvh"], "not a kind of film"),
        (["film", "--width", "641", "--motion", "none.bvh"], "not a size for video"),
        (["analyse", "redundancy", "--weaken", "soleuss", "--motions", "none.bvh"], "did you mean soleus"),
        (["gallery", "--results", "none"], "no such folder"),
    ],
)
def test_refusals_are_one_sentence(capsys, tmp_path, monkeypatch, argv, words):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_film_without_gl_names_the_package_before_anything_is_simulated(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(video, "_python", lambda *_a, **_k: type("Failed", (), {"returncode": 1}))
    video.offscreen_backend.cache_clear()
    monkeypatch.setattr("kinesis.evaluate.follow_clips", None)
    assert main(["film"]) == 2
    assert "install libosmesa6 or libegl1" in capsys.readouterr().err


def made_up_result(**about):
    share = {"mean": 0.5, "low": 0.4, "high": 0.6, "clips": 3}
    row = {f"{name}_{rule.name}": share for rule in RULES for name in ("success", "coverage")}
    row |= {f"mpjpe_{rule.name}_mm": share for rule in RULES}
    return {"suite": "loco-1", "results": {"built-in": {"plain": {"all": row, "walk_normal": row}}}} | about


def test_a_gallery_has_a_page_of_the_policy_that_was_measured_and_no_other(capsys, tmp_path, monkeypatch):
    suite = dataclasses.replace(SUITES.get("loco-1"), motions="builtin:walk@1.2,builtin:walk@1.3,builtin:walk@0.7")
    monkeypatch.setitem(SUITES._entries, "loco-1", suite)
    monkeypatch.setattr("kinesis.cli.gallery.PER_PAGE_S", 0.3)
    own = policy_id(load_checkpoint("default"))
    for name, id_, of in (("now", own, "loco-1"), ("old", "f" * 16, "loco-1"), ("strange", own, "loco-x")):
        about = {"suite": of, "policy": {"name": "default", "id": id_, "samples": 1}}
        write_result(tmp_path / "in" / f"{name}.json", RESULT, made_up_result(**about))
    out = tmp_path / "docs" / "results.md"
    assert main(["gallery", "--results", str(tmp_path / "in"), "--out", str(out), "--playback"]) == 0
    page = out.parent / "results" / f"now-{own[:6]}.html"
    assert list(page.parent.glob("*.html")) == [page]
    assert page.stat().st_size < 3_000_000
    text = page.read_text()
    assert all(f'"title":"{title}"' in text for title in ("walk normal", "walk slow"))
    assert text.count('"title":') == 2
    told = capsys.readouterr()
    assert "no playback: the policy default (ffffff) is not at hand" in told.err
    assert "strange.json: there is no benchmark suite 'loco-x'; did you mean loco-1?" in told.err
    assert f"[walk normal](results/{page.name}#walk_normal)" in out.read_text()


def test_a_gallery_is_made_and_what_is_corrupt_is_named(capsys, tmp_path):
    result = made_up_result(policy={"name": "gone", "id": "0" * 16, "samples": 1})
    write_result(tmp_path / "in" / "gone.json", RESULT, result)
    (tmp_path / "in" / "bad.json").write_text(json.dumps({"kind": RESULT}))
    out = tmp_path / "docs" / "results.md"
    assert main(["gallery", "--results", str(tmp_path / "in"), "--out", str(out), "--playback"]) == 0
    told = capsys.readouterr()
    assert "bad.json" in told.err
    assert "no playback: the policy gone (000000) is not at hand" in told.err
    assert str(out) in told.out
    assert "| gone (000000) | 50% (40–60) |" in out.read_text()
    assert (out.parent / "results" / "perturbations.svg").exists()
