"""The benchmark: frozen, resumable, comparable, and careful with files."""

import dataclasses
import hashlib
import io
import json
import re

import pytest
from rich.console import Console

from kinesis.cli import main
from kinesis.cli.benchmark import changes_table, tables
from kinesis.errors import KinesisError
from kinesis.evaluate import benchmark
from kinesis.evaluate.benchmark import PART, RESULT, SUITES, Suite, run_suite
from kinesis.evaluate.compare import Change, compare, origins
from kinesis.evaluate.measures import MEASURES
from kinesis.evaluate.perturb import Mass, Perturbation, Push
from kinesis.evaluate.provenance import motions_id, policy_id
from kinesis.evaluate.results import read_result, write_result
from kinesis.motion.clip import save_clip

TINY = Suite("tiny", "builtin:test", (Perturbation(), Push(100.0, 90.0, (0.2,)), Mass(1.1)))


def run(checkpoint, clips, parts, report=lambda *_: None):
    return run_suite(TINY, checkpoint, {"mine": clips}, parts, report)


@pytest.fixture(scope="module")
def result(checkpoint, clips, tmp_path_factory):
    return run(checkpoint, clips, tmp_path_factory.mktemp("parts"))


def test_the_suite_under_this_name_is_the_one_that_was_frozen():
    """A change of what is measured needs a new name."""
    frozen = hashlib.sha256(repr(SUITES.get("loco-1")).encode()).hexdigest()[:16]
    assert frozen == "6d735ba50e6ec667"
    names = [condition.name for condition in SUITES.get("loco-1").conditions]
    assert len(set(names)) == len(names) == 24


def test_a_result_says_where_it_comes_from_and_has_every_measure(result, checkpoint):
    assert result["policy"] == {"name": "default", "id": policy_id(checkpoint), "samples": checkpoint.card.samples}
    assert result["body"]["fingerprint"] == checkpoint.card.fingerprint
    assert result["versions"].keys() >= {"kinesis", "mujoco", "torch", "numpy", "python"}
    assert result["machine"]["cores"] >= 1
    assert [rule["limit_m"] for rule in result["rules"]] == [0.5, 0.3, 0.15]
    assert result["intervals"]["seed"] == 0
    conditions = result["results"]["mine"]
    assert list(conditions) == ["unperturbed", "push 100 N left", "mass +10 %"]
    assert set(conditions["unperturbed"]) == {"all", "walk_normal"}
    assert list(conditions["mass +10 %"]["all"]) == [m.name for m in MEASURES]
    assert json.dumps(result, allow_nan=False)


def test_perturbations_change_the_numbers(result):
    errors = [row["all"]["mpjpe_kinesis_evaluation_mm"]["mean"] for row in result["results"]["mine"].values()]
    assert len(set(errors)) == 3


