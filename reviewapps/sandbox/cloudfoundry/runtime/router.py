"""Gorouter: each request goes to an instance of the app that its Host header names."""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.typedefs import Handler
from yarl import URL

from reviewapps.sandbox.cloudfoundry.runtime.access_line import access_line
from reviewapps.sandbox.cloudfoundry.runtime.forwarding import (
    forward,
    forward_to,
    forwarded_headers,
    headers_for,
)
from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance
from reviewapps.sandbox.cloudfoundry.runtime.route_services import (
    HEADERS,
    SIGNATURE,
    Signatures,
    Unsigned,
    place,
)
from reviewapps.sandbox.cloudfoundry.runtime.websockets import bridge, wants_websocket

log = logging.getLogger(__name__)

_CLIENT = web.AppKey("client", aiohttp.ClientSession)


@dataclass(frozen=True)
class Backend:
    """What a route leads to: an app, and those of its instances that are RUNNING (maybe none).

    ``route`` tells routes apart; ``route_service_url`` is there where a route service is asked first.
    """

    app_guid: str
    instances: Sequence[Instance]
    route: str = ""
    route_service_url: str = ""


class Router:
    """Finds the app of a request, then an instance of it, round robin."""

    def __init__(
        self,
        backend: Callable[[str, str], Backend | None],
        *,
        log: Callable[[str, str], None],
        signatures: Signatures | None = None,
    ) -> None:
        """``backend`` is asked with (host without port, path); ``log`` gets (app guid, access line)."""
        self._backend = backend
        self._log = log
        self._signatures = signatures or Signatures()
        self._turns: dict[str, Iterator[int]] = defaultdict(itertools.count)

    def application(self) -> web.Application:
        """The router as an application that answers on every path."""
        application = web.Application(middlewares=[_failures_answered])
        application.cleanup_ctx.append(_with_client)
        application.on_response_prepare.append(_without_our_name)
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
        if backend.route_service_url:
            if wants_websocket(request):
                text = "Websocket requests are not supported for routes bound to Route Services."
                return _refusal(503, "route_service_unsupported", text)
            if SIGNATURE not in request.headers:
                return await self._answer_of_route_service(request, backend.route_service_url)
            try:
                self._check_signature(request, backend)
            except Unsigned as wrong:
                text = f"Failed to validate Route Service Signature: {wrong.reason}"
                return _refusal(wrong.status, "", text)
        return await self._answer_of_first(request, backend, instances)

    async def _answer_of_route_service(self, request: web.Request, url: str) -> web.StreamResponse:
        """What the route service answers, which is asked with its own URL and not with the request's path.

        If one of our routes leads to it, it is asked here, as Gorouter does with its "internal lookup":
        nothing on this machine answers to https. The URL to go on to is http and keeps its port, which
        Gorouter leaves out, since ours is not the one that everybody knows.
        """
        headers = forwarded_headers(request)
        self._signatures.sign(headers, f"{request.scheme}://{request.host}{request.raw_path}")
        headers["Host"] = urlsplit(url).netloc
        target = URL(url, encoded=True)
        if self._backend(*place(url)) and request.transport:
            port = request.transport.get_extra_info("sockname")[1]
            target = target.with_scheme("http").with_host("127.0.0.1").with_port(port)
        try:
            return await forward_to(target, request, headers, request.app[_CLIENT])
        except (aiohttp.ClientError, TimeoutError):
            return _endpoint_failure()

    def _check_signature(self, request: web.Request, backend: Backend) -> None:
        """Raise Unsigned where it was not signed by us, or for another route."""
        url = self._signatures.signed_url(request.headers)
        host, path = place(url)
        signed = self._backend(host, path)
        if signed is None:
            raise Unsigned(502, f"original request URL {host}{path} does not exist in the routing table")
        if signed.route != backend.route:
            text = f"route service forwarded URL {request.host}{request.path} does not match the original"
            raise Unsigned(502, f"{text} request URL {host}{path}")

    async def _answer_of_first(
        self, request: web.Request, backend: Backend, instances: Sequence[Instance]
    ) -> web.StreamResponse:
        """What the first instance that takes the connection answers."""
        for instance in instances:
            if instance.state != "RUNNING":
                continue  # it left while another one was tried
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await self._answer_of(instance, request, backend)
        return _endpoint_failure()

    async def _answer_of(
        self, instance: Instance, request: web.Request, backend: Backend
    ) -> web.StreamResponse:
        """What ``instance`` answers. Raises ClientConnectorError when it takes no connection."""
        began = time.time()
        headers = headers_for(request, backend.app_guid, instance)
        if backend.route_service_url:
            for name in HEADERS:
                headers.popall(name, None)  # the app is not told that somebody was asked before it
        send = bridge if wants_websocket(request) else forward
        with instance.serving():
            try:
                response = await send(request, headers, instance, request.app[_CLIENT])
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ClientError, TimeoutError):
                response = _endpoint_failure()
        self._log(backend.app_guid, access_line(request, headers, instance, response, began))
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
    """``error`` is the X-Cf-RouterError; Gorouter has none for some refusals."""
    headers = {"Cache-Control": "no-cache, no-store"}
    if error:
        headers["X-Cf-RouterError"] = error
    reason = HTTPStatus(status).phrase
    said = f"{status} {reason}: {text}\n".encode(errors="surrogateescape")  # a header may be any bytes
    return web.Response(status=status, body=said, content_type="text/plain", charset="utf-8", headers=headers)


@web.middleware
async def _failures_answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A request that makes us fail is answered as one whose app did, unless its answer has begun."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.raw_path)
        if request.writer.output_size:
            raise
        return _endpoint_failure()


async def _without_our_name(_: web.Request, response: web.StreamResponse) -> None:
    """An answer names the server that the app names, or none."""
    if response.headers.get("Server") == SERVER_SOFTWARE:
        del response.headers["Server"]


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
