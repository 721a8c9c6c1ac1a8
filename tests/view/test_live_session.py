"""The live viewer's simulation, without a browser."""

import dataclasses

import numpy as np
import pytest

from kinesis.errors import KinesisError
from kinesis.evaluate import follow_clips
from kinesis.motion.find import find_motions
from kinesis.view.live.session import Session


@pytest.fixture(scope="session")
def walks(body):
    return find_motions("builtin:walk@0.9,builtin:walk@1.2", body)


@pytest.fixture
def session(checkpoint, walks):
    return Session([checkpoint], walks)


def path(session):
    return np.stack([frame.qpos for frame in session.frames])


def test_it_walks_as_the_evaluation_does(session, checkpoint, walks):
    arrays = ("qpos", "qvel", "landmarks", "landmark_velocities")
    short = dataclasses.replace(walks[0], **{key: getattr(walks[0], key)[:31] for key in arrays})
    run = follow_clips(checkpoint.policy, checkpoint.card.task, [short])[0]
    session.seek(0.3)
    assert np.array_equal(path(session)[1:], run.qpos[:15])  # further on, a clip cut short shows its end ahead


def test_going_back_and_on_gives_the_same_again(session):
    session.seek(0.8)
    before = path(session)
    session.seek(0.2)
    assert session.time_s == pytest.approx(0.2)
    assert np.array_equal(session.frame.qpos, before[10])
    session.step()
    assert len(session.frames) == 12
    session.seek(0.8)
    assert np.array_equal(path(session), before)


def test_looking_back_forgets_nothing(session):
    session.seek(0.6)
    session.seek(0.1)
    session.seek(0.5)
    assert len(session.frames) == 31


@pytest.mark.parametrize(("toward_deg", "axis", "sign"), [(0.0, 0, 1), (180.0, 0, -1), (90.0, 1, 1), (270.0, 1, -1)])
def test_a_push_moves_the_body_where_it_goes(session, toward_deg, axis, sign):
    session.seek(0.4)
    unpushed = path(session)[20, :3]
    session.seek(0.1)
    session.push(200.0, toward_deg)
    session.seek(0.4)
    assert sign * (session.frame.qpos[axis] - unpushed[axis]) > 0.01


def test_a_push_along_a_way_of_the_world_goes_there(session):
    session.seek(0.4)
    unpushed = path(session)[20, :2]
    session.seek(0.1)
    session.push_along(200.0, (0.6, -0.8, 0.3))
    session.seek(0.4)
    moved = session.frame.qpos[:2] - unpushed
    assert moved / np.linalg.norm(moved) == pytest.approx([0.6, -0.8], abs=0.25)
    session.push_along(200.0, (0.0, 0.0, 1.0))
    assert len(session._pushes) == 1


def test_a_push_is_forgotten_before_it_and_stays_after_it(session):
    session.seek(0.4)
    unpushed = path(session)
    session.seek(0.2)
    session.push(200.0, 90.0)
    session.seek(0.4)
    pushed = path(session)
    session.seek(0.3)
    session.step()
    assert np.array_equal(session.frame.qpos, pushed[16])
    session.seek(0.1)
    session.step()
    session.seek(0.4)
    assert np.array_equal(path(session), unpushed)


def test_weak_muscles_pull_less_and_whole_again_as_before(session):
    session.seek(0.3)
    whole = path(session)
    session.restart()
    soleus = [i for i, name in enumerate(session.body.actuators) if name.startswith("soleus")]
    session.weaken(soleus, 0.0)
    assert (session.env.sim.models[0].actuator_gainprm[soleus, 2] == 0.0).all()
    session.seek(0.3)
    assert np.abs(path(session) - whole).max() > 1e-3
    session.weaken(soleus, 1.0)
    session.restart()
    session.seek(0.3)
    assert np.array_equal(path(session), whole)


def test_weakness_outlives_another_motion(session):
    session.weaken([3], 0.5)
    session.choose(motion="walk@1.2")
    assert session.strength[3] == 0.5
    assert session.env.sim.models[0].actuator_gainprm[3, 2] == 0.5 * session.body.model.actuator_gainprm[3, 2]


def test_real_time_asks_for_steps_at_the_chosen_pace(session):
    assert [session.advance(1 / 30) for _ in range(6)] == [1, 2, 2, 1, 2, 2]
    session.pace = 0.25
    assert sum(session.advance(1 / 30) for _ in range(12)) == 5
    session.paused = True
    assert session.advance(1.0) == 0
    session.paused, session.pace = False, 1.0
    assert session.advance(60.0) == 5  # a stall is not caught up with


def test_at_its_end_it_begins_again_or_stops(session):
    session.last = 3
    session.seek(9.0)
    assert session.over
    session.advance(0.02)
    assert (session.at, session.paused) == (0, False)
    session.again = False
    session.seek(9.0)
    session.advance(0.02)
    assert (session.at, session.paused) == (3, True)
    session.step()
    assert session.at == 3


def test_a_lost_body_begins_again_only_where_that_is_wanted(session):
    session.seek(0.2)
    session.frames[-1] = dataclasses.replace(session.frame, distance_m=0.51)
    session.again = False
    session.advance(0.02)
    assert session.at == 11
    session.frames[-1] = dataclasses.replace(session.frame, distance_m=float("nan"))
    session.again = True
    session.advance(0.02)
    assert session.at == 0


def test_policies_of_one_name_are_told_apart(checkpoint, walks):
    session = Session([checkpoint, checkpoint], walks)
    assert list(session.policies) == ["default", "default (2)"]
    session.choose(policy="default (2)")
    assert session.policy == "default (2)"


def test_what_is_not_there_is_refused_and_changes_nothing(session):
    session.seek(0.1)
    for wrong in ({"policy": "defualt"}, {"motion": "walk@0.8"}):
        with pytest.raises(KinesisError, match="did you mean"):
            session.choose(**wrong)
    with pytest.raises(KinesisError, match="share"):
        session.weaken([0], 1.5)
    for newtons, way in ((np.nan, 0.0), (1e9, 0.0), (10.0, np.inf)):
        with pytest.raises(KinesisError, match="push"):
            session.push(newtons, way)
    session.seek(np.nan)
    assert session.at == 5
    with pytest.raises(KinesisError, match="nothing to view"):
        Session([], [])
