"""The status of a commit: one line among its checks for each of our environments that it was meant for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import astuple
from hashlib import sha256
from typing import Final

from reviewapps.github import parse, parse_told
from reviewapps.github.connection import Connection
from reviewapps.github.late import not_overtaken
from reviewapps.github.looking import root
from reviewapps.github.parse_told import CommitStatus
from reviewapps.github.refusals import Forbidden, Unfit
from reviewapps.model import Environment
from reviewapps.outcome import Mark, Telling
from reviewapps.ports import Memory

LONGEST: Final = 140
MONTH: Final = 30 * 24 * 3600.0

_logger = logging.getLogger(__name__)


class Statuses:
    """Ours are known by their context, ``INSTANCE/ENVIRONMENT``. Where GitHub forbids one, no other is tried in
    that repository for ``silence`` seconds: all else works without them. One that does not fit, such as the
    thousandth of its context, which anybody who may write can bring about, is one commit's and context's matter.
    """

    def __init__(
        self,
        connection: Connection,
        memory: Memory,
        instance: str,
        say: Callable[..., None],
        silence: float,
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._instance = instance
        self._say = say
        self._silence = silence

    def tell(self, telling: Telling) -> None:
        """Let the commit have this status, where it does not have it already; and other commits theirs."""
        environment, wanted = telling.environment, _wanted(telling, self._instance)
        if telling.commit is not None and telling.status is not None:
            self._say_once(environment, telling.commit, wanted)
        for mark in telling.marks:
            self.mark(environment, mark, telling.page)

    def mark(self, environment: Environment, mark: Mark, page: str) -> None:
        """Let a commit have this line among its checks, where it does not have it already."""
        context = f"{self._instance}/{mark.about}"
        wanted = CommitStatus(context, mark.state, _short(mark.description), page)
        self._say_once(environment, mark.commit, wanted)

    def _say_once(self, environment: Environment, commit: str, wanted: CommitStatus) -> None:
        forbidden = (
            f"github/{self._instance}/{environment.repository}/statuses/forbidden/{self._connection.holder}"
        )
        unfit = f"{_memory_of(environment, commit, wanted)}/unfit"
        if self._memory.read(forbidden) or self._memory.read(unfit):
            return
        try:
            self._tell(environment, commit, wanted)
        except (Forbidden, Unfit) as refused:
            _logger.warning("%s: no commit status: %s", environment.key, refused)
            self._memory.write(forbidden if isinstance(refused, Forbidden) else unfit, True, self._silence)

    def _tell(self, environment: Environment, commit: str, wanted: CommitStatus) -> None:
        name = _memory_of(environment, commit, wanted)
        said = sha256("\x00".join(astuple(wanted)).encode()).hexdigest()
        if self._memory.read(name) == said:
            return
        with not_overtaken(self._connection, self._memory, name, lambda: self._memory.write(name, "", MONTH)):
            if self._latest(environment.repository, commit, wanted.context) != wanted:
                self._add(environment, commit, wanted)
        self._memory.write(name, said, MONTH)

    def _latest(self, repository: int, commit: str, context: str) -> CommitStatus | None:
        """The one of this context that counts, among the commit's latest hundred."""
        path = f"{root(repository)}/commits/{commit}/statuses?per_page=100"
        answer = self._connection.read(path)
        if answer.missing:
            return None
        statuses = parse.understood(parse.each(parse_told.commit_status), answer.body, path)
        return next((one for one in statuses if one.context == context), None)

    def _add(self, environment: Environment, commit: str, wanted: CommitStatus) -> None:
        told = {"state": wanted.state, "context": wanted.context, "description": wanted.description}
        path = f"{root(environment.repository)}/statuses/{commit}"
        answer = self._connection.write(
            "POST", path, told | ({"target_url": wanted.url} if wanted.url else {})
        )
        if not answer.missing:
            where = {"environment": environment.key, "commit": commit}
            self._say("status.created", **where, state=wanted.state)


def _memory_of(environment: Environment, commit: str, wanted: CommitStatus) -> str:
    """The name under which it is remembered what was said."""
    return f"github/{environment.repository}/status/{wanted.context}/{commit}"


def _wanted(telling: Telling, instance: str) -> CommitStatus:
    context = f"{instance}/{telling.environment.name}"
    return CommitStatus(
        context, telling.status or "pending", _short(telling.description), telling.url or telling.page
    )


def _short(description: str) -> str:
    return description if len(description) <= LONGEST else description[: LONGEST - 1] + "…"
