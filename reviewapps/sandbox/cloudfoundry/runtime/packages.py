"""Packages (zip) in, droplets (tgz) out. A package is a stranger's: nothing of it is written outside of its
folder, and no more of it than the platform takes."""

from __future__ import annotations

import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

LARGEST_APP = 1024**3
"""Bytes, unpacked. (Cloud Controller's packages.max_package_size)"""

MOST_ENTRIES = 100_000
_LONGEST_LINK = 4096
_DRIVE = re.compile(r"[A-Za-z]:")
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)


class UnsafePackageError(Exception):
    """The package is no zip, or reaches outside of its own folder."""


class PackageTooLargeError(UnsafePackageError):
    """The package says that it is, or is, larger than the platform takes."""


def unzip(package: Path, folder: Path, *, largest: int = LARGEST_APP) -> None:
    """Lay out ``package`` in the new ``folder``, with modes and with links that stay inside.

    What a file claims to hold is what is read of it, so that ``largest`` bounds what is written, too.
    """
    try:
        with zipfile.ZipFile(package) as archive:
            entries = archive.infolist()
            _check_size(entries, largest)
            folder.mkdir(parents=True)
            _lay_out(archive, entries, folder)
    except _UNREADABLE as wrong:
        raise UnsafePackageError(f"the package cannot be unpacked: {wrong}") from wrong


def inside(folder: Path, name: str) -> Path:
    """Where an entry of this name belongs; UnsafePackageError where that is no place within ``folder``."""
    parts = name.split("/")
    if name.startswith("/") or _DRIVE.match(name) or "\\" in name or "\0" in name or ".." in parts:
        raise UnsafePackageError(f"the package has a file outside of itself: {name}")
    if not any(part not in ("", ".") for part in parts):
        raise UnsafePackageError("the package has a file without a name")
    return folder.joinpath(*parts)


def pack(folder: Path, droplet: Path) -> None:
    """Write all of ``folder`` to ``droplet``, which is either not there or complete."""
    unfinished = droplet.with_name(f"{droplet.name}.part")
    droplet.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(unfinished, "w:gz", compresslevel=1) as archive:
        archive.add(folder, ".")
    unfinished.replace(droplet)


def _check_size(entries: list[zipfile.ZipInfo], largest: int) -> None:
    if sum(entry.file_size for entry in entries) > largest:
        raise PackageTooLargeError(f"Package may not be larger than {largest} bytes")
    if len(entries) > MOST_ENTRIES:
        raise PackageTooLargeError(f"Package may not have more than {MOST_ENTRIES} files")


def _lay_out(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path) -> None:
    links = []
    for entry, path in _placed(entries, folder):
        if entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        elif stat.S_ISLNK(_mode(entry)):
            links.append((entry, path))
        else:
            _extract(archive, entry, path)
    # Links last: no file is written through one. A link may be, so each is made where its folder really is; where
    # they lead is judged when all are there.
    for entry, path in links:
        _link(archive, entry, _resolved(path.parent, folder) / path.name)
    for _, path in links:
        _resolved(path, folder)


def _resolved(path: Path, folder: Path) -> Path:
    """Where ``path`` really is, links followed."""
    real = path.resolve()
    if not real.is_relative_to(folder.resolve()):
        raise UnsafePackageError("a link leads out of the package")
    return real


def _placed(entries: list[zipfile.ZipInfo], folder: Path) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
    taken: set[Path] = set()
    for entry in entries:
        path = inside(folder, entry.filename)
        if entry.flag_bits & 1:
            raise UnsafePackageError(f"the package has an encrypted file: {entry.filename}")
        if stat.S_IFMT(_mode(entry)) not in _KINDS:
            raise UnsafePackageError(f"the package has what is neither a file nor a link: {entry.filename}")
        if path in taken and not entry.is_dir():
            raise UnsafePackageError(f"the package has a file twice: {entry.filename}")
        taken.add(path)
        yield entry, path


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # "x": where upper and lower case are the same, two names may be one file.
    with archive.open(entry) as source, path.open("xb") as target:
        shutil.copyfileobj(source, target)
    if mode := _mode(entry) & 0o777:
        path.chmod(mode | stat.S_IRUSR | stat.S_IWUSR)


def _link(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    if entry.file_size > _LONGEST_LINK:
        raise UnsafePackageError(f"the package has a link that is too long: {entry.filename}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(archive.read(entry).decode())


def _mode(entry: zipfile.ZipInfo) -> int:
    return entry.external_attr >> 16
