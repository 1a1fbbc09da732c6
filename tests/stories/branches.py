"""Branches as git fast-import makes them: many at once, and from any time."""

from __future__ import annotations

from collections.abc import Iterable

from tests.sandbox.github.conftest import Checkout, git
from tests.stories.town import Town


def push_aged(town: Town, names: Iterable[str]) -> None:
    """Push branches of these names, each with a commit of 2020 of its own on main."""
    wanted = list(names)
    folder = town.home / "people" / "historian"
    remote = town.world.github.url.replace("://", f"://x-access-token:{town.world.tokens['octocat']}@")
    git(town.home, "clone", "--quiet", f"{remote}/{town.repository}.git", str(folder))
    Checkout(folder).push_topics(wanted)
