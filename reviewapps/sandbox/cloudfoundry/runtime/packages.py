"""Packages (zip) in, droplets (tgz) out."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from pathlib import Path

_LARGEST_APP = 2 * 1024**3  # bytes, unpacked


class UnsafePackageError(Exception):
    """The package is no zip, or reaches outside of its own folder."""


def unzip(package: Path, folder: Path) -> None:
    """Lay out ``package`` in the new ``folder``, with modes and with links that stay inside."""
    try:
        with zipfile.ZipFile(package) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _LARGEST_APP:
                raise UnsafePackageError("the package is larger than 2 GB")
            folder.mkdir(parents=True)
            links = [entry for entry in entries if stat.S_ISLNK(_mode(entry))]
            for entry in entries:
                if not entry.is_dir() and entry not in links:
                    _extract(archive, entry, _inside(folder, entry.filename))
            # Links last, and judged when all are there: nothing is written through one.
            placed = [_link(archive, entry, _inside(folder, entry.filename)) for entry in links]
            if any(not link.resolve().is_relative_to(folder.resolve()) for link in placed):
                raise UnsafePackageError("a link leads out of the package")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as wrong:
        raise UnsafePackageError(f"the package cannot be unpacked: {wrong}") from wrong


def pack(folder: Path, droplet: Path) -> None:
    """Write all of ``folder`` to ``droplet``, which is either not there or complete."""
    unfinished = droplet.with_name(f"{droplet.name}.part")
    droplet.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(unfinished, "w:gz", compresslevel=1) as archive:
        archive.add(folder, ".")
    unfinished.replace(droplet)


def _inside(folder: Path, name: str) -> Path:
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ".." in parts:
        raise UnsafePackageError(f"the package has a file outside of itself: {name}")
    return folder.joinpath(*parts)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    if mode := _mode(entry) & 0o777:
        path.chmod(mode | stat.S_IRUSR | stat.S_IWUSR)


def _link(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(archive.read(entry).decode())
    return path


def _mode(entry: zipfile.ZipInfo) -> int:
    return entry.external_attr >> 16
