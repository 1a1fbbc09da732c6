"""A Cloud Foundry for each module, and the client in it, logged in and targeted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.targeting import api, auth, target
from tests.sandbox.cloudfoundry.cloud import Cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    running = Cloud(tmp_path_factory.mktemp("cloud"))
    yield running
    running.close()


@pytest.fixture
def cf(cloud: Cloud) -> Iterator[Cf]:
    client = logged_in(cloud)
    yield client
    client.http.close()


def logged_in(cloud: Cloud, name: str = "deployer", password: str = "deployer") -> Cf:
    client = Cf()
    api(client, cloud.server.api_url)
    auth(client, name, password)
    target(client, "acme", "review")
    return client
