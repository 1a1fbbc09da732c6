"""The form of ``.reviewapps.yml``: which keys there are, and what each takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
)

from reviewapps.model import Command
from reviewapps.rules import freezing
from reviewapps.rules import section_values as values
from reviewapps.rules.document import kind, text_of
from reviewapps.rules.fill import placeholders
from reviewapps.rules.units import duration, megabytes

INJECTED = tuple(f"REVIEWAPPS_{name}" for name in ("URL", "HOST", "ENVIRONMENT", "PULL_REQUEST", "COMMIT"))
"""The variables that every app of ours is given."""


def reserved_by(variable: str) -> str | None:
    """Who sets this environment variable, so that nobody else may; None where anybody may.

    >>> reserved_by("vcap_services"), reserved_by("REVIEWAPPS_URL"), reserved_by("SHOP_URL")
    ('Cloud Foundry', 'reviewapps', None)
    """
    name = variable.upper()
    if name == "PORT" or name.startswith(("VCAP_", "VMC")):
        return "Cloud Foundry"
    return "reviewapps" if variable in INJECTED else None


def is_name(variable: str) -> bool:
    """Whether a process can have a variable of this name.

    >>> is_name("GREETING"), is_name("PORT=1"), is_name("")
    (True, False, False)
    """
    return bool(variable) and "=" not in variable and variable.isprintable()


def _empty(value: Any) -> Any:
    """A key with nothing behind it is a mapping that nobody has filled yet."""
    return {} if value is None else value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"takes text, not {kind(value or None)}")
    return value


def _plain(value: Any) -> str:
    if value is None or not isinstance(value, str | int | float):
        raise ValueError(f"takes text, a number, or true or false, not {kind(value)}")
    text = text_of(value)
    placeholders(text)
    return text


def _memory(value: Any) -> int:
    try:
        return megabytes(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"takes {error}") from None


def _duration(value: Any) -> timedelta:
    try:
        return duration(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"takes {error}") from None


def _limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("takes a whole number from 1")
    return value


def _path(value: Any) -> str:
    path = _text(value)
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError("takes a path inside the repository")
    return path.removeprefix("./")


def _variable(value: Any) -> str | None:
    """Its text, which may hold placeholders; None where it is made up, once for an environment."""
    if isinstance(value, dict):
        if value != {"generate": "secret"}:
            raise ValueError("takes `{generate: secret}`, or a value")
        return None
    return _plain(value)


def _apps(value: Any) -> tuple[str, ...] | None:
    if value == "all":
        return None
    if not isinstance(value, list) or not value:
        raise ValueError("takes `all` or a list of names")
    return tuple(_text(name) for name in value)


def _app_name(value: Any) -> str:
    name = _text(value)
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
        raise ValueError(
            "takes a name of lower case letters, digits and dashes, since it is the host as well"
        )
    return name


def _settable(env: Mapping[str, str | None]) -> Mapping[str, str | None]:
    for name in env:
        if not name:
            raise ValueError("has a variable without a name")
        if not is_name(name):
            raise ValueError(f"has the variable `{name}`, which no process can have")
        if owner := reserved_by(name):
            raise ValueError(f"sets `{name}`, which {owner} sets")
    return env


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"takes a list of variables, not {kind(value)}")
    return tuple(_text(name) for name in value)


def _counts(processes: Mapping[str, int]) -> Mapping[str, int]:
    if processes.get("web") == 0:
        raise ValueError("lets `web` have no instance; it has one at least")
    return processes


Plain = Annotated[str, BeforeValidator(_plain)]
Variable = Annotated[str | None, PlainValidator(_variable)]
OneCommand = Annotated[Command, PlainValidator(values.command)]
Path = Annotated[str, BeforeValidator(_path)]
Plains = Annotated[Mapping[str, Plain], BeforeValidator(_empty)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(_Form):
    """What may be said of every environment."""

    vars: Plains = Field(default_factory=dict)
    vars_file: Path | None = None
    env: Annotated[Mapping[str, Variable], BeforeValidator(_empty), AfterValidator(_settable)] = Field(
        default_factory=dict
    )
    build_env: Annotated[Sequence[str], BeforeValidator(_names)] = ()
    services: Annotated[
        Mapping[str, Annotated[Any, PlainValidator(values.service)]], BeforeValidator(_empty)
    ] = Field(default_factory=dict)
    memory: Annotated[int, BeforeValidator(_memory)] | None = None
    processes: Annotated[
        Mapping[str, Annotated[int, BeforeValidator(values.instances)]],
        BeforeValidator(_empty),
        AfterValidator(_counts),
    ] = Field(default_factory=dict)
    health: Annotated[Any, PlainValidator(values.health)] | None = None
    deadline: Annotated[timedelta, BeforeValidator(_duration), AfterValidator(values.deadline)] | None = None
    release: OneCommand | None = None
    setup: OneCommand | None = None


class ReviewSection(Section):
    """What may be said of the pull requests' environments."""

    limit: Annotated[int, BeforeValidator(_limit)] | None = None
    expire_after: Annotated[timedelta, BeforeValidator(_duration)] | None = None
    teardown: OneCommand | None = None


class SharedSection(Section):
    """What may be said of an environment that more than one pull request depends on."""

    follows: Annotated[Any, PlainValidator(values.follows)] | None = None
    app: Annotated[str, BeforeValidator(_app_name)] | None = None
    requires: Annotated[Any, PlainValidator(values.requires)] | None = None
    freeze: Annotated[Any, PlainValidator(freezing.freeze)] | None = None


class Environments(_Form):
    """``review`` are those of pull requests; all others are shared, under names of their own."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[SharedSection, BeforeValidator(_empty)]]

    review: Annotated[ReviewSection, BeforeValidator(_empty)] = ReviewSection()

    @property
    def shared(self) -> Mapping[str, SharedSection]:
        """The sections of the shared environments that there are any of, by name."""
        return self.__pydantic_extra__ or {}


class RulesFile(_Form):
    manifest: Path = "manifest.yml"
    apps: Annotated[tuple[str, ...] | None, BeforeValidator(_apps)] = None
    all: Annotated[Section, BeforeValidator(_empty)] = Section()
    environments: Annotated[Environments, BeforeValidator(_empty)] = Field(
        default_factory=lambda: Environments.model_validate({})
    )
