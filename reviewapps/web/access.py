"""Who may read what: everybody on this machine; who knows the token; who may read a repository on GitHub."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from reviewapps.grants import SignIn
from reviewapps.model import Secret

COOKIE = "__Host-reviewapps"
"""Browsers take this name only with Secure, for this host and for all of its paths."""

BY_TOKEN = 12 * 3600
BY_GITHUB = 3600
"""Seconds that somebody stays signed in; what they may read on GitHub may change."""

ALL = "*"


@dataclass(frozen=True)
class Visitor:
    """Somebody who may read ``repositories``, by their marks (None: all). ``signed_in``: by a cookie, which can be
    given back."""

    repositories: frozenset[str] | None = None
    signed_in: bool = False

    def may_read(self, repository: str) -> bool:
        return self.repositories is None or mark(repository) in self.repositories


class Access:
    """Asks for the token, or lets people sign in with GitHub, where either is configured: on every address.
    Another token, or another secret of the App, ends everybody's session."""

    def __init__(self, token: Secret | None, sign_in: SignIn | None, instance: str) -> None:
        self._token = token
        self.sign_in = sign_in
        key = f"{token or ''}\n{sign_in.client_secret if sign_in is not None else ''}"
        self._sessions, self._returns = (
            URLSafeTimedSerializer(
                key, salt=f"{instance} {use}", signer_kwargs={"digest_method": hashlib.sha256}
            )
            for use in ("session", "return")
        )

    @property
    def open(self) -> bool:
        """Whether nobody is asked for anything."""
        return self._token is None and self.sign_in is None

    @property
    def by_token(self) -> bool:
        """Whether there is a token to know."""
        return self._token is not None

    def knows(self, token: str) -> bool:
        """Whether that is the token; compared in constant time."""
        return self._token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    def visitor(self, authorization: str, cookie: str) -> Visitor | None:
        """Who sent these two headers' values; None if that is nobody who may read."""
        scheme, _, token = authorization.partition(" ")
        if self.open or (scheme.lower() == "bearer" and self.knows(token.strip())):
            return Visitor()
        return self._holder(cookie)

    def session(self, repositories: Iterable[str] | None = None) -> tuple[str, int]:
        """The cookie of who may read these (None: knew the token), and for how many seconds it holds."""
        if repositories is None:
            return str(self._sessions.dumps(ALL)), BY_TOKEN
        return str(self._sessions.dumps(sorted(map(mark, repositories)))), BY_GITHUB

    def sealed(self, words: list[str]) -> str:
        """These words, so that nobody can change them on their way to GitHub and back."""
        return str(self._returns.dumps(words))

    def unsealed(self, text: str, seconds: int) -> list[str]:
        """The words that were sealed not longer ago than that; none where nobody of us sealed them."""
        words = _read(self._returns, text, seconds)
        return words if isinstance(words, list) else []

    def _holder(self, cookie: str) -> Visitor | None:
        if _read(self._sessions, cookie, BY_TOKEN) == ALL:
            return Visitor(signed_in=True)
        marks = _read(self._sessions, cookie, BY_GITHUB)
        return Visitor(frozenset(marks), signed_in=True) if isinstance(marks, list) else None


def mark(repository: str) -> str:
    """A repository's name in a cookie: some hundred of them fit into one.

    >>> mark("acme/shop") == mark("ACME/shop")
    True
    """
    return hashlib.sha256(repository.lower().encode()).hexdigest()[:12]


def _read(serializer: URLSafeTimedSerializer, text: str, seconds: int) -> Any:
    try:
        return serializer.loads(text, max_age=seconds)
    except BadSignature:
        return None
