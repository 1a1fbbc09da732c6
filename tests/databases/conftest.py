"""A PostgreSQL as a broker leaves it, with the account that it gives us."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewapps.databases import DatabaseServer
from reviewapps.sandbox.cloudfoundry.brokers.databases import Databases
from tests.databases.operator import Operator


@pytest.fixture(scope="package")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    folder: Path = tmp_path_factory.mktemp("brokers") / "postgres"
    broker = Databases(folder)
    made = asyncio.run_coroutine_threadsafe(broker.provision("11111111-2222"), loop).result(60)
    yield Operator(made["uri"], (folder / "password").read_text())
    asyncio.run_coroutine_threadsafe(broker.close(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def server(operator: Operator) -> Iterator[DatabaseServer]:
    """As an installation reaches it; no database of a preview is left in the end."""
    operator.open_all()
    server = DatabaseServer(operator.uri)
    yield server
    for _ in range(2):  # what one left to another goes in the second round
        for left in server.all():
            server.drop(left.name, lambda _: True)
    assert server.all() == ()
