"""New Apps: a name, a bot, and keys made here."""

from __future__ import annotations

import re
import secrets
import string

from reviewapps.sandbox.github.refusals import invalid
from reviewapps.sandbox.github.state import App, Hook, KeyPair, Registration, User
from reviewapps.sandbox.github.world import World

_ALPHABET = string.ascii_letters + string.digits


def register(world: World, owner: User, wanted: Registration) -> App:
    """A new App, with a hook where it gave a URL for one; 422 for a name that is taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", wanted.name.lower()).strip("-")
    if not slug or any(app.slug == slug for app in world.apps.values()):
        raise invalid("Integration", "name", "Name has already been taken")
    now = world.clock.timestamp
    app = App(
        id=world.next_id(),
        slug=slug,
        name=wanted.name,
        owner=owner,
        bot=world.add_user(f"{slug}[bot]", "Bot"),
        client_id=f"Iv23li{letters(14)}",
        client_secret=secrets.token_hex(20),
        keys=KeyPair(),
        permissions={"metadata": "read", **wanted.permissions},
        events=list(wanted.events),
        created_at=now,
        updated_at=now,
        description=wanted.description,
        external_url=wanted.url,
    )
    world.apps[app.id] = app
    _add_hook(world, app, wanted)
    return app


def _add_hook(world: World, app: App, wanted: Registration) -> None:
    """Every App has one hook; without a URL it is asleep."""
    hook = Hook(
        id=world.next_id(),
        repository=None,
        app=app,
        events=app.events,
        url=wanted.hook_url,
        created_at=app.created_at,
        updated_at=app.created_at,
        content_type="json",
        secret=secrets.token_hex(20),
        active=wanted.hook_active and bool(wanted.hook_url),
    )
    world.hooks[hook.id] = hook


def letters(count: int) -> str:
    """So many letters and digits, by chance."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
