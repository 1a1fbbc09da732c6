"""What a status of 300 or more means, and who must act next."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from reviewapps.errors import NotAuthorised, RateLimited, TryLater, Unavailable

UNTOLD_PAUSE = 60.0
"""Seconds to leave GitHub alone where it says that we ask too much, but not for how long."""


class Forbidden(NotAuthorised):
    """A 403: the token is known, and may not do this here."""


class Unfit(TryLater):
    """A 422: what was asked for does not fit what is there."""


def refusal_of(what: str, status: int, headers: Mapping[str, str], text: str) -> Exception:
    """The error that a status of 300 or more means."""
    reason = f"{what} answered {status}: {_message(text)}"
    if status == 401:
        return NotAuthorised(reason)
    if status == 429 or (status == 403 and _speaks_of_limits(headers, text)):
        return RateLimited(reason, after=_pause(headers))
    if status == 403:
        return Forbidden(reason)
    if status == 422:
        return Unfit(reason, after=UNTOLD_PAUSE)
    if status >= 500:
        return Unavailable(reason)
    return TryLater(reason, after=UNTOLD_PAUSE)


def is_dead(status: int, text: str) -> bool:
    """Whether the token opens nothing any more: it ended, was taken back, or its App sleeps."""
    return status == 401 or (status == 403 and "suspended" in text)


def _message(text: str) -> str:
    try:
        said = json.loads(text)
    except ValueError:
        return text[:200] or "nothing"
    message = said.get("message", "") if isinstance(said, dict) else ""
    errors = said.get("errors") if isinstance(said, dict) else None
    return f"{message} {json.dumps(errors)}"[:300] if errors else str(message)[:300]


def _speaks_of_limits(headers: Mapping[str, str], text: str) -> bool:
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    return exhausted or "retry-after" in headers or "rate limit" in text.lower()


def _pause(headers: Mapping[str, str]) -> float:
    """Seconds to wait: as told, else until the limit starts anew, by GitHub's own clock."""
    told = headers.get("retry-after", "")
    if told.isdecimal():
        return max(1.0, float(told))
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - (their_time(headers) or time.time()))
    return UNTOLD_PAUSE


def their_time(headers: Mapping[str, str]) -> float | None:
    """GitHub's clock, seconds since 1970; None where it does not tell."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
