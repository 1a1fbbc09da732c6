"""One token's way to the API: every request goes through here, and every failure gets its name here."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import github
import requests
from urllib3 import Retry

from reviewapps.errors import BadSettings, NotAuthorised, RateLimited, TryLater, Unavailable
from reviewapps.model import Secret
from reviewapps.ports import POINTS, Memory

API_VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
PAUSED = "paused:github"
"""Where all workers remember until when GitHub wants to be left alone."""
UNTOLD_PAUSE = 60.0
"""Seconds to leave GitHub alone where it says that we ask too much, but not for how long."""


class Forbidden(NotAuthorised):
    """A 403: the token is known, and may not do this here."""


class Unfit(TryLater):
    """A 422: what was asked for does not fit what is there."""


@dataclass(frozen=True)
class Answer:
    """What GitHub said: a status that the caller decides on, and the body's JSON (None without a body)."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def missing(self) -> bool:
        return self.status == 404

    @property
    def unchanged(self) -> bool:
        return self.status == 304


class Connection:
    """The API as one token sees it. ``spend`` is called before every request and may raise.

    Who asks on while GitHub wants to be left alone is shut out for longer: until then nothing is sent, by no
    worker that shares ``memory``.

    PyGithub may answer one thread with what another one asked for, so each thread has its own client.
    """

    def __init__(
        self, api_url: str, token: Secret, *, memory: Memory, timeout: float, spend: Callable[[], None]
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self.holder = sha256(f"{self.api_url}\n{token}".encode()).hexdigest()[:16]
        self._token = token
        self._memory = memory
        self._timeout = timeout
        self._spend = spend
        self._local = threading.local()

    @property
    def graphql(self) -> str:
        """Where GraphQL is asked; on a GitHub Enterprise Server that is beside the API and not in it."""
        return f"{self.api_url.removesuffix('/v3')}/graphql"

    def read(self, path: str, etag: str = "") -> Answer:
        """The answer to a GET: 200, 404, or (if ``etag`` is given) 304. Anything else raises."""
        return self._answer("GET", path, {"If-None-Match": etag} if etag else {})

    def write(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a request that changes something: 2xx or 404. Anything else raises.

        It is sent once: whether a lost answer meant a change is for the caller to look up.
        """
        return self._answer(verb, path, {}, body)

    def _answer(
        self, verb: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Answer:
        self._check_address(path)
        what = f"GitHub: {verb} {urlsplit(path).path}"
        self._check_pause(what)
        self._spend()
        try:
            status, answered, text = self._client.requester.requestJson(
                verb, path, headers={"Accept": ACCEPT, **headers}, input=body
            )
        except requests.RequestException as broken:
            raise Unavailable(f"{what} got no answer: {type(broken).__name__}") from broken
        except RuntimeError as redirected:
            raise BadSettings(f"{what} leads to another server: {redirected}") from redirected
        if verb == "GET" and status != 304:  # a 304 is free
            self._remember_points(answered)
        if status >= 300 and status not in (304, 404):
            refusal = _refusal(what, status, answered, text)
            if isinstance(refusal, RateLimited):
                self._memory.write(PAUSED, time.time() + refusal.after, refusal.after)
            raise refusal
        return Answer(status, answered, _parsed(what, text))

    def _check_pause(self, what: str) -> None:
        left = (self._memory.read(PAUSED) or 0.0) - time.time()
        if left > 0:
            raise RateLimited(f"{what} waits, since GitHub asked us to slow down", after=left)

    def _remember_points(self, headers: Mapping[str, str]) -> None:
        told = [headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit")]
        if all(number.isdecimal() for number in told):
            self._memory.write(POINTS, [int(number) for number in told], 3600.0)

    @property
    def _client(self) -> github.Github:
        client: github.Github | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._new_client()
        return client

    def _new_client(self) -> github.Github:
        retry = Retry(
            total=1,
            allowed_methods={"GET"},
            status_forcelist={500, 502, 503, 504},
            backoff_factor=0.2,
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        try:
            return github.Github(
                base_url=self.api_url,
                auth=github.Auth.Token(self._token),
                timeout=math.ceil(self._timeout),
                retry=retry,
                seconds_between_requests=0,
                seconds_between_writes=0,
                api_version=API_VERSION,
                user_agent="reviewapps",
                lazy=True,
            )
        except AssertionError as unfit:
            raise BadSettings(f"GitHub: {self.api_url} is not the address of an API: {unfit}") from unfit

    def _check_address(self, path: str) -> None:
        if path != self.graphql and not path.startswith(("/", self.api_url + "/")):
            theirs = "{0.scheme}://{0.netloc}".format(urlsplit(path))
            raise BadSettings(f"GitHub at {self.api_url} says that its address is {theirs}")


def _parsed(what: str, text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError as broken:
        raise Unavailable(f"{what} was answered with broken JSON") from broken


def _refusal(what: str, status: int, headers: Mapping[str, str], text: str) -> Exception:
    """The error that a status of 300 or more means."""
    reason = f"{what} answered {status}: {_message(text)}"
    if status == 401:
        return NotAuthorised(reason)
    if status == 429 or (status == 403 and _speaks_of_limits(headers, text)):
        return RateLimited(reason, after=_pause(headers))
    if status == 403:
        return Forbidden(reason)
    if status == 422:
        return Unfit(reason, after=UNTOLD_PAUSE)
    if status >= 500:
        return Unavailable(reason)
    return TryLater(reason, after=UNTOLD_PAUSE)


def _message(text: str) -> str:
    try:
        said = json.loads(text)
    except ValueError:
        return text[:200] or "nothing"
    message = said.get("message", "") if isinstance(said, dict) else ""
    errors = said.get("errors") if isinstance(said, dict) else None
    return f"{message} {json.dumps(errors)}"[:300] if errors else str(message)[:300]


def _speaks_of_limits(headers: Mapping[str, str], text: str) -> bool:
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    return exhausted or "retry-after" in headers or "rate limit" in text.lower()


def _pause(headers: Mapping[str, str]) -> float:
    """Seconds to wait: as told, else until the limit starts anew, by GitHub's own clock."""
    told = headers.get("retry-after", "")
    if told.isdecimal():
        return max(1.0, float(told))
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - (their_time(headers) or time.time()))
    return UNTOLD_PAUSE


def their_time(headers: Mapping[str, str]) -> float | None:
    """GitHub's clock, seconds since 1970; None where it does not tell."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
