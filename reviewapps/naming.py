"""Names from an environment, and an environment from what a person types."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from reviewapps.errors import BadSettings
from reviewapps.model import Environment, Repository

DROPPED = "dropped"
"""Stands where the name of a database's data does from when it is to go: it holds none that anybody may use."""

LONGEST = 63
"""Of a host name's part, by RFC 1035; app names keep to it too, so that both can be the same."""


def digest(*parts: str, length: int = 40) -> str:
    """Hex digits that stay the same for the same parts. A whole SHA-256 does not fit into a label (63)."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:length]


def fence(attempt: str) -> int:
    """The fence of the lease under which an attempt began, from its id, or from the name of data made by it; 0
    where it tells of none.

    >>> fence("1f.2"), fence("9f3c@1f.2"), fence("")
    (31, 31, 0)
    """
    digits = attempt.rpartition("@")[2].partition(".")[0]
    return int(digits, 16) if re.fullmatch(r"[0-9a-f]+", digits) else 0


def data_name(wanted: str, attempt: str) -> str:
    """What data is called that is made for what is ``wanted``, by this attempt. What a later one makes again has
    another name: what was done with the former (its release, its setup) was not done with it.

    >>> data_name("9f3c", "1f.2")
    '9f3c@1f.2'
    """
    return f"{wanted}@{attempt}"


def is_data(name: str, wanted: str) -> bool:
    """Whether data of this name is what is wanted, whichever attempt made it. (Earlier versions did not say.)

    >>> is_data("9f3c@1f.2", "9f3c"), is_data("9f3c", "9f3c"), is_data("9f3d@1f.2", "9f3c")
    (True, True, False)
    """
    return name.partition("@")[0] == wanted


def value_digest(value: object) -> str:
    """A digest of a value of the model: equal for equal values, however they came about.

    (``repr`` would not do: two libraries' UTC are equal, and print differently; sets print in any order.)
    """
    return digest(json.dumps(_plain(value), sort_keys=True))


def _plain(value: object) -> object:
    match value:
        case str() | int() | None:  # most of all, and what the others take long to say no to
            return value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return sorted(json.dumps(_plain(one), sort_keys=True) for one in value)
        case tuple():
            return [_plain(one) for one in value]
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case _ if is_dataclass(value):
            return [type(value).__name__, _plain_fields(value)]
        case _:
            return value


def _plain_fields(value: object) -> dict[str, object]:
    kind: Any = type(value)
    return {name: _plain(getattr(value, name)) for name in _compared(kind)}


@cache
def _compared(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.compare)


def names(instance: str, repository: Repository, environment: Environment) -> tuple[str, ...]:
    """What the environment's app and host may be called, best first.

    A review app takes the plain name if it is free, else the one with six digits that no other instance,
    repository or environment shares. A shared environment has the plain name or none: people know it by it.

    >>> names("acme", Repository(7, "acme/Shop", "main", False, ""), Environment(7, "pr-12"))
    ('shop-pr-12', 'shop-pr-12-2dc23a')
    """
    stem = slug(repository.name.partition("/")[2]) or "app"
    plain = _fitted(stem, f"-{environment.name}")
    if environment.shared:
        return (plain,)
    return (plain, _fitted(stem, f"-{environment.name}-{_own(instance, environment)}"))


def record_name(instance: str, repository: Repository, environment: Environment) -> str:
    """What the app is called that remembers a preview which somebody took away: never what a preview is called,
    so that it can be there before the preview is gone.

    >>> record_name("acme", Repository(7, "acme/Shop", "main", False, ""), Environment(7, "pr-12"))
    'shop-pr-12-2dc23a-gone'
    """
    stem = slug(repository.name.partition("/")[2]) or "app"
    return _fitted(stem, f"-{environment.name}-{_own(instance, environment)}-gone")


def slug(text: str) -> str:
    """``text`` in the letters of a host name: lower case, digits, single dashes inside."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def tag_digest(name: str, target: str) -> str:
    """Twelve digits for a tag that points at this object: enough to know it again, short enough for many."""
    return digest(name, target, length=12)


def address(environment: Environment, repository: str) -> str:
    """How people write an environment: ``acme/shop#12`` or ``acme/shop:dev``."""
    number = environment.number
    return f"{repository}:{environment.name}" if number is None else f"{repository}#{number}"


def addressed(text: str, repositories: Mapping[str, int]) -> Environment:
    """The environment that ``text`` means, the repository left out where there is only one.

    >>> addressed("#12", {"acme/shop": 7})
    Environment(repository=7, name='pr-12')
    >>> addressed("acme/shop:dev", {"acme/shop": 7, "acme/web": 8}).name
    'dev'
    """
    found = re.fullmatch(
        r"(?P<repository>[^#:\s]*)(?:#(?P<number>\d+)|:(?P<name>[a-z][a-z0-9-]*))", text, re.ASCII
    )
    if found is None:
        raise BadSettings(f"`{text}` names no environment: write acme/shop#12 or acme/shop:dev")
    known = {name.lower(): id_ for name, id_ in repositories.items()}
    asked = found["repository"].lower() or (next(iter(known)) if len(known) == 1 else "")
    if asked not in known:
        raise BadSettings(f"`{text}` names no repository of ours: {', '.join(sorted(repositories))}")
    environment = Environment(known[asked], found["name"] or f"pr-{int(found['number'])}")
    if environment.number is None and environment.name.startswith("pr-"):
        raise BadSettings(f"`{text}` names no environment: previews are written as acme/shop#12")
    return environment


def _own(instance: str, environment: Environment) -> str:
    return digest(instance, environment.key, length=6)


def _fitted(stem: str, ending: str) -> str:
    return stem[: LONGEST - len(ending)].rstrip("-") + ending
