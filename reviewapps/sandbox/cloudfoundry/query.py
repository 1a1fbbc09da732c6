"""Lists: filters, label selectors, order and pages. What a list does not know, it refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, unquote_plus, urlencode

from aiohttp import web
from pydantic_core import to_json

from reviewapps.sandbox.cloudfoundry.errors import bad_query
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.metadata import selected
from reviewapps.sandbox.cloudfoundry.state import Row

R = TypeVar("R", bound=Row)
Filters = Mapping[str, Callable[[R], "str | Collection[str]"]]
"""A filter's name, and what of a row (one word or several) it is compared with."""

Present = Callable[[R, Links], JSON]
Include = Callable[[list[R], set[str], Links], JSON]
Fields = Callable[[Mapping[str, str], list[R], Links], JSON]
"""What the parameters ``fields[…]`` of a query ask for besides the rows."""

_EVERYWHERE = {"guids", "created_ats", "updated_ats", "label_selector", "page", "per_page", "order_by"}
_ALSO_ORDERED_BY = {
    "apps": ("name", "state"),
    "buildpacks": ("position",),
    "isolation_segments": ("name",),
    "organizations": ("name",),
    "service_credential_bindings": ("name",),
    "service_instances": ("name",),
    "service_offerings": ("name",),
    "service_plans": ("name",),
    "spaces": ("name",),
    "stacks": ("name",),
    "users": ("username",),
}
"""What lists are ordered by besides the times, by the last word of their path."""

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def page(
    request: web.Request,
    rows: Iterable[R],
    filters: Filters[R],
    present: Present[R],
    *,
    includes: Collection[str] = (),
    include: Include[R] | None = None,
    fields: Fields[R] | None = None,
    ignored: Collection[str] = (),
) -> web.Response:
    """The page that the request's query asks for of those ``rows`` that the caller may see."""
    query = dict(request.query)  # of a key that is there twice, the last one counts
    also = [name for name, there in (("include", includes), ("fields", fields)) if there]
    _refuse_unknown(query, {*filters, *ignored, *also})
    claims = [_claim(key, value, filters) for key, value in query.items()]
    fitting = [row for row in rows if all(claim(row) for claim in claims)]
    fitting = _ordered(fitting, query.get("order_by", "created_at"), request.path)
    number, size = _whole(query, "page", 1, None), _whole(query, "per_page", 50, 5000)
    shown = fitting[(number - 1) * size : number * size]
    links = Links.of(request)
    body: JSON = {
        "pagination": _pagination(request, links, len(fitting), number, size),
        "resources": [present(row, links) for row in shown],
    }
    included: JSON = fields(query, shown, links) if fields else {}
    if include and "include" in query:
        included |= include(shown, wanted_includes(query, includes), links)
    if included:
        body["included"] = included
    # Lists are long: this is four times as fast as the standard library.
    return web.Response(body=to_json(body), content_type="application/json", charset="utf-8")


def wanted_includes(query: Mapping[str, str], allowed: Collection[str]) -> set[str]:
    """What ``include`` asks for; what is not allowed there is refused."""
    wanted = query["include"].split(",") if query.get("include") else []
    if wrong := [one for one in wanted if one not in allowed]:
        valid = ", ".join(f"'{one}'" for one in allowed)
        raise bad_query(f"Invalid included resource: '{wrong[0]}'. Valid included resources are: {valid}")
    if twice := [one for one in wanted if wanted.count(one) > 1]:
        raise bad_query(f"Duplicate included resource: '{twice[0]}'")
    return set(wanted)


def _refuse_unknown(query: Mapping[str, str], known: set[str]) -> None:
    valid = known | _EVERYWHERE
    unknown = [key for key in query if key.partition("[")[0] not in valid]
    if unknown:
        words = ", ".join(f"'{key}'" for key in unknown)
        names = ", ".join(f"'{key}'" for key in sorted(valid))
        raise bad_query(f"Unknown query parameter(s): {words}. Valid parameters are: {names}")


def _claim(key: str, value: str, filters: Filters[R]) -> Callable[[R], bool]:
    """What one query parameter demands of a row."""
    name, bracket, relation = key.rstrip("]").partition("[")
    if name in ("created_ats", "updated_ats"):
        return _time_claim(name, relation if bracket else None, value)
    if key == "guids":
        wanted = _words(value)
        return lambda row: row.guid in wanted
    if key == "label_selector":
        fits = selected(value)
        return lambda row: fits(row.labels)
    if bracket and (name in filters or name in _EVERYWHERE):
        raise bad_query(f"{_worded(name)} must be an array")
    if key in filters:
        of_row, words = filters[key], _words(value)
        return lambda row: _matches(of_row(row), words)
    return lambda row: True


def _matches(of_row: str | Collection[str], wanted: set[str]) -> bool:
    return of_row in wanted if isinstance(of_row, str) else not wanted.isdisjoint(of_row)


def _words(value: str) -> set[str]:
    """The words of a list. Each may be escaped once more, since a comma ends it."""
    return {unquote_plus(word) for word in value.split(",")}


def _time_claim(name: str, relation: str | None, value: str) -> Callable[[Row], bool]:
    field = name.removesuffix("s")
    if relation is not None and relation not in _RELATIONS:
        raise bad_query(f"{_worded(name)} Invalid relational operator: '{relation}'")
    if relation is not None and "," in value:
        raise bad_query(f"{_worded(name)} only accepts one value when using a relational operator")
    times = [_time(name, word) for word in value.split(",")]
    if relation is None:
        return lambda row: int(getattr(row, field)) in times
    holds = _RELATIONS[relation]
    return lambda row: holds(int(getattr(row, field)), times[0])


def _time(name: str, word: str) -> float:
    advice = "has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'"
    if not _TIMESTAMP.fullmatch(word):
        raise bad_query(f"{_worded(name)} {advice}")
    try:
        return datetime.fromisoformat(word).timestamp()
    except (ValueError, OverflowError):
        raise bad_query(f"{_worded(name)} {advice}") from None


def _ordered(rows: list[R], order_by: str, path: str) -> list[R]:
    allowed = ("created_at", "updated_at", *_ALSO_ORDERED_BY.get(path.rsplit("/", 1)[-1], ()))
    field = order_by.removeprefix("-").removeprefix("+")
    if field not in allowed:
        raise bad_query("Order by can only be: " + ", ".join(f"'{one}'" for one in allowed))
    return sorted(rows, key=lambda row: getattr(row, field, None) or "", reverse=order_by.startswith("-"))


def _whole(query: Mapping[str, str], key: str, default: int, most: int | None) -> int:
    text = query.get(key, str(default))
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise bad_query(f"{_worded(key)} must be a positive integer")
    if most is not None and int(text) > most:
        raise bad_query(f"{_worded(key)} must be between 1 and {most}")
    return int(text)


def _worded(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _pagination(request: web.Request, links: Links, total: int, number: int, size: int) -> JSON:
    pages = max(1, math.ceil(total / size))

    def at(wanted: int) -> JSON:
        query = {**request.query, "page": str(wanted), "per_page": str(size)}
        return {"href": f"{links.base}{request.path}?{urlencode(query, quote_via=quote)}"}

    return {
        "total_results": total,
        "total_pages": pages,
        "first": at(1),
        "last": at(pages),
        "next": at(number + 1) if number < pages else None,
        "previous": at(number - 1) if number > 1 else None,
    }
