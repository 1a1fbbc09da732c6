"""Our signature: on packages, that they hold this source; on droplets, that this installation built that tree, of
that repository, into exactly these bits, which start by exactly these commands.

It says nothing of what is in the tree: whether a commit may go somewhere is for approvals to judge. And that on a
droplet is about bits and not about a place, so that it may be written onto each copy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from reviewapps.model import Secret

VERSION = "1"


class Statement(Protocol):
    """What can be signed."""

    @property
    def message(self) -> bytes:
        """All that it says, so that no two statements read the same."""


@dataclass(frozen=True)
class Contents:
    """What a package holds: we upload the source of ``build_key`` to it, and to no other of this guid."""

    repository: int
    build_key: str
    package: str

    @property
    def message(self) -> bytes:
        """All that it says."""
        return _message("package", str(self.repository), self.build_key, self.package)


@dataclass(frozen=True)
class Provenance:
    """Where a droplet comes from. ``repository`` is GitHub's id, ``build_key`` stands for the tree and all that a
    build of it sees, ``checksum`` is the SHA-256 of the droplet as the platform tells it, ``built_by`` the name
    of the environment that built it, ``commands`` a digest of how its processes start: that is no part of its
    bits, and whoever uploads them to another droplet says it anew."""

    repository: int
    build_key: str
    checksum: str
    built_by: str
    commands: str

    @property
    def message(self) -> bytes:
        """All that it says."""
        bits = (self.checksum, self.commands)
        return _message("droplet", str(self.repository), self.build_key, *bits, self.built_by)


def digest_of(commands: Mapping[str, str]) -> str:
    """A SHA-256 of start commands by the types of their processes, whatever their order.

    >>> digest_of({"web": "serve", "worker": "work"}) == digest_of({"worker": "work", "web": "serve"})
    True
    """
    return hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Ring:
    """The keys of an installation: the first signs, and what any of them signed is ours.

    >>> old, new = Secret("o" * 32), Secret("n" * 32)
    >>> told = Provenance(7, "a" * 40, "b" * 64, "pr-12", digest_of({"web": "serve"}))
    >>> Ring((new, old)).vouches(Ring((old,)).signature(told), told)
    True
    >>> Ring((new,)).vouches(Ring((old,)).signature(told), told)
    False
    """

    keys: tuple[Secret, ...]

    def signature(self, told: Statement) -> str:
        """What to write onto something of which we know this to be true."""
        return _signature(self.keys[0], told)

    def vouches(self, signature: str, told: Statement) -> bool:
        """Whether we said so once. Takes as long for any wrong signature."""
        found = [hmac.compare_digest(_signature(key, told).encode(), signature.encode()) for key in self.keys]
        return any(found)


def _message(*parts: str) -> bytes:
    """Each part with its length before it."""
    return "".join(f"{len(part)}:{part}," for part in ("reviewapps", VERSION, *parts)).encode()


def _signature(key: Secret, told: Statement) -> str:
    return f"{VERSION}.{hmac.new(key.encode(), told.message, hashlib.sha256).hexdigest()}"
