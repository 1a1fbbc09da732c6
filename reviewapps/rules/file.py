"""The form of ``.reviewapps.yml``: which keys there are, and what each takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

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
    if value == {"generate": "secret"}:
        raise ValueError("asks for `{generate: secret}`, which is not built yet")
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


def _service(value: Any) -> Any:
    if value in ("own", "share") or isinstance(value, dict):
        raise ValueError("takes `none`; the rest is not built yet")
    if value != "none":
        raise ValueError(f"takes `none`, not {kind(value)}")
    return value


def _apps(value: Any) -> tuple[str, ...] | None:
    if value == "all":
        return None
    if not isinstance(value, list) or not value:
        raise ValueError("takes `all` or a list of names")
    return tuple(_text(name) for name in value)


def _settable(env: Mapping[str, str]) -> Mapping[str, str]:
    for name in env:
        if not name:
            raise ValueError("has a variable without a name")
        if not is_name(name):
            raise ValueError(f"has the variable `{name}`, which no process can have")
        if owner := reserved_by(name):
            raise ValueError(f"sets `{name}`, which {owner} sets")
    return env


Plain = Annotated[str, BeforeValidator(_plain)]
Path = Annotated[str, BeforeValidator(_path)]
Plains = Annotated[Mapping[str, Plain], BeforeValidator(_empty)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(_Form):
    """What may be said of every environment."""

    vars: Plains = Field(default_factory=dict)
    vars_file: Path | None = None
    env: Annotated[Plains, AfterValidator(_settable)] = Field(default_factory=dict)
    services: Annotated[
        Mapping[str, Annotated[Literal["none"], BeforeValidator(_service)]], BeforeValidator(_empty)
    ] = Field(default_factory=dict)
    memory: Annotated[int, BeforeValidator(_memory)] | None = None


class ReviewSection(Section):
    """What may be said of the pull requests' environments."""

    limit: Annotated[int, BeforeValidator(_limit)] | None = None
    expire_after: Annotated[timedelta, BeforeValidator(_duration)] | None = None


class Environments(_Form):
    review: Annotated[ReviewSection, BeforeValidator(_empty)] = ReviewSection()
    dev: Annotated[Section, BeforeValidator(_empty)] = Section()


class RulesFile(_Form):
    manifest: Path = "manifest.yml"
    apps: Annotated[tuple[str, ...] | None, BeforeValidator(_apps)] = None
    all: Annotated[Section, BeforeValidator(_empty)] = Section()
    environments: Annotated[Environments, BeforeValidator(_empty)] = Environments()
