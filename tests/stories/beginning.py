"""The first commit, which every story begins with."""

from __future__ import annotations

import shutil
from pathlib import Path

from reviewapps.demo.people import Person
from reviewapps.sandbox.github.state import Repository
from reviewapps.sandbox.world import World
from tests.stories.samples import SAMPLE

FETCHED = "+refs/heads/*:refs/remotes/origin/*"


def committed(folder: Path) -> Path:
    """A repository in ``folder`` with the sample's first commit on main, made by octocat."""
    octocat = Person("http://127.0.0.1", "acme/shop", "octocat", "", folder / "shop")
    octocat.start(SAMPLE)
    return octocat.folder


def begin(world: World, repository: Repository, octocat: Person, first: Path) -> None:
    """Let what is ``committed`` be there as if octocat had pushed it, and their clone. To commit and to push it
    each time took more of the processor than all the rest of a new world."""
    shutil.copytree(first, octocat.folder)
    with (octocat.folder / ".git/config").open("a") as config:
        url = f"{world.github.url}/{world.repository}.git"
        config.write(f'[remote "origin"]\n\turl = {url}\n\tfetch = {FETCHED}\n')
    shutil.copytree(first / ".git/objects", repository.git.path / "objects", dirs_exist_ok=True)
    shutil.copy(first / ".git/refs/heads/main", repository.git.path / "refs/heads/main")
    world.run(world.github.refs_changed(repository, octocat.login))
