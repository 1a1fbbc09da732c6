"""Apps for Node.js: what is installed for them, and that they run."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import aiohttp
import pytest

from reviewapps.sandbox.cloudfoundry.runtime import HealthCheck, StagingFailed, stage
from tests.sandbox.runtime.world import Container, Said, package

Files = dict[str, str | bytes]

COMPILE_FAILED = "BuildpackCompileFailed - App staging failed in the buildpack compile phase"
NPM_THAT_ONLY_TELLS = '#!/bin/sh\necho "npm $*" NODE_ENV=$NODE_ENV\n'
SERVER = """
const greet = require('greet');
require('http').createServer((_, answer) => answer.end(greet())).listen(process.env.PORT, '127.0.0.1');
"""


def listing(**more: object) -> str:
    return json.dumps({"name": "shop", "version": "1.0.0", **more})


def staged(folder: Path, files: Files, path: str) -> Said:
    """What was said while these files were staged, with this PATH."""
    said = Said()
    work = stage(
        package(folder, files),
        folder / "droplet.tgz",
        buildpacks=[],
        env={"PATH": path},
        workdir=folder / "work",
        log=said,
    )
    asyncio.run(work)
    return said


def tools(folder: Path, npm: str = NPM_THAT_ONLY_TELLS) -> str:
    """A PATH with a node and an npm of our own."""
    (folder / "tools").mkdir()
    for name, script in (("node", "#!/bin/sh\necho v99.1.2\n"), ("npm", npm)):
        (folder / "tools" / name).write_text(script)
        (folder / "tools" / name).chmod(0o755)
    return f"{folder / 'tools'}{os.pathsep}/usr/bin{os.pathsep}/bin"


DEPENDENT = listing(dependencies={"greet": "1"}, engines={"node": "18.x"})


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": DEPENDENT}, "npm install"),
        ({"package.json": DEPENDENT, "package-lock.json": "{}"}, "npm ci"),
        ({"package.json": DEPENDENT, "node_modules/greet/index.js": ""}, "npm rebuild"),
        ({"package.json": listing(scripts={"heroku-postbuild": "x"})}, "npm run heroku-postbuild"),
    ],
)
def test_npm_is_asked_for_what_the_app_lists(tmp_path: Path, files: Files, command: str) -> None:
    said = staged(tmp_path, files, tools(tmp_path))

    assert f"       {command} NODE_ENV=production" in [line for _, line in said.lines]
    assert "Installing node v99.1.2" in said.text


def test_an_app_that_lists_nothing_needs_no_registry(tmp_path: Path) -> None:
    nothing = listing(devDependencies={"mocha": "1"}, engines={"node": "18.x"})
    said = staged(tmp_path, {"package.json": nothing}, tools(tmp_path))

    assert "npm " not in said.text.replace("engines.npm", "")
    assert "engines.node (package.json): 18.x" in said.text


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_package_json_that_is_none_fails_the_build(tmp_path: Path, text: str) -> None:
    with pytest.raises(StagingFailed, match=COMPILE_FAILED):
        staged(tmp_path, {"package.json": text}, tools(tmp_path))


def test_an_npm_that_fails_fails_the_build(tmp_path: Path) -> None:
    with pytest.raises(StagingFailed, match=COMPILE_FAILED):
        staged(tmp_path, {"package.json": DEPENDENT}, tools(tmp_path, "#!/bin/sh\nexit 3\n"))


def test_a_machine_without_node_is_told_to_be_at_fault(tmp_path: Path) -> None:
    with pytest.raises(StagingFailed) as failed:
        staged(tmp_path, {"package.json": "{}"}, str(tmp_path))

    reason = "nodejs_buildpack: node is not on this machine's PATH"
    assert failed.value.error == f"StagingError - Staging error: {reason}"


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this machine")
def test_an_app_runs_with_a_package_that_it_brings_along(tmp_path: Path) -> None:
    files: Files = {
        "package.json": listing(dependencies={"greet": "file:./greet"}),
        "greet/package.json": json.dumps({"name": "greet", "version": "1.0.0"}),
        "greet/index.js": "module.exports = () => 'hello from node';",
        "server.js": SERVER,
    }
    staged(tmp_path, files, os.environ["PATH"])

    async def story() -> None:
        health = HealthCheck(type="http")
        container = Container(tmp_path, "npm start", packed=tmp_path / "droplet.tgz", health=health)
        async with container, aiohttp.ClientSession() as client:
            await container.running()
            async with client.get(f"http://127.0.0.1:{container.instance.port}/") as answer:
                assert await answer.text() == "hello from node"

    asyncio.run(story())
