"""Negative mining: when it stops, what it logs, and that a killed run repeats nothing that was finished."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.learn import mining
from kinesis.learn.checkpoint import load_checkpoint
from kinesis.learn.config import PPO, Experiment, Mining, Network, Stage, from_json, to_json
from kinesis.learn.mining import MiningRun, Round, read_log, stop
from kinesis.motion.clip import make_clip
from kinesis.task import TASKS

NAMES = tuple("abcdefghij")
CLIPS = [SimpleNamespace(name=name) for name in NAMES]
PLAN = Mining(experts=3, enough=0.1, shrink=0.25)
ABLE = {0: "abcdef", 1: "abcdgh", 2: "abcdefi"}
"""The clips that each expert follows in the fake world below."""


class Killed(Exception):
    """The machine is gone."""


class World:
    """A trainer and an evaluation that only keep count, and that can be killed at their n-th deed."""

    def __init__(self, able, killed_at=0):
        self.able, self.killed_at, self.deeds = able, killed_at, []

    def deed(self, what):
        if len(self.deeds) + 1 == self.killed_at:
            self.killed_at = 0
            raise Killed
        self.deeds.append(what)

    def pipeline(self, experiment, folder, clips, origins=()):
        folder.mkdir(exist_ok=True)
        done = folder / "done"

        def run(report=None, judge=None):
            if not done.exists():
                names = "".join(clip.name for clip in clips)
                before = "".join(origin.parent.name[-1] for origin in origins)
                self.deed(f"{folder.name} on {names} from {before or 'nothing'}")
                done.write_text("")
            return done

        return SimpleNamespace(run=run)

    def examine(self, checkpoint, clips):
        self.deed(f"examine {checkpoint.name}")
        able = self.able[int(checkpoint.name[-1])]
        return [{"clip": c.name, "success": float(c.name in able), "mpjpe_mm": 10.0} for c in clips]


@pytest.fixture
def mine(monkeypatch, tmp_path):
    """Runs a World to its end, sitting after sitting."""

    def go(world, plan=PLAN):
        monkeypatch.setattr(mining, "Pipeline", world.pipeline)
        monkeypatch.setattr(mining, "load_checkpoint", lambda path: SimpleNamespace(name=path.parent.name))
        stages = (Stage("first", TASKS.get("imitate_torque")()), Stage("last", TASKS.get("imitate")()))
        experiment = Experiment("test", "none", stages, mining=plan)
        while True:
            try:
                return MiningRun(experiment, tmp_path, CLIPS, world.examine).run()
            except Killed:
                continue

    return go


WHOLE = [
    "expert-0 on abcdefghij from nothing",
    "examine expert-0",
    "expert-1 on ghij from 0",
    "examine expert-1",
    "expert-2 on ij from 1",
    "examine expert-2",
    "gate on abcdefghij from 012",
]


def test_each_expert_gets_what_nobody_follows_and_the_log_says_what_it_gained_and_lost(mine, tmp_path):
    world = World(ABLE)
    assert mine(world) == tmp_path / "gate" / "done"
    assert world.deeds == WHOLE
    log = read_log(tmp_path)
    assert ["".join(r.gained) for r in log.rounds] == ["abcdef", "gh", "efi"]
    assert ["".join(r.lost) for r in log.rounds] == ["", "ef", "gh"]
    assert ["".join(r.left) for r in log.rounds] == ["ghij", "ij", "j"]
    assert json.loads((tmp_path / "mining.json").read_text())["stopped"] == "few enough clips are left"


@pytest.mark.parametrize("at", range(1, len(WHOLE) + 1))
def test_a_killed_run_goes_on_and_repeats_nothing(mine, tmp_path, at):
    world = World(ABLE, killed_at=at)
    mine(world)
    assert world.deeds == WHOLE
    assert len(read_log(tmp_path).rounds) == 3
    mine(world)
    assert world.deeds == WHOLE


def test_one_expert_who_can_do_all_needs_no_gate(mine, tmp_path):
    world = World({0: NAMES})
    assert mine(world) == tmp_path / "expert-0" / "done"
    assert world.deeds == WHOLE[:2]


def a_round(trained, left):
    return Round(tuple(trained), (), (), (), tuple(left))


def test_it_stops_when_few_are_left_when_they_hardly_get_fewer_and_at_the_number_of_experts():
    first = a_round(NAMES, "efghij")
    assert stop(PLAN, [first]) == ""
    assert "few enough" in stop(PLAN, [first, a_round("efghij", "j")])
    assert "hardly" in stop(PLAN, [first, a_round("efghij", "fghij")])
    assert stop(PLAN, [first, a_round("efghij", "hij")]) == ""
    assert "as many" in stop(PLAN, [first, a_round("efghij", "hij"), a_round("hij", "ij")])


def test_clips_of_one_name_other_clips_and_unknown_scores_are_refused(mine, tmp_path):
    mine(World(ABLE))
    experiment = from_json(Experiment, (tmp_path / "experiment.json").read_text())
    with pytest.raises(KinesisError, match="one name"):
        MiningRun(experiment, tmp_path, CLIPS + CLIPS[:1], World(ABLE).examine)
    with pytest.raises(KinesisError, match="other clips"):
        MiningRun(experiment, tmp_path, CLIPS[1:], World(ABLE).examine)
    with pytest.raises(KinesisError, match="another experiment"):
        MiningRun(dataclasses.replace(experiment, seed=1), tmp_path, CLIPS, World(ABLE).examine)
    with pytest.raises(KinesisError, match="without negative mining"):
        MiningRun(dataclasses.replace(experiment, mining=None), tmp_path, CLIPS, World(ABLE).examine)


def test_an_unknown_score_is_refused(mine):
    with pytest.raises(KinesisError, match="did you mean success"):
        mine(World(ABLE), dataclasses.replace(PLAN, measure="sucess"))


def test_the_plan_is_saved_with_the_experiment():
    experiment = Experiment("test", "none", (), mining=PLAN)
    assert from_json(Experiment, to_json(experiment)) == experiment


def test_experts_and_their_gate_are_trained_end_to_end(tmp_path):
    kinematics = Kinematics(load("legs80"))
    qpos = np.tile(kinematics.body.standing_qpos(), (41, 1))
    words = {"source": "test", "licence": "CC0-1.0"}
    clips = [make_clip(kinematics, qpos, 40.0, name=name, **words) for name in ("easy", "hard")]
    ppo = PPO(envs=4, steps=4, epochs=1, minibatches=1, samples=16, freeze_normaliser=True)
    plan = Mining(experts=2, enough=0.0, gate=Network((8,), (8,)), ppo=ppo)
    stage = Stage("muscles", TASKS.get("imitate")(), ppo=ppo)
    experiment = Experiment("tiny", "none", (stage,), Network((16,), (16,)), mining=plan)
    seen = []

    def examine(checkpoint, clips):
        return [{"success": float(c.name == "easy"), "success_strict": 0.0, "mpjpe_mm": 10.0} for c in clips]

    def judge(checkpoint):
        return {"success_strict": 0.5, "mpjpe_mm": 10.0}

    run = MiningRun(experiment, tmp_path, clips, examine)
    final = load_checkpoint(run.run(lambda stage, *_: seen.append(stage), judge))
    assert seen == ["expert-0 muscles", "expert-1 muscles", "gate"]
    assert read_log(tmp_path).rounds[1].trained == ("hard",)
    assert final.card.samples == 3 * 16
    assert len(final.card.spreads) == 2
    last = load_checkpoint(tmp_path / "expert-1" / "0-muscles.safetensors")
    assert last.card.scores["motions"] == "1 mined clips"
    state = final.policy.actor.plain_state()
    for key, value in last.policy.actor.plain_state().items():
        assert torch.equal(state[f"experts.1.{key}"], value)
    run = MiningRun(experiment, tmp_path, clips, lambda *_: pytest.fail("nothing was left to do"))
    assert run.run(lambda *_: pytest.fail("nothing was left to do")).parent.name == "gate"
