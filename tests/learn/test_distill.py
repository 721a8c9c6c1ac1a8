"""From torques to muscles: the teacher's labels, and a student that learns them."""

import dataclasses

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.body.muscles import effort_cost
from kinesis.command import Follow
from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import save_checkpoint
from kinesis.learn.config import PPO, Distillation, Experiment, Network, Specialist, Stage, from_json, to_json
from kinesis.learn.distill import DistillationStage
from kinesis.learn.networks import Policy, bend, displace, drive, heed, make_actor, strengthen
from kinesis.learn.pipeline import Pipeline
from kinesis.learn.teacher import Peer, Shared, Staff, Teacher
from kinesis.motion.library import Library
from kinesis.motion.stray import stray
from kinesis.sim.shared import lead
from kinesis.task import TASKS, Env
from kinesis.task.actions import joint_torque
from kinesis.task.symmetry import measure_symmetry

ENVS = 8
SMALL = Distillation(envs=ENVS, steps=6, rounds=6, updates=40, batch=32, teacher_rounds=2)
NETWORK = Network((32,), (32,))


@pytest.fixture
def student(clip):
    torch.manual_seed(0)
    task, torque_task = TASKS.get("imitate")(), TASKS.get("imitate_torque")()
    env = Env(task, Follow(Library(load("legs80"), [clip]), ENVS, task.horizons_s), ENVS)
    env.reset()
    wide = Env(torque_task, Follow(Library(load("legs80"), [clip]), 1, task.horizons_s), 1).observation.shape[1]
    teacher = Teacher(Policy(make_actor(NETWORK, wide, 14, noise=0.1, centre=0.0)), torque_task, env)
    actor = make_actor(NETWORK, env.observation.shape[1], 80, noise=0.1, centre=0.05)
    return env, teacher, actor


def _elsewhere(env, follow):
    """Where bodies are in `env`, for a command that follows other clips there."""
    own = {"clip": follow.clip, "durations_s": follow.library.duration_s}
    return {key: value.clone() for key, value in (env.snapshot() | own).items()}


def test_labels_give_the_torque_that_the_teacher_asks_for(student):
    env, teacher, _ = student
    label = teacher.activation()
    assert label.shape == (ENVS, 80)
    assert label.min() >= 0
    assert label.max() <= 1
    assert torch.equal(teacher(), lead(env.sim, label))
    seen = teacher._observer(env.moment)
    torque = joint_torque(teacher.law, env.moment, teacher.policy(seen), teacher._limits)
    muscles = torch.from_numpy(env.sim.export_muscles()).float()
    arms = muscles[:, 2 + torch.from_numpy(env.body.joint_dof)]
    given = (arms @ (muscles[:, 0] * label + muscles[:, 1])[..., None])[..., 0]
    assert (given - torque).abs().mean() < 0.05 * torque.abs().mean()
    assert torque.abs().mean() > 0.5


def test_a_teacher_that_is_fed_forward_asks_for_the_torques_of_the_motion_too(student):
    env, teacher, _ = student
    fed = Teacher(teacher.policy, TASKS.get("imitate_torque_forward")(), env)
    muscles = torch.from_numpy(env.sim.export_muscles()).float()
    arms = muscles[:, 2 + torch.from_numpy(env.body.joint_dof)]
    more = (arms @ (muscles[:, 0] * (fed.activation() - teacher.activation()))[..., None])[..., 0]
    library = Library(load("legs80_torque"), env.command.library.clips, ground=True)
    wanted = env.command.target_of(library, (0.02,)).ahead.activation[:, 0]
    assert wanted.abs().max() > 10.0
    assert np.corrcoef(more.flatten(), wanted.flatten())[0, 1] > 0.9


@pytest.mark.parametrize("horizons_s", [(0.02,), (0.02, 0.3)])
def test_a_teacher_looks_as_far_ahead_as_it_was_taught_to_whatever_its_student_sees(student, clip, horizons_s):
    env, teacher, _ = student
    task = dataclasses.replace(env.config, horizons_s=horizons_s)
    other = Env(task, Follow(Library(load("legs80"), [clip]), ENVS, horizons_s), ENVS)
    other.reset()
    assert other.observation.shape[1] != env.observation.shape[1]
    same = Teacher(teacher.policy, TASKS.get("imitate_torque")(), other)
    torch.testing.assert_close(same(), teacher())


