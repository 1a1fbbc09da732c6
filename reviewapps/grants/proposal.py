"""Rules that a pull request brings: what of them would not work once they are merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reviewapps.approval import NOTHING
from reviewapps.errors import BadRules
from reviewapps.grants.grants import Grant
from reviewapps.model import Environment, Follows, Repository
from reviewapps.naming import names, slug
from reviewapps.rules import Rules, rules
from reviewapps.rules.document import Document, document

MOST_NAMED: Final = 20
"""Names of one kind that are looked up on GitHub: what is more is not asked for, and so not complained of."""

NOWHERE: Final[Mapping[str, Rules]] = {}


@dataclass(frozen=True)
class Mistake:
    """What would not work, as a sentence without its full stop; ``line`` counts from 1, 0 is nowhere in
    particular."""

    line: int
    text: str

    @property
    def words(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True)
class Named:
    """What rules name on GitHub: people, teams (``owner/team``) and branches."""

    people: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()


def named(text: str, grant: Grant) -> Named:
    """What has to be there on GitHub for these rules to work; nothing where they cannot be read."""
    try:
        asked = rules(text)
    except BadRules:
        return Named()
    read = document(text)
    granted = [kind for kind in _sections(read) if grant.knows(kind)]
    people = [name for kind in granted for _, name in _people(read, kind)]
    follows = [asked.named(kind).follows for kind in granted]
    branches = [one.branch for one in follows if one is not None and one.branch]
    return Named(
        frozenset([name for name in people if "/" not in name][:MOST_NAMED]),
        frozenset([name for name in people if "/" in name][:MOST_NAMED]),
        frozenset(branches[:MOST_NAMED]),
    )


def mistakes(
    text: str,
    repository: Repository,
    instance: str,
    grant: Grant,
    unknown: Named,
    now: Rules | None = None,
    there: Mapping[str, Rules] = NOWHERE,
) -> list[Mistake]:
    """All that is wrong with these rules, by line; of what cannot be read at all, the first.

    ``unknown`` is what of ``named`` GitHub does not have; ``now`` are the rules that hold today, None where nobody
    knows, and ``there`` those at what runs in environments that today's may not lead elsewhere."""
    try:
        asked = rules(text)
    except BadRules as broken:
        return [Mistake(broken.line, str(broken))]
    read = document(text)
    found = [
        *_not_granted(read, grant),
        *_not_there(read, asked, grant, unknown),
        *_not_their_own(read, asked, repository, instance, grant),
        *_not_let_through(read, asked, now, there, grant, repository.default_branch),
    ]
    return sorted(found, key=lambda one: (one.line, one.text))


def _not_granted(read: Document, grant: Grant) -> Iterator[Mistake]:
    for kind, line in _sections(read).items():
        if not grant.knows(kind):
            yield Mistake(
                line,
                f"`environments.{kind}` has no space that was granted: whoever runs reviewapps has to grant one",
            )


def _not_there(read: Document, asked: Rules, grant: Grant, unknown: Named) -> Iterator[Mistake]:
    for kind, line in _sections(read).items():
        follows = asked.named(kind).follows
        if follows is not None and follows.branch in unknown.branches and grant.knows(kind):
            where = _line(read, "environments", kind, "follows") or line
            yield Mistake(
                where, f"`environments.{kind}` follows the branch `{follows.branch}`, which is not there yet"
            )
        for at, name in _people(read, kind):
            if name in unknown.teams:
                yield Mistake(at, f"the team `{name}` is not there, or cannot be seen from here")
            elif name in unknown.people:
                yield Mistake(at, f"there is nobody called `{name}` on GitHub")


def _not_their_own(
    read: Document, asked: Rules, repository: Repository, instance: str, grant: Grant
) -> Iterator[Mistake]:
    """Apps that would be two environments at once. (That two sections name one app is refused by the rules.)"""
    kinds = sorted({*_sections(read), *grant.targets} - {"review"})
    usual = {kind: names(instance, repository, Environment(repository.id, kind))[0] for kind in kinds}
    taken = {usual[kind]: kind for kind in kinds if asked.named(kind).app is None}
    previews = re.compile(rf"{re.escape(slug(repository.name.partition('/')[2]) or 'app')}-pr-\d+.*")
    for kind in kinds:
        app = asked.named(kind).app
        line = _line(read, "environments", kind, "app")
        if app is not None and app in taken:
            yield Mistake(
                line,
                f"`environments.{kind}.app` is `{app}`, which is what the app of `{taken[app]}` is called",
            )
        elif app is not None and previews.fullmatch(app):
            yield Mistake(line, f"`environments.{kind}.app` is `{app}`, which is what a preview is called")


def _not_let_through(
    read: Document,
    asked: Rules,
    now: Rules | None,
    there: Mapping[str, Rules],
    grant: Grant,
    default_branch: str,
) -> Iterator[Mistake]:
    """What would be held for good: tags where approvals are asked for, and another branch (or tags) where anything
    is, by today's rules or by the operator."""
    sections = _sections(read)
    for kind in sorted(grant.targets.keys() - {"review"}):
        today = there.get(kind, now) if now is not None else None
        new, old = asked.named(kind).follows, today.named(kind).follows if today is not None else None
        line = _line(read, "environments", kind, "follows") or sections.get(kind, 0)
        held = grant.requires(kind, today.named(kind).requires if today is not None else NOTHING)
        wanted = grant.requires(kind, asked.named(kind).requires)
        if kind in sections and new is not None and new.tags and (wanted.approvals or held.approvals):
            who = "the operator asks" if grant.requires(kind, NOTHING).approvals else "it asks"
            yield Mistake(
                line,
                f"`environments.{kind}` follows tags, and {who} for approvals, which are counted on a branch: "
                "no tag would go there",
            )
        elif not held.nothing and old is not None and _elsewhere(old, new, default_branch):
            yield Mistake(
                line,
                f"`environments.{kind}` would follow something else than what runs there does: it is held then, "
                f"until an operator brings a commit there (`reviewapps rollback {kind} SHA`)",
            )


def _elsewhere(old: Follows, new: Follows | None, default_branch: str) -> bool:
    """Whether it follows other tags or another branch; that it follows nothing any more holds nothing."""
    if new is None:
        return False
    return (old.tags, old.branch or default_branch) != (new.tags, new.branch or default_branch)


# --- where it stands ---


def _sections(read: Document) -> Mapping[str, int]:
    """The shared environments that have a section, and its line."""
    environments = _inside(read.value, "environments")
    return {name: read.line(("environments", name)) for name in environments if name != "review"}


def _people(read: Document, kind: str) -> Iterator[tuple[int, str]]:
    """Whom a section names, with the line."""
    required = _inside(_inside(_inside(read.value, "environments"), kind), "requires")
    for key in ("from", "sign_off"):
        for at, name in enumerate(required.get(key) or ()):
            yield read.line(("environments", kind, "requires", key, at)), str(name)


def _line(read: Document, *way: str) -> int:
    """The line of the key itself; 0 where it is not there."""
    return read.lines.get(way, 0)


def _inside(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
