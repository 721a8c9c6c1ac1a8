"""Laws that every generated motion keeps, whatever is asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinesis import rotations
from kinesis.body import FORWARD_B, Kinematics, load
from kinesis.motion.clip import Clip
from kinesis.motion.gait import LICENCE, GaitSpec, Segment, Style, generate
from kinesis.motion.gait.clock import stride_phase
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.gait.slip import slip
from kinesis.motion.gait.spec import Mode, timeline

PENETRATION_M, GAP_M, SLIP_MPS, SHARE = 0.005, 0.01, 0.03, 0.03
KINEMATICS = Kinematics(load("legs80"))
BODY = KINEMATICS.body
STEADY = {
    "slow walk": Segment(0.0, "walk", 0.4),
    "walk": Segment(0.0, "walk", 1.2),
    "fast walk": Segment(0.0, "walk", 2.0),
    "jog": Segment(0.0, "run", 1.8),
    "run": Segment(0.0, "run", 4.0),
    "backward": Segment(0.0, "walk", -0.9),
    "left": Segment(0.0, "walk", 0.0, 0.3),
    "right": Segment(0.0, "walk", 0.0, -0.2),
    "circle left": Segment(0.0, "walk", 1.1, 0.0, 0.6),
    "circle right": Segment(0.0, "walk", 0.8, 0.0, -0.9),
    "turn in place": Segment(0.0, "walk", 0.0, 0.0, 1.1),
    "small steps": Segment(0.0, "walk", 0.15),
}


def made(*segments: Segment, duration_s: float = 10.0, **wishes: object) -> Clip:
    return generate(KINEMATICS, GaitSpec(segments, duration_s, **wishes))  # type: ignore[arg-type]


def headings(clip: Clip) -> np.ndarray:
    return np.unwrap(rotations.heading(clip.qpos[:, 3:7], FORWARD_B))


def mean_speed(clip: Clip) -> tuple[float, float]:
    """Forward and to the left, in the person's own frame [m/s]."""
    ahead = headings(clip)
    east, north = clip.qvel[:, 0], clip.qvel[:, 1]
    forward, left = np.cos(ahead) * east + np.sin(ahead) * north, np.cos(ahead) * north - np.sin(ahead) * east
    return float(forward.mean()), float(left.mean())


def acceleration(clip: Clip) -> float:
    """Largest joint acceleration [rad/s²]."""
    return float(np.abs(np.diff(clip.qvel[:, BODY.joint_dof], axis=0)).max() * clip.rate_hz)


def assert_sound(clip: Clip) -> None:
    """Feet not in the ground, one on it unless running, joints within limits, couplings kept."""
    heights = KINEMATICS.sole_heights(clip.qpos)
    assert heights.min() > -PENETRATION_M
    if clip.category != "run":
        assert heights.min((1, 2)).max() < GAP_M
    angles = clip.qpos[:, BODY.joint_qpos]
    assert (angles >= BODY.joint_range[:, 0]).all()
    assert (angles <= BODY.joint_range[:, 1]).all()
    couplings = BODY.couplings
    np.testing.assert_allclose(clip.qpos[:, couplings.dependent_qpos], couplings.position(clip.qpos), atol=1e-12)


@pytest.mark.parametrize("name", STEADY)
def test_steady_motion_is_as_asked(name: str) -> None:
    asked = STEADY[name]
    clip = made(asked, duration_s=20.0, category="run" if asked.mode == "run" else "walk")
    assert_sound(clip)
    assert slip(clip).max() < SLIP_MPS
    forward, left = mean_speed(clip)
    assert forward == pytest.approx(asked.forward_mps, rel=SHARE, abs=0.01)
    assert left == pytest.approx(asked.lateral_mps, rel=SHARE, abs=0.02)
    rate = np.polyfit(np.arange(clip.frames) / clip.rate_hz, headings(clip), 1)[0]
    assert rate == pytest.approx(asked.yaw_rate_rps, rel=SHARE, abs=0.005)
    assert acceleration(clip) < (1000.0 if asked.mode == "run" else 500.0)


def test_straight_walking_is_the_same_on_both_sides() -> None:
    right_first, left_first = made(STEADY["walk"], phase=0.0), made(STEADY["walk"], phase=0.5)
    away = BODY.mirror.position(right_first.qpos) - left_first.qpos
    assert np.abs(away[:, BODY.joint_qpos]).max() < np.deg2rad(1.0)
    assert np.abs(away[:, :3]).max() < 0.002


