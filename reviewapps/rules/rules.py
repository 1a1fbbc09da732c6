"""What a repository asks for: ``.reviewapps.yml`` of its default branch."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from reviewapps.errors import BadRules
from reviewapps.model import Environment
from reviewapps.rules.document import Document, Unreadable, Way, document
from reviewapps.rules.file import Environments, ReviewSection, RulesFile, Section

FILE = ".reviewapps.yml"


@dataclass(frozen=True)
class EnvironmentRules:
    """The wishes for one environment; what is None is left to the manifest or the operator.

    Values of ``vars`` and ``env`` still hold their placeholders.
    """

    vars: Mapping[str, str] = field(default_factory=dict)
    vars_file: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, Literal["none"]] = field(default_factory=dict)
    memory_mb: int | None = None
    limit: int | None = None
    expire_after: timedelta | None = None


@dataclass(frozen=True)
class Rules:
    """The wishes of a repository. ``apps`` are names in the manifest; None means all of them."""

    manifest: str = "manifest.yml"
    apps: tuple[str, ...] | None = None
    review: EnvironmentRules = EnvironmentRules()
    dev: EnvironmentRules = EnvironmentRules()

    def of(self, environment: Environment) -> EnvironmentRules:
        return self.dev if environment.shared else self.review

    def digest(self, environment: Environment) -> str:
        """40 hex digits, which change exactly when the environment has to be deployed anew.

        ``limit`` and ``expire_after`` say when something runs, not what, so they are left out.
        """
        own = self.of(environment)
        what = {
            "manifest": self.manifest,
            "apps": self.apps and sorted(set(self.apps)),
            "vars": dict(own.vars),
            "vars_file": own.vars_file,
            "env": dict(own.env),
            "services": dict(own.services),
            "memory_mb": own.memory_mb,
        }
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:40]


def rules(text: str | None) -> Rules:
    """The rules that ``text`` holds; without any, all defaults. BadRules says what is wrong, and where."""
    try:
        read = document(text or "")
    except Unreadable as error:
        raise BadRules(str(error), error.line) from error
    if read.value is None:
        return Rules()
    try:
        file = RulesFile.model_validate(read.value)
    except ValidationError as error:
        raise _first(error, read) from None
    return Rules(
        file.manifest,
        file.apps,
        _merged(file.all, file.environments.review),
        _merged(file.all, file.environments.dev),
    )


def _merged(everywhere: Section, own: Section) -> EnvironmentRules:
    """``all:`` and an environment's own section, which wins."""
    review = own if isinstance(own, ReviewSection) else ReviewSection()
    return EnvironmentRules(
        vars={**everywhere.vars, **own.vars},
        vars_file=own.vars_file or everywhere.vars_file,
        env={**everywhere.env, **own.env},
        services={**everywhere.services, **own.services},
        memory_mb=own.memory or everywhere.memory,
        limit=review.limit,
        expire_after=review.expire_after,
    )


# --- what is wrong, in words ---

FORMS: Mapping[Way, type[BaseModel]] = {
    (): RulesFile,
    ("all",): Section,
    ("environments",): Environments,
    ("environments", "review"): ReviewSection,
    ("environments", "dev"): Section,
}

_LATER_OF_SECTIONS = (
    "access app build_env deadline follows forks health host logs_in_comment processes "
    "release requires setup slack sleep_after teardown wait_for when"
)
LATER: Mapping[Way, tuple[str, ...]] = {
    (): (),
    ("environments",): ("staging", "production"),
}
"""Keys that are foreseen and not built yet; those of a section where the way is not listed."""

EXPECTED = {"model_type": "takes a mapping", "dict_type": "takes a mapping"}


def _first(error: ValidationError, read: Document) -> BadRules:
    """The complaint that stands highest in the file."""
    complaints = [(read.line(way := _way(e["loc"])), way, e) for e in error.errors()]
    line, way, complaint = min(complaints, key=lambda found: found[0])
    if complaint["type"] == "extra_forbidden":
        reason = _unknown(way)
    elif complaint["type"] == "value_error":
        reason = str(complaint["ctx"]["error"])
    else:
        reason = EXPECTED.get(complaint["type"], complaint["msg"])
    subject = f"`{'.'.join(map(str, way))}`" if way else "the file"
    return BadRules(f"{subject} {reason}", line)


def _way(loc: tuple[Any, ...]) -> Way:
    """Pydantic marks complaints about a key itself with a last piece of its own."""
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _unknown(way: Way) -> str:
    around, key = way[:-1], str(way[-1])
    known = tuple(FORMS[around].model_fields)
    later = LATER.get(around, tuple(_LATER_OF_SECTIONS.split()))
    if key in later:
        return "is not built yet"
    if around not in LATER and key in ReviewSection.model_fields:
        return "belongs into `environments.review`"
    near = difflib.get_close_matches(key, known + later, n=1)
    if near:
        return f"is unknown; did you mean `{near[0]}`?"
    return f"is unknown; known are {', '.join(f'`{name}`' for name in known)}"
