"""What a repository asks for: ``.reviewapps.yml`` of its default branch."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from reviewapps.approval import NOTHING, Requires
from reviewapps.errors import BadRules
from reviewapps.model import BUILDER, Command, Environment, Follows, Health, Service
from reviewapps.naming import digest
from reviewapps.rules.document import Document, Unreadable, Way, document
from reviewapps.rules.file import Environments, ReviewSection, RulesFile, Section, SharedSection
from reviewapps.rules.freezing import Freeze

FILE = ".reviewapps.yml"


@dataclass(frozen=True)
class EnvironmentRules:
    """The wishes for one environment; what is None is left to the manifest or the operator.

    Values of ``vars`` and ``env`` still hold their placeholders; an ``env`` without a value is made up once. A
    service that is None is not bound. ``processes`` are instances by type.
    """

    vars: Mapping[str, str] = field(default_factory=dict)
    vars_file: str | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    build_env: tuple[str, ...] = ()
    services: Mapping[str, Service | None] = field(default_factory=dict)
    memory_mb: int | None = None
    processes: Mapping[str, int] = field(default_factory=dict)
    health: Health | None = None
    deadline: timedelta | None = None
    release: Command | None = None
    setup: Command | None = None
    teardown: Command | None = None
    follows: Follows | None = None
    app: str | None = None
    requires: Requires = NOTHING
    freeze: tuple[Freeze, ...] = ()
    limit: int | None = None
    expire_after: timedelta | None = None


FOLLOWED: Mapping[str, Follows] = {
    "dev": Follows(tags=("dev", "dev-*")),
    "staging": Follows(branch="staging"),
    "production": Follows(),
}
"""What the shared environments follow that need no rules for that."""

OF_TIME = frozenset(
    ("limit", "expire_after", "deadline", "setup", "teardown", "follows", "app", "requires", "freeze")
)
"""What of an environment's rules says when or whether something runs, or is only read when it is needed."""

MOST_TEXTS = 32
"""So many files are remembered as read: one for each repository and its proposals, of 256 KB at most."""

MOST_ENVIRONMENTS = 50
"""Shared ones of a repository; what `all:` says is kept for each of them."""

REVIEW = "review"
EVERYWHERE = "*"


@dataclass(frozen=True)
class Rules:
    """The wishes of a repository. ``apps`` are names in the manifest; None means all of them. ``environments`` are
    by name; under ``*`` stands what holds for those that are not named."""

    manifest: str = "manifest.yml"
    apps: tuple[str, ...] | None = None
    environments: Mapping[str, EnvironmentRules] = field(default_factory=dict)

    @property
    def review(self) -> EnvironmentRules:
        """Those of pull requests."""
        return self.named(REVIEW)

    def of(self, environment: Environment) -> EnvironmentRules:
        return self.named(environment.kind)

    def named(self, kind: str) -> EnvironmentRules:
        """The wishes for environments of this kind, with what it follows."""
        if kind not in self._by_kind:
            self._by_kind[kind] = self._named(kind)
        return self._by_kind[kind]

    @cached_property
    def _by_kind(self) -> dict[str, EnvironmentRules]:
        return {}  # those that were asked for, as they are again and again

    def _named(self, kind: str) -> EnvironmentRules:
        own = self.environments.get(kind) or self.environments.get(EVERYWHERE) or EnvironmentRules()
        return own if own.follows is not None else replace(own, follows=FOLLOWED.get(kind))

    def digest(self, environment: Environment) -> str:
        """40 hex digits, which change exactly when the environment has to be deployed anew.

        What says when or for how long something runs is left out, and so is what only its beginning and its end
        need: those are read when they are needed.
        """
        if environment.kind not in self._digests:
            own = {name: value for name, value in vars(self.of(environment)).items() if name not in OF_TIME}
            what = (self.manifest, self.apps and sorted(set(self.apps)), own)
            self._digests[environment.kind] = digest(json.dumps(what, sort_keys=True, default=_plain))
        return self._digests[environment.kind]

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {}


def _plain(value: Any) -> Any:
    """For JSON: times in seconds, values of ours by their fields."""
    return value.total_seconds() if isinstance(value, timedelta) else vars(value)


def rules(text: str | None) -> Rules:
    """The rules that ``text`` holds; without any, all defaults. BadRules says what is wrong, and where."""
    found = _known(text or "")
    if isinstance(found, BadRules):
        raise BadRules(str(found), found.line, found.asks)
    return found


@lru_cache(MOST_TEXTS)
def _known(text: str) -> Rules | BadRules:
    """Read once, since every turn asks several times, and PyYAML takes its time."""
    try:
        return _read(text)
    except BadRules as broken:
        return BadRules(str(broken), broken.line, broken.asks)  # that one holds on to all that asked for it


