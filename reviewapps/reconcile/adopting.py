"""Taking over a shared app that was there before us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reviewapps import steps
from reviewapps.desired import followed_tags, has_drifted, head_of, natural, permitted_last, tags_seen
from reviewapps.errors import BadRules, OperatorMustAct
from reviewapps.model import Candidate, CandidateRoute, Entrance, Environment, Follows, Tag, Wanted
from reviewapps.naming import address
from reviewapps.ports import Lease
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import rules_of


class NotAdoptable(OperatorMustAct):
    """This app cannot be taken over; the sentence says why."""


@dataclass(frozen=True)
class Adoption:
    """``name`` is how people write the environment. ``tags`` stand already, and so deploy nothing; ``routes``
    become ours with the app, ``left`` stay what they are. ``entrance``: who may open it from the next tag or
    merge on; ``follows``: what of the two deploys to it."""

    environment: Environment
    name: str
    app: Candidate
    tags: tuple[str, ...]
    routes: tuple[CandidateRoute, ...]
    left: tuple[CandidateRoute, ...]
    entrance: Entrance
    follows: Literal["tag", "merge"] = "tag"


def adoption(means: Means, environment: Environment, name: str) -> Adoption:
    """What taking over the app of this name would mean. Nothing is written."""
    asked = address(environment, means.name)
    if not environment.shared:
        raise NotAdoptable(f"{asked}: a preview's app is made, not taken over; only shared ones are")
    if not means.grant.allows(environment.kind):
        raise NotAdoptable(f"{asked}: environments of the kind {environment.kind} are not granted")
    app = means.cloudfoundry.candidate(environment, name)
    if app is None:
        raise NotAdoptable(f"{asked}: there is no app `{name}` in the space where {environment.name} lives")
    _check(means, environment, asked, app)
    wanted = means.github.look()
    tags = sorted((tag.name for tag in _tags(wanted, environment)), key=natural)
    follows = _follows(wanted, environment)
    routes = tuple(route for route in app.routes if route.plain)
    left = tuple(route for route in app.routes if not route.plain)
    entrance = means.grant.entrance(environment.kind)
    moved_by: Literal["tag", "merge"] = "tag" if follows is None or follows.tags else "merge"
    return Adoption(environment, asked, app, tuple(tags), routes, left, entrance, moved_by)


def adopted(means: Means, planned: Adoption, lease: Lease) -> None:
    """Take it over: the app first, so that nothing of ours ever leads to what is not ours. Whoever is killed on
    the way simply does it again."""
    environment, now = planned.environment, adoption(means, planned.environment, planned.app.name)
    if now.app.guid != planned.app.guid:
        raise NotAdoptable(f"{planned.name}: the app {planned.app.name} is another one by now")
    wanted, actual = means.github.look(), means.cloudfoundry.look().actual(environment)
    turn = Turn(means, environment, lease, wanted, actual)
    before = turn.actual.app
    drifted = before is not None and has_drifted(before)
    if not now.app.ours or drifted:
        follows = _follows(wanted, environment)
        seen = tags_seen(_tags(wanted, environment))
        over = head_of(wanted, follows) if follows is not None else None
        turn.carry_out(steps.Adopt(now.app.guid, seen, now.app.started, over, permitted_last(before)))
    known = {route.guid for route in turn.actual.routes}
    for route in now.routes:
        if route.guid not in known:
            turn.carry_out(steps.AdoptRoute(route.guid))


def _tags(wanted: Wanted, environment: Environment) -> list[Tag]:
    """The tags that stand, of those that the environment follows."""
    follows = _follows(wanted, environment)
    return [] if follows is None else followed_tags(wanted, follows)


def _follows(wanted: Wanted, environment: Environment) -> Follows | None:
    asked = rules_of(wanted)
    return None if isinstance(asked, BadRules) else asked.of(environment).follows


def _check(means: Means, environment: Environment, asked: str, app: Candidate) -> None:
    there = means.cloudfoundry.look().actual(environment).apps
    others = [one.name for one in there if one.guid != app.guid and not one.is_builder]
    if others:
        raise NotAdoptable(f"{asked} has the app {others[0]} already; delete that one first, by hand")
    for what, whose in ((f"the app {app.name}", app.whose), *((r.address, r.whose) for r in app.routes)):
        if whose is not None:
            raise NotAdoptable(f"{asked}: {what} is {whose}")
