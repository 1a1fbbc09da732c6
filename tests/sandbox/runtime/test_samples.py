from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest
import yaml

import reviewapps.sandbox
from reviewapps.sandbox.cloudfoundry.runtime import HealthCheck, ports, stage, static_files
from reviewapps.sandbox.cloudfoundry.runtime.health import never_healthy
from tests.sandbox.runtime.world import Container, Said, package

SHOP = Path(reviewapps.sandbox.__file__).parent / "samples" / "shop"

SITE: dict[str, str | bytes] = {
    "Staticfile": "root: public\npushstate: enabled\n",
    "public/index.html": "<h1>Home</h1>",
    "public/style.css": "h1 {}",
    "public/.secret": "hidden",
    "server.py": "not public",
}


async def running(
    folder: Path, files: dict[str, str | bytes], env: dict[str, str], health: HealthCheck
) -> Container:
    """The app of these files, staged."""
    zipped, droplet = package(folder, files), folder / "droplet.tgz"
    staged = await stage(zipped, droplet, buildpacks=[], env={}, workdir=folder / "work", log=Said())
    return Container(folder, staged.process_types["web"], packed=droplet, env=env, health=health)


def shop() -> dict[str, str | bytes]:
    return {path.name: path.read_bytes() for path in SHOP.iterdir() if path.is_file()}


def test_the_shop_shows_its_headline_its_commit_and_its_environment(tmp_path: Path) -> None:
    async def story() -> None:
        env = {"REVIEWAPPS_COMMIT": "3f2c1ab9d8e7f6", "REVIEWAPPS_ENVIRONMENT": "pr-<12>"}
        files = {**shop(), "headline.txt": "Fish & chips\n"}
        health = HealthCheck(type="http", endpoint="/healthz")
        async with (
            await running(tmp_path, files, env, health) as container,
            aiohttp.ClientSession() as client,
        ):
            await container.running()
            async with client.get(f"http://127.0.0.1:{container.instance.port}/") as answer:
                page = await answer.text()
            assert "<h1>Fish &amp; chips</h1>" in page
            assert "3f2c1ab9d8e7" in page
            assert "pr-&lt;12&gt;" in page

    asyncio.run(story())


def test_static_files_are_served_to_this_machine_alone(tmp_path: Path) -> None:
    async def story() -> None:
        port = ports.take()
        program = [sys.executable, static_files.__file__]
        server = await asyncio.create_subprocess_exec(*program, cwd=tmp_path, env={"PORT": str(port)})
        try:
            assert await never_healthy(HealthCheck(), port) is None
            with pytest.raises(OSError, match="Connect call failed"):
                await asyncio.open_connection("127.0.0.2", port)
        finally:
            server.terminate()
            await server.wait()
            ports.give_back(port)

    asyncio.run(story())


def test_the_shop_closes_by_itself_when_asked_to(tmp_path: Path) -> None:
    async def story() -> None:
        async with await running(tmp_path, shop(), {}, HealthCheck()) as container:
            await container.running()
            await container.instance.stop()
            assert "The shop is closed" in container.said.text

    asyncio.run(story())


def test_the_shops_manifest_asks_for_what_a_preview_needs() -> None:
    (app,) = yaml.safe_load((SHOP / "manifest.yml").read_text())["applications"]

    assert (app["name"], app["memory"], app["health-check-http-endpoint"]) == ("shop", "64M", "/healthz")


def test_a_static_site_is_served_as_its_staticfile_says(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            await running(tmp_path, SITE, {}, HealthCheck()) as container,
            aiohttp.ClientSession() as client,
        ):
            await container.running()

            async def body(path: str) -> str:
                async with client.get(f"http://127.0.0.1:{container.instance.port}{path}") as answer:
                    return await answer.text()

            assert await body("/") == "<h1>Home</h1>"
            assert await body("/style.css") == "h1 {}"
            assert await body("/any/page") == "<h1>Home</h1>"
            assert await body("/.secret") == "<h1>Home</h1>"
            assert "not public" not in await body("/../server.py")

    asyncio.run(story())


def test_a_static_site_lists_no_folder_and_misses_what_is_not_there(tmp_path: Path) -> None:
    async def story() -> None:
        files: dict[str, str | bytes] = {"index.html": "home", "pictures/cat.svg": "<svg/>"}
        async with (
            await running(tmp_path, files, {}, HealthCheck()) as container,
            aiohttp.ClientSession() as client,
        ):
            await container.running()

            async def status(path: str) -> int:
                async with client.get(f"http://127.0.0.1:{container.instance.port}{path}") as answer:
                    return answer.status

            assert await status("/pictures/cat.svg") == 200
            assert await status("/pictures/") == 403
            assert await status("/nothing") == 404

    asyncio.run(story())
