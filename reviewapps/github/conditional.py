"""Asking only for what changed: a 304 costs nothing of GitHub's hourly limit.

PyGithub's lists take a 304 for an empty list, as if everything were gone; here it is what was known before,
or an error where nothing was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from reviewapps.errors import NotAuthorised, Unavailable
from reviewapps.github.connection import Answer, Connection
from reviewapps.github.parse import understood

T = TypeVar("T")
TRIES = 3
PER_PAGE = 100


class Missing(NotAuthorised):
    """A 404: it is not there, or the token may not know that it is."""


@dataclass(frozen=True)
class Kept(Generic[T]):
    """What GitHub answered, and the ETag that asks whether it still says so. ``next`` is the page after."""

    path: str
    etag: str
    value: T
    next: str | None = None


def kept(
    connection: Connection, path: str, parse: Callable[[Any], T], known: Kept[T] | None = None
) -> Kept[T]:
    """The answer to a GET of ``path``: ``known`` itself where it did not change; Missing for a 404."""
    known = known if known is not None and known.path == path else None
    answer = connection.read(path, etag=known.etag if known else "")
    if answer.unchanged:
        if known is None:
            raise Unavailable(f"GitHub: {path} is unchanged, it says, but we never read it")
        return known
    if answer.missing:
        raise Missing(f"GitHub: {path} does not exist, or the token may not see it")
    etag = answer.headers.get("etag", "")
    return Kept(path, etag, understood(parse, answer.body, path), _next(answer))


def listing(
    connection: Connection,
    path: str,
    parse: Callable[[Any], tuple[T, ...]],
    name: Callable[[T], object],
    known: Sequence[Kept[tuple[T, ...]]] = (),
) -> tuple[Kept[tuple[T, ...]], ...]:
    """All pages of a listing whose items are told apart by ``name``.

    An item that goes away while we read moves the later ones up by one, over the edge of a page that was
    read already. So several pages count only when the same items were seen twice.
    """
    for _ in range(TRIES):
        pages = _walk(connection, path, parse, known)
        if len(pages) == 1 or _names(pages, name) == _names(known, name):
            return pages
        known = pages
    raise Unavailable(f"GitHub: {path} changes faster than it can be read")


def everything(connection: Connection, path: str, parse: Callable[[Any], tuple[T, ...]]) -> tuple[T, ...]:
    """The items of all pages, read once and not conditionally: for what is small and seldom asked."""
    return tuple(item for page in _walk(connection, path, parse, ()) for item in page.value)


def _walk(
    connection: Connection,
    path: str,
    parse: Callable[[Any], tuple[T, ...]],
    known: Sequence[Kept[tuple[T, ...]]],
) -> tuple[Kept[tuple[T, ...]], ...]:
    by_path = {page.path: page for page in known}
    pages = [kept(connection, path, parse, by_path.get(path))]
    while following := pages[-1].next or _unlinked(pages[-1]):
        page = kept(connection, following, parse, by_path.get(following))
        if not page.value:
            if pages[-1].next:
                raise Unavailable(f"GitHub: {following} was promised, and is empty")
            break
        pages.append(page)
    return tuple(pages)


def _unlinked(page: Kept[tuple[T, ...]]) -> str | None:
    """Where the next page would be after a full one without a link, which a proxy may have lost."""
    if len(page.value) < PER_PAGE:
        return None
    number = int(parse_qs(urlsplit(page.path).query).get("page", ["1"])[0])
    stem = re.sub(r"&page=\d+", "", page.path)
    return f"{stem}&page={number + 1}"


def _names(pages: Sequence[Kept[tuple[T, ...]]], name: Callable[[T], object]) -> list[object]:
    return [name(item) for page in pages for item in page.value]


def _next(answer: Answer) -> str | None:
    found = re.search(r'<([^>]+)>;\s*rel="next"', answer.headers.get("link", ""))
    return found[1] if found else None
