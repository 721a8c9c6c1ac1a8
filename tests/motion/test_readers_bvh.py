"""BVH files of any program are read as the person moved, or refused in a sentence."""

import contextlib
import itertools
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.fit.sound import made_sound
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.points import LEG_POINTS, Points
from kinesis.motion.readers import read_motions, reader_of
from kinesis.motion.readers.bvh import read_bvh
from kinesis.motion.readers.joint_tree import meaning

from .writers import AXES, Y_UP, BvhForm, recorded, write_bvh

SIDED = tuple(f"{part}_{side}" for part in LEG_POINTS for side in "rl")


@cache
def walking() -> Clip:
    spec = GaitSpec(segments=(Segment(time_s=0.0, mode="walk", forward_mps=1.2),), duration_s=2.0)
    return generate(Kinematics(load("legs80"), threads=1), spec, rate_hz=50.0, name="walk")


@cache
def walking_text() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return write_bvh(walking(), Path(folder) / "walk.bvh", BvhForm(everywhere=False)).read_text()


def read_text(folder: Path, text: str, name: str = "made.bvh") -> Points:
    (folder / name).write_text(text)
    (points,) = read_bvh(folder / name)
    return points


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("order", ["".join(order) for order in itertools.permutations("XYZ")])
def test_any_order_of_angles_gives_the_places_of_the_joints(tmp_path: Path, order: str, everywhere: bool) -> None:
    (points,) = read_bvh(write_bvh(walking(), tmp_path / "a.bvh", BvhForm(order=order, everywhere=everywhere)))
    true = recorded(walking()).places
    assert points.rate_hz == 50.0
    assert (points.up, points.unit_m) == (None, None)
    for name in SIDED:
        error = np.linalg.norm(points.of(name) - 100.0 * true[name] @ Y_UP.T, axis=-1)
        assert error.max() < (1e-4 if everywhere else 2.0), name


@pytest.mark.parametrize("up", AXES)
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("per_m", [1.0, 39.37, 1000.0])
def test_any_axes_and_units_give_the_same_person(tmp_path: Path, up: str, mirrored: bool, per_m: float) -> None:
    (points,) = read_bvh(write_bvh(walking(), tmp_path / "a.bvh", BvhForm(up=up, mirrored=mirrored, per_m=per_m)))
    person, was_mirrored = made_sound(points)
    assert was_mirrored == mirrored
    assert_person(person)
    shank = np.linalg.norm(person.of("knee_r") - person.of("ankle_r"), axis=-1)
    true = recorded(walking()).places
    np.testing.assert_allclose(shank, np.linalg.norm(true["knee_r"] - true["ankle_r"], axis=-1), atol=1e-4)


def assert_person(points: Points) -> None:
    """Laws of a person, z up: bones of one length, feet below hips, right on the right, knees bent forward."""
    up = np.array([0.0, 0.0, 1.0])
    for side in "rl":
        for upper, lower in itertools.pairwise(LEG_POINTS):
            bone = np.linalg.norm(points.of(f"{upper}_{side}") - points.of(f"{lower}_{side}"), axis=-1)
            assert np.ptp(bone) < 0.02 * bone.mean()
    shank = np.linalg.norm(points.of("knee_r") - points.of("ankle_r"), axis=-1).mean()
    middle = {part: 0.5 * (points.of(f"{part}_r") + points.of(f"{part}_l")) for part in LEG_POINTS}
    assert ((middle["hip"] - middle["ankle"]) @ up).mean() > 1.2 * shank
    assert ((points.of("spine") - middle["hip"]) @ up).mean() > 0.1 * shank
    across = points.of("hip_r") - points.of("hip_l")
    forward = np.cross(up, across)
    bent = middle["knee"] - 0.5 * (middle["hip"] + middle["ankle"])
    assert (bent * forward).sum(-1).mean() > -0.03 * shank * np.linalg.norm(forward, axis=-1).mean()
    for side, sign in (("r", 1.0), ("l", -1.0)):
        foot, leg = (points.of(f"{part}_{side}") - points.of(f"ankle_{side}") for part in ("toe", "knee"))
        ahead = np.cross(leg, np.cross(foot, leg))  # across the shank, since feet hang back in running
        assert (ahead * forward).sum(-1).mean() > 0
        aside = points.of(f"knee_lateral_{side}") - points.of(f"knee_{side}")
        assert np.ptp(np.linalg.norm(aside, axis=-1)) < 1e-6 * shank
        along = np.linalg.norm(aside, axis=-1) * np.linalg.norm(across, axis=-1)
        assert sign * (aside * across).sum(-1).mean() > 0.6 * along.mean()


