"""What shared environments are judged on: an app, a branch, rules here and there, and an approval or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from reviewapps.approval import Commit, Evidence, Move, Pull, Review
from reviewapps.desired import Known, Verdict, desired
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import ADOPTED, App, Environment, Lock, Space, Tag, Tagging, Wanted
from reviewapps.rules import Rules, rules
from tests.core.settling import NOW, SHOP, sha

OLD, NEW = sha(1), sha(2)
STAGING, PRODUCTION = Environment(SHOP.id, "staging"), Environment(SHOP.id, "production")
GRANT = Grant(targets={"staging": "staging", "production": "production"})
ASKING = rules("environments: {production: {requires: {approvals: 1}}}")
LOCK = Lock("ada", "a demo", NOW + timedelta(hours=1))


def running(environment: Environment, commit: str | None = OLD, **more: object) -> App:
    """Its app, which is known to serve the commit."""
    plain = App("a", "shop", environment, "app", True, "d1", commit, "c", NOW, live_since=NOW)
    noted = replace(plain, wished=commit if commit != ADOPTED else None, tags_seen=frozenset())
    return replace(noted, live_droplet="d1", **more)  # type: ignore[arg-type]


def verdict(
    environment: Environment,
    app: App | None,
    *,
    asked: Rules | BadRules = ASKING,
    there: Rules | BadRules = ASKING,
    grant: Grant = GRANT,
    branches: Mapping[str, str] | None = None,
    approved: bool = False,
    now: datetime = NOW,
    tags: tuple[Tag, ...] = (),
) -> Verdict:
    """The verdict while ``main`` is at NEW and ``staging`` as ``branches`` say, once all that is asked was
    answered: the rules at what runs are ``there``, and the way to the head is one pull request, ``approved`` or
    not."""
    repository = replace(SHOP, head=NEW)
    wanted = Wanted(repository, (), tags, None, branches={"staging": NEW} if branches is None else branches)
    space = Space(() if app is None else (app,))
    known = Known()
    while True:
        found = desired(wanted, asked, grant, space, known, now)
        if not found.asks:
            return found.of(environment)
        evidence = {
            way: _evidence(way.branch, way.running, way.head, approved=approved) for way in found.asks.ways
        }
        known = known.with_answers(
            Known(
                taggings={one: Tagging(one.object, None, NOW) for one in found.asks.tags},
                rules_at=dict.fromkeys(found.asks.rules_at, there),
                evidence=evidence,
            )
        )


def tag(name: str, commit: str) -> Tag:
    return Tag(name, commit, annotated=False)


def _evidence(branch: str, from_: str | None, head: str, *, approved: bool) -> Evidence:
    before = from_ or sha(0)
    if before == head:
        return Evidence(branch, before, head)  # nothing came there, so that nothing has to be approved
    review = Review(1, "grace", "approved", "h" * 40, NOW)
    pull = Pull(12, branch, "h" * 40, head, "ada", reviews=(review,) if approved else ())
    commit = Commit(head, (before,))
    moves = (Move(before, head, merge=True, at=NOW),)
    return Evidence(branch, before, head, True, 1, (commit,), (pull,), ((head, 12),), moves)
