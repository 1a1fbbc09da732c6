"""Tags that shared environments follow: which is the newest, and over whose wish it comes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from reviewapps.model import App, Follows, Over, Tag, Tagging, Wanted
from reviewapps.naming import tag_digest

WEIGHED_AT_ONCE = 30
"""Of many new tags, so many are compared by date: each may cost two requests, once."""

MOST_OVERWRITTEN = 10
"""Tags that were seen at once with a newer one: more are not told."""


def followed_tags(wanted: Wanted, follows: Follows) -> list[Tag]:
    """The tags that an environment may follow."""
    return [t for t in wanted.tags if any(fnmatchcase(t.name, pattern) for pattern in follows.tags)]


def tags_seen(tags: Iterable[Tag]) -> frozenset[str]:
    """What is to be remembered of tags that were seen."""
    return frozenset(tag_digest(t.name, t.object) for t in tags)


def new_tags(tags: Iterable[Tag], app: App | None) -> list[Tag]:
    """Those of the tags that are new since the last look, by name and object: so a moved tag is, and a deleted one
    that comes back is too."""
    seen = (app.tags_seen if app is not None else None) or frozenset()
    new = [t for t in tags if tag_digest(t.name, t.object) not in seen]
    return sorted(new, key=lambda t: (natural(t.name), t))[-WEIGHED_AT_ONCE:]


def newest_first(meant: Mapping[Tag, Tagging]) -> list[Tag]:
    """The tags by when they were made, as far as that can be known: only annotated ones say so."""
    return sorted(meant, key=lambda tag: _made(tag, meant[tag]), reverse=True)


def overwritten(
    app: App | None, commit: str, now: datetime, at_once: tuple[Over, ...] = ()
) -> tuple[Over, ...]:
    """The wishes that a new one, of this commit, takes the place of: those that were seen ``at_once`` with it, and
    the one before. None where nothing was followed yet, so that all tags are news."""
    if app is None or app.tags_seen is None:
        return ()
    before, others = app.wished, tuple(one for one in at_once if one.commit != commit)[:MOST_OVERWRITTEN]
    attempt = app.attempt if app.attempt is not None and app.attempt.commit == before else None
    if before is None or before == commit or (attempt is not None and attempt.refusal is not None):
        return others
    earlier = max(0.0, (now - attempt.began).total_seconds()) if attempt is not None else None
    return (*others, Over(app.source, before, earlier, live=app.commit == before))


def _made(tag: Tag, tagging: Tagging) -> tuple[datetime, datetime, list[tuple[int, int, str]], Tag]:
    committed = tagging.committed_at
    return tagging.tagged_at or committed, committed, natural(tag.name), tag


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts dev-2 before dev-10.

    >>> sorted(["dev-10", "dev-2"], key=natural)
    ['dev-2', 'dev-10']
    """
    return list(_natural_parts(name))


def _natural_parts(name: str) -> Iterator[tuple[int, int, str]]:
    for part in re.findall(r"\d+|\D+", name):
        yield (1, int(part), "") if part.isdecimal() else (0, 0, part)
