"""One GraphQL request while it is answered, and how its parts find their values.

A field is answered by the function that :func:`field` registered for it, else by the attribute of the same
name (`headRefOid`: ``head_ref_oid``) of whatever it is a field of.
"""

from __future__ import annotations

import base64
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from reviewapps.sandbox.github.access import Asker
from reviewapps.sandbox.github.apps.tokens import allows
from reviewapps.sandbox.github.calls import Engine
from reviewapps.sandbox.github.graphql.patience import Patience
from reviewapps.sandbox.github.presenters.urls import Urls
from reviewapps.sandbox.github.state import JSON, Repository, User
from reviewapps.sandbox.github.world import World

LARGEST_PAGE = 100


@dataclass
class Asking:
    """Who asks, and what is found out once for all of the request."""

    engine: Engine
    viewer: User
    asker: Asker
    urls: Urls
    limits: JSON
    nodes: dict[str, Any] | None = None  # by global id, once one was asked for
    patience: Patience = dataclasses.field(default_factory=Patience)

    @property
    def world(self) -> World:
        return self.engine.world

    def sees(self, repository: Repository) -> bool:
        """Whether who asks may read it."""
        return self.asker.permission(repository) != "none"

    def may_read(self, repository: Repository, permission: str) -> bool:
        """Whether an App's token has what it takes to read something; in public repositories it needs nothing."""
        token = self.asker.token
        return token is None or not repository.private or allows(token.permissions, permission, "read")

    def may_write(self, repository: Repository) -> bool:
        """Whether who asks may change it; an App with a token for pull requests may."""
        token = self.asker.token
        permitted = token is None or allows(token.permissions, "pull_requests", "write")
        return permitted and self.asker.permission(repository) in ("write", "admin")


Resolver = Callable[[Any, Asking, JSON], Any]
FIELDS: dict[tuple[str, str], Resolver] = {}


class Refusal(GraphQLError):
    """An error that GitHub gives a type, beside its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def field(kind: str, *names: str) -> Callable[[Resolver], Resolver]:
    """Let the decorated function answer these fields of ``kind``."""

    def register(resolver: Resolver) -> Resolver:
        FIELDS.update({(kind, name): resolver for name in names})
        return resolver

    return register


def resolved(source: Any, info: GraphQLResolveInfo[Asking], **arguments: Any) -> Any:
    """The value of a field. TakesTooLong where the time for it is over."""
    info.context.patience.check()
    resolver = FIELDS.get((info.parent_type.name, info.field_name))
    if resolver is not None:
        value = resolver(source, info.context, arguments | {"field": info.field_name})
        return info.context.patience.value(value) if inspect.iscoroutine(value) else value
    if isinstance(source, dict):
        return source[info.field_name]
    return getattr(source, re.sub(r"([A-Z])", lambda capital: f"_{capital[1].lower()}", info.field_name))


def connection(rows: Iterable[Any], arguments: JSON) -> JSON:
    """A page of ``rows``, by `first`/`after` or `last`/`before`; one of `first` and `last` must be given."""
    every = list(rows)
    name, sizes = arguments["field"], [arguments.get(one) for one in ("first", "last")]
    if sizes == [None, None]:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise Refusal("MISSING_PAGINATION_BOUNDARIES", message)
    for word, size in zip(("first", "last"), sizes, strict=True):
        if size is not None and size > LARGEST_PAGE:
            asked = f"Requesting {size} records on the `{name}` connection exceeds the `{word}` limit"
            raise Refusal("EXCESSIVE_PAGINATION", f"{asked} of {LARGEST_PAGE} records.")
        if size is not None and size < 1:
            message = f"`{word}` on the `{name}` connection must be between 1 and {LARGEST_PAGE}."
            raise Refusal("INVALID_PAGINATION", message)
    start, end = _position(arguments.get("after"), 0), _position(arguments.get("before"), len(every) + 1) - 1
    first, last = sizes
    end = min(end, len(every)) if first is None else min(end, len(every), start + first)
    start = start if last is None else max(start, end - last)
    return _page(every, start, end)


def _page(every: Sequence[Any], start: int, end: int) -> JSON:
    shown = every[start:end]
    edges = [{"node": row, "cursor": _cursor(start + number)} for number, row in enumerate(shown, start=1)]
    info = {
        "hasNextPage": end < len(every),
        "hasPreviousPage": start > 0,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    return {"nodes": list(shown), "edges": edges, "totalCount": len(every), "pageInfo": info}


def _cursor(position: int) -> str:
    return base64.b64encode(f"cursor:v2:{position}".encode()).decode()


def _position(cursor: str | None, default: int) -> int:
    if cursor is None:
        return default
    try:
        return int(base64.b64decode(cursor).decode().rpartition(":")[2])
    except ValueError:
        message = f"`{cursor}` does not appear to be a valid cursor."
        raise Refusal("INVALID_CURSOR_ARGUMENTS", message) from None


def not_resolved(what: str) -> Refusal:
    """Also said of what the asker may not know of."""
    return Refusal("NOT_FOUND", f"Could not resolve to {what}.")
