"""kinesis record and the group kinesis analyse, end to end."""

import json
import subprocess
import sys

import pytest

from kinesis.cli import main
from kinesis.cli.analyse import ANALYSES
from kinesis.cli.record import file_name
from kinesis.evaluate import load_recordings
from kinesis.evaluate.recording import ENDING


def test_record_writes_a_file_a_clip_that_reads_again(capsys, tmp_path):
    command = ["record", "--out", str(tmp_path / "out"), "--motions", "builtin:walk@1.2", "--rate-hz", "50", "--json"]
    assert main(command) == 0
    rows = json.loads(capsys.readouterr().out)["recordings"]
    assert [row["file"] for row in rows] == [f"walk@1.2{ENDING}"]
    recordings = load_recordings(tmp_path / "out")
    assert [len(r) for r in recordings] == [row["instants"] for row in rows] == [500]
    assert all(r.rate_hz == 50.0 and len(r.policy) == 16 for r in recordings)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--rate-hz", "0"], "not a rate to record at"),
        (["--policy", "defualt"], "did you mean default"),
        (["--motions", "none.mot"], "no such file"),
    ],
)
def test_what_cannot_be_recorded_is_refused(capsys, tmp_path, argv, words):
    assert main(["record", "--out", str(tmp_path / "out"), *argv]) == 2
    assert words in capsys.readouterr().err


def test_a_file_in_the_place_of_the_folder_is_refused(capsys, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert main(["record", "--out", str(tmp_path / "out")]) == 2
    assert "not a folder" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_names_of_files_are_safe_and_differ():
    assert file_name("../../a b/c", set()) == f"_.._a_b_c{ENDING}"
    assert file_name("", set()) == f"clip{ENDING}"
    assert file_name("walk", {f"walk{ENDING}", f"walk-2{ENDING}"}) == f"walk-3{ENDING}"


def test_analyse_lists_its_analyses(capsys):
    assert main(["analyse", "--help"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed for name in ANALYSES)


@pytest.mark.parametrize("argv", [["record", "--help"], ["analyse", "gait", "--help"]])
def test_help_of_a_verb_imports_nothing_heavy(argv):
    heavy = ("torch", "mujoco", "scipy", "numpy", "matplotlib")
    source = f"""
import contextlib, sys
from kinesis.cli import main
with contextlib.suppress(SystemExit):
    main({argv!r})
print(", ".join(sorted(set(sys.modules) & set({heavy!r}))), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
