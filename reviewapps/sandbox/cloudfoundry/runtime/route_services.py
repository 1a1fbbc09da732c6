"""Route services: who is asked before the app, and how a request that comes back is known again.

The router forwards the request to the route service with three headers. The route service passes them on to
``X-CF-Forwarded-Url``, which leads here again; the signature says that we have sent it ourselves, lately, and
for which URL.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from multidict import CIMultiDict, CIMultiDictProxy

FORWARDED_URL = "X-CF-Forwarded-Url"
SIGNATURE = "X-CF-Proxy-Signature"
METADATA = "X-CF-Proxy-Metadata"
HEADERS = (FORWARDED_URL, SIGNATURE, METADATA)


@dataclass
class Unsigned(Exception):
    """The signature is not ours, or not any more: status and reason, as Gorouter has them."""

    status: int
    reason: str


class Signatures:
    """Signs and knows again. What is signed can be read; what matters is that nobody else can make it."""

    def __init__(
        self, seconds: Callable[[], float] = lambda: 60, now: Callable[[], float] = time.time
    ) -> None:
        """``seconds`` says how long a signature is good for, ``now`` what time it is."""
        self._seconds = seconds
        self._now = now
        self._key = secrets.token_bytes(32)

    def sign(self, headers: CIMultiDict[str], url: str) -> None:
        """Put the three headers for a request to ``url`` into ``headers``."""
        nonce = secrets.token_hex(12)
        said = json.dumps({"forwarded_url": url, "requested_time": self._now()}).encode()
        headers[FORWARDED_URL] = url
        headers[SIGNATURE] = f"{_encoded(said)}.{_encoded(self._digest(said, nonce))}"
        headers[METADATA] = _encoded(json.dumps({"nonce": nonce}).encode())

    def signed_url(self, headers: CIMultiDictProxy[str]) -> str:
        """The URL that the headers were signed for. Raises Unsigned."""
        if METADATA not in headers:
            raise Unsigned(502, "No metadata found")
        try:
            said, digest = (_decoded(part) for part in headers[SIGNATURE].split("."))
            nonce = str(json.loads(_decoded(headers[METADATA]))["nonce"])
            expected = self._digest(said, nonce)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Unsigned(502, "illegal base64 data") from None
        if not hmac.compare_digest(digest, expected):
            raise Unsigned(502, "message authentication failed")
        signed = json.loads(said)
        if self._now() - signed["requested_time"] > self._seconds():
            raise Unsigned(504, "route service request expired")
        return str(signed["forwarded_url"])

    def _digest(self, said: bytes, nonce: str) -> bytes:
        return hmac.digest(self._key, nonce.encode() + b"." + said, hashlib.sha256)


def place(url: str) -> tuple[str, str]:
    """The host, without a port, and the path of ``url``."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.path or "/"


def _encoded(said: bytes) -> str:
    return base64.urlsafe_b64encode(said).decode()


def _decoded(word: str) -> bytes:
    return base64.b64decode(word, altchars=b"-_", validate=True)
