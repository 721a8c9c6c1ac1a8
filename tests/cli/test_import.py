"""`kinesis import`: whatever people have becomes clips, or a sentence; nothing is half done, nothing done twice."""

import json
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kinesis.body import Kinematics, load
from kinesis.cli import main
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip, save_clip
from kinesis.motion.files import motion_files
from kinesis.motion.find import find_motions
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.importing import ROWS
from kinesis.motion.licence import licence_beside
from kinesis.motion.readers.opensim import write_opensim

BODY = load("legs80")
KEYS = [
    "clips_in",
    "clips_ok",
    "refused",
    "fit_mm_median",
    "fit_mm_p95",
    "limit_frames",
    "tendon_breaks",
    "tendon_jumps",
    "realtime_factor",
    "by_category",
]
OFFSETS = {"Leg": (0.0, -40.0, 0.0), "Foot": (0.0, -40.0, 0.0), "ToeBase": (0.0, -5.0, 13.0)}


@cache
def walking() -> Clip:
    spec = GaitSpec((Segment(0.0, "walk", 1.2),), 2.0)
    return generate(Kinematics(BODY, threads=1), spec, name="walking")


def bvh(frames: int = 60) -> str:
    """A person in centimetres who swings the legs, y up, at 30 Hz."""
    lines = ["HIERARCHY", "ROOT Hips", "{", "OFFSET 0 0 0"]
    lines += ["CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"]
    for side, x in (("Left", 9.0), ("Right", -9.0)):
        for depth, (name, offset) in enumerate({"UpLeg": (x, 0.0, 0.0), **OFFSETS}.items()):
            lines += [f"{'  ' * depth}JOINT {side}{name}", "{", "OFFSET {} {} {}".format(*offset)]
            lines += ["CHANNELS 3 Zrotation Xrotation Yrotation"]
        lines += ["End Site", "{", "OFFSET 0 0 5", "}", *["}"] * 4]
    lines += ["JOINT Spine", "{", "OFFSET 0 12 0", "CHANNELS 3 Zrotation Xrotation Yrotation"]
    lines += ["End Site", "{", "OFFSET 0 40 0", "}", "}", "}", "MOTION", f"Frames: {frames}", "Frame Time: 0.0333333"]
    swing = 20.0 * np.sin(2.0 * np.pi * np.arange(frames) / 30.0)
    for frame, angle in enumerate(swing):
        row = [0.0, 84.0, 3.0 * frame, 0.0, 0.0, 0.0]
        for sign in (1.0, -1.0):
            row += [0.0, sign * angle - 5.0, 0.0, 0.0, 15.0, 0.0, 0.0, -10.0, 0.0, 0.0, 0.0, 0.0]
        lines.append(" ".join(f"{value:.4f}" for value in [*row, 0.0, 0.0, 0.0]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder, a folder in it, an archive, a damaged file, and files that are no recordings."""
    folder = tmp_path / "recordings"
    (folder / "more").mkdir(parents=True)
    write_opensim(walking(), BODY, folder / "walk.mot")
    (folder / "more" / "walk.bvh").write_text(bvh())
    (folder / "LICENSE.txt").write_text("Creative Commons Attribution 4.0 International")
    (folder / "notes.md").write_text("# Notes")
    (folder / "broken.bvh").write_text(bvh()[:400])
    with zipfile.ZipFile(folder / "many.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/walk.bvh", bvh(50))
        archive.writestr("../../outside.bvh", bvh(40))
        archive.writestr("README", "nothing")
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = main(["import", *map(str, argv)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def imported(capsys: pytest.CaptureFixture[str], *argv: object) -> dict:
    return json.loads(run(capsys, *argv, "--json", "--jobs", 1)[1])


def test_a_folder_becomes_clips_that_can_be_followed(recordings: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "clips"
    summary = imported(capsys, recordings, "--out", out)
    assert list(summary) == KEYS
    assert (summary["clips_in"], summary["clips_ok"]) == (5, 4)
    (refused,) = summary["refused"]
    assert refused["file"] == str(recordings / "broken.bvh")
    assert refused["reason"].startswith(refused["file"])
    assert summary["fit_mm_median"] < 15.0
    assert sum(row["clips"] for row in summary["by_category"].values()) == 4
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.npz")) == [
        "recordings/many/a/walk.npz",
        "recordings/many/outside.npz",
        "recordings/more/walk.npz",
        "recordings/walk.npz",
    ]
    assert not (tmp_path / "outside.bvh").exists()
    clips = find_motions(str(out), BODY)
    assert [clip.licence for clip in clips] == ["CC-BY-4.0"] * 4
    assert all({"category", "grade", "speed_mps"} <= set(clip.labels) for clip in clips)


def test_what_is_imported_is_not_imported_again_and_what_is_new_is(recordings: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "clips"
    first = imported(capsys, recordings, "--out", out)
    written = {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")}
    assert imported(capsys, recordings, "--out", out) == first
    assert written == {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")}
    (recordings / "more" / "walk.bvh").write_text(bvh(70))
    (out / "recordings" / "walk.npz").unlink()
    imported(capsys, recordings, "--out", out)
    again = {path for path in out.rglob("*.npz") if path.stat().st_mtime_ns != written.get(path)}
    assert {path.relative_to(out) for path in again} == {Path("recordings/more/walk.npz"), Path("recordings/walk.npz")}


def test_a_kill_leaves_nothing_half_written(recordings: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "clips"
    imported(capsys, recordings, "--out", out)
    rows = (out / ROWS).read_text()
    (out / ROWS).write_text(rows[: len(rows) // 2])
    (out / "recordings" / ".walk.npz.1.part").write_bytes(b"PK half")
    assert imported(capsys, recordings, "--out", out)["clips_ok"] == 4
    assert (out / ROWS).read_text() == rows or len((out / ROWS).read_text().splitlines()) == 5
    assert len(find_motions(str(out), BODY)) == 4


def test_a_save_that_fails_leaves_the_old_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clip.npz"
    save_clip(walking(), path)
    before = path.read_bytes()

    def broken(file: object, **_arrays: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", broken)
    with pytest.raises(OSError, match="no space"):
        save_clip(walking(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_processes_side_by_side_give_the_same_clips(recordings: Path, tmp_path: Path, capsys) -> None:
    alone = imported(capsys, recordings, "--out", tmp_path / "alone")
    code, out, _ = run(capsys, recordings, "--out", tmp_path / "both", "--jobs", 2, "--json")
    assert code == 0
    both = json.loads(out)
    del alone["realtime_factor"], both["realtime_factor"]
    assert both == alone


def test_the_table_names_what_was_refused(recordings: Path, tmp_path: Path, capsys) -> None:
    code, out, _ = run(capsys, recordings, "--out", tmp_path / "clips", "--jobs", 1)
    assert code == 0
    assert "4 of 5 imported" in out
    assert "broken.bvh" in out


def test_the_licence_that_the_user_states_leads(recordings: Path, tmp_path: Path, capsys) -> None:
    imported(capsys, recordings / "walk.mot", "--out", tmp_path / "clips", "--licence", "mine alone")
    (clip,) = find_motions(str(tmp_path / "clips"), BODY)
    assert clip.licence == "mine alone"


def test_files_of_one_name_do_not_overwrite_each_other(recordings: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "clips"
    imported(capsys, recordings / "walk.mot", recordings / "more" / "walk.bvh", "--out", out)
    assert sorted(path.name for path in out.glob("*.npz")) == ["walk-2.npz", "walk.npz"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["absent"], "absent: no such file or folder"),
        (["{}", "--jobs", "-1"], "not a number of processes"),
    ],
)
def test_refusals_are_one_sentence(argv: list[str], words: str, recordings: Path, tmp_path: Path, capsys) -> None:
    code, _, err = run(capsys, *(word.format(recordings) for word in argv), "--out", tmp_path / "clips")
    assert code == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_only_bad_files_give_the_exit_code_of_a_refusal(recordings: Path, tmp_path: Path, capsys) -> None:
    code, out, _ = run(capsys, recordings / "broken.bvh", "--out", tmp_path / "clips", "--json")
    assert code == 2
    assert json.loads(out)["clips_ok"] == 0


def test_an_archive_that_swells_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bvh", b"0 " * 20_000_000)
    (file,) = motion_files(path)
    with pytest.raises(KinesisError, match=r"bomb\.zip!bomb\.bvh: a file in the archive is too large"):
        file.recordings()


def test_a_damaged_archive_is_refused(recordings: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.zip"
    content = bytearray((recordings / "many.zip").read_bytes())
    content[100:400] = bytes(300)
    path.write_bytes(content)
    (file,) = (file for file in motion_files(path) if file.member == "a/walk.bvh")
    with pytest.raises(KinesisError, match=r"cut\.zip!a/walk\.bvh: the archive cannot be read"):
        file.recordings()


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("LICENSE", "MIT License\n\nPermission is hereby granted, free of charge, to any person", "MIT"),
        ("LICENSE-CC-BY-NC-4.0.txt", "words", "CC-BY-NC-4.0"),
        ("COPYING", "Redistribution and use in source and binary forms, with or without", "BSD"),
        ("licence.md", "Ask the author.", "see licence.md"),
    ],
)
def test_a_licence_beside_the_data_is_recognised(name: str, text: str, licence: str, tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / name).write_text(text)
    file = tmp_path / "data" / "deep" / "walk.bvh"
    file.write_text(bvh(5))
    assert licence_beside(file, tmp_path / "data") == licence
    assert licence_beside(file, file) is None
