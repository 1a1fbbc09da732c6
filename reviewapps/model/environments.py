"""What runs where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

FORMAT = "1"
"""The version of our labels, markers and payloads. What bears another one is not ours to touch."""


Entrance = Literal["password", "unlisted", "public"]
"""Who may open an environment's address: whoever has the team's password; everybody, but no robot (both by the
gate before it); or everybody."""

ADOPTED = "adopted"
"""Stands where a commit does, for what somebody else deployed to an app that was taken over since."""


class Secret(str):
    """A string that does not show itself when printed by ``repr``, in a log or in a trace."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "•••"


@lru_cache(8192)
def _number(name: str) -> int | None:
    """The pull request that a name tells; a verdict on one environment asks that of each, several times."""
    found = re.fullmatch(r"pr-([1-9][0-9]*)", name)
    return int(found[1]) if found is not None else None


@dataclass(frozen=True, order=True)
class Environment:
    """One running copy of a repository's app or apps, known by the repository's id, which outlives renames.

    >>> Environment(123, "pr-12").number
    12
    >>> Environment.at("123/dev").shared
    True
    """

    repository: int
    name: str

    @classmethod
    def at(cls, key: str) -> Environment:
        """The environment that ``key`` names."""
        repository, _, name = key.partition("/")
        return cls(int(repository), name)

    @classmethod
    def of_pull_request(cls, repository: int, number: int) -> Environment:
        return cls(repository, f"pr-{number}")

    @property
    def key(self) -> str:
        """Its name in messages, leases and the due set."""
        return f"{self.repository}/{self.name}"

    @property
    def number(self) -> int | None:
        """The pull request that it follows; None where it follows something else. ``pr-012`` is none: two
        names for one pull request would be two environments.

        >>> Environment(123, "pr-012").number, Environment(123, "pr-0").number
        (None, None)
        """
        return _number(self.name)

    @property
    def kind(self) -> str:
        """What the operator grants and the rules name: ``review`` for pull requests, else its own name."""
        return self.name if self.number is None else "review"

    @property
    def shared(self) -> bool:
        """Whether more than one pull request depends on it, so that it is never deleted."""
        return self.number is None
