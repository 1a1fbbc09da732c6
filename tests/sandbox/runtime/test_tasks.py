from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from reviewapps.sandbox.cloudfoundry.runtime import run_task
from tests.sandbox.runtime.world import Said, droplet, gone, until


def test_a_task_runs_once_in_the_droplet_and_gives_its_exit_status(tmp_path: Path) -> None:
    said, began = Said(), list[bool]()
    command = 'cat migration.txt; echo "port: ${PORT:-none}, $NAME"; exit 7'

    status = asyncio.run(
        run_task(
            command,
            droplet(tmp_path, {"migration.txt": "0001_initial\n"}),
            env={"NAME": "release"},
            folder=tmp_path / "task",
            log=said,
            started=lambda: began.append(True),
        )
    )

    assert status == 7
    assert [line for _, line in said.lines] == ["0001_initial", "port: none, release", "Exit status 7"]
    assert began == [True]
    assert not (tmp_path / "task").exists()


def test_a_cancelled_task_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    async def story() -> None:
        said, begun = Said(), asyncio.Event()
        packed = droplet(tmp_path, {})
        task = asyncio.create_task(
            run_task(
                "sleep 600 & echo $!; wait",
                packed,
                env={},
                folder=tmp_path / "task",
                log=said,
                started=begun.set,
            )
        )
        await begun.wait()
        await until(lambda: said.lines, "the child's id")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone(said.lines[0][1])
        assert not (tmp_path / "task").exists()

    asyncio.run(story())