def test_a_stride_later_all_is_as_before() -> None:
    spec, skeleton = GaitSpec((STEADY["walk"],), 6.0), skeleton_of(BODY)
    phase = stride_phase(timeline(spec, 200.0, 0.0), spec, skeleton)
    angles = generate(KINEMATICS, spec, rate_hz=200.0).qpos[:, BODY.joint_qpos]
    later = np.array([np.interp(phase[:400] + 1.0, phase, column) for column in angles.T]).T
    assert np.abs(later - angles[:400]).max() < np.deg2rad(0.6)


@pytest.mark.parametrize(
    ("mode", "speed", "most"), [("walk", 1.2, 2.0), ("walk", 1.9, 5.0), ("run", 2.0, 5.0), ("run", 3.5, 5.0)]
)
def test_the_pelvis_is_not_thrown_to_and_fro(mode: Mode, speed: float, most: float) -> None:
    """Forward acceleration, root mean square [m/s²]; of people measured: 1 to 2 walking, 3 to 6 running."""
    clip = generate(KINEMATICS, GaitSpec((Segment(0.0, mode, speed),), 4.0))
    forward = np.diff(clip.qpos[:, 0], 2) * clip.rate_hz**2
    assert np.sqrt((forward**2).mean()) < most


def test_feet_share_the_ground_as_long_as_in_people() -> None:
    """Two spells of double support of 8 to 13 % each at 1.25 m/s (Perry & Burnfield 2010: 10 to 12).

    A sole within 3 mm touches: the motion is smoothed over the moments of contact.
    """
    clip = made(Segment(0.0, "walk", 1.25), duration_s=20.0)
    touching = KINEMATICS.sole_heights(clip.qpos).min(2) < 0.003
    assert 0.16 < touching.all(1).mean() < 0.26
    assert 0.57 < touching.mean() < 0.64


def test_running_has_a_flight_and_walking_none() -> None:
    run, walk = made(STEADY["run"], category="run"), made(STEADY["fast walk"])
    assert 0.1 < (KINEMATICS.sole_heights(run.qpos).min((1, 2)) > 0.002).mean() < 0.5
    assert not (KINEMATICS.sole_heights(walk.qpos).min((1, 2)) > 0.002).any()


def test_swinging_feet_clear_the_ground() -> None:
    clip = made(STEADY["walk"])
    heights = KINEMATICS.sole_heights(clip.qpos).min(2)
    toes = clip.landmark_velocities[:, [BODY.landmarks.index("toes_r"), BODY.landmarks.index("toes_l")], 0]
    assert heights[toes > 2.5].min() > 0.005


@pytest.mark.parametrize("clearance_m", [0.004, 0.028])
def test_feet_swing_as_high_as_the_style_says(clearance_m: float) -> None:
    clip = made(STEADY["slow walk"], style=Style(clearance_m=clearance_m))
    heights = KINEMATICS.sole_heights(clip.qpos).min(2)
    toes = clip.landmark_velocities[:, [BODY.landmarks.index("toes_r"), BODY.landmarks.index("toes_l")], 0]
    assert heights[toes > 0.8 * toes.max()].min() > 0.7 * clearance_m


@pytest.mark.parametrize(
    ("style", "way", "column", "size"),
    [(Style(surge_m=0.02), "walk", 0, 0.02), (Style(spring_m=0.015), "jog", 2, 0.015)],
)
def test_a_pelvis_surges_and_springs_twice_a_stride_as_far_as_the_style_says(
    style: Style, way: str, column: int, size: float
) -> None:
    spec = GaitSpec((STEADY[way],), 8.0, style=style)
    plain = made(STEADY[way], duration_s=8.0)
    moved = generate(KINEMATICS, spec).qpos[:, column] - plain.qpos[:, column]
    phase = stride_phase(timeline(spec, plain.rate_hz, 0.0), spec, skeleton_of(BODY))
    turns = np.exp(-4j * np.pi * phase)
    assert abs(2.0 * ((moved - moved.mean()) * turns).mean()) == pytest.approx(size, rel=0.35)


def test_a_pelvis_nods_and_a_swinging_knee_bends_as_far_as_the_style_says() -> None:
    plain = made(STEADY["walk"])
    nods = made(STEADY["walk"], style=Style(nod_rad=0.06)).qpos[:, 3:7]
    turned = rotations.to_rotvec(rotations.multiply(rotations.conjugate(plain.qpos[:, 3:7]), nods))
    assert np.linalg.norm(turned, axis=1).max() == pytest.approx(0.06, rel=0.1)
    knee = BODY.joint_qpos[3]
    kicked = made(STEADY["walk"], style=Style(kick_rad=0.4)).qpos[:, knee]
    assert 0.15 < kicked.max() - plain.qpos[:, knee].max() < 0.45


