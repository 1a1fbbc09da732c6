"""Where a merged pull request has come: said in its comment, which is its own preview's to write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import TypeAdapter

from reviewapps.desired import Desired, Held, Hold, Run
from reviewapps.errors import BadRules, ReviewAppsError, TryLater
from reviewapps.model import ADOPTED, App, Environment, PastDeploy, PullRequest, Refusal, Space, Wanted
from reviewapps.naming import value_digest
from reviewapps.outcome import Arrival
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.view import rules_of

log = structlog.get_logger()

PATIENCE = timedelta(seconds=60)
"""For how long after a merge its preview's build is kept for who may want it."""

NEXT = "the next merge, since {commit} was chosen by hand"

_PAST: Final = TypeAdapter(tuple[tuple[str, datetime], ...])
_LATEST: Final = TypeAdapter(tuple[PastDeploy, ...])

REMEMBERED = 14 * 24 * 3600.0
"""Seconds for which it is known without asking that one commit is on the way to another: that never changes."""


def arrivals(
    means: Means, wanted: Wanted, space: Space, desired: Desired, number: int
) -> tuple[Arrival, ...]:
    """Where the pull request is, and where it waits; nothing where it was not merged."""
    pr = next((pr for pr in wanted.pull_requests if pr.number == number), None)
    if pr is None or pr.merged_as is None:
        return ()
    found = []
    for environment, verdict in sorted(desired.verdicts.items()):
        app = space.actual(environment).app
        if not environment.shared or not isinstance(verdict, Run | Held):
            continue
        hold = verdict.hold if isinstance(verdict, Held) else verdict.held
        failed = _failed(verdict, app)
        if app is not None and _has_come(means, pr.merged_as, app):
            address = _address(means, space, environment)
            since = app.live_since and _since(means, pr, environment, app.commit or "", app.live_since)
            found.append(Arrival(environment.name, address, since))
        elif (
            failed is not None and isinstance(verdict, Run) and _contains(means, verdict.commit, pr.merged_as)
        ):
            found.append(Arrival(environment.name, failed=failed))
        elif app is not None and _was_left(means, pr.merged_as, app, verdict):
            back = NEXT.format(commit=(app.commit or "")[:7])
            found.append(Arrival(environment.name, waits=back, lacks=True))
        elif hold is not None and _is_held(means, pr, hold):
            lacks = hold.why == "approval"
            calls = hold.unapproved and pr.number in hold.pulls
            found.append(Arrival(environment.name, waits=" · ".join(hold.reasons), lacks=lacks, calls=calls))
    for environment, deploys in _elsewhere(means, wanted):
        of_it = [one for one in deploys if _is_part(means, one.commit, pr.merged_as)]
        if live := next((one for one in of_it if one.state == "success"), None):
            since = _since(means, pr, environment, live.commit, live.at, ours=False)
            found.append(Arrival(environment.name, live.url, since))
        elif of_it:
            found.append(Arrival(environment.name, waits=of_it[0].about))
    return tuple(found)


def kept_for(means: Means, wanted: Wanted, space: Space, desired: Desired, number: int) -> float | None:
    """Seconds until the next look at a preview that ended and whose build is of use for a moment still: a shared
    environment is about to run what was merged, another installation may be, or it may be reopened. None where its
    build may go."""
    pr = next((pr for pr in wanted.pull_requests if pr.number == number), None)
    if pr is None:
        return None
    if pr.merged_at is None:
        return _kept(means, pr.closed_at, means.grant.keep_closed)
    age, users = means.now() - pr.merged_at, _users(means, desired, pr)
    if age <= PATIENCE and any(_is_under_way(space, environment, run) for environment, run in users):
        return means.pace.poll
    return _kept(means, pr.merged_at, means.grant.keep_merged)


def _kept(means: Means, ended: datetime | None, keep: timedelta) -> float | None:
    """None at all by default, which also holds where GitHub's clock is ahead."""
    return means.pace.quiet if ended and keep and means.now() - ended <= keep else None