def _read(text: str) -> Rules:
    try:
        read = document(text)
    except Unreadable as error:
        asks = None if "requires" in text else frozenset[str]()
        raise BadRules(str(error), error.line, asks) from error
    if read.value is None:
        return Rules()
    try:
        file = RulesFile.model_validate(read.value)
        _check_names(file, read)
    except ValidationError as error:
        wrong = _first(error, read)
        raise BadRules(str(wrong), wrong.line, _asking(read.value)) from None
    except BadRules as wrong:
        raise BadRules(str(wrong), wrong.line, _asking(read.value)) from None
    return Rules(
        file.manifest,
        file.apps,
        {
            REVIEW: _merged(file.all, file.environments.review),
            EVERYWHERE: _merged(file.all, Section()),
            **{name: _merged(file.all, own) for name, own in file.environments.shared.items()},
        },
    )


def _asking(value: Any) -> frozenset[str]:
    """The environments that have ``requires``, whatever stands in it, in a file of which something is wrong."""
    own = value.get("environments") if isinstance(value, dict) else None
    sections = own.items() if isinstance(own, dict) else ()
    return frozenset(str(name) for name, section in sections if "requires" in str(section))


def _check_names(file: RulesFile, read: Document) -> None:
    """There are not too many shared environments; each has a name that can be one, an app of its own, and follows
    something."""
    if len(file.environments.shared) > MOST_ENVIRONMENTS:
        first_too_many = list(file.environments.shared)[MOST_ENVIRONMENTS]
        raise BadRules(
            f"`environments` names more than {MOST_ENVIRONMENTS}", read.line(("environments", first_too_many))
        )
    apps: dict[str, str] = {}
    for name, section in file.environments.shared.items():
        way: Way = ("environments", name)
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,29}", name) or name.startswith("pr-") or name == BUILDER:
            raise BadRules(f"`environments.{name}` is no name for an environment", read.line(way))
        if section.app is not None and (other := apps.setdefault(section.app, name)) != name:
            what = f"lets `{other}` and `{name}` be the same app, `{section.app}`"
            raise BadRules(f"`environments` {what}", read.line((*way, "app")))
        if section.follows is None and name not in FOLLOWED:
            near = difflib.get_close_matches(name, (REVIEW, *FOLLOWED), n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ", such as {branch: NAME} or {tags: [PATTERN]}"
            raise BadRules(f"`environments.{name}` has no `follows`{hint}", read.line(way))
        follows = section.follows or FOLLOWED.get(name)
        if section.requires and section.requires.approvals and follows is not None and follows.tags:
            raise BadRules(
                f"`environments.{name}.requires` asks for approvals, which GitHub gives to pull requests and not "
                "to tags; let it follow a branch, or ask for `sign_off`",
                read.line((*way, "requires")),
            )


def _merged(everywhere: Section, own: Section) -> EnvironmentRules:
    """``all:`` and an environment's own section, which wins."""
    review = own if isinstance(own, ReviewSection) else ReviewSection()
    shared = own if isinstance(own, SharedSection) else SharedSection()
    return EnvironmentRules(
        vars={**everywhere.vars, **own.vars},
        vars_file=own.vars_file or everywhere.vars_file,
        env={**everywhere.env, **own.env},
        build_env=tuple(sorted({*everywhere.build_env, *own.build_env})),
        services={
            name: service and replace(service, name=name)
            for name, service in {**everywhere.services, **own.services}.items()
        },
        memory_mb=own.memory or everywhere.memory,
        processes={**everywhere.processes, **own.processes},
        health=own.health or everywhere.health,
        deadline=own.deadline or everywhere.deadline,
        release=own.release or everywhere.release,
        setup=own.setup or everywhere.setup,
        teardown=review.teardown,
        limit=review.limit,
        expire_after=review.expire_after,
        follows=shared.follows,
        app=shared.app,
        requires=shared.requires or NOTHING,
        freeze=shared.freeze or (),
    )


# --- what is wrong, in words ---

FORMS: Mapping[Way, type[BaseModel]] = {
    (): RulesFile,
    ("all",): Section,
    ("environments",): Environments,
    ("environments", "review"): ReviewSection,
}

_LATER_OF_SECTIONS = "access forks host logs_in_comment slack sleep_after wait_for when"
LATER: Mapping[Way, tuple[str, ...]] = {
    (): (),
    ("environments",): (),
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
    known = tuple(FORMS.get(around, SharedSection).model_fields)
    later = LATER.get(around, tuple(_LATER_OF_SECTIONS.split()))
    if key in later:
        return "is not built yet"
    if around not in LATER and key in ReviewSection.model_fields:
        return "belongs into `environments.review`"
    if around not in LATER and key in SharedSection.model_fields:
        return "belongs into a shared environment, such as `environments.dev`"
    near = difflib.get_close_matches(key, known + later, n=1)
    if near:
        return f"is unknown; did you mean `{near[0]}`?"
    return f"is unknown; known are {', '.join(f'`{name}`' for name in known)}"
