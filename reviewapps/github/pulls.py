"""Pull requests: all of them now and then, in between only those that changed.

Any change of a pull request moves it to the front of the listing by time of update. So one conditional
request for its first page tells that nothing changed, and a walk down to what was known before finds all
that did. Closed ones are seen, never inferred from an absence.
"""

from __future__ import annotations

from datetime import UTC, datetime

from reviewapps.github import parse
from reviewapps.github.conditional import Kept, kept, listing
from reviewapps.github.connection import Connection
from reviewapps.github.snapshot import PullRequests, Snapshot
from reviewapps.model import PullRequest

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def newest(connection: Connection, root: str, known: Kept[PullRequests] | None) -> Kept[PullRequests]:
    """The 50 that changed last, open and closed."""
    path = f"{root}/pulls?state=all&sort=updated&direction=desc&per_page=50"
    return kept(connection, path, parse.each(parse.pull_request), known)


def every_open(
    connection: Connection, root: str, known: tuple[Kept[PullRequests], ...]
) -> tuple[Kept[PullRequests], ...]:
    """All open ones, oldest first, so that a new one moves none of the others to another page."""
    path = f"{root}/pulls?state=open&sort=created&direction=asc&per_page=100"
    return listing(connection, path, parse.each(parse.pull_request), lambda pull: pull.number, known)


def listed(pages: tuple[Kept[PullRequests], ...], front: Kept[PullRequests]) -> PullRequests:
    """Those of a whole listing, and those at the ``front`` of the listing by time of update."""
    return _united(*(page.value for page in pages), front.value)


def followed(connection: Connection, known: Snapshot, front: Kept[PullRequests]) -> PullRequests:
    """Those known, brought up to date: every open one, and the closed ones that changed lately."""
    if front is known.newest:
        return known.pull_requests
    changed = _changed_since(connection, _watermark(known.newest), front)
    lately = {pull.number for pull in changed}
    united = _united(known.pull_requests, changed)
    return tuple(pull for pull in united if pull.open or pull.number in lately)


def _changed_since(connection: Connection, watermark: datetime, front: Kept[PullRequests]) -> PullRequests:
    """The whole front page, and what is on the pages after it down to the first that is older.

    Not "no newer": GitHub's times are whole seconds, and more can happen in the second of the last look.
    """
    page, found = front, [front.value]
    while page.next and all(pull.updated_at >= watermark for pull in page.value):
        page = kept(connection, page.next, parse.each(parse.pull_request))
        found.append(tuple(pull for pull in page.value if pull.updated_at >= watermark))
    return _united(*found)


def _watermark(front: Kept[PullRequests]) -> datetime:
    return max((pull.updated_at for pull in front.value), default=LONG_AGO)


def _united(*groups: PullRequests) -> PullRequests:
    """Each once, as it was updated last; where that is the same second, as a later group has it."""
    found: dict[int, PullRequest] = {}
    for pull in (pull for group in groups for pull in group):
        earlier = found.get(pull.number)
        if earlier is None or earlier.updated_at <= pull.updated_at:
            found[pull.number] = pull
    return tuple(found[number] for number in sorted(found))
