"""A folder of a commit as the zip that is uploaded: the tree's own blobs, byte for byte the same each time.

Not ``git archive``: it obeys ``export-ignore``, ``export-subst`` and ``eol`` of the author's attributes, and so
shows something else than the tree that a build is known by.
"""

from __future__ import annotations

import logging
import os
import posixpath
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from subprocess import Popen
from typing import IO, Final

from pathspec import GitIgnoreSpec

from reviewapps.errors import BadManifest, Unavailable
from reviewapps.github.git import Mirror

MOST_ENTRIES: Final = 50_000
MOST_BYTES: Final = 1024**3
MOST_LISTED: Final = 200_000
"""Files of a tree, before `.cfignore` leaves some out."""

LONGEST_PATH: Final = 4096
LONGEST_LINK: Final = 4096
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
LARGEST_CFIGNORE: Final = 64 * 1024
LONGEST_LINE: Final = 300
MOST_STARS: Final = 3
KEPT: Final = 20
KEPT_BYTES: Final = 200 * 1024**2

NEVER_UPLOADED: Final = (
    ".cfignore",
    ".DS_Store",
    ".git",
    ".gitignore",
    ".hg",
    ".svn",
    "_darcs",
    "manifest.yml",
    "manifest.yaml",
)
"""What the `cf` command line leaves out too; `.cfignore` may bring some of it back."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A file of a tree, as git keeps it."""

    path: str
    mode: int
    blob: str
    size: int

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def zip_info(self) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(self.path, LONG_AGO)
        mode = self.mode if self.is_link else stat.S_IFREG | (0o755 if self.mode & 0o100 else 0o644)
        info.create_system = 3  # Unix, whatever machine we run on: else the modes mean nothing
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        info.file_size = self.size
        return info


def archive(mirror: Mirror, tree: str, folder: Path) -> Path:
    """The zip of ``tree`` in ``folder``, made where it is not there yet; old ones go."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{tree}.zip"
    if path.exists():
        path.touch()
        return path
    entries = uploaded(mirror, tree)
    descriptor, unfinished = tempfile.mkstemp(dir=folder, suffix=".unfinished")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(mirror, entries, file)
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
    prune(folder)
    return path


def uploaded(mirror: Mirror, tree: str) -> list[Entry]:
    """The files of ``tree`` that are uploaded, in git's order, which is that of their paths."""
    ignored = _ignored(mirror, tree)
    entries = [entry for entry in _entries(mirror, tree) if not ignored.match_file(entry.path)]
    if len(entries) > MOST_ENTRIES:
        raise BadManifest(f"{len(entries)} files are more than the {MOST_ENTRIES} that are uploaded")
    size = sum(entry.size for entry in entries)
    if size > MOST_BYTES:
        raise BadManifest(f"{size // 1024**2} MB are more than the {MOST_BYTES // 1024**2} that are uploaded")
    return entries


def _entries(mirror: Mirror, tree: str) -> Iterator[Entry]:
    """Every file of the tree. A few kilobytes of nested trees can name billions: so it stops at some."""
    with mirror.printing("ls-tree", "-r", "-l", "-z", "--full-tree", tree) as printed:
        for number, line in enumerate(_records(printed)):
            if number >= MOST_LISTED:
                raise BadManifest(f"the folder has more than {MOST_LISTED} files")
            described, _, name = line.partition(b"\t")
            mode, kind, blob, size = described.decode().split()
            if kind == "blob":  # the rest are submodules, whose files are in another repository
                yield Entry(_path(name), int(mode, 8), blob, int(size))


def _records(printed: IO[bytes]) -> Iterator[bytes]:
    """The records that end with NUL."""
    left = b""
    while chunk := printed.read(65536):
        *records, left = (left + chunk).split(b"\0")
        if len(left) > 2 * LONGEST_PATH:
            raise BadManifest("a file name is too long")
        yield from records


