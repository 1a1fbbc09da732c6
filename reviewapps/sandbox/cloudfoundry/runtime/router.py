"""Gorouter: each request goes to an instance of the app that its Host header names."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from reviewapps.sandbox.cloudfoundry.runtime.access_line import access_line
from reviewapps.sandbox.cloudfoundry.runtime.forwarding import forward, headers_for
from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance
from reviewapps.sandbox.cloudfoundry.runtime.websockets import bridge, wants_websocket

_CLIENT = web.AppKey("client", aiohttp.ClientSession)


@dataclass(frozen=True)
class Backend:
    """What a route leads to: an app, and those of its instances that are RUNNING (maybe none)."""

    app_guid: str
    instances: Sequence[Instance]


class Router:
    """Finds the app of a request, then an instance of it, round robin."""

    def __init__(
        self, backend: Callable[[str, str], Backend | None], *, log: Callable[[str, str], None]
    ) -> None:
        """``backend`` is asked with (host without port, path); ``log`` gets (app guid, access line)."""
        self._backend = backend
        self._log = log
        self._turns: dict[str, Iterator[int]] = defaultdict(itertools.count)

    def application(self) -> web.Application:
        """The router as an application that answers on every path."""
        application = web.Application()
        application.cleanup_ctx.append(_with_client)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        host = request.host.rsplit(":", 1)[0].lower()
        backend = self._backend(host, request.path)
        if backend is None:
            return _refusal(404, "unknown_route", f"Requested route ('{host}') does not exist.")
        pin = request.headers.get("X-Cf-App-Instance")
        instances = _pinned(backend, pin) if pin else self._in_turn(backend)
        if pin and not instances:
            text = f"Requested instance with guid ('{pin}') does not exist for route ('{host}')"
            return _refusal(400, "unknown_route", text)
        if not instances:
            text = f"Requested route ('{host}') has no available endpoints."
            return _refusal(503, "no_endpoints", text)
        return await self._answer_of_first(request, backend.app_guid, instances)

    async def _answer_of_first(
        self, request: web.Request, app_guid: str, instances: Sequence[Instance]
    ) -> web.StreamResponse:
        """What the first instance that takes the connection answers."""
        for instance in instances:
            if instance.state != "RUNNING":
                continue  # it left while another one was tried
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await self._answer_of(instance, request, app_guid)
        return _endpoint_failure()

    async def _answer_of(self, instance: Instance, request: web.Request, app_guid: str) -> web.StreamResponse:
        """What ``instance`` answers. Raises ClientConnectorError when it takes no connection."""
        began = time.time()
        headers = headers_for(request, app_guid, instance)
        send = bridge if wants_websocket(request) else forward
        with instance.serving():
            try:
                response = await send(request, headers, instance, request.app[_CLIENT])
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ClientError, TimeoutError):
                response = _endpoint_failure()
        self._log(app_guid, access_line(request, headers, instance, response, began))
        return response

    def _in_turn(self, backend: Backend) -> Sequence[Instance]:
        if not backend.instances:
            return []
        first = next(self._turns[backend.app_guid]) % len(backend.instances)
        return [*backend.instances[first:], *backend.instances[:first]]


def _pinned(backend: Backend, pin: str) -> Sequence[Instance]:
    app_guid, _, index = pin.rpartition(":")
    if app_guid != backend.app_guid:
        return []
    return [instance for instance in backend.instances if str(instance.spec.index) == index]


def _endpoint_failure() -> web.Response:
    return _refusal(502, "endpoint_failure", "Registered endpoint failed to handle the request.")


def _refusal(status: int, error: str, text: str) -> web.Response:
    reason = {400: "Bad Request", 404: "Not Found", 502: "Bad Gateway", 503: "Service Unavailable"}[status]
    headers = {"X-Cf-RouterError": error, "Cache-Control": "no-cache, no-store"}
    return web.Response(status=status, text=f"{status} {reason}: {text}\n", headers=headers)


async def _with_client(application: web.Application) -> AsyncIterator[None]:
    # A connection of its own for each request: one kept open may be closed by the app just as it is used.
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
    ) as client:
        application[_CLIENT] = client
        yield
