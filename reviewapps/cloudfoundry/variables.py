"""The variables of an app: those that we set, and none that we set before."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.model import App


def with_variables(
    api: Client, app: App, wanted: Mapping[str, str], generated: frozenset[str] = frozenset()
) -> App:
    """The app, which has these variables, and those that are ``generated`` once, and none that we set before.

    A variable's name is written down before it is set and forgotten after it is unset, so that one which we set is
    always one that we know of. Costs nothing where there were none and are to be none.
    """
    names = frozenset(wanted) | generated
    if not names and not app.env_names:
        return app
    stay = generated & (app.generated or frozenset())
    app = remember_names(
        api, app, app.env_names | names, _generated(app, stay) if stay or not generated else None
    )
    gone: dict[str, str | None] = dict.fromkeys(app.env_names - names)
    made_up = _made_up(api, app, generated) if generated else {}
    if variables := {**gone, **wanted, **made_up}:
        api.set_environment(app.guid, variables)
    return remember_names(api, app, names, _generated(app, generated))


def with_build_variables(api: Client, app: App, wanted: Mapping[str, str], *, first: bool) -> App:
    """The app that builds, which has these variables, and none that we set before. An app that is to run what it
    builds keeps the names that were noted at its birth, of what is to come; before its ``first`` build none of
    them are set."""
    if app.is_builder or app.env_names <= wanted.keys():
        return with_variables(api, app, wanted)
    app = remember_names(api, app, app.env_names | wanted.keys())
    gone: dict[str, str | None] = {} if first else dict.fromkeys(app.env_names - wanted.keys())
    if variables := {**gone, **wanted}:
        api.set_environment(app.guid, variables)
    return app


def _made_up(api: Client, app: App, generated: frozenset[str]) -> dict[str, str]:
    """Those that are not there yet: what was made up once stays. What has another value, such as one that the
    repository gave it, was not made up; where that is not known, it is left."""
    there = api.environment(app.guid)
    known = generated if app.generated is None else app.generated
    return {name: secrets.token_urlsafe(32) for name in generated if name not in known or not there.get(name)}


def _generated(app: App, generated: frozenset[str]) -> dict[str, str | None]:
    """The note of what is made up, which is written after that is set: until then it counts as not made up."""
    if generated == app.generated or app.is_builder:
        return {}
    return labels.names_annotations(labels.GENERATED, app.generated, generated)


def remember_names(
    api: Client, app: App, names: frozenset[str], also: Mapping[str, str | None] | None = None
) -> App:
    """The app, of which it is written down that we may have set these variables; with ``also`` noted at once."""
    if names == app.env_names and not also:
        return app
    notes = labels.names_annotations(labels.ENV_NAMES, app.env_names, names)
    return parse.app(api.annotate(app.guid, {**notes, **(also or {})}))
