"""Licences that stand beside recordings: their files found, and the common ones named."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kinesis.motion.readers.stream import ARCHIVE_FAULTS

NAMES = re.compile(r"^(licen[sc]e|copying|terms)\b.*", re.IGNORECASE)
_LONGEST = 100_000
_MARKS = (
    ("CC-BY-NC-SA-4.0", r"Attribution-NonCommercial-ShareAlike 4\.0|CC BY-NC-SA 4\.0"),
    ("CC-BY-NC-ND-4.0", r"Attribution-NonCommercial-NoDerivatives 4\.0|CC BY-NC-ND 4\.0"),
    ("CC-BY-NC-4.0", r"Attribution-NonCommercial 4\.0|CC BY-NC 4\.0|CC-BY-NC-4\.0"),
    ("CC-BY-SA-4.0", r"Attribution-ShareAlike 4\.0|CC BY-SA 4\.0|CC-BY-SA-4\.0"),
    ("CC-BY-4.0", r"Attribution 4\.0 International|CC BY 4\.0|CC-BY-4\.0"),
    ("CC0-1.0", r"CC0 1\.0|CC0-1\.0"),
    ("Apache-2.0", r"Apache License\s+Version 2\.0|Apache-2\.0"),
    ("BSD", r"Redistribution and use in source and binary forms"),
    ("MIT", r"Permission is hereby granted, free of charge, to any person|\bMIT License\b"),
)


def licence_beside(path: Path, root: Path) -> str | None:
    """The licence whose file is nearest: inside a zip archive at `path`, in its folder, or above as far as `root`.

    A common licence is given by its short name, another one as `see FILE`; None where there is no file.
    """
    if (inside := _in_archive(path)) is not None:
        return inside
    folder, last = path.resolve().parent, root.resolve()
    last = last if last.is_dir() else last.parent
    for place in (folder, *folder.parents):
        for file in sorted(f for f in place.iterdir() if f.is_file() and NAMES.match(f.name)):
            with file.open("rb") as stream:
                return _named(file.name, stream.read(_LONGEST))
        if place == last or last not in place.parents:
            return None
    return None


def _in_archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in _licence_members(archive):
                with archive.open(name) as stream:
                    return _named(PurePosixPath(name).name, stream.read(_LONGEST))
    except ARCHIVE_FAULTS:
        pass
    return None


def _licence_members(archive: zipfile.ZipFile) -> Iterator[str]:
    return (name for name in sorted(archive.namelist()) if NAMES.match(PurePosixPath(name).name))


def _named(file: str, content: bytes) -> str:
    """The short name of the licence in `content`, by its words; the first that its text or file name states."""
    text = content.decode("utf-8", errors="replace")
    for source in (text, file):
        found = [(match.start(), name) for name, mark in _MARKS if (match := re.search(mark, source))]
        if found:
            return min(found)[1]
    return f"see {file}"
