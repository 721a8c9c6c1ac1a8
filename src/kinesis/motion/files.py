"""Files that may hold motions: a file, a folder, a zip archive; members of archives are read safely."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kinesis.errors import KinesisError
from kinesis.motion.readers import Recording, read_motions, reader_of
from kinesis.motion.readers.stream import ARCHIVE_FAULTS, LARGEST_BYTES, checked_path

LARGEST_SWELLING = 300
"""Times that a member of an archive may be larger than its compressed form; text of numbers reaches 10."""
MOST_MEMBERS = 200_000
ENDINGS = (".bvh", ".trc", ".c3d", ".mot", ".sto", ".npz", ".npy", ".pkl", ".zip")
"""A file in a folder that is called so is a recording, and refused aloud where no reader recognises it."""

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class MotionFile:
    """A file that may hold motions: `path` itself, or a member of the zip archive at `path`.

    place: folders and name without ending, by which its clips can be kept apart from others'. checksum: of a
    member, as the archive states it. in_folder: whether it was found in a folder or archive, and not named by
    the user.
    """

    path: Path
    place: str
    member: str | None = None
    checksum: str = ""
    in_folder: bool = False

    @property
    def label(self) -> str:
        """Path, and the member behind an exclamation mark."""
        return str(self.path) if self.member is None else f"{self.path}!{self.member}"

    @contextlib.contextmanager
    def opened(self) -> Iterator[Path]:
        """A path that can be read; a member stands in a temporary folder until the block ends.

        Raises:
            KinesisError: for an archive that is damaged, or a member that is no plain file or swells too far;
                a refusal from within the block names the archive in place of the temporary file.
        """
        if self.member is None:
            yield self.path
            return
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / PurePosixPath(self.member.replace("\\", "/")).name
            _extract(self.path, self.member, target)
            try:
                yield target
            except KinesisError as error:
                raise KinesisError(str(error).replace(str(target), self.label)) from None

    def recordings(self) -> Sequence[Recording]:
        """What the file holds; nothing if it was found in a folder and is plainly no recording.

        Raises:
            KinesisError: as `read_motions`.
        """
        with self.opened() as path:
            if self.in_folder and not _called_like_one(path.name) and not _recognised(path):
                return []
            return read_motions(path)

    def digest(self) -> str:
        """16 hex digits over the content.

        Raises:
            KinesisError: if the file cannot be read.
        """
        if self.member is not None:
            return hashlib.sha256(f"{self.member} {self.checksum}".encode()).hexdigest()[:16]
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()[:16]
        except ARCHIVE_FAULTS as error:
            raise KinesisError("the file cannot be read", where=self.label, got=error) from None


def motion_files(path: Path) -> list[MotionFile]:
    """The file itself, or every file in a folder and in zip archives, in the order of their names; none hidden.

    Raises:
        KinesisError: if there is nothing at `path`, or an archive with too many files.
    """
    if path.is_file():
        place = PurePosixPath(_stem(path.name))
        return _members(path, place) if is_archive(path) else [MotionFile(path, str(place))]
    if not path.is_dir():
        raise KinesisError("no such file or folder", where=str(path))
    found: list[MotionFile] = []
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        inside = PurePosixPath(path.resolve().name, *file.relative_to(path).parts)
        place = inside.with_name(_stem(inside.name))
        if any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        found += _members(file, place) if is_archive(file) else [MotionFile(file, str(place), in_folder=True)]
    return found


def is_archive(path: Path) -> bool:
    """Whether the file is a zip archive of files, and not one of numpy's, whose members are arrays."""
    try:
        with zipfile.ZipFile(path) as archive:
            return not all(name.endswith(".npy") for name in archive.namelist())
    except ARCHIVE_FAULTS:
        return False


def _members(path: Path, place: PurePosixPath) -> list[MotionFile]:
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
    if len(members) > MOST_MEMBERS:
        raise KinesisError("too many files in an archive", where=str(path), got=len(members), expected=MOST_MEMBERS)
    found = []
    for name, info in sorted(members.items()):
        parts = [part for part in name.replace("\\", "/").split("/") if part]
        if parts and not any(part.startswith(".") or part == "__MACOSX" for part in parts if part != ".."):
            inside = place.joinpath(*(part for part in parts[:-1] if part != ".."), _stem(parts[-1]))
            found.append(MotionFile(path, str(inside), name, f"{info.CRC} {info.file_size}", in_folder=True))
    return found


def _stem(name: str) -> str:
    name = name.removesuffix(".gz")
    return name.rpartition(".")[0] or name


def _called_like_one(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(ENDINGS)


def _recognised(path: Path) -> bool:
    return path.stat().st_size > 0 and reader_of(path) is not None


def _extract(path: Path, member: str, target: Path) -> None:
    """Write one member to `target`, whatever its own name says of folders, up to a size."""
    where = f"{path}!{member}"
    try:
        with zipfile.ZipFile(checked_path(path)) as archive:
            info = archive.getinfo(member)
            largest = min(LARGEST_BYTES, LARGEST_SWELLING * max(info.compress_size, 1024))
            if info.file_size > largest:
                raise KinesisError(
                    "a file in the archive is too large", where=where, got=f"{info.file_size} bytes", expected=largest
                )
            with archive.open(info) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, _PIECE_BYTES)
    except ARCHIVE_FAULTS as error:
        raise KinesisError("the archive cannot be read", where=where, got=error) from None
