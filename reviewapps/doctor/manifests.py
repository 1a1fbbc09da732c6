"""What a preview of a repository's default branch would need, by its own manifest. Pure."""

from __future__ import annotations

from typing import Final

from reviewapps.errors import AuthorMustAct, BadManifest, BadRules
from reviewapps.github.survey import Surveyed
from reviewapps.manifest import blueprint
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


def manifest_problem(name: str, found: Surveyed, asked: Rules) -> BadManifest | None:
    """What every preview would be refused for; None where the default branch could be one."""
    try:
        _blueprint(name, found, asked)
    except AuthorMustAct as wrong:
        return wrong if isinstance(wrong, BadManifest) else BadManifest(str(wrong))
    return None


def memory_asked(name: str, found: Surveyed) -> int | None:
    """MB of one instance; None where the manifest leaves it to the platform, or cannot be read."""
    try:
        return _blueprint(name, found, rules(found.files.get(FILE))).memory_mb
    except AuthorMustAct:
        return None


def _blueprint(name: str, found: Surveyed, asked: Rules) -> Blueprint:
    environment = Environment.of_pull_request(found.facts.id, 1)
    host = "host.example"
    facts = Facts(name.partition("/")[2], 1, "branch", found.head or "", host, f"https://{host}")
    try:
        return blueprint(
            asked,
            environment,
            facts,
            host=host,
            memory_limit_mb=ANY_MEMORY,
            file=found.files.get,
            tree=lambda path: NO_TREE,
        )
    except (ValueError, LookupError, AttributeError, TypeError) as odd:
        raise BadManifest(f"`{asked.manifest}` cannot be read: {type(odd).__name__}") from odd
