"""The commands under `benchmarks/`: how they are called, how they refuse; experts put together; a search; bands."""

import importlib
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from kinesis.analysis.gait import analyse
from kinesis.errors import KinesisError
from kinesis.evaluate import record
from kinesis.learn.checkpoint import load_checkpoint, save_checkpoint
from kinesis.learn.experts import gate_of
from kinesis.motion.find import find_motions

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
COMMANDS = sorted(path.name for path in FOLDER.glob("*.py") if "def main(" in path.read_text())
EXPERT = 1


@pytest.fixture
def call(monkeypatch):
    """Runs a command as `python benchmarks/NAME ...` would; its exit code."""
    monkeypatch.syspath_prepend(FOLDER)

    def called(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(FOLDER / name), run_name="__main__")
        return ended.value.code

    return called


@pytest.fixture
def room(monkeypatch):
    """Imports a file under benchmarks/."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module


def actor_of(checkpoint):
    return gate_of(checkpoint.policy, EXPERT).experts[EXPERT].actor


@pytest.fixture(scope="module")
def stops(tmp_path_factory):
    """Two files of `lean` in which the first layer of one expert is further by 1/8, and less far by 1/8."""
    folder = tmp_path_factory.mktemp("stops")
    for name, far in (("more", 0.125), ("less", -0.125)):
        stop = load_checkpoint("lean")
        state = actor_of(stop).plain_state()
        state["mlp.0.bias"] = state["mlp.0.bias"] + far
        actor_of(stop).load_plain_state(state)
        save_checkpoint(folder / f"{name}.safetensors", stop.policy, stop.card.further([], 1000, 60.0))
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_how_it_is_called(call, capsys, name):
    assert call(name, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: ")
    assert f"benchmarks/{name} [-h]" in said


def test_a_refusal_is_one_sentence(call, capsys, tmp_path):
    code = call(
        "together.py", "--policy", "lean", "--out", tmp_path / "x.safetensors", "--experts", "one=a.safetensors"
    )
    assert code == 2
    said = capsys.readouterr().err
    assert said == "kinesis: experts are given as NUMBER=STOP,STOP@SHARE; got one=a.safetensors.\n"
    assert not list(tmp_path.iterdir())


def test_a_gate_wants_experts_alike(call, capsys, tmp_path):
    assert (
        call(
            "gate.py",
            "--walker",
            "lean",
            "--rest",
            FOLDER / "teachers" / "student.safetensors",
            "--out",
            tmp_path / "x",
        )
        == 2
    )
    assert "lean: an expert that differs from that for the rest; got ('a gate'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "moved"), [("more,less", 0.0), ("more", 0.125), ("more@0.5", 0.0625), ("less,less@0.5", -0.0625)]
)
def test_an_expert_becomes_the_mean_of_its_stops_or_comes_part_of_the_way(call, stops, tmp_path, words, moved):
    out = tmp_path / "made.safetensors"
    names, _, share = words.partition("@")
    files = ",".join(str(stops / f"{name}.safetensors") for name in names.split(","))
    asked = f"{EXPERT}={files}" + (f"@{share}" if share else "")
    assert call("together.py", "--policy", "lean", "--out", out, "--experts", asked, "--intent-share", 0.5) == 0
    former, made = load_checkpoint("lean"), load_checkpoint(out)
    was, is_now = actor_of(former).plain_state(), actor_of(made).plain_state()
    assert torch.allclose(is_now["mlp.0.bias"] - was["mlp.0.bias"], torch.tensor(moved), atol=2e-3)
    assert all(torch.equal(was[name], is_now[name]) for name in was if name != "mlp.0.bias")
    assert made.card.samples == former.card.samples + 1000
    assert made.card.wall_clock_s == former.card.wall_clock_s + 60.0
    assert made.card.task.intent.endswith("@0.5")


def bowl(candidates):
    """Cost of (candidate, 3), least at 1, -1, 0.5."""
    return ((candidates - np.array([1.0, -1.0, 0.5])) ** 2).sum(1)


def test_an_evolution_finds_the_bottom_of_a_bowl(room, tmp_path):
    search = room("evolution").Evolution(tmp_path / "notes.json", ["bowl"], ["a", "b", "c"], width=0.5)
    rng = np.random.default_rng(0)
    first = search.step(bowl, rng, steps=10)
    for _ in range(60):
        last = search.step(bowl, rng, steps=10)
    assert first == pytest.approx(2.25)
    assert last < 1e-3
    assert search.generation == 61
    assert search.state["steps"] == 610


def test_an_evolution_goes_on_from_its_notes_as_if_nothing_had_happened(room, tmp_path):
    evolution = room("evolution").Evolution
    whole = evolution(tmp_path / "whole.json", ["bowl"], ["a", "b", "c"], width=0.5)
    for turn in range(4):
        whole.step(bowl, np.random.default_rng(turn), steps=10)
        evolution(tmp_path / "parts.json", ["bowl"], ["a", "b", "c"], 0.5).step(bowl, np.random.default_rng(turn), 10)
    parts = evolution(tmp_path / "parts.json", ["bowl"], ["a", "b", "c"], width=0.5)
    assert np.array_equal(parts.middle, whole.middle)
    assert parts.generation == 4


def test_notes_of_another_search_are_refused(room, tmp_path):
    evolution = room("evolution").Evolution
    evolution(tmp_path / "notes.json", ["bowl"], ["a"], 0.5).step(lambda c: c[:, 0] ** 2, np.random.default_rng(0), 1)
    with pytest.raises(
        KinesisError, match=r"notes\.json: another search is noted; got \['bowl'\], expected \['ridge'\]"
    ):
        evolution(tmp_path / "notes.json", ["ridge"], ["a"], 0.5)


@pytest.fixture(scope="module")
def recordings(body):
    """Of `lean`: a walk, and standing."""
    lean = load_checkpoint("lean")
    clips = [find_motions(f"builtin:{name}", body)[0] for name in ("walk@1.2", "stand-test")]
    return record(lean.policy, lean.card.task, clips)


@pytest.fixture
def bands_around(room, recordings, body, tmp_path):
    """Bands of two curves, so many standard deviations above what the walk's curves are; a point is lost at 1.8."""
    walk = analyse([recordings[0]]).fullest

    def made(off_sd, sd=2.0):
        means = {name: walk.curve(name).mean(0) for name in ("knee_flexion", "hip_flexion")}
        rows = [
            f"{name},{percent},{mean[percent] + off_sd * sd:.6f},{sd:g}"
            for name, mean in means.items()
            for percent in range(101)
        ]
        path = tmp_path / "norms.csv"
        path.write_text("\n".join(["curve,percent,mean,sd", *rows]) + "\n")
        return room("bands").Bands(path, body, {"knee_flexion": 1.0, "hip_flexion": 3.0}, far_sd=1.8)

    return made


