"""Logging in, and not trying again what was rejected: three bad passwords lock an account."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import requests
from oauth2_client.credentials_manager import OAuthError

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.connection import Connection
from reviewapps.errors import NotAuthorised, Unavailable
from reviewapps.ports import Memory

REMEMBERED = 3600.0
"""Seconds for which rejected credentials are not tried again."""

_rejected_until: dict[str, float] = {}


def logged_in(access: Access, timeout: float, memory: Memory, spend: Callable[[], None]) -> Connection:
    """A connection with a token.

    Raises NotAuthorised where these very credentials were rejected, now or within the last hour, by
    whichever worker tried them. New credentials are tried at once.
    """
    digest = _digest(access)
    if _was_rejected(digest, memory):
        raise NotAuthorised(f"{access.api} rejected the {access.account}: not tried again for an hour")
    try:
        spend()
        connection = Connection(access, timeout)
        spend()
        connection.log_in()
    except OAuthError as refused:
        _remember(digest, memory)
        raise NotAuthorised(
            f"{access.api} rejected the {access.account}: {refused.error_description}"
        ) from None
    except (requests.RequestException, KeyError, TypeError) as broken:
        raise Unavailable(f"{access.api} did not log us in: {type(broken).__name__}") from broken
    return connection


def _was_rejected(digest: str, memory: Memory) -> bool:
    if _rejected_until.get(digest, 0.0) > time.monotonic():
        return True
    return memory.read(_name(digest)) is not None


def _remember(digest: str, memory: Memory) -> None:
    _rejected_until[digest] = time.monotonic() + REMEMBERED
    memory.write(_name(digest), True, REMEMBERED)


def _name(digest: str) -> str:
    return f"rejected-credentials-{digest}"


def _digest(access: Access) -> str:
    """The same for the same credentials, slow to guess from: it lies in Redis."""
    known = f"{access.api} {access.user} {access.client_id}".encode()
    secret = f"{access.password or ''} {access.client_secret or ''}".encode()
    return hashlib.pbkdf2_hmac("sha256", secret, known, 50_000).hex()[:40]
