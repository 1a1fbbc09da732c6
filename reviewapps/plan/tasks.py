"""The commands of an environment: each run once for what it is for, found again by its key."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import Actual, App, Attempt, Blueprint, Command, Fault, Refusal, Task
from reviewapps.naming import digest, fence
from reviewapps.plan.services import data_of, databases_of
from reviewapps.plan.terms import Terms
from reviewapps.rules import LONGEST_TASK
from reviewapps.steps import Next, Wait

TOOK_TOO_LONG = "it took longer than it may, and was ended"
UNASKED = Command("", LONGEST_TASK)
FAULTS: dict[str, Fault] = {"release": "release", "setup": "setup"}


def failure(attempt: Attempt, actual: Actual) -> Task | None:
    """The command of this attempt that failed, as far as anybody has looked."""
    mine = (task for task in actual.tasks or () if task.attempt == attempt.id)
    return next((task for task in mine if task.state == "failed" and task.kind in FAULTS), None)


def refused(task: Task, terms: Terms) -> steps.Refuse:
    """That its command failed, so that the commit is not tried again."""
    why = TOOK_TOO_LONG if task.cancelled else task.error
    return steps.Refuse(Refusal(FAULTS[task.kind], why, terms.now))


def watched(attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> Next | None:
    """What has to be known or waited for before anything is set for the next version; None where nothing has.

    A command of an earlier commit that still runs is waited for, and only ended when its time is over: it may be
    in the middle of a migration. One that nobody asks for any more, such as one that the rules dropped, has the
    longest time that rules can give.
    """
    if blueprint.release is None and blueprint.setup is None and attempt.task is None:
        return None
    if actual.tasks is None:
        return steps.Look("tasks")
    running = next((task for task in actual.tasks if task.state == "waiting"), None)
    if running is None:
        return None
    command = {"release": blueprint.release, "setup": blueprint.setup}.get(running.kind)
    if _is_overdue(running, command or UNASKED, terms) and not running.cancelled:
        return steps.CancelTask(running.guid)
    return Wait(f"the {running.kind} task", "task")


def due(
    app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, droplet: str, terms: Terms
) -> Next | None:
    """The command that has to run next; None where all have."""
    if blueprint.release is not None:
        key = digest("release", attempt.commit, attempt.config, *data_of(actual))
        if not _has_succeeded(key, actual):
            if (later := _failed_later(key, attempt, actual)) is not None:
                return refused(later, terms)
            run = steps.RunTask("release", key, blueprint.release.run, droplet, blueprint.memory_mb)
            return _beside(app, attempt, actual) or _asked(run, attempt, terms)
    if blueprint.setup is not None:
        everything = data_of(actual) or (app.guid,)
        key, before = digest("setup", *(databases_of(actual) or everything)), digest("setup", *everything)
        if app.set_up != key:
            run = steps.RunTask("setup", key, blueprint.setup.run, droplet, blueprint.memory_mb)
            done = app.set_up == before or _has_succeeded(key, actual)  # so earlier versions wrote it down
            if done or _was_set_up(key, actual):
                return steps.MarkSetUp(key)
            return _beside(app, attempt, actual) or _asked(run, attempt, terms)
    return None


def _beside(app: App, attempt: Attempt, actual: Actual) -> steps.Begin | steps.Stop | None:
    """What makes room for a command where there is none beside what serves: that is stopped, as where there is
    none to roll."""
    if not app.started:
        return None
    if attempt.stop_start:
        return steps.Stop()
    return steps.Begin(replace(attempt, stop_start=True)) if actual.no_room_to_roll else None


def _was_set_up(key: str, actual: Actual) -> bool:
    """Whether its databases were, for an app that is gone."""
    mine = [one for one in actual.services or () if one.ours and one.database is not None]
    return bool(mine) and all(one.set_up == key for one in mine)


def parting(
    app: App, actual: Actual, teardown: Command, terms: Terms
) -> steps.Look | steps.RunTask | steps.CancelTask | Wait | None:
    """The command before everything is deleted; None where it is over, however it ended, or takes too long. One
    that ran before the pull request was opened again was for what went with it: since then there is another
    attempt. It does not run beside one of a deploy that is under way."""
    if app.droplet is None or app.live_since is None:
        return None
    if actual.droplets is not None and app.droplet not in {droplet.guid for droplet in actual.droplets}:
        return None  # somebody deleted what it would run with
    if actual.tasks is None:
        return steps.Look("tasks")
    mine = _teardown(app, actual.tasks)
    if mine is None:
        run = steps.RunTask("teardown", _teardown_key(app), teardown.run, app.droplet)
        asked = run if app.attempt is None else _asked(run, app.attempt, terms)
        return _others_over(actual.tasks, teardown, terms) or asked
    if mine.state == "waiting":
        if not _is_overdue(mine, teardown, terms):
            return Wait("the teardown task", "task")
        if not mine.cancelled:
            return steps.CancelTask(mine.guid)
    return None


def is_parting(app: App) -> bool:
    """Whether its teardown was asked for."""
    return app.attempt is not None and app.attempt.task == _teardown_key(app)


def parted(app: App, actual: Actual, terms: Terms) -> steps.Look | Wait | bool:
    """Whether its teardown was begun, and is over or overdue, so that its data is not what was set up any more.
    Where an earlier note was written down late in place of the one that tells, its address does: that went before.
    No teardown of a life before counts, but it is waited for."""
    attempt = app.attempt
    if attempt is None or not (is_parting(app) or _has_lost_its_address(app, actual)):
        return False
    if actual.tasks is None:
        return steps.Look("tasks")
    mine = _teardown(app, actual.tasks)
    if mine is None:
        asked = _asked(steps.RunTask("teardown", _teardown_key(app), "", ""), attempt, terms)
        return asked if isinstance(asked, Wait) else False
    if mine.state == "waiting" and not _is_overdue(mine, UNASKED, terms):
        return Wait("the teardown task", "task")
    return is_parting(app) or _is_of_its_end(mine, app)


def _has_lost_its_address(app: App, actual: Actual) -> bool:
    return app.live_since is not None and actual.route is None and not app.environment.shared


def _teardown(app: App, tasks: tuple[Task, ...]) -> Task | None:
    asked = (task for task in tasks if task.kind == "teardown")
    return next((one for one in asked if _counts(one, app)), None)


def _counts(task: Task, app: App) -> bool:
    """Whether the teardown is the one of its end, as far as anybody can tell, or keeps it from having one."""
    return task.state == "waiting" or task.attempt is None or _is_of_its_end(task, app)


def _is_of_its_end(task: Task, app: App) -> bool:
    """Whether the teardown was of its attempt, or of a later one in whose place this one was written late."""
    if task.attempt is None or app.attempt is None:
        return False
    return task.attempt == app.attempt.id or fence(task.attempt) > fence(app.attempt.id)


def _teardown_key(app: App) -> str:
    return digest("teardown", app.guid, app.attempt.id if app.attempt is not None else "")


def _others_over(tasks: tuple[Task, ...], teardown: Command, terms: Terms) -> steps.CancelTask | Wait | None:
    """The end of a command that still runs, and whose data is about to go: it has as long as the teardown would.
    None where none runs, or it does not come to an end."""
    running = next((task for task in tasks if task.state == "waiting"), None)
    if running is None or _is_overdue(running, UNASKED, terms):
        return None
    if _is_overdue(running, teardown, terms) and not running.cancelled:
        return steps.CancelTask(running.guid)
    return Wait(f"the end of the {running.kind} task", "task")


def _asked(run: steps.RunTask, attempt: Attempt, terms: Terms) -> steps.RunTask | Wait:
    """To run it, unless it was asked for a moment ago: an answer that was lost may still have been a yes, and what
    we gave up waiting for may still be done. Hence twice the longest that a request may last."""
    asked_at = attempt.task_asked_at
    if attempt.task == run.key and asked_at is not None and terms.now < asked_at + 2 * terms.request:
        return Wait(f"the {run.kind} task to show itself")
    return run


def _has_succeeded(key: str, actual: Actual) -> bool:
    return any(task.key == key and task.state == "ready" for task in actual.tasks or ())


def _failed_later(key: str, attempt: Attempt, actual: Actual) -> Task | None:
    """The command that failed already, of an attempt which began after this one: this was written down late, in
    the place of that one's refusal."""
    failed = (task for task in actual.tasks or () if task.key == key and task.state == "failed")
    return next((task for task in failed if fence(task.attempt or "") > fence(attempt.id)), None)


def _is_overdue(task: Task, command: Command, terms: Terms) -> bool:
    return terms.now > task.created_at + command.timeout