def _users(means: Means, desired: Desired, pr: PullRequest) -> list[tuple[Environment, Run]]:
    """The shared environments that should run what the pull request brought, and may use its preview's build."""
    return [
        (environment, verdict)
        for environment, verdict in desired.verdicts.items()
        if environment.shared and isinstance(verdict, Run) and verdict.commit == pr.merged_as
        if means.grant.uses_previews_builds(environment.kind)
    ]


def come(arrived: Iterable[Arrival]) -> frozenset[str]:
    """The environments that the pull request is on."""
    return frozenset(one.environment for one in arrived if one.at is not None)


def news(means: Means, wanted: Wanted, space: Space, desired: Desired) -> frozenset[Environment]:
    """The previews of merged pull requests whose comments do not tell yet where their commits are. What stands
    somewhere is compared with what stood there when they were told."""
    there, grow = _elsewhere(means, wanted, afresh=True), _growing(wanted, desired)
    if not _standing(space, desired, there, grow):
        return frozenset()
    untold = set()
    for pr in wanted.pull_requests:
        if pr.merged_as is None:
            continue
        told, _, names = str(means.remembered("arrived", str(pr.number)) or "").partition(" ")
        if told != _standing(space, desired, there, grow, frozenset(names.split())):
            untold.add(Environment.of_pull_request(wanted.repository.id, pr.number))
    return frozenset(untold)


def note(
    means: Means,
    wanted: Wanted,
    space: Space,
    desired: Desired,
    number: int,
    on: frozenset[str] = frozenset(),
) -> None:
    """Remember that the pull request was told of this, and that it is ``on`` those environments."""
    there, grow = _elsewhere(means, wanted), _growing(wanted, desired)
    told = " ".join((_standing(space, desired, there, grow, on), *sorted(on)))
    means.remember(told, REMEMBERED, "arrived", str(number))


Elsewhere = list[tuple[Environment, tuple[PastDeploy, ...]]]
"""What waits, and what is live, in the environments that another installation keeps."""


def _elsewhere(means: Means, wanted: Wanted, *, afresh: bool = False) -> Elsewhere:
    """Only where there are previews, whose comments can tell of it. A look asks ``afresh``, its turns need not."""
    kinds = sorted(means.grant.elsewhere) if means.grant.allows("review") else []
    there = [Environment(wanted.repository.id, kind) for kind in kinds]
    return [(one, found) for one in there if (found := _latest(means, one, afresh))]


def _latest(means: Means, environment: Environment, afresh: bool) -> tuple[PastDeploy, ...]:
    """What is known of it will do where GitHub does not answer: nobody else's deployments hold up a look."""
    known = means.remembered("elsewhere", environment.name)
    if afresh or known is None:
        try:
            known = _LATEST.dump_python(means.github.elsewhere(environment), mode="json")
            means.remember(known, REMEMBERED, "elsewhere", environment.name)
        except ReviewAppsError as wrong:
            log.warning("not answered", question=f"what runs in {environment.name}", reason=str(wrong))
    return _LATEST.validate_python(known or ())


def _is_part(means: Means, commit: str, merged: str) -> bool:
    """The same of what was deployed once, or by somebody else: GitHub may not answer that at all where histories
    are far apart, and a preview is taken away nevertheless."""
    try:
        return _contains(means, commit, merged)
    except TryLater as wrong:
        log.warning("not answered", question=f"whether {merged} is part of {commit}", reason=str(wrong))
        return False


def _standing(
    space: Space,
    desired: Desired,
    there: Elsewhere,
    grow: frozenset[Environment],
    on: frozenset[str] = frozenset(),
) -> str:
    """A digest of what each shared environment serves, and what holds it back; nothing where there is none.

    What follows a branch can only ``grow``: to who is ``on`` it a later commit is no news, nor what holds one
    back."""
    seen: list[tuple[object, ...]] = []
    for environment, verdict in sorted(desired.verdicts.items()):
        if environment.shared and isinstance(verdict, Run | Held):
            app = space.actual(environment).app
            if app is not None and environment.name in on and environment in grow:
                seen.append((environment.name, "on", app.started, app.commit == ADOPTED, _chosen(app)))
                continue
            hold = verdict.hold if isinstance(verdict, Held) else verdict.held
            commit = app.commit if app is not None else None
            seen.append((environment.name, commit, hold, _failed(verdict, app)))
    seen.extend(
        (one.name, "on") if one.name in on else (one.name, *((told.commit, told.about) for told in latest))
        for one, latest in there
    )
    return value_digest(tuple(seen)) if seen else ""


