"""Dataset: recordings of many people in one folder of clips, with plain lists of what is learnt and what is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kinesis.errors import KinesisError
from kinesis.motion import kit
from kinesis.motion.files import ENDINGS, MotionFile
from kinesis.motion.importing import Task, tasks
from kinesis.motion.readers import reader_of
from kinesis.motion.split import Split, read_keys, split_by_group, split_by_lists, write_keys

CLIPS = "clips"
"""Folder of the clips beside the lists; a key is the path of its clip in it, without ending."""

PARTS = ("train", "test")
MISSING = "missing.txt"


@dataclass(frozen=True)
class Division:
    """How to split: by two lists of keys where given, else by drawing groups for a share of the clips."""

    lists: tuple[Path, Path] | None = None
    share: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Dataset:
    """What is to be imported. about: source, terms and the like, for the head of each list.

    split: keys that are on disk. missing: keys that the lists state beyond them; where_to_get: how to get those.
    """

    name: str
    about: tuple[str, ...]
    tasks: tuple[Task, ...]
    split: Split
    missing: tuple[str, ...]
    where_to_get: str


def kit_dataset(amass: Path, out: Path, division: Division) -> Dataset:
    """KIT-Locomotion from the user's download: what the lists state, or all recordings of `kit.LOCOMOTION`.

    Raises:
        KinesisError: if KIT is not there, or the lists cannot be read or name nothing that is.
    """
    files = kit.kit_files(amass)
    groups = {key: kit.subject_of(key) for key in files if kit.is_locomotion(key)}
    split, missing = _split(files, groups, division, "subject", str(amass), kit.WHERE_TO_GET)
    todo = (
        Task(
            MotionFile(files[key], place=key),
            out / CLIPS,
            saved_as=key,
            licence=kit.LICENCE,
            source=f"{kit.SOURCE}, subject {kit.subject_of(key)}",
        )
        for key in split.keys
    )
    about = [f"source: {kit.SOURCE}", f"licence: {kit.LICENCE}"]
    if division.lists is None:
        about.append("the published lists split by clip instead: the same people walk in both of their parts")
    return Dataset("KIT-Locomotion", tuple(about), tuple(todo), split, missing, kit.WHERE_TO_GET)


def folder_dataset(folder: Path, out: Path, division: Division, licence: str | None = None) -> Dataset:
    """Every recording in a folder; who was recorded is told by the folder that it lies in.

    Where all lie in one folder, each recording counts as a group of its own, and the rule says so.

    Raises:
        KinesisError: if there is no recording, or the lists cannot be read or name nothing that is there.
    """
    if not folder.is_dir():
        raise KinesisError("no such folder", where=str(folder))
    todo = tasks([folder], out / CLIPS, licence=licence)
    found = {task.saved_as: task for task in todo if _may_be_read(task.file) and not _is_under(task.file.path, out)}
    if not found:
        raise KinesisError("no recording found", where=str(folder))
    groups = {key: str(PurePosixPath(key).parent) for key in found}
    kind = "folder"
    if len(set(groups.values())) == 1:
        kind, groups = "recording", {key: key for key in found}
    split, missing = _split(found, groups, division, kind, str(folder), f"copy them into {folder.name}")
    terms = sorted({task.licence or "as each recording says" for task in found.values()})
    about = (f"source: {folder.name}", f"licence: {'; '.join(terms)}")
    return Dataset(folder.name, about, tuple(found[key] for key in split.keys), split, missing, "")


def _may_be_read(file: MotionFile) -> bool:
    """Whether a file is called like a recording or is one; members of archives are taken for recordings."""
    called = file.path.name.lower().removesuffix(".gz")
    return file.member is not None or called.endswith(ENDINGS) or reader_of(file.path) is not None


def _is_under(path: Path, folder: Path) -> bool:
    return folder.resolve() in path.resolve().parents


def _split(
    there: Collection[str], groups: Mapping[str, str], division: Division, kind: str, where: str, hint: str
) -> tuple[Split, tuple[str, ...]]:
    """The split of keys that are there, and those that the lists state beyond them."""
    if division.lists is None:
        return split_by_group(groups, kind=kind, share=division.share, seed=division.seed), ()
    stated = split_by_lists(*division.lists)
    split = Split(stated.rule, *(tuple(key for key in part if key in there) for part in (stated.train, stated.test)))
    if not split.keys:
        raise KinesisError("none of the listed clips is there", where=where, got=stated.keys[0], hint=hint)
    return split, tuple(key for key in stated.keys if key not in there)


def write_lists(dataset: Dataset, out: Path, saved: Iterable[str] | None = None) -> dict[str, int]:
    """Write `train.txt`, `test.txt` and, where clips are missing, `missing.txt`. Returns the number in each part.

    saved: files of the clips that were imported, in the folder `CLIPS`; the lists then hold these alone.
    """
    part_of = {
        key: part for part, keys in zip(PARTS, (dataset.split.train, dataset.split.test), strict=True) for key in keys
    }
    keys = list(part_of) if saved is None else [name.removesuffix(".npz") for name in saved]
    counts = {}
    for part in PARTS:
        own = [key for key in keys if part_of.get(key, part_of.get(str(PurePosixPath(key).parent))) == part]
        head = [f"{dataset.name}, {part}: {len(own)} clips, in the folder {CLIPS} beside this list"]
        head += [f"split {dataset.split.rule}", *dataset.about]
        if dataset.missing:
            head.append(f"{len(dataset.missing)} stated clips are not there; see {MISSING}")
        write_keys(out / f"{part}.txt", own, head)
        counts[part] = len(own)
    if dataset.missing:
        head = [f"{dataset.name}: stated, but not there", dataset.where_to_get, *dataset.about]
        write_keys(out / MISSING, dataset.missing, list(filter(None, head)))
    else:
        (out / MISSING).unlink(missing_ok=True)
    return counts


def listed_clips(path: Path) -> list[MotionFile]:
    """The clips of a list that `write_lists` wrote; empty for what is no list beside a folder of clips.

    Raises:
        KinesisError: if the list cannot be read.
    """
    clips = path.parent / CLIPS
    if path.suffix != ".txt" or not path.is_file() or not clips.is_dir():
        return []
    return [MotionFile(clips / f"{key}.npz", place=key, in_folder=True) for key in read_keys(path)]
