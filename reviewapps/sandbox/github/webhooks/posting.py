"""One POST to a receiver: signed as GitHub signs, and written down as it went."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlencode

import aiohttp

from reviewapps.sandbox.clock import Clock
from reviewapps.sandbox.github.state import Delivery, Hook

USER_AGENT = "GitHub-Hookshot/5a4db0x"
LONGEST_ANSWER = 64 * 1024
"""So much of the receiver's answer is kept."""

_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


async def attempt(
    session: aiohttp.ClientSession, hook: Hook, delivery: Delivery, clock: Clock, timeout: float
) -> None:
    """Send it, and write into ``delivery`` what came of it."""
    sent = delivery.body.encode()
    if hook.content_type == "form":
        sent = urlencode({"payload": delivery.body}).encode()
    delivery.url, delivery.delivered_at = hook.url, clock.timestamp
    began = time.monotonic()
    try:
        delivery.request_headers = headers(hook, delivery, sent)
        await _post(session, hook, delivery, sent, timeout)
    except TimeoutError:
        delivery.status, delivery.status_code = "timed out", 504
    except (aiohttp.ClientError, OSError, ValueError):
        delivery.status, delivery.status_code = "failed to connect to host", 502
    delivery.duration = round(time.monotonic() - began, 2)


async def _post(
    session: aiohttp.ClientSession, hook: Hook, delivery: Delivery, sent: bytes, timeout: float
) -> None:
    async with session.post(
        hook.url,
        data=sent,
        headers=delivery.request_headers,
        timeout=aiohttp.ClientTimeout(total=timeout),
        allow_redirects=False,
        ssl=hook.insecure_ssl != "1",
    ) as answer:
        body = await answer.content.read(LONGEST_ANSWER)
        delivery.status_code = answer.status
        delivery.status = "OK" if delivery.succeeded else f"Invalid HTTP Response: {answer.status}"
        delivery.response_headers = dict(answer.headers)
        delivery.response_body = body.decode(errors="replace")


def headers(hook: Hook, delivery: Delivery, sent: bytes) -> dict[str, str]:
    """GitHub's own, with signatures over the very bytes where there is a secret."""
    kind, identity = hook.target
    told = {
        "Accept": "*/*",
        "Content-Type": _TYPES[hook.content_type],
        "User-Agent": USER_AGENT,
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(identity),
        "X-GitHub-Hook-Installation-Target-Type": kind,
    }
    if hook.secret:
        key = hook.secret.encode()
        told["X-Hub-Signature"] = f"sha1={hmac.new(key, sent, hashlib.sha1).hexdigest()}"
        told["X-Hub-Signature-256"] = f"sha256={hmac.new(key, sent, hashlib.sha256).hexdigest()}"
    return told