@pytest.mark.parametrize(("off_sd", "share"), [(0.0, 0.0), (0.7, 0.0), (1.3, 0.5), (-1.3, 0.5), (1.8, 1.0), (9.0, 1.0)])
def test_what_is_further_from_a_band_costs_more_up_to_all_of_its_weight(bands_around, recordings, off_sd, share):
    assert bands_around(off_sd)(recordings[0]) == pytest.approx(4.0 * share, abs=1e-4)


def test_who_does_not_walk_costs_most(bands_around, recordings):
    bands = bands_around(0.0)
    assert bands(recordings[1]) == bands.most == 4.0


def test_how_far_curves_are_off_is_said_point_by_point(bands_around, recordings):
    bands = bands_around(1.3)
    np.testing.assert_allclose(bands.away(recordings[0], 30), np.full((2, 30), -1.3), atol=1e-3)
    assert np.isnan(bands.away(recordings[1], 30)).all()


def test_how_points_answer_is_found_from_pairs(room):
    generator = torch.Generator().manual_seed(0)
    true, moved = (torch.randn(shape, generator=generator).double() for shape in ((7, 12), (3000, 12)))
    found, unexplained = room("banded").answers(moved, moved @ true.T)
    np.testing.assert_allclose(found, true, atol=0.05)
    assert unexplained < 1e-3
    assert room("banded").answers(moved, torch.randn((3000, 7), generator=generator).double())[1] > 0.98


