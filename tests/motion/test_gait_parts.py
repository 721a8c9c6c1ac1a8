"""The generator's own kinematics against the engine, and the parts it is made of."""

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis import rotations
from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.gait import GaitSpec, Segment, Style, harmonics, leap, walking
from kinesis.motion.gait.clock import STOP, stride_phase
from kinesis.motion.gait.legs import FootPose, rotation_about
from kinesis.motion.gait.skeleton import GRAVITY, Skeleton, skeleton_of
from kinesis.motion.gait.spec import smooth_step, timeline

BODY = load("legs80")


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return skeleton_of(BODY)


def random_postures(count: int, share: float = 1.0) -> np.ndarray:
    """(count, nq) with driven joints anywhere in the given share of their ranges, root turned at will."""
    rng = np.random.default_rng(7)
    qpos = np.tile(BODY.standing_qpos(), (count, 1))
    low, high = BODY.joint_range.T
    middle, half = 0.5 * (low + high), 0.5 * share * (high - low)
    qpos[:, BODY.joint_qpos] = rng.uniform(middle - half, middle + half, (count, len(BODY.joints)))
    qpos[:, 3:7] = rotations.normalize(rng.normal(size=(count, 4)))
    BODY.couplings.apply(qpos)
    return qpos


def leg_angles(qpos: np.ndarray, side: int) -> np.ndarray:
    return qpos[:, BODY.joint_qpos[7 * side : 7 * side + 6]]


@pytest.mark.parametrize("side", [0, 1])
def test_forward_kinematics_agree_with_the_engine(skeleton: Skeleton, side: int) -> None:
    data, qpos = mujoco.MjData(BODY.model), random_postures(20)
    root = rotations.to_matrix(qpos[:, 3:7])
    foot = skeleton.chains[side].forward(leg_angles(qpos, side), root)
    for row, origin, matrix in zip(qpos, foot.origin, foot.matrix, strict=True):
        data.qpos[:] = row
        mujoco.mj_kinematics(BODY.model, data)
        heel = data.body(f"calcn_{'rl'[side]}")
        np.testing.assert_allclose(origin + row[:3], heel.xpos, atol=1e-12)
        np.testing.assert_allclose(matrix, heel.xmat.reshape(3, 3), atol=1e-12)


@pytest.mark.parametrize("side", [0, 1])
def test_inverse_kinematics_undo_the_forward_ones(skeleton: Skeleton, side: int) -> None:
    qpos = random_postures(200, share=0.5)
    root, angles = rotations.to_matrix(qpos[:, 3:7]), leg_angles(qpos, side)
    angles[:, 3] = np.maximum(angles[:, 3], 0.1)
    chain = skeleton.chains[side]
    target = chain.forward(angles, root)
    found = chain.forward(chain.solve(target, root, angles + 0.1), root)
    np.testing.assert_allclose(found.origin, target.origin, atol=1e-6)
    np.testing.assert_allclose(found.matrix, target.matrix, atol=1e-6)


def test_inverse_kinematics_keep_the_limits_out_of_reach(skeleton: Skeleton) -> None:
    chain, root = skeleton.chains[0], skeleton.neutral_root[None]
    foot = chain.forward(np.zeros((1, 6)), root)
    far = FootPose(foot.origin - [0.0, 0.0, 0.5], foot.matrix)
    angles = chain.solve(far, root, np.zeros((1, 6)) + 0.1)
    assert (angles >= chain.limits[:, 0]).all()
    assert (angles <= chain.limits[:, 1]).all()


def test_the_sole_is_where_the_engine_has_it(skeleton: Skeleton) -> None:
    qpos = random_postures(50, share=0.4)
    qpos[:, 3:7] = BODY.standing_qpos()[3:7]
    heights = Kinematics(BODY, threads=1).sole_heights(qpos)
    root = rotations.to_matrix(qpos[:, 3:7])
    for side in range(2):
        foot = skeleton.chains[side].forward(leg_angles(qpos, side), root)
        sole, mtp = skeleton.soles[side], qpos[:, BODY.joint_qpos[7 * side + 6]]
        low = (sole.centres(foot.matrix, mtp)[..., 2] - sole.radius).min(1) + foot.origin[:, 2] + qpos[:, 2]
        lowest = heights[:, side].min(1)
        assert (low >= lowest - 1e-9).all()
        np.testing.assert_allclose(low[lowest < low - 1e-6], lowest[lowest < low - 1e-6], atol=0.02)


