"""All that is known of one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reviewapps.model import Actual, App, Environment, Route
from reviewapps.overview.overview import Row


@dataclass(frozen=True)
class Detail:
    """``name`` is how people write the environment; ``pull_request`` the page of it; ``follows`` what should
    become of it. ``others`` are apps and routes beside those that serve."""

    environment: Environment
    name: str
    row: Row | None
    follows: str
    pull_request: str | None = None
    app: App | None = None
    routes: tuple[Route, ...] = ()
    others: tuple[App, ...] = ()

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that the app bears, without ``reviewapps-``."""
        app = self.app
        if app is None:
            return {}
        owner = {"repository": str(app.environment.repository), "environment": app.environment.name}
        written = {"app": app.app, "commit": app.commit, "config": app.config}
        return owner | {name: value for name, value in written.items() if value is not None}


def detail(
    name: str, row: Row | None, follows: str, actual: Actual, pull_request: str | None = None
) -> Detail:
    """What is there of an environment, next to what it looks like and what should become of it."""
    return Detail(
        environment=actual.environment,
        name=name,
        row=row,
        follows=follows,
        pull_request=pull_request,
        app=actual.app,
        routes=actual.routes,
        others=actual.apps[1:],
    )
