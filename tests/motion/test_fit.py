"""Points of a person become a motion of the body: laws that hold for any recording, and refusals in a sentence."""

import dataclasses
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from kinesis.body import ANATOMICAL_B, Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.fit import fit
from kinesis.motion.fit.limb import limbs_of, pose
from kinesis.motion.fit.sound import made_sound
from kinesis.motion.fit.whole import SLACK_NM
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.gait.skeleton import skeleton_of
from kinesis.motion.marks import at_limit
from kinesis.motion.points import Points
from kinesis.motion.readers import read_motions
from kinesis.motion.readers.feet import sense_feet, standing
from kinesis.motion.residuals import residual_of

KINEMATICS = Kinematics(load("legs80"), threads=1)
BODY = KINEMATICS.body
BONES = {"hip": "femur", "knee": "tibia", "ankle": "talus", "toe": "toes"}
TRUNK = {"pelvis": (0.007, 0.0, 0.091), "spine": (-0.020, 0.0, 0.200), "neck": (-0.037, 0.0, 0.602)}
"""From the middle of the hips, forward, left, up [m]."""
OBSERVED = [i for i, name in enumerate(BODY.joints) if not name.startswith("mtp")]
GAITS = {
    "walk": Segment(time_s=0.0, mode="walk", forward_mps=1.2),
    "slow": Segment(time_s=0.0, mode="walk", forward_mps=0.6),
    "run": Segment(time_s=0.0, mode="run", forward_mps=2.6),
    "backward": Segment(time_s=0.0, mode="walk", forward_mps=-0.6),
    "sideways": Segment(time_s=0.0, mode="walk", forward_mps=0.0, lateral_mps=0.3),
    "circle": Segment(time_s=0.0, mode="walk", forward_mps=0.8, yaw_rate_rps=0.5),
}


@cache
def moving(gait: str) -> Clip:
    return generate(KINEMATICS, GaitSpec(segments=(GAITS[gait],), duration_s=4.0), name=gait)


def points_of(clip: Clip) -> Points:
    """The joints of a clip, and a pelvis, a spine and a neck that are rigid with its root."""
    names = [f"{point}_{side}" for side in "rl" for point in BONES]
    bones = [f"{BONES[name[:-2]]}_{name[-1]}" for name in names]
    places = [clip.landmarks[:, BODY.landmarks.index(bone)] for bone in bones]
    middle = 0.5 * (places[0] + places[4])
    root = Rotation.from_quat(clip.qpos[:, 3:7], scalar_first=True)
    places += [middle + root.apply(ANATOMICAL_B @ offset) for offset in TRUNK.values()]
    return Points(
        clip.name, clip.rate_hz, (*names, *TRUNK), np.stack(places, axis=1), (-1,) * 11, 1.0, 2, "made up", "CC0-1.0"
    )


def changed(points: Points, matrix: np.ndarray | float, **fields: object) -> Points:
    position = points.position @ np.atleast_2d(matrix).T if np.ndim(matrix) else points.position * matrix
    return dataclasses.replace(points, position=position, **fields)


def angles(clip: Clip) -> np.ndarray:
    return np.rad2deg(clip.qpos[:, BODY.joint_qpos[OBSERVED]])


def test_the_jacobian_is_that_of_the_points() -> None:
    rng = np.random.default_rng(0)
    for limb in limbs_of(skeleton_of(BODY)):
        x = rng.uniform(*limb.chain.limits.T, (20, 6))
        root = Rotation.random(20, rng=rng).as_matrix()
        for joint, step in enumerate(1e-6 * np.eye(6)):
            moved = (pose(limb, x + step, root).points - pose(limb, x - step, root).points) / 2e-6
            np.testing.assert_allclose(pose(limb, x, root).jacobian[..., joint], moved, atol=1e-8)


@pytest.mark.parametrize("gait", GAITS)
def test_joints_of_a_motion_of_this_body_give_its_angles_back(gait: str) -> None:
    clip = moving(gait)
    fitted = fit(points_of(clip), KINEMATICS)
    rms = np.sqrt(((angles(fitted.clip) - angles(clip)) ** 2).mean(0))
    assert rms.max() < 1.0
    assert fitted.errors_m is not None
    assert np.quantile(fitted.errors_m, 0.95) < 0.003
    assert fitted.clip.labels["speed_mps"] == pytest.approx(float(clip.labels["speed_mps"]), rel=0.06, abs=0.02)


