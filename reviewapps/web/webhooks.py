"""``POST /webhooks/github``: all that it does is bring that repository's next look forward.

Lost, doubled, reordered, late, forged: the same end, since a look believes nothing but what it sees.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from starlette.requests import ClientDisconnect

from reviewapps.coordination.soon import ASK, REMEMBERED, keys
from reviewapps.web.delivery import EVENTS, Delivery, Malformed, delivery, is_signed
from reviewapps.web.site import Site

PATH = "/webhooks/github"
LARGEST = 25 * 1024 * 1024
"""Bytes; GitHub sends no larger payload."""
AT_ONCE = 2 * LARGEST
"""Bytes of all bodies that are coming in: whose they are is known when they are here, and strangers send some."""
LONGEST = 10.0
"""Seconds that a body may take; GitHub itself gives up then."""

log = structlog.get_logger()


class TooLarge(Malformed):
    """The body is larger than GitHub's may be."""


class Crowded(Exception):
    """More bodies come in at once than fit into the memory."""


def webhooks(site: Site) -> APIRouter:
    """The one route."""
    router, door = APIRouter(), Door(site)
    router.add_route(PATH, door.knock, methods=["POST"])
    return router


class Door:
    """Lets in what GitHub signed."""

    def __init__(self, site: Site) -> None:
        self._secret = site.told.grants.github.webhook_secret
        self._looks, self._tally = site.looks, site.tally
        self._ask = site.hasty.register_script(ASK)
        self._keys = keys(site.told.prefix)
        self._held = 0

    async def knock(self, request: Request) -> JSONResponse:
        """202 for what GitHub signed, whatever it says."""
        began = time.perf_counter()
        if self._secret is None:
            return JSONResponse({"error": "no webhook secret is configured, so none are taken"}, 404)
        status, result, text = await self._answered(request, self._secret)
        self._tally.webhook(result, time.perf_counter() - began)
        return JSONResponse({"result" if status < 300 else "error": text}, status)

    async def _answered(self, request: Request, secret: str) -> tuple[int, str, str]:
        try:
            body = await self._body(request)
            signature = request.headers.get("x-hub-signature-256", "").encode("latin-1")
            if not is_signed(body, signature, secret):
                return 401, "forged", "X-Hub-Signature-256 is missing, or does not sign this body"
            told = delivery(
                body,
                id=request.headers.get("x-github-delivery", ""),
                event=request.headers.get("x-github-event", ""),
                content_type=request.headers.get("content-type", ""),
            )
            return await self._taken(told, signature.decode("latin-1"))
        except TooLarge as large:
            return 413, "malformed", str(large)
        except Crowded:
            return 503, "unavailable", "too much comes in at once; the next look comes by itself"
        except Malformed as odd:
            return 400, "malformed", str(odd)
        except (ClientDisconnect, TimeoutError):
            return 408, "malformed", "the body did not arrive"
        except RedisError as away:
            log.warning("webhook lost", reason=str(away))
            return 503, "unavailable", "Redis does not answer; the next look comes by itself"

    async def _taken(self, told: Delivery, signature: str) -> tuple[int, str, str]:
        """A body is known again by its signature: whoever sends one of GitHub's once more may name it anew."""
        repository = self._looks.named(told.repository or "")
        if told.event not in EVENTS or repository is None:
            return 202, "ignored", "nothing of ours"
        new = await self._ask(keys=self._keys, args=[repository, signature, REMEMBERED])
        if not new:
            return 202, "double", "known already"
        return 202, "accepted", f"{repository} is looked at next"

    async def _body(self, request: Request) -> bytes:
        """The raw bytes, which are what was signed."""
        told = request.headers.get("content-length", "0")
        if told.isdecimal() and int(told) > LARGEST:
            raise TooLarge("the body is larger than 25 MB")
        chunks, size = [], 0
        try:
            async with asyncio.timeout(LONGEST):
                async for chunk in request.stream():
                    size += len(chunk)
                    self._held += len(chunk)
                    if size > LARGEST:
                        raise TooLarge("the body is larger than 25 MB")
                    if self._held > AT_ONCE:
                        raise Crowded
                    chunks.append(chunk)
        finally:
            self._held -= size
        return b"".join(chunks)
