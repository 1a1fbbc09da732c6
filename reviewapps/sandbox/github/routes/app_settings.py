"""What the settings of an account do with Apps, for whoever has no such pages.

POST   /_sandbox/apps                 {"name", "owner", "permissions", "events", "hook_url"}: an App, with its key
POST   /_sandbox/installations        {"app", "account", "repositories"}: let in; without repositories, into all
PATCH  /_sandbox/installations/{id}   {"repositories": […], "suspended": true}
DELETE /_sandbox/installations/{id}   thrown out
"""

from __future__ import annotations

from pydantic import ValidationError

from reviewapps.sandbox.github.apps.registration import register
from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters import apps as present
from reviewapps.sandbox.github.refusals import invalid, mistaken, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, App, Installation, Registration, Repository, User

routes = Routes()


@routes.on("POST", "/_sandbox/apps")
async def register_app(call: Call) -> Answer:
    """A new App, with its private key and its hook's secret."""
    wanted = await call.wanted(owner=str)
    owner = call.world.user(wanted.pop("owner", None) or "") or call.viewer
    if owner is None:
        raise invalid("Integration", "owner")
    try:
        app = register(call.world, owner, Registration.model_validate(wanted))
    except ValidationError as wrong:
        raise mistaken(wrong) from None
    return Answer(_with_keys(call, app), 201)


def _with_keys(call: Call, app: App) -> JSON:
    hook = call.world.hook_of(app)
    secrets = {"pem": app.keys.private, "client_secret": app.client_secret, "webhook_secret": hook.secret}
    return present.app(app, call.urls) | secrets


@routes.on("POST", "/_sandbox/installations")
async def install(call: Call) -> Answer:
    """An App let into an account."""
    wanted = await call.wanted(repositories=[str])
    slug, account = (
        text(wanted, "Installation", "app"),
        _account(call, text(wanted, "Installation", "account")),
    )
    app = next((one for one in call.world.apps.values() if one.slug == slug), None)
    if app is None:
        raise invalid("Installation", "app")
    made = await call.engine.installing.install(app, account, _chosen(call, wanted, account), account)
    return Answer(present.installation(made, call.urls), 201)


@routes.on("PATCH", "/_sandbox/installations/{installation_id}")
async def change_installation(call: Call) -> Answer:
    """An installation in other repositories, asleep or awake."""
    installation, installing = _installation(call), call.engine.installing
    wanted = await call.wanted(repositories=[str], suspended=bool)
    account = installation.account
    if "repositories" in wanted:
        await installing.choose(installation, _chosen(call, wanted, account), account)
    if wanted.get("suspended") is True:
        await installing.suspend(installation, account)
    if wanted.get("suspended") is False:
        await installing.unsuspend(installation, account)
    return Answer(present.installation(installation, call.urls))


@routes.on("DELETE", "/_sandbox/installations/{installation_id}")
async def uninstall(call: Call) -> Answer:
    """An App thrown out of an account."""
    installation = _installation(call)
    await call.engine.installing.uninstall(installation, installation.account)
    return Answer(status=204)


def _chosen(call: Call, wanted: JSON, account: User) -> list[Repository] | None:
    """The repositories of that account that are named; None where none are, which means all."""
    names = wanted.get("repositories")
    if names is None:
        return None
    found = [call.world.named(account.login, name.rpartition("/")[2]) for name in names]
    if None in found:
        raise invalid("Installation", "repositories")
    return [one for one in found if one is not None]


def _account(call: Call, login: str) -> User:
    account = call.world.user(login)
    if account is None:
        raise not_found()
    return account


def _installation(call: Call) -> Installation:
    found = call.world.installations.get(call.number("installation_id"))
    if found is None:
        raise not_found()
    return found
