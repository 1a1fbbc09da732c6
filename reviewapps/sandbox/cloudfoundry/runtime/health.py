"""Whether an instance is healthy, asked from outside as Diego does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

_EACH_WHILE_STARTING = 0.05  # seconds


@dataclass(frozen=True)
class HealthCheck:
    """What is asked of an instance: ``type`` is "port", "http" (``endpoint`` answers 200) or "process".

    ``timeout`` is the time to become healthy, ``invocation_timeout`` that of one check, and ``interval``
    the time between two checks of a running instance; all in seconds. A starting one is asked far oftener.
    """

    type: str = "port"
    endpoint: str = "/"
    timeout: float = 60
    invocation_timeout: float = 1
    interval: float = 30


async def never_healthy(check: HealthCheck, port: int) -> str | None:
    """None as soon as the instance on ``port`` is healthy; else, when its time is over, why it is not."""
    deadline = time.monotonic() + check.timeout
    while failure := await _failure(check, port):
        if time.monotonic() >= deadline:
            return f"Instance never healthy after {_duration(check.timeout)}: {failure}"
        await asyncio.sleep(_EACH_WHILE_STARTING)
    return None


async def became_unhealthy(check: HealthCheck, port: int) -> str:
    """Why a healthy instance no longer is; comes back only then."""
    while True:
        await asyncio.sleep(check.interval)
        if failure := await _failure(check, port):
            return f"Instance became unhealthy: Liveness check unsuccessful: {failure}"


async def watch(check: HealthCheck, port: int, tell: Callable[[bool], None]) -> None:
    """Tell whether the instance on ``port`` is ready, again and again."""
    while True:
        ready = await _failure(check, port) is None
        tell(ready)
        await asyncio.sleep(check.interval if ready else _EACH_WHILE_STARTING)


async def _failure(check: HealthCheck, port: int) -> str | None:
    if check.type == "process":
        return None
    asked = f"HTTP request to '{check.endpoint}' on" if check.type == "http" else "TCP connection to"
    try:
        async with asyncio.timeout(check.invocation_timeout):
            status = await (_http_status(check.endpoint, port) if check.type == "http" else _connect(port))
    except TimeoutError:
        return f"failed to make {asked} port {port}: timed out after {check.invocation_timeout:.2f} seconds"
    except (OSError, EOFError, ValueError, IndexError):
        return f"failed to make {asked} port {port}: connection refused"
    return None if status == 200 else f"failed to make {asked} port {port}: received status code {status}"


async def _connect(port: int) -> int:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return 200


async def _http_status(endpoint: str, port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        asked = f"GET {endpoint} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: diego-healthcheck\r\n"
        writer.write(f"{asked}Connection: close\r\n\r\n".encode())
        return int((await reader.readuntil(b"\r\n")).split()[1])
    finally:
        writer.close()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"