def test_a_teacher_sees_the_plain_motion_that_its_student_follows_strayed(student, clip):
    env, teacher, _ = student
    body, task = env.body, TASKS.get("imitate_torque")()
    copies = [clip, stray(Kinematics(body), clip).strayed]
    follow = Follow(Library(body, copies), ENVS, env.config.horizons_s, clips=torch.ones(ENVS, dtype=torch.long))
    off = Env(env.config, follow, ENVS)
    off.restore(_elsewhere(env, follow))
    fooled, plain = Teacher(teacher.policy, task, off), Teacher(teacher.policy, task, off, Library(body, [clip, clip]))
    torch.testing.assert_close(plain(), teacher())
    assert (fooled() - teacher()).abs().max() > 0.01
    policy = Policy(make_actor(NETWORK, env.observation.shape[1], 80, noise=0.1, centre=0.05))
    torch.testing.assert_close(Peer(policy, off, Library(body, [clip, clip]))(), Peer(policy, env)())


def test_every_environment_is_taught_by_the_teacher_of_the_clip_that_it_follows(student, clip):
    env, teacher, _ = student
    body, clips = env.body, torch.arange(ENVS) % 2
    follow = Follow(Library(body, [clip, clip]), ENVS, env.config.horizons_s, clips=clips)
    both = Env(env.config, follow, ENVS)
    both.restore(_elsewhere(env, follow))
    one = Teacher(teacher.policy, TASKS.get("imitate_torque")(), both)
    other = Peer(Policy(make_actor(NETWORK, both.observation.shape[1], 80, noise=0.1, centre=0.2)), both)
    labels = Staff([one, other], [0, 1], both)()
    torch.testing.assert_close(labels[clips == 0], one()[clips == 0])
    torch.testing.assert_close(labels[clips == 1], other()[clips == 1])
    assert (one() - other()).abs().max() > 0.01


def test_what_a_peer_would_do_is_shared_anew_torques_kept(student):
    env, _, _ = student
    peer = Peer(Policy(make_actor(NETWORK, env.observation.shape[1], 80, noise=0.1, centre=0.2)), env)
    asked, shared = peer(), Shared(peer, env, "force")
    label, cost = shared(), torch.from_numpy(effort_cost(env.body.model, "force"))
    muscles = torch.from_numpy(env.sim.export_muscles()).float()
    arms = muscles[:, 2 + torch.from_numpy(env.body.joint_dof)]
    torques = [(arms @ (muscles[:, 0] * u)[..., None])[..., 0] for u in (asked, label)]
    assert (torques[1] - torques[0]).abs().mean() < 0.05 * torques[0].abs().mean()
    assert (cost * label.square()).sum() < 0.5 * (cost * asked.square()).sum()
    assert label.min() >= 0
    assert label.max() <= 1
    same_torques = Shared(peer, env, "muscle")()
    assert same_torques.square().sum() < label.square().sum()


def test_specialists_travel_with_the_experiment():
    lessons = Distillation(teacher="default", share_by="force", specialists=(Specialist("run", "runs.safetensors"),))
    assert from_json(Distillation, to_json(lessons)) == lessons


def test_a_student_that_begins_as_a_policy_learns_by_the_mean_of_its_clipped_action(student, tmp_path):
    env, _, actor = student
    teacher = Peer(Policy(make_actor(NETWORK, env.observation.shape[1], 80, noise=0.1, centre=0.2)), env)
    falling = dataclasses.replace(SMALL, teacher_rounds=0, final_learning_rate=1e-4)
    stage = DistillationStage(env, teacher, actor, falling, tmp_path, seed=0, spread=0.3)
    stage.run()
    seen, wanted = stage.seen[-1], stage.wanted[-1]
    assert (stage.policy(seen) - wanted).square().mean() < 1e-4
    assert (actor.mlp(actor.obs_normalizer(seen)) - wanted).square().mean() > 1e-3
    assert stage.optimizer.param_groups[0]["lr"] == pytest.approx(1e-3 * 0.1 ** (5 / 6))


