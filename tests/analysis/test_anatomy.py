"""The audit of a body against published values."""

import numpy as np
import pytest

from kinesis.analysis import anatomy
from kinesis.body import Kinematics, load
from kinesis.body.published import STRENGTHS, moment_arms
from kinesis.cli import main


@pytest.fixture(scope="module")
def audited():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anatomy, "GAITS", {"walking": "builtin:walk@1.2", "running": "builtin:run@2.8"})
        return anatomy.audit(load("legs80"))


def test_a_moment_arm_is_how_length_changes_with_angle(audited):
    body = load("legs80")
    kinematics, still, step = Kinematics(body), np.zeros((2, body.model.nv)), 1e-4
    for row in audited.arms[::7]:
        for angle, arm in zip(np.deg2rad(row.angle_deg), row.arm_m, strict=True):
            qpos = np.tile(body.standing_qpos(), (2, 1))
            qpos[:, body.joint_qpos[body.joints.index(f"{row.joint}_r")]] = angle + np.array([-step, step])
            body.couplings.apply(qpos)
            lengths = kinematics.muscles(qpos, still).length[:, body.actuators.index(f"{row.muscle}_r")]
            assert arm == pytest.approx(-(lengths[1] - lengths[0]) / (2 * step), abs=2e-4), row


def test_most_moment_arms_are_the_published_ones(audited):
    off = np.array([row.off_m for row in audited.arms])
    assert len(off) == len(moment_arms())
    assert np.mean(off < 0.005) > 0.8


def test_every_muscle_of_one_leg_is_audited_once(audited):
    names = [row.muscle for row in audited.fibres]
    assert len(set(names)) == len(names) == 40
    assert all(row.walking[0] <= row.walking[1] for row in audited.fibres)


def test_published_strength_is_greatest_at_its_best_angle():
    for strength in STRENGTHS:
        around = strength.torque(strength.best + np.array([-0.3, 0.0, 0.3]), 75.0, 1.8)
        assert around[1] == around.max() == pytest.approx(strength.peak * 75.0 * 9.81 * 1.8)
        assert around[0] == pytest.approx(around[2])


def test_all_muscles_together_are_stronger_than_people_but_not_absurdly(audited):
    for row in audited.strengths:
        assert 1.0 < row.torque_nm / row.published_nm < 5.0, row


def test_what_is_off_is_bold(audited):
    lines = {line.split(" | ")[0].strip("| "): line for line in anatomy.markdown(audited, arms=False).splitlines()}
    assert "**171**" in lines["recfem"]
    assert "**" not in lines["soleus"]


def test_a_body_without_muscles_is_refused(capsys):
    assert main(["info", "legs80_torque", "--audit"]) == 2
    assert "legs80" in capsys.readouterr().err
