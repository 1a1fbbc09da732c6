"""Who may come in: by the team's password, by the cookie that it brings, or by the secret header.

The password itself is not known here, only what PBKDF2 makes of it (``root``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from collections.abc import Callable
from email.message import Message

from .guesses import Guesses

ROUNDS = 100_000
"""Of PBKDF2: about 40 ms for a guess."""

COOKIE = "reviewapps_gate"
HOURS = 12
USER = "preview"
"""The user's name for Basic authentication. Any other is meant for the preview itself."""

BYPASS = "X-Reviewapps-Bypass"


class TooManyGuesses(Exception):
    """Nobody's password is looked at for a while, at least not from this address."""


class Entrance:
    """Every comparison takes the same time, whatever is compared.

    ``asks`` is False where everybody may come in. Cookies are for one host and end after twelve hours.
    """

    def __init__(self, root: bytes, salt: bytes, bypass: str, asks: bool, now: Callable[[], float]) -> None:
        self._root, self._salt, self._bypass, self._now = root, salt, bypass.encode(), now
        self.asks = asks
        self._key = hmac.digest(root, b"cookie", "sha256")
        self._guesses = Guesses(now)
        self._one_at_a_time = threading.Lock()
        self._known = b""

    def has_bypass(self, headers: Message) -> bool:
        """Whether the secret header says so."""
        return hmac.compare_digest((headers.get(BYPASS) or "").encode(), self._bypass)

    def has_cookie(self, headers: Message, host: str) -> bool:
        """Whether one of the cookies was made here, for this host, and is still good."""
        return any(self._is_good(value, host) for name, value in cookies(headers) if name == COOKIE)

    def has_password(self, headers: Message, address: str) -> bool:
        """Whether ``Authorization`` is the team's password. Raises TooManyGuesses."""
        given = basic(headers)
        if given is None or not is_for_us(headers):
            return False
        seen = hmac.digest(self._key, given[1].encode(), "sha256")
        if self._known and hmac.compare_digest(seen, self._known):
            return True
        if not self.is_password(given[1], address):
            return False
        self._known = seen
        return True

    def is_password(self, guess: str, address: str) -> bool:
        """Whether somebody at this address guessed it. Raises TooManyGuesses."""
        with self._one_at_a_time:  # guesses cost time, which is not to be all that there is
            if self._guesses.are_too_many(address):
                raise TooManyGuesses
            made = hashlib.pbkdf2_hmac("sha256", guess.encode(), self._salt, ROUNDS)
            if hmac.compare_digest(made, self._root):
                return True
            self._guesses.note(address)
            return False

    def cookie(self, host: str, secure: bool) -> str:
        """What a browser on this host is given to come in again."""
        until = str(int(self._now()) + HOURS * 3600)
        rights = f"Path=/; Max-Age={HOURS * 3600}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        return f"{COOKIE}={until}.{self._signature(host, until)}; {rights}"

    def _is_good(self, value: str, host: str) -> bool:
        until, _, signature = value.partition(".")
        right = hmac.compare_digest(signature.encode(), self._signature(host, until).encode())
        return right and int(until) > self._now()

    def _signature(self, host: str, until: str) -> str:
        return hmac.new(self._key, f"{host} {until}".encode(), "sha256").hexdigest()


def cookies(headers: Message) -> list[tuple[str, str]]:
    """Names and values of all cookies, in their order."""
    parts = (part.strip() for value in headers.get_all("Cookie", ()) for part in value.split(";"))
    split = (part.partition("=") for part in parts if part)
    return [(name, value) for name, _, value in split]


def is_for_us(headers: Message) -> bool:
    """Whether ``Authorization`` is meant for the gate: then no preview may see it, however somebody came in."""
    given = basic(headers)
    return given is not None and given[0] == USER


def basic(headers: Message) -> tuple[str, str] | None:
    """User and password of Basic authentication; None where there is none."""
    kind, _, word = (headers.get("Authorization") or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(word, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
