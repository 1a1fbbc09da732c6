"""A page in a browser of this machine is not this machine's owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from reviewapps.sandbox.world import World

FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:80"},
    {"Host": "a:b:c"},
    {"Host": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://shop-pr-1.apps.localhost:41003"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where GitHub and Cloud Foundry are."""
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world.github.url, world.cloudfoundry.api_url


def test_a_foreign_page_gets_nothing_and_does_nothing(servers: tuple[str, str]) -> None:
    for there in servers:
        for headers in FOREIGN:
            for method, path in (("GET", "/"), ("POST", "/_sandbox/faults"), ("POST", "/oauth/token")):
                answer = requests.request(method, there + path, headers=headers, data="{}", timeout=30)
                assert answer.status_code in (400, 403), (headers, path, answer.status_code)
        assert requests.get(f"{there}/_sandbox/faults", timeout=30).json() == []


def test_a_page_of_this_machine_and_a_link_from_anywhere_are_let_in(servers: tuple[str, str]) -> None:
    for there in servers:
        port = there.rpartition(":")[2]
        for headers in (
            {"Host": f"localhost:{port}"},
            {"Host": f"[::1]:{port}"},
            {"Origin": there},
            {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        ):
            assert requests.get(f"{there}/_sandbox/clock", headers=headers, timeout=30).status_code == 200