def test_a_mirrored_file_keeps_its_sides_and_its_walk(tmp_path: Path) -> None:
    (plain,) = read_bvh(write_bvh(walking(), tmp_path / "a.bvh"))
    (mirrored,) = read_bvh(write_bvh(walking(), tmp_path / "b.bvh", BvhForm(mirrored=True)))
    for name in SIDED:
        between = [np.linalg.norm(p.of(name) - p.of("pelvis"), axis=-1) for p in (plain, mirrored)]
        np.testing.assert_allclose(between[0], between[1], atol=1e-4)


def test_a_t_pose_in_front_is_left_out(tmp_path: Path) -> None:
    form = BvhForm(everywhere=False, t_pose=True)
    (points,) = read_bvh(write_bvh(walking(), tmp_path / "a.bvh", form))
    (plain,) = read_bvh(write_bvh(walking(), tmp_path / "b.bvh", BvhForm(everywhere=False)))
    assert points.labels["rest_frames"] == 1.0
    assert "rest_frames" not in plain.labels
    for name in SIDED:
        np.testing.assert_allclose(points.of(name), plain.of(name), atol=1e-4)


def test_the_place_beside_the_knee_lies_on_the_hinge(tmp_path: Path) -> None:
    (points,) = read_bvh(write_bvh(walking(), tmp_path / "a.bvh"))
    seen = recorded(walking())
    for side, sign in (("r", -1.0), ("l", 1.0)):
        bend = (seen.turns[f"hip_{side}"].inv() * seen.turns[f"knee_{side}"]).as_rotvec()
        axis = bend[np.argmax(np.linalg.norm(bend, axis=-1))]
        axis = sign * axis / np.linalg.norm(axis) * np.sign(axis[1])
        true = seen.turns[f"hip_{side}"].apply(axis) @ Y_UP.T
        aside = points.of(f"knee_lateral_{side}") - points.of(f"knee_{side}")
        cosine = (aside * true).sum(-1) / np.linalg.norm(aside, axis=-1)
        assert np.degrees(np.arccos(np.clip(cosine.mean(), -1.0, 1.0))) < 3.0


STYLES = {
    "Mixamo": "mixamorig:{Side}UpLeg mixamorig:{Side}Leg mixamorig:{Side}Foot mixamorig:{Side}ToeBase",
    "LaFAN": "{Side}UpLeg {Side}Leg {Side}Foot {Side}Toe",
    "100STYLE": "{Side}Hip {Side}Knee {Side}Ankle {Side}Toe",
    "Bandai-Namco": "UpperLeg_{S} LowerLeg_{S} Foot_{S} Toes_{S}",
    "CMU by daz": "{s}Thigh {s}Shin {s}Foot {s}Toe",
    "CMU by asf": "{s}femur {s}tibia {s}foot {s}toes",
    "Biped": "Bip01_{S}_Thigh Bip01_{S}_Calf Bip01_{S}_Foot Bip01_{S}_Toe0",
    "MASS": "Character1_{Side}UpLeg Character1_{Side}Leg Character1_{Side}Foot Character1_{Side}ToeBase",
    "GAMES-105": "{s}Hip {s}Knee {s}Ankle {s}ToeJoint",
    "Rigify": "thigh.{S} shin.{S} foot.{S} toe.{S}",
    "Unreal": "thigh_{s} calf_{s} foot_{s} ball_{s}",
    "SMPL": "{S}_Hip {S}_Knee {S}_Ankle {S}_Foot",
    "Xsens": "{Side}UpperLeg {Side}LowerLeg {Side}Foot {Side}Toe",
    "small letters": "{side}upleg {side}leg {side}foot {side}toe",
    "nothing": "bone{n}1 bone{n}2 bone{n}3 bone{n}4",
}


@pytest.mark.parametrize("style", STYLES)
def test_legs_are_found_in_every_style_of_names(tmp_path: Path, style: str) -> None:
    names = STYLES[style].split()
    text = walking_text()
    for side, n in (("Left", 3), ("Right", 7)):
        words = {"Side": side, "side": side.lower(), "S": side[0], "s": side[0].lower(), "n": n}
        for part, name in zip(("UpLeg", "Leg", "Foot", "ToeBase"), names, strict=True):
            text = text.replace(f"JOINT {side}{part}\n", f"JOINT {name.format(**words)}\n")
    points, plain = read_text(tmp_path, text), read_text(tmp_path, walking_text())
    for name in SIDED:
        np.testing.assert_allclose(points.of(name), plain.of(name), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "side", "part"),
    [
        ("lThighBend", "l", "thigh"),
        ("LHipJoint", "l", "hip"),
        ("lhipjoint", "l", "hip"),
        ("upperleg01.R", "r", "thigh"),
        ("R_Femur_RIGMESH", "r", ""),
        ("torso_head", "", "head"),
        ("lowerback_torso", "", ""),
        ("LeftHandIndex1", "l", ""),
        ("rButtock", "r", ""),
    ],
)
def test_names_mean_what_their_words_say(name: str, side: str, part: str) -> None:
    assert meaning(name) == (side, part)


