"""One token's way to the API: every request goes through here, and every failure gets its name here."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import github
import requests
from urllib3 import Retry

from reviewapps.errors import BadSettings, RateLimited, TimedOut, Unavailable, unanswered
from reviewapps.github.credentials import Credentials
from reviewapps.github.refusals import is_dead, refusal_of
from reviewapps.model import Secret
from reviewapps.ports import POINTS, Memory

API_VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
PAUSED = "paused:github"
"""Where all workers remember until when GitHub wants to be left alone."""


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


class _Bearer(github.Auth.Auth):
    """Whatever token is to be sent next."""

    def __init__(self) -> None:
        self.current = Secret("")

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self.current


class Connection:
    """The API as one account sees it. ``spend`` is called before every request and may raise.

    Who asks on while GitHub wants to be left alone is shut out for longer: until then nothing is sent, by no
    worker that shares ``memory``.

    PyGithub may answer one thread with what another one asked for, so each thread has its own client.
    """

    def __init__(
        self,
        api_url: str,
        credentials: Credentials,
        *,
        memory: Memory,
        timeout: float,
        spend: Callable[[], None],
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self.holder = sha256(f"{self.api_url}\n{credentials.holder}".encode()).hexdigest()[:16]
        self.credentials = credentials
        self._memory = memory
        self.timeout = timeout
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
        token = self.credentials.token()
        status, answered, text = self._sent(what, token, verb, path, headers, body)
        if is_dead(status, text) and self.credentials.renewed(token):
            status, answered, text = self._sent(what, self.credentials.token(), verb, path, headers, body)
        if verb == "GET" and status != 304:  # a 304 is free
            self._remember_points(answered)
        if status >= 300 and status not in (304, 404):
            refusal = refusal_of(what, status, answered, text)
            if isinstance(refusal, RateLimited):
                self._memory.write(PAUSED, time.time() + refusal.after, refusal.after)
            raise refusal
        return Answer(status, answered, _parsed(what, text))

    def _sent(
        self,
        what: str,
        token: Secret,
        verb: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
    ) -> tuple[int, Mapping[str, str], str]:
        self._check_pause(what)
        self._spend()
        client, bearer = self._client
        bearer.current = token
        try:
            sent = client.requester.requestJson(verb, path, headers={"Accept": ACCEPT, **headers}, input=body)
            status, answered, text = sent
        except requests.Timeout as late:
            raise TimedOut(f"{what} got no answer: {unanswered(late)}") from late
        except requests.RequestException as broken:
            raise Unavailable(f"{what} got no answer: {unanswered(broken)}") from broken
        except RuntimeError as redirected:
            raise BadSettings(f"{what} leads to another server: {redirected}") from redirected
        return status, answered, text

    def _check_pause(self, what: str) -> None:
        left = (self._memory.read(PAUSED) or 0.0) - time.time()
        if left > 0:
            raise RateLimited(f"{what} waits, since GitHub asked us to slow down", after=left)

    def _remember_points(self, headers: Mapping[str, str]) -> None:
        told = [headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit")]
        if all(number.isdecimal() for number in told):
            self._memory.write(POINTS, [int(number) for number in told], 3600.0)

    @property
    def _client(self) -> tuple[github.Github, _Bearer]:
        client: tuple[github.Github, _Bearer] | None = getattr(self._local, "client", None)
        if client is None:
            bearer = _Bearer()
            client = self._local.client = self._new_client(bearer), bearer
        return client

    def _new_client(self, bearer: _Bearer) -> github.Github:
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
                auth=bearer,
                timeout=math.ceil(self.timeout),
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
