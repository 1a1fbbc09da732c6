"""Tokens of installations: made, narrowed, and dead after an hour."""

from __future__ import annotations

from reviewapps.sandbox.github.apps.registration import letters
from reviewapps.sandbox.github.refusals import Refused, forbidden
from reviewapps.sandbox.github.state import JSON, Installation, InstallationToken, Permissions
from reviewapps.sandbox.github.world import World

LIFETIME = 3600
MOST_REPOSITORIES = 500
SUSPENDED = "This installation has been suspended"
_LEVELS = ("read", "write", "admin")


def allows(granted: Permissions, permission: str, level: str) -> bool:
    """Whether who was granted this may do something that asks for ``level``."""
    has = granted.get(permission)
    return has is not None and _LEVELS.index(has) >= _LEVELS.index(level)


def mint(world: World, installation: Installation, wanted: JSON) -> InstallationToken:
    """A new token, of all that the installation may, or of less. 422 for more, 403 for a suspended one."""
    if installation.suspended_at:
        raise forbidden(SUSPENDED)
    token = InstallationToken(
        value=f"ghs_{letters(36)}",
        installation=installation,
        permissions=_permissions(installation, wanted.get("permissions")),
        repositories=_repositories(world, installation, wanted),
        expires_at=world.clock.seconds + LIFETIME,
    )
    world.forget_expired()
    world.installation_tokens[token.value] = token
    return token


def _permissions(installation: Installation, wanted: Permissions | None) -> Permissions:
    if not wanted:
        return dict(installation.permissions)
    for permission, level in wanted.items():
        if level not in _LEVELS or not allows(installation.permissions, permission, level):
            raise Refused(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


def _repositories(world: World, installation: Installation, wanted: JSON) -> set[int] | None:
    names, ids = wanted.get("repositories"), wanted.get("repository_ids")
    if not names and not ids:
        return None
    covered = world.covered_by(installation)
    by_name = {repository.name.lower(): repository.id for repository in covered}
    found = [by_name.get(str(name).lower()) for name in names or []]
    found += [identity if identity in by_name.values() else None for identity in ids or []]
    if len(found) > MOST_REPOSITORIES:
        raise Refused(422, f"A token can be scoped to at most {MOST_REPOSITORIES} repositories.")
    if None in found:
        raise Refused(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent"
            " installation.",
        )
    return {identity for identity in found if identity is not None}


def revoke(world: World, installation: Installation) -> None:
    """Let no token of this installation open anything any more."""
    others = [one for one in world.installation_tokens.values() if one.installation is not installation]
    world.installation_tokens = {one.value: one for one in others}
