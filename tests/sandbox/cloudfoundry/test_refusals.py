"""What is refused is refused in the words of the platform, and nothing is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from string import Template
from typing import Any

import pytest
import requests

from tests.sandbox.cloudfoundry.cloud import CRASHER, Cloud, greeter
from tests.sandbox.cloudfoundry.refusals import APP, REFUSALS, Refusal


class Counter:
    """A cloud with one of everything, asked over one connection."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.names = dict(_furnished(cloud))
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"bearer {token(cloud)}"

    def ask(self, request: str, said: object) -> requests.Response:
        method, path = self._filled(request).split(" ", 1)
        raw = said if isinstance(said, str | bytes) else self._filled(json.dumps(said)) if said else ""
        url = self.cloud.server.api_url + path
        return self.session.request(method, url, data=raw or None, timeout=60)

    def _filled(self, text: str) -> str:
        return Template(text).safe_substitute(self.names)


def token(cloud: Cloud) -> str:
    form = {"grant_type": "password", "username": "deployer", "password": "deployer"}
    granted = requests.post(f"{cloud.server.api_url}/oauth/token", data=form, auth=("cf", ""), timeout=60)
    return str(granted.json()["access_token"])


def _furnished(cloud: Cloud) -> Iterator[tuple[str, str]]:
    shop = cloud.push("shop", greeter("hello"))
    droplet = cloud.call("GET", f"/v3/apps/{shop}/droplets/current")["guid"]
    task = cloud.call("POST", f"/v3/apps/{shop}/tasks", {"command": "true"})["guid"]
    cloud.until(f"/v3/tasks/{task}", lambda it: it["state"] == "SUCCEEDED")
    finished = cloud.deploy(shop, droplet)
    cloud.finished(finished)
    rolling = cloud.push("rolling", greeter("hello"))
    cloud.deploy(rolling, cloud.droplet(rolling, CRASHER))
    yield from {"app": shop, "droplet": droplet, "task": task, "finished": finished}.items()
    yield "rolling", rolling
    yield "bare", cloud.app("bare")
    yield "empty", cloud.new_package(shop)
    yield "package", cloud.call("GET", f"/v3/apps/{shop}/packages")["resources"][0]["guid"]
    yield "build", cloud.call("GET", f"/v3/builds?app_guids={shop}")["resources"][0]["guid"]
    yield "route", cloud.call("GET", f"/v3/apps/{shop}/routes")["resources"][0]["guid"]
    yield from {"space": cloud.space, "domain": cloud.domain}.items()


@pytest.fixture(scope="module")
def counter(shared: Cloud) -> Counter:
    return Counter(shared)


def _id(refusal: Refusal) -> str:
    return f"{refusal[0]} {str(refusal[1])[:40]}"[:80]


@pytest.mark.parametrize("refusal", REFUSALS, ids=_id)
def test_a_request_is_refused_in_the_words_of_the_platform(counter: Counter, refusal: Refusal) -> None:
    request, said, status, code, title, detail = refusal

    answer = counter.ask(request, said)

    expected: dict[str, Any] = {"code": code, "title": title, "detail": detail}
    assert (answer.status_code, answer.json()) == (status, {"errors": [expected]})
    assert answer.headers["X-Vcap-Request-Id"].count("::") == 1


def test_an_unknown_query_key_is_refused_with_those_that_are_known(counter: Counter) -> None:
    answer = counter.ask("GET /v3/builds?colour=red", None)

    detail = answer.json()["errors"][0]["detail"]
    assert detail.startswith(
        "The query parameter is invalid: Unknown query parameter(s): 'colour'. Valid parameters are: "
    )
    assert "'package_guids'" in detail


def test_a_refused_change_changes_nothing(counter: Counter) -> None:
    before = counter.ask("GET /v3/apps/$app", None).json()

    for request, said, *_ in REFUSALS:
        if request == APP:
            counter.ask(request, said)

    assert counter.ask("GET /v3/apps/$app", None).json() == before


@pytest.mark.parametrize(
    "text", [b"\xff", b"a: [", b"a: 2020-13-45", b"[" * 5000, b"a: !!python/object:os.system {}"]
)
def test_a_manifest_that_is_no_yaml_is_refused(counter: Counter, text: bytes) -> None:
    url = f"{counter.cloud.server.api_url}/v3/spaces/{counter.names['space']}/actions/apply_manifest"

    answer = counter.session.post(url, text, headers={"Content-Type": "application/x-yaml"}, timeout=60)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, 1001)
