"""What is to be said of GitHub: the account, and each repository. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewapps.doctor.finding import Finding, fail, ok, warn
from reviewapps.doctor.manifests import manifest_problem
from reviewapps.doctor.seen import Seen
from reviewapps.errors import BadRules, NotAuthorised, RateLimited, ReviewAppsError
from reviewapps.github.account import Account
from reviewapps.github.app import NotLetIn
from reviewapps.github.survey import Surveyed
from reviewapps.rules import Rules, rules

AREA: Final = "github"
CLOCKS_APART: Final = 5.0
CLOCKS_WRONG: Final = 60.0
"""Seconds. With a minute more, a token that is signed with our time is refused."""

EXPIRES_SOON: Final = 14
"""Days."""

FEW: Final = 0.1
"""Of the hourly limit."""


LOST: Final = {
    "pull requests": "comments",
    "deployments": "deployments",
    "statuses": "commit status",
}
"""What there is not, where this may not be written."""


def account(seen: Seen) -> Iterator[Finding]:
    match seen.account:
        case None:
            return
        case NotAuthorised() as refused if _is_app(seen):
            yield fail(AREA, f"the App's key was refused: {refused}", _mend_key(seen, str(refused)))
        case NotAuthorised() as refused:
            yield fail(AREA, f"the token was refused: {refused}", f"make a new one: {_tokens(seen)}")
        case RateLimited() as limited:
            minutes = max(1, round(limited.after / 60))
            yield fail(
                AREA,
                f"no requests are left for {minutes} min: {limited}",
                "wait, and give reviewapps an account of its own: the limit is the account's",
            )
        case ReviewAppsError() as away:
            yield fail(AREA, str(away), f"is {_url(seen)} the API, and is it reached from here?")
        case Account() as known:
            yield from _standing(seen, known)


def repositories(seen: Seen) -> Iterator[Finding]:
    for name, found in seen.repositories.items():
        if isinstance(found, Surveyed):
            yield from _repository(seen, name, found)
        elif isinstance(found, NotLetIn):
            yield fail(AREA, f"{name}: {found.told}", found.mend)
        elif isinstance(seen.account, Account) and not seen.account.spent:
            mend = f"is the name right, and does the token have this repository? {_tokens(seen)}"
            yield fail(AREA, f"{name}: {found}", mend)


def _standing(seen: Seen, known: Account) -> Iterator[Finding]:
    faults = [*_limit(known), *_clocks(known), *_expiry(seen, known)]
    yield from faults
    if not any(one.level == "FAIL" for one in faults):
        who = f"{known.login}'s token" if known.login else "an App"
        if known.app is not None:
            many = len(seen.repositories)
            count = f"{many} {'repository' if many == 1 else 'repositories'}"
            who = f"App {known.app.facts.slug} on {count}, key {known.app.key}"
        points = f"{known.remaining:,} of {known.limit:,} points" if known.limit else "no limit"
        yield ok(AREA, f"{who}, {points}, clocks {abs(known.apart):.0f} s apart")


def _limit(known: Account) -> Iterator[Finding]:
    left = f"{known.remaining:,} of {known.limit:,} points are left until {known.resets_at:%H:%M} UTC"
    mend = "give reviewapps an account of its own: the limit is the account's"
    if known.spent:
        yield fail(AREA, left, mend)
    elif known.remaining < FEW * known.limit:
        yield warn(AREA, left, mend)


def _clocks(known: Account) -> Iterator[Finding]:
    apart = abs(known.apart)
    judge = fail if apart >= CLOCKS_WRONG else warn
    if apart >= CLOCKS_APART:
        told = (
            f"this machine's clock is {apart:,.0f} s {'behind' if known.apart > 0 else 'ahead of'} GitHub's"
        )
        yield judge(AREA, told, "timedatectl set-ntp true")


def _expiry(seen: Seen, known: Account) -> Iterator[Finding]:
    if known.expires_at is None:
        return
    days = (known.expires_at - seen.now).days
    if days < EXPIRES_SOON:
        yield warn(AREA, f"the token dies in {days} days", f"renew it: {_tokens(seen)}")


def _repository(seen: Seen, name: str, found: Surveyed) -> Iterator[Finding]:
    faults = [*_permissions(seen, name, found), *_content(seen, name, found)]
    yield from faults
    if not faults:
        kind = "private" if found.facts.private else "public"
        told = "reads contents and pull requests, writes comments, deployments and statuses"
        yield ok(AREA, f"{name}: {kind}; {told}")


def _permissions(seen: Seen, name: str, found: Surveyed) -> Iterator[Finding]:
    grant = _grant(seen, found)
    if found.facts.name.lower() != name.lower():
        yield warn(AREA, f"{name} is called {found.facts.name} now", "write that name into the settings")
    if found.permissions.archived:
        yield fail(AREA, f"{name}: is archived, nothing can be written there", "leave it out of the settings")
    if not found.contents:
        yield fail(AREA, f'{name}: no "contents: read", so nothing can be deployed', grant)
    if not found.pull_requests:
        yield fail(AREA, f'{name}: no "pull requests: read", so nothing is seen', grant)
    may_push = found.permissions.push or bool(found.page)  # a role is a person's: an App has none
    if found.contents and not may_push:
        grant = f"an admin gives {_who(seen)} the role Write: {_pages(seen)}/{name}/settings/access"
    lacking = [what for what, may in found.writes.items() if not may and not found.permissions.archived]
    if not may_push:
        lacking = [what for what in lacking if what != "statuses"]  # said of deployments, with one cause
    for what in lacking:
        judge = warn if what == "statuses" else fail  # all else works without them
        yield judge(AREA, f'{name}: no "{what}: write", so no {LOST[what]}', grant)


def _content(seen: Seen, name: str, found: Surveyed) -> Iterator[Finding]:
    branch = found.facts.default_branch
    if found.contents and found.head is None:
        yield warn(AREA, f"{name}: there is no commit on {branch}", f"git push origin {branch}")
    if found.head is None:
        return
    link = f"{_pages(seen)}/{name}/blob/{branch}/.reviewapps.yml"
    try:
        if found.rules_broken:
            raise BadRules(found.rules_broken)
        asked = rules(found.files.get(".reviewapps.yml"))
    except BadRules as broken:
        line = f"#L{broken.line}" if broken.line else ""
        yield warn(AREA, f"{name}: .reviewapps.yml on {branch}: {broken}", f"mend it: {link}{line}")
        return
    told = seen.told.settings
    yield from _ungranted(seen, name, found, asked)
    problem = manifest_problem(name, found, asked, told.grants.repositories.get(name) if told else None)
    if problem is not None:
        lines = f"on {branch}, in .reviewapps.yml:\n{problem.decision.strip()}" if problem.decision else ""
        yield warn(
            AREA, f"{name}: {problem}", lines or f"{_pages(seen)}/{name}/blob/{branch}/{asked.manifest}"
        )


def _ungranted(seen: Seen, name: str, found: Surveyed, asked: Rules) -> Iterator[Finding]:
    """What an App lacks to see what the rules, or the operator, ask for."""
    settings = seen.told.settings
    grant = settings.grants.repositories.get(name) if settings else None
    if grant is None:
        return
    for kind in sorted(grant.targets.keys() - {"review"}):
        wanted = grant.requires(kind, asked.named(kind).requires)
        for what, names in (("checks", wanted.checks), ("members", wanted.teams)):
            if names and what in found.ungranted:
                told = (
                    f'{name}: no "{what}: read", which {kind} takes: it asks for {", ".join(sorted(names))}'
                )
                yield warn(AREA, told, _grant(seen, found))


def _tokens(seen: Seen) -> str:
    """Where the token is mended."""
    classic = isinstance(seen.account, Account) and seen.account.scopes is not None
    return f"{_pages(seen)}/settings/{'tokens' if classic else 'personal-access-tokens'}"


def _grant(seen: Seen, found: Surveyed) -> str:
    """How what is missing is granted. Who changes what an App asks for has to be answered where it is let in."""
    app = seen.account.app if isinstance(seen.account, Account) else None
    if app is None:
        return f"grant it: {_tokens(seen)}"
    return f"ask for it: {app.facts.settings(_pages(seen))}/permissions, and grant it: {found.page}"


def _is_app(seen: Seen) -> bool:
    return seen.told.settings is not None and seen.told.settings.grants.github.app is not None


def _mend_key(seen: Seen, refused: str) -> str:
    """GitHub speaks of claims where the clock that signed is wrong."""
    if "claim" in refused:
        return "set the clock: timedatectl set-ntp true"
    return f"is the App's id right? Else give it a new key, and us: {_pages(seen)}/settings/apps"


def _who(seen: Seen) -> str:
    return (seen.account.login if isinstance(seen.account, Account) else None) or "the account"


def _pages(seen: Seen) -> str:
    return seen.told.settings.grants.github.pages if seen.told.settings else "https://github.com"


def _url(seen: Seen) -> str:
    return seen.told.settings.grants.github.url if seen.told.settings else ""