@pytest.fixture
def nearly_linear(room):
    """Trials of two clips, whose two curves answer to five numbers nearly linearly."""
    banded = room("banded")

    class NearlyLinear(banded.Trials):
        def __init__(self):
            generator = torch.Generator().manual_seed(0)
            self.sought, self.clips, self.steps = type("Sought", (), {"names": list("abcde")}), [None, None], 0
            self.weights = torch.tensor([1.0, 2.0]).double()
            self.answer = torch.randn((2 * banded.POINTS + 2, 5), generator=generator).double()
            self.answer[-2:] = 0.0
            self.first = self.answer @ torch.full((5,), 1.5).double()

        def _some(self, which, vectors):
            self.steps += len(vectors)
            off = self.first - torch.from_numpy(vectors) @ self.answer.T
            return off + 0.1 * off.sin() + 0.01 * torch.from_numpy(which)[:, None]

    return NearlyLinear()


def test_a_search_goes_where_curves_lie_in_their_bands_and_goes_on_from_its_notes(room, nearly_linear, tmp_path):
    search = room("banded").Search
    whole = search(nearly_linear, tmp_path / "whole.safetensors", ["x"], 0.1, 0)
    first = nearly_linear.cost(whole.off).mean()
    for _ in range(5):
        whole.step(20)
        parts = search(nearly_linear, tmp_path / "parts.safetensors", ["x"], 0.1, 0)
        parts.step(20)
    assert first > 1.0
    assert nearly_linear.cost(whole.off).mean() < 0.05 * first
    assert nearly_linear.inside(whole.off).min() > 0.95
    np.testing.assert_allclose(parts.middle, whole.middle, atol=1e-9)
    with pytest.raises(
        KinesisError, match=r"parts\.safetensors: another search is noted; got \['x'\], expected \['y'\]"
    ):
        search(nearly_linear, tmp_path / "parts.safetensors", ["y"], 0.1, 0)


def test_of_many_near_the_last_place_the_one_with_most_inside_is_kept_and_never_who_falls(
    room, nearly_linear, tmp_path
):
    found = room("banded").Search(nearly_linear, tmp_path / "search.safetensors", ["x"], 0.1, 0)
    kept = found.best(50)
    lacking = nearly_linear.lacks(found._everywhere(torch.stack([kept, found.middle])))
    assert lacking[0] < lacking[1]
    np.testing.assert_array_equal(found.best(0), found.middle)
    fallen = torch.full((1, 2, len(nearly_linear.answer)), torch.nan)
    assert nearly_linear.lacks(torch.cat([fallen, 9.0 + 0.0 * fallen.nan_to_num()])).tolist() == [np.inf, 4 * 0.73]


def test_curves_without_a_band_and_bands_of_no_width_are_refused(room, bands_around, body, tmp_path):
    bands_around(0.0)
    bands = room("bands").Bands
    with pytest.raises(KinesisError, match="no band; got ankle_angle, expected hip_flexion, knee_flexion"):
        bands(tmp_path / "norms.csv", body, {"ankle_angle": 1.0}, far_sd=1.8)
    with pytest.raises(KinesisError, match=r"far_sd: nothing is that near; got 0\.8, expected above 0\.8"):
        bands(tmp_path / "norms.csv", body, {"knee_flexion": 1.0}, far_sd=0.8)
