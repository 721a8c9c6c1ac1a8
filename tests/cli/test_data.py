"""`kinesis data` builds a dataset from what is on disk: split, lists, licences, and what is missing."""

import json
from pathlib import Path

import numpy as np
import pytest

from kinesis.body import load
from kinesis.cli import main
from kinesis.errors import KinesisError
from kinesis.motion import kit
from kinesis.motion.find import find_motions
from kinesis.motion.split import read_keys

KEYS = [
    "0-KIT_314_walking_slow01_poses",
    "0-KIT_3_walking_fast02_poses",
    "0-KIT_3_walking_slow01_poses",
    "0-KIT_425_RightTurn03_poses",
]
KEPT = ["mocap/anna/one", "mocap/anna/two", "mocap/ben/one"]


def swinging_legs(frames: int) -> dict[str, np.ndarray]:
    """Made-up SMPL angles of someone who goes along -y at 1 m/s, at 100 Hz."""
    time_s = np.arange(frames) / 100.0
    swing, pose = np.sin(2.0 * np.pi * time_s), np.zeros((frames, 66))
    pose[:, 0] = 0.5 * np.pi
    pose[:, 3], pose[:, 6] = -0.35 * swing, 0.35 * swing
    pose[:, 12], pose[:, 15] = 0.3 + 0.3 * swing, 0.3 - 0.3 * swing
    return {"pose": pose, "trans": np.stack([0.0 * time_s, -1.0 * time_s, 0.95 + 0.0 * time_s], 1)}


