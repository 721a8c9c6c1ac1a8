"""Markers on a walking skeleton give back its joint centres, whatever they are called."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.fit import fit
from kinesis.motion.points import EXTRA_POINTS, LEG_POINTS, Points
from kinesis.motion.readers import Refused, read_motions
from kinesis.motion.readers.marker_names import MIDDLE, SIDED, role_of

from .marked import RATE_HZ, Tracks, joints, keypoints, opencap, plug_in_gait, walk, write_trc

WITHIN_MM = {"hip": 20.0, "knee": 12.0, "ankle": 15.0, "toe": 20.0}
NEEDED = {f"{point}_{side}" for point in LEG_POINTS for side in "rl"}


def read(folder: Path, tracks: Tracks, name: str = "walk.trc", **options: object) -> Points:
    (points,) = read_motions(write_trc(folder / name, tracks, **options))
    assert isinstance(points, Points)
    return points


def errors_mm(points: Points) -> dict[str, float]:
    """Median distance from the true centres, the worse side."""
    assert points.unit_m is not None
    true = joints()
    return {
        joint: max(
            1000.0
            * float(
                np.nanmedian(np.linalg.norm(points.of(f"{joint}_{s}") * points.unit_m - true[f"{joint}_{s}"], axis=-1))
            )
            for s in "rl"
        )
        for joint in LEG_POINTS
    }


def without(tracks: Tracks, *ends: str) -> Tracks:
    return {name: track for name, track in tracks.items() if not name.endswith(ends)}


@pytest.mark.parametrize(
    "tracks",
    [
        pytest.param(plug_in_gait, id="plug-in-gait"),
        pytest.param(lambda: without(plug_in_gait(), "KNM", "MED"), id="lateral markers and wands"),
        pytest.param(lambda: without(plug_in_gait(), "KNM", "MED", "THI", "TIB"), id="lateral markers alone"),
        pytest.param(lambda: sacral(plug_in_gait()), id="sacrum for the PSIS"),
        pytest.param(opencap, id="opencap"),
        pytest.param(keypoints, id="video keypoints"),
        pytest.param(lambda: opencap() | keypoints(), id="opencap and keypoints"),
    ],
)
def test_joint_centres_are_found(tmp_path: Path, tracks: Callable[[], Tracks]) -> None:
    points = read(tmp_path, tracks())
    assert set(points.names) >= NEEDED
    assert set(points.names) <= NEEDED | set(EXTRA_POINTS)
    assert points.rate_hz == 50.0
    errors = errors_mm(points)
    assert all(errors[joint] < WITHIN_MM[joint] for joint in LEG_POINTS), errors


def sacral(tracks: Tracks) -> Tracks:
    return {**without(tracks, "PSI"), "SACR": 0.5 * (tracks["RPSI"] + tracks["LPSI"])}


def test_every_name_means_one_role() -> None:
    names = [name.format(s=side) for names in SIDED.values() for name in names for side in "rl"]
    names += [name for names in MIDDLE.values() for name in names]
    assert len(names) == len(set(names))
    assert role_of("Anna: L.Knee.Lat ") == "knee_lateral_l"
    assert role_of("*12") is None


def test_the_ball_of_the_foot_lies_between_the_outer_metatarsal_heads(tmp_path: Path) -> None:
    tracks = without(plug_in_gait(), "TOE")
    for side in "RL":
        tracks[f"{side}_FM1"] = plug_in_gait()[f"{side}TOE"] - [0.0, 0.0, 0.01]
        tracks[f"{side}_FM5"] = plug_in_gait()[f"{side}TOE"] + [0.0, 0.0, 0.01]
    np.testing.assert_allclose(
        read(tmp_path, tracks).of("toe_r"), read(tmp_path, plug_in_gait()).of("toe_r"), atol=1e-4
    )


def test_the_unit_of_the_file_does_not_matter(tmp_path: Path) -> None:
    in_mm, in_m = (read(tmp_path, plug_in_gait(), unit=unit) for unit in ("mm", "m"))
    assert (in_mm.unit_m, in_m.unit_m) == (0.001, 1.0)
    np.testing.assert_allclose(in_mm.position * 0.001, in_m.position, atol=2e-5)


def test_a_turned_room_turns_the_joints(tmp_path: Path) -> None:
    upright = read(tmp_path, plug_in_gait())
    y_up = read(tmp_path, {name: track[:, [1, 2, 0]] for name, track in plug_in_gait().items()})
    np.testing.assert_allclose(y_up.position, upright.position[..., [1, 2, 0]], atol=0.05)


def test_a_mirrored_recording_keeps_its_shape(tmp_path: Path) -> None:
    mirrored = {name: track * [1.0, -1.0, 1.0] for name, track in plug_in_gait().items()}
    kept = read(tmp_path, plug_in_gait())
    np.testing.assert_allclose(read(tmp_path, mirrored).position, kept.position * [1.0, -1.0, 1.0], atol=0.05)


def test_virtual_centres_count_before_the_regression(tmp_path: Path) -> None:
    given = {"RFEP": joints()["hip_r"], "LFEP": joints()["hip_l"], "RHipAngles": np.full((201, 3), 30.0)}
    assert errors_mm(read(tmp_path, plug_in_gait() | given))["hip"] < 0.1


def test_a_medial_marker_that_was_taken_off_is_not_missed(tmp_path: Path) -> None:
    tracks = plug_in_gait()
    for name in ("RKNM", "LKNM", "RMED", "LMED"):
        tracks[name][:] = np.nan
    tracks["RKNM"][:5] = 0.5
    assert np.isfinite(read(tmp_path, tracks).position).all()


def test_what_is_not_seen_is_nan_there_and_nowhere_else(tmp_path: Path) -> None:
    tracks = plug_in_gait()
    tracks["RKNE"][10:20] = np.nan
    tracks["LHEE"][30:33] = 0.0
    points = read(tmp_path, tracks)
    unseen = ~np.isfinite(points.position).all(-1)
    assert unseen[10:20, points.names.index("knee_r")].all()
    assert unseen[30:33, points.names.index("heel_l")].all()
    assert not unseen[:, points.names.index("hip_r")].any()
    assert unseen[:, points.names.index("knee_r")].sum() == 10


def test_the_prefix_of_a_subject_is_dropped_and_two_subjects_are_two_motions(tmp_path: Path) -> None:
    anna = {f"Anna:{name}": track for name, track in plug_in_gait().items()}
    assert read(tmp_path, anna).name == "walk"
    ben = {f"Ben:{name}": track + 1.0 for name, track in without(plug_in_gait(), "KNE").items()}
    first, second = read_motions(write_trc(tmp_path / "both.trc", anna | ben))
    assert (first.name, second.name) == ("both_Anna", "both_Ben")
    assert isinstance(first, Points)
    assert isinstance(second, Refused)
    assert "subject Ben: the markers do not give knee_r" in str(second.error)


@pytest.mark.parametrize(
    ("tracks", "sentence"),
    [
        (
            lambda: {name.replace("RKNE", "RKNEX"): track for name, track in plug_in_gait().items()},
            r"walk\.trc: the markers do not give knee_r, ankle_r; got .*expected for knee_r RKNE or RKJC or RKNEE, "
            r"seen as often as the others; the nearest there are RKNEX",
        ),
        (lambda: {f"M{i}": track for i, track in enumerate(plug_in_gait().values())}, "do not give hip_r, knee_r"),
        (lambda: without(plug_in_gait(), "PSI"), "for hip_r RASI or RPSI or RHJC"),
        (lambda: without(keypoints(), "BigToe", "SmallToe"), "do not give toe_r, toe_l"),
        (lambda: plug_in_gait() | {"rasi": plug_in_gait()["RASI"]}, "a marker is there twice; got RASI"),
    ],
)
def test_unknown_sets_are_refused_with_what_is_missing(
    tmp_path: Path, tracks: Callable[[], Tracks], sentence: str
) -> None:
    with pytest.raises(KinesisError, match=sentence):
        read(tmp_path, tracks())


def test_lines_are_drawn_along_the_body(tmp_path: Path) -> None:
    points = read(tmp_path, plug_in_gait())
    above = {
        name: points.names[parent] for name, parent in zip(points.names, points.parents, strict=True) if parent >= 0
    }
    assert above["knee_l"] == "hip_l"
    assert above["hip_r"] == "pelvis"
    assert "pelvis" not in above


@pytest.mark.parametrize("tracks", [plug_in_gait, opencap, keypoints])
def test_the_body_follows_the_markers(tmp_path: Path, tracks: Callable[[], Tracks]) -> None:
    body = load("legs80")
    clip = fit(read(tmp_path, tracks()), Kinematics(body, threads=1), rate_hz=RATE_HZ).clip
    true = walk()
    off = clip.qpos[:, body.joint_qpos] - true[: clip.frames, body.joint_qpos]
    rms_deg = np.rad2deg(np.sqrt((off**2).mean(0)))
    assert clip.category == "walk"
    assert rms_deg.max() < 5.0, dict(zip(body.joints, rms_deg, strict=True))
