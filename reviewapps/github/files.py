"""The files of a folder that are uploaded, and what of it is left out. What cannot be unpacked is refused."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from reviewapps.errors import BadSource
from reviewapps.github.blobs import blobs
from reviewapps.github.cfignore import CFIGNORE, without_ignored
from reviewapps.github.git import Mirror

MOST_ENTRIES: Final = 50_000
MOST_BYTES: Final = 1024**3
MOST_LISTED: Final = 200_000
"""Files and folders of a tree, before `.cfignore` leaves some out."""

MOST_NAMES: Final = 16 * 1024**2
"""Bytes of all their paths together: a few trees inside one another name the same long folders very often."""

LONGEST_PATH: Final = 1024
LONGEST_NAME: Final = 255
"""Bytes of one part of a path; no file system takes a longer one."""

LONGEST_LINK: Final = 4096
LARGEST_CFIGNORE: Final = 64 * 1024
MOST_NAMED: Final = 10
"""So many are named of what is left out for one reason; the others are counted."""

LFS_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:[0-9a-f]{64}\nsize \d+\n"
)
LFS_SIZES: Final = range(120, 150)
"""Bytes that a pointer has: only its last line is not always equally long."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, link or submodule of a tree, as git keeps it."""

    path: str
    mode: int
    blob: str
    size: int

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_submodule(self) -> bool:
        return self.mode == 0o160000


@dataclass(frozen=True)
class Folder:
    """``files`` are uploaded, in git's order, which is that of their paths; ``left_out`` says in words what is
    not, and is missed perhaps."""

    files: tuple[Entry, ...]
    left_out: tuple[str, ...]


def folder(mirror: Mirror, tree: str) -> Folder:
    """What of ``tree`` is uploaded. BadSource where it is too much, nothing at all, or cannot be unpacked."""
    found = without_ignored(list(_listed(mirror, tree)), _patterns(mirror, tree), lambda entry: entry.path)
    files = [entry for entry in found if not entry.is_submodule]
    _check_size(files)
    read = _short(mirror, files)
    out = {entry for entry in files if entry.is_link and not stays_inside(entry.path, read.get(entry, b""))}
    uploaded = tuple(entry for entry in files if entry not in out)
    if not uploaded:
        raise BadSource(
            "there is no file to upload: the folder is empty, or `.cfignore` leaves out all of it"
        )
    pointers = [entry for entry in uploaded if LFS_POINTER.fullmatch(read.get(entry, b""))]
    return Folder(
        uploaded,
        (
            *_named("submodule", (entry for entry in found if entry.is_submodule)),
            *_named("outward link", (entry for entry in files if entry in out)),
            *_named("Git LFS content of", pointers),
        ),
    )


def stays_inside(path: str, target: bytes) -> bool:
    """Whether a link at ``path`` leads nowhere else than into the folder. ``..`` may only come first: behind a
    name it leads up from wherever another link has led.

    >>> stays_inside("app/x", b"../lib/x"), stays_inside("app/x", b"../../x"), stays_inside("x", b"app/../y")
    (True, False, False)
    """
    parts = [part for part in target.split(b"/") if part not in (b"", b".")]
    up = next((at for at, part in enumerate(parts) if part != b".."), len(parts))
    if not target or target.startswith(b"/") or b"\0" in target or b".." in parts[up:]:
        return False
    return up <= path.count("/")


def _patterns(mirror: Mirror, tree: str) -> bytes | None:
    """What `.cfignore` says, or the file of the folder that it is a link to; None where there is none."""
    own = mirror.found(f"{tree}:{CFIGNORE}")
    if own is None or own.type != "blob":
        return None
    found = mirror.found(f"{tree}:{CFIGNORE}", follow=True)
    if found is None or found.type != "blob":
        raise BadSource(f"`{CFIGNORE}` is a link that git follows to no file of the folder")
    if found.size > LARGEST_CFIGNORE:
        raise BadSource(f"`{CFIGNORE}` has more than {LARGEST_CFIGNORE // 1024} KB")
    return mirror.output("cat-file", "blob", found.id)


def _check_size(files: list[Entry]) -> None:
    if len(files) > MOST_ENTRIES:
        raise BadSource(f"{len(files)} files are more than the {MOST_ENTRIES} that are uploaded")
    size = sum(entry.size for entry in files)
    if size > MOST_BYTES:
        largest = max(files, key=lambda entry: entry.size)
        raise BadSource(
            f"{size // 1024**2} MB are more than the {MOST_BYTES // 1024**2} that are uploaded; "
            f"the largest file is `{largest.path}`"
        )


def _listed(mirror: Mirror, tree: str) -> Iterator[Entry]:
    """Every file, link and submodule of the tree. A few kilobytes of nested trees can name billions, and not one
    file: so folders count too, and it stops at some."""
    seen, left = set[bytes](), MOST_NAMES
    with mirror.printing("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", tree) as printed:
        for line in _records(printed):
            if len(seen) >= MOST_LISTED:
                raise BadSource(f"the folder has more than {MOST_LISTED} files and folders")
            described, _, name = line.partition(b"\t")
            left -= len(name)
            if left < 0:
                raise BadSource(
                    f"the paths of its files and folders have more than {MOST_NAMES // 1024**2} MB together"
                )
            if name in seen:
                raise BadSource(f"the folder has {_shown(name)} twice")
            seen.add(name)
            mode, kind, blob, size = described.decode().split()
            path = _path(name)
            if kind != "tree":
                yield Entry(path, int(mode, 8), blob, int(size) if size.isdecimal() else 0)


def _records(printed: IO[bytes]) -> Iterator[bytes]:
    """The records that end with NUL."""
    left = b""
    while chunk := printed.read(65536):
        *records, left = (left + chunk).split(b"\0")
        if len(left) > 2 * LONGEST_PATH:
            raise BadSource(f"a file name is longer than {LONGEST_PATH} bytes")
        yield from records


def _path(name: bytes) -> str:
    try:
        path = name.decode()
    except UnicodeDecodeError:
        raise BadSource(f"the file name {_shown(name)} is not UTF-8") from None
    parts = path.split("/")
    if len(name) > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise BadSource(f"the file name {_shown(name)} is too long")
    if "\\" in path or not {"", ".", ".."}.isdisjoint(parts):
        raise BadSource(f"the file name {_shown(name)} cannot be unpacked")
    return path


def _shown(name: bytes) -> str:
    text = name.decode(errors="backslashreplace")
    return f"`{text[:80]}…`" if len(text) > 80 else f"`{text}`"


def _short(mirror: Mirror, files: Iterable[Entry]) -> dict[Entry, bytes]:
    """What stands in those files that are links, or have the size of a pointer to Git LFS."""
    links_or_pointers = [
        entry for entry in files if (entry.size <= LONGEST_LINK if entry.is_link else entry.size in LFS_SIZES)
    ]
    texts: dict[Entry, bytes] = {}
    with blobs(mirror) as read:
        for entry in links_or_pointers:
            with read.blob(entry.blob, entry.size) as blob:
                texts[entry] = blob.read()
    return texts


def _named(what: str, entries: Iterable[Entry]) -> Iterator[str]:
    paths = [entry.path for entry in entries]
    yield from (f"{what} {path}" for path in paths[:MOST_NAMED])
    if len(paths) > MOST_NAMED:
        yield f"{what} {len(paths) - MOST_NAMED} more"