def test_a_runner_with_more_flight_stands_for_less_time_and_leaps_higher() -> None:
    way = Segment(0.0, "run", 3.0)
    usual, leaping = made(way, duration_s=4.0), made(way, duration_s=4.0, style=Style(cadence=0.9, flight=0.25))
    aloft = [float((KINEMATICS.sole_heights(clip.qpos).min((1, 2)) > 0.01).mean()) for clip in (usual, leaping)]
    assert aloft[1] > aloft[0] + 0.1
    assert np.ptp(leaping.qpos[:, 2]) > 1.3 * np.ptp(usual.qpos[:, 2])
    assert mean_speed(leaping)[0] == pytest.approx(mean_speed(usual)[0], rel=0.03)
    assert slip(leaping).max() < 0.08


def test_a_runner_throws_the_heels_up_behind() -> None:
    way = Segment(0.0, "run", 3.0)
    usual, kicks = made(way, duration_s=4.0), made(way, duration_s=4.0, style=Style(kick_rad=0.6))
    highest = [KINEMATICS.sole_heights(clip.qpos).min(2).max() for clip in (usual, kicks)]
    assert highest[1] > highest[0] + 0.15


def test_standing_is_still_but_not_frozen() -> None:
    clip = made(Segment(0.0, "stand"), category="stand", style=Style(knee_bend_rad=0.2))
    assert_sound(clip)
    assert 0.001 < np.ptp(clip.qpos[:, 0]) < 0.03
    feet = [BODY.landmarks.index(name) for name in ("calcn_r", "calcn_l")]
    assert np.ptp(clip.landmarks[:, feet], axis=0).max() < 1e-6


def test_starting_and_stopping_end_with_the_feet_together() -> None:
    clip = made(Segment(0.0, "stand"), Segment(2.0, "walk", 1.2), Segment(6.0, "stand"))
    assert_sound(clip)
    assert slip(clip).max() < SLIP_MPS
    for frame in (0, -1):
        right, left = (clip.landmarks[frame, BODY.landmarks.index(name), 0] for name in ("calcn_r", "calcn_l"))
        assert abs(right - left) < 0.12
    assert clip.qpos[-1, 0] == pytest.approx(1.2 * 4.0, rel=SHARE)


def test_a_clip_starts_at_the_origin_says_what_it_is_and_is_made_twice_alike() -> None:
    spec = GaitSpec((Segment(0.0, "walk", 1.0),), 4.0, phase=0.3, category="walk", style=Style(cadence=1.03))
    clip, again = generate(KINEMATICS, spec, name="one"), generate(KINEMATICS, spec, name="one")
    np.testing.assert_array_equal(clip.qpos, again.qpos)
    assert clip.qpos[0, :2] == pytest.approx([0.0, 0.0])
    assert abs(headings(clip)[0]) < np.deg2rad(8.0)
    assert clip.licence == LICENCE
    assert clip.labels["category"] == "walk"
    assert clip.labels["speed_mps"] == pytest.approx(1.0)
    assert clip.duration_s == pytest.approx(4.0)


@pytest.mark.parametrize("rate_hz", [30.0, 50.0, 100.0, 120.0])
def test_the_rate_does_not_change_the_motion(rate_hz: float) -> None:
    spec = GaitSpec((Segment(0.0, "walk", 1.3),), 3.0)
    clip, fine = generate(KINEMATICS, spec, rate_hz=rate_hz), generate(KINEMATICS, spec, rate_hz=600.0)
    every = round(600.0 / rate_hz)
    assert np.abs(clip.qpos - fine.qpos[::every])[:, BODY.joint_qpos].max() < np.deg2rad(1.5)
    assert np.abs(clip.qpos - fine.qpos[::every])[:, :3].max() < 0.005


modes = st.one_of(
    st.just(Segment(0.0, "stand")),
    st.builds(
        lambda speed, left, turn: Segment(0.0, "walk", speed, left, turn),
        st.floats(-0.8, 1.8),
        st.sampled_from([0.0, 0.0, 0.15, -0.15]),
        st.floats(-0.6, 0.6),
    ),
    st.builds(lambda speed: Segment(0.0, "run", speed), st.floats(1.8, 3.5)),
)


@settings(max_examples=20)
@given(st.tuples(modes, modes, modes), st.floats(0.0, 1.0))
def test_changes_between_any_motions_are_sound(parts: tuple[Segment, ...], phase: float) -> None:
    segments = tuple(
        Segment(3.0 * i, part.mode, part.forward_mps, part.lateral_mps, part.yaw_rate_rps)
        for i, part in enumerate(parts)
    )
    spec = GaitSpec(segments, 9.0, phase, blend_s=2.0, category="run")
    clip = generate(KINEMATICS, spec)
    assert np.isfinite(clip.qvel).all()
    assert_sound(clip)
    assert acceleration(clip) < 1500.0
