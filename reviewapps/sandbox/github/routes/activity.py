"""What became of the branches of a repository, move by move."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.urls import node_id
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, Activity

routes = Routes()


@routes.on("GET", "/repos/{owner}/{repo}/activity")
async def activities(call: Call) -> Answer:
    """The moves, newest first; of `?ref=`, `?actor=` and `?activity_type=` alone."""
    ref, actor, kind = (call.query(name) for name in ("ref", "actor", "activity_type"))
    found = [
        one
        for one in call.repository.activities
        if ref in ("", one.ref, one.ref.removeprefix("refs/heads/"))
        and actor in ("", one.actor.login)
        and kind in ("", one.type)
    ]
    if call.query("direction") != "asc":
        found.reverse()
    return _page(call, found)


def _page(call: Call, found: list[Activity]) -> Answer:
    """One page; the next is found by a cursor, and not by a number."""
    after = call.query("after")
    start = next((at for at, one in enumerate(found, start=1) if after == _cursor(one)), 0)
    shown = found[start : start + call.page_size]
    more = start + len(shown) < len(found)
    headers = {"Link": call.link("next", after=_cursor(shown[-1]))} if more else {}
    return Answer([_presented(one, call) for one in shown], headers=headers)


def _cursor(one: Activity) -> str:
    return node_id("cursor", one.id)


def _presented(one: Activity, call: Call) -> JSON:
    return {
        "id": one.id,
        "node_id": node_id("PSH", one.id),
        "before": one.before,
        "after": one.after,
        "ref": one.ref,
        "timestamp": one.timestamp,
        "activity_type": one.type,
        "actor": simple_user(one.actor, call.urls),
    }
