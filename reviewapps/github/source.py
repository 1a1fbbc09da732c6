"""The source of one repository: files, trees and archives of commits."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from reviewapps.errors import BadManifest
from reviewapps.github.archive import archive
from reviewapps.github.git import Mirror

LONGEST_FILE: Final = 1024**2


class Source:
    """What is in the commits of ``mirror``; zips of it are kept in ``archives``."""

    def __init__(self, mirror: Mirror, archives: Path) -> None:
        self._mirror = mirror
        self._archives = archives

    def file(self, commit: str, path: str) -> str | None:
        """The text of a file; None where there is none. BadManifest where it is no text of ours to read."""
        self._mirror.bring(commit)
        found = self._mirror.found(f"{commit}:{_normal(path)}", follow=True)
        if found is None or found.type != "blob":
            return None
        if found.size > LONGEST_FILE:
            raise BadManifest(f"`{path}` is larger than 1 MB")
        try:
            return self._mirror.output("cat-file", "blob", found.id).decode()
        except UnicodeDecodeError:
            raise BadManifest(f"`{path}` is not UTF-8") from None

    def tree(self, commit: str, path: str) -> str | None:
        """The git tree of a folder; None where there is no such folder."""
        self._mirror.bring(commit)
        folder = _normal(path)
        found = self._mirror.found(f"{commit}:{folder}" if folder else f"{commit}^{{tree}}")
        return found.id if found is not None and found.type == "tree" else None

    def archive(self, commit: str, path: str) -> Path:
        """The folder as a zip. BadManifest where there is no such folder."""
        tree = self.tree(commit, path)
        if tree is None:
            raise BadManifest(f"`{path}` is no folder of {commit[:7]}")
        return archive(self._mirror, tree, self._archives)


def _normal(path: str) -> str:
    """``path`` in git's words: from the top, ``""`` being the top itself."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))
