"""What is to be said of what repositories are granted. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewapps.desired import no_approvals
from reviewapps.doctor.finding import Finding, warn
from reviewapps.doctor.seen import Seen
from reviewapps.errors import BadRules, ReviewAppsError
from reviewapps.github.survey import Surveyed
from reviewapps.grants import Grant, Named, line_of
from reviewapps.rules import FILE, EnvironmentRules, Rules, rules

AREA: Final = "grants"


def grants(seen: Seen) -> Iterator[Finding]:
    """What leaves more open than people may think."""
    settings = seen.told.settings
    for name, grant in settings.grants.repositories.items() if settings is not None else ():
        for kind in sorted(grant.targets.keys() - {"review"}):
            yield from _floor(seen, name, grant, kind)
            yield from _tags(seen, name, grant, kind)
        yield from _strangers(seen, name, grant)
        yield from _shared(name, grant)


def _floor(seen: Seen, name: str, grant: Grant, kind: str) -> Iterator[Finding]:
    """Whoever merges the rules decides alone what is asked of a first deploy, where no operator says the least."""
    if kind in grant.floors or _own(seen, name, kind).requires.nothing:
        return
    told = f"{name}: {kind} has no floor: {FILE} alone says what its first deploy needs, and who merges that"
    yield warn(AREA, told, f"requires = {{ {kind} = {{ approvals = 1 }} }} (or 0, where that is meant)")


def _strangers(seen: Seen, name: str, grant: Grant) -> Iterator[Finding]:
    """Whom the operator's own floors name, and who is not there: nobody else's word may count."""
    unknown, surveyed = seen.unknown.get(name), seen.repositories.get(name)
    if isinstance(unknown, ReviewAppsError):
        yield warn(AREA, f"{name}: whom `requires` names was not looked up: {unknown}", "try again")
    if not isinstance(unknown, Named):
        return
    hidden = isinstance(surveyed, Surveyed) and "members" in surveyed.ungranted  # which is said, too
    for kind, floor in sorted(grant.floors.items()):
        for who in sorted(floor.names):
            if who in unknown.people:
                yield _stranger(seen, name, kind, who, f"there is nobody called `{who}` on GitHub")
            elif who in unknown.teams and not hidden:
                yield _stranger(
                    seen, name, kind, who, f"the team `{who}` is not there, or cannot be seen from here"
                )


def _stranger(seen: Seen, name: str, kind: str, who: str, what: str) -> Finding:
    line = line_of(seen.told.text, name, kind, who)
    where = f"{seen.told.source}, line {line}" if line else seen.told.source
    return warn(AREA, f"{name}: `requires` of {kind}: {what}", f"mend it: {where}")


def _tags(seen: Seen, name: str, grant: Grant, kind: str) -> Iterator[Finding]:
    """Approvals are counted on a branch: where the operator asks for some, what follows tags waits for ever."""
    follows, floor = _own(seen, name, kind).follows, grant.floors.get(kind)
    if follows is not None and follows.tags and floor is not None and floor.approvals:
        told = f"{name}: {kind} follows tags, and none passes while approvals are asked for"
        yield warn(AREA, told, f"{no_approvals(kind)}, or let it follow a branch")


def _own(seen: Seen, name: str, kind: str) -> EnvironmentRules:
    found = seen.repositories.get(name)
    try:
        return rules(found.files.get(FILE) if isinstance(found, Surveyed) else None).named(kind)
    except BadRules:
        return Rules().named(kind)


def _shared(name: str, grant: Grant) -> Iterator[Finding]:
    both = grant.targets.get("review"), grant.targets.get("production")
    if grant.services and None not in both and both[0] == both[1]:
        which = ", ".join(sorted(grant.services))
        mend = "say for whom: services = { production = [NAME], review = [] }"
        yield warn(AREA, f"{name}: previews may share what production has: {which}", mend)
