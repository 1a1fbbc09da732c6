"""Answers of Cloud Foundry that are no success, by who must act next."""

from __future__ import annotations

from typing import Any

import requests

from reviewapps.errors import (
    BadManifest,
    Busy,
    Full,
    NameTaken,
    NotAuthorised,
    OperatorMustAct,
    RateLimited,
    ReviewAppsError,
    TryLater,
    Unavailable,
)

CHALLENGE = "x-amzn-waf-action"
"""The header of cloud.gov's firewall when it wants a puzzle solved instead of answering; status 202."""

SLOW_DOWN = 60.0
"""Seconds to stay away where we are told to, and not for how long."""

DEPLOYMENTS_DISABLED = 390014
BITS_ALREADY_UPLOADED = 150004
ALREADY_BOUND = 130008
_INVALID_TOKEN = 1000
_NAME_EXISTS = 10016
_INSTANCE_MEMORY = {100007, 310004}
_QUOTA = {100005, 100008, 310003, 310005, 310006, 310008}
_IN_THE_MIDDLE = {10020, 170017}

# Nearly every refusal has the code 10008, so that the words must tell them apart.
_TAKEN_WORDS = ("already exists", "is taken")
_GONE_WORDS = ("ensure the ", "ensure that the ", "source droplet is not staged")
_AUTHORS_WORDS = (
    "too much disk requested",
    "instance_memory_limit",
    "instance memory limit",
    "start command not specified",
)
_QUOTA_WORDS = ("quota", "limit exceeded", "limit_exceeded")
_IN_THE_MIDDLE_WORDS = ("in flight", "in progress")
_NOT_READY = "state is not ready"


class NotFound(TryLater):
    """It was there when we looked and is not now; the next look shows what is."""


class NoCloudFoundry(Unavailable):
    """Something else answers at the address of the API: for a moment, or because it is the wrong one."""


class TimedOut(Unavailable):
    """No answer for as long as a request may take: asking again at once would take as long again."""


class NoRoom(Full):
    """The quota has no room for it just now, or the platform does not offer it."""


class NotReady(Busy):
    """The source that should be built is still being processed, or could not be."""


class Rejected(OperatorMustAct):
    """The platform will never do this, in its own words. ``codes`` are its error codes."""

    def __init__(self, message: str, codes: frozenset[int]) -> None:
        super().__init__(message)
        self.codes = codes


def token_expired(response: requests.Response) -> bool:
    """Whether the access token was refused as such, so that a new one helps."""
    return response.status_code == 401 and _INVALID_TOKEN in _codes(_body(response))


def accepted(response: requests.Response, to: str) -> requests.Response:
    """The same response, which is a success and not only looks like one; else what it means is raised.

    ``to`` says what was asked for, to be read after "would not": ``start the app``.
    """
    status = response.status_code
    if CHALLENGE in response.headers:
        raise RateLimited(f"Cloud Foundry would not {to}: its firewall asks us to slow down", SLOW_DOWN)
    if status == 202 and "Location" not in response.headers and not _body(response):
        raise RateLimited(f"Cloud Foundry would not {to}: it only looked like yes", SLOW_DOWN)
    if 200 <= status < 300:
        return response
    raise refusal(response, to)


def refusal(response: requests.Response, to: str) -> ReviewAppsError:
    """What a status other than 2xx means."""
    status, body = response.status_code, _body(response)
    codes, words = _codes(body), _words(body) or f"{status} {response.reason}"
    message = f"Cloud Foundry would not {to}: {words}"
    if status == 429:
        return RateLimited(message, _retry_after(response))
    if status == 404:
        return NotFound(message)
    if DEPLOYMENTS_DISABLED in codes:
        return NoRoom(message)
    if status in (401, 403):
        return NotAuthorised(message)
    if status == 413:
        return BadManifest(message)
    if status >= 500 or status < 400 or status == 408:
        return Unavailable(message)
    return _refused_request(message, codes, words.lower())


def _refused_request(message: str, codes: frozenset[int], words: str) -> ReviewAppsError:
    def says(known: set[int], phrases: tuple[str, ...]) -> bool:
        return bool(codes & known) or any(phrase in words for phrase in phrases)

    if says({_NAME_EXISTS}, _TAKEN_WORDS):
        return NameTaken(message)
    if says(set(), _GONE_WORDS):
        return NotFound(message)
    if says(_INSTANCE_MEMORY, _AUTHORS_WORDS):
        return BadManifest(message)
    if says(_QUOTA, _QUOTA_WORDS):
        return NoRoom(message, after=30.0)
    if _NOT_READY in words:
        return NotReady(message)
    if says(_IN_THE_MIDDLE, _IN_THE_MIDDLE_WORDS):
        return Busy(message)
    return Rejected(message, codes)


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _codes(body: dict[str, Any]) -> frozenset[int]:
    return frozenset(error["code"] for error in _errors(body) if isinstance(error.get("code"), int))


def _words(body: dict[str, Any]) -> str:
    return "; ".join(str(error["detail"]) for error in _errors(body) if error.get("detail"))


def _errors(body: dict[str, Any]) -> list[dict[str, Any]]:
    errors = body.get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _retry_after(response: requests.Response) -> float:
    after = response.headers.get("Retry-After", "")
    return float(after) if after.isdecimal() else SLOW_DOWN