@pytest.mark.parametrize("gait", GAITS)
def test_the_source_stands_where_the_body_stands(gait: str) -> None:
    found = fit(changed(points_of(moving(gait)), 1250.0, unit_m=None, rate_hz=50.0), KINEMATICS)
    assert found.source is not None
    for name in ("hip_r", "knee_l", "ankle_r", "toe_l"):
        bone = BODY.landmarks.index(f"{BONES[name[:-2]]}_{name[-1]}")
        apart = np.linalg.norm(found.source.of(name) - found.clip.landmarks[:, bone], axis=-1)
        assert apart.max() < 0.005, name


def test_points_that_are_only_drawn_keep_their_lines() -> None:
    points = points_of(moving("walk"))
    elbow, hand = 0.01 * np.ones((2, points.frames, 1, 3)) + points.of("neck")[:, None]
    hidden = np.full_like(elbow, np.nan)
    more = dataclasses.replace(
        points,
        names=(*points.names, "hidden", "elbow", "hand"),
        position=np.concatenate([points.position, hidden, elbow, hand], axis=1),
        parents=(-1,) * 11 + (10, 11, 12),
    )
    found, plain = fit(more, KINEMATICS), fit(points, KINEMATICS)
    assert found.source is not None
    assert found.source.names == (*points.names, "elbow", "hand")
    assert found.source.parents == (-1,) * 11 + (10, 11)
    np.testing.assert_array_equal(found.clip.qpos, plain.clip.qpos)


def sliding(clip: Clip) -> float:
    """Speed [m/s] that three quarters of the frames with a foot that surely stands stay below."""
    feet, velocity = sense_feet(KINEMATICS, clip.qpos, clip.rate_hz), clip.qvel[:, :2]
    off = np.linalg.norm(feet.travel - velocity[:, None], axis=-1)
    return float(np.quantile(off[standing(feet, velocity, clip.qpos[:, 2]) > 0.5], 0.75))


@pytest.mark.parametrize("gait", ["walk", "run", "circle", "sideways"])
def test_feet_skate_no_more_than_in_the_source_and_stay_on_the_ground(gait: str) -> None:
    clip = moving(gait)
    fitted = fit(points_of(clip), KINEMATICS).clip
    assert sliding(fitted) < sliding(clip) + 0.02
    assert KINEMATICS.sole_heights(fitted.qpos).min() > -0.01


UNITS = {"metres": 1.0, "centimetres": 100.0, "millimetres": 1000.0, "inches": 1.0 / 0.0254}


@settings(max_examples=12)
@given(
    unit=st.sampled_from(list(UNITS)),
    up=st.sampled_from([0, 1, 2]),
    heading=st.floats(-np.pi, np.pi),
    left_handed=st.booleans(),
    stated=st.booleans(),
)
def test_unit_axes_and_heading_of_the_file_do_not_matter(
    unit: str, up: int, heading: float, left_handed: bool, stated: bool
) -> None:
    points = points_of(moving("walk"))
    turn = Rotation.from_euler("z", heading).as_matrix()
    turn = np.roll(turn, up - 2, axis=0)
    mirror = np.diag([1.0, -1.0, 1.0] if left_handed else [1.0, 1.0, 1.0])
    other = changed(
        points, UNITS[unit] * turn @ mirror, unit_m=1.0 / UNITS[unit] if stated else None, up=up if stated else None
    )
    expected, found = fit(points, KINEMATICS).clip, fit(other, KINEMATICS).clip
    np.testing.assert_allclose(angles(found), angles(expected), atol=1e-3)
    np.testing.assert_allclose(found.qpos[:, :3], expected.qpos[:, :3], atol=1e-4)
    assert found.labels["mirrored"] == float(left_handed)


def test_a_runner_whom_the_ground_cannot_bear_is_led_and_a_walker_is_not() -> None:
    run = moving("run")
    qpos = run.qpos.copy()
    qpos[:, 1] += 0.08 * np.sin(2.0 * np.pi * 1.4 * np.arange(run.frames) / run.rate_hz)
    asked = make_clip(KINEMATICS, qpos, run.rate_hz, name="swaying", source="made up", licence="CC0-1.0")
    led = fit(points_of(asked), KINEMATICS).clip
    assert residual_of(BODY, asked).size_nm > 1.2 * SLACK_NM
    assert residual_of(BODY, led).size_nm < SLACK_NM
    assert 1.0 < led.labels["led_mm"] < 40.0
    assert fit(points_of(moving("walk")), KINEMATICS).clip.labels["led_mm"] == 0.0


