"""The 3-D engine of the page: three.js, read from the viewer that `trimesh` installs."""

from __future__ import annotations

import functools
import io
import zipfile

import trimesh
from trimesh import resources

from kinesis.errors import KinesisError

OPENING, ASSIGNED = "/**\n * @license", ".THREE={}"


@functools.cache
def three_js() -> str:
    """Source of three.js with its licence note; running it defines the global THREE.

    Raises:
        KinesisError: if the installed `trimesh` carries it in another form.
    """
    archive = zipfile.ZipFile(io.BytesIO(resources.get_bytes("templates/viewer.zip")))
    page = archive.read(archive.namelist()[0]).decode()
    return cut_engine(page, trimesh.__version__)


def cut_engine(page: str, version: str) -> str:
    """The engine out of trimesh's page: the licence note and the one long line after it.

    Raises:
        KinesisError: if they are not found; version: what to name as found.
    """
    start = page.find(OPENING)
    code = page.find("\n!function", start)
    source = page[start : page.find("\n", code + 1)]
    if start < 0 or code < 0 or ASSIGNED not in source or "</script" in source:
        raise KinesisError("no three.js in the viewer of trimesh", got=version, expected="trimesh 5")
    return source