def test_a_sphere_on_the_ground_rolls_without_sliding(skeleton: Skeleton) -> None:
    sole = skeleton.soles[0]
    pitch = np.linspace(0.3, 0.5, 50)
    matrix = rotation_about(np.array([0.0, 1.0, 0.0]), -pitch) @ skeleton.neutral_foot[0]
    mtp = np.zeros(50)
    drop, travel = sole.drop_and_roll(matrix, mtp)
    height = sole.centres(matrix, mtp)[..., 2] - sole.radius + drop[:, None]
    np.testing.assert_allclose(height.min(1), 0.0, atol=5e-4)
    ways = sole.rolled(matrix, mtp) + np.diff(travel, axis=0)[:, None]
    bearing = (height < height.min(1, keepdims=True) + 1e-4)[1:]
    assert np.abs(ways[bearing]).max() < 2e-5


@given(st.lists(st.integers(-40, 40), min_size=4, max_size=8))
def test_harmonics_are_periodic_and_near_the_events(values: list[int]) -> None:
    percent = np.linspace(0.0, 100.0, len(values), endpoint=False)
    coefficients = harmonics.from_events(percent, np.array(values, float))
    at = harmonics.basis(np.array([0.0, 1.0])) @ coefficients
    assert at[0] == pytest.approx(at[1])
    spread = max(values) - min(values)
    met = harmonics.basis(percent / 100.0) @ coefficients
    assert np.abs(met - values).max() <= 0.25 * spread + 1e-9


def test_key_events_follow_each_other_within_the_cycle() -> None:
    for channel in ("HIP_FLEXION", "KNEE_FLEXION", "ANKLE_DORSIFLEXION", "PELVIS_ROTATION"):
        percent = np.array([event[0] for event in getattr(walking, channel)])
        assert (np.diff(percent, axis=0) > 0).all()
        assert percent.min() >= 0
        assert percent.max() < 100


def test_step_rate_and_length_both_grow_with_speed() -> None:
    speed = np.linspace(0.15, 0.7, 50)
    rate = walking.steps_per_s(speed)
    assert (np.diff(rate) > 0).all()
    assert (np.diff(speed / rate) > 0).all()


def test_smooth_step_has_three_flat_derivatives() -> None:
    x = np.linspace(-0.01, 0.01, 2001)
    assert smooth_step(x).max() < 1e-6
    assert smooth_step(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])) == pytest.approx([0, 0, 0.5, 1, 1])


def test_the_clock_halts_with_both_feet_down(skeleton: Skeleton) -> None:
    spec = GaitSpec((Segment(0, "stand"), Segment(1, "walk", 1.0), Segment(5, "stand")), 8.0)
    asked = timeline(spec, 100.0, 0.0)
    phase = stride_phase(asked, spec, skeleton)
    assert (np.diff(phase) >= 0).all()
    assert 2.0 * (phase[-1] - STOP) == pytest.approx(round(2.0 * (phase[-1] - STOP)), abs=1e-9)
    assert np.ptp(phase[asked.time_s > 6.0]) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Style(cadence=2.0),
        lambda: Style(step_width_m=1.0),
        lambda: GaitSpec((), 5.0),
        lambda: GaitSpec((Segment(2.0), Segment(1.0)), 5.0),
        lambda: GaitSpec((Segment(),), 0.0),
    ],
)
def test_an_implausible_wish_is_refused(make: object) -> None:
    with pytest.raises(KinesisError):
        make()  # type: ignore[operator]


@given(st.floats(0.2, 0.47), st.floats(0.3, 0.5))
def test_a_leap_falls_freely_is_pushed_upward_and_returns_to_where_it_began(toe_off: float, step_s: float) -> None:
    steps = 2000
    phase = np.arange(2 * steps) / (2.0 * steps)
    height = leap.rise(phase, np.full(len(phase), toe_off), np.full(len(phase), step_s))
    assert height[0] == height[steps] == pytest.approx(0.0, abs=1e-12)
    load = np.diff(height, 2) * (steps / step_s) ** 2 / GRAVITY + 1.0
    bears = (2.0 * phase[1:-1]) % 1.0 < 2.0 * toe_off
    edge = np.abs(np.diff(bears, prepend=bears[0])) | np.roll(np.abs(np.diff(bears, prepend=bears[0])), -1)
    assert np.abs(load[~bears & ~edge]).max() < 1e-3
    assert load[bears & ~edge].min() > -1e-3
    assert load.mean() == pytest.approx(1.0, abs=0.02)


def test_longer_steps_and_shorter_contacts_leap_higher() -> None:
    def leaps(toe_off: float, step_s: float) -> float:
        phase = np.linspace(0.0, 0.5, 200)
        return float(np.ptp(leap.rise(phase, np.full(200, toe_off), np.full(200, step_s))))

    assert leaps(0.35, 0.42) == pytest.approx(leaps(0.35, 0.35) * 1.2**2)
    assert leaps(0.28, 0.35) > 1.1 * leaps(0.38, 0.35)
