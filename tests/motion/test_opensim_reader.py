"""OpenSim coordinates are read in any of their forms, and stand on their feet; made-up files only."""

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from kinesis import rotations
from kinesis.body import FORWARD_B, Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.read import read_motion
from kinesis.motion.readers.opensim import write_opensim
from kinesis.motion.readers.opensim_coordinates import (
    ROTATIONS,
    TRANSLATIONS,
    coordinate_names,
    pelvis_angles,
    pelvis_translation,
    root_orientation,
    root_position,
)

UP_B = np.array([0.0, 0.0, 1.0])
KINEMATICS = Kinematics(load("legs80"), threads=1)
BODY = KINEMATICS.body
NAMES = coordinate_names(BODY)
LEG = {"hip_flexion": (12, 20), "knee_angle": (32, 25), "ankle_angle": (0, 10), "mtp_angle": (-8, 7)}
"""Mean and largest swing of a made-up motion [deg]; every other joint swings by 4° about 0."""
WALK = {
    "hip_flexion": ((0, 0.25, 0.5, 0.65, 0.85, 1), (28, 10, -10, 2, 30, 28)),
    "knee_angle": ((0, 0.14, 0.4, 0.6, 0.73, 0.9, 1), (5, 18, 5, 38, 60, 18, 5)),
    "ankle_angle": ((0, 0.07, 0.25, 0.45, 0.62, 0.75, 0.88, 1), (0, -5, 5, 11, -17, -3, 1, 0)),
}
"""Shares of the cycle and angles there [deg]."""


@dataclass(frozen=True)
class Form:
    """How a table is written down."""

    degrees: bool = True
    tabs: bool = True
    paths: bool = False
    knee_sign: float = 1.0
    order: int = 0
    header: str = "Coordinates\nversion=1\nnRows={rows}\nnColumns={columns}\ninDegrees={unit}\n\nendheader\n"


def written(time_s: np.ndarray, columns: dict[str, np.ndarray], form: Form | None = None) -> str:
    """The text of a file; angles of `columns` in radians, signs as in this body."""
    form = form or Form()
    names = list(columns)
    np.random.default_rng(form.order).shuffle(names)
    unit = 180.0 / np.pi if form.degrees else 1.0
    rows, headings = [time_s], ["time"]
    for name in names:
        turned = form.knee_sign if name[:-2] in ("knee_angle", "mtp_angle") else 1.0
        rows.append(columns[name] * (1.0 if name in TRANSLATIONS else unit * turned))
        headings.append(f"/jointset/some_joint/{name}/value" if form.paths else name)
        if form.paths:
            rows.append(np.zeros(len(time_s)))
            headings.append(f"/jointset/some_joint/{name}/speed")
    gap = "\t" if form.tabs else "   "
    said = form.header.format(rows=len(time_s), columns=len(headings), unit="yes" if form.degrees else "no")
    lines = [gap.join(headings), *(gap.join(f"{value:.9g}" for value in row) for row in zip(*rows, strict=True))]
    return said + "\n".join(lines) + "\n"


def swinging(seed: int, time_s: np.ndarray) -> dict[str, np.ndarray]:
    """Random smooth coordinates at any times, slower than 2.5 Hz, within the joints' limits."""
    rng, columns = np.random.default_rng(seed), {}
    for name in NAMES:
        mean, swing = LEG.get(name[:-2], (0.0, 4.0)) if name not in TRANSLATIONS else (0.0, 0.5)
        shares = rng.dirichlet(np.ones(3))
        waves = [np.sin(2 * np.pi * (0.8 * k * time_s + rng.random())) for k in (1, 2, 3)]
        columns[name] = np.deg2rad(mean + swing * (shares[:, None] * waves).sum(0))
    columns["pelvis_ty"] = 0.93 + columns["pelvis_ty"]
    return columns