def _path(name: bytes) -> str:
    try:
        path = name.decode()
    except UnicodeDecodeError:
        raise BadManifest(f"the file name {name!r} is not UTF-8") from None
    if len(name) > LONGEST_PATH:
        raise BadManifest(f"the file name {path[:80]!r}… is too long")
    if ".." in path.split("/") or path.startswith("/") or "\\" in path:
        raise BadManifest(f"the file name {path!r} cannot be unpacked")
    return path


def _ignored(mirror: Mirror, tree: str) -> GitIgnoreSpec:
    found = mirror.found(f"{tree}:.cfignore")
    lines = list(NEVER_UPLOADED)
    if found is not None and found.type == "blob":
        if found.size > LARGEST_CFIGNORE:
            raise BadManifest(f".cfignore has more than {LARGEST_CFIGNORE // 1024} KB")
        own = mirror.output("cat-file", "blob", found.id).decode(errors="replace").splitlines()
        lines += [_harmless(line, number) for number, line in enumerate(own, 1)]
    return GitIgnoreSpec.from_lines(lines)


def _harmless(line: str, number: int) -> str:
    """The line, if it can be matched in no time: each `*` in one part of a path multiplies the tries."""
    if len(line) > LONGEST_LINE or any(part.count("*") > MOST_STARS for part in line.split("/")):
        raise BadManifest(f".cfignore, line {number}: a pattern with so many * is not taken")
    if line.count("**") > MOST_STARS:
        raise BadManifest(f".cfignore, line {number}: a pattern with so many ** is not taken")
    return line


def _write(mirror: Mirror, entries: list[Entry], file: IO[bytes]) -> None:
    with mirror.reader() as reader, zipfile.ZipFile(file, "w") as zipped:
        for entry in entries:
            blob = _blob(reader, entry)
            if entry.is_link:
                _write_link(zipped, entry, blob.read())
            else:
                with zipped.open(entry.zip_info, "w") as target:
                    shutil.copyfileobj(blob, target)
            blob.finish()


def _write_link(zipped: zipfile.ZipFile, entry: Entry, target: bytes) -> None:
    """Cloud Foundry refuses a whole package for one link that leads out of it, so such a link is left out."""
    if _stays_inside(entry.path, target):
        zipped.writestr(entry.zip_info, target)
    else:
        _logger.warning("not uploaded: the link %s leads out of the folder, to %r", entry.path, target[:200])


def _stays_inside(path: str, target: bytes) -> bool:
    led = os.fsdecode(target)
    if len(target) > LONGEST_LINK or led.startswith("/"):
        return False
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), led)).split("/")[0] != ".."


class _Blob:
    """A blob on its way out of ``git cat-file --batch``; reading ends with it."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        read = self._source.read(wanted)
        if len(read) < wanted:
            raise Unavailable("git cat-file ended in the middle of a file")
        self._left -= wanted
        return read

    def finish(self) -> None:
        """Read the line's end that git puts after every object."""
        self._source.read(1)


def _blob(reader: Popen[bytes], entry: Entry) -> _Blob:
    assert reader.stdin is not None and reader.stdout is not None  # noqa: S101 - for the type checker
    reader.stdin.write(f"{entry.blob}\n".encode())
    reader.stdin.flush()
    described = reader.stdout.readline().decode()
    if described.split() != [entry.blob, "blob", str(entry.size)]:
        raise Unavailable(f"git cat-file: {entry.path}: {described.strip() or 'it ended'}")
    return _Blob(reader.stdout, entry.size)


def prune(folder: Path) -> None:
    """Keep of the zips in ``folder`` those that were used last, as far as they fit on a small disk. The last
    one stays whatever its size: it is about to be uploaded."""
    by_age = sorted(_found(folder), reverse=True)
    sums = accumulate(size for _, size, _ in by_age)
    for number, (total, (_, _, path)) in enumerate(zip(sums, by_age, strict=True)):
        if number >= KEPT or (number and total > KEPT_BYTES):
            path.unlink(missing_ok=True)


def _found(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """When each zip was used last, its size, and where it is; without those that another worker removes."""
    for path in folder.glob("*.zip"):
        with suppress(FileNotFoundError):
            described = path.stat()
            yield described.st_mtime_ns, described.st_size, path
