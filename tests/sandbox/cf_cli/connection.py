"""How the client talks: headers, tokens, pages and jobs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote_plus, urlencode

import requests

from tests.sandbox.cf_cli.go import Struct
from tests.sandbox.cf_cli.refusals import CommandFailed, error_of, refused
from tests.sandbox.cf_cli.structs import (
    Included,
    Job,
    Nothing,
    Page,
    Root,
    Tokens,
)

S = TypeVar("S", bound=Struct)
R = TypeVar("R", bound=Struct)

USER_AGENT = "cf/8.9.1+c2a1a04.2025-02-14 (go1.23.6; amd64 linux)"
MARGIN = 60
"""Seconds before its end at which a token is refreshed."""


@dataclass
class Place:
    """What is targeted."""

    guid: str = ""
    name: str = ""


@dataclass
class Cf:
    """One installation of the client: what ``~/.cf/config.json`` holds, and a connection.

    ``interval`` is how long it waits between two looks at a job, a build or instances: the real one 3 s.
    """

    interval: float = 0.02
    root: Root = field(default_factory=Root)
    access_token: str = ""
    refresh_token: str = ""
    client: tuple[str, str] = ("", "")
    organization: Place = field(default_factory=Place)
    space: Place = field(default_factory=Place)
    warnings: list[str] = field(default_factory=list)
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def api(self) -> str:
        return self.root.link("self").href

    def url(self, path: str, query: dict[str, Any] | None = None) -> str:
        """Query values are joined by commas, keys sorted, as Go's url.Values are."""
        words = {
            key: ",".join(v) if isinstance(v, list | tuple) else str(v) for key, v in (query or {}).items()
        }
        text = urlencode(sorted(words.items()))
        return f"{self.api}{path}" + (f"?{text}" if text else "")

    def send(
        self, method: str, url: str, data: bytes | Iterable[bytes] | None = None, content_type: str = ""
    ) -> requests.Response:
        """One answer of the Cloud Controller, or what the client takes its refusal for."""
        self.refresh_if_near_its_end()
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Authorization": f"bearer {self.access_token}",
        }
        if content_type:
            headers["Content-Type"] = content_type
        answer = self._tried(method, url, data, headers)
        if told := answer.headers.get("X-Cf-Warnings"):
            self.warnings += [unquote_plus(one.strip()) for one in told.split(",")]
        if answer.status_code >= 300:
            raise refused(answer)
        return answer

    def _tried(self, method: str, url: str, data: Any, headers: dict[str, str]) -> requests.Response:
        """What is no POST is asked up to three times if the platform fails."""
        for left in (2, 1, 0):
            answer = self.http.request(method, url, data=data, headers=headers, timeout=20)
            if answer.status_code < 500 or method == "POST" or not left:
                break
        return answer

    def get(self, kind: type[S], path: str, query: dict[str, Any] | None = None) -> S:
        return decoded(kind, self.send("GET", self.url(path, query)))

    def ask(self, kind: type[S], method: str, path: str, said: Any = None) -> S:
        """The answer of a request with a JSON body."""
        data = json.dumps(said, separators=(",", ":")).encode() if said is not None else None
        return decoded(kind, self.send(method, self.url(path), data, "application/json" if data else ""))

    def job(self, method: str, path: str, said: Any = None) -> str:
        """The address of the job that a request began; empty where all is done already."""
        data = json.dumps(said, separators=(",", ":")).encode() if said is not None else None
        answer = self.send(method, self.url(path), data, "application/json" if data else "")
        return str(answer.headers.get("Location", ""))

    def rows(self, kind: type[R], path: str, query: dict[str, Any] | None = None) -> list[R]:
        return [row for row, _ in self.pages(kind, path, query)]

    def with_included(
        self, kind: type[R], path: str, query: dict[str, Any]
    ) -> tuple[list[R], list[Included]]:
        rows, included = [], []
        url = self.url(path, query)
        while url:
            page = decoded(Page, self.send("GET", url))
            rows += [kind.model_validate_json(json.dumps(row)) for row in page.resources]
            included.append(page.included)
            url = page.pagination.next.href
        return rows, included

    def pages(self, kind: type[R], path: str, query: dict[str, Any] | None) -> Iterator[tuple[R, Included]]:
        """Every row of every page, as the pages link to each other."""
        url = self.url(path, query)
        while url:
            page = decoded(Page, self.send("GET", url))
            for row in page.resources:
                yield kind.model_validate_json(json.dumps(row)), page.included
            url = page.pagination.next.href

    def first(self, kind: type[R], path: str, query: dict[str, Any], missing: str) -> R:
        """The one row that fits; the client ends with ``missing`` where there is none."""
        found = self.rows(kind, path, {**query, "per_page": 1, "page": 1})
        if not found:
            raise CommandFailed("NotFound", missing)
        return found[0]

    def finish(self, job_url: str, *, enough: str = "COMPLETE", seconds: float = 30) -> None:
        """Wait for a job, or only until it polls a broker; what it failed of ends the command."""
        deadline = time.monotonic() + seconds
        while job_url:
            job = decoded(Job, self.send("GET", job_url))
            self.warnings += [one.detail for one in job.warnings]
            if job.state == "FAILED":
                raise error_of(422, job.errors)
            if job.state in ("COMPLETE", enough):
                return
            assert job.state in ("PROCESSING", "POLLING"), job.state
            assert time.monotonic() < deadline, f"the job is still {job.state}"
            time.sleep(self.interval)

    def refresh_if_near_its_end(self) -> None:
        if self.access_token and claims(self.access_token)["exp"] - time.time() < MARGIN:
            self.refresh()

    def refresh(self) -> None:
        name, secret = self.client
        if name:
            said = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
            self.accept(self.token(said, basic=False))
        else:
            self.accept(self.token({"grant_type": "refresh_token", "refresh_token": self.refresh_token}))

    def token(self, said: dict[str, str], *, basic: bool = True) -> Tokens:
        """What UAA grants."""
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(b"cf:").decode()
        url = self.root.link("login").href + "/oauth/token"
        answer = self.http.post(url, data=said, headers=headers, timeout=30)
        if answer.status_code >= 400:
            error = answer.json()
            raise CommandFailed(error["error"], error["error_description"])
        return decoded(Tokens, answer)

    def accept(self, tokens: Tokens) -> None:
        self.access_token, self.refresh_token = tokens.access_token, tokens.refresh_token


def decoded(kind: type[S], answer: requests.Response) -> S:
    if kind is Nothing:
        return kind()
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8", answer.headers["Content-Type"]
    return kind.model_validate_json(answer.content)


def claims(token: str) -> dict[str, Any]:
    """What is in a token, which the client reads without a look at its signature."""
    head, body, _ = token.split(".")
    json.loads(_unpadded(head))
    return dict(json.loads(_unpadded(body)))


def _unpadded(text: str) -> bytes:
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def batches(guids: Iterable[str]) -> Iterator[list[str]]:
    """The client asks for 200 guids at a time, so that no query gets too long; for none it does not ask."""
    unique = list(dict.fromkeys(guids))
    for at in range(0, len(unique), 200):
        yield unique[at : at + 200]