def test_a_mirrored_person_moves_mirrored() -> None:
    points = points_of(moving("walk"))
    other = {"r": "l", "l": "r"}
    names = tuple(f"{n[:-1]}{other[n[-1]]}" if n[-2:] in ("_r", "_l") else n for n in points.names)
    mirrored = fit(changed(points, np.diag([1.0, -1.0, 1.0]), names=names), KINEMATICS).clip
    expected = BODY.mirror.position(fit(points, KINEMATICS).clip.qpos)
    np.testing.assert_allclose(mirrored.qpos[:, 7:], expected[:, 7:], atol=5e-3)
    np.testing.assert_allclose(mirrored.qpos[:, :3], expected[:, :3], atol=5e-3)


@pytest.mark.parametrize("size", [0.7, 1.25])
def test_a_child_and_a_giant_move_alike(size: float) -> None:
    points = points_of(moving("walk"))
    found = fit(changed(points, size), KINEMATICS).clip
    np.testing.assert_allclose(angles(found), angles(fit(points, KINEMATICS).clip), atol=0.5)
    assert float(found.labels["scale"]) == pytest.approx(1.0 / size, rel=0.02)


def test_longer_shanks_and_narrower_hips_change_no_direction() -> None:
    points = points_of(moving("walk"))
    position = points.position.copy()
    for side, sign in (("r", 1.0), ("l", -1.0)):
        knee, ankle = (points.names.index(f"{name}_{side}") for name in ("knee", "ankle"))
        longer = 0.15 * (position[:, ankle] - position[:, knee])
        for name in ("ankle", "toe"):
            position[:, points.names.index(f"{name}_{side}")] += longer
        across = points.of("hip_l") - points.of("hip_r")
        for name in BONES:
            position[:, points.names.index(f"{name}_{side}")] += 0.1 * sign * across
    found = fit(dataclasses.replace(points, position=position), KINEMATICS)
    assert np.abs(angles(found.clip) - angles(fit(points, KINEMATICS).clip)).max() < 2.0


def test_knees_too_straight_for_the_body_stay_off_their_limit() -> None:
    """The shins swung forward by 8°, so that the knees are overstretched whenever they were straight."""
    points = points_of(moving("walk"))
    position = points.position.copy()
    for side in "rl":
        knee = points.of(f"knee_{side}")
        for name in ("ankle", "toe"):
            place = points.names.index(f"{name}_{side}")
            position[:, place] = knee + Rotation.from_euler("y", -8.0, degrees=True).apply(position[:, place] - knee)
    found = fit(dataclasses.replace(points, position=position), KINEMATICS)
    assert at_limit(found.clip, BODY).any(1).mean() < 0.01
    assert found.errors_m is not None
    assert np.quantile(found.errors_m, 0.95) < 0.035


def test_any_rate_is_brought_to_the_asked_one() -> None:
    points = points_of(moving("walk"))
    time_s = np.arange(points.frames) / points.rate_hz
    expected = fit(points, KINEMATICS).clip
    for rate_hz in (30.0, 100.0, 119.88):
        asked_s = np.arange(int(time_s[-1] * rate_hz)) / rate_hz
        other = dataclasses.replace(points, position=CubicSpline(time_s, points.position)(asked_s), rate_hz=rate_hz)
        found = fit(other, KINEMATICS).clip
        assert abs(found.frames - expected.frames) <= 2
        count = min(found.frames, expected.frames) - 5
        off = angles(found)[5:count] - angles(expected)[5:count]
        assert np.sqrt((off**2).mean(0)).max() < 1.0


def test_short_gaps_are_filled_and_the_ends_cut() -> None:
    points = points_of(moving("walk"))
    position = points.position.copy()
    position[40:46, 2] = np.nan
    position[90:94, 7] = np.inf
    position[:3, 5] = np.nan
    found = fit(dataclasses.replace(points, position=position), KINEMATICS).clip
    assert found.frames == points.frames - 3
    off = angles(found) - angles(moving("walk"))[3:]
    assert np.sqrt((off**2).mean(0)).max() < 1.0


def test_a_spine_with_a_long_gap_is_left_out() -> None:
    points = points_of(moving("walk"))
    position = points.position.copy()
    position[20:90, points.names.index("spine")] = np.nan
    sound, _ = made_sound(dataclasses.replace(points, position=position))
    assert "spine" not in sound.names


def spoilt(points: Points, **changes: object) -> Points:
    return dataclasses.replace(points, **changes)


def lying(points: Points) -> Points:
    return changed(points, Rotation.from_euler("y", 90.0, degrees=True).as_matrix())


def without_sight(points: Points) -> Points:
    position = points.position.copy()
    position[50:100, points.names.index("toe_l")] = np.nan
    return spoilt(points, position=position)


def stretching(points: Points) -> Points:
    position = points.position.copy()
    position[:, points.names.index("toe_r")] += 0.4 * np.random.default_rng(0).uniform(-1.0, 1.0, (points.frames, 3))
    return spoilt(points, position=position)


