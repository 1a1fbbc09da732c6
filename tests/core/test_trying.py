"""A platform that does not answer, where nothing is to be tried anew for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.desired.verdicts import NoRoom
from reviewapps.errors import Busy, NotThere, TryLater, Unavailable
from reviewapps.model import Actual, App
from reviewapps.outcome import Shortage
from reviewapps.reconcile.deploying import deployed
from reviewapps.reconcile.turn import Turn
from tests.core import test_deploying
from tests.core.imagined import Fate
from tests.core.settling import DEADLINE, NOW, SHOP, sha
from tests.core.test_deploying import PR_1, RUN, CloudFoundry, Held

Kind = Callable[[steps.Step], bool]
LONG = timedelta(hours=2)


def nothing(_: steps.Step) -> bool:
    return False


def looks_at(kind: str) -> Kind:
    return lambda step: isinstance(step, steps.Look) and step.kind == kind


def one_of(*kinds: type[steps.Step]) -> Kind:
    return lambda step: isinstance(step, kinds)


def is_way_back(step: steps.Step) -> bool:
    return isinstance(step, steps.Roll) and step.attempt.endswith(".back")


class Faulty(CloudFoundry):
    """It does not answer ``faults`` (times) to such a step, and what it ``did`` otherwise."""

    puts_off: Kind = staticmethod(nothing)
    faults = 0
    wrong: TryLater = Unavailable("503")

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        if self.faults and self.puts_off(step):
            self.faults -= 1
            raise self.wrong
        self.did = [*getattr(self, "did", ()), step]
        return super().carry_out(step, actual)


class Fates(dict[str, Fate]):
    """All that is built from now on has the same."""

    def __init__(self, fate: Fate, before: Iterable[str]) -> None:
        super().__init__()
        self.fate, self.before = fate, frozenset(before)

    def get(self, key: str, default: Any = None) -> Any:
        return "well" if key in self.before else self.fate


class GitHub(test_deploying.GitHub):
    """``unread``: what is raised, so many times, where a commit is read."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: dict[str, tuple[Exception, int]] = {}
        self.files: dict[tuple[str, str], str] = {}

    def file(self, commit: str, path: str) -> str | None:
        if commit in self.unread:
            wrong, times = self.unread.pop(commit)
            if times > 1:
                self.unread[commit] = wrong, times - 1
            raise wrong
        return self.files.get((commit, path)) or super().file(commit, path)


@dataclass
class Scene:
    """A preview that is live at its first commit; ``put_off`` counts turns that were."""

    run: Run = RUN
    lease: Held = field(default_factory=Held)
    github: GitHub = field(default_factory=GitHub)
    put_off: int = 0

    def __post_init__(self) -> None:
        self.cf = Faulty(NOW, {})
        self.deploying = test_deploying.Deploying((), github=self.github)
        self.deploying.cf = self.cf
        assert self.settles()
        self.cf.pass_time()
        self.cf.did = []

    def turn(self) -> float | None:
        actual = self.cf.look().actual(PR_1)
        return deployed(Turn(self.deploying.means, PR_1, self.lease, self.github.look(), actual), self.run)

    def settles(self, within: timedelta = LONG, until: Callable[[], bool] = lambda: False) -> bool:
        """Whether a turn comes to its end so soon (or what is waited ``until`` comes)."""
        end = self.cf.now + within
        while self.cf.now < end and not until():
            try:
                if self.turn() is None:
                    return True
            except TryLater:
                self.put_off += 1
            self.cf.pass_time()
        return until()

    def push(self, fate: Fate = "well", n: int = 2) -> None:
        self.run, self.lease = replace(self.run, commit=sha(n)), Held(self.lease.fence + 1)
        self.cf.fates = Fates(fate, self.cf.made_of.values())

    def fails(self, step: Kind, times: int = 1, wrong: TryLater | None = None) -> None:
        self.cf.puts_off, self.cf.faults, self.cf.wrong = step, times, wrong or Unavailable("503")

    @property
    def app(self) -> App:
        (app,) = self.cf.running_apps
        return app

    def did(self, *kinds: type[steps.Step]) -> list[steps.Step]:
        return [step for step in self.cf.did if isinstance(step, kinds)]


def test_what_ended_well_is_not_tried_again_for_a_look_that_fails_hours_later() -> None:
    there = Scene(run=replace(RUN, entrance="password"))
    before = there.app
    for _ in range(4):
        there.cf.now += LONG
        there.lease = Held(there.lease.fence + 1)
        there.fails(looks_at("guard"))
        assert there.settles()
    assert (there.put_off, there.app) == (4, before)
    assert there.did(steps.Begin, steps.Refuse, steps.Roll) == []


def test_a_way_back_that_is_put_off_is_gone_all_the_same() -> None:
    there = Scene()
    before = there.app
    there.push("silent")
    there.fails(is_way_back)
    assert there.settles()
    assert there.app.attempt is not None and there.app.attempt.refusal is not None
    assert (there.put_off, there.app.commit, there.app.droplet) == (1, before.commit, before.droplet)