def test_the_student_comes_closer_to_its_teacher_and_goes_on_when_killed(student, tmp_path):
    env, teacher, actor = student
    stage = DistillationStage(env, teacher, actor, SMALL, tmp_path, seed=0)
    stage.run()
    seen, wanted = torch.cat(list(stage.seen)), torch.cat(list(stage.wanted))
    missed = (stage.policy(seen) - wanted).square().mean()
    assert missed < 0.5 * (wanted - wanted.mean(0)).square().mean()
    again = DistillationStage(env, teacher, actor, SMALL, tmp_path, seed=0)
    assert again.round == SMALL.rounds
    again.run(lambda _: pytest.fail("nothing was left to do"))


def test_a_student_killed_half_way_goes_on_as_it_was_and_gathers_before_it_learns(student, tmp_path):
    env, teacher, actor = student
    first = DistillationStage(env, teacher, actor, dataclasses.replace(SMALL, rounds=3), tmp_path, seed=0)
    first.run()
    left = {key: value.clone() for key, value in (actor.state_dict() | env.snapshot()).items()}
    drawn = first.generator.get_state()
    with torch.no_grad():
        for parameter in actor.parameters():
            parameter.zero_()
    env.reset()
    again = DistillationStage(env, teacher, actor, SMALL, tmp_path, seed=99)
    for key, value in (actor.state_dict() | env.snapshot()).items():
        assert torch.equal(value, left[key]), key
    assert torch.equal(again.generator.get_state(), drawn)
    assert again.optimizer.state_dict()["state"].keys() == first.optimizer.state_dict()["state"].keys() != {}
    gathered, fit = [], again.fit
    again.fit = lambda: gathered.append(len(again.seen)) or fit()
    again.run()
    assert gathered == [4, 5, 6]
    assert again.round == SMALL.rounds


def test_what_strong_muscles_do_is_learnt_more_closely_where_it_counts_more(student, tmp_path):
    """From the same states: the one whose errors count by force is nearer at the strongest muscles."""
    env, teacher, actor = student
    state, force = actor.state_dict(), env.body.model.actuator_gainprm[:, 2]
    strongest, missed, kept = force.argsort()[-8:].copy(), [], None
    state = {name: value.clone() for name, value in state.items()}
    for power in (0.0, 2.0):
        actor.load_state_dict(state)
        lessons = dataclasses.replace(SMALL, by_force=power)
        stage = DistillationStage(env, teacher, actor, lessons, tmp_path / str(power), seed=0)
        assert float(stage._counts.mean()) == pytest.approx(1.0)
        if kept is None:
            stage.collect()
            kept = stage.seen, stage.wanted
        stage.seen, stage.wanted = kept
        stage.fit()
        seen, wanted = torch.cat(list(stage.seen)), torch.cat(list(stage.wanted))
        missed.append(float((stage.policy(seen) - wanted)[:, strongest].square().mean()))
    assert missed[1] < 0.8 * missed[0]


@pytest.mark.parametrize("reflected", [False, True])
def test_each_output_is_strengthened_by_its_own(student, reflected):
    """Of mirrored networks too, where both sides are strengthened alike."""
    env, _, actor = student
    if reflected:
        actor.reflect(measure_symmetry(env))
    names = [name[:-2] for name in env.body.actuators]
    gain = torch.tensor([1.0 + 0.01 * sorted(set(names)).index(name) for name in names])
    seen = torch.randn(5, actor.obs_dim)
    before = actor.network()(seen)
    strengthen(actor.mlp, gain)
    torch.testing.assert_close(actor.network()(seen), gain * before)