def test_a_killed_run_goes_on_and_ends_with_the_same_numbers(result, checkpoint, clips, tmp_path, monkeypatch):
    follow, followed = benchmark.follow_clips, []

    def killed_at_the_second(*args, perturbation, **options):
        followed.append(perturbation)
        if len(followed) == 2:
            raise KeyboardInterrupt
        return follow(*args, perturbation=perturbation, **options)

    monkeypatch.setattr(benchmark, "follow_clips", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(checkpoint, clips, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    seen = []
    again = run(checkpoint, clips, tmp_path, lambda *told: seen.append(told))
    push, mass = TINY.conditions[1:]
    assert followed == [None, push, push, mass]
    assert again["results"] == result["results"]
    assert seen[-1][1] == seen[-1][2]
    assert all(file.suffix == ".json" for file in tmp_path.iterdir())


def test_parts_of_other_motions_or_conditions_are_not_taken(checkpoint, clips, tmp_path):
    run(checkpoint, clips, tmp_path)
    run(checkpoint, clips[:1], tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


def test_a_corrupt_part_is_named_and_left_alone(checkpoint, clips, tmp_path):
    run(checkpoint, clips, tmp_path)
    broken = sorted(tmp_path.iterdir())[0]
    broken.write_bytes(broken.read_bytes()[:100])
    before = broken.read_bytes()
    with pytest.raises(KinesisError, match=re.escape(broken.name)):
        run(checkpoint, clips, tmp_path)
    assert broken.read_bytes() == before


def test_results_read_as_they_were_written_and_nothing_else(tmp_path):
    path = tmp_path / "deep" / "r.json"
    write_result(path, RESULT, {"suite": "tiny", "x": [1.5, None]})
    assert read_result(path, RESULT) == {"suite": "tiny", "x": [1.5, None]}
    path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
    assert read_result(path, RESULT)["suite"] == "tiny"
    path.write_text(path.read_text().replace("1.5", "1.6"))
    with pytest.raises(KinesisError, match="not as it was written"):
        read_result(path, RESULT)
    with pytest.raises(KinesisError, match="not a benchmark part"):
        read_result(path, PART)


def test_identities_follow_what_counts(checkpoint, clips):
    assert policy_id(checkpoint) == policy_id(checkpoint)
    faster = dataclasses.replace(checkpoint.card.task, control_hz=30.0)
    for change, same in (({"task": faster}, False), ({"spread": 0.5}, False), ({"scores": {"success": 1.0}}, True)):
        other = dataclasses.replace(checkpoint, card=dataclasses.replace(checkpoint.card, **change))
        assert (policy_id(other) == policy_id(checkpoint)) is same
    assert motions_id(clips) != motions_id(clips[::-1])


def altered(result, **changes):
    """A copy in which measures of unperturbed `all` have other intervals."""
    copy = json.loads(json.dumps(result))
    for key, (mean, low, high) in changes.items():
        copy["results"]["mine"]["unperturbed"]["all"][key] |= {"mean": mean, "low": low, "high": high}
    return copy


def test_a_result_compared_with_itself_has_not_changed(result):
    assert compare(result, result) == []
    assert origins(result, result) == {}


def test_intervals_part_where_they_do_not_touch(result):
    first = altered(result, dtw_mm=(10.0, 9.0, 11.0), mean_activation=(0.1, 0.08, 0.12))
    second = altered(result, dtw_mm=(13.0, 11.5, 14.0), mean_activation=(0.11, 0.1, 0.13))
    second["policy"]["id"] = "another"
    changes = {change.measure: change for change in compare(first, second)}
    assert changes.keys() == {"dtw_mm", "mean_activation"}
    assert changes["dtw_mm"].apart
    assert not changes["mean_activation"].apart
    assert origins(first, second) == {"policy.id": (result["policy"]["id"], "another")}


def test_results_without_anything_in_common_are_refused(result):
    other = json.loads(json.dumps(result))
    other["results"] = {"theirs": other["results"]["mine"]}
    with pytest.raises(KinesisError, match="nothing in common"):
        compare(result, other)


@pytest.fixture
def tiny(monkeypatch, clips, tmp_path):
    """A suite of one clip under two conditions that the command knows."""
    save_clip(clips[1], tmp_path / "walk.npz")
    suite = Suite("tiny", str(tmp_path / "walk.npz"), TINY.conditions[:2])
    monkeypatch.setitem(SUITES._entries, "tiny", suite)
    return suite


def test_the_command_measures_prints_and_compares(tiny, clips, tmp_path, capsys):
    (tmp_path / "own").mkdir()
    save_clip(clips[0], tmp_path / "own" / "slow.npz")
    out = tmp_path / "a.json"
    command = ["benchmark", "--suite", "tiny", "--out", str(out), "--recordings", str(tmp_path / "own")]
    assert main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == read_result(out, RESULT)
    assert list(printed["results"]) == ["built-in", str(tmp_path / "own")]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert all(
        word in " ".join(shown.split()) for word in ("unperturbed", "musclemimic: 0.3 m, mean", "energy_j_per_kg_m:")
    )
    write_result(tmp_path / "b.json", RESULT, printed | {"suite": "tiny-2"})
    assert main(["benchmark", "--compare", str(out), str(tmp_path / "b.json")]) == 0
    shown = capsys.readouterr().out
    assert "suite: tiny → tiny-2" in shown
    assert "0 means changed" in shown
    assert main(["benchmark", "--json", "--compare", str(out), str(tmp_path / "b.json")]) == 0
    assert json.loads(capsys.readouterr().out) == {"origin": {"suite": ["tiny", "tiny-2"]}, "changes": []}


def test_tables_cut_no_word_or_number_in_a_terminal_of_eighty_letters(result):
    paper = Console(width=80, file=io.StringIO(), color_system=None)
    made_up = Change(
        "built-in", "push 100 N backward", "turn_in_place", "coverage_kinesis_evaluation", 0.00437, 1.0, apart=True
    )
    for table in (*tables("mine", result["results"]["mine"]), changes_table([made_up])):
        paper.print(table)
    printed = paper.file.getvalue().split()
    assert not any("…" in word for word in printed)
    assert {"activation", "velocity", "evaluation)", "coverage", "backward", "0.00437"} <= set(printed)


def test_what_is_no_result_is_not_written_over(tiny, tmp_path, capsys):
    mine = tmp_path / "mine.json"
    mine.write_text('{"precious": true}')
    assert main(["benchmark", "--suite", "tiny", "--out", str(mine)]) == 2
    assert "mine.json: not a benchmark result" in capsys.readouterr().err
    assert mine.read_text() == '{"precious": true}'


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--suite", "loco-2"], "did you mean loco-1"),
        (["--policy", "defualt"], "did you mean default"),
        (["--recordings", "no/folder"], "no/folder"),
        (["--compare", "none.json", "gone.json"], "none.json: no such file"),
    ],
)
def test_refusals_are_one_sentence(capsys, argv, words):
    assert main(["benchmark", *argv]) == 2
    printed = capsys.readouterr().err.strip()
    assert words in printed
    assert len(printed.splitlines()) == 1
