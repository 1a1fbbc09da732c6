"""The source of one repository: files, trees and archives of commits."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from reviewapps.errors import BadManifest
from reviewapps.github.archive import archive
from reviewapps.github.files import folder
from reviewapps.github.git import GitObject, Mirror

LONGEST_FILE: Final = 256 * 1024

MOST_FILES: Final = 64
"""So many files are known by heart; git is a process or two for each that is not."""


class Source:
    """What is in the commits of ``mirror``; zips of it are kept in ``archives``.

    What was read of a commit (a sha) is known from then on: it never changes, and each turn asks for the same.
    """

    def __init__(self, mirror: Mirror, archives: Path) -> None:
        self._mirror = mirror
        self._archives = archives
        self._known_file = lru_cache(MOST_FILES)(self._read)
        self._known_subtree = lru_cache(MOST_FILES)(self._read_tree)

    def file(self, commit: str, path: str) -> str | None:
        """The text of a file; None where there is none. BadManifest where it is no text of ours to read."""
        return self._known_file(commit, path)

    def tree(self, commit: str, path: str) -> str | None:
        """The git tree of a folder; None where there is no such folder."""
        return self._known_subtree(commit, path)

    def _read(self, commit: str, path: str) -> str | None:
        with self._mirror.holding(commit):
            found = self._found(commit, path, follow=True)
            if found is None or found.type != "blob":
                return None
            if found.size > LONGEST_FILE:
                raise BadManifest(f"`{path}` is larger than {LONGEST_FILE // 1024} KB")
            text = self._mirror.output("cat-file", "blob", found.id)
        try:
            return text.decode()
        except UnicodeDecodeError:
            raise BadManifest(f"`{path}` is not UTF-8") from None

    def _read_tree(self, commit: str, path: str) -> str | None:
        with self._mirror.holding(commit):
            return self._tree(commit, path)

    def left_out(self, commit: str, path: str) -> tuple[str, ...]:
        """What of the folder is not uploaded and may be missed, in words: submodules, links that lead out,
        what only Git LFS has. BadSource where the folder cannot be uploaded."""
        with self._mirror.holding(commit):
            return folder(self._mirror, self._known_tree(commit, path)).left_out

    def archive(self, commit: str, path: str) -> Path:
        """The folder as a zip. BadSource where it cannot be uploaded."""
        with self._mirror.holding(commit):
            return archive(self._mirror, self._known_tree(commit, path), self._archives)

    def _known_tree(self, commit: str, path: str) -> str:
        tree = self._tree(commit, path)
        if tree is None:
            raise BadManifest(f"`{path}` is no folder of {commit[:7]}")
        return tree

    def _tree(self, commit: str, path: str) -> str | None:
        found = self._found(commit, path)
        return found.id if found is not None and found.type == "tree" else None

    def _found(self, commit: str, path: str, *, follow: bool = False) -> GitObject | None:
        """What is at ``path`` of the commit; None where nothing is, or where it leads out."""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            return None
        name = f"{commit}:{'/'.join(parts)}" if parts else f"{commit}^{{tree}}"
        return self._mirror.found(name, follow=follow)
