"""What a preview of a repository's default branch would need, by its own manifest. Pure."""

from __future__ import annotations

from typing import Final

from reviewapps.errors import AuthorMustAct, BadManifest, BadRules
from reviewapps.github.survey import Surveyed
from reviewapps.grants import Grant
from reviewapps.manifest import Allowance, blueprint
from reviewapps.model import Blueprint, Environment
from reviewapps.rules import Rules, rules
from reviewapps.rules.fill import Facts

FILE: Final = ".reviewapps.yml"
ANY_MEMORY: Final = 2**31
NO_TREE: Final = "0" * 40


def files_named(text: str | None) -> tuple[str, ...]:
    """The files of a repository, beside its rules, that say what a preview needs."""
    try:
        asked = rules(text)
    except BadRules:
        return ()
    return (asked.manifest, *filter(None, [asked.review.vars_file]))


def manifest_problem(
    name: str, found: Surveyed, asked: Rules, grant: Grant | None = None
) -> BadManifest | None:
    """What every preview would be refused for; None where the default branch could be one."""
    try:
        _blueprint(name, found, asked, _allowed(asked) if grant is None else _granted(grant))
    except AuthorMustAct as wrong:
        return wrong if isinstance(wrong, BadManifest) else BadManifest(str(wrong))
    return None


def memory_asked(name: str, found: Surveyed) -> int | None:
    """MB of one instance; None where the manifest leaves it to the platform, or cannot be read."""
    try:
        asked = rules(found.files.get(FILE))
        return _blueprint(name, found, asked, _allowed(asked)).memory_mb
    except AuthorMustAct:
        return None


def _granted(grant: Grant) -> Allowance:
    shared, databases = grant.may_share("review"), "review" in grant.databases
    return Allowance(ANY_MEMORY, shared, grant.plans, databases, disk_mb=grant.disk_mb)


def _allowed(asked: Rules) -> Allowance:
    """All that the rules ask for."""
    wishes = [wish for wish in asked.review.services.values() if wish is not None]
    plans = frozenset(wish.plan for wish in wishes if wish.plan is not None)
    return Allowance(ANY_MEMORY, frozenset(wish.name for wish in wishes), plans, databases=True)


def _blueprint(name: str, found: Surveyed, asked: Rules, allowed: Allowance) -> Blueprint:
    environment = Environment.of_pull_request(found.facts.id, 1)
    host = "host.example"
    facts = Facts(name.partition("/")[2], 1, "branch", found.head or "", host, f"https://{host}")
    try:
        return blueprint(
            asked,
            environment,
            facts,
            host=host,
            allowed=allowed,
            file=found.files.get,
            tree=lambda path: NO_TREE,
        )
    except (ValueError, LookupError, AttributeError, TypeError) as odd:
        raise BadManifest(f"`{asked.manifest}` cannot be read: {type(odd).__name__}") from odd
