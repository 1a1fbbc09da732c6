"""The sandbox by itself: how soon it is there, how many apps it runs, how many reads each of its servers answers.

python -m bench.sandbox [--apps 100]
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp

from bench import sandbox_github
from bench.world_process import WorldProcess

ONE_LINE = "web: python3 -m http.server $PORT --bind 127.0.0.1\n"
AT_ONCE = 8
SECONDS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox")
    parser.add_argument("--apps", type=int, default=100)
    count = parser.parse_args().apps
    with WorldProcess() as world:
        print(f"| sandbox up, a process of its own | {world.up_after:.2f} s |", flush=True)
        asyncio.run(_cloud_foundry(world, count))
    sandbox_github.main()


async def _cloud_foundry(world: WorldProcess, count: int) -> None:
    async with _session(world.told) as session:
        cloud = Cloud(session, world.told)
        await running_apps(cloud, count)
        await reads(cloud, world)


class Cloud:
    """A Cloud Foundry, and somebody who is logged in there."""

    def __init__(self, session: aiohttp.ClientSession, told: dict[str, Any]) -> None:
        self.session = session
        self.told = told
        self.apps: list[str] = []

    async def log_in(self) -> None:
        form = {
            "grant_type": "password",
            "username": self.told["cf_user"],
            "password": self.told["cf_password"],
        }
        self.session.headers["Authorization"] = aiohttp.encode_basic_auth("cf")
        async with self.session.post("/oauth/token", data=form) as answer:
            self.session.headers["Authorization"] = f"bearer {(await answer.json())['access_token']}"

    async def ask(self, method: str, path: str, **said: Any) -> Any:
        async with self.session.request(method, path, **said) as answer:
            answer.raise_for_status()
            return await answer.json() if answer.content_type == "application/json" else None

    async def read(self, path: str) -> None:
        async with self.session.get(path) as answer:
            answer.raise_for_status()
            await answer.read()

    async def first(self, path: str) -> str:
        return str((await self.ask("GET", path))["resources"][0]["guid"])

    async def until(self, path: str, ready: Callable[[Any], object]) -> Any:
        while not ready(found := await self.ask("GET", path)):
            await asyncio.sleep(0.1)
        return found

    async def push(self, name: str, space: str, domain: str) -> None:
        """A new app of one line, until it answers on its own host."""
        of_space = {"space": {"data": {"guid": space}}}
        app = (await self.ask("POST", "/v3/apps", json={"name": name, "relationships": of_space}))["guid"]
        self.apps.append(app)
        of_app = {"relationships": {"app": {"data": {"guid": app}}}}
        package = (await self.ask("POST", "/v3/packages", json={"type": "bits", **of_app}))["guid"]
        bits = aiohttp.FormData({"bits": io.BytesIO(_zip(ONE_LINE))})
        await self.ask("POST", f"/v3/packages/{package}/upload", data=bits)
        await self.until(f"/v3/packages/{package}", lambda it: it["state"] == "READY")
        build = (await self.ask("POST", "/v3/builds", json={"package": {"guid": package}}))["guid"]
        droplet = (await self.until(f"/v3/builds/{build}", lambda it: it["state"] == "STAGED"))["droplet"]
        at = f"/v3/apps/{app}"
        await self.ask("PATCH", f"{at}/relationships/current_droplet", json={"data": droplet})
        await self.ask("POST", f"{at}/processes/web/actions/scale", json={"memory_in_mb": 32})
        route = {"host": name, "relationships": {**of_space, "domain": {"data": {"guid": domain}}}}
        there = (await self.ask("POST", "/v3/routes", json=route))["guid"]
        to_app = {"destinations": [{"app": {"guid": app}}]}
        await self.ask("POST", f"/v3/routes/{there}/destinations", json=to_app)
        await self.ask("POST", f"{at}/actions/start")
        await self._answers(name)

    async def _answers(self, name: str) -> None:
        at = f"http://127.0.0.1:{self.told['app_port']}/"
        host = {"Host": f"{name}.{self.told['app_domain']}"}
        while True:
            async with self.session.get(at, headers=host) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.2)


async def running_apps(cloud: Cloud, count: int) -> None:
    """So many one-line apps, pushed over the API, until each of them answers; they stay."""
    await cloud.log_in()
    space, domain = await cloud.first("/v3/spaces"), await cloud.first("/v3/domains")
    began = time.monotonic()
    await _a_few_at_once(cloud.push(f"app-{n}", space, domain) for n in range(count))
    print(f"| {count} one-line apps pushed and answering | {time.monotonic() - began:.1f} s |", flush=True)


async def reads(cloud: Cloud, world: WorldProcess) -> None:
    """Reads a second, by a few clients at once: single apps, then a page of fifty."""
    await cloud.log_in()
    apps = itertools.cycle(cloud.apps)
    await _rate(world, "reads of an app", lambda: cloud.read(f"/v3/apps/{next(apps)}"))
    await _rate(world, "reads of fifty apps", lambda: cloud.read("/v3/apps?per_page=50"))


async def _rate(world: WorldProcess, what: str, ask: Callable[[], Awaitable[None]]) -> None:
    """A row with the reads a second, and what each costs, which others on the machine do not change."""
    until, cpu = time.monotonic() + SECONDS, world.cpu

    async def client() -> int:
        count = 0
        while time.monotonic() < until:
            await ask()
            count += 1
        return count

    total = sum(await asyncio.gather(*(client() for _ in range(AT_ONCE))))
    each = (world.cpu - cpu) / total * 1000
    print(
        f"| {what}, {AT_ONCE} clients | {total / SECONDS:.0f} a second, {each:.1f} ms of CPU each |",
        flush=True,
    )


async def _a_few_at_once(work: Iterable[Awaitable[None]]) -> None:
    turn = iter(work)

    async def worker() -> None:
        for one in turn:
            await one

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _session(told: dict[str, Any]) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(told["cf_api"], cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


def _zip(procfile: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Procfile", procfile)
    return file.getvalue()


if __name__ == "__main__":
    main()
