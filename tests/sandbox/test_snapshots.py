"""What is kept of a server, when, and what is not gone on with."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from reviewapps.sandbox.cloudfoundry import CloudFoundry
from reviewapps.sandbox.snapshots import KeptOtherwise, Snapshots, pause
from tests.sandbox.cloudfoundry.cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path / "cloud")
    yield cloud
    cloud.close()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return tmp_path / "cloud" / "world.snapshot"


def test_a_change_is_kept_soon_and_nothing_is_written_where_nothing_changed(
    cloud: Cloud, snapshot: Path
) -> None:
    cloud.app("shop")
    cloud.wait_for(lambda: b"shop" in snapshot.read_bytes(), "the app in the snapshot", 2)
    written = snapshot.stat().st_ino
    cloud.call("GET", "/v3/apps")
    until_looked_twice(cloud)
    assert snapshot.stat().st_ino == written


def test_what_changes_without_a_request_is_kept_as_well(cloud: Cloud, snapshot: Path) -> None:
    until_looked_twice(cloud)
    cloud.server.add_user("hubot", "secret", roles={})
    cloud.wait_for(lambda: b"hubot" in snapshot.read_bytes(), "the user in the snapshot", 3)


def until_looked_twice(cloud: Cloud) -> None:
    """Until nobody looks any more because of a request."""
    snapshots = cloud.server.platform.snapshots
    looks = snapshots.looks
    cloud.wait_for(lambda: snapshots.looks > looks + 1, "two more looks")


def test_what_work_in_the_background_changes_is_kept_as_soon_as_it_ends(
    tmp_path: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewapps.sandbox.snapshots.BEAT", 600)
    cloud = Cloud(tmp_path / "cloud", job_delay=0.5)
    try:
        job = cloud.delete(f"/v3/apps/{cloud.app('shop')}")
        cloud.wait_for(lambda: b"shop" in snapshot.read_bytes(), "the app in the snapshot", 2)
        cloud.wait_for(lambda: b"COMPLETE" in snapshot.read_bytes(), "the job in the snapshot", 3)
        assert cloud.call("GET", job)["state"] == "COMPLETE"
    finally:
        cloud.close()


def test_only_the_time_of_our_own_thread_makes_the_pauses_longer_and_that_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [pause(0.5, cost) for cost in (0.1, 1, 100)] == [0.5, 1, 2]
    monkeypatch.setattr("reviewapps.sandbox.snapshots.LONGEST", 600)

    class Slow:
        def __getstate__(self) -> dict[str, Any]:
            threading.Event().wait(0.1)  # as on a machine that is busy with others
            return {}

    async def looks() -> int:
        snapshots = Snapshots(Slow(), tmp_path)
        await snapshots.start()
        async with asyncio.timeout(4):
            while snapshots.looks < 2:
                await asyncio.sleep(0.01)
        await snapshots.stop()
        return snapshots.looks

    assert asyncio.run(looks()) >= 2


def test_a_row_that_cannot_be_kept_is_told_at_the_end_at_the_latest(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "cloud")
    user = cloud.server.platform.uaa.user("deployer")
    assert user
    user.labels["why"] = (item for item in "a generator")  # type: ignore[assignment]
    with pytest.raises(TypeError, match="generator"):
        cloud.close()


def other_fields(header: dict[str, Any]) -> None:
    header["rows"]["reviewapps.sandbox.cloudfoundry.state.apps.App"]["colour"] = "str"


def unknown_row(header: dict[str, Any]) -> None:
    header["rows"]["reviewapps.sandbox.cloudfoundry.state.apps.Lamp"] = {"colour": "str"}


def other_format(header: dict[str, Any]) -> None:
    header["format"] = 0


def moved(header: dict[str, Any]) -> None:
    header["home"] = "/elsewhere"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (other_fields, "kept by another version of reviewapps (App has other fields now)"),
        (unknown_row, "kept by another version of reviewapps (Lamp has other fields now)"),
        (other_format, "kept by another version of reviewapps (its format is 0, and not 1)"),
        (moved, "was kept as /elsewhere; move it back there"),
    ],
)
def test_a_home_that_cannot_be_gone_on_with_is_refused_in_a_sentence(
    tmp_path: Path, snapshot: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    cloud = Cloud(tmp_path / "cloud")
    cloud.app("shop")
    cloud.close()
    line, _, rows = snapshot.read_bytes().partition(b"\n")
    header = json.loads(line)
    change(header)
    snapshot.write_bytes(json.dumps(header).encode() + b"\n" + rows)
    with pytest.raises(KeptOtherwise) as refused:
        CloudFoundry(tmp_path / "cloud")
    assert str(refused.value).startswith(str(tmp_path / "cloud"))
    assert sentence in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"nonsense", b"[]\n"])
def test_what_is_no_snapshot_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    home = tmp_path / "cloud"
    home.mkdir()
    (home / "world.snapshot").write_bytes(content)
    with pytest.raises(KeptOtherwise, match="kept by another version"):
        CloudFoundry(home)


def test_a_snapshot_that_ends_too_soon_is_refused_in_a_sentence(tmp_path: Path, snapshot: Path) -> None:
    Cloud(tmp_path / "cloud").close()
    snapshot.write_bytes(snapshot.read_bytes()[:-100])
    with pytest.raises(KeptOtherwise, match="cannot be read"):
        CloudFoundry(tmp_path / "cloud")


def test_a_change_at_the_very_end_does_not_keep_a_server_from_ending(tmp_path: Path) -> None:
    async def change_and_stop() -> None:
        server = CloudFoundry(tmp_path / "cloud")
        await server.start()
        await asyncio.sleep(0)  # the others' turn: from now on it waits for changes
        snapshots = server.platform.snapshots
        await snapshots.middleware(make_mocked_request("POST", "/v3/apps"), nothing)
        await asyncio.wait_for(snapshots.stop(), 5)
        await server.stop()

    async def nothing(_: web.Request) -> web.Response:
        return web.Response()

    asyncio.run(change_and_stop())
