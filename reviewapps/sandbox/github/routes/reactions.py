"""Emojis under comments: one of each kind a person."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters.pulls import REACTIONS, reaction
from reviewapps.sandbox.github.refusals import forbidden, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import Reaction

routes = Routes()
OF_COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"


@routes.on("GET", OF_COMMENT)
async def reactions(call: Call) -> Answer:
    """The reactions; of `?content=` alone."""
    wanted = call.query("content")
    found = [one for one in call.comment.reactions.values() if wanted in ("", one.content)]
    return call.listing(found, lambda one: reaction(one, call.urls))


@routes.on("POST", OF_COMMENT)
async def create(call: Call) -> Answer:
    """A new reaction; 200 with the old one where it was there."""
    comment, user, content = call.comment, call.user, (await call.wanted()).get("content")
    if content not in REACTIONS:
        raise invalid("Reaction", "content")
    for known in comment.reactions.values():
        if known.user is user and known.content == content:
            return Answer(reaction(known, call.urls))
    made = Reaction(call.world.next_id(), comment, user, content, call.world.clock.timestamp)
    comment.reactions[made.id] = made
    return Answer(reaction(made, call.urls), 201)


@routes.on("DELETE", OF_COMMENT + "/{reaction_id}")
async def delete(call: Call) -> Answer:
    """A reaction taken back, by whose it is."""
    comment, user = call.comment, call.user
    found = comment.reactions.get(call.number("reaction_id"))
    if found is None:
        raise not_found()
    if found.user is not user:
        raise forbidden()
    del comment.reactions[found.id]
    return Answer(status=204)
