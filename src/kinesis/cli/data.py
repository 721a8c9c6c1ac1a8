"""kinesis data kit | folder: a dataset of clips from recordings on disk, with its split in plain text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from kinesis.cli.import_ import import_tasks, print_summary
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.motion.dataset import Dataset, Division

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class _Build:
    """What every dataset can be told."""

    out: Path = Path("data")
    """Folder for lists and clips; afterwards --motions OUT/train.txt."""
    train_keys: Path | None = None
    """List of the clips to learn from, one key a line; with --test-keys, in place of a split by chance."""
    test_keys: Path | None = None
    """List of the clips that are kept for tests."""
    test_share: float = 0.1
    """Share of the clips whose subjects are kept for tests."""
    seed: int = 0
    """Draws those subjects."""
    jobs: int = 0
    """Processes side by side; 0 for one a core."""
    list_only: bool = False
    """Write the lists, import nothing."""
    json: bool = False
    """Print JSON only."""

    @property
    def division(self) -> Division:
        """How to split; raises KinesisError for one list without the other."""
        from kinesis.motion.dataset import Division

        if (self.train_keys is None) != (self.test_keys is None):
            raise KinesisError("one list of keys without the other", expected="--train-keys FILE --test-keys FILE")
        lists = (self.train_keys, self.test_keys) if self.train_keys and self.test_keys else None
        return Division(lists, self.test_share, self.seed)


@dataclass(frozen=True, kw_only=True)
class Kit(_Build):
    """KIT-Locomotion from your AMASS download: split by subject, or by the published lists where given."""

    amass: Path
    """Folder with KIT/SUBJECT/NAME_poses.npz (SMPL+H) or NAME_stageii.npz (SMPL-X)."""


@dataclass(frozen=True, kw_only=True)
class Folder(_Build):
    """A dataset from a folder of recordings of any format: split by the folders that they lie in."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Folder of recordings, one folder in it a person."""
    licence: str | None = None
    """Terms of use of all of them; by default those in the files, or in a licence file beside them."""


Asked = Annotated[Kit, tyro.conf.subcommand("kit")] | Annotated[Folder, tyro.conf.subcommand("folder")]


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked: Kit | Folder = tyro.cli(Asked, args=list(argv), prog="kinesis data")
    from kinesis.motion.dataset import folder_dataset, kit_dataset

    if isinstance(asked, Kit):
        dataset = kit_dataset(asked.amass, asked.out, asked.division)
    else:
        dataset = folder_dataset(asked.folder, asked.out, asked.division, asked.licence)
    report = build(dataset, asked)
    if asked.json:
        print(json.dumps(report))
    else:
        _tell(dataset, report, asked.out)
    return 0 if asked.list_only or report["import"]["clips_ok"] else 2


def build(dataset: Dataset, asked: _Build) -> dict[str, Any]:
    """Write the lists, import the clips, and write the lists again without what was refused."""
    from kinesis.motion.dataset import CLIPS, write_lists
    from kinesis.motion.importing import summarise

    counts, summary = write_lists(dataset, asked.out), None
    if not asked.list_only:
        rows = import_tasks(dataset.tasks, asked.out / CLIPS, asked.jobs)
        counts, summary = write_lists(dataset, asked.out, [row.saved for row in rows if row.saved]), summarise(rows)
    return {
        "dataset": dataset.name,
        "split": dataset.split.rule,
        **counts,
        "missing": list(dataset.missing),
        "where_to_get": dataset.where_to_get if dataset.missing else None,
        "about": list(dataset.about),
        "import": summary,
    }


def _tell(dataset: Dataset, report: dict[str, Any], out: Path) -> None:
    from kinesis.motion.dataset import CLIPS, MISSING

    if report["import"]:
        print_summary(report["import"], out / CLIPS)
    print(f"{dataset.name}: {report['train']} clips in {out / 'train.txt'}, {report['test']} in {out / 'test.txt'}")
    print(f"split {dataset.split.rule}")
    print("\n".join(dataset.about))
    if missing := dataset.missing:
        print(f"{len(missing)} stated clips are not there: {', '.join(missing[:_SHOWN])} ...; all in {out / MISSING}")
        print(dataset.where_to_get)
