"""The shared dev app: which tag it follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from reviewapps.desired.verdicts import Known, Leave, Run, Verdict
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import Environment, Space, Tag, Tagging, Wanted
from reviewapps.naming import tag_digest
from reviewapps.rules import Rules

DEV = "dev"
TAGS_WEIGHED_AT_ONCE = 30
"""Of many new tags, so many are compared by date: each may cost two requests, once."""


def dev_verdict(
    wanted: Wanted, rules: Rules | BadRules, grant: Grant, space: Space, known: Known
) -> tuple[frozenset[Tag], Verdict | None]:
    """What the shared dev app should run: the newest tag that is new since the last look.

    A tag is new by name and object, so a moved tag is, and a deleted one that comes back is too; a deleted one
    deploys nothing, nor does one that means no commit. Nothing but a tag moves it, and nothing deletes it.
    """
    environment = Environment(wanted.repository.id, DEV)
    app = space.actual(environment).app
    tags = dev_tags(wanted)
    if not grant.allows(DEV):
        return frozenset(), None
    if isinstance(rules, BadRules):
        return frozenset(), None if app is None else Leave()
    seen_now = tags_seen(tags)
    seen_before = (app.tags_seen if app is not None else None) or frozenset()
    new = [t for t in tags if tag_digest(t.name, t.object) not in seen_before]
    config = grant.config(rules, environment)
    about = (grant.entrance(DEV), rules.dev.deadline)
    weighed = sorted(new, key=lambda t: (natural(t.name), t))[-TAGS_WEIGHED_AT_ONCE:]
    unknown = frozenset(t for t in weighed if t not in known.taggings)
    if unknown:
        return unknown, Leave()
    meant = {t: tagging for t in weighed if (tagging := known.taggings[t]) is not None}
    if meant:
        newest = max(meant, key=lambda t: _made(t, meant[t]))
        return frozenset(), Run(meant[newest].commit, config, newest.name, seen_now, None, *about)
    if app is None:
        return frozenset(), None
    if not app.wished:
        return frozenset(), Leave()
    return frozenset(), Run(app.wished, config, app.source, seen_now, None, *about)


def dev_tags(wanted: Wanted) -> list[Tag]:
    """The tags that the shared dev app may follow."""
    return [t for t in wanted.tags if t.name == DEV or t.name.startswith(f"{DEV}-")]


def tags_seen(tags: Iterable[Tag]) -> frozenset[str]:
    """What is to be remembered of tags that were seen."""
    return frozenset(tag_digest(t.name, t.object) for t in tags)


def _made(tag: Tag, tagging: Tagging) -> tuple[datetime, datetime, list[tuple[int, int, str]], Tag]:
    """When a tag was made, as far as that can be known: only annotated ones say so."""
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
