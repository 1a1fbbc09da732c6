"""run-task, tasks, terminate-task."""

from __future__ import annotations

import pytest

from tests.sandbox.cf_cli import apps, logs, tasks
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter


@pytest.fixture(scope="module", autouse=True)
def shop(cloud: Cloud) -> None:
    app = cloud.app("shop")
    cloud.assign(app, cloud.droplet(app, greeter("hello")))


def test_tasks_run_are_listed_and_are_terminated(cloud: Cloud, cf: Cf) -> None:
    done = tasks.run_task(cf, "shop", "echo migrated; echo $VCAP_APPLICATION", name="migrate", wait=True)
    with pytest.raises(CommandFailed, match="Exited with status 3"):
        tasks.run_task(cf, "shop", "exit 3", wait=True)
    running = tasks.run_task(cf, "shop", "sleep 60")

    assert tasks.terminate_task(cf, "shop", running.sequence_id) == "CANCELING"
    cloud.wait_for(lambda: tasks.task(cf, "shop", 3).state == "FAILED", "the task's end")
    assert [(one.sequence_id, one.state) for one in tasks.tasks(cf, "shop")] == [
        (3, "FAILED"),
        (2, "FAILED"),
        (1, "SUCCEEDED"),
    ]
    assert done.name == "migrate"
    said = [line.text for line in logs.recent(cf, "shop") if line.source == "APP/TASK/migrate/0"]
    assert "migrated" in said
    kinds = [kind for kind, _ in apps.events(cf, "shop")]
    assert (kinds.count("audit.app.task.create"), kinds.count("audit.app.task.cancel")) == (3, 1)


def test_a_task_takes_the_command_of_a_process(cf: Cf) -> None:
    assert tasks.run_task_of_process(cf, "shop", "web").command == "python3 app.py"


def test_a_task_of_an_app_without_a_droplet_is_refused(cf: Cf) -> None:
    apps.create_app(cf, "draft")

    with pytest.raises(CommandFailed, match="Task must have a droplet"):
        tasks.run_task(cf, "draft", "true")
