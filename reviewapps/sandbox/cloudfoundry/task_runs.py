"""Tasks: commands that really run, once, in a droplet."""

from __future__ import annotations

import asyncio
import shutil

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.environment import environment
from reviewapps.sandbox.cloudfoundry.runtime import run_task
from reviewapps.sandbox.cloudfoundry.state import App, Task
from reviewapps.sandbox.cloudfoundry.world import World

_CANCELLED = "task was cancelled"
_LOST = "cell disappeared before completion"


class TaskRuns:
    """The tasks under way."""

    def __init__(self, world: World, background: Background) -> None:
        self._world = world
        self._background = background
        self._running: dict[Task, asyncio.Task[None]] = {}

    def start(self, task: Task) -> None:
        """Run ``task`` in the background, with the environment that its app has now."""
        env = environment(self._world, task.app, task.memory_mb)
        running = self._background.spawn(self._run(task, env))
        self._running[task] = running
        running.add_done_callback(lambda _: self._running.pop(task, None))

    def carry_on(self) -> None:
        """A task ends with its cell; none is run twice."""
        for task in self._world.all(Task):
            if task.unfinished:
                _end(task, _CANCELLED if task.state == "CANCELING" else _LOST)

    def cancel(self, task: Task) -> None:
        """End it; a cancelled task is a failed one."""
        task.state = "CANCELING"
        task.touch()
        if running := self._running.get(task):
            running.cancel()
            running.add_done_callback(lambda _: _end(task, _CANCELLED))
        else:
            _end(task, _CANCELLED)

    async def abandoned(self, app: App) -> None:
        """End all tasks of ``app``, and wait for it."""
        running = [run for task, run in self._running.items() if task.app is app]
        for run in running:
            run.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, task: Task, env: dict[str, str]) -> None:
        if task.memory_mb > self._world.settings.cell_memory_in_mb:
            _end(task, "insufficient resources: memory")
            return
        folder = self._world.folder("tasks", task.guid)
        try:
            status = await run_task(
                task.command,
                self._world.bits(task.droplet),
                env=env,
                folder=folder,
                log=lambda stream, line: self._say(task, stream, line),
                started=lambda: self._began(task),
            )
        except Exception as wrong:  # whatever it is, whoever waits for the task has to see its end
            _end(task, f"failed to create container: {wrong}")
            if not isinstance(wrong, OSError):
                raise
        else:
            _end(task, None if status == 0 else f"Exited with status {status}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _began(self, task: Task) -> None:
        if task.state == "PENDING":
            task.state = "RUNNING"
            task.touch()

    def _say(self, task: Task, stream: str, line: str) -> None:
        self._world.say(task.app, f"APP/TASK/{task.name}", line, stream=stream)


def _end(task: Task, failure: str | None) -> None:
    task.state = "FAILED" if failure else "SUCCEEDED"
    task.failure_reason = failure
    task.touch()
