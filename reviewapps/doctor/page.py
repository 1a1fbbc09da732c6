"""The status page, as people and GitHub find it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import requests

from reviewapps.errors import unanswered
from reviewapps.model import Secret

PING: Final = b'{"zen": "reviewapps doctor"}'


@dataclass(frozen=True)
class PageSeen:
    """Why it does not answer at its address, "" where it does. ``webhook`` is the same of a webhook that was sent
    there; None where none was."""

    problem: str = ""
    webhook: str | None = None


def page_seen(address: str, secret: Secret | None, seconds: float) -> PageSeen:
    """What answers at ``address``. Where there is a ``secret``, it is sent a ping as GitHub would send it, which
    brings nothing about."""
    try:
        answer = requests.get(f"{address}/healthz", timeout=seconds, allow_redirects=False)
        if answer.status_code != 200 or "alive" not in answer.text:
            return PageSeen(f"it answers {answer.status_code}, and not as ours does")
        return PageSeen(webhook=None if secret is None else _pinged(address, secret, seconds))
    except requests.RequestException as away:
        return PageSeen(unanswered(away))


def _pinged(address: str, secret: Secret, seconds: float) -> str:
    signed = hmac.new(secret.encode(), PING, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": "reviewapps-doctor",
        "X-Hub-Signature-256": f"sha256={signed}",
    }
    where = f"{address}/webhooks/github"
    answer = requests.post(where, PING, headers=headers, timeout=seconds, allow_redirects=False)
    return "" if answer.status_code == 202 else f"it answered {answer.status_code}: {answer.text[:100]}"
