"""One question to GraphQL. It answers 200 also where it failed, and then maybe with half of what was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from reviewapps.errors import NotAuthorised, RateLimited, Unavailable
from reviewapps.github.connection import Connection
from reviewapps.github.parse import RepositoryFacts, understood
from reviewapps.github.refusals import UNTOLD_PAUSE, Forbidden

T = TypeVar("T")
REFUSALS: Final = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND", "UNAUTHORIZED"})


def asked(
    connection: Connection,
    facts: RepositoryFacts,
    query: str,
    parse: Callable[[Any], T],
    **variables: object,
) -> T:
    """What ``parse`` makes of the repository in the answer to ``query``. Half an answer is none."""
    owner, _, name = facts.name.partition("/")
    body = {"query": query, "variables": {"owner": owner, "name": name, **variables}}
    answer = connection.write("POST", connection.graphql, body)
    if answer.missing:
        raise Unavailable("GitHub: GraphQL is not where it should be")
    _require_whole(answer.body)

    def whole(raw: Any) -> T:
        repository = raw["data"]["repository"]
        if repository["databaseId"] != facts.id:
            raise ValueError(f"{facts.name} is another repository now")
        return parse(repository)

    return understood(whole, answer.body, "GraphQL")


def _require_whole(body: Any) -> None:
    errors = (body.get("errors") if isinstance(body, dict) else None) or ()
    for error in errors:
        said = f"GitHub: GraphQL answered: {str(error.get('message'))[:300]}"
        if error.get("type") in ("RATE_LIMITED", "RATE_LIMIT"):
            raise RateLimited(said, after=UNTOLD_PAUSE)
        if error.get("type") in REFUSALS:
            raise (Forbidden if error["type"] == "FORBIDDEN" else NotAuthorised)(said)
    if errors:
        raise Unavailable(f"GitHub: GraphQL answered: {str(errors[0].get('message'))[:300]}")
