"""The verbs, end to end, with the shipped policy."""

import json

import pytest

from kinesis.cli import main
from kinesis.learn.checkpoint import SHIPPED, load_checkpoint

KEYS = [
    "clips",
    "success",
    "success_strict",
    "frame_coverage",
    "mpjpe_mm",
    "mpjpe_root_mm",
    "joint_rmse_deg",
    "mean_activation",
    "by_category",
]


def run(capsys, *argv):
    code = main(list(argv))
    return code, capsys.readouterr()


def test_eval_gives_the_promised_keys_and_the_same_numbers_twice(capsys):
    command = ("eval", "--policy", "default", "--motions", "builtin:walk@1.2", "--json")
    code, first = run(capsys, *command)
    assert code == 0
    assert list(json.loads(first.out)) == KEYS
    assert run(capsys, *command)[1].out == first.out


def test_the_shipped_policy_walks(capsys):
    _, printed = run(capsys, "eval", "--motions", "builtin:walk@0.6,builtin:walk@1.2,builtin:walk@1.8", "--json")
    scores = json.loads(printed.out)
    assert scores["success"] == 1.0
    assert scores["frame_coverage"] == 1.0


CMU = "free use (CMU Graphics Lab, created with funding from NSF EIA-0196217)"
"""Free use, the grant acknowledged: as the archive asks."""


def test_the_shipped_policies_are_small_and_trained_on_what_may_ship():
    for path in SHIPPED.glob("*.safetensors"):
        assert path.stat().st_size < 5_000_000
        card = load_checkpoint(path).card
        licences = {row["licence"] for row in card.data} - {CMU}
        assert {licence.split(" ")[0] for licence in licences} <= {"CC0-1.0", "MIT", "Apache-2.0", "CC-BY"}
        assert card.samples > 0
        assert card.wall_clock_s > 0


def test_demo_writes_a_page_and_a_table(capsys, tmp_path):
    code, printed = run(capsys, "demo", "--out", str(tmp_path / "demo"), "--no-video")
    assert code == 0
    assert "MPJPE" in printed.out
    page = (tmp_path / "demo.html").read_text()
    assert "walk@1.2" in page
    assert "http://" not in page.split("<body")[0]


def test_info_describes_bodies_policies_and_motions(capsys):
    assert "soleus_r" in run(capsys, "info", "legs80")[1].out
    assert json.loads(run(capsys, "info", "default")[1].out)["task"]["body"] == "legs80"
    assert "speed_mps" in run(capsys, "info", "builtin:walk@1.2")[1].out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["eval", "--policy", "defualt"], "did you mean default"),
        (["eval", "--motions", "none.mot"], "none.mot: no such file"),
        (["eval", "--motions", "builtin:walk@fast"], "expected a number"),
        (["eval", "--motions", "builtin:wolk-test"], "walk"),
        (["train", "wolk"], "did you mean walk"),
        (["train", "walk", "--physiology", "smothness"], "did you mean smoothness"),
        (["info", "legs81"], "did you mean legs80"),
        (["bench", "sim", "--envs", "0"], "nothing to measure"),
    ],
)
def test_refusals_are_one_sentence(capsys, argv, words):
    code, printed = run(capsys, *argv)
    assert code == 2
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_bench_prints_what_it_promises(capsys):
    code, printed = run(capsys, "bench", "sim", "--envs", "8", "--seconds", "0.4", "--json")
    result = json.loads(printed.out)
    assert code == 0
    for key in ("raw_steps_per_s", "control_steps_per_s", "efficiency"):
        assert result[key] > 0
        assert result["length_servo"][key] > 0


def test_training_runs_resumes_and_leaves_a_policy(capsys, tmp_path):
    command = ["train", "scratch", "--out", str(tmp_path), "--motions", "builtin:walk@1.2", "--samples", "6144"]
    assert run(capsys, *command)[0] == 0
    first = (tmp_path / "0-muscles.safetensors").read_bytes()
    assert run(capsys, *command)[0] == 0
    assert (tmp_path / "0-muscles.safetensors").read_bytes() == first
    assert (tmp_path / "experiment.json").exists()
    assert list((tmp_path / "0-muscles").glob("events.out.tfevents*"))
    for samples, words in (("12288", "another experiment"), ("0", "--samples: nothing to train on")):
        code, printed = run(capsys, *command[:-1], samples)
        assert code == 2
        assert words in printed.err


def test_bench_policy_prints_what_it_promises(capsys):
    code, printed = run(capsys, "bench", "policy", "--seconds", "0.3", "--json")
    speed = json.loads(printed.out)
    assert code == 0
    assert speed["realtime_factor"] > 1.0
    assert 0.0 < speed["policy_ms"] < speed["step_ms"]