def test_a_foot_without_a_toe_joint_ends_at_its_end_site(tmp_path: Path) -> None:
    text = walking_text()
    for side in ("Left", "Right"):
        start = text.index(f"JOINT {side}ToeBase")
        offset = text[text.index("OFFSET", start) : text.index("CHANNELS", start)]
        end = text.index("End Site", start)
        text = text[:start] + "End Site\n{\n" + offset + text[text.index("}\n", end) + 2 :]
    head, table = text.split("Frame Time")
    time, *rows = table.splitlines()
    kept = [" ".join(row.split()[:-15] + row.split()[-12:-3]) for row in rows]
    points = read_text(tmp_path, "\n".join([f"{head}Frame Time{time}", *kept]))
    plain = read_text(tmp_path, walking_text())
    np.testing.assert_allclose(points.of("toe_r"), plain.of("toe_r"), atol=1e-6)
    np.testing.assert_allclose(points.of("toe_l"), plain.of("toe_l"), atol=1e-6)


def test_positions_that_all_but_vanish_are_added_to_the_offsets(tmp_path: Path) -> None:
    """Some programs write six channels for every joint and nothing into three of them."""
    head, table = walking_text().split("Frame Time")
    time, *rows = table.splitlines()
    first, *rest = head.split("CHANNELS 3 Z")
    head = first + "".join(f"CHANNELS 6 Xposition Yposition Zposition Z{part}" for part in rest)
    zeros = []
    for row in rows:
        words = row.split()
        zeros.append(
            " ".join(words[:6] + [w for i in range(6, len(words), 3) for w in ("0", "0", "0", *words[i : i + 3])])
        )
    points = read_text(tmp_path, "\n".join([f"{head}Frame Time{time}", *zeros]))
    np.testing.assert_allclose(points.position, read_text(tmp_path, walking_text()).position, atol=1e-9)


@pytest.mark.parametrize(
    ("written", "rate_hz"),
    [
        ("0.0333333", 30.0),
        ("0.008333", 120.0),
        ("0.0417", 24.0),
        ("0.016667", 60.0),
        ("0.03336667", 29.97),
        ("0.01", 100.0),
    ],
)
def test_a_rate_is_whole_where_its_digits_allow_it(tmp_path: Path, written: str, rate_hz: float) -> None:
    text = walking_text().replace("Frame Time: 0.02000000", f"Frame Time: {written}")
    assert read_text(tmp_path, text).rate_hz == pytest.approx(rate_hz, abs=1e-3)


def test_a_file_read_in_pieces_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_text(tmp_path, walking_text())
    monkeypatch.setattr("kinesis.motion.readers.bvh_text._BLOCK_NUMBERS", 400)
    np.testing.assert_allclose(read_text(tmp_path, walking_text()).position, whole.position, atol=1e-9)


def test_it_is_found_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "walk.txt"
    path.write_bytes(b"\xef\xbb\xbf" + walking_text().replace("\n", "\r\n").encode())
    (points,) = read_motions(path)
    assert isinstance(points, Points)
    assert points.name == "walk"


