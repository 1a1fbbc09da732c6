"""A GraphQL document carried out: GitHub's envelope around what `graphql-core` does."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    execute,
    parse,
    validate,
)

from reviewapps.sandbox.github.calls import Call
from reviewapps.sandbox.github.graphql import accounts, changes, commits, pulls
from reviewapps.sandbox.github.graphql.asking import Asking, Refusal, resolved
from reviewapps.sandbox.github.graphql.bounds import MOST_TOKENS, Size, measured
from reviewapps.sandbox.github.graphql.patience import TakesTooLong
from reviewapps.sandbox.github.graphql.values import Asked, BlobAt, CommitAt, CommitOf, Queue, RefAt, Rollup
from reviewapps.sandbox.github.limits.primary import GRAPHQL
from reviewapps.sandbox.github.presenters.urls import Urls
from reviewapps.sandbox.github.state import (
    JSON,
    BaseChange,
    BaseDeleted,
    BaseForced,
    CheckRun,
    Label,
    PullRequest,
    QueueEntry,
    Repository,
    Review,
    Team,
    User,
)

KNOWN = 32
"""So many documents are remembered as read and checked: a client sends the same few with other variables."""
ROOMS = (accounts, changes, commits, pulls)
"""Each registers the fields that it answers."""
KINDS: Mapping[type, str] = {
    PullRequest: "PullRequest",
    Repository: "Repository",
    Review: "PullRequestReview",
    Team: "Team",
    Label: "Label",
    BaseChange: "BaseRefChangedEvent",
    BaseDeleted: "BaseRefDeletedEvent",
    BaseForced: "BaseRefForcePushedEvent",
    QueueEntry: "MergeQueueEntry",
    CommitAt: "Commit",
    BlobAt: "Blob",
    CommitOf: "PullRequestCommit",
    Asked: "ReviewRequest",
    Rollup: "StatusCheckRollup",
    Queue: "MergeQueue",
    RefAt: "Ref",
}
_UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")


async def answer(call: Call, wanted: JSON) -> JSON:
    """``data`` and ``errors`` for the query, variables and operation name that the body holds.

    The points that it costs are counted. :class:`TakesTooLong` where it would hold up everybody else.
    """
    variables, size = wanted.get("variables") or {}, Size(nodes=0, cost=1)
    query = str(wanted["query"])
    try:
        document = _parsed(query)
        size = measured(document, variables)
    except RecursionError:
        return {"errors": [{"message": "Query is nested too deeply."}]}
    except GraphQLError as error:
        return {"errors": [_told(error)]}
    finally:
        call.engine.limits.count(call.asker, GRAPHQL, size.cost)
    if mistakes := _mistakes(query):
        return {"errors": [_mistake(one) for one in mistakes]}
    ask = Asking(call.engine, call.user, call.asker, Urls(call.urls.origin), _limits(call, size))
    return await _executed(ask, document, variables, wanted.get("operationName"))


@lru_cache(maxsize=KNOWN)
def _parsed(query: str) -> DocumentNode:
    return parse(query, max_tokens=MOST_TOKENS)


@lru_cache(maxsize=KNOWN)
def _mistakes(query: str) -> tuple[GraphQLError, ...]:
    return tuple(validate(described(), _parsed(query)))


class _Bounded(Executor[None]):
    """Gives up as a whole where the time is over. It would else go on to the next field, and say so of each."""

    def handle_field_error(self, raw_error: Exception, *where: Any) -> None:
        if isinstance(raw_error, TakesTooLong):
            raise raw_error
        super().handle_field_error(raw_error, *where)


async def _executed(ask: Asking, document: DocumentNode, variables: JSON, operation: str | None) -> JSON:
    done = execute(
        described(),
        document,
        context_value=ask,
        variable_values=variables,
        operation_name=operation,
        field_resolver=resolved,
        executor_class=_Bounded,
    )
    result = await done if inspect.isawaitable(done) else done
    assert isinstance(result, ExecutionResult)
    errors = result.errors or []
    for one in errors:
        if one.original_error is not None and not isinstance(one.original_error, GraphQLError):
            raise one.original_error  # ours, not the asker's
    return {"data": result.data} | ({"errors": [_told(one) for one in errors]} if errors else {})


def _limits(call: Call, size: Size) -> JSON:
    standing = call.engine.limits.standing(call.asker, GRAPHQL)
    reset = datetime.fromtimestamp(standing.pop("reset"), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return standing | {"resetAt": reset, "cost": size.cost, "nodeCount": size.nodes}


@cache
def described() -> GraphQLSchema:
    """The schema: the part of GitHub's that is answered here."""
    schema = build_schema((Path(__file__).parent / "schema.graphql").read_text())
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = lambda value, *_: _kind_of(value)
    return schema


def _kind_of(value: Any) -> str:
    if isinstance(value, User):
        return value.type
    if isinstance(value, commits.Said):
        return "CheckRun" if isinstance(value.one, CheckRun) else "StatusContext"
    return KINDS[type(value)]


def _told(error: GraphQLError) -> JSON:
    """An error as GitHub writes it: with a type, where it has one, at the top."""
    told: JSON = {"message": error.message}
    cause = error.original_error if isinstance(error.original_error, Refusal) else error
    if isinstance(cause, Refusal):
        told["type"] = cause.kind
    if error.path is not None:
        told["path"] = list(error.path)
    if error.locations:
        told["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    return told


def _mistake(error: GraphQLError) -> JSON:
    told, unknown = _told(error), _UNKNOWN_FIELD.match(error.message)
    if unknown:
        name, kind = unknown.groups()
        told["message"] = f"Field '{name}' doesn't exist on type '{kind}'"
        told["extensions"] = {"code": "undefinedField", "typeName": kind, "fieldName": name}
    return told