def dwarf_shanks(points: Points) -> Points:
    position = points.position.copy()
    for side in "rl":
        down = 0.7 * (points.of(f"knee_{side}") - points.of(f"ankle_{side}"))
        for name in ("ankle", "toe"):
            position[:, points.names.index(f"{name}_{side}")] += down
    return spoilt(points, position=position)


REFUSALS = {
    "toe missing": (lambda p: spoilt(p, names=("x", *p.names[1:])), "points of the legs are missing"),
    "two frames": (lambda p: spoilt(p, position=p.position[:2]), "too short; got 2, expected 3 frames"),
    "a tenth of a second": (lambda p: spoilt(p, position=p.position[:4], rate_hz=200.0), "too short"),
    "ten hours": (lambda p: spoilt(p, position=np.broadcast_to(p.position[0], (1_800_000, 11, 3))), "too long"),
    "no rate": (lambda p: spoilt(p, rate_hz=float("nan")), "not a rate"),
    "nothing seen": (lambda p: spoilt(p, position=np.full_like(p.position, np.nan)), "no 3 frames"),
    "a long gap": (without_sight, "toe_l is not seen for long; got 1.00 s"),
    "a doll": (lambda p: changed(p, 0.2), "not as long as a person's; got 0.161 m"),
    "no unit fits": (lambda p: changed(p, 12.0, unit_m=None), "in none of metres, centimetres"),
    "lying": (lying, "not upright"),
    "upside down": (lambda p: changed(p, np.diag([1.0, -1.0, -1.0])), "not upright"),
    "rubber": (stretching, "the length of the foot changes"),
    "short shanks": (dwarf_shanks, "thigh"),
    "a point": (lambda p: spoilt(p, position=np.zeros_like(p.position)), "not as long"),
    "wrong rate": (lambda p: spoilt(p, rate_hz=5000.0), "moves faster than people do"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_no_person_is_refused_in_a_sentence(case: str) -> None:
    spoil, sentence = REFUSALS[case]
    with pytest.raises(KinesisError, match=sentence) as refusal:
        fit(spoil(points_of(moving("walk"))), KINEMATICS)
    assert str(refusal.value).startswith("walk: ")
    assert "\n" not in str(refusal.value)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.0, 0.01, 0.3, 1e3, 1e200]), holes=st.floats(0.0, 1.0))
def test_damaged_points_give_a_sentence_or_a_sound_clip(seed: int, scale: float, holes: float) -> None:
    rng = np.random.default_rng(seed)
    points = points_of(moving("walk"))
    count = int(rng.integers(0, points.frames))
    position = points.position[:count] + scale * rng.standard_normal((count, 11, 3))
    position[rng.random(position.shape) < holes**6] = rng.choice([np.nan, np.inf, -np.inf, 1e308])
    refusal, clip = "", None
    try:
        clip = fit(spoilt(points, position=position), KINEMATICS).clip
    except KinesisError as error:
        refusal = str(error)
    if clip is None:
        assert refusal.startswith("walk: ")
        return
    lower, upper = BODY.joint_range.T
    assert np.isfinite(clip.qpos).all()
    assert ((clip.qpos[:, BODY.joint_qpos] >= lower) & (clip.qpos[:, BODY.joint_qpos] <= upper)).all()


def test_fitting_is_thirty_times_faster_than_the_person() -> None:
    """Ten seconds at 100 Hz, by processor time, so that a busy machine does not matter."""
    points = points_of(moving("walk"))
    time_s = np.arange(points.frames) / points.rate_hz
    asked_s = np.linspace(0.0, time_s[-1], 1000)
    long = dataclasses.replace(points, position=CubicSpline(time_s, points.position)(asked_s), rate_hz=100.0)
    fit(points, KINEMATICS)
    spent = []
    for _ in range(3):
        started = time.process_time()
        fit(long, KINEMATICS)
        spent.append(time.process_time() - started)
    assert min(spent) < 10.0 / 30.0


RECORDINGS = ("cmu_bvh/02_01_daz.bvh", "games105/walk_and_turn_left.bvh", "games105/run_forward.bvh", "mass/walk.bvh")


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_people_are_followed_closely(name: str, shared_data: Path) -> None:
    (points,) = read_motions(shared_data / "mocap" / name)
    assert isinstance(points, Points)
    found = fit(points, KINEMATICS)
    assert found.errors_m is not None
    assert np.median(found.errors_m) < 0.015
    assert np.quantile(found.errors_m, 0.95) < 0.035
    assert at_limit(found.clip, BODY).any(1).mean() < 0.01
