"""One webhook of GitHub's: is it GitHub that speaks, and of which repository? Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

EVENTS = frozenset({"pull_request", "push", "create", "delete", "repository"})
"""What may change what should exist. Of anything else the clock will tell, if it matters."""

LONGEST_ID = 100
LONGEST_NAME = 140
"""Characters: what goes into Redis has an end. GitHub's owners have 39, its repositories 100."""


class Malformed(ValueError):
    """It is no webhook of GitHub's; the message says why."""


@dataclass(frozen=True)
class Delivery:
    """A webhook that GitHub signed. ``repository`` is ``owner/name`` as the payload says, None without one."""

    event: str
    repository: str | None


def is_signed(body: bytes, signature: bytes, secret: str) -> bool:
    """Whether ``sha256=…`` signs exactly these bytes; compared in constant time.

    >>> is_signed(b"{}", b"sha256=" + hmac.new(b"word", b"{}", "sha256").hexdigest().encode(), "word")
    True
    """
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={right}".encode(), signature)


def delivery(body: bytes, *, id: str, event: str, content_type: str) -> Delivery:
    """What GitHub tells of. Raises Malformed."""
    if not id or len(id) > LONGEST_ID or not id.isascii() or not id.isprintable():
        raise Malformed("X-GitHub-Delivery is missing, or is no id")
    if not event:
        raise Malformed("X-GitHub-Event is missing")
    return Delivery(event, _repository(_payload(body, content_type.partition(";")[0].strip().lower())))


def _payload(body: bytes, content_type: str) -> dict[str, Any]:
    match content_type:
        case "application/json":
            text = body
        case "application/x-www-form-urlencoded":
            text = _field(body)
        case _:
            raise Malformed("Content-Type is neither application/json nor application/x-www-form-urlencoded")
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("the payload is no JSON") from None
    if not isinstance(payload, dict):
        raise Malformed("the payload is no JSON object")
    return payload


def _field(body: bytes) -> bytes:
    try:
        fields = parse_qs(body, strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise Malformed("the body is no form") from None
    if len(fields.get(b"payload", ())) != 1:
        raise Malformed("the form has no payload, or several")
    return fields[b"payload"][0]


def _repository(payload: dict[str, Any]) -> str | None:
    told = payload.get("repository")
    name = told.get("full_name") if isinstance(told, dict) else None
    return name if isinstance(name, str) and len(name) <= LONGEST_NAME else None
