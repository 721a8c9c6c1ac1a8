"""legs80_calibrated: published lengths where legs80's are not, and nothing else changed."""

import mujoco
import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.body.calibration import OUTLIERS, REVISED
from kinesis.body.catalogue import BODIES, SPECS, load_stepped
from kinesis.body.legs80 import MUSCLE_GROUPS
from kinesis.body.muscles import fibre_and_tendon, passive_force
from kinesis.body.published import STRENGTHS, moment_arms, muscles, revised
from kinesis.motion.find import find_motions

OLD, NEW = load("legs80"), load("legs80_calibrated")
CHANGED = np.array([name[:-2] in OUTLIERS for name in NEW.actuators])


def test_published_tables_name_every_muscle_and_only_them():
    known = {name for group in MUSCLE_GROUPS.values() for name in group}
    assert set(muscles()) == known
    assert {row.muscle for row in moment_arms()} == known
    assert set(revised()) < known
    joints = {joint[:-2] for joint in OLD.joints}
    assert {row.joint for row in moment_arms()} == joints
    assert all(s.joint in joints for s in STRENGTHS)


def test_outliers_are_those_whose_fibres_are_a_tenth_off():
    optimal, _ = fibre_and_tendon(OLD.model)
    off = {n[:-2] for n, x in zip(OLD.actuators, optimal, strict=True) if abs(x / muscles()[n[:-2]][1] - 1) > 0.1}
    assert off == set(OUTLIERS)


def test_outliers_have_published_lengths_and_forces():
    optimal, slack = fibre_and_tendon(NEW.model)
    for i in np.flatnonzero(CHANGED):
        name = NEW.actuators[i][:-2]
        given = revised()[name] if name in REVISED else muscles()[name]
        assert optimal[i] == pytest.approx(given.optimal_fibre_m, rel=1e-9)
        assert slack[i] == pytest.approx(given.tendon_slack_m, abs=1e-9)
        assert NEW.model.actuator_gainprm[i, 2] == muscles()[name].peak_force_n


def test_the_other_muscles_and_the_bones_are_untouched():
    old, new = OLD.model, NEW.model
    for field in ("actuator_gainprm", "actuator_biasprm", "actuator_dynprm"):
        assert np.array_equal(getattr(old, field)[~CHANGED], getattr(new, field)[~CHANGED])
    for field in ("actuator_lengthrange", "body_mass", "body_inertia", "jnt_range", "eq_data", "geom_size"):
        assert np.array_equal(getattr(old, field), getattr(new, field)), field


def test_passive_force_is_at_most_the_published_one():
    for i in np.flatnonzero(CHANGED):
        prm, name = NEW.model.actuator_gainprm[i], NEW.actuators[i][:-2]
        share = revised()[name].passive_share if name in revised() else np.nan
        assert not passive_force(1.25, prm[5], prm[7]) > share * (1 + 1e-9)


def test_both_legs_are_alike():
    assert np.array_equal(NEW.model.actuator_gainprm[:40], NEW.model.actuator_gainprm[40:])
    assert np.array_equal(NEW.mirror.actuators, OLD.mirror.actuators)


def test_fibres_stay_in_their_working_range_when_walking():
    kinematics, (optimal, slack) = Kinematics(NEW), fibre_and_tendon(NEW.model)
    for clip in find_motions("builtin:walk@0.8,builtin:walk@1.6", NEW):
        normal = (kinematics.muscles(clip.qpos, clip.qvel).length - slack) / optimal
        short = np.array(["semimem" in name for name in NEW.actuators])
        assert normal[:, ~short].min() > 0.4
        assert normal[:, short].min() > 0.3  # of a pelvis that is held upright: to be calibrated again (note 106)
        assert normal.max() < 1.6


@pytest.mark.parametrize("name", BODIES.names())
def test_every_body_steps_and_has_its_own_fingerprint(name):
    body = load(name)
    assert [load(other).fingerprint for other in BODIES.names()].count(body.fingerprint) == 1
    assert body.skeleton == "legs80"
    assert load_stepped(name).actuators == body.actuators
    data = mujoco.MjData(body.model)
    data.qpos[:] = body.standing_qpos()
    mujoco.mj_step(body.model, data, 30)
    assert np.isfinite(data.qpos).all()


@pytest.mark.parametrize("name", SPECS)
def test_a_step_in_the_ground_leaves_the_muscles_alone(name):
    assert np.array_equal(load_stepped(name).model.actuator_gainprm, load(name).model.actuator_gainprm)
