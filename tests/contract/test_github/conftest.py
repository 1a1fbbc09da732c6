"""Our client of GitHub, and a GitHub on this machine for it to talk to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reviewapps.github import RepositoryClient
from reviewapps.github.credentials import Token
from reviewapps.model import Secret
from reviewapps.sandbox.faults import Fault
from reviewapps.sandbox.observed import Call
from tests.sandbox.github.conftest import Checkout, Hub, hub, loop, shop, template

__all__ = ["hub", "loop", "shop", "template"]


class Forgetful:
    """A memory that holds what JSON can hold, until it is told to forget."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def read(self, name: str) -> Any | None:
        """The value of that name."""
        return json.loads(self.values[name]) if name in self.values else None

    def write(self, name: str, value: Any, seconds: float) -> None:
        """Keep the value; nobody waits for it to expire."""
        assert seconds > 0
        self.values[name] = json.dumps(value)

    def forget(self) -> None:
        """As after FLUSHALL."""
        self.values.clear()


@dataclass
class Office:
    """A repository, people who work in it, and clients that watch it."""

    hub: Hub
    shop: Checkout
    mirrors: Path
    memory: Forgetful = field(default_factory=Forgetful)
    said: list[str] = field(default_factory=list)

    def client(self, token: str = "hubot-token", **options: Any) -> RepositoryClient:
        """A worker's client; several share what is remembered."""
        wanted: dict[str, Any] = {
            "api_url": self.hub.url,
            "credentials": Token(Secret(token)),
            "instance": "acme",
            "memory": self.memory,
            "mirrors": self.mirrors,
            "timeout": 5.0,
            "spend": lambda: None,
            "say": lambda action, **_: self.said.append(action),
        }
        return RepositoryClient(options.pop("name", "octocat/shop"), **(wanted | options))

    @property
    def repository(self) -> int:
        """The repository's id."""
        return int(self.hub.request("GET", "/repos/octocat/shop").json()["id"])

    def open(
        self, branch: str = "feature", repository: str = "octocat/shop", token: str = "octocat-token"
    ) -> int:
        """The number of a new pull request."""
        wanted = {"title": branch, "head": branch, "base": "main"}
        opened = self.hub.request("POST", f"/repos/{repository}/pulls", token=token, json=wanted)
        assert opened.status_code == 201, opened.text
        return int(opened.json()["number"])

    def close(self, number: int) -> None:
        """Close a pull request."""
        path = f"/repos/octocat/shop/pulls/{number}"
        assert self.hub.request("PATCH", path, json={"state": "closed"}).status_code == 200

    def commented(self, number: int, text: str, token: str = "hubot-token") -> int:
        """The id of a comment that somebody writes by hand."""
        path = f"/repos/octocat/shop/issues/{number}/comments"
        return int(self.hub.request("POST", path, token=token, json={"body": text}).json()["id"])

    def comments(self, number: int) -> list[str]:
        """The texts of a pull request's comments."""
        found = self.hub.request("GET", f"/repos/octocat/shop/issues/{number}/comments").json()
        return [comment["body"] for comment in found]

    def fail(self, path: str, **how: Any) -> None:
        """Let a call go wrong."""
        self.hub.server.observed.plan(Fault(path=path, **how))

    def new_calls(self) -> list[Call]:
        """The calls since this was asked last."""
        calls = list(self.hub.server.observed.calls)
        self.hub.server.observed.calls.clear()
        return calls


@pytest.fixture
def office(hub: Hub, shop: Checkout, tmp_path: Path) -> Office:
    """`octocat/shop` with the branches main and `feature`, watched by hubot."""
    return Office(hub, shop, tmp_path / "mirrors")
