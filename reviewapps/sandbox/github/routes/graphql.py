"""The GraphQL API."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.graphql import TakesTooLong, answer
from reviewapps.sandbox.github.limits.primary import GRAPHQL
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.routing import GRAPHQL_PATH, Routes
from reviewapps.sandbox.github.state import JSON

routes = Routes()


@routes.on("POST", GRAPHQL_PATH)
async def graphql(call: Call) -> Answer:
    """What the query asks for: 200 with ``errors`` where something is wrong with it, 502 if it takes too long."""
    if call.viewer is None:
        raise Refused(401, "This endpoint requires you to be authenticated.")
    wanted = await call.wanted(variables=dict, operationName=str)
    if not isinstance(wanted.get("query"), str):
        raise Refused(400, "A query attribute must be specified and must be a string.")
    if not call.engine.limits.remaining(call.asker, GRAPHQL):
        return Answer({"errors": [_used_up(call)]})
    try:
        return Answer(await answer(call, wanted))
    except TakesTooLong:
        return Answer({"data": None, "errors": [{"message": _gone_wrong(call)}]}, 502)


def _used_up(call: Call) -> JSON:
    message = f"API rate limit already exceeded for {call.asker.described}."
    return {"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message}


def _gone_wrong(call: Call) -> str:
    return (
        "Something went wrong while executing your query. This may be the result of a timeout, or it could be a"
        f" GitHub bug. Please include `{call.request_id}` when reporting this issue."
    )