def save_recording(path: Path, frames: int = 150) -> None:
    """As AMASS writes it: in the form of SMPL-X where the name ends so, of SMPL-H else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    legs = swinging_legs(frames)
    pose, trans = legs["pose"], legs["trans"]
    if path.stem.endswith("_stageii"):
        np.savez(path, trans=trans, root_orient=pose[:, :3], pose_body=pose[:, 3:], mocap_frame_rate=100.0)
    else:
        np.savez(path, trans=trans, poses=np.pad(pose, ((0, 0), (0, 90))), mocap_framerate=100.0, gender="male")


@pytest.fixture
def amass(tmp_path: Path) -> Path:
    """A download with three subjects, one file in the form of SMPL-X, one that is no locomotion, one too short."""
    for name in ("3/walking_slow01_poses", "3/walking_fast02_poses", "314/walking_slow01_poses"):
        save_recording(tmp_path / "AMASS" / "KIT" / f"{name}.npz")
    save_recording(tmp_path / "AMASS" / "KIT" / "425" / "RightTurn03_stageii.npz")
    save_recording(tmp_path / "AMASS" / "KIT" / "3" / "push_recovery01_poses.npz")
    save_recording(tmp_path / "AMASS" / "KIT" / "425" / "LeftTurn01_poses.npz", frames=1)
    return tmp_path / "AMASS"


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> dict:
    assert main(["data", *map(str, argv), "--jobs", "1", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_kit_is_split_by_subject_and_imported_with_source_and_licence(
    amass: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kit"
    report = run(capsys, "kit", "--amass", amass, "--out", out, "--test-share", 0.3)
    train, test = read_keys(out / "train.txt"), read_keys(out / "test.txt")
    assert sorted(train + test) == KEYS
    assert (report["train"], report["test"]) == (len(train), len(test))
    assert not {kit.subject_of(key) for key in train} & {kit.subject_of(key) for key in test}
    assert report["import"]["clips_ok"] == 4
    assert "LeftTurn01_poses.npz: too few frames" in report["import"]["refused"][0]["reason"]
    head = (out / "train.txt").read_text().splitlines()[:5]
    assert head[1].startswith("# split by subject, drawn with seed 0: 1 of 3 subjects are kept for tests")
    assert head[3] == f"# licence: {kit.LICENCE}"
    assert "split by clip" in head[4]
    clips = find_motions(str(out / "test.txt"), load("legs80"))
    assert len(clips) == len(test)
    assert {clip.licence for clip in clips} == {kit.LICENCE}
    assert clips[0].source.startswith(f"{kit.SOURCE}, subject {kit.subject_of(test[0])}; ")


def test_published_lists_are_kept_and_what_is_missing_is_listed_with_its_terms(
    amass: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(f"{KEYS[1]}\n0-KIT_3_push_recovery01_poses\n0-KIT_9_turn_left01_poses\n")
    (tmp_path / "b.txt").write_text(f"{KEYS[2]}\n0-KIT_9_turn_left02_poses\n")
    lists = ("--train-keys", tmp_path / "a.txt", "--test-keys", tmp_path / "b.txt")
    out = tmp_path / "kit"
    report = run(capsys, "kit", "--amass", amass, "--out", out, *lists)
    assert read_keys(out / "train.txt") == (KEYS[1], "0-KIT_3_push_recovery01_poses")
    assert read_keys(out / "test.txt") == (KEYS[2],)
    assert report["missing"] == ["0-KIT_9_turn_left01_poses", "0-KIT_9_turn_left02_poses"]
    assert read_keys(out / "missing.txt") == tuple(report["missing"])
    text = (out / "missing.txt").read_text()
    assert "register at https://amass.is.tue.mpg.de" in text
    assert "non-commercial" in text
    assert "2 stated clips are not there; see missing.txt" in (out / "train.txt").read_text()


def test_again_it_imports_nothing_twice_and_forgets_what_is_missing_no_more(
    amass: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kit"
    (out).mkdir()
    (out / "missing.txt").write_text("0-KIT_9_turn_left01_poses\n")
    first = run(capsys, "kit", "--amass", amass, "--out", out)
    written = {path: path.stat().st_mtime_ns for path in (out / "clips").glob("*.npz")}
    assert run(capsys, "kit", "--amass", amass, "--out", out) == first
    assert {path: path.stat().st_mtime_ns for path in (out / "clips").glob("*.npz")} == written
    assert not (out / "missing.txt").exists()


def test_only_lists_are_written_where_asked(amass: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "kit", "--amass", amass, "--out", tmp_path / "kit", "--list-only")
    assert report["import"] is None
    assert report["train"] + report["test"] == 5
    assert not (tmp_path / "kit" / "clips").exists()


def test_a_folder_is_split_by_the_folders_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("anna/one", "anna/two", "ben/one"):
        save_recording(tmp_path / "mocap" / f"{name}.npz")
    (tmp_path / "mocap" / "LICENSE.txt").write_text("CC BY 4.0")
    (tmp_path / "mocap" / "notes.txt").write_text("on a Sunday")
    out = tmp_path / "mocap" / "built"
    report = run(capsys, "folder", tmp_path / "mocap", "--out", out)
    assert report["split"].startswith("by folder, drawn with seed 0: 1 of 2 folders")
    assert sorted(read_keys(out / "train.txt") + read_keys(out / "test.txt")) == KEPT
    assert "licence: CC-BY-4.0" in report["about"]
    assert run(capsys, "folder", tmp_path / "mocap", "--out", out) == report
    clips = find_motions(f"{out / 'train.txt'},{out / 'test.txt'}", load("legs80"))
    assert [clip.licence for clip in clips] == ["CC-BY-4.0"] * 3


def test_recordings_of_one_folder_are_split_one_by_one_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        save_recording(tmp_path / "mocap" / f"{name}.npz")
    report = run(capsys, "folder", tmp_path / "mocap", "--out", tmp_path / "out", "--list-only", "--licence", "CC0-1.0")
    assert report["split"].startswith("by recording, drawn with seed 0")
    assert "licence: CC0-1.0" in report["about"]


def test_a_listed_clip_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "train.txt").write_text("gone\n")
    with pytest.raises(KinesisError, match=r"gone\.npz: there is no such file"):
        find_motions(str(tmp_path / "train.txt"), load("legs80"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("kit", "--amass", "absent"), "absent: no such folder; register at https://amass.is.tue.mpg.de"),
        (("kit", "--amass", "."), "no recordings of KIT"),
        (("kit", "--amass", "AMASS", "--train-keys", "a.txt"), "one list of keys without the other"),
        (("kit", "--amass", "AMASS", "--train-keys", "no.txt", "--test-keys", "no.txt"), "there is no such file"),
        (("kit", "--amass", "AMASS", "--train-keys", "a.txt", "--test-keys", "b.txt"), "none of the listed clips"),
        (("kit", "--amass", "AMASS", "--test-share", "2"), "not a share to keep for tests"),
        (("folder", "absent"), "absent: no such folder"),
        (("folder", "empty"), "empty: no recording found"),
    ],
)
def test_refusals_are_one_sentence(
    amass: Path,
    argv: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(amass.parent if argv[-1] != "." else amass / "KIT" / "3")
    Path("empty").mkdir()
    for name in ("a.txt", "b.txt"):
        Path(name).write_text(f"absent_{name}\n")
    assert main(["data", *argv, "--list-only"]) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert len(printed.strip().splitlines()) == 1