@pytest.mark.parametrize("reflected", [False, True])
def test_outputs_are_driven_together(student, reflected):
    """Of mirrored networks too, where muscles of either side are driven alike."""
    env, _, actor = student
    if reflected:
        actor.reflect(measure_symmetry(env))
    names = env.body.actuators
    shares = torch.eye(len(names))
    for side in "rl":
        tfl, glmed, sart = (names.index(f"{name}_{side}") for name in ("tfl", "glmed2", "sart"))
        shares[sart, tfl] = 0.3
        shares[tfl, [tfl, glmed]] = torch.tensor([0.0, 2.0])
    seen = torch.randn(5, actor.obs_dim)
    before = actor.network()(seen)
    drive(actor.mlp, shares)
    after = actor.network()(seen)
    torch.testing.assert_close(after, before @ shares.T)
    torch.testing.assert_close(after[:, names.index("tfl_l")], 2.0 * before[:, names.index("glmed2_l")])


@pytest.mark.parametrize("reflected", [False, True])
def test_each_input_is_heeded_by_its_own(student, reflected):
    """As if what is seen were so much further from normal; of mirrored networks where both sides are heeded alike."""
    env, _, actor = student
    gain = 1.0 + 0.001 * torch.arange(actor.obs_dim)
    if reflected:
        symmetry = measure_symmetry(env)
        actor.reflect(symmetry)
        gain = 0.5 * (gain + gain[symmetry.index])
    seen, normal = torch.randn(5, actor.obs_dim), actor.obs_normalizer.mean
    before = actor.network()(normal + gain * (seen - normal))
    heed(actor.mlp, gain)
    torch.testing.assert_close(actor.network()(seen), before)


@pytest.mark.parametrize("reflected", [False, True])
def test_inputs_are_displaced(student, reflected):
    """As if what is seen were so much greater; of mirrored networks where both sides are displaced alike."""
    env, _, actor = student
    by = 0.001 * torch.arange(actor.obs_dim)
    if reflected:
        symmetry = measure_symmetry(env)
        actor.reflect(symmetry)
        by = 0.5 * (by + symmetry.sign * by[symmetry.index])
    seen = torch.randn(5, actor.obs_dim)
    before = actor.network()(seen + by)
    displace(actor.mlp, by / (actor.obs_normalizer.std + actor.obs_normalizer.eps))
    torch.testing.assert_close(actor.network()(seen), before)


