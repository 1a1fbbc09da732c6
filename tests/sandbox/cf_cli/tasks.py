"""run-task, tasks, terminate-task."""

from __future__ import annotations

import time

from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Process, Task
from tests.sandbox.cf_cli.summaries import app_named


def run_task(cf: Cf, app: str, command: str, *, name: str = "", wait: bool = False) -> Task:
    """``cf run-task APP --command … [--name …] [--wait]``."""
    said = {"command": command, **({"name": name} if name else {})}
    task = cf.ask(Task, "POST", f"/v3/apps/{app_named(cf, app).guid}/tasks", said)
    return _ended(cf, task) if wait else task


def run_task_of_process(cf: Cf, app: str, kind: str) -> Task:
    """``cf run-task APP --process TYPE``: with that process's command."""
    guid = app_named(cf, app).guid
    process = cf.get(Process, f"/v3/apps/{guid}/processes/{kind}")
    said = {"template": {"process": {"guid": process.guid}}}
    return cf.ask(Task, "POST", f"/v3/apps/{guid}/tasks", said)


def tasks(cf: Cf, app: str) -> list[Task]:
    """``cf tasks APP``: the newest first."""
    query = {"order_by": "-created_at"}
    return cf.rows(Task, f"/v3/apps/{app_named(cf, app).guid}/tasks", query)


def task(cf: Cf, app: str, number: int) -> Task:
    """``cf task APP NUMBER``."""
    path = f"/v3/apps/{app_named(cf, app).guid}/tasks"
    return cf.first(Task, path, {"sequence_ids": number}, f"Task sequence ID {number} not found.")


def terminate_task(cf: Cf, app: str, number: int) -> str:
    """``cf terminate-task APP NUMBER``: its state."""
    return cf.ask(Task, "PUT", f"/v3/tasks/{task(cf, app, number).guid}/cancel").state


def _ended(cf: Cf, task: Task, seconds: float = 60) -> Task:
    deadline = time.monotonic() + seconds
    while task.state not in ("SUCCEEDED", "FAILED"):
        assert time.monotonic() < deadline, task.state
        time.sleep(cf.interval)
        task = cf.get(Task, f"/v3/tasks/{task.guid}")
    if task.state == "FAILED":
        raise CommandFailed("TaskFailed", task.result.failure_reason)
    return task
