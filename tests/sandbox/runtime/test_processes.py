from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from reviewapps.sandbox.cloudfoundry.runtime.output import LONGEST_LINE
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup
from tests.sandbox.runtime.world import Said, gone, until

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
"""
LEAVER = [sys.executable, "-c", DAEMON]
MASTER = [sys.executable, "-c", f"{DAEMON}time.sleep(600)"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a daemon is not found")

SANDBOX = """
import asyncio, os, sys
from pathlib import Path
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup

async def main():
    command = sys.argv[1:] or ["sh", "-c", "sleep 600 & echo $$ $!; wait"]
    said = lambda stream, line: print(line, flush=True)
    group = await ProcessGroup.start(command, folder=Path("."), env=os.environ, log=said)
    await group.exit_status()

asyncio.run(main())
"""


def test_all_that_was_started_dies_with_a_killed_sandbox() -> None:
    async def story() -> None:
        sandbox = await asyncio.create_subprocess_exec(sys.executable, "-c", SANDBOX, stdout=subprocess.PIPE)
        assert sandbox.stdout is not None
        shell, child = (await sandbox.stdout.readline()).split()
        assert psutil.pid_exists(int(shell))
        assert psutil.pid_exists(int(child))

        sandbox.kill()

        await gone(int(shell))
        await gone(int(child))
        await sandbox.wait()

    asyncio.run(story())


@linux
@pytest.mark.parametrize("command", [LEAVER, MASTER], ids=["its parent left", "its parent is there"])
def test_a_daemon_does_not_outlive_its_command(tmp_path: Path, command: list[str]) -> None:
    async def story() -> None:
        said = Said()
        group = await ProcessGroup.start(command, folder=tmp_path, env={}, log=said)
        await until(lambda: said.text, "the daemon's id")
        if command is MASTER:
            assert psutil.pid_exists(int(said.text))
            await group.stop(grace=5)
        assert await group.exit_status() == (143 if command is MASTER else 0)
        assert not psutil.pid_exists(int(said.text))

    asyncio.run(story())


@linux
def test_a_daemon_dies_with_a_killed_sandbox() -> None:
    async def story() -> None:
        sandbox = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SANDBOX, *MASTER, stdout=subprocess.PIPE
        )
        assert sandbox.stdout is not None
        daemon = int(await sandbox.stdout.readline())
        assert psutil.pid_exists(daemon)

        sandbox.kill()

        await gone(daemon)
        await sandbox.wait()

    asyncio.run(story())


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        said = Said()
        group = await ProcessGroup.start(["missing"], folder=tmp_path, env={"PATH": "/bin"}, log=said)
        assert await group.exit_status() == 127
        assert said.text == "missing: No such file or directory"

    asyncio.run(story())


def test_a_line_without_end_is_logged_in_pieces(tmp_path: Path) -> None:
    async def story() -> None:
        said = Said()
        command = ["sh", "-c", f"head -c {3 * LONGEST_LINE} /dev/zero | tr '\\0' x"]
        group = await ProcessGroup.start(command, folder=tmp_path, env=os.environ, log=said)
        assert await group.exit_status() == 0
        assert sum(len(line) for _, line in said.lines) == 3 * LONGEST_LINE
        assert all(len(line) <= 2 * LONGEST_LINE for _, line in said.lines)

    asyncio.run(story())


def test_a_child_left_behind_does_not_outlive_its_command(tmp_path: Path) -> None:
    async def story() -> None:
        said = Said()
        command = ["sh", "-c", "sleep 600 & echo $!; exit 4"]
        group = await ProcessGroup.start(command, folder=tmp_path, env=os.environ, log=said)
        assert await group.exit_status() == 4
        await gone(said.text)

    asyncio.run(story())
