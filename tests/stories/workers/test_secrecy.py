"""A day with secrets that are known again wherever they are seen: they are seen nowhere."""

from __future__ import annotations

import json
import signal
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from reviewapps import settings
from reviewapps.coordination.embedded import embedded_url
from reviewapps.settings import PREFIX
from tests.coordination.waiting import until
from tests.faults.shop import Preview, Shop
from tests.stories.workers.command import ended, running
from tests.stories.workers.test_run_command import alone, as_app
from tests.stories.workers.visiting import answers, free_port

pytestmark = pytest.mark.story

WORDS = {
    "CF_PASSWORD": "zq-cloudfoundry-zq",
    "GATE_PASSWORD": "zq-gate-zq",
    "GATE_BYPASS": "zq-bypass-zq",
    "WEB_TOKEN": "zq-the-token-of-the-page-zq",
    "WEBHOOK_SECRET": "zq-webhook-zq",
}


@contextmanager
def watching_arguments() -> Iterator[set[str]]:
    """The command lines of all processes of this machine, meanwhile."""
    seen: set[str] = set()
    leave = threading.Event()

    def look() -> None:
        while not leave.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        leave.set()
        looking.join()


def everything_in(redis: Redis) -> dict[str, str]:
    """All that a Redis holds, by key; what is packed is unpacked."""
    found = {}
    for key in redis.scan_iter():
        kind = redis.type(key)
        value: Any = redis.dump(key)
        if kind == b"string":
            raw: Any = redis.get(key)
            value = zlib.decompress(raw[1:]) if raw and raw.startswith(b"z") else raw
        elif kind == b"zset":
            value = repr(redis.zrange(key, 0, -1)).encode()
        elif kind == b"hash":
            value = repr(redis.hgetall(key)).encode()
        elif kind == b"list":
            value = repr(redis.lrange(key, 0, -1)).encode()
        elif kind == b"set":
            value = repr(redis.smembers(key)).encode()
        found[key.decode()] = (value or b"").decode(errors="replace")
    return found


def told_on_github(shop: Shop, preview: Preview) -> list[str]:
    """Comments, deployments and statuses, whoever may read them."""
    api, root = shop.octocat.api, f"/repos/{shop.world.repository}"
    deployments = api("GET", f"{root}/deployments")
    found = [api("GET", f"{root}/issues/{preview.number}/comments"), deployments]
    found += [api("GET", f"{root}/commits/{preview.commit}/statuses")]
    found += [api("GET", f"{root}/deployments/{one['id']}/statuses") for one in deployments]
    assert all(found)
    return [json.dumps(one) for one in found]


def secrets_of(shop: Shop, env: dict[str, str]) -> set[str]:
    """Those that we were told, and those that were made of them meanwhile."""
    told = settings.settings(env, Path("/nowhere"))
    lines = {line for secret in told.secrets for line in secret.splitlines() if len(line) > 8}
    tokens = set(shop.world.github.world.installation_tokens)
    assert tokens and len(lines) > len(WORDS)
    return {*lines, *tokens, env[f"{PREFIX}GITHUB_PRIVATE_KEY"]} - {"-----BEGIN RSA PRIVATE KEY-----"}


def test_no_secret_is_anywhere(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "run.log"
    with Shop(tmp_path / "shop") as shop, watching_arguments() as arguments:
        shop.world.cloudfoundry.add_user("zq", WORDS["CF_PASSWORD"], roles={"acme/review": "space_developer"})
        told = {**WORDS, **as_app(shop), "CF_USER": "zq", "ACCESS": "password"}
        env = alone(shop, tmp_path, BIND=f"127.0.0.1:{port}", LOG_FILE=str(log), **told)
        with running("run", env=env) as run:
            preview = shop.open("blue header")
            shop.until_live(preview)
            until(lambda: answers(port, "/readyz"), "a page that is ready", seconds=20)
            asked = {"Authorization": f"Bearer {WORDS['WEB_TOKEN']}"}
            paths = ("/", "/acme/shop", "/metrics", "/api/environments")
            pages = [
                requests.get(f"http://127.0.0.1:{port}{path}", headers=asked, timeout=30) for path in paths
            ]
            assert {page.status_code for page in pages} == {200}
            listed = ended("list", "--json", env=env)
            assert f"pr-{preview.number}" in listed.stdout
            with Redis.from_url(embedded_url(tmp_path / "orchestrator" / "redis")) as redis:
                kept = everything_in(redis)
            secrets = secrets_of(shop, env)
            run.send_signal(signal.SIGTERM)
            printed = run.communicate(timeout=15)
        places = {
            "logs": log.read_text() + "".join(printed) + listed.stderr,
            "list --json": listed.stdout,
            "pages": "".join(page.text + str(page.headers) for page in pages),
            "git": "".join(p.read_text() for p in (tmp_path / "orchestrator").rglob("config")),
            "arguments": "\n".join(arguments),
            **{f"GitHub {number}": text for number, text in enumerate(told_on_github(shop, preview))},
            **{f"Redis {key}": value for key, value in kept.items()},
        }
    seen = {"arguments": "fetch", "logs": "audit", "git": "[core]"}
    assert [place for place, word in seen.items() if word not in places[place]] == []
    assert [place for place, text in places.items() if any(secret in text for secret in secrets)] == []
