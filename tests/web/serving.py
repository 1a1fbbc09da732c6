"""The web process as the product starts it, but in a thread, on any free port."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import uvicorn
from redis import Redis

from reviewapps.coordination.cache import Cache
from reviewapps.overview import Overview, kept
from reviewapps.settings import Settings, settings
from reviewapps.web import application
from reviewapps.web.bounded import BoundedHeads
from tests.coordination.waiting import until

SECRET = "a word between GitHub and us"
TOKEN = "a token that nobody guesses"

MINIMAL = {
    "INSTANCE": "acme",
    "REPOSITORIES": "acme/shop,acme/Web",
    "GITHUB_TOKEN": "github-word",
    "CF_USER": "deployer",
    "CF_PASSWORD": "cf-word",
    "CF_ORG": "acme",
    "CF_SPACE": "reviews",
    "ACCESS": "public",
    "WEBHOOK_SECRET": SECRET,
}


def told(redis_url: str, **more: str) -> Settings:
    """The settings of an installation that has little more than these."""
    named = MINIMAL | {"REDIS_URL": redis_url} | more
    return settings({f"REVIEWAPPS_{name}": value for name, value in named.items()})


@dataclass(frozen=True)
class Serving:
    """A web process that answers. What the last look saw is put where a worker puts it."""

    url: str
    told: Settings
    redis: Redis

    def ask(self, path: str, verb: str = "GET", **options: Any) -> requests.Response:
        return requests.request(verb, f"{self.url}{path}", timeout=10, allow_redirects=False, **options)

    def show(self, *overviews: Overview) -> None:
        for overview in overviews:
            self.remember(f"{overview.repository}:overview", kept(overview))

    def remember(self, name: str, value: Any) -> None:
        Cache(self.redis, self.told.prefix).write(name, value, 60)

    def deliver(
        self,
        payload: object = None,
        *,
        id: str = "1",
        event: str = "pull_request",
        body: bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
    ) -> requests.Response:
        """What GitHub would send, signed; ``headers`` in place of the usual ones."""
        text = json.dumps(payload).encode() if body is None else body
        usual: dict[str, str | bytes] = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": id,
            "X-Hub-Signature-256": signature(text),
        }
        return self.ask("/webhooks/github", "POST", data=text, headers=usual | dict(headers or {}))


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@contextlib.contextmanager
def serving(told: Settings, http: type[BoundedHeads] = BoundedHeads) -> Iterator[Serving]:
    """The installation's web process, until the block ends."""
    server = uvicorn.Server(
        uvicorn.Config(application(told), port=0, http=http, log_config=None, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), "the server", seconds=15)
        port = server.servers[0].sockets[0].getsockname()[1]
        with Redis.from_url(told.redis_url) as redis:
            yield Serving(f"http://127.0.0.1:{port}", told, redis)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
