"""What serves stands on data that its own commands ran on; nothing is done to data that a command is busy with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from reviewapps import steps
from reviewapps.model import App, Attempt, Command, PullRequest, Service, ServiceInstance, TaskKind
from reviewapps.plan import Terms, next_rest
from reviewapps.rules import EnvironmentRules, Rules
from reviewapps.steps import Done, Wait
from tests.core.imagined import CloudFoundry, Fate
from tests.core.one_preview import PR_1, PUSHED, refusal, the_app
from tests.core.settling import NOW, GitHub, Settling, is_as_it_should_be, pull_request, sha

OWN, FRESH = Service("db", "database"), Service("db", "database", fresh=True)
ROUNDS = 200


def town(service: Service = OWN, *, pushed: Fate = "well", looks: int = 1, **commands: str) -> Settling:
    """One pull request with a database; ``looks`` is how long all takes that takes its time."""
    trees: dict[str, Fate] = {f"tree-of-{sha(1)}": "well", f"tree-of-{PUSHED}": pushed}
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, trees, looks=looks))
    there.services = (service,)
    there.commands = {kind: Command(text) for kind, text in commands.items()}
    return there


def until(there: Settling, seen: Callable[[], object]) -> None:
    """Let turns be taken until then, and not until all is settled."""
    for _ in range(ROUNDS):
        for environment in there.attention():
            there.turn(environment)
        if seen():
            return
        there.cf.pass_time()
    raise AssertionError("never seen")


def commands(there: Settling, since: int = 0) -> list[TaskKind]:
    return [step.kind for step in there.taken[since:] if isinstance(step, steps.RunTask)]


def database(there: Settling) -> ServiceInstance:
    (found,) = there.cf.services[PR_1]
    return found


def wish(there: Settling, commit: str) -> int:
    """Let the pull request be at this commit until all is settled; how much was done before."""
    before = len(there.taken)
    there.github.pull_requests[1] = pull_request(1, commit)
    there.until_settled()
    return before


def reset(there: Settling) -> None:
    app = the_app(there)
    assert app.attempt is not None
    name = f"{there.cf.requests:x}.2"
    anew = Attempt(name, sha(1), app.attempt.config, there.cf.now, data=name, replaces=app.droplet)
    there.cf.carry_out(steps.Begin(anew), there.cf.look().actual(PR_1))


def closing(there: Settling) -> PullRequest:
    """The pull request, which is closed from now on."""
    opened = there.github.pull_requests[1]
    there.github.pull_requests[1] = replace(opened, open=False, closed_at=NOW)
    return opened


def rest(there: Settling) -> None:
    """Let all go but its build, as where that is kept for who opens it again."""
    actual, terms = (
        there.cf.look().actual(PR_1),
        Terms(("shop-pr-1",), "apps.example.gov", "ff.1", there.cf.now),
    )
    while not isinstance(step := next_rest(actual, there.commands["teardown"], terms), Done | Wait):
        actual = there.cf.carry_out(step, actual)
    assert isinstance(step, Done)


def fares(there: Settling, fate: Fate) -> None:
    """Let the first commit fare so from now on."""
    there.cf.fates = {**there.cf.fates, f"tree-of-{sha(1)}": fate}


def is_settled_again(there: Settling, before: int) -> App:
    """What serves, all of whose commands ran on what it stands on now."""
    assert commands(there, before)[:2] == ["release", "setup"]
    app = the_app(there)
    assert app.attempt is not None and app.attempt.refusal is None and app.commit == sha(1)
    return app


# --- back to what serves ---


def test_what_serves_gets_its_data_back_after_a_commit_whose_release_failed_on_its_own() -> None:
    there = town(FRESH, pushed="unreleasable", release="migrate", setup="seed")
    there.until_settled()
    first = database(there).data
    wish(there, PUSHED)
    others = database(there).data
    before = wish(there, sha(1))
    is_settled_again(there, before)
    assert len({first, others, database(there).data}) == 3


def test_what_serves_gets_its_data_back_after_rules_under_which_its_release_failed() -> None:
    there = town(FRESH, release="migrate", setup="seed")
    there.until_settled()
    there.github.rules = Rules(environments={"review": EnvironmentRules(env={"A": "1"})})
    fares(there, "unreleasable")
    there.until_settled()
    fares(there, "well")
    there.github.rules = Rules()
    before = len(there.taken)
    there.until_settled()
    is_settled_again(there, before)


def test_data_that_was_reset_in_vain_is_set_up_once_there_is_a_wish_again() -> None:
    there = town(pushed="unbuildable", release="migrate", setup="seed")
    there.until_settled()
    fares(there, "unreleasable")
    reset(there)
    there.until_settled()
    fares(there, "well")
    wish(there, PUSHED)
    is_settled_again(there, wish(there, sha(1)))


def test_what_a_refused_commit_had_besides_is_nothing_to_what_serves() -> None:
    there = town(release="migrate", setup="seed")
    there.until_settled()
    there.services = (OWN, Service("cache", "database"))
    there.github.rules = Rules(environments={"review": EnvironmentRules(env={"A": "1"})})
    fares(there, "unreleasable")
    there.until_settled()
    assert len(there.cf.services[PR_1]) == 2
    there.services, there.github.rules, before = (OWN,), Rules(), len(there.taken)
    there.until_settled()
    assert not commands(there, before)


def test_what_was_reset_and_is_stopped_by_hand_keeps_its_data() -> None:
    there = town(FRESH, release="migrate")
    there.until_settled()
    reset(there)
    there.until_settled()
    data = database(there).data
    app = the_app(there)
    there.cf.apps[app.guid] = replace(app, started=False)
    there.cf.running.pop(app.guid)
    there.until_settled()
    assert the_app(there).started and database(there).data == data


def test_what_is_wanted_again_while_its_teardown_runs_is_made_anew() -> None:
    there = town(looks=3, release="migrate", setup="seed", teardown="drop everything")
    there.until_settled()
    opened = closing(there)
    until(there, lambda: "teardown" in commands(there))
    before = len(there.taken)
    there.github.pull_requests[1] = opened
    there.until_settled()
    is_settled_again(there, before)


def test_so_is_what_was_in_the_middle_of_a_push_when_it_was_closed() -> None:
    there = town(looks=3, release="migrate", setup="seed", teardown="drop everything")
    there.until_settled()
    there.github.pull_requests[1], before = pull_request(1, PUSHED), len(there.taken)
    until(there, lambda: any(isinstance(step, steps.CreateBuild) for step in there.taken[before:]))
    opened = closing(there)
    until(there, lambda: "teardown" in commands(there))
    there.github.pull_requests[1], before = opened, len(there.taken)
    there.until_settled()
    assert commands(there, before) == ["release", "setup"] and the_app(there).commit == PUSHED
    assert is_as_it_should_be(there) == {}


@pytest.mark.parametrize("pushed", [False, True], ids=["of the same attempt", "of the one before"])
def test_a_note_that_comes_late_hides_no_teardown(pushed: bool) -> None:
    there = town(looks=3, release="migrate", setup="seed", teardown="drop everything")
    there.until_settled()
    late = the_app(there).attempt
    if pushed:
        wish(there, PUSHED)
    opened = closing(there)
    until(there, lambda: "teardown" in commands(there))
    there.cf.apps = {guid: replace(app, attempt=late) for guid, app in there.cf.apps.items()}
    there.github.pull_requests[1], before = opened, len(there.taken)
    there.until_settled()
    assert commands(there, before)[:2] == ["release", "setup"]
    assert is_as_it_should_be(there) == {}


def test_a_refused_commit_is_tried_anew_where_all_that_was_there_was_torn_down() -> None:
    there = town(Service("queue", "share"), looks=3, pushed="unbuildable", teardown="leave the queue")
    there.cf.services[PR_1] = [ServiceInstance("q", "queue", "queue", "ready", False)]
    there.until_settled()
    wish(there, PUSHED)
    opened = closing(there)
    until(there, lambda: "teardown" in commands(there))
    there.github.pull_requests[1], before = opened, len(there.taken)
    there.until_settled()
    assert sum(isinstance(step, steps.CreateRoute) for step in there.taken[before:]) == 1
    assert refusal(there).fault == "build"
    assert the_app(there).commit is None and there.cf.serving(PR_1) is None  # its teardown ran, too


@pytest.mark.parametrize("service", [OWN, Service("queue", "share")], ids=["own", "shared"])
@pytest.mark.parametrize("kept", [False, True], ids=["", "kept"])
def test_a_teardown_that_hangs_keeps_nobody_from_another_life(service: Service, kept: bool) -> None:
    there = town(service, looks=3, release="migrate", setup="seed", teardown="wait for ever")
    if service.kind == "share":
        there.cf.services[PR_1] = [ServiceInstance("q", "queue", "queue", "ready", False)]
    there.until_settled()
    opened = closing(there)
    there.cf.hangs = frozenset({"teardown"})
    until(there, lambda: "teardown" in commands(there))
    if kept:
        there.cf.now += timedelta(minutes=11)
        rest(there)
    there.github.pull_requests[1], before = opened, len(there.taken)
    there.cf.now += timedelta(hours=2)
    there.until_settled()
    assert is_as_it_should_be(there) == {}
    assert commands(there, before) == (["release", "setup"] if service is OWN else [])  # a known weakness
    assert all(task.state != "waiting" for some in there.cf.tasks.values() for task in some)


def test_who_was_torn_down_in_the_middle_of_a_roll_does_not_serve_on() -> None:
    there = town(looks=3, pushed="crashing", release="migrate", setup="seed", teardown="drop everything")
    there.until_settled()
    there.github.pull_requests[1], before = pull_request(1, PUSHED), len(there.taken)
    until(there, lambda: any(isinstance(step, steps.Roll) for step in there.taken[before:]))
    opened = closing(there)
    until(there, lambda: "teardown" in commands(there))
    there.github.pull_requests[1] = opened
    there.until_settled()
    assert is_as_it_should_be(there) == {}
    assert refusal(there).fault == "crash" and there.cf.serving(PR_1) is None


@pytest.mark.parametrize("taken", ["the address", "what it leads to"])
def test_what_serves_gets_its_address_back_behind_a_refused_commit(taken: str) -> None:
    there = town(pushed="unbuildable")
    there.until_settled()
    wish(there, PUSHED)
    routes = there.cf.routes
    there.cf.routes = (
        {} if taken == "the address" else {g: replace(r, apps=frozenset()) for g, r in routes.items()}
    )
    there.until_settled()
    assert the_app(there).commit == sha(1) and there.cf.serving(PR_1) is not None


# --- while a command runs ---


@pytest.mark.parametrize(
    "tree", [f"tree-of-{PUSHED}", f"tree-of-{sha(1)}"], ids=["another tree", "the same tree"]
)
def test_no_database_is_made_anew_under_a_command_of_the_commit_before(tree: str) -> None:
    there = town(FRESH, looks=6, release="migrate")
    there.github.trees[PUSHED] = tree
    until(there, lambda: commands(there) == ["release"])
    busy = database(there).data
    there.github.pull_requests[1] = pull_request(1, PUSHED)
    until(there, lambda: database(there).data != busy)
    (mine,) = there.cf.tasks.values()
    assert mine[-1].state != "waiting"
    there.until_settled()
    assert the_app(there).commit == PUSHED


def test_nothing_starts_beside_a_command_that_the_rules_have_dropped_since() -> None:
    there = town(looks=6, release="migrate")
    until(there, lambda: commands(there) == ["release"])
    there.commands.clear()
    there.github.rules = Rules(environments={"review": EnvironmentRules(env={"A": "1"})})
    until(there, lambda: any(isinstance(step, steps.Start) for step in there.taken))
    (mine,) = there.cf.tasks.values()
    assert all(task.state != "waiting" for task in mine)


def test_a_release_is_over_before_the_teardown_begins() -> None:
    there = town(looks=6, release="migrate", teardown="drop everything")
    there.until_settled()
    there.github.pull_requests[1] = pull_request(1, PUSHED)
    until(there, lambda: commands(there) == ["release", "release"])
    closing(there)
    there.until_settled()  # the imagined platform runs one command at a time, and says so
    assert commands(there)[-1] == "teardown" and not there.cf.running_apps


def test_where_there_is_no_room_for_a_command_beside_what_serves_that_is_stopped_first() -> None:
    there = town(release="migrate")
    there.until_settled()
    there.cf.room = False
    before = wish(there, PUSHED)
    done = [
        type(step)
        for step in there.taken[before:]
        if isinstance(step, steps.Stop | steps.RunTask | steps.Start)
    ]
    assert done == [steps.RunTask, steps.Stop, steps.RunTask, steps.Start]
    app = the_app(there)
    assert app.commit == PUSHED and app.attempt is not None and app.attempt.stop_start
