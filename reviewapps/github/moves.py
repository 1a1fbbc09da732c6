"""How branches moved, and who moved them: GitHub's list of a repository's activity, newest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from reviewapps.approval import Move, in_order
from reviewapps.errors import NotAuthorised, Unavailable
from reviewapps.github import approval_parse as parse
from reviewapps.github.approval_parse import Asked, Moved
from reviewapps.github.conditional import Kept, Missing, kept
from reviewapps.github.connection import Connection
from reviewapps.github.looking import root
from reviewapps.github.parse import each
from reviewapps.ports import Memory

MONTH: Final = 30 * 24 * 3600.0
DAY: Final = 24 * 3600.0
MOST_PAGES: Final = 20
FIRST_WITH_LIST: Final = (3, 9)
"""Of GitHub Enterprise Server: those before it have no list of activity for sure."""
ABSENT: Final = "0" * 40
"""Where a branch comes from that is made, and goes to when it is deleted."""
VERSION: Final = re.compile(r"(\d+)\.(\d+)")

FarEnough = Callable[[Sequence[tuple[Moved, ...]]], bool]
"""Whether the pages that were read, newest first, are enough."""


@dataclass(frozen=True)
class Walked:
    """Moves of a branch, newest first: to the ``end`` of GitHub's list, or as far as was wanted."""

    moved: tuple[Moved, ...]
    end: bool


_PAGE: Final = TypeAdapter(Kept[tuple[Moved, ...]])
_PUSHERS: Final = TypeAdapter(tuple[tuple[int, str], ...])


class Moves:
    """The moves of one repository's branches, and of those that its pull requests came from."""

    def __init__(self, connection: Connection, memory: Memory, repository: int) -> None:
        self._connection = connection
        self._memory = memory
        self._repository = repository

    def of_branch(self, branch: str, running: str | None, since: datetime | None) -> Walked | None:
        """Those since ``running`` came there (without one: the latest), and since that moment. None where this
        GitHub has no such list."""

        def far_enough(pages: Sequence[tuple[Moved, ...]]) -> bool:
            came = running is None or any(_ends(page, running) for page in pages)
            return came and (since is None or _begins(pages[-1], since))

        try:
            return self._walk(self._repository, branch, far_enough)
        except Missing:
            self._require_no_list()
            return None

    def _require_no_list(self) -> None:
        """That there is no such list is believed of a server that is too old for it, and of a repository that can
        be read. On any other a merge that was made by hand would pass for one of GitHub's."""
        path = root(self._repository)
        answer = self._connection.read(path)
        if answer.missing:
            raise Missing(f"GitHub: {path} does not exist, or the token may not see it")
        told = VERSION.search(answer.headers.get("x-github-enterprise-version", ""))
        if told is None or tuple(map(int, told.groups())) >= FIRST_WITH_LIST:
            raise Unavailable(f"GitHub: {path}/activity does not exist, it says, though it has such lists")

    def pushers(self, whole: Asked) -> frozenset[str] | None:
        """Who pushed to the branch of a pull request, or merged into that, while its commits came there; None
        where not all of that is told.

        Whoever pushed what was taken back may have pushed some of its commits along with that. What was merged
        was pushed to another branch before, which is not looked at: whoever merged it may have pushed it there, in
        anybody's name. What GitHub told once of a merged pull request does not change, but for what people call
        their accounts: who reviewed goes by the name of today."""
        found = self._pushers(whole)
        return None if found is None else frozenset(whole.reviewers.get(who, name) for who, name in found)

    def _pushers(self, whole: Asked) -> tuple[tuple[int, str], ...] | None:
        pull = whole.pull
        name = f"github/{self._repository}/pushers/{pull.number}/{pull.head}"
        try:
            return _PUSHERS.validate_python(self._memory.read(name))
        except ValidationError:
            pass
        if whole.source is None:
            return None
        try:
            walked = self._walk(whole.source, whole.branch, lambda pages: _growth(whole, _joined(pages)).end)
        except NotAuthorised:  # somebody's own fork, or a GitHub without such a list
            return None
        growth = _growth(whole, walked.moved)
        if not growth.moved or not (growth.end or walked.end):
            return None
        if any(one.actor is None and not one.move.merge for one in growth.moved):
            return None
        pushers = tuple(sorted({one.actor for one in growth.moved if one.actor is not None}))
        self._memory.write(name, _PUSHERS.dump_python(pushers, mode="json"), MONTH)
        return pushers

    def _walk(self, source: int, branch: str, far_enough: FarEnough) -> Walked:
        """The moves of a branch, page by page, until that is ``far_enough``. While nothing moves, this costs
        nothing: the first page is asked for conditionally, and those behind it are as they were."""
        path = f"{root(source)}/activity?ref=refs/heads/{quote(branch, safe='')}&per_page=100"
        page = self._first(path)
        pages = [page.value]
        while page.next is not None and len(pages) < MOST_PAGES and not far_enough(pages):
            page = self._behind(page, page.next)
            pages.append(page.value)
        return Walked(_joined(pages), page.next is None)

    def _first(self, path: str) -> Kept[tuple[Moved, ...]]:
        name = self._name(path)
        known = self._known(name)
        page = kept(self._connection, path, each(parse.moved), known)
        if page is not known:
            self._memory.write(name, _PAGE.dump_python(page, mode="json"), DAY)
        return page

    def _behind(self, page: Kept[tuple[Moved, ...]], path: str) -> Kept[tuple[Moved, ...]]:
        """What comes after exactly this page."""
        last = "".join(f"{one.move.before}..{one.move.after}" for one in page.value[-1:])
        name = self._name(f"{path} {last}")
        known = self._known(name)
        if known is None:
            known = kept(self._connection, path, each(parse.moved))
            self._memory.write(name, _PAGE.dump_python(known, mode="json"), DAY)
        return known

    def _known(self, name: str) -> Kept[tuple[Moved, ...]] | None:
        try:
            return _PAGE.validate_python(self._memory.read(name))
        except ValidationError:
            return None

    def _name(self, what: str) -> str:
        return f"github/moves/{self._connection.holder}/{what}"


