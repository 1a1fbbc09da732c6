"""Requests to the Cloud Foundry API, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from oauth2_client.credentials_manager import OAuthError
from tenacity import (
    Retrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.connection import Connection
from reviewapps.cloudfoundry.credentials import logged_in
from reviewapps.cloudfoundry.errors import NotFound, TimedOut, accepted, token_expired
from reviewapps.cloudfoundry.pause import check_pause, noting_pause
from reviewapps.errors import NotAuthorised, Unavailable, unanswered
from reviewapps.ports import Memory

Json = dict[str, Any]

PAGE = 5000
"""The most that Cloud Foundry lists at once."""


class Session:
    """One login, for one thread. ``path`` may be a whole URL; ``to`` is what is asked for, in words.

    ``spend`` is called before every request and may raise RateLimited; ``say`` after every one that changed
    something. Reads are repeated twice when the platform is away for a moment, writes never: a lost answer
    may have been a yes, which the next look finds out.
    """

    def __init__(
        self,
        access: Access,
        *,
        timeout: float,
        memory: Memory,
        spend: Callable[[], None],
        say: Callable[..., None],
    ) -> None:
        self._access = access
        self._timeout = timeout
        self._memory = memory
        self._spend = spend
        self._say = say
        self._connection: Connection | None = None
        self._check: Callable[[], None] = _always

    @contextmanager
    def held(self, check: Callable[[], None]) -> Iterator[None]:
        """As long as this lasts, ``check`` comes right before each request that changes something: a step of
        several requests may be stopped in the middle for longer than it has the right to go on."""
        before, self._check = self._check, check
        try:
            yield
        finally:
            self._check = before

    @property
    def links(self) -> Json:
        """The addresses that the platform names at its root."""
        return self._logged_in().links

    @property
    def claims(self) -> Json:
        """What our token says of us."""
        return self._logged_in().claims

    def read(self, path: str, to: str, **query: str | int) -> Json:
        """The body that GET brings."""
        again = Retrying(
            retry=retry_if_exception_type(Unavailable) & retry_if_not_exception_type(TimedOut),
            stop=stop_after_attempt(3),
            wait=wait_exponential(0.1, max=0.5),
            reraise=True,
        )
        return again(lambda: _body(self._exchange("GET", path, to, params=query), to))

    def read_anew(self, path: str, to: str, **query: str | int) -> Json:
        """The body that GET brings, from a part of the platform that answers 404 where the token has ended.

        So log-cache does, and a 404 may mean either: it is asked once more, by a new login.
        """
        try:
            return self.read(path, to, **query)
        except NotFound:
            self._connection = None
            return self.read(path, to, **query)

    def read_all(self, path: str, to: str, **query: str | int) -> list[Json]:
        """Every resource of a listing; raises Unavailable rather than give back only some."""
        found: dict[str, Json] = {}
        page, more = 1, True
        while more:
            body = self.read(path, to, **query, per_page=PAGE, page=page)
            found |= {resource["guid"]: resource for resource in _resources(body, to)}
            total, more = body["pagination"].get("total_results"), bool(body["pagination"].get("next"))
            page += 1
        if len(found) != total:
            raise Unavailable(f"Cloud Foundry did not {to} as a whole: {len(found)} of {total}")
        return list(found.values())

    def read_newest(self, path: str, to: str, count: int, **query: str | int) -> list[Json]:
        """The newest resources of a listing, newest first."""
        body = self.read(path, to, **query, order_by="-created_at", per_page=count)
        return _resources(body, to)

    def write(self, method: str, path: str, to: str, **request: Any) -> Json:
        """The body that a POST or PATCH brings."""
        body = _body(self._exchange(method, path, to, **request), to)
        self._say(to, method=method, path=path)
        return body

    def ask(self, method: str, path: str, to: str, **request: Any) -> str | None:
        """Ask for what takes longer than an answer: the URL of the job that does it, None where it is done."""
        response = self._exchange(method, path, to, **request)
        self._say(to, method=method, path=path)
        return response.headers.get("Location")

    def act(self, path: str, to: str) -> None:
        """POST what brings no body."""
        self._exchange("POST", path, to)
        self._say(to, method="POST", path=path)

    def create(self, path: str, to: str, body: Json, **query: str) -> Json:
        """What a POST made. Raises Unavailable where the answer does not show it."""
        made = _body(self._exchange("POST", path, to, json=body, params=query), to)
        if "guid" not in made:
            raise Unavailable(f"Cloud Foundry did not {to}: its answer was empty")
        self._say(to, method="POST", path=path, guid=made["guid"])
        return made

    def remove(self, path: str, to: str) -> str | None:
        """Ask for a deletion: the URL of the job that does it, None where it is done."""
        return self.ask("DELETE", path, to)

    def _exchange(self, method: str, path: str, to: str, **request: Any) -> requests.Response:
        check_pause(self._memory, to)
        response = self._try(method, path, to, **request)
        if response is None:  # the token was refused, so nothing was done
            self._connection = None
            response = self._try(method, path, to, **request)
        if response is None:
            raise NotAuthorised(f"Cloud Foundry would not {to}: it refuses the token it just gave")
        with noting_pause(self._memory):
            return accepted(response, to)

    def _try(self, method: str, path: str, to: str, **request: Any) -> requests.Response | None:
        connection = self._logged_in()
        self._spend()
        if method != "GET":
            self._check()
        try:
            with noting_pause(self._memory):  # a token may have to be refreshed for it
                response = connection.answer(method, self._url(path), **request)
        except OAuthError:
            return None
        except requests.Timeout as late:
            raise TimedOut(f"Cloud Foundry did not {to} in time") from late
        except requests.RequestException as broken:
            raise Unavailable(f"Cloud Foundry did not {to}: {unanswered(broken)}") from broken
        return None if token_expired(response) else response

    def _logged_in(self) -> Connection:
        if self._connection is None:
            self._connection = logged_in(self._access, self._timeout, self._memory, self._spend)
        return self._connection

    def _url(self, path: str) -> str:
        return path if "://" in path else self._access.api.rstrip("/") + path


def _always() -> None:
    """Nobody has to be asked."""


def _body(response: requests.Response, to: str) -> Json:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Unavailable(f"Cloud Foundry did not {to}: its answer was empty or cut")
    return body


def _resources(body: Json, to: str) -> list[Json]:
    resources = body.get("resources")
    if not isinstance(resources, list) or not isinstance(body.get("pagination"), dict):
        raise Unavailable(f"Cloud Foundry did not {to}: its answer is not a listing")
    return resources
