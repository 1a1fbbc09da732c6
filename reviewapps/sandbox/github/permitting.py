"""What Apps may ask, by their own signature and with their installations' tokens."""

from __future__ import annotations

from reviewapps.sandbox.github.access import INACCESSIBLE
from reviewapps.sandbox.github.apps.permissions import ALWAYS_ASKED, needed
from reviewapps.sandbox.github.apps.tokens import allows
from reviewapps.sandbox.github.calls import Call
from reviewapps.sandbox.github.refusals import forbidden


def is_for_apps(template: str) -> bool:
    """Whether an App asks this with its own signature."""
    return template.startswith(("/app/", "/app-manifests/")) or template in _FOR_APPS


_FOR_APPS = (
    "/app",
    *(f"/{kind}/installation" for kind in ("repos/{owner}/{repo}", "orgs/{org}", "users/{username}")),
)


def require_permitted(call: Call, template: str) -> None:
    """403 where an installation's token lacks the permission that the operation needs."""
    token = call.asker.token
    if token is None or template.startswith("/installation/"):
        return
    asked = needed(call.request.method, template)
    if asked is None:
        raise forbidden(INACCESSIBLE)
    names, level = asked
    in_repository = template.startswith("/repos/{owner}/{repo}")
    reads_public = level == "read" and in_repository and not call.repository.private
    if reads_public and not ALWAYS_ASKED & set(names):
        return
    within = not in_repository or token.covers(call.repository)
    if not within or not any(allows(token.permissions, name, level) for name in names):
        raise forbidden(INACCESSIBLE)
