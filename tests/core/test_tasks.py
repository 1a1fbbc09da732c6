"""When a command may be asked for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reviewapps import steps
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Blueprint,
    Command,
    Environment,
    Health,
    Service,
    ServiceInstance,
    Task,
)
from reviewapps.plan.services import served
from reviewapps.plan.tasks import due, parting
from reviewapps.plan.terms import Terms
from reviewapps.steps import Next, Wait
from tests.core.settling import NOW

REQUEST = timedelta(seconds=60)
PR = Environment(7, "pr-1")
ATTEMPT = Attempt("1.1", "c", "config", NOW)
BLUEPRINT = Blueprint("c", "host", "app", "", "t", "t", None, None, None, Health(), (), None, {})


def next_command(kind: str, attempt: Attempt, after: timedelta) -> Next | None:
    """What is to be done for a command that no task is known of, so long after it was asked for."""
    app = App("app", "shop-pr-1", PR, "app", False, "droplet", None, None, NOW, attempt, live_since=NOW)
    actual = Actual(PR, (app,), tasks=(), services=())
    command = Command("migrate", timedelta(minutes=5))
    terms = Terms(("shop-pr-1",), "example.gov", "1.2", NOW + after, request=REQUEST)
    if kind == "teardown":
        return parting(app, actual, command, terms)
    return due(app, attempt, actual, replace(BLUEPRINT, release=command), "droplet", terms)


@pytest.mark.parametrize("kind", ["release", "teardown"])
def test_a_command_whose_request_was_given_up_is_not_asked_for_again_while_it_may_still_be_done(
    kind: str,
) -> None:
    asked = next_command(kind, ATTEMPT, timedelta())
    assert isinstance(asked, steps.RunTask)
    waiting = replace(ATTEMPT, task=asked.key, task_asked_at=NOW)
    assert isinstance(next_command(kind, waiting, 1.5 * REQUEST), Wait)
    assert next_command(kind, waiting, 2 * REQUEST) == asked


def test_a_teardown_whose_droplet_somebody_deleted_keeps_nothing_alive() -> None:
    app = App("app", "shop-pr-1", PR, "app", False, "droplet", None, None, NOW, ATTEMPT, live_since=NOW)
    terms = Terms(("shop-pr-1",), "example.gov", "1.2", NOW)
    assert parting(app, Actual(PR, (app,), tasks=(), droplets=()), Command("bye"), terms) is None


def test_what_was_done_with_a_database_is_done_again_with_one_that_a_later_attempt_at_the_same_commit_makes() -> (
    None
):
    terms = Terms(("shop-pr-1",), "example.gov", "9.1", NOW, request=REQUEST)
    command = Command("migrate", timedelta(minutes=5))
    fresh = (Service("db", "database", fresh=True),)
    asked = replace(BLUEPRINT, release=command, setup=command, services=fresh)
    app = App("app", "shop-pr-1", PR, "app", False, None, None, None, NOW, ATTEMPT)
    there = ServiceInstance("guid", "shop-pr-1-db", "db", "ready", True, "ra_db")
    done: tuple[Task, ...] = ()
    for attempt in (ATTEMPT, replace(ATTEMPT, id="2.1", commit="d"), replace(ATTEMPT, id="3.1")):
        made = served(app, attempt, Actual(PR, (app,), services=(there,), bindings=()), asked, terms)
        assert isinstance(made, steps.MakeDatabase)
        there = replace(there, data=made.data)
        assert not isinstance(
            served(app, attempt, Actual(PR, (app,), services=(there,), bindings=()), asked, terms),
            steps.MakeDatabase,
        )
        actual = Actual(PR, (app,), tasks=done, services=(there,))
        while isinstance(run := due(app, attempt, actual, asked, "droplet", terms), steps.RunTask):
            done += (Task("task", run.kind, run.key, "ready", NOW, attempt.id),)
            actual = replace(actual, tasks=done)
        assert isinstance(run, steps.MarkSetUp)
        app = replace(app, set_up=run.key)
    assert [task.kind for task in done] == ["release", "setup"] * 3
