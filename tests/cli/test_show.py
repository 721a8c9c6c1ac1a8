"""`kinesis show`: one motion of any kind becomes a page; what is not one motion becomes a sentence."""

import dataclasses
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.cli import main
from kinesis.motion.clip import Clip, save_clip
from kinesis.motion.find import find_motion
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.readers.smpl_skeleton import JOINTS

BODY = load("legs80")
BONES = {"pelvis": "pelvis", "hip": "femur", "knee": "tibia", "ankle": "talus", "toe": "toes"}


@cache
def walking(seconds: float = 3.0) -> Clip:
    return generate(Kinematics(BODY), GaitSpec((Segment(0.0, "walk", 1.2),), seconds), name="walking")


def landmark(clip: Clip, bone: str) -> np.ndarray:
    return clip.landmarks[:, BODY.landmarks.index(bone)]


def joint_positions(clip: Clip) -> np.ndarray:
    """(frame, 22, 3) of a clip; what the body lacks stands straight over the pelvis."""
    pelvis = landmark(clip, "pelvis")
    places = []
    for height, name in enumerate(JOINTS):
        part, _, side = name.partition("_")
        bone = f"{BONES.get(part)}_{side}" if side else BONES.get(part)
        seen = bone in BODY.landmarks
        places.append(landmark(clip, bone) if seen else pelvis + np.array([0.0, 0.0, 0.03 * height]))
    return np.stack(places, axis=1)


def write_joints(clip: Clip, path: Path) -> Path:
    np.savez(path, joints=joint_positions(clip), fps=clip.rate_hz)
    return path


def show(capsys, *argv: object) -> tuple[int, str, dict]:
    """Exit code, what was printed, and the motion in the page."""
    code = main(["show", *map(str, argv), "--no-open"])
    printed = capsys.readouterr()
    page = re.search(r"^page: (\S+)", printed.out, re.MULTILINE)
    scene = re.search(r'type="application/json">(.*?)</script>', Path(page[1]).read_text(), re.DOTALL) if page else None
    return code, printed.out + printed.err, json.loads(scene[1])["clips"][0] if scene else {}


def test_a_recording_is_shown_beside_its_joints_with_faults_and_scorecard(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, printed, clip = show(capsys, write_joints(walking(10.0), tmp_path / "mine.npz"))
    assert code == 0
    assert "grade A" in printed
    assert Path("out/mine.html").stat().st_size < 3_000_000
    assert clip["source"]["shape"] == [clip["frames"], 3 * len(JOINTS)]
    assert clip["lines"]
    assert clip["faults"][0]["label"] == "fit error over 35 mm"
    assert {"grade", "motion", "speed", "fit error", "skating"} <= dict(clip["metrics"]).keys()


def test_the_recorded_joints_coincide_with_the_body_that_they_were_written_from(tmp_path):
    path = write_joints(walking(), tmp_path / "mine.npz")
    fitted = find_motion(str(path), Kinematics(BODY))
    assert fitted.source is not None
    for part, bone in BONES.items():
        if part != "pelvis":
            apart = fitted.source.of(f"{part}_l") - landmark(fitted.clip, f"{bone}_l")
            assert np.linalg.norm(apart, axis=-1).max() < 0.005, part


def test_a_saved_clip_has_body_and_faults_but_no_joints(capsys, tmp_path):
    save_clip(walking(), tmp_path / "saved.npz")
    code, _, clip = show(capsys, tmp_path / "saved.npz", "--out", tmp_path / "page.html")
    assert code == 0
    assert "source" not in clip
    assert clip["faults"][0]["label"] == "joint at its limit"


def test_a_joint_pushed_to_its_limit_is_marked_where_it_is(capsys, tmp_path):
    qpos, knee = walking().qpos.copy(), BODY.joints.index("knee_angle_r")
    qpos[20:30, BODY.joint_qpos[knee]] = BODY.joint_range[knee, 0]
    save_clip(dataclasses.replace(walking(), qpos=qpos), tmp_path / "pushed.npz")
    told = show(capsys, tmp_path / "pushed.npz", "--out", tmp_path / "page.html")[2]["faults"]
    assert next(fault["runs"] for fault in told if fault["label"] == "joint at its limit") == [[20, 29]]


def test_one_of_several_motions_is_chosen_by_its_name(capsys, tmp_path):
    several = np.stack([joint_positions(walking())] * 2)
    np.save(tmp_path / "several.npy", several)
    assert show(capsys, tmp_path / "several.npy", "--clip", "several_1", "--out", tmp_path / "page.html")[0] == 0
    code, printed, _ = show(capsys, tmp_path / "several.npy")
    assert (code, "several_0, several_1" in printed) == (2, True)
    code, printed, _ = show(capsys, tmp_path / "several.npy", "--clip", "several_3")
    assert (code, "did you mean" in printed) == (2, True)


@pytest.mark.parametrize(
    ("what", "words"), [("none.bvh", "no such file"), (".", "a folder is not one motion"), ("builtin:walk@x", "speed")]
)
def test_refusals_are_one_sentence(capsys, tmp_path, monkeypatch, what, words):
    monkeypatch.chdir(tmp_path)
    code, printed, _ = show(capsys, what)
    assert code == 2
    assert words in printed
    assert len(printed.strip().splitlines()) == 1


def test_the_page_is_opened_only_where_there_is_a_display(capsys, tmp_path, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: not opened.append(address))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    command = ["show", "builtin:walk@1.2", "--out", str(tmp_path / "page.html")]
    assert main(command) == 0
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    assert main(command) == 0
    assert opened == [(tmp_path / "page.html").as_uri()]