def walking(rate_hz: float = 100.0, seconds: float = 4.0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A rough walk, in the sagittal plane, without pelvis translation."""
    time_s = np.arange(round(seconds * rate_hz) + 1) / rate_hz
    columns = {name: np.zeros(len(time_s)) for name in ROTATIONS}
    for joint, (share, angle) in WALK.items():
        cycle = CubicSpline(share, np.deg2rad(angle), bc_type="periodic")
        columns[f"{joint}_r"], columns[f"{joint}_l"] = (cycle((time_s / 1.1 - lag) % 1.0) for lag in (0.0, 0.5))
    return time_s, columns


def saved(folder: Path, text: str | bytes, name: str = "some.mot") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def angles_of(clip: Clip) -> np.ndarray:
    return np.rad2deg(clip.qpos[:, BODY.joint_qpos])


FORMS = st.builds(
    Form,
    degrees=st.booleans(),
    tabs=st.booleans(),
    paths=st.booleans(),
    knee_sign=st.sampled_from([1.0, -1.0]),
    order=st.integers(0, 99),
)


@given(FORMS, st.integers(0, 10**6), st.floats(40.0, 400.0), st.booleans())
def test_any_unit_rate_sign_and_order_give_the_same_angles(
    tmp_path_factory: pytest.TempPathFactory, form: Form, seed: int, rate_hz: float, uneven: bool
) -> None:
    rng = np.random.default_rng(seed)
    step = 1.0 / rate_hz * (rng.uniform(0.7, 1.3, round(2.0 * rate_hz)) if uneven else np.ones(round(2.0 * rate_hz)))
    time_s = 0.37 + np.concatenate([[0.0], np.cumsum(step)])
    path = saved(tmp_path_factory.mktemp("any"), written(time_s, swinging(seed, time_s), form))
    clip = read_motion(path, KINEMATICS, rate_hz=50.0)
    truth = swinging(seed, time_s[0] + np.arange(clip.frames) / 50.0)
    expected = np.rad2deg(np.stack([truth[name] for name in BODY.joints], axis=1))
    assert clip.labels["knee_sign"] == form.knee_sign
    assert clip.duration_s == pytest.approx(time_s[-1] - time_s[0], abs=0.0201)
    np.testing.assert_allclose(angles_of(clip)[3:-3], expected[3:-3], atol=0.1)
    np.testing.assert_allclose(angles_of(clip), expected, atol=0.5)


def test_pelvis_angles_turn_about_right_forward_and_up() -> None:
    quarter = np.pi / 2
    tilt, lean, turn = (root_orientation(np.array([row])) for row in quarter * np.eye(3))
    np.testing.assert_allclose(rotations.rotate(tilt, FORWARD_B), [[0, 0, 1]], atol=1e-12)  # bends backward
    np.testing.assert_allclose(rotations.rotate(lean, UP_B), [[0, -1, 0]], atol=1e-12)  # to the right
    np.testing.assert_allclose(rotations.rotate(turn, FORWARD_B), [[0, 1, 0]], atol=1e-12)  # to the left
    np.testing.assert_allclose(root_position(np.array([[1.0, 2.0, 3.0]])), [[1, -3, 2]])


def test_pelvis_coordinates_have_an_inverse() -> None:
    angles = np.random.default_rng(0).uniform(-1.2, 1.2, (50, 3))
    there_and_back = np.vstack([pelvis_angles(root_orientation(row[None])) for row in angles])
    np.testing.assert_allclose(there_and_back, angles, atol=1e-10)
    np.testing.assert_allclose(pelvis_translation(root_position(angles)), angles, atol=1e-12)


def test_without_translation_the_feet_carry_the_root(tmp_path: Path) -> None:
    clip = read_motion(saved(tmp_path, written(*walking())), KINEMATICS)
    assert clip.category == "walk"
    assert clip.labels["root"] == "placed by the feet"
    assert {"pelvis_tx", "subtalar_angle_l", "mtp_angle_r"} <= set(str(clip.labels["missing"]).split(", "))
    assert clip.qpos[0, :2].tolist() == [0.0, 0.0]
    assert abs(clip.qpos[-1, 1]) < 0.05 * clip.qpos[-1, 0]
    assert np.abs(KINEMATICS.sole_heights(clip.qpos).min((1, 2))).max() < 0.01


def walked(speed_mps: float = 1.2) -> tuple[Clip, np.ndarray, dict[str, np.ndarray]]:
    """A walk of the built-in generator, whose feet do not slip, with its times and coordinates."""
    spec = GaitSpec((Segment(forward_mps=speed_mps),), duration_s=6.0)
    clip = generate(KINEMATICS, spec, rate_hz=100.0)
    columns = dict(zip(ROTATIONS, pelvis_angles(clip.qpos[:, 3:7]).T, strict=True))
    columns |= dict(zip(TRANSLATIONS, pelvis_translation(clip.qpos[:, :3]).T, strict=True))
    columns |= dict(zip(BODY.joints, clip.qpos[:, BODY.joint_qpos].T, strict=True))
    return clip, np.arange(clip.frames) / 100.0, columns


def test_a_motion_that_stands_already_is_left_where_it_is(tmp_path: Path) -> None:
    clip, time_s, columns = walked()
    read = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS, rate_hz=100.0)
    np.testing.assert_allclose(read.qpos[:, :3], clip.qpos[:, :3], atol=0.1)
    np.testing.assert_allclose(read.qpos[:, 2], clip.qpos[:, 2], atol=0.002)
    assert (read.labels["scale"], read.labels["treadmill"]) == (1.0, 0.0)


@pytest.mark.parametrize("speed_mps", [0.8, 1.2, 1.6])
def test_a_treadmill_becomes_a_way_over_ground(tmp_path: Path, speed_mps: float) -> None:
    clip, time_s, columns = walked(speed_mps)
    columns["pelvis_tx"] = columns["pelvis_tx"] - speed_mps * time_s
    read = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS, rate_hz=100.0)
    assert read.labels["treadmill"] == 1.0
    assert read.labels["belt_speed_mps"] == pytest.approx(speed_mps, rel=0.04)
    assert read.labels["speed_mps"] == pytest.approx(speed_mps, rel=0.04)
    np.testing.assert_allclose(read.qpos[:, 2], clip.qpos[:, 2], atol=0.015)


@pytest.mark.parametrize("taller", [0.85, 1.0, 1.15])
def test_other_legs_are_brought_to_these(tmp_path: Path, taller: float) -> None:
    _, time_s, columns = walked()
    columns |= {name: taller * columns[name] + 0.03 for name in TRANSLATIONS}
    read = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS, rate_hz=100.0)
    assert read.labels["scale"] == pytest.approx(1.0 / taller, rel=0.04)
    assert read.labels["treadmill"] == 0.0
    assert read.labels["speed_mps"] == pytest.approx(1.2, rel=0.04)
    assert np.abs(KINEMATICS.sole_heights(read.qpos).min((1, 2))).max() < 0.015


def test_a_walk_in_any_direction_starts_along_x(tmp_path: Path) -> None:
    time_s, columns = walking()
    free = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS)
    columns["pelvis_rotation"] = np.full(len(time_s), 2.5)
    turned = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS)
    np.testing.assert_allclose(turned.qpos[:, :3], free.qpos[:, :3], atol=1e-6)


@pytest.mark.parametrize("name", ["round.mot", "round.mot.gz", "round"])
def test_a_clip_that_was_written_comes_back(tmp_path: Path, name: str) -> None:
    first = read_motion(saved(tmp_path, written(*walking())), KINEMATICS)
    write_opensim(first, BODY, tmp_path / name)
    again = read_motion(tmp_path / name, KINEMATICS)
    np.testing.assert_allclose(again.qpos, first.qpos, atol=1e-6)


def test_joints_stay_within_their_limits(tmp_path: Path) -> None:
    time_s, columns = walking()
    columns["ankle_angle_r"] = columns["ankle_angle_r"] + np.deg2rad(27.0)
    clip = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS)
    joints = clip.qpos[:, BODY.joint_qpos]
    np.testing.assert_array_equal(joints, np.clip(joints, *BODY.joint_range.T))
    assert 0.1 < float(clip.labels["limit_frames"]) < 0.9


def test_noise_is_smoothed_and_a_clean_recording_is_not(tmp_path: Path) -> None:
    time_s, columns = walking()
    clean = read_motion(saved(tmp_path, written(time_s, columns)), KINEMATICS, rate_hz=100.0)
    rng = np.random.default_rng(0)
    noisy = {name: values + rng.normal(0.0, np.deg2rad(0.5), len(values)) for name, values in columns.items()}
    smoothed = read_motion(saved(tmp_path, written(time_s, noisy)), KINEMATICS, rate_hz=100.0)
    assert (clean.labels["lowpass_hz"], smoothed.labels["lowpass_hz"]) == (0.0, 8.0)
    assert np.sqrt(((angles_of(smoothed) - angles_of(clean)) ** 2).mean()) < 0.25


def test_source_and_licence_travel(tmp_path: Path) -> None:
    text = gzip.compress(written(*walking(seconds=1.0)).encode())
    path = saved(tmp_path, text, "trial.sto.gz")
    clip = read_motion(path, KINEMATICS, rate_hz=30.0, licence="CC-BY-4.0")
    assert (clip.name, clip.licence, clip.rate_hz, clip.body) == ("trial", "CC-BY-4.0", 30.0, "legs80")
    assert clip.source.startswith("trial.sto.gz; OpenSim table 'Coordinates'")
    assert read_motion(path, KINEMATICS).licence == "unknown (as given by the user)"


def test_a_clip_of_another_body_is_not_written(tmp_path: Path) -> None:
    clip = read_motion(saved(tmp_path, written(*walking(seconds=1.0))), KINEMATICS)
    with pytest.raises(KinesisError, match="another body"):
        write_opensim(replace(clip, qpos=clip.qpos[:, :-1]), BODY, tmp_path / "no.mot")
    with pytest.raises(KinesisError, match="cannot be written"):
        write_opensim(clip, BODY, tmp_path / "no" / "no.mot")
