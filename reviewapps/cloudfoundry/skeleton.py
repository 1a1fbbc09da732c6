"""The app and its route, and what is written onto them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.web_process import born, mark
from reviewapps.errors import NameTaken
from reviewapps.model import Actual, App, Attempt
from reviewapps.steps import (
    Begin,
    CreateApp,
    CreateRoute,
    Govern,
    MapRoute,
    MarkLive,
    NoteSaid,
    Refuse,
    Remember,
)


def create_app(api: Client, step: CreateApp, actual: Actual) -> Actual:
    marks = labels.owner(api.instance, actual.environment)
    notes = _attempt_notes(step.attempt, None) | {labels.WEB: born(step.blueprint)}
    if step.blueprint is not None and step.blueprint.env_names:
        notes |= labels.names_annotations(labels.ENV_NAMES, None, step.blueprint.env_names)
        notes |= labels.names_annotations(labels.GENERATED, None, step.blueprint.generated)
    if step.follows is not None:
        notes |= _followed(step.follows, None)
    notes = {key: text for key, text in notes.items() if text is not None}
    for name in step.names:
        try:
            return with_nothing_else(actual.with_app(parse.app(api.create_app(name, marks, notes))))
        except NameTaken:
            found = _ours(api, api.apps_named(name), actual)
        if found is not None:
            older = replace(step.attempt, born=False)  # whoever made it may have set it up by now
            return begin(api, Begin(older), actual.with_app(parse.app(found)))
    where = f"in the space {api.target.space_name!r}"
    raise NameTaken(f"the app name {_listed(step.names)} {where} belongs to somebody else")


def create_route(api: Client, step: CreateRoute, actual: Actual) -> Actual:
    marks = labels.owner(api.instance, actual.environment, _app_label(actual))
    marks |= {labels.GATED: labels.YES} if step.gated else {}
    for host in step.hosts:
        try:
            made: dict[str, Any] | None = api.create_route(host, marks)
        except NameTaken:
            made = _ours(api, api.routes_at(host), actual)
        if made is not None:
            return replace(actual, routes=(parse.route(made), *actual.routes))
    raise NameTaken(f"the host {_listed(step.hosts)} in {api.target.domain} belongs to somebody else")


def map_route(api: Client, step: MapRoute, actual: Actual) -> Actual:
    leads_to = parse.destinations(api.map_route(step.route, app_of(actual).guid))
    routes = (replace(r, apps=leads_to) if r.guid == step.route else r for r in actual.routes)
    return replace(actual, routes=tuple(routes))


def begin(api: Client, step: Begin, actual: Actual) -> Actual:
    app = app_of(actual)
    actual = actual if app.attempt == step.attempt else write_attempt(api, app, step.attempt, actual)
    return actual.at_rest() if step.calm else actual


def refuse(api: Client, step: Refuse, actual: Actual) -> Actual:
    app = app_of(actual)
    if app.attempt is None:
        raise ValueError(f"{app.name} has no attempt to refuse")
    return write_attempt(api, app, replace(app.attempt, refusal=step.refusal), actual)


def remember(api: Client, step: Remember, actual: Actual) -> Actual:
    app = app_of(actual)
    notes = _followed(step, app.tags_seen)
    if step.attempt is not None:
        notes |= _attempt_notes(step.attempt, app)
    if app.pin is not None and app.pin_beside(step.wished) is None:
        notes[labels.PIN] = None
    actual = actual.with_app(parse.app(api.annotate(app.guid, notes)))
    return actual.at_rest() if step.calm else actual


def _followed(step: Remember, before: frozenset[str] | None) -> dict[str, str | None]:
    seen = labels.names_annotations(labels.TAGS_SEEN, before, step.tags_seen)
    return seen | {
        labels.SOURCE: step.source,
        labels.WISHED: step.wished,
        labels.OVER: labels.over_text(step.over),
        labels.APPROVED: labels.approved_text(step.wished, step.approved),
    }


def note_said(api: Client, step: NoteSaid, actual: Actual) -> Actual:
    notes = {labels.SAID: labels.said_text(step.said)}
    return actual.with_app(parse.app(api.annotate(app_of(actual).guid, notes)))


def mark_live(api: Client, step: MarkLive, actual: Actual) -> Actual:
    marks = {labels.COMMIT: step.attempt.commit, labels.CONFIG: step.attempt.config}
    since = max(datetime.now(UTC), step.attempt.began)  # whoever began it may have a clock ahead of ours
    app = app_of(actual)
    notes = _attempt_notes(step.attempt, app, app.droplet) | {
        labels.LIVE_SINCE: since.isoformat(),
        labels.LIVE_DROPLET: app.droplet,
        labels.LIVE_BY: step.attempt.id,
        labels.RULES_AT: step.blueprint.rules_at if step.blueprint is not None else None,
    }
    if step.blueprint is not None:
        notes |= {labels.WEB: mark(step.blueprint), labels.TAKES: str(step.blueprint.needs_mb)}
    return actual.with_app(parse.app(api.annotate(app.guid, notes, marks)))


def govern(api: Client, step: Govern, actual: Actual) -> Actual:
    notes = {
        labels.LOCK: labels.lock_text(step.lock),
        labels.PIN: labels.pin_text(step.pin),
        labels.SIGN_OFFS: labels.sign_offs_text(step.sign_offs),
        **labels.override_annotations(step.override),
    }
    return actual.with_app(parse.app(api.annotate(app_of(actual).guid, notes)))


def with_nothing_else(actual: Actual) -> Actual:
    """The same where the only app was made just now: whatever belongs to an app, there is none of."""
    if len(actual.apps) != 1:
        return actual
    return replace(actual, packages=(), builds=(), droplets=(), tasks=(), deployments=())


def app_of(actual: Actual) -> App:
    """The app that the step is about; a plan that has none asks for nothing of it."""
    if actual.app is None:
        raise ValueError(f"{actual.environment.key} has no app")
    return actual.app


def write_attempt(
    api: Client, app: App, attempt: Attempt, actual: Actual, droplet: str | None = None
) -> Actual:
    """Write the attempt onto the app, and the ``droplet`` that the app has for what it builds."""
    return actual.with_app(parse.app(api.annotate(app.guid, _attempt_notes(attempt, app, droplet))))


def _attempt_notes(attempt: Attempt, app: App | None, droplet: str | None = None) -> dict[str, str | None]:
    """The attempt, and the app's builds with the one that is to come of it: the ``droplet``, once it has come."""
    before, runs = (app.built, app.droplet) if app is not None else (None, None)
    return {
        labels.ATTEMPT: labels.attempt_text(attempt),
        labels.BUILT: labels.built_text(before, attempt.build_key, droplet, runs),
    }


def _ours(api: Client, found: list[dict[str, Any]], actual: Actual) -> dict[str, Any] | None:
    """The first that bears our labels for this very environment: an earlier answer was lost."""
    mine = (one for one in found if labels.belongs(parse.labels_of(one), api.instance, actual.environment))
    return next(mine, None)


def _app_label(actual: Actual) -> str:
    return actual.app.app if actual.app else labels.DEFAULT_APP


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join(repr(name) for name in names)
