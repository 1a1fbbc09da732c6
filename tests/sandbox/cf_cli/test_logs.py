"""logs --recent, and the stream."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.cf_cli import apps, logs, summaries
from tests.sandbox.cf_cli.conftest import logged_in
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter


@pytest.fixture(scope="module", autouse=True)
def shop(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("hello"))
    cloud.wait_for(lambda: "listening" in _texts(logged_in(cloud)), "the app's first line")
    assert app


def test_recent_lines_come_in_the_order_in_which_they_were_said(cloud: Cloud, cf: Cf) -> None:
    cloud.visit("shop", "/asked")

    lines = logs.recent(cf, "shop")

    assert [line.at for line in lines] == sorted(line.at for line in lines)
    sources = {line.source.rpartition("/")[0] for line in lines}
    assert {"STG", "APP/PROC/WEB", "RTR"} <= sources
    assert any("/asked" in line.text for line in lines if line.source.startswith("RTR"))


def test_the_stream_brings_what_is_said_from_then_on_and_each_line_once(cloud: Cloud, cf: Cf) -> None:
    tail = logs.Tail.of(cf, "shop")
    tail.until("")

    for number in range(12):
        cloud.visit("shop", f"/visit-{number}-")
        tail.step()

    lines = tail.until("/visit-11-")
    assert [sum(f"/visit-{number}-" in line.text for line in lines) for number in range(12)] == [1] * 12


def test_an_app_that_said_nothing_yet_is_waited_for(cloud: Cloud, cf: Cf) -> None:
    apps.create_app(cf, "silent")
    tail = logs.Tail.of(cf, "silent")

    assert tail.step() == []
    app = summaries.app_named(cf, "silent").guid
    cloud.build(cloud.package(app, {"readme.txt": "nothing to run"}))

    assert all(line.source == "STG/0" for line in tail.until(""))


def test_a_read_is_bounded_by_times_types_and_a_limit(cf: Cf) -> None:
    guid = summaries.app_named(cf, "shop").guid
    every = logs.read(cf, guid, logs.BEGINNING, limit=1000)
    first, last = every[0].at, every[-1].at

    assert logs.read(cf, guid, first, end_time=last, limit=1000) == every[:-1]
    assert logs.read(cf, guid, first, limit=2) == every[:2]
    assert logs.read(cf, guid, first, limit=2, descending="true") == every[:-3:-1]
    assert logs.read(cf, guid, last + 1) == []
    assert logs.read(cf, guid, first, envelope_types=["GAUGE", "LOG"], limit=1000) == every
    assert logs.read(cf, guid, first, envelope_types=["GAUGE", "COUNTER"]) == []
    meta = apps.curl(cf, "/api/v1/meta")["meta"][guid]
    assert (int(meta["count"]), meta["oldest_timestamp"]) == (len(every), str(first))


@pytest.mark.parametrize("path", ["read/{0}", "meta"])
@pytest.mark.parametrize("token", [None, "bearer nonsense"])
def test_without_a_token_log_cache_finds_nothing(cloud: Cloud, cf: Cf, path: str, token: str | None) -> None:
    url = f"{cloud.server.api_url}/api/v1/{path.format(summaries.app_named(cf, 'shop').guid)}"

    answer = requests.get(url, headers={"Authorization": token} if token else {}, timeout=30)

    assert (answer.status_code, answer.text) == (404, "")


def test_logs_of_an_app_that_is_not_there_are_not_found(cf: Cf) -> None:
    with pytest.raises(CommandFailed, match="unexpected status code 404"):
        logs.read(cf, "0000", logs.BEGINNING)


def _texts(cf: Cf) -> list[str]:
    return [line.text for line in logs.recent(cf, "shop")]