def _growing(wanted: Wanted, desired: Desired) -> frozenset[Environment]:
    """The environments that follow a branch: where tags are followed, any commit may come."""
    asked = rules_of(wanted)
    if isinstance(asked, BadRules):
        return frozenset()
    follows = {one: asked.of(one).follows for one in desired.verdicts if one.shared}
    return frozenset(one for one, what in follows.items() if what is not None and not what.tags)


def _chosen(app: App) -> str:
    """What it serves, where somebody went back to that."""
    return app.pin.commit if app.pin is not None and app.pin.commit == app.commit else ""


def _is_held(means: Means, pr: PullRequest, hold: Hold) -> bool:
    """Whether what the pull request brought is part of what is held."""
    if pr.merged_as is None or pr.number in hold.pulls:
        return pr.merged_as is not None
    return pr.merged_as == hold.commit or bool(hold.commit and _contains(means, hold.commit, pr.merged_as))


def _since(
    means: Means,
    pr: PullRequest,
    environment: Environment,
    commit: str,
    live_since: datetime,
    *,
    ours: bool = True,
) -> datetime:
    """Since when what it brought is there without a break, as GitHub's deployments tell; the latest twenty are
    asked. A redeploy is none; that somebody went back to what lacks it is."""
    since, began, merged = live_since, pr.merged_at, pr.merged_as or ""
    past = _past(means, environment, f"{commit} {live_since.isoformat()}", ours)
    for was, at in sorted(past, key=lambda one: one[1], reverse=True):
        if began is None or at < began or not _is_part(means, was, merged):
            break
        since = min(since, at)
    return since


def _past(means: Means, environment: Environment, live: str, ours: bool) -> tuple[tuple[str, datetime], ...]:
    """What was live there, and since when; asked for once for each that is live now."""
    key = ("live", environment.name, live)
    known = means.remembered(*key)
    if known is None:
        try:
            past = means.github.history(environment, ours=ours)
        except ReviewAppsError as wrong:
            log.warning("not answered", question=f"what ran in {environment.name}", reason=str(wrong))
            return ()
        found = tuple((one.commit, one.at) for one in past if one.state == "success")
        means.remember(_PAST.dump_python(found, mode="json"), REMEMBERED, *key)
        return found
    return _PAST.validate_python(known)


def _is_under_way(space: Space, environment: Environment, run: Run) -> bool:
    app = space.actual(environment).app
    return app is None or (app.commit != run.commit and app.refusal_of(run.commit, run.config) is None)


def _has_come(means: Means, merged: str, app: App) -> bool:
    """Whether the app is known to serve a commit that the merge is on the way to."""
    serves = app.started and app.commit not in (None, ADOPTED)
    return serves and _contains(means, app.commit or "", merged)


def _was_left(means: Means, merged: str, app: App, verdict: Run | Held) -> bool:
    """Whether somebody went back to a commit that the merge is no part of."""
    pin = app.pin
    chosen = pin is not None and isinstance(verdict, Run) and verdict.commit == pin.commit == app.commit
    return chosen and pin is not None and _contains(means, pin.over, merged)


def _failed(verdict: Run | Held, app: App | None) -> Refusal | None:
    """Why the commit that should run does not."""
    return app.refusal_of(verdict.commit, verdict.config) if app and isinstance(verdict, Run) else None


def _contains(means: Means, commit: str, merged: str) -> bool:
    """Whether the merge is known to be on the way to the commit, of which GitHub may know nothing any more."""
    known = means.remembered("contains", commit, merged)
    if known is None:
        try:
            known = means.github.contains(commit, merged)
        except TryLater:
            raise
        except ReviewAppsError as wrong:
            log.warning("not answered", question=f"whether {merged} is part of {commit}", reason=str(wrong))
            return False
        means.remember(known, REMEMBERED, "contains", commit, merged)
    return bool(known)


def _address(means: Means, space: Space, environment: Environment) -> str:
    route = space.actual(environment).route
    return means.grant.address(environment).format(host=route.address) if route is not None else ""
