"""KIT-Locomotion: walking, turning, circling and running of the KIT part of AMASS, in the user's own download."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from kinesis.errors import KinesisError

SOURCE = "KIT Whole-Body Human Motion Database (Mandery 2015) in AMASS (Mahmood 2019)"
LICENCE = "AMASS licence (non-commercial scientific research), https://amass.is.tue.mpg.de/license.html"
WHERE_TO_GET = (
    "register at https://amass.is.tue.mpg.de, agree to its licence (non-commercial scientific research), "
    "download KIT (SMPL+H G or SMPL-X) and unpack it, so that there is DIR/KIT/SUBJECT/NAME_poses.npz"
)

LOCOMOTION = re.compile(
    r"(walking(_(slow|medium|fast|run))?|WalkingStraight(Forwards?|Backwards)|WalkIn(Counter)?ClockwiseCircle"
    r"|(Left|Right)Turn|turn_(left|right)|walk_6m_straight_line)\d*(_\d+)?"
)
"""Names of recordings over free ground: without handrails, supports, poles and acting."""

_ENDINGS = {"_poses.npz": "_poses", "_stageii.npz": "_poses"}


def kit_files(amass: Path) -> Mapping[str, Path]:
    """Key to file of every recording of KIT in `amass`, in its folder `KIT`, or one level deeper.

    A key is `0-KIT_SUBJECT_NAME_poses`, as in the published lists, also for SMPL-X files (`NAME_stageii.npz`);
    where both forms are there, the first by name counts.

    Raises:
        KinesisError: if there is none; the sentence says where to get it.
    """
    if not amass.is_dir():
        raise KinesisError("no such folder", where=str(amass), hint=WHERE_TO_GET)
    for folder in (amass / "KIT", *sorted(amass.glob("*/KIT")), amass):
        files = _keyed(folder)
        if any(map(is_locomotion, files)):
            return files
    raise KinesisError(
        "no recordings of KIT", where=str(amass), expected="KIT/SUBJECT/NAME_poses.npz", hint=WHERE_TO_GET
    )


def _keyed(folder: Path) -> dict[str, Path]:
    """Key to file of the recordings of a folder of subjects; empty where there is none."""
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("*/*.npz")):
        for ending, kept in _ENDINGS.items():
            if path.name.endswith(ending):
                files.setdefault(f"0-KIT_{path.parent.name}_{path.name.removesuffix(ending)}{kept}", path)
    return files


def is_locomotion(key: str) -> bool:
    """Whether the name behind the subject is one of `LOCOMOTION`."""
    name = key.split("_", 2)[-1].removesuffix("_poses")
    return LOCOMOTION.fullmatch(name) is not None


def subject_of(key: str) -> str:
    """The subject in a key of KIT."""
    return key.split("_", 2)[1]