def _ends(page: Iterable[Moved], running: str) -> bool:
    """Whether the running commit came to the branch, or was left, on this page."""
    return any(running in (one.move.before, one.move.after) for one in page)


def _begins(page: Sequence[Moved], since: datetime) -> bool:
    """Whether the page goes back to before that moment."""
    return bool(page) and page[-1].move.at < since


def _growth(whole: Asked, moved: Sequence[Moved]) -> Walked:
    """Those that may have brought its commits: back from the last that ended at its head. That is all of them
    where the branch was where its base has been; where it was made, only who knows all that was before can tell
    that nobody restored it. What was restored was brought by those who had brought it before; none are told where
    they are not found."""
    found: list[Moved] = []
    ordered = in_order(moved, lambda one: one.move)
    sought: str | None = whole.pull.head
    for number, one in enumerate(ordered, start=1):
        move = one.move
        if sought not in (None, move.after):
            continue
        sought = None
        if move.after != ABSENT:
            found.append(one)
        if move.before in whole.roots:
            return Walked(tuple(found), end=True)
        if move.before == ABSENT and not _restored(move, ordered[number:]):
            break
        if move.before == ABSENT:
            sought = move.after
    return Walked(tuple(found) if sought is None else (), end=False)


def _restored(made: Move, older: Iterable[Moved]) -> bool:
    """Whether a branch is back where it was when it was deleted once: others brought it there."""
    return any(one.move.after == ABSENT and one.move.before == made.after for one in older)


def _joined(pages: Iterable[tuple[Moved, ...]]) -> tuple[Moved, ...]:
    return tuple(one for page in pages for one in page)
