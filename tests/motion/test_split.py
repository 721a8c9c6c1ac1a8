"""Splits keep groups whole, say how they were made, and are plain text; KIT's files get the published keys."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis.errors import KinesisError
from kinesis.motion import kit
from kinesis.motion.split import read_keys, split_by_group, split_by_lists, write_keys

SUBJECTS = {f"{subject}_{i}": f"S{subject}" for subject in range(7) for i in range(10)}


@given(
    st.dictionaries(st.integers(0, 500).map(str), st.sampled_from("abcdefgh"), min_size=2),
    st.floats(0.01, 0.99),
    st.integers(0, 9),
)
def test_no_group_is_in_both_parts_and_none_is_empty(groups: dict[str, str], share: float, seed: int) -> None:
    if len(set(groups.values())) < 2:
        return
    split = split_by_group(groups, kind="subject", share=share, seed=seed)
    assert sorted(split.keys) == sorted(groups)
    assert split.train
    assert split.test
    assert not {groups[key] for key in split.train} & {groups[key] for key in split.test}


def test_the_seed_draws_the_groups_and_the_order_of_the_files_does_not_matter() -> None:
    first = split_by_group(SUBJECTS, kind="subject", share=0.3, seed=0)
    turned = split_by_group(dict(reversed(SUBJECTS.items())), kind="subject", share=0.3, seed=0)
    assert first == turned
    assert len(first.test) == 20
    assert first.rule.startswith("by subject, drawn with seed 0: 2 of 7 subjects are kept for tests (S")
    assert {split_by_group(SUBJECTS, kind="subject", share=0.3, seed=seed).test for seed in range(9)} != {first.test}


@pytest.mark.parametrize(
    ("groups", "share", "sentence"),
    [
        ({"a": "x", "b": "x"}, 0.1, "one subject cannot be parted in two; got x, expected two or more"),
        ({}, 0.1, "got none"),
        (SUBJECTS, 0.0, "not a share to keep for tests; got 0.0"),
        (SUBJECTS, 1.0, "not a share"),
        (SUBJECTS, float("nan"), "not a share"),
    ],
)
def test_what_cannot_be_parted_is_refused(groups: dict[str, str], share: float, sentence: str) -> None:
    with pytest.raises(KinesisError, match=sentence):
        split_by_group(groups, kind="subject", share=share, seed=0)


def test_lists_come_back_as_they_were_written(tmp_path: Path) -> None:
    keys = ("0-KIT_3_walking_slow01_poses", "a name with spaces", "Gehen_ü")
    write_keys(tmp_path / "lists" / "train.txt", keys, ["KIT", "rule: by subject"])
    text = (tmp_path / "lists" / "train.txt").read_text(encoding="utf-8")
    assert text.startswith("# KIT\n# rule: by subject\n0-KIT_3")
    assert read_keys(tmp_path / "lists" / "train.txt") == keys


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the file is empty"),
        (b"# only words\n\n", "the list holds no key"),
        (b"a\nb\na\n", "line 3: a key is there twice; got a, expected it on line 1 alone"),
        (b"a\n" + b"x" * 400, "line 2: not a key"),
        (b"a\nb\x07c\n", "line 2: not a key"),
        (b"\x00\x01", "line 1: not text"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "keys.txt").write_bytes(data)
    with pytest.raises(KinesisError, match=sentence):
        read_keys(tmp_path / "keys.txt")


def test_a_key_in_both_lists_is_refused(tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt"):
        write_keys(tmp_path / name, ["same", name], [])
    with pytest.raises(KinesisError, match="a clip is in both lists; got same"):
        split_by_lists(tmp_path / "train.txt", tmp_path / "test.txt")


def empty_files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize("place", ["KIT", "AMASS/KIT", "."])
def test_kit_is_found_and_gets_the_published_keys(tmp_path: Path, place: str) -> None:
    empty_files(
        tmp_path / place,
        "3/walking_slow05_poses.npz",
        "3/shape.npz",
        "4/RightTurn03_poses.npz",
        "4/RightTurn03_stageii.npz",
        "314/walking_run01_stageii.npz",
        "314/neutral_stagei.npz",
    )
    files = kit.kit_files(tmp_path)
    assert list(files) == [
        "0-KIT_3_walking_slow05_poses",
        "0-KIT_314_walking_run01_poses",
        "0-KIT_4_RightTurn03_poses",
    ]
    assert files["0-KIT_4_RightTurn03_poses"].name == "RightTurn03_poses.npz"
    assert [kit.subject_of(key) for key in files] == ["3", "314", "4"]


@pytest.mark.parametrize("folder", ["absent", "."])
def test_without_kit_it_is_said_where_to_get_it_and_under_which_terms(tmp_path: Path, folder: str) -> None:
    empty_files(tmp_path, "CMU/01/01_01_poses.npz" if folder == "absent" else "notes.txt")
    with pytest.raises(KinesisError, match=r"https://amass\.is\.tue\.mpg\.de.*non-commercial"):
        kit.kit_files(tmp_path / folder)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("walking_slow05", True),
        ("WalkInCounterClockwiseCircle04_1", True),
        ("WalkingStraightForward03", True),
        ("turn_left01", True),
        ("walk_with_handrail_left02", False),
        ("walking_slow", True),
        ("dancing_walking_slow05", False),
        ("push_recovery_front01", False),
    ],
)
def test_locomotion_is_known_by_its_name(name: str, counts: bool) -> None:
    assert kit.is_locomotion(f"0-KIT_3_{name}_poses") is counts


def test_nearly_all_published_keys_are_locomotion(shared_data: Path) -> None:
    folder = shared_data / "text" / "kinesis"
    split = split_by_lists(folder / "kit_train_keys.txt", folder / "kit_test_keys.txt")
    assert (len(split.train), len(split.test)) == (975, 109)
    assert sum(map(kit.is_locomotion, split.keys)) > 0.94 * len(split.keys)
