"""A commit that finds no room on the platform: people are told, and it is not tried for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reviewapps import steps
from reviewapps.approval import Evidence, Requires
from reviewapps.desired import Absent, Run
from reviewapps.errors import Busy, LeaseLost, Unavailable
from reviewapps.grants import Grant, Named
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Candidate,
    Capacity,
    Command,
    Comment,
    Environment,
    LogLine,
    LogSource,
    PastDeploy,
    Progress,
    PullRequest,
    ServiceInstance,
    State,
    Tag,
    Tagging,
    Task,
    Wanted,
)
from reviewapps.naming import digest
from reviewapps.notify.news import Silence
from reviewapps.outcome import Mark, Telling
from reviewapps.plan.terms import TRIES
from reviewapps.ports import Memory, Slack
from reviewapps.reconcile.deploying import deployed
from reviewapps.reconcile.means import Means, Pace
from reviewapps.reconcile.reading import read
from reviewapps.reconcile.settling import settled
from reviewapps.reconcile.turn import Turn
from tests.core import imagined
from tests.core.settling import DEADLINE, NOW, SHOP, pull_request, sha

PR_1 = Environment(SHOP.id, "pr-1")
RUN = Run(sha(1), "c")


class CloudFoundry(imagined.CloudFoundry):
    busy: frozenset[Environment] = frozenset()

    def domain(self, environment: Environment) -> str:
        return imagined.DOMAIN

    def memory(self) -> dict[str, int]:
        return {}

    def serviced(self) -> frozenset[Environment]:
        return frozenset()

    def capacity(self, kind: str, plenty: int) -> Capacity:
        return Capacity()

    def under_way(self, kind: steps.UnderWay, guids: Sequence[str] = ()) -> Progress:
        return Progress(self.busy)

    def log(self, app: App, source: LogSource, lines: int) -> tuple[str, ...]:
        return ()

    def candidate(self, environment: Environment, name: str) -> Candidate | None:
        return None

    def tail(self, app: App, since: int) -> tuple[LogLine, ...]:
        return ()


@dataclass
class GitHub:
    """One pull request. It keeps what people are told."""

    told: list[Telling] = field(default_factory=list)

    def look(self, *, whole: bool = False) -> Wanted:
        return Wanted(SHOP, (pull_request(1),), (), None)

    def last_look(self) -> Wanted | None:
        return self.look()

    def pull_request(self, number: int) -> PullRequest | None:
        return pull_request(number)

    def committed_at(self, commit: str) -> datetime:
        return NOW

    def tagging(self, tag: Tag) -> Tagging:
        raise KeyError(tag)

    def comments(self) -> tuple[Comment, ...]:
        return ()

    def evidence(self, branch: str, running: str | None, head: str, requires: Requires) -> Evidence:
        raise KeyError(branch)

    def commit(self, ref: str) -> str | None:
        raise KeyError(ref)

    def contains(self, commit: str, other: str) -> bool:
        raise KeyError(commit)

    def elsewhere(self, environment: Environment) -> tuple[PastDeploy, ...]:
        raise KeyError(environment)

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        return ()

    def deployed(self) -> frozenset[Environment]:
        return frozenset()

    def retire(self, environment: Environment) -> None:
        raise KeyError(environment)

    def file(self, commit: str, path: str) -> str | None:
        return "applications: [{name: shop}]" if path == "manifest.yml" else None

    def tree(self, commit: str, path: str) -> str | None:
        return f"tree-of-{commit}"

    def left_out(self, commit: str, path: str) -> tuple[str, ...]:
        return ()

    def archive(self, commit: str, path: str) -> Path:
        return Path("source.zip")

    def rules_blobs(self, commits: Sequence[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(commits)

    def proposed_rules(self, commit: str) -> str | None:
        return None

    def changes_rules(self, base: str, commit: str) -> bool:
        return False

    def unknown(self, named: Named) -> Named:
        return Named()

    def mark(self, environment: Environment, mark: Mark, page: str) -> None:
        raise KeyError(mark.commit)

    def tell(self, telling: Telling) -> None:
        self.told.append(telling)


class Forgetful:
    def read(self, name: str) -> Any | None:
        return None

    def write(self, name: str, value: Any, seconds: float) -> None:
        pass


@dataclass(frozen=True)
class Held:
    fence: int = 1
    previous: None = None

    def check(self) -> None:
        pass


@dataclass
class Deploying:
    """One pull request that is deployed turn by turn, where ``full`` are the steps without room."""

    full: tuple[type[steps.Step], ...]
    github: GitHub = field(default_factory=GitHub)
    slack: Slack = field(default_factory=Silence)
    run: Run = RUN
    lease: Held = Held()
    memory: Memory = field(default_factory=lambda: Forgetful())

    def __post_init__(self) -> None:
        self.cf = CloudFoundry(NOW, {})
        self.cf.full = self.full

    @property
    def means(self) -> Means:
        return Means(
            name=SHOP.name,
            github=self.github,
            cloudfoundry=self.cf,
            memory=self.memory,
            instance="acme",
            grant=Grant(),
            pace=Pace(deadline=DEADLINE),
            web_url="https://github.test",
            now=lambda: self.cf.now,
            slack=self.slack,
        )

    def turn(self) -> float | None:
        return deployed(
            Turn(self.means, PR_1, self.lease, self.github.look(), self.cf.look().actual(PR_1)), self.run
        )

    def until_there_is_no_room(self) -> float | None:
        """What the turn says that asked for a step without room."""
        wait = self.turn()
        while wait in (Pace().poll, Pace().soon, Pace().first):
            self.cf.pass_time()
            wait = self.turn()
        return wait


@pytest.mark.parametrize("full", [steps.CreateRoute, steps.CreateBuild, steps.Configure, steps.Start])
def test_while_there_is_no_room_people_read_that_it_is_on_its_way(full: type[steps.Step]) -> None:
    there = Deploying((full,))
    assert there.until_there_is_no_room() == 30.0
    assert there.github.told[-1].state == "building"


@pytest.mark.parametrize("full", [steps.CreateRoute, steps.Configure])
def test_after_the_deadline_people_read_what_there_was_no_room_for(full: type[steps.Step]) -> None:
    there = Deploying((full,))
    there.until_there_is_no_room()
    there.cf.now += DEADLINE + timedelta(seconds=1)

    assert there.turn() is None

    (app,) = there.cf.apps.values()
    assert app.attempt is not None and app.attempt.refusal is not None
    assert (app.attempt.refusal.fault, app.attempt.refusal.message) == ("platform", imagined.QUOTA)
    assert there.github.told[-1].state == "failed"


@pytest.mark.parametrize("full", [steps.CreateRoute, steps.Upload, steps.CreateBuild, steps.Start])
def test_who_waited_for_room_until_the_deadline_reads_what_there_was_no_room_for(
    full: type[steps.Step],
) -> None:
    there = Deploying((full,))
    there.until_there_is_no_room()
    began = there.cf.now
    while (wait := there.turn()) is not None:
        there.cf.now += timedelta(seconds=wait)

    assert DEADLINE - timedelta(seconds=31) <= there.cf.now - began <= DEADLINE
    (app,) = there.cf.apps.values()
    assert app.attempt is not None and app.attempt.refusal is not None
    assert (app.attempt.tries, app.attempt.refusal.message) == (0, imagined.QUOTA)


@pytest.mark.parametrize("who", [Environment(SHOP.id, "pr-2"), Environment(8, "pr-1")])
def test_while_somebody_elses_build_holds_the_room_nobody_is_refused(who: Environment) -> None:
    there = Deploying((steps.CreateBuild,))
    there.cf.busy = frozenset({who})
    for _ in range(10):
        assert there.until_there_is_no_room() == 30.0
        there.cf.now += DEADLINE / 2
    there.cf.full = ()
    while there.turn() is not None:
        there.cf.pass_time()
    assert there.github.told[-1].state == "live"


@pytest.mark.parametrize("away", [steps.CreateRoute, steps.Configure, steps.MapRoute])
def test_a_step_that_is_put_off_again_and_again_is_ended_by_the_deadline(away: type[steps.Step]) -> None:
    there = Deploying(())
    there.cf.away = (away,)
    put_off = until_refused(there)

    (app,) = there.cf.apps.values()
    assert app.attempt is not None and app.attempt.refusal is not None
    assert app.attempt.refusal.message == "it was not up after 5 min: it did not answer"
    assert (app.attempt.tries, there.github.told[-1].state) == (2, "failed")
    assert put_off > 20  # until then it is tried as often as before


def until_refused(there: Deploying) -> int:
    """How often a turn was put off until one came to an end, within an hour."""
    put_off, end = 0, NOW + timedelta(hours=1)
    while there.cf.now < end:
        try:
            if there.turn() is None:
                return put_off
        except Unavailable:
            put_off += 1
        there.cf.pass_time()
    raise AssertionError("it is tried for ever")


class Slow(CloudFoundry):
    """A service goes in its own time."""

    asked = 0

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        if isinstance(step, steps.DeleteService):
            self.asked += 1
            return actual
        return super().carry_out(step, actual)


class Deaf(CloudFoundry):
    """A task does not end, whoever asks."""

    asked = 0

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        if isinstance(step, steps.CancelTask):
            self.asked += 1
            assert self.asked == 1, "it is asked again at once"
            return replace(actual, tasks=None)
        return super().carry_out(step, actual)


def torn_down_by(there: Deploying, state: State) -> tuple[App, Attempt, str]:
    """The app, beside which its teardown is, or was; its attempt, and the key of the teardown."""
    (app,) = there.cf.running_apps
    assert app.attempt is not None
    key = digest("teardown", app.guid, app.attempt.id)
    there.cf.tasks[app.guid] = [Task("t", "teardown", key, state, NOW, app.attempt.id)]
    return app, app.attempt, key


def test_a_teardown_that_does_not_hear_is_told_once_in_a_turn_to_end() -> None:
    there = Deploying(())
    while there.turn() is not None:
        there.cf.pass_time()
    torn_down_by(there, "waiting")
    there.cf.__class__ = deaf = Deaf
    there.cf.now += timedelta(hours=1)
    turn = Turn(there.means, PR_1, there.lease, there.github.look(), there.cf.look().actual(PR_1))
    assert settled(turn, Absent("closed"), Command("bye")) == Pace().poll
    assert isinstance(there.cf, deaf) and there.cf.asked == 1


def test_a_service_that_goes_slowly_is_waited_for_where_its_preview_is_wanted_again() -> None:
    there = Deploying(())
    while there.turn() is not None:
        there.cf.pass_time()
    app, attempt, key = torn_down_by(there, "ready")
    there.cf.__class__ = slow = Slow
    there.cf.services[PR_1] = [ServiceInstance("s", "shop-pr-1-cache", "cache", "ready", True)]
    note = replace(attempt, task=key)
    there.cf.apps[app.guid] = replace(app, attempt=note, service_names=frozenset({"cache"}))
    there.cf.routes.clear()
    assert there.turn() == Pace().poll
    assert isinstance(there.cf, slow) and there.cf.asked == 1


def test_what_puts_all_off_ends_no_attempt() -> None:
    there = Deploying(())
    there.cf.away = (steps.CreateRoute, steps.Begin, steps.Refuse)
    with pytest.raises(AssertionError, match="tried for ever"):
        until_refused(there)
    there.cf.away = ()
    while there.turn() is not None:
        there.cf.pass_time()
    assert there.github.told[-1].state == "live"


def test_a_build_of_its_own_is_nobody_elses() -> None:
    there = Deploying((steps.CreateBuild,))
    there.cf.busy = frozenset({PR_1})
    there.until_there_is_no_room()
    (before,) = there.cf.apps.values()
    there.cf.now += DEADLINE / 2
    there.until_there_is_no_room()
    assert [app.attempt for app in there.cf.apps.values()] == [before.attempt]


def test_what_there_was_no_room_for_is_tried_again_and_comes_up() -> None:
    there = Deploying((steps.Start,))
    there.until_there_is_no_room()
    there.cf.full = ()
    while there.turn() is not None:
        there.cf.pass_time()
    assert there.github.told[-1].state == "live"


@pytest.mark.parametrize(
    "full", [(steps.Roll,), (steps.Roll, steps.Configure)], ids=["back", "not even back"]
)
def test_what_serves_gets_its_variables_back_where_there_was_no_room_for_the_next(
    full: tuple[type[steps.Step], ...],
) -> None:
    there = Deploying(())
    while there.turn() is not None:
        there.cf.pass_time()
    (app,) = there.cf.running_apps
    before = there.cf.configured[app.guid]
    there.cf.pass_time()
    there.cf.full, there.run, there.lease = full[:1], Run(sha(2), "c"), Held(2)
    assert there.until_there_is_no_room() == 30.0
    assert there.cf.configured[app.guid] != before
    there.cf.full = full
    for _ in range(TRIES + 1):
        there.cf.now += DEADLINE + timedelta(seconds=1)
        if there.turn() is None:
            break

    (app,) = there.cf.running_apps
    assert app.attempt is not None and app.attempt.refusal is not None
    assert (there.cf.configured[app.guid] == before) == (len(full) == 1)


def test_where_no_app_can_be_made_nothing_is_remembered() -> None:
    there = Deploying((steps.CreateApp,))
    with pytest.raises(Busy):
        there.turn()


def test_an_attempt_that_gave_way_to_somebody_else_is_told_as_over() -> None:
    there, dev = Deploying(()), Environment(SHOP.id, "dev")
    first, second = (Run(sha(n), "c", f"dev-{n}", tags_seen=frozenset()) for n in (1, 2))

    def turn(run: Run) -> float | None:
        there.cf.pass_time()
        return deployed(Turn(there.means, dev, Held(), there.github.look(), there.cf.look().actual(dev)), run)

    while turn(first) is not None:
        pass
    (app,) = there.cf.running_apps
    there.cf.now += timedelta(seconds=1)
    there.cf.carry_out(steps.Begin(Attempt("1.9", sha(2), "c", there.cf.now)), there.cf.look().actual(dev))
    there.cf.push_by_hand(app.guid, "hot fix")
    while turn(second) is not None:
        pass
    told = there.github.told[-1]
    assert (told.commit, told.deployment, told.status) == (sha(2), "failure", "failure")
    assert told.description.startswith("Somebody else deployed: its app was given something else")
    assert told.slack is not None and "Still live" not in told.slack.text


class Asked(CloudFoundry):
    """It asks whoever carries out a step before it writes, and once more after that."""

    check: Callable[[], None] | None = None

    @contextmanager
    def held(self, check: Callable[[], None]) -> Iterator[None]:
        self.check = check
        yield
        self.check = None

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        assert self.check is not None
        self.check()
        after = super().carry_out(step, actual)
        self.check()
        return after


@dataclass(frozen=True)
class Lost(Held):
    """A lease that is lost in the middle of a step."""

    checks: list[None] = field(default_factory=list)

    def check(self) -> None:
        self.checks.append(None)
        if len(self.checks) == 9:
            raise LeaseLost("somebody else may act on it now")


def test_the_lease_is_asked_in_the_middle_of_a_step_too() -> None:
    lease = Lost()
    there = Deploying((), lease=lease)
    there.cf = Asked(NOW, {})
    with pytest.raises(LeaseLost):
        there.turn()
    assert len(lease.checks) == 9 and len(there.cf.apps) == 1
    assert there.github.told == []


def test_what_is_deployed_are_the_rules_of_the_verdict_whoever_read_others_since() -> None:
    older = Wanted(SHOP, (pull_request(1),), (), "environments: {review: {memory: 128M}}")
    newer = replace(
        older, repository=replace(SHOP, head=sha(9)), rules_text="environments: {review: {memory: 256M}}"
    )

    class Moved(GitHub):
        def look(self, *, whole: bool = False) -> Wanted:
            return newer

    there = Deploying((), Moved())
    turn = Turn(there.means, PR_1, there.lease, older, there.cf.look().actual(PR_1))
    plan = read(turn, RUN, steps.ReadSource(RUN.commit, "host.example"))
    assert (plan.memory_mb, plan.rules_at) == (128, SHOP.head)
