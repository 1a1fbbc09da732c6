"""Logging in, and not trying again what was rejected: three bad passwords lock an account."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import requests
from oauth2_client.credentials_manager import OAuthError

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.connection import Connection
from reviewapps.cloudfoundry.pause import noting_pause
from reviewapps.errors import NotAuthorised, Unavailable, unanswered
from reviewapps.ports import Memory

REMEMBERED = 3600.0
"""Seconds for which rejected credentials are not tried again."""

_rejections: dict[str, dict[str, tuple[float, str]]] = {}
"""By account and digest of its credentials: until when they are not tried, and why they were rejected."""


def logged_in(access: Access, timeout: float, memory: Memory, spend: Callable[[], None]) -> Connection:
    """A connection with a token.

    Raises NotAuthorised where these very credentials were rejected, now or within the last hour, by
    whichever worker tried them; in the same words each time, so that it can be told once. New credentials are
    tried at once.
    """
    rejected = _rejection(access, memory)
    if rejected is not None:
        raise NotAuthorised(_sentence(access, rejected))
    try:
        spend()
        with noting_pause(memory):
            connection = Connection(access, timeout)
        spend()
        with noting_pause(memory):
            connection.log_in()
    except OAuthError as refused:
        reason = str(refused.error_description)
        _remember(access, reason, memory)
        raise NotAuthorised(_sentence(access, reason)) from None
    except (requests.RequestException, KeyError, TypeError) as broken:
        raise Unavailable(f"{access.api} did not log us in: {unanswered(broken)}") from broken
    return connection


def _sentence(access: Access, reason: str) -> str:
    return f"{access.api} rejected the {access.account}: {reason}; not tried again for an hour"


def _rejection(access: Access, memory: Memory) -> str | None:
    """Why these credentials were rejected within the last hour; None where they may be tried."""
    now, ours = time.monotonic(), _rejections.get(_account(access), {})
    known = {digest: reason for digest, (until, reason) in ours.items() if until > now}
    match memory.read(_name(access)):
        case [str(digest), str(reason)]:
            known[digest] = reason
    return known.get(_digest(access)) if known else None


def _remember(access: Access, reason: str, memory: Memory) -> None:
    digest = _digest(access)
    _rejections.setdefault(_account(access), {})[digest] = (time.monotonic() + REMEMBERED, reason)
    memory.write(_name(access), [digest, reason], REMEMBERED)


def _name(access: Access) -> str:
    return f"rejected-credentials/{_account(access)}"


def _account(access: Access) -> str:
    return f"{access.api} {access.user} {access.client_id}"


def _digest(access: Access) -> str:
    """The same for the same credentials, slow to guess from, since it lies in Redis; so it is only made up where
    some of the account were rejected."""
    known = _account(access).encode()
    secret = f"{access.password or ''} {access.client_secret or ''}".encode()
    return hashlib.pbkdf2_hmac("sha256", secret, known, 50_000).hex()[:40]
