"""When a command may be asked for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from reviewapps import steps
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Binding,
    Blueprint,
    Command,
    Environment,
    Health,
    Service,
    ServiceInstance,
    Task,
)
from reviewapps.naming import DROPPED, digest
from reviewapps.plan.services import bound_again, served
from reviewapps.plan.tasks import due, parting, watched
from reviewapps.plan.terms import Terms
from reviewapps.rules import LONGEST_TASK
from reviewapps.steps import Next, Wait
from tests.core.imagined import CloudFoundry
from tests.core.settling import NOW, SHOP, GitHub, Settling, pull_request

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


BYE = Task("bye", "teardown", "key", "ready", NOW, "1.1")


@pytest.mark.parametrize(
    ("attempt", "ran", "wanted"),
    [
        (ATTEMPT, BYE, None),
        (ATTEMPT, replace(BYE, attempt=None), None),
        (replace(ATTEMPT, id="2.1"), BYE, steps.RunTask),
        (replace(ATTEMPT, id="2.1"), replace(BYE, state="waiting"), Wait),
    ],
)
def test_a_preview_that_was_opened_again_has_a_teardown_of_its_own(
    attempt: Attempt, ran: Task, wanted: type | None
) -> None:
    app = App("app", "shop-pr-1", PR, "app", False, "droplet", None, None, NOW, attempt, live_since=NOW)
    terms = Terms(("shop-pr-1",), "example.gov", "3.1", NOW)
    step = parting(app, Actual(PR, (app,), tasks=(ran,)), Command("bye"), terms)
    assert step is None if wanted is None else isinstance(step, wanted)


@pytest.mark.parametrize("kind", ["teardown", "release"])
def test_a_command_that_nobody_asks_for_any_more_is_not_waited_for_for_ever(
    kind: Literal["teardown", "release"],
) -> None:
    there, asked = Task("t", kind, "key", "waiting", NOW, "1.1"), replace(BLUEPRINT, setup=Command("seed"))
    actual = Actual(PR, tasks=(there,))

    def after(passed: timedelta, actual: Actual = actual) -> Next | None:
        return watched(ATTEMPT, actual, asked, Terms(("shop-pr-1",), "example.gov", "2.1", NOW + passed))

    assert isinstance(after(LONGEST_TASK), Wait)
    assert after(LONGEST_TASK + REQUEST) == steps.CancelTask("t")
    cancelled = replace(actual, tasks=(replace(there, cancelled=True),))
    assert isinstance(after(LONGEST_TASK + REQUEST, cancelled), Wait)


def test_a_release_that_failed_for_a_later_attempt_does_not_run_for_one_that_was_written_down_late() -> None:
    key = next_command("release", ATTEMPT, timedelta())
    assert isinstance(key, steps.RunTask)
    app = App("app", "shop-pr-1", PR, "app", False, "droplet", None, None, NOW, ATTEMPT, live_since=NOW)
    asked = replace(BLUEPRINT, release=Command("migrate"))
    terms = Terms(("shop-pr-1",), "example.gov", "3.1", NOW)

    def after(attempt: str) -> Next | None:
        done = Task("t", "release", key.key, "failed", NOW, attempt)
        return due(app, ATTEMPT, Actual(PR, (app,), tasks=(done,), services=()), asked, "droplet", terms)

    assert isinstance(after("2.1"), steps.Refuse)
    assert isinstance(after("0.1"), steps.RunTask)


def test_a_teardown_whose_droplet_somebody_deleted_keeps_nothing_alive() -> None:
    app = App("app", "shop-pr-1", PR, "app", False, "droplet", None, None, NOW, ATTEMPT, live_since=NOW)
    terms = Terms(("shop-pr-1",), "example.gov", "1.2", NOW)
    assert parting(app, Actual(PR, (app,), tasks=(), droplets=()), Command("bye"), terms) is None


@pytest.mark.parametrize(
    ("lasted", "cancelled", "wanted"),
    [
        (timedelta(minutes=4), False, Wait("the end of the release task", "task")),
        (timedelta(minutes=6), False, steps.CancelTask("t")),
        (timedelta(minutes=6), True, Wait("the end of the release task", "task")),
    ],
)
def test_a_release_has_as_long_as_the_teardown_that_waits_for_it(
    lasted: timedelta, cancelled: bool, wanted: Next
) -> None:
    app = App("app", "shop-pr-1", PR, "app", True, "droplet", "c", "config", NOW, ATTEMPT, live_since=NOW)
    release = Task("t", "release", "key", "waiting", NOW, "1.1", cancelled=cancelled)
    teardown = Command("bye", timedelta(minutes=5))

    def after(passed: timedelta) -> Next | None:
        terms = Terms(("shop-pr-1",), "example.gov", "1.2", NOW + passed)
        return parting(app, Actual(PR, (app,), tasks=(release,)), teardown, terms)

    assert after(lasted) == wanted
    assert isinstance(after(LONGEST_TASK + REQUEST), steps.RunTask)


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


DB = ServiceInstance("db", "shop-pr-1-db", "db", "ready", True, "ra_db", data="d@1.1")
CACHE = ServiceInstance("cache", "shop-pr-1-cache", "cache", "ready", True, plan="redis/small")


def set_up(app: App, *services: ServiceInstance) -> Next | None:
    """What is to be done where a setup is asked for."""
    asked = replace(BLUEPRINT, setup=Command("seed", timedelta(minutes=5)))
    actual = Actual(app.environment, (app,), tasks=(), services=services)
    return due(app, ATTEMPT, actual, asked, "droplet", Terms(("shop-pr-1",), "example.gov", "1.2", NOW))


@pytest.mark.parametrize(
    ("before", "now", "again"),
    [
        ((DB,), (DB,), False),
        ((DB,), (DB, CACHE), False),
        ((DB, CACHE), (DB,), False),
        ((DB,), (replace(DB, data="d@2.1"),), True),
        ((DB,), (DB, replace(DB, guid="other")), True),
        ((), (DB,), True),
        ((CACHE,), (CACHE,), False),
        ((CACHE,), (replace(CACHE, guid="other"),), True),
    ],
)
def test_what_sets_up_a_database_runs_once_for_it_whatever_else_comes(
    before: tuple[ServiceInstance, ...], now: tuple[ServiceInstance, ...], again: bool
) -> None:
    app = App("app", "shop-pr-1", PR, "app", False, None, None, None, NOW, ATTEMPT)
    run = set_up(app, *before)
    assert isinstance(run, steps.RunTask)
    assert isinstance(set_up(replace(app, set_up=run.key), *now), steps.RunTask) == again


def test_what_an_earlier_version_set_up_is_not_set_up_again() -> None:
    known = digest("setup", "cache:", f"db:{DB.data}")
    app = App("app", "shop-pr-1", PR, "app", False, None, None, None, NOW, ATTEMPT, set_up=known)
    marked = set_up(app, DB, CACHE)
    assert isinstance(marked, steps.MarkSetUp)
    assert set_up(replace(app, set_up=marked.key), DB, CACHE) is None


OWN, PLAN = Service("db", "database"), Service("db", "plan", "aws-rds/micro-psql")
MADE = ServiceInstance("guid", "shop-pr-1-db", "db", "ready", True, plan=PLAN.plan)


def next_service(service: Service, there: ServiceInstance, environment: Environment = PR) -> Next | None:
    app = App("app", "shop-pr-1", environment, "app", False, None, None, None, NOW, ATTEMPT)
    bound = (Binding("binding", there.guid, "ready", True),)
    looked_for = frozenset({service.name})
    actual = Actual(environment, (app,), services=(there,), shared_asked=looked_for, bindings=bound)
    asked = replace(BLUEPRINT, services=(service,))
    return served(app, ATTEMPT, actual, asked, Terms(("shop-pr-1",), "example.gov", "1.2", NOW))


@pytest.mark.parametrize(
    ("service", "there", "said"),
    [
        (OWN, MADE, "`db` is its own aws-rds/micro-psql so far, and the rules now say its own database."),
        (PLAN, DB, "`db` is its own database so far, and the rules now say its own aws-rds/micro-psql."),
        (
            replace(PLAN, plan="x/y"),
            MADE,
            "`db` is its own aws-rds/micro-psql so far, and the rules now say its own x/y.",
        ),
        (
            OWN,
            replace(MADE, plan=None),
            "`db` is its own service so far, and the rules now say its own database.",
        ),
    ],
)
def test_a_service_of_another_kind_than_the_rules_say_is_kept_and_told(
    service: Service, there: ServiceInstance, said: str
) -> None:
    preview, dev = next_service(service, there), next_service(service, there, Environment(7, "dev"))
    assert isinstance(preview, steps.Refuse) and isinstance(dev, steps.Refuse)
    assert preview.refusal.fault == "service"
    assert preview.refusal.message.startswith(said)
    assert preview.refusal.message.endswith(
        "give the new one another name, or close the pull request and open it again"
    )
    assert dev.refusal.message.endswith("give the new one another name")


@pytest.mark.parametrize(("service", "there"), [(PLAN, MADE), (PLAN, replace(MADE, plan=None)), (OWN, DB)])
def test_a_service_as_the_rules_say_is_used(service: Service, there: ServiceInstance) -> None:
    assert next_service(service, there) is None


def test_a_database_that_was_dropped_and_is_wanted_again_is_made_again() -> None:
    assert isinstance(next_service(OWN, replace(DB, data=DROPPED)), steps.MakeDatabase)


def test_a_service_that_failed_is_replaced_by_what_the_rules_say_now() -> None:
    assert next_service(OWN, replace(MADE, state="failed")) == steps.DeleteService("guid")


GOING = Binding("going", "other", "waiting", True, going=True)


@pytest.mark.parametrize(
    ("left", "deploying", "giving_back"),
    [
        (replace(GOING, state="ready", going=False), steps.Unbind("going"), steps.Unbind("going")),
        (replace(GOING, going=False), steps.Unbind("going"), steps.Unbind("going")),
        (replace(GOING, state="failed", going=False), steps.Unbind("going"), None),
        (GOING, Wait("the end of a binding"), None),
        (replace(GOING, ours=False), None, None),
    ],
)
def test_a_binding_that_goes_is_waited_for_before_what_comes_and_not_asked_to_go_again(
    left: Binding, deploying: Next | None, giving_back: Next | None
) -> None:
    app = App("app", "shop-pr-1", PR, "app", False, None, None, None, NOW, ATTEMPT)
    bound = (Binding("binding", MADE.guid, "ready", True), left)
    actual = Actual(PR, (app,), services=(MADE,), bindings=bound)
    asked, terms = replace(BLUEPRINT, services=(PLAN,)), Terms(("shop-pr-1",), "example.gov", "1.2", NOW)
    assert served(app, ATTEMPT, actual, asked, terms) == deploying
    assert bound_again(app, ATTEMPT, actual, asked) == giving_back


DEV = Environment(7, "dev")


@pytest.mark.parametrize(
    ("service", "there", "environment", "step"),
    [
        (PLAN, MADE, DEV, None),
        (Service("db", "share"), replace(MADE, name="db", ours=False), PR, None),
        (PLAN, MADE, PR, steps.DeleteService("guid")),
    ],
)
def test_a_shared_service_that_somebody_could_not_delete_keeps_what_it_holds(
    service: Service, there: ServiceInstance, environment: Environment, step: Next | None
) -> None:
    left = replace(there, state="failed", undeleted=True)
    assert next_service(service, left, environment) == step


def test_what_is_shared_is_looked_for_where_only_its_own_services_were() -> None:
    app = App("app", "shop-pr-1", PR, "app", False, None, None, None, NOW, ATTEMPT)
    own = Actual(PR, (app,), services=(), bindings=())
    asked = replace(BLUEPRINT, services=(Service("mail", "share"),))
    terms = Terms(("shop-pr-1",), "example.gov", "1.2", NOW)
    assert served(app, ATTEMPT, own, asked, terms) == steps.Look("services", shared=("mail",))
    seen = replace(own, shared_asked=frozenset({"mail"}))
    assert isinstance(served(app, ATTEMPT, seen, asked, terms), steps.Refuse)


def test_a_database_is_set_up_once_whatever_becomes_of_its_app() -> None:
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}))
    there.services, there.commands = (Service("db", "database"),), {"setup": Command("seed")}
    there.until_settled()
    (guid,) = there.cf.apps
    there.cf.carry_out(steps.DeleteApp(guid), there.cf.look().actual(Environment(SHOP.id, "pr-1")))
    there.until_settled()
    (again,) = there.cf.apps.values()
    assert again.guid != guid and again.commit is not None and again.set_up is not None
    assert sum(isinstance(one, steps.RunTask) for one in there.taken) == 1
