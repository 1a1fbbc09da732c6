"""Who asks, by what they show: a person's token, an installation's, or an App's own signature."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from aiohttp import web

from reviewapps.sandbox.github.apps.assertions import asserted
from reviewapps.sandbox.github.apps.tokens import SUSPENDED, allows
from reviewapps.sandbox.github.refusals import Refused, forbidden
from reviewapps.sandbox.github.state import App, InstallationToken, Repository, User, permission_of
from reviewapps.sandbox.github.world import World

INACCESSIBLE = "Resource not accessible by integration"


@dataclass(frozen=True)
class Asker:
    """A person (``user``), an App's bot (also ``token``), an App itself (``app`` alone), or nobody."""

    address: str
    user: User | None = None
    token: InstallationToken | None = None
    app: App | None = None

    @property
    def key(self) -> str:
        """Under which name their requests are counted."""
        if self.token is not None:
            return f"installation:{self.token.installation.id}"
        if self.user is not None:
            return f"user:{self.user.id}"
        return f"app:{self.app.id}" if self.app is not None else f"address:{self.address}"

    @property
    def described(self) -> str:
        """As a refusal names them."""
        kind, _, identity = self.key.partition(":")
        return identity if kind == "address" else f"{kind} ID {identity}"

    @property
    def via(self) -> App | None:
        """The App in whose name something is done."""
        return self.token.installation.app if self.token else None

    def role(self, repository: Repository) -> str:
        """What who asks is there. An App may write where it was let in; what exactly, is asked operation by
        operation."""
        if self.token is not None and self.token.covers(repository):
            administers = allows(self.token.permissions, "administration", "write")
            return "admin" if administers else "write"
        return repository.role(self.user)

    def permission(self, repository: Repository) -> str:
        """The same in the older words: ``admin``, ``write``, ``read`` or ``none``."""
        return permission_of(self.role(repository))


def asker(request: web.Request, world: World) -> Asker:
    """Who asks, by `token X`, `Bearer X` or Basic; nobody without credentials, 401 with wrong ones."""
    address = request.remote or ""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return Asker(address)
    shown = _shown(scheme.lower(), credentials.strip())
    if shown.count(".") == 2:
        return Asker(address, app=asserted(world, shown))
    if shown in world.tokens:
        return Asker(address, world.tokens[shown])
    token = world.installation_tokens.get(shown)
    if token is None or token.expires_at <= world.clock.seconds:
        raise Refused(401, "Bad credentials")
    if token.installation.suspended_at:
        raise forbidden(SUSPENDED)
    return Asker(address, token.installation.app.bot, token)


def _shown(scheme: str, credentials: str) -> str:
    if scheme != "basic":
        return credentials
    try:
        name, _, password = base64.b64decode(credentials).decode().partition(":")
    except ValueError:
        return ""
    return name if password in ("", "x-oauth-basic") else password