def test_outputs_follow_the_last_hidden_layer_by_so_much_more(student):
    """And a mirrored network stays so where both sides follow alike: the halves of that layer change places."""
    env, _, actor = student
    symmetry = measure_symmetry(env)
    actor.reflect(symmetry)
    hidden = torch.nn.Sequential(actor.obs_normalizer, *list(actor.mlp)[:-1])
    width, half = NETWORK.policy[-1], actor.network()(torch.zeros(1, actor.obs_dim)).shape[1] // 2
    right = 0.1 * torch.randn(half, width)
    weight, bias = torch.cat([right, right.roll(width // 2, 1)]), torch.randn(half).repeat(2)
    seen = torch.randn(5, actor.obs_dim)
    want = actor.network()(seen) + hidden(seen) @ weight.T + bias
    bend(actor.mlp, weight, bias)
    torch.testing.assert_close(actor.network()(seen), want)
    torch.testing.assert_close(actor.network()(symmetry.observation(seen)), symmetry.action(want))


def test_a_strengthened_student_does_so_much_more_and_no_more_if_taken_up_again(clip, tmp_path):
    from kinesis.learn import load_checkpoint

    actors = []
    for gain in (1.0, 1.2, 1.2):
        lessons = dataclasses.replace(SMALL, rounds=2, teacher="default", teacher_rounds=0, gain=gain)
        stage = Stage("student", TASKS.get("imitate")(), distillation=lessons)
        checkpoint = Pipeline(Experiment("tiny", "none", (stage,), NETWORK), tmp_path / str(gain), [clip]).run()
        actors.append(load_checkpoint(str(checkpoint)).policy.actor)
        checkpoint.unlink()
    seen = torch.randn(5, actors[0].obs_dim)
    plain, strong, again = (actor.network()(seen) for actor in actors)
    torch.testing.assert_close(strong, 1.2 * plain)
    torch.testing.assert_close(again, strong)


def test_the_whole_staged_path_runs_and_is_recorded(clip, tmp_path):
    ppo = PPO(envs=ENVS, steps=4, epochs=1, minibatches=1, samples=ENVS * 8)
    experiment = Experiment(
        "tiny",
        "none",
        (
            Stage("teacher", TASKS.get("imitate_torque")(), ppo=ppo),
            Stage("student", TASKS.get("imitate")(), distillation=dataclasses.replace(SMALL, strays=1, various=0.5)),
            Stage("muscles", TASKS.get("imitate")(), start="previous", ppo=ppo),
        ),
        NETWORK,
    )
    judged = []

    def judge(checkpoint):
        judged.append(checkpoint.card.task.body)
        return {"success_strict": 0.5, "mpjpe_mm": 10.0}

    from kinesis.learn import load_checkpoint

    made = str(Pipeline(experiment, tmp_path, [clip]).run(judge=judge))
    final = load_checkpoint(made)
    assert judged == ["legs80_torque", "legs80", "legs80"]
    assert final.card.samples == 2 * ENVS * 8 + SMALL.rounds * SMALL.steps * ENVS
    assert final.card.scores["mpjpe_mm"] == 10.0
    assert final.card.experiment["name"] == "tiny"
    assert final.card.data == [{"source": "test", "licence": "CC0-1.0", "clips": "1"}]

    other = dataclasses.replace(clip, name="other", source="elsewhere", labels={"category": "run"})
    runner = tmp_path / "runner.safetensors"
    theirs = [{"source": "a runner", "licence": "CC-BY-4.0", "clips": "3"}]
    save_checkpoint(runner, final.policy, dataclasses.replace(final.card, samples=7, data=theirs))
    runs = (Specialist("run", str(runner)),)
    lessons = dataclasses.replace(SMALL, rounds=1, strays=1, teacher=made, specialists=runs)
    stage = Stage("bearing", TASKS.get("imitate")(), start=made, distillation=lessons)
    told = []
    again = Pipeline(Experiment("on", "none", (stage,), NETWORK), tmp_path / "on", [clip, other])
    on = load_checkpoint(again.run(lambda name, position, _: told.append((name, position.samples, position.wanted))))
    assert told[:2] == [("bearing strays", 1, 2), ("bearing strays", 2, 2)]
    assert on.card.spread == final.card.spread > 0.0
    assert on.card.samples == final.card.samples + 7 + SMALL.steps * ENVS
    assert sorted(d["source"] for d in on.card.data) == ["a runner", "elsewhere", "test"]
    idle = dataclasses.replace(lessons, specialists=(Specialist("rnu", made),))
    stage = dataclasses.replace(stage, distillation=idle)
    with pytest.raises(KinesisError, match=r"category of a specialist 'rnu'.*did you mean run"):
        Pipeline(Experiment("idle", "none", (stage,), NETWORK), tmp_path / "idle", [clip, other]).run()


def test_a_start_that_treats_left_and_right_differently_is_refused(clip, tmp_path):
    ppo = PPO(envs=ENVS, steps=4, epochs=1, minibatches=1, samples=ENVS * 4)
    lopsided = dataclasses.replace(NETWORK, symmetric=False)
    first = Stage("teacher", TASKS.get("imitate_torque")(), ppo=ppo)
    origin = Pipeline(Experiment("lopsided", "none", (first,), lopsided), tmp_path / "first", [clip]).run()
    again = dataclasses.replace(first, start=str(origin))
    with pytest.raises(KinesisError, match="does not treat left and right alike"):
        Pipeline(Experiment("even", "none", (again,), NETWORK), tmp_path / "second", [clip]).run()
    Pipeline(Experiment("odd", "none", (again,), lopsided), tmp_path / "third", [clip]).run()
    wider = dataclasses.replace(lopsided, policy=(48,))
    muscles = dataclasses.replace(again, task=TASKS.get("imitate")())
    for stage, network, got in ((again, wider, r"\(32,\)"), (muscles, lopsided, "joint_servo of")):
        with pytest.raises(KinesisError, match=f"another network, or another action law.*{got}"):
            Pipeline(Experiment("other", "none", (stage,), network), tmp_path / "fourth", [clip])
    assert not (tmp_path / "fourth").exists()
