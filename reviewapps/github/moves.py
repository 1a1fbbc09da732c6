"""How branches moved, and who moved them: GitHub's list of a repository's activity, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from reviewapps.approval import Move
from reviewapps.errors import NotAuthorised
from reviewapps.github import approval_parse as parse
from reviewapps.github.approval_parse import Asked, Moved
from reviewapps.github.conditional import Kept, Missing, kept
from reviewapps.github.connection import Connection
from reviewapps.github.looking import root
from reviewapps.github.parse import each, repository
from reviewapps.ports import Memory

MONTH: Final = 30 * 24 * 3600.0
DAY: Final = 24 * 3600.0
MOST_PAGES: Final = 20

FarEnough = Callable[[tuple[Moved, ...]], bool]

_PAGE: Final = TypeAdapter(Kept[tuple[Moved, ...]])
_PUSHERS: Final = TypeAdapter(frozenset[str])


class Moves:
    """The moves of one repository's branches, and of those that its pull requests came from."""

    def __init__(self, connection: Connection, memory: Memory, repository: int) -> None:
        self._connection = connection
        self._memory = memory
        self._repository = repository

    def of_branch(self, branch: str, running: str | None) -> tuple[Move, ...] | None:
        """Those since ``running`` came there (without one: the latest). None where this GitHub has no such
        list, which is only believed of a repository that can be read."""
        try:
            moved = self._walk(
                self._repository, branch, lambda page: running is None or _ends(page, running), again=True
            )
        except Missing:
            kept(self._connection, root(self._repository), repository)
            return None
        return tuple(one.move for one in moved)

    def pushers(self, whole: Asked) -> frozenset[str] | None:
        """Who pushed the commits of a pull request to its branch, or merged them into that; None where it is not
        told of its head.

        What was merged was pushed to another branch before, which is not looked at: whoever merged it may have
        pushed it there, in anybody's name. What GitHub told once of a merged pull request does not change."""
        pull = whole.pull
        name = f"github/{self._repository}/movers/{pull.number}/{pull.head}"
        try:
            return _PUSHERS.validate_python(self._memory.read(name))
        except ValidationError:
            pass
        if whole.source is None:
            return None
        try:
            moved = self._walk(whole.source, whole.branch, lambda page: not _of(whole, page))
        except NotAuthorised:  # somebody's own fork, or a GitHub without such a list
            return None
        mine = _of(whole, moved)
        pushed = [one.actor for one in mine if not one.move.merge]
        if None in pushed or not any(one.move.after == pull.head for one in mine):
            return None
        pushers = frozenset(one.actor for one in mine if one.actor is not None)
        self._memory.write(name, sorted(pushers), MONTH)
        return pushers

    def _walk(self, source: int, branch: str, far_enough: FarEnough, *, again: bool = False) -> list[Moved]:
        """The moves of a branch, page by page, down to the first page that is ``far_enough``; conditionally
        where they will be asked for ``again``."""
        path = f"{root(source)}/activity?ref=refs/heads/{quote(branch, safe='')}&per_page=100"
        page = self._first(path) if again else kept(self._connection, path, each(parse.moved))
        found = list(page.value)
        for _ in range(MOST_PAGES - 1):
            if page.next is None or far_enough(page.value):
                break
            page = kept(self._connection, page.next, each(parse.moved))
            found += page.value
        return found

    def _first(self, path: str) -> Kept[tuple[Moved, ...]]:
        """The first page, conditionally: while nothing moves, it costs nothing."""
        name = f"github/moves/{self._connection.holder}/{path}"
        try:
            known = _PAGE.validate_python(self._memory.read(name))
        except ValidationError:
            known = None
        page = kept(self._connection, path, each(parse.moved), known)
        if page is not known:
            self._memory.write(name, _PAGE.dump_python(page, mode="json"), DAY)
        return page


def _ends(page: Iterable[Moved], running: str) -> bool:
    """Whether the running commit came to the branch, or was left, on this page."""
    return any(running in (one.move.before, one.move.after) for one in page)


def _of(whole: Asked, moved: Iterable[Moved]) -> list[Moved]:
    """Those that ended at a commit of the pull request."""
    return [one for one in moved if one.move.after in whole.shas]
