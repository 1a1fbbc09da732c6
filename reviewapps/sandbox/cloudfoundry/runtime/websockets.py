"""WebSockets through the router."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from reviewapps.sandbox.cloudfoundry.runtime.forwarding import url_at
from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance

_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse

_NEVER_SENT = (None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE, 1005)  # 1005: closed without a code


def wants_websocket(request: web.Request) -> bool:
    """Whether ``request`` asks for an upgrade to a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def bridge(
    request: web.Request, headers: CIMultiDict[str], instance: Instance, client: aiohttp.ClientSession
) -> web.StreamResponse:
    """The conversation between who asked and ``instance``, over. A refusal of the app is passed on."""
    asked = request.headers.get("Sec-WebSocket-Protocol", "")
    protocols = [name.strip() for name in asked.split(",") if name.strip()]
    kept = CIMultiDict((n, v) for n, v in headers.items() if not n.lower().startswith("sec-websocket-"))
    try:
        async with client.ws_connect(
            url_at(instance, request, "ws"), headers=kept, protocols=protocols, autoping=False, max_msg_size=0
        ) as inside:
            agreed = [inside.protocol] if inside.protocol else []
            outside = web.WebSocketResponse(protocols=agreed, autoping=False, max_msg_size=0, compress=False)
            await outside.prepare(request)
            await _talk(outside, inside)
            return outside
    except aiohttp.WSServerHandshakeError as refused:
        return web.Response(status=refused.status, text=refused.message)


async def _talk(one: _Socket, other: _Socket) -> None:
    ways = {asyncio.create_task(_pump(one, other)), asyncio.create_task(_pump(other, one))}
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _pump(source: _Socket, target: _Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is WSMsgType.PING:
            await target.ping(message.data)
        elif message.type is WSMsgType.PONG:
            await target.pong(message.data)
    code = source.close_code
    await target.close(code=1001 if code is None or code in _NEVER_SENT else code)
