"""Emojis under comments and pull requests: one of each kind a person."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters.pulls import REACTIONS, reaction
from reviewapps.sandbox.github.refusals import forbidden, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import Comment, PullRequest, Reaction

routes = Routes()
OF_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}/reactions"
OF_COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"


@routes.on("GET", OF_COMMENT)
@routes.on("GET", OF_ISSUE)
async def reactions(call: Call) -> Answer:
    """The reactions; of `?content=` alone."""
    wanted = call.query("content")
    found = [one for one in _under(call).reactions.values() if wanted in ("", one.content)]
    return call.listing(found, lambda one: reaction(one, call.urls))


@routes.on("POST", OF_COMMENT)
@routes.on("POST", OF_ISSUE)
async def create(call: Call) -> Answer:
    """A new reaction; 200 with the old one where it was there."""
    under, user, content = _under(call), call.user, (await call.wanted()).get("content")
    if content not in REACTIONS:
        raise invalid("Reaction", "content")
    for known in under.reactions.values():
        if known.user is user and known.content == content:
            return Answer(reaction(known, call.urls))
    made = Reaction(call.world.next_id(), user, content, call.world.clock.timestamp)
    under.reactions[made.id] = made
    return Answer(reaction(made, call.urls), 201)


@routes.on("DELETE", OF_COMMENT + "/{reaction_id}")
@routes.on("DELETE", OF_ISSUE + "/{reaction_id}")
async def delete(call: Call) -> Answer:
    """A reaction taken back, by whose it is."""
    under, user = _under(call), call.user
    found = under.reactions.get(call.number("reaction_id"))
    if found is None:
        raise not_found()
    if found.user is not user:
        raise forbidden()
    del under.reactions[found.id]
    return Answer(status=204)


def _under(call: Call) -> Comment | PullRequest:
    return call.comment if "comment_id" in call.request.match_info else call.issue
