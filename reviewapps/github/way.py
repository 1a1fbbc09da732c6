"""What lies between two commits."""

from __future__ import annotations

import re
from typing import Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.approval import MOST_COMMITS
from reviewapps.errors import Unavailable
from reviewapps.github import approval_parse as parse
from reviewapps.github.approval_parse import Comparison
from reviewapps.github.conditional import PER_PAGE, kept
from reviewapps.github.connection import Connection
from reviewapps.github.looking import root
from reviewapps.github.parse import repository, understood
from reviewapps.ports import Memory

DAY: Final = 24 * 3600.0
MONTH: Final = 30 * DAY

_WAY: Final = TypeAdapter(Comparison)
_SHAS: Final = TypeAdapter(tuple[str, ...])
SHA: Final = re.compile("[0-9a-f]{40}")
ASTRAY: Final = Comparison(straight=False, total=0, commits=())


class Ways:
    """The ways between the commits of one repository. One that leads somewhere never changes."""

    def __init__(self, connection: Connection, memory: Memory, repository: int) -> None:
        self._connection = connection
        self._memory = memory
        self._api = root(repository)

    def between(self, running: str | None, head: str) -> Comparison:
        """The commits that ``head`` has and ``running`` has not; without one that runs, what the head itself
        brought. No commits where they are too many. What is no commit's name leads nowhere, though a branch may
        be called that."""
        if running is not None and not SHA.fullmatch(running):
            return ASTRAY
        name = f"github{self._api}/way/{running or ''}..{head}"
        try:
            return _WAY.validate_python(self._memory.read(name))
        except ValidationError:
            way = self._asked(running, head)
        if way.straight:
            self._memory.write(name, _WAY.dump_python(way, mode="json"), DAY)
        return way

    def beyond(self, base: str, head: str, most: int) -> tuple[str, ...]:
        """What a merge of ``head`` brings to ``base``, as far as one page goes further than ``most`` commits."""
        name = f"github{self._api}/beyond/{base}..{head}"
        try:
            return _SHAS.validate_python(self._memory.read(name))
        except ValidationError:
            pass
        found: list[str] = []
        for number in range(1, most // PER_PAGE + 2):
            page = self._page(base, head, number)
            if page is None:
                raise Unavailable(f"GitHub: it does not show what {head} brought to {base}")
            found += [commit.sha for commit in page.commits]
            if len(found) >= page.total:
                break
        self._memory.write(name, found, MONTH)
        return tuple(found)

    def _asked(self, running: str | None, head: str) -> Comparison:
        if running is not None:
            return self._compared(running, head)
        commit = kept(self._connection, f"{self._api}/git/commits/{head}", parse.commit).value
        return self._compared(commit.parents[0], head) if commit.parents else Comparison(True, 1, (commit,))

    def _compared(self, running: str, head: str) -> Comparison:
        """All pages. That there is no such commit is only believed of a repository that can be read."""
        first = self._page(running, head, 1)
        if first is None:
            kept(self._connection, self._api, repository)
            return ASTRAY
        if not first.straight:
            return ASTRAY
        if first.total > MOST_COMMITS:
            return Comparison(True, first.total, ())
        commits = {commit.sha: commit for commit in first.commits}
        for number in range(2, -(-first.total // PER_PAGE) + 1):
            page = self._page(running, head, number)
            commits |= {commit.sha: commit for commit in (page.commits if page else ())}
        if len(commits) != first.total:
            raise Unavailable(f"GitHub: of {first.total} commits up to {head}, it shows {len(commits)}")
        return Comparison(True, first.total, tuple(commits.values()))

    def _page(self, running: str, head: str, number: int) -> Comparison | None:
        path = f"{self._api}/compare/{running}...{head}?per_page={PER_PAGE}&page={number}"
        answer = self._connection.read(path)
        return None if answer.missing else understood(parse.comparison, answer.body, path)
