"""Who may read what: everybody on this machine, or who knows the token."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

from reviewapps.model import Secret

COOKIE = "__Host-reviewapps"
"""Browsers take this name only with Secure, for this host and for all of its paths."""

SIGNED_IN_FOR = 12 * 3600
"""Seconds."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who may read. ``signed_in``: by a cookie, which can be given back."""

    signed_in: bool = False


class Access:
    """Asks for the token where there is one, on every address. A new token ends everybody's session."""

    def __init__(self, token: Secret | None, instance: str) -> None:
        self._token = token
        self._sessions = URLSafeTimedSerializer(
            token or "", salt=f"{instance} session", signer_kwargs={"digest_method": hashlib.sha256}
        )

    @property
    def open(self) -> bool:
        """Whether nobody is asked for anything."""
        return self._token is None

    def knows(self, token: str) -> bool:
        """Whether that is the token; compared in constant time."""
        return self._token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    def visitor(self, authorization: str, cookie: str) -> Visitor | None:
        """Who sent these two headers' values; None if that is nobody who may read."""
        scheme, _, token = authorization.partition(" ")
        if self.open or (scheme.lower() == "bearer" and self.knows(token.strip())):
            return Visitor()
        return Visitor(signed_in=True) if self._holds(cookie) else None

    def session(self) -> str:
        """The cookie of who knew the token."""
        return str(self._sessions.dumps("reader"))

    def _holds(self, cookie: str) -> bool:
        try:
            return bool(self._sessions.loads(cookie, max_age=SIGNED_IN_FOR) == "reader")
        except BadSignature:
            return False
