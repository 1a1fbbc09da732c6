"""A folder of a commit as the zip that is uploaded: the tree's own blobs, byte for byte the same each time.

Not ``git archive``: it obeys ``export-ignore``, ``export-subst`` and ``eol`` of the author's attributes, and so
shows something else than the tree that a build is known by.
"""

from __future__ import annotations

import math
import os
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import IO, Final

from reviewapps.github.blobs import blobs
from reviewapps.github.files import Entry, folder
from reviewapps.github.git import Mirror

LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
KEPT: Final = 20
KEPT_BYTES: Final = 200 * 1024**2
GIVEN_UP: Final = 3600.0
"""Seconds after which nobody can be at a zip any more: whoever began it was killed."""


def archive(mirror: Mirror, tree: str, archives: Path) -> Path:
    """The zip of ``tree`` among the ``archives``, made where it is not there yet; old ones go."""
    archives.mkdir(parents=True, exist_ok=True)
    path = archives / f"{tree}.zip"
    with suppress(FileNotFoundError):
        os.utime(path)  # ``touch`` would make an empty one of what another worker took away just now
        return path
    files = folder(mirror, tree).files
    descriptor, unfinished = tempfile.mkstemp(dir=archives, suffix=".unfinished")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(mirror, files, file)
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
    prune(archives)
    return path


def _write(mirror: Mirror, files: Iterable[Entry], file: IO[bytes]) -> None:
    with blobs(mirror) as read, zipfile.ZipFile(file, "w") as zipped:
        for entry in files:
            with read.blob(entry.blob, entry.size) as blob, zipped.open(_zip_info(entry), "w") as target:
                shutil.copyfileobj(blob, target)


def _zip_info(entry: Entry) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(entry.path, LONG_AGO)
    mode = entry.mode if entry.is_link else stat.S_IFREG | (0o755 if entry.mode & 0o100 else 0o644)
    info.create_system = 3  # Unix, whatever machine we run on: else the modes mean nothing
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    info.file_size = entry.size
    return info


def prune(folder: Path) -> None:
    """Keep of the zips in ``folder`` those that were used last, as far as they fit on a small disk. The last
    one stays whatever its size: it is about to be uploaded."""
    by_age = sorted(_found(folder), reverse=True)
    sums = accumulate(size for _, size, _ in by_age)
    for number, (total, (_, _, path)) in enumerate(zip(sums, by_age, strict=True)):
        if number >= KEPT or (number and total > KEPT_BYTES):
            path.unlink(missing_ok=True)
    for _, _, path in _found(folder, "*.unfinished", before=time.time() - GIVEN_UP):
        path.unlink(missing_ok=True)


def _found(folder: Path, pattern: str = "*.zip", before: float = math.inf) -> Iterator[tuple[int, int, Path]]:
    """When each zip was used last, its size, and where it is; without those that another worker removes."""
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            described = path.stat()
            if described.st_mtime < before:
                yield described.st_mtime_ns, described.st_size, path
