"""The folders of repositories: when one may go, and how it is kept small."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

from reviewapps.sandbox.github.git import Bare, GitError
from reviewapps.sandbox.github.world import World

LOOSE = 2000
"""With so many objects in files of their own a repository is packed when the sandbox starts."""

log = logging.getLogger(__name__)


async def remove_unused(world: World) -> None:
    """Remove the folders of deleted repositories, once no fork uses their objects.

    Each is first renamed, so that one that a kill leaves half is known to be none.
    """
    while unused := _unused(world):
        for path in unused:
            path.rename(path.with_suffix(".gone"))
    for path in world.home.glob("*.gone"):
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


def _unused(world: World) -> list[Path]:
    folders = list(world.home.glob("*.git"))
    used = {Path(line).parent for folder in folders for line in _alternates(folder)}
    return [path for path in folders if int(path.stem) not in world.repositories and path not in used]


def _alternates(folder: Path) -> Iterator[str]:
    file = folder / "objects/info/alternates"
    if file.exists():
        yield from file.read_text().splitlines()


async def pack(world: World, loose: int = LOOSE) -> None:
    """Put the many objects that trial merges leave behind into one file for each repository.

    None is dropped: statuses and deployments speak of commits that no branch has any more.
    """
    for repository in list(world.repositories.values()):
        try:
            await _pack(repository.git, loose)
        except GitError as refused:
            log.warning("%s is not packed: %s", repository.full_name, refused)


async def _pack(git: Bare, loose: int) -> None:
    for _ in range(2):  # what no ref leads to is only packed where there was a pack before
        if int((await git.text("count-objects")).split()[0]) >= loose:
            await git.output("repack", "-a", "-d", "-k", "-l", "-q")
