"""What a built-in walk asks of the ground: by inverse dynamics of all bones, as a person's walk does."""

import numpy as np
import pytest

from kinesis.analysis.inverse import inverse_dynamics
from kinesis.body import Kinematics, load
from kinesis.motion.clip import velocities
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.gait.clock import stride_phase
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.gait.spec import timeline
from kinesis.rotations import to_matrix

BODY = load("legs80")
RATE_HZ, DURATION_S = 100.0, 6.0


@pytest.fixture(scope="module", params=[0.85, 1.25, 1.4, 1.63])
def asked(request):
    """Phase [%], force of the ground in body weights and its place ahead of the right heel bone [m], by frame."""
    spec = GaitSpec((Segment(0.0, "walk", request.param),), DURATION_S)
    clip = generate(Kinematics(BODY, threads=1), spec, rate_hz=RATE_HZ)
    qpos, qvel = clip.qpos, velocities(BODY, clip.qpos, RATE_HZ)
    root = inverse_dynamics(
        BODY, qpos, qvel, np.gradient(qvel, 1.0 / RATE_HZ, axis=0), np.zeros((len(qpos), 2, 6))
    ).root
    force = root[:, :3]
    moment = (to_matrix(qpos[:, 3:7]) @ root[:, 3:, None])[..., 0] + np.cross(qpos[:, :3], force)
    push = np.stack([-moment[:, 1], moment[:, 0]], 1) / force[:, 2:]
    heel = clip.landmarks[:, BODY.landmarks.index("calcn_r")]
    phase = stride_phase(timeline(spec, RATE_HZ, 0.0), spec, skeleton_of(BODY)) % 1.0 * 100.0
    inside = slice(50, -50)
    return phase[inside], force[inside] / (9.81 * BODY.mass_kg), (push - heel[:, :2])[inside]


def of(phase, values, low, high):
    return values[(phase >= low) & (phase < high)]


def test_the_vertical_force_has_two_humps(asked, request):
    phase, force, _ = asked
    least = 0.15 if request.node.callspec.params["asked"] > 1.0 else 0.1
    valley = of(phase, force[:, 2], 27.0, 33.0).mean()
    assert valley < 0.95
    for low, high in ((9.0, 18.0), (44.0, 52.0)):
        assert of(phase, force[:, 2], low, high).mean() > valley + least
    assert force[:, 2].mean() == pytest.approx(1.0, abs=0.02)


def test_the_push_rolls_from_heel_to_toes_under_the_foot_that_stands(asked):
    phase, _, push = asked
    single = of(phase, push, 18.0, 46.0)
    assert single[:, 0].min() > -0.01
    assert single[:, 0].max() < 0.25
    assert np.abs(single[:, 1]).mean() < 0.03
    early, late = of(phase, push[:, 0], 18.0, 24.0).mean(), of(phase, push[:, 0], 40.0, 46.0).mean()
    assert late > early + 0.04


def test_the_push_goes_over_to_the_other_foot_while_both_stand(asked, request):
    phase, _, push = asked
    if request.node.callspec.params["asked"] == 0.85:
        request.applymarker(pytest.mark.xfail(strict=True, reason="0.18 m at 0.85 m/s (docs/notes/learning.md 117)"))
    assert of(phase, push[:, 0], 54.0, 58.0).mean() > of(phase, push[:, 0], 46.0, 49.0).mean() + 0.2


def test_the_ground_pushes_little_fore_and_aft(asked):
    _, force, _ = asked
    assert np.abs(force[:, 0]).mean() < 0.2
