"""`kinesis view`, `film` and `gallery` from the command line: what they refuse, and a gallery from end to end."""

import json

import pytest

from kinesis.cli import main
from kinesis.evaluate.benchmark import RESULT
from kinesis.evaluate.metrics import RULES
from kinesis.evaluate.results import write_result
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


def test_a_gallery_is_made_and_what_is_corrupt_is_named(capsys, tmp_path):
    share = {"mean": 0.5, "low": 0.4, "high": 0.6, "clips": 3}
    row = {f"{name}_{rule.name}": share for rule in RULES for name in ("success", "coverage")}
    row |= {f"mpjpe_{rule.name}_mm": share for rule in RULES}
    result = {"suite": "loco-1", "policy": {"name": "gone", "id": "0" * 16, "samples": 1}}
    write_result(tmp_path / "in" / "gone.json", RESULT, result | {"results": {"built-in": {"plain": {"all": row}}}})
    (tmp_path / "in" / "bad.json").write_text(json.dumps({"kind": RESULT}))
    out = tmp_path / "docs" / "results.md"
    assert main(["gallery", "--results", str(tmp_path / "in"), "--out", str(out), "--playback"]) == 0
    told = capsys.readouterr()
    assert "bad.json" in told.err
    assert "no playback: the policy gone (000000) is not at hand" in told.err
    assert str(out) in told.out
    assert "| gone (000000) | 50% (40–60) |" in out.read_text()
    assert (out.parent / "results" / "perturbations.svg").exists()