TEXT = walking_text()
HEAD = TEXT[: TEXT.index("Frame Time")]
FAULTS = {
    "no numbers": (TEXT[: TEXT.index("Frame Time: 0.02") + 23], "frames do not end"),
    "cut in a frame": (TEXT[: len(TEXT) - 200], "does not fit|do not end"),
    "cut in the tree": (TEXT[:300], "ends early|not a line"),
    "one frame": (TEXT.replace("Frames: 101", "Frames: 1"), "too few frames"),
    "no frames": (TEXT.replace("Frames: 101", "Frames: 0"), "too few frames"),
    "more frames than stated": (TEXT.replace("Frames: 101", "Frames: 100"), "do not end"),
    "fewer frames than stated": (TEXT.replace("Frames: 101", "Frames: 102"), "do not end"),
    "ten hours stated": (TEXT.replace("Frames: 101", "Frames: 1800000"), "too long"),
    "not a number": (TEXT.replace(TEXT.split()[-3], "nan"), "not a number of a recording"),
    "infinite": (TEXT.replace(TEXT.split()[-3], "1e999"), "not a number of a recording"),
    "a comma": (TEXT.replace(TEXT.split()[-3], "0,5"), "not a number of a recording"),
    "time stands still": (TEXT.replace("Frame Time: 0.02000000", "Frame Time: 0"), "not a line"),
    "time is nan": (TEXT.replace("Frame Time: 0.02000000", "Frame Time: nan"), "not a line"),
    "unknown channel": (TEXT.replace("Zrotation Xrotation", "Zrotation Wrotation", 1), "not a line"),
    "channels miscounted": (TEXT.replace("CHANNELS 6", "CHANNELS 5", 1), "not a line"),
    "offset missing": (TEXT.replace("OFFSET", "OFSET", 1), "not a line"),
    "two trees": (TEXT.replace("MOTION", "ROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 0\n}\nMOTION"), "not a line"),
    "no legs": (
        "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"
        "End Site\n{\nOFFSET 0 1 0\n}\n}\n"
        "MOTION\nFrames: 3\nFrame Time: 0.1\n" + "0 0 0\n" * 3,
        "no two legs",
    ),
    "huge": (TEXT.replace(TEXT.split("Frame Time: 0.02000000\n")[1].split()[0], "1e30"), "not a number of a recording"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_a_sentence(tmp_path: Path, fault: str) -> None:
    text, said = FAULTS[fault]
    with pytest.raises(KinesisError, match=said):
        read_text(tmp_path, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(data=st.data())
def test_damage_anywhere_gives_points_or_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(TEXT[: TEXT.index("Frame Time") + 3000].encode())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["byte", "cut", "word", "copy"]))
        if kind == "byte":
            content[at] = data.draw(st.integers(0, 255))
        elif kind == "word":
            content[at:at] = data.draw(
                st.sampled_from([b" nan ", b"{", b"}\n", b"JOINT ", b"1e308 ", b"-", b"\n", b"\0"])
            )
        elif kind == "copy":
            content[at:at] = content[at : at + 200]
        else:
            del content[at : at + data.draw(st.integers(1, 500))]
        content = content or bytearray(b" ")
    path = tmp_path / "damaged.bvh"
    path.write_bytes(content)
    with contextlib.suppress(KinesisError):
        (points,) = read_bvh(path)
        assert np.isfinite(points.position).all()


def test_a_tree_deeper_than_any_person_ends_in_a_sentence(tmp_path: Path) -> None:
    joint = "JOINT a\n{\nOFFSET 0 1 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"
    text = "HIERARCHY\nROOT a\n{\nOFFSET 0 1 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n" + joint * 5000
    with pytest.raises(KinesisError, match="not a line of BVH here"):
        read_text(tmp_path, text)


@pytest.mark.parametrize("branches", [1, 3, 30])
def test_a_large_tree_without_names_does_not_hang(tmp_path: Path, branches: int) -> None:
    opened = "JOINT a\n{\nOFFSET 0 1 0\nCHANNELS 1 Xrotation\n"
    branch = opened * (900 // branches) + "}\n" * (900 // branches)
    text = f"HIERARCHY\nROOT a\n{{\nOFFSET 0 1 0\nCHANNELS 1 Xrotation\n{branch * branches}}}\nMOTION\n"
    rows = f"Frames: 4\nFrame Time: 0.1\n{(' '.join(['0'] * (900 // branches * branches + 1)) + chr(10)) * 4}"
    with contextlib.suppress(KinesisError):
        read_text(tmp_path, text + rows)


FILES = (
    "cmu_bvh/02_01_daz.bvh",
    "games105/walkF.bvh",
    "games105/run_forward.bvh",
    "games105/idle.bvh",
    "mass/walk.bvh",
    "mass/run.bvh",
)


@pytest.mark.parametrize("file", FILES)
def test_recordings_show_a_person(shared_data: Path, file: str) -> None:
    (points,) = read_bvh(shared_data / "mocap" / file)
    person, mirrored = made_sound(points)
    assert_person(person)
    assert not mirrored
    assert points.labels.get("rest_frames", 0.0) == (4.0 if file.startswith("cmu") else 0.0)


@pytest.mark.parametrize(
    "file", ["bandai_namco/d1_dash.zip", "bandai_namco/d1_walk-back.zip", "reactidle/reactidle_6clips.zip"]
)
def test_archived_recordings_show_a_person(shared_data: Path, tmp_path: Path, file: str) -> None:
    with zipfile.ZipFile(shared_data / "mocap" / file) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".bvh"))[:3]
        for name in names:
            archive.extract(name, tmp_path)
    for name in names:
        (points,) = read_bvh(tmp_path / name)
        person, mirrored = made_sound(points)
        assert_person(person)
        assert not mirrored
        assert reader_of(tmp_path / name) is not None
