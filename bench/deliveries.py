"""Webhooks at an even pace: python -m bench.deliveries URL PER_SECOND SECONDS; prints what each took, seconds."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time

import aiohttp

SECRET = "a word between GitHub and us"
BODY = json.dumps({"repository": {"full_name": "acme/shop"}, "padding": "x" * 20_000}).encode()
"""As large as what GitHub sends of a pull request."""


async def delivered(url: str, per_second: int, seconds: int) -> list[float]:
    """How long each waited for its 202."""
    took: list[float] = []
    signed = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

    async def deliver(session: aiohttp.ClientSession, number: int) -> None:
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "pull_request",
            "X-GitHub-Delivery": f"bench-{number}",
            "X-Hub-Signature-256": signed,
        }
        began = time.perf_counter()
        async with session.post(f"{url}/webhooks/github", data=BODY, headers=headers) as answer:
            assert answer.status == 202, answer.status
        took.append(time.perf_counter() - began)

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        clock = asyncio.get_running_loop().time
        began = clock()
        for number in range(per_second * seconds):
            await asyncio.sleep(max(0.0, began + number / per_second - clock()))
            group.create_task(deliver(session, number))
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(delivered(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
