"""What is to be said of each target: login, role, space, and what previews need of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from reviewapps.cloudfoundry.errors import NoCloudFoundry
from reviewapps.cloudfoundry.place import Place
from reviewapps.doctor.egress import egress
from reviewapps.doctor.finding import Finding, fail, ok, warn
from reviewapps.doctor.quota import quota
from reviewapps.doctor.seen import Seen
from reviewapps.errors import BadSettings, NotAuthorised, RateLimited, ReviewAppsError
from reviewapps.grants import Target

DEVELOPER: Final = "space_developer"
CARRIES_OUT: Final = {
    "space_developer": "deploy to",
    "space_supporter": "stop apps of",
    "space_manager": "manage",
    "organization_manager": "manage",
}
"""Roles by which an account can do harm, and what it can."""

PASSWORD_DAYS: Final = 90
ROTATE_AFTER: Final = 60
"""Days. cloud.gov lets the password of a service account die after 90."""

NEEDED_FLAGS: Final = ("app_bits_upload", "app_scaling", "route_creation")
NAMED: Final = 3
"""So many foreign apps are named; the others are counted."""


def targets(seen: Seen) -> Iterator[Finding]:
    if seen.told.settings is None:
        return
    for target in seen.told.settings.grants.targets.values():
        found = seen.targets.get(target.name)
        if isinstance(found, Place):
            for judge in JUDGES:
                yield from judge(seen, target, found)
        elif found is not None:
            yield _unreached(target, found)


ENTRANCES: Final = {
    "password": "what lives in {0} asks for the team's password and keeps robots out",
    "unlisted": "what lives in {0} keeps robots out and lets everybody in who has the address",
    "public": "what lives in {0} asks for no password: everybody may open it",
}


def access(seen: Seen) -> Iterator[Finding]:
    """Who may open what lives in each space, by what the operator said: that is no fault, and has to be known."""
    grants = seen.told.settings.grants if seen.told.settings else None
    for target in grants.targets.values() if grants else ():
        yield ok("access", ENTRANCES[target.entrance].format(target.name))


def _unreached(target: Target, why: ReviewAppsError) -> Finding:
    area, words = _area(target), str(why).lower()
    match why:
        case NotAuthorised() if "expired" in words:
            return fail(area, f"the password is dead: {why}", _new_password(target))
        case NotAuthorised() if "locked" in words:
            return fail(area, str(why), "wait half an hour; then one try with the right password")
        case NotAuthorised():
            return fail(area, str(why), f"put the right password where it is found; {_new_password(target)}")
        case NoCloudFoundry():
            return fail(area, str(why), "set api to what `cf api` prints")
        case RateLimited():
            return fail(area, str(why), "wait; what else asks from this address?")
        case BadSettings() if "the space" in words:
            return fail(area, str(why), f"{_set_role(target, None)}  (or cf create-space {_named(target)})")
        case BadSettings():
            return fail(area, str(why), f"is the name right (cf orgs)? {_set_role(target, None)}")
    return fail(area, str(why), f"is {target.api} the API, and is it reached from here?")


def _own_space(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    if seen.own is not None and seen.own.space == place.space:
        yield fail(
            _area(target),
            f"{target.org}/{target.space} is the space that reviewapps itself runs in; it does not manage that",
            f"cf create-space reviewapps -o {target.org}  (and push reviewapps there)",
        )


def _role(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    area, here = _area(target), f"{target.org}/{target.space} on {urlsplit(target.api).netloc}"
    if place.admin:
        yield warn(area, f"{here}: this account is an admin of the whole platform", _own_account(target))
        return
    if place.roles is None:
        yield warn(
            area,
            f"{here}: which roles this account has could not be seen",
            "cf space-users " + _named(target),
        )
        return
    mine = {one.role for one in place.roles if one.guid == place.space}
    elsewhere = [one for one in place.roles if one.guid != place.space and one.role in CARRIES_OUT]
    if DEVELOPER not in mine:
        has = ", ".join(sorted(mine)) or "no role"
        yield fail(area, f"{here}: {has} here, and SpaceDeveloper is needed", _set_role(target, place))
    elif elsewhere:
        may = " and ".join(dict.fromkeys(f"{CARRIES_OUT[one.role]} {one.place}" for one in elsewhere))
        yield warn(area, f"{here}: this account may also {may}; one space is enough", _own_account(target))
    else:
        yield ok(area, f"{here}, SpaceDeveloper here and nowhere else")


def _sources(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    """Whether it sees the builds that it should copy."""
    builds = _builds(seen, target)
    for source in place.unread or ():
        then = "builds again what was built there" if builds else "waits for what was built there"
        yield (warn if builds else fail)(
            _area(target), f"this account cannot read {source}, so it {then}", _set_auditor(target, source)
        )


def _builds(seen: Seen, target: Target) -> bool:
    grants = seen.told.settings.grants.repositories.values() if seen.told.settings else ()
    return not any(
        home == target.name and k in g.copies_only for g in grants for k, home in g.targets.items()
    )


def _password(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    area = _area(target)
    if place.password_since is None:
        if target.account.user and _is_cloud_gov(target):
            yield warn(
                area,
                "how old the password is cannot be known: no service key of this space holds this account; "
                f"on cloud.gov it dies after {PASSWORD_DAYS} days",
                _new_password(target),
            )
        return
    left = PASSWORD_DAYS - (seen.now - place.password_since).days
    if left <= 0:
        yield fail(
            area, f"the password is {PASSWORD_DAYS - left} days old and about to be refused", _rotate(target)
        )
    elif left <= PASSWORD_DAYS - ROTATE_AFTER:
        yield warn(area, f"the password dies in {left} days", _rotate(target))


def _domain(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    if place.domain is None:
        named = (
            f"the domain {target.domain!r} was not found"
            if target.domain
            else "the org has no default domain"
        )
        yield fail(_area(target), named, "name one of those that `cf domains` prints")


def _flags(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    for flag in NEEDED_FLAGS:
        if place.flags is not None and not place.flags.get(flag, True) and not place.admin:
            yield fail(
                _area(target),
                f"the platform has {flag} switched off",
                f"an admin runs: cf enable-feature-flag {flag}",
            )
    if place.rolling is False:
        yield warn(
            _area(target),
            "the platform allows no rolling deployments: every push stops the preview for a moment",
            "an operator of the platform sets temporary_disable_deployments to false",
        )


def _logs(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    if not place.log_cache:
        yield warn(
            _area(target),
            "log-cache does not answer: comments cannot show the end of a failed build",
            f"curl {target.api}/ names it under links.log_cache",
        )


def _neighbours(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    if place.foreign_apps:
        named = ", ".join(place.foreign_apps[:NAMED])
        others = len(place.foreign_apps) - NAMED
        more = f" and {others} more" if others > 0 else ""
        yield warn(
            _area(target),
            f"the space also holds what is not ours: {named}{more}; a build or a stranger's code sits beside them",
            f"cf create-space review -o {target.org}  (previews want a space of their own)",
        )


def _unseen(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    for why in dict.fromkeys(place.unseen):
        if "domain" not in why:  # that has a line of its own
            yield warn(_area(target), f"could not be looked at: {why}", f"cf space-users {_named(target)}")


JUDGES: Final[tuple[Callable[[Seen, Target, Place], Iterator[Finding]], ...]] = (
    _own_space,
    _role,
    _sources,
    _password,
    _domain,
    quota,
    egress,
    _flags,
    _logs,
    _neighbours,
    _unseen,
)
"""What is asked of each space, in the order in which it is told."""


def _area(target: Target) -> str:
    return f"cf {target.name}"


def _is_cloud_gov(target: Target) -> bool:
    return (urlsplit(target.api).hostname or "").endswith(".cloud.gov")


def _named(target: Target) -> str:
    return f"{target.org} {target.space}"


def _set_role(target: Target, place: Place | None) -> str:
    """How the account becomes a space developer here."""
    if _is_cloud_gov(target):
        return f"cf target -o {target.org} -s {target.space} && {_service_account()}"
    if target.account.user:
        return f"cf set-space-role {target.account.user} {_named(target)} SpaceDeveloper"
    return f"cf set-space-role {target.account.client_id} {_named(target)} SpaceDeveloper --client"


def _set_auditor(target: Target, source: str) -> str:
    """How the account comes to see another space, and no more than that."""
    who = target.account.user or f"{target.account.client_id}"
    client = "" if target.account.user else " --client"
    return f"cf set-space-role {who} {source.replace('/', ' ')} SpaceAuditor{client}"


def _own_account(target: Target) -> str:
    if _is_cloud_gov(target):
        return f"give this space an account of its own: {_service_account()}"
    return f"give this space an account of its own: cf set-space-role NAME {_named(target)} SpaceDeveloper"


def _new_password(target: Target) -> str:
    if _is_cloud_gov(target):
        return "cf create-service-key reviewapps NEW && cf service-key reviewapps NEW"
    return (
        f"cf auth {target.account.user or target.account.client_id} (asks for it) shows whether it is right"
    )


def _rotate(target: Target) -> str:
    return f"reviewapps rotate {target.credentials or target.name}"


def _service_account() -> str:
    return "cf create-service cloud-gov-service-account space-deployer reviewapps"
