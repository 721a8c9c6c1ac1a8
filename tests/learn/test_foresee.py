"""An expert led on by foresight: it alone changes, the search goes on where it was left, and what costs, costs."""

import dataclasses

import pytest
import torch

from kinesis.errors import KinesisError
from kinesis.learn import foresee
from kinesis.learn.checkpoint import load_checkpoint
from kinesis.learn.costs import Costs, distance
from kinesis.learn.experts import gate_of
from kinesis.learn.foresee import FAR, OUTLOOK_GAMMA, Foresee, Round
from kinesis.task.twin import Goal, Instant

ENVS, STEPS, HORIZON, EXPERT = 8, 10, 4, 2
ASKED = ["default", EXPERT, "sway"]


@pytest.fixture(scope="module")
def begin(levers, clip):
    """Starts a search in which the expert that stands learns from the second round on."""
    patch = pytest.MonkeyPatch()
    patch.setattr(foresee, "DYNAMICS_FITS", (3, 3))
    patch.setattr(foresee, "OUTLOOK_FITS", 3)

    def begun(asked=ASKED, **options):
        search = Foresee(
            "default", EXPERT, [clip], Costs(), asked, envs=ENVS, horizon=HORIZON, rate=1e-4, levers=levers, **options
        )
        search.warm = 1
        return search

    yield begun
    patch.undo()


@pytest.fixture(scope="module")
def led(begin, tmp_path_factory):
    """A search after two rounds, its reports, and where it was saved."""
    search, out = begin(), tmp_path_factory.mktemp("led") / "led.safetensors"
    reports = [search.round(STEPS, fits=3), search.round(STEPS, fits=3)]
    search.save(out, search.card())
    return search, reports, out


def weights_of(policy):
    return [expert.actor.plain_state() for expert in gate_of(policy, EXPERT).experts]


def test_one_expert_alone_is_led(led):
    search, (first, second), out = led
    assert first.cost is None
    assert second.cost > 0
    former, made = load_checkpoint("default"), load_checkpoint(out)
    for number, (was, is_now) in enumerate(zip(weights_of(former.policy), weights_of(made.policy), strict=True)):
        moved = max(float((was[name] - is_now[name]).abs().max()) for name in was)
        assert (moved > 0) == (number == EXPERT)
        assert moved < 0.01
    seen = search.env.observation
    assert torch.equal(gate_of(former.policy, 0).chosen(seen), gate_of(made.policy, 0).chosen(seen))
    assert made.card.samples == former.card.samples + 2 * ENVS * STEPS
    assert {"source": "test", "licence": "CC0-1.0", "clips": "1"} in made.card.data


def test_it_goes_on_where_it_was_left(led, begin):
    search, _, out = led
    again = begin()
    again.go_on(out)
    for part, state in search._states().items():
        for name, value in again._states()[part].items():
            assert torch.equal(value, state[name]), f"{part}.{name}"
    assert again.spent.samples == search.spent.samples
    assert again.spent.seconds >= search.spent.seconds


def test_bodies_begin_anew_as_often_as_asked_and_are_shoved_then(begin, monkeypatch):
    search, given = begin(episode_s=0.1, shove_mps=0.2), []
    monkeypatch.setattr(search.env.sim, "shove", lambda ids, speed: given.append((ids, speed)))
    search.gather(STEPS)
    assert len(given) == 2  # after five steps, and after ten
    for ids, speed in given:
        assert len(ids) == ENVS
        assert (speed[:, 2] == 0.0).all()
        assert 0.0 < speed.norm(dim=1).max() <= 0.2
    assert search.card().task == load_checkpoint("default").card.task


def test_another_search_is_refused(led, begin):
    with pytest.raises(KinesisError, match="another search"):
        begin(["default", EXPERT, "walk"]).go_on(led[2])


def test_the_same_seed_learns_the_same(begin):
    one, other = begin(), begin()
    assert [search.round(STEPS, fits=2) for search in (one, one)] == [
        search.round(STEPS, fits=2) for search in (other, other)
    ]


def test_where_a_body_is_as_wanted_only_effort_costs(led):
    search = led[0]
    now, goal = search._now()
    there = now._replace(
        landmarks=goal.landmarks_now,
        landmark_speeds=goal.landmark_speeds,
        rotation=goal.rotation,
        joints=goal.joints_now,
    )
    effort = Costs().effort * there.activation.square().mean(1)
    # A length of nothing is taken as sqrt(1e-5), so that it has a gradient.
    assert (Costs()(there, goal, goal, search.tracked) - effort).abs().max() < 0.06
    off = there._replace(landmarks=there.landmarks + torch.tensor([0.3, 0.0, 0.4]))
    torch.testing.assert_close(distance(off, goal, search.tracked), torch.full((ENVS,), 0.5), atol=1e-4, rtol=0)
    assert (Costs()(off, goal, goal, search.tracked) > Costs()(there, goal, goal, search.tracked) + 5).all()


def test_a_fall_is_expected_to_cost_the_most_for_ever(led):
    search = led[0]
    found: Round = search.rounds[-1]
    fell = found._replace(failed=torch.ones_like(found.failed), goes_on=torch.zeros_like(found.goes_on))
    _, returns = search._returns(fell)
    assert (returns == FAR / (1 - OUTLOOK_GAMMA)).all()


def test_moments_are_of_the_environments(led):
    search = led[0]
    found = search.rounds[-1]
    assert len(found.instants) == len(found.goals) == STEPS + 1
    assert isinstance(found.instants[0], Instant)
    assert isinstance(found.goals[0], Goal)
    assert found.excitation.shape == (STEPS, ENVS, search.env.num_actions)
    assert ((found.excitation >= 0) & (found.excitation <= 1)).all()


def test_an_expert_that_acted_nowhere_learns_nothing(begin):
    search = begin()
    found = search.gather(STEPS)
    search.rounds = [found._replace(acted=torch.zeros_like(found.acted))]
    before = {name: value.clone() for name, value in search.mlp.state_dict().items()}
    assert search.improve(3) is None
    assert all(torch.equal(value, before[name]) for name, value in search.mlp.state_dict().items())


def test_what_cannot_be_foreseen_is_refused(begin, monkeypatch):
    with pytest.raises(KinesisError, match=f"too short to foresee; got {HORIZON} steps, expected over {HORIZON}"):
        begin().round(HORIZON, fits=1)
    other = load_checkpoint("default")
    network = dataclasses.replace(other.card.network, nonlinearity="swish", symmetric=False)
    other = dataclasses.replace(other, card=dataclasses.replace(other.card, network=network))
    monkeypatch.setattr(foresee, "load_checkpoint", lambda _: other)
    with pytest.raises(KinesisError, match=r"not foreseen.*swish"):
        begin()
