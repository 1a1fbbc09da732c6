"""What Apps ask: who they are, where they are installed, and for tokens."""

from __future__ import annotations

from datetime import UTC, datetime

from reviewapps.sandbox.github.apps.tokens import mint
from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters import apps as present
from reviewapps.sandbox.github.presenters import hooks as present_hook
from reviewapps.sandbox.github.presenters import repositories
from reviewapps.sandbox.github.refusals import forbidden, not_found
from reviewapps.sandbox.github.routes.hook_deliveries import delivered, delivery_of
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Installation, InstallationToken
from reviewapps.sandbox.github.webhooks.configuring import CONFIG, configure

routes = Routes()
TOKEN: dict[str, Shape] = {"repositories": [str], "repository_ids": [int], "permissions": dict}


@routes.on("GET", "/app")
async def app(call: Call) -> Answer:
    """The App itself."""
    count = len(_installations(call))
    return Answer(present.app(call.app, call.urls) | {"installations_count": count})


@routes.on("GET", "/apps/{app_slug}")
async def app_by_slug(call: Call) -> Answer:
    """An App, as everybody sees it."""
    found = next((one for one in call.world.apps.values() if one.slug == call.word("app_slug")), None)
    if found is None:
        raise not_found()
    return Answer(present.app(found, call.urls))


@routes.on("GET", "/app/installations")
async def installations(call: Call) -> Answer:
    """Where the App is installed."""
    return call.listing(_installations(call), lambda one: present.installation(one, call.urls))


@routes.on("GET", "/app/installations/{installation_id}")
async def installation(call: Call) -> Answer:
    """The App in one account."""
    return Answer(present.installation(_installation(call), call.urls))


@routes.on("DELETE", "/app/installations/{installation_id}")
async def uninstall(call: Call) -> Answer:
    """The App gone from an account."""
    await call.engine.installing.uninstall(_installation(call), call.app.bot)
    return Answer(status=204)


@routes.on("PUT", "/app/installations/{installation_id}/suspended")
async def suspend(call: Call) -> Answer:
    """The App in an account put to sleep."""
    await call.engine.installing.suspend(_installation(call), call.app.bot)
    return Answer(status=204)


@routes.on("DELETE", "/app/installations/{installation_id}/suspended")
async def unsuspend(call: Call) -> Answer:
    """The App in an account awake again."""
    await call.engine.installing.unsuspend(_installation(call), call.app.bot)
    return Answer(status=204)


@routes.on("POST", "/app/installations/{installation_id}/access_tokens")
async def create_token(call: Call) -> Answer:
    """A token for an hour, of all that the installation may or of what the body narrows it to."""
    token = mint(call.world, _installation(call), await call.wanted(**TOKEN))
    within = [call.world.repositories[one] for one in sorted(token.repositories or ())]
    expires_at = datetime.fromtimestamp(token.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Answer(present.token(token, expires_at, within, call.urls), 201)


@routes.on("GET", "/repos/{owner}/{repo}/installation")
async def of_repository(call: Call) -> Answer:
    """The App in the account that has a repository, if it was let into it."""
    mine, path = _installations(call), call.request.match_info
    if "repository_id" in path:
        repository = call.world.repositories.get(call.number("repository_id"))
    else:
        repository = call.world.named(path["owner"], path["repo"])
    found = (one for one in mine if repository is not None and one.covers(repository))
    return _found(call, next(found, None))


@routes.on("GET", "/orgs/{org}/installation")
async def of_organization(call: Call) -> Answer:
    """The App in an organization."""
    return _of_account(call, call.word("org"), ("Organization",))


@routes.on("GET", "/users/{username}/installation")
async def of_user(call: Call) -> Answer:
    """The App in a person's account."""
    return _of_account(call, call.word("username"), ("User", "Organization"))


def _of_account(call: Call, login: str, types: tuple[str, ...]) -> Answer:
    mine = _installations(call)
    account = call.world.user(login)
    return _found(call, next((one for one in mine if one.account is account and account.type in types), None))


def _found(call: Call, found: Installation | None) -> Answer:
    if found is None:
        raise not_found()
    return Answer(present.installation(found, call.urls))


@routes.on("GET", "/installation/repositories")
async def accessible(call: Call) -> Answer:
    """The repositories that a token opens."""
    token = _token(call)
    mine = [one for one in call.world.repositories.values() if token.covers(one)]
    shown, headers = call.page(mine)
    told = [repositories.repository(one, call.urls) for one in shown]
    selection = "all" if token.repositories is None else "selected"
    body: JSON = {"total_count": len(mine), "repository_selection": selection, "repositories": told}
    return Answer(body, headers=headers)


@routes.on("DELETE", "/installation/token")
async def revoke(call: Call) -> Answer:
    """A token that opens nothing any more."""
    del call.world.installation_tokens[_token(call).value]
    return Answer(status=204)


# ---- its hook


@routes.on("GET", "/app/hook/config")
async def hook_config(call: Call) -> Answer:
    """Where the App's hook leads."""
    return Answer(present_hook.config(call.world.hook_of(call.app)))


@routes.on("PATCH", "/app/hook/config")
async def update_hook_config(call: Call) -> Answer:
    """The App's hook led elsewhere. With an address it is awake."""
    hook = call.world.hook_of(call.app)
    configure(hook, await call.wanted(**CONFIG))
    hook.active, hook.updated_at = bool(hook.url), call.world.clock.timestamp
    return Answer(present_hook.config(hook))


@routes.on("GET", "/app/hook/deliveries")
async def deliveries(call: Call) -> Answer:
    """What the App was told, newest first."""
    return delivered(call, call.world.hook_of(call.app))


@routes.on("GET", "/app/hook/deliveries/{delivery_id}")
async def delivery(call: Call) -> Answer:
    """One thing that the App was told, and what it answered."""
    return Answer(present_hook.delivery(delivery_of(call, call.world.hook_of(call.app))))


@routes.on("POST", "/app/hook/deliveries/{delivery_id}/attempts")
async def redeliver(call: Call) -> Answer:
    """The App told once more, under the same GUID."""
    hook = call.world.hook_of(call.app)
    call.engine.deliveries.send_again(hook, delivery_of(call, hook))
    return Answer({}, 202)


@routes.on("POST", "/app-manifests/{code}/conversions")
async def convert(call: Call) -> Answer:
    """A registered App's keys, for the code that its manifest brought; once, and within an hour."""
    manifest = call.world.manifests.pop(call.word("code"), None)
    if manifest is None or manifest.expires_at <= call.world.clock.seconds:
        raise not_found()
    app, hook = manifest.app, call.world.hook_of(manifest.app)
    secrets = {
        "client_secret": app.client_secret,
        "webhook_secret": hook.secret if hook.url else None,
        "pem": app.keys.private,
    }
    return Answer(present.app(app, call.urls) | secrets, 201)


def _installations(call: Call) -> list[Installation]:
    app = call.app
    return [one for one in call.world.installations.values() if one.app is app]


def _installation(call: Call) -> Installation:
    app, found = call.app, call.world.installations.get(call.number("installation_id"))
    if found is None or found.app is not app:
        raise not_found()
    return found


def _token(call: Call) -> InstallationToken:
    if call.asker.token is None:
        raise forbidden(
            "You must authenticate with an installation access token in order to use this endpoint."
        )
    return call.asker.token
