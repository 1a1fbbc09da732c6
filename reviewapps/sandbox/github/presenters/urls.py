"""Addresses, from the host that the caller used."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from reviewapps.sandbox.github.state import JSON, PullRequest, Repository


@dataclass(frozen=True)
class Urls:
    """Where things are, for one answer. API, git and pages share one origin here."""

    origin: str
    said: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: object, present: Callable[[], JSON]) -> JSON:
        """What is said of ``key``: presented once for an answer, however often it is in there."""
        if key not in self.said:
            self.said[key] = present()
        found: JSON = self.said[key]
        return found

    def repository(self, repository: Repository, *parts: object) -> str:
        """In the API; further ``parts`` of the path may hold slashes."""
        return "/".join([f"{self.origin}/repos/{repository.full_name}", *map(_quoted, parts)])

    def page(self, repository: Repository, *parts: object) -> str:
        """What a person opens."""
        return "/".join([f"{self.origin}/{repository.full_name}", *map(_quoted, parts)])

    def pull(self, pull: PullRequest, *parts: object) -> str:
        """A pull request in the API."""
        return self.repository(pull.repository, "pulls", pull.number, *parts)

    def pull_page(self, pull: PullRequest) -> str:
        """The page of a pull request."""
        return self.page(pull.repository, "pull", pull.number)

    def issue(self, pull: PullRequest, *parts: object) -> str:
        """A pull request as the issue that it also is."""
        return self.repository(pull.repository, "issues", pull.number, *parts)


def _quoted(part: object) -> str:
    word = str(part)
    return word if word.isascii() and word.isalnum() else quote(word, safe="/")


def node_id(kind: str, identity: object) -> str:
    """An opaque name, as the GraphQL API would use it."""
    return f"{kind}_{base64.urlsafe_b64encode(str(identity).encode()).decode().rstrip('=')}"
