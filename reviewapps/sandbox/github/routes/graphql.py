"""The GraphQL API."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.graphql import answer
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.routing import Routes

routes = Routes()


@routes.on("POST", "/graphql")
async def graphql(call: Call) -> Answer:
    """What the query asks for: always 200, with ``errors`` where something is wrong with it."""
    if call.viewer is None:
        raise Refused(401, "This endpoint requires you to be authenticated.")
    wanted = await call.wanted(variables=dict, operationName=str)
    if not isinstance(wanted.get("query"), str):
        raise Refused(400, "A query attribute must be specified and must be a string.")
    return Answer(await answer(call, wanted))
