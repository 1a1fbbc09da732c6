from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from reviewapps.sandbox.cloudfoundry.runtime import (
    Backend,
    HealthCheck,
    Instance,
    InstanceSpec,
    Router,
    ports,
)
from tests.sandbox.runtime.world import HELLO, Container, Said, droplet

HOST = {"Host": "shop.cf.localhost:8080"}


def standing_in(port: int, index: int = 0) -> Instance:
    """An instance whose process is a server of the test's own on ``port``."""
    spec = InstanceSpec(index, "", Path("droplet.tgz"), {}, 64, HealthCheck())
    instance = Instance(spec, folder=Path("nowhere"), log=Said(), changed=lambda *_: None)
    instance.state, instance.port = "RUNNING", port
    return instance


class Routed:
    """A router with one route, ``shop.cf.localhost``, and a client that asks it."""

    def __init__(self, client: TestClient[web.Request, web.Application], log: Said) -> None:
        self.client = client
        self.log = log
        self.instances: list[Instance] = []

    async def runs(
        self, handler: web.RequestHandler | object, stack: AsyncExitStack, index: int = 0
    ) -> Instance:
        """Add an instance that answers with ``handler``."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
        server = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        assert server.port is not None
        self.instances.append(standing_in(server.port, index))
        return self.instances[-1]


@asynccontextmanager
async def routed() -> AsyncIterator[tuple[Routed, AsyncExitStack]]:
    async with AsyncExitStack() as stack:
        log = Said()
        instances: list[Instance] = []

        def backend(host: str, path: str) -> Backend | None:
            return Backend("app-guid", [*instances]) if host == "shop.cf.localhost" else None

        application = Router(backend, log=log).application()
        client = await stack.enter_async_context(TestClient(TestServer(application, host="127.0.0.1")))
        world = Routed(client, log)
        world.instances = instances
        yield world, stack


def named(name: str) -> object:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=name)

    return answer


def nobody_listens() -> Instance:
    port = ports.take()
    ports.give_back(port)
    return standing_in(port)


def test_an_unknown_host_is_404_unknown_route() -> None:
    async def story() -> None:
        async with routed() as (world, _):
            answer = await world.client.get("/", headers={"Host": "nobody.cf.localhost:8080"})
            assert (answer.status, answer.headers["X-Cf-RouterError"]) == (404, "unknown_route")
            wanted = "404 Not Found: Requested route ('nobody.cf.localhost') does not exist."
            assert (await answer.text()).strip() == wanted

    asyncio.run(story())


def test_an_app_without_instances_is_503_no_endpoints() -> None:
    async def story() -> None:
        async with routed() as (world, _):
            answer = await world.client.get("/", headers=HOST)
            assert (answer.status, answer.headers["X-Cf-RouterError"]) == (503, "no_endpoints")

    asyncio.run(story())


def test_an_instance_that_takes_no_connection_is_passed_over_with_the_body_intact() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def story() -> None:
        async with routed() as (world, stack):
            world.instances.append(nobody_listens())
            await world.runs(echo, stack, index=1)
            for _ in range(2):
                answer = await world.client.post("/", data=b"order 1", headers=HOST)
                assert (answer.status, await answer.read()) == (200, b"order 1")
            assert len(world.log.lines) == 2

    asyncio.run(story())


def test_no_instance_that_takes_a_connection_is_502_endpoint_failure() -> None:
    async def story() -> None:
        async with routed() as (world, _):
            world.instances.append(nobody_listens())
            answer = await world.client.get("/", headers=HOST)
            assert (answer.status, answer.headers["X-Cf-RouterError"]) == (502, "endpoint_failure")

    asyncio.run(story())


def test_instances_take_turns_and_a_request_may_name_its_own() -> None:
    async def story() -> None:
        async with routed() as (world, stack):
            for index in range(3):
                await world.runs(named(str(index)), stack, index)
            answers = [await (await world.client.get("/", headers=HOST)).text() for _ in range(6)]
            assert answers == ["0", "1", "2", "0", "1", "2"]

            pinned = {**HOST, "X-Cf-App-Instance": "app-guid:1"}
            assert [await (await world.client.get("/", headers=pinned)).text() for _ in range(2)] == [
                "1",
                "1",
            ]
            for wrong in ("app-guid:7", "other-guid:1", "nonsense"):
                answer = await world.client.get("/", headers={**HOST, "X-Cf-App-Instance": wrong})
                assert answer.status == 400

    asyncio.run(story())


def test_an_app_learns_who_asked_and_by_which_name() -> None:
    async def headers(request: web.Request) -> web.Response:
        return web.json_response(dict(request.headers))

    async def story() -> None:
        async with routed() as (world, stack):
            instance = await world.runs(headers, stack)
            asked = {**HOST, "X-Forwarded-For": "10.0.0.1", "Connection": "X-Private", "X-Private": "1"}
            answer = await world.client.get("/", headers=asked)
            seen = await answer.json()
            assert seen["Host"] == seen["X-Forwarded-Host"] == "shop.cf.localhost:8080"
            assert seen["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"
            assert seen["X-Forwarded-Proto"] == "http"
            assert seen["X-CF-ApplicationID"] == "app-guid"
            assert seen["X-CF-InstanceID"] == instance.guid
            assert seen["X-Vcap-Request-Id"] == answer.headers["X-Vcap-Request-Id"]
            assert "X-Private" not in seen

    asyncio.run(story())


def test_an_answer_comes_as_the_app_gave_it() -> None:
    async def particular(request: web.Request) -> web.Response:
        response = web.Response(status=302, reason="Over There", body=gzip.compress(b"moved"))
        response.headers["Location"] = "/elsewhere"
        response.headers["Content-Encoding"] = "gzip"
        response.headers.extend({"X-Path": request.raw_path})
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    async def story() -> None:
        async with routed() as (world, stack):
            await world.runs(particular, stack)
            answer = await world.client.get("/a%2Fb?c=%20d", headers=HOST, allow_redirects=False)
            assert (answer.status, answer.reason) == (302, "Over There")
            assert await answer.read() == b"moved"
            assert answer.headers["X-Path"] == "/a%2Fb?c=%20d"
            assert len(answer.headers.getall("Set-Cookie")) == 2

    asyncio.run(story())


def test_answers_without_a_body_have_none() -> None:
    async def bodiless(request: web.Request) -> web.StreamResponse:
        status = int(request.query.get("status", "200"))
        return web.Response(status=status, text="hello" if status == 200 else None)

    async def story() -> None:
        async with routed() as (world, stack):
            await world.runs(bodiless, stack)
            head = await world.client.head("/", headers=HOST)
            assert (head.headers["Content-Length"], await head.read()) == ("5", b"")
            for status in (204, 304):
                answer = await world.client.get(f"/?status={status}", headers=HOST)
                assert (answer.status, await answer.read()) == (status, b"")

    asyncio.run(asyncio.wait_for(story(), 10))


def test_bodies_flow_both_ways_while_they_are_made() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def conversation(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            heard.put_nowait(chunk)
            await response.write(b"heard " + chunk)
        return response

    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        assert await heard.get() == b"one"  # it arrived although there is more to come
        yield b"two"

    async def story() -> None:
        async with routed() as (world, stack):
            await world.runs(conversation, stack)
            answer = await world.client.post("/", data=body(), headers=HOST)
            assert await answer.read() == b"heard oneheard two"

    asyncio.run(asyncio.wait_for(story(), 10))


def test_the_first_words_of_an_answer_do_not_wait_for_the_last() -> None:
    async def story() -> None:
        arrived = asyncio.Event()

        async def slow(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"first")
            await arrived.wait()
            await response.write(b", last")
            return response

        async with routed() as (world, stack):
            await world.runs(slow, stack)
            answer = await world.client.get("/", headers=HOST)
            assert await answer.content.readany() == b"first"
            arrived.set()
            assert await answer.content.read() == b", last"

    asyncio.run(asyncio.wait_for(story(), 10))


def test_an_answer_that_the_app_breaks_off_is_seen_to_be_broken() -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 100
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    async def story() -> None:
        async with routed() as (world, stack):
            await world.runs(breaks, stack)
            with pytest.raises(aiohttp.ClientError):
                await (await world.client.get("/", headers=HOST)).read()

    asyncio.run(story())


def test_websockets_pass() -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=["shout"])
        await socket.prepare(request)
        async for message in socket:
            if message.data == "bye":
                await socket.close(code=4001)
            else:
                await socket.send_str(message.data.upper())
        return socket

    async def story() -> None:
        async with routed() as (world, stack):
            await world.runs(echo, stack)
            async with world.client.ws_connect("/", headers=HOST, protocols=["other", "shout"]) as socket:
                assert socket.protocol == "shout"
                await socket.send_str("hello")
                assert await socket.receive_str() == "HELLO"
                await socket.send_str("bye")
                assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
                assert socket.close_code == 4001

    asyncio.run(asyncio.wait_for(story(), 10))


def test_a_request_leaves_one_access_line() -> None:
    async def story() -> None:
        async with routed() as (world, stack):
            instance = await world.runs(named("hello"), stack)
            await world.client.get("/path?q=1", headers={**HOST, "User-Agent": "test"})
            ((app_guid, line),) = world.log.lines
            assert app_guid == "app-guid"
            assert line.startswith("shop.cf.localhost:8080 - [")
            assert '"GET /path?q=1 HTTP/1.1" 200 0 5 "-" "test"' in line
            assert f'"127.0.0.1:{instance.port}"' in line
            assert line.endswith('x_cf_routererror:"-"')

    asyncio.run(story())


def test_a_rolling_deployment_loses_no_request(tmp_path: Path) -> None:
    """The app makes no effort: it dies of SIGTERM at once, whatever it is doing. And nothing asks twice."""
    slow = HELLO.replace("self.send_response(200)", "__import__('time').sleep(0.2); self.send_response(200)")

    async def story() -> None:
        packed = droplet(tmp_path, {"app.py": slow})
        check = HealthCheck(type="port")
        old, new = (
            Container(tmp_path, "python app.py", packed=packed, index=i, health=check) for i in (0, 1)
        )
        async with routed() as (world, _), old, new:
            await old.running()
            await new.running()
            world.instances += [old.instance, new.instance]
            asked = []
            for number in range(30):
                asked.append(asyncio.create_task(world.client.post("/", headers=HOST)))
                if number == 10:
                    world.instances.remove(old.instance)
                    stopping = asyncio.create_task(old.instance.stop())
                await asyncio.sleep(0.05)  # people come one after the other, before, while and after it ends
            answers = [await one for one in asked]
            await stopping
            assert old.instance.state == "DOWN"
            assert [answer.status for answer in answers] == [200] * 30
            assert {await answer.text() for answer in answers[-10:]} == {"1"}

    asyncio.run(story())


def test_a_request_that_fails_the_router_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    def broken(host: str, path: str) -> Backend | None:
        raise ArithmeticError(host + path)

    async def story() -> None:
        runner = web.AppRunner(Router(broken, log=lambda *_: None).application())
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            async with aiohttp.ClientSession() as client, client.get(url) as answer:
                assert (answer.status, answer.headers["X-Cf-RouterError"]) == (502, "endpoint_failure")
        finally:
            await runner.cleanup()

    asyncio.run(story())
    assert "ArithmeticError" in caplog.text
