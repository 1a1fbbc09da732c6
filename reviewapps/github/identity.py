"""Which repository a name means, and whom our token is of."""

from __future__ import annotations

import logging
from typing import Final

from pydantic import TypeAdapter

from reviewapps.github import parse
from reviewapps.github.conditional import Kept, Missing, kept
from reviewapps.github.connection import Connection
from reviewapps.github.looking import root
from reviewapps.github.parse import RepositoryFacts, understood
from reviewapps.github.refusals import Forbidden
from reviewapps.ports import Memory

MONTH: Final = 30 * 24 * 3600.0

_FACTS: Final = TypeAdapter(RepositoryFacts)
_logger = logging.getLogger(__name__)


class Identity:
    """What the name ``owner/name`` stood for when it was asked first. The id outlives a rename."""

    def __init__(self, connection: Connection, memory: Memory, name: str) -> None:
        self._connection = connection
        self._memory = memory
        self._repository = name

    @property
    def remembered(self) -> RepositoryFacts | None:
        """The repository as it was described last, without a request; None where that is forgotten."""
        known = self._memory.read(self._name)
        return None if known is None else _FACTS.validate_python(known)

    @property
    def facts(self) -> RepositoryFacts:
        """The repository as it was described last."""
        return self.remembered or self.described().value

    def described(self, known: Kept[RepositoryFacts] | None = None) -> Kept[RepositoryFacts]:
        """The repository as it is described now: by its id, or by its name where its id is not known, or
        leads nowhere since another one took the name."""
        described = self._by_id(known) or kept(
            self._connection, f"/repos/{self._repository}", parse.repository
        )
        if described is not known:
            self._memory.write(self._name, _FACTS.dump_python(described.value, mode="json"), MONTH)
        return described

    def login(self) -> str:
        """The account that the token is of."""
        told = self._connection.credentials.login()
        if told is not None:
            return told
        name = f"github/login/{self._connection.holder}"
        known = self._memory.read(name)
        if known is None:
            known = self._own()
            self._memory.write(name, known, MONTH)
        return str(known)

    def _own(self) -> str:
        """An App's installation, as which a workflow's own token works, is no user: GraphQL knows its bot."""
        try:
            return kept(self._connection, "/user", parse.own_login).value
        except Forbidden:
            path = self._connection.graphql
            answer = self._connection.write("POST", path, {"query": "query { viewer { login } }"})
            return understood(parse.viewer, answer.body, path)

    def _by_id(self, known: Kept[RepositoryFacts] | None) -> Kept[RepositoryFacts] | None:
        if known is None:
            return None
        try:
            return kept(self._connection, root(known.value.id), parse.repository, known)
        except Missing:
            _logger.warning("%s: there is no repository %s any more", self._repository, known.value.id)
            return None

    @property
    def _name(self) -> str:
        return f"github/{self._repository}/identity"