def test_who_stands_in_line_uses_up_no_tries() -> None:
    there = Scene(run=replace(RUN, entrance="password"))
    there.cf.apps[there.app.guid] = replace(there.app, takes_mb=256)
    there.push()
    short = NoRoom(sha(2), 1, 1, 10, (), Shortage(512, 1000))
    there.run = replace(there.run, fits=False, short=short)
    assert there.settles()
    before = there.app.attempt
    assert before is not None and before.waits_for_room
    for _ in range(4):
        there.cf.now += LONG
        there.fails(looks_at("guard"))
        assert there.settles()
    assert (there.put_off, there.app.attempt) == (4, before)


def test_a_command_that_may_still_run_is_not_run_once_more() -> None:
    there = Scene(run=replace(RUN, by_own_rules=True))
    there.github.files[sha(2), ".reviewapps.yml"] = "all: {release: migrate}"
    there.push("unreleasable")
    assert there.settles(until=lambda: bool(there.did(steps.RunTask)))
    there.cf.now += DEADLINE
    there.fails(looks_at("tasks"))
    assert there.settles()
    refusal = there.app.attempt.refusal if there.app.attempt is not None else None
    assert refusal is not None and refusal.fault == "release"
    assert (there.put_off, list(there.cf.tasks_run.values())) == (1, [1])


def test_who_asked_for_a_command_that_never_shows_is_not_waited_for_for_ever() -> None:
    there = Scene(run=replace(RUN, by_own_rules=True))
    there.github.files[sha(2), ".reviewapps.yml"] = "all: {release: migrate}"
    there.push()
    assert there.settles(until=lambda: bool(there.did(steps.RunTask)))
    there.fails(looks_at("tasks"), 100_000)
    assert there.settles(3 * LONG)


def test_a_pull_request_that_moved_on_uses_up_no_tries() -> None:
    there = Scene()
    there.push()

    def takes_long(_: steps.Step) -> bool:
        there.cf.now += timedelta(minutes=1)
        return False

    there.fails(takes_long)
    assert not there.settles()  # GitHub says that the pull request is at its first commit
    assert there.app.attempt is not None and there.app.attempt.tries == 0


BAD = "applications: [{name: shop, memory: 12 parsecs}]"


@pytest.mark.parametrize("look", ["elsewhere", "source"])
def test_a_look_that_never_succeeds_is_ended_by_the_deadline(look: str) -> None:
    there = Scene()
    there.push()
    there.fails(looks_at(look), 100_000)
    if look == "source":
        there.github.unread[sha(2)] = Unavailable("git: 503"), 100_000
    assert there.settles()
    refusal = there.app.attempt.refusal if there.app.attempt is not None else None
    assert refusal is not None and refusal.message.startswith("it was not up after 5 min: ")
    assert there.deploying.github.told[-1].state == "failed"


def test_rules_that_are_not_read_any_more_keep_no_refusal_back() -> None:
    there = Scene()
    there.github.files |= {(sha(2), "manifest.yml"): BAD, (SHOP.head, ".reviewapps.yml"): "nonsense: 1"}
    there.push()
    assert there.app.rules_at == SHOP.head
    assert there.settles()
    assert there.put_off == 0
    assert there.deploying.github.told[-1].state == "failed"


@pytest.mark.parametrize(
    ("wrong", "puts_off"), [(Unavailable("503"), True), (NotThere("not our ref"), False)]
)
def test_a_commit_that_is_not_read_keeps_a_refusal_back_for_little_longer_than_the_deadline(
    wrong: Unavailable, puts_off: bool
) -> None:
    there = Scene()
    there.github.files[sha(2), "manifest.yml"] = BAD
    there.github.unread[sha(1)] = wrong, 100_000
    there.push()
    before = there.cf.now
    assert there.settles()
    assert there.cf.now < before + DEADLINE + timedelta(minutes=3)
    assert (there.put_off > 0) == puts_off
    assert there.deploying.github.told[-1].state == "failed"


def test_one_request_that_fails_after_the_deadline_gives_nothing_up() -> None:
    there = Scene()
    before = there.cf.configured[there.app.guid]
    there.push("silent")
    assert there.settles(until=lambda: bool(there.did(steps.Roll)))
    there.fails(one_of(steps.Configure))
    assert there.settles()
    assert there.put_off == 1
    assert there.cf.configured[there.app.guid] == before


def test_another_worker_that_fetches_gives_nothing_up() -> None:
    there = Scene()
    before = there.cf.configured[there.app.guid]
    there.push("crashing")
    there.github.unread[sha(1)] = Busy("another worker fetches", after=1), 1
    assert there.settles()
    assert there.cf.configured[there.app.guid] == before


def test_what_was_not_given_back_is_by_the_next_attempt_that_fails() -> None:
    there = Scene()
    before = there.cf.configured[there.app.guid]
    there.push("crashing")
    there.github.unread[sha(1)] = NotThere("not our ref"), 1
    assert there.settles()
    assert there.app.attempt is not None and there.app.attempt.refusal is not None
    assert there.app.attempt.refusal.astray
    assert there.cf.configured[there.app.guid] != before
    there.push("unbuildable", 3)
    assert there.settles()
    assert there.app.attempt is not None and there.app.attempt.refusal is not None
    assert (there.app.attempt.refusal.fault, there.app.attempt.refusal.astray) == ("build", False)
    assert there.cf.configured[there.app.guid] == before
