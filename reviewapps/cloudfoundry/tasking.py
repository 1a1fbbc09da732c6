"""The commands of an environment, as tasks of its app."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NoRoom, NotFound, Rejected
from reviewapps.cloudfoundry.skeleton import app_of, write_attempt
from reviewapps.errors import BadManifest
from reviewapps.model import Actual
from reviewapps.steps import CancelTask, MarkSetUp, RunTask


def run_task(api: Client, step: RunTask, actual: Actual) -> Actual:
    """That it is asked for is written down first: should the answer be lost, nobody asks again before the request
    can have come to its end.

    Who was stopped after that note for longer than its lease may find that another has run it meanwhile: so they
    are listed once more, and nothing is run that came up since.

    Where there is no room for it beside what a preview serves, ``no_room_to_roll`` is set; a shared environment is
    not stopped for it, and waits."""
    app = app_of(actual)
    if app.attempt is not None:
        asked = replace(app.attempt, task=step.key, task_asked_at=datetime.now(UTC))
        noted = step.kind == "teardown" or app.droplet_of(asked.build_key or "") is not None
        actual = write_attempt(api, app, asked, actual, None if noted else step.droplet)
    listed = tuple(map(parse.task, api.tasks(app.guid, labels.selector(api.instance))))
    known = {task.guid for task in actual.tasks or ()}
    if any(task.key == step.key and task.guid not in known for task in listed):
        return replace(actual, tasks=listed)
    marks = labels.owner(api.instance, actual.environment, app.app)
    marks |= {labels.TASK: step.kind, labels.KEY: step.key}
    marks |= {labels.ATTEMPT: app.attempt.id} if app.attempt is not None else {}
    memory = _size_of_web(api, app.guid) if step.memory_mb is None else step.memory_mb
    try:
        made = api.create_task(app.guid, step.kind, step.command, step.droplet, memory, marks)
    except NoRoom:
        if app.attempt is not None:  # that was a no, and not an answer that was lost
            actual = write_attempt(api, app, replace(app.attempt, task=None, task_asked_at=None), actual)
        if step.kind == "teardown" or not app.started or app.environment.shared:
            raise
        return replace(actual, no_room_to_roll=True)
    except Rejected as refused:
        raise BadManifest(f"the {step.kind} task: {refused}") from refused
    return replace(actual, tasks=(parse.task(made), *(actual.tasks or ())))


def _size_of_web(api: Client, app: str) -> int | None:
    """MB of an instance, which a command that nobody sized needs too; the platform's default may be more."""
    sizes = (one["memory_in_mb"] for one in api.app_processes(app) if one["type"] == "web")
    return next(sizes, None)


def cancel_task(api: Client, step: CancelTask, actual: Actual) -> Actual:
    with suppress(NotFound, Rejected):  # it is over already
        api.cancel_task(step.guid)
    return replace(actual, tasks=None)


def mark_set_up(api: Client, step: MarkSetUp, actual: Actual) -> Actual:
    """On the databases too, which outlive an app that somebody deletes; on the app last."""
    for one in actual.services or ():
        if one.ours and one.database is not None and one.set_up != step.key:
            api.services.annotate(one.guid, {labels.SET_UP: step.key})
    return actual.with_app(parse.app(api.annotate(app_of(actual).guid, {labels.SET_UP: step.key})))
