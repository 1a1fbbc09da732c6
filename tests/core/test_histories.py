"""Two repositories that share a space, and whatever may happen to both: nobody loses what is theirs, what is awake
never outgrows the space, everything settles, and nobody is passed whose turn it is."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reviewapps import steps
from reviewapps.desired import Desired, Line, Room
from reviewapps.desired.room import Sharing, holdings
from reviewapps.grants import Grant
from reviewapps.model import Actual, Environment, Repository, Tag, Tagging
from tests.core.imagined import CloudFoundry, Trouble
from tests.core.settling import NOW, ROUNDS, GitHub, Settling, is_as_it_should_be, pull_request, sha
from tests.core.worlds import FATES, TROUBLES

HISTORIES: Final = {"daily": (16, 20), "long": (2000, 60)}[os.environ.get("HYPOTHESIS_PROFILE", "daily")]
"""How many, and of how many events at most."""

SIZES: Final = (64, 256, 512)
LIMIT: Final = 3

SIDES = st.sampled_from([0, 1])
NUMBERS = st.integers(1, 4)


class Watched(CloudFoundry):
    """Whoever deletes may do so: the pull request has to be gone, or unwanted, and be one of theirs."""

    def __init__(self) -> None:
        super().__init__(NOW, {}, looks=2)
        self.may_go: dict[Environment, bool] = {}

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        match step:
            case steps.DeleteApp(guid):
                self._check(self.apps[guid].environment, actual)
            case steps.DeleteRoute(guid):
                self._check(self.routes[guid].environment, actual)
        return super().carry_out(step, actual)

    def _check(self, owner: Environment | None, actual: Actual) -> None:
        assert owner == actual.environment, f"{actual.environment} deletes what is {owner}'s"
        assert self.may_go.get(owner), f"{owner} was deleted, and somebody wants it"


class Neighbour(Settling):
    """One of two repositories; ``other`` is told to it later. What its pull requests ``need`` it knows of both."""

    other: Neighbour

    def judged(self) -> Desired:
        """The verdicts, with the line that the other one left behind."""
        self.lines = (Line(self.other.github.repository.id, self.other.line),)
        found = super().judged()
        self.line = found.line
        return found

    def room(self) -> Room:
        mine, theirs = super().room(), Settling.room(self.other)
        return replace(mine, sizes={**theirs.sizes, **mine.sizes})


class Histories(RuleBasedStateMachine):
    """What people do, what the platform does, and a worker that is killed in between."""

    @initialize(
        allowance=st.sampled_from([600, 1100, 2048]),
        fates=st.lists(FATES, min_size=6, max_size=6),
        with_data=st.booleans(),
    )
    def begin(self, allowance: int, fates: list[str], with_data: bool) -> None:
        self.cf, self.commits, needs = Watched(), 0, dict[str, int]()
        self.fates = fates
        github = [
            GitHub(needs=needs, repository=Repository(7 + n, f"acme/{n}", "main", False, "f" * 40))
            for n in (0, 1)
        ]
        self.sides = [Neighbour(one, self.cf, Grant(limit=LIMIT), allowance) for one in github]
        for one, other in (self.sides, self.sides[::-1]):
            one.other = other
            if with_data:
                one.keep_data()
        self.held: dict[Environment, int] = {}

    # --- what people do ---

    @rule(opened=st.lists(st.tuples(SIDES, NUMBERS, st.sampled_from(SIZES)), min_size=1, max_size=3))
    def opened(self, opened: list[tuple[int, int, int]]) -> None:
        for side, number, need in opened:
            github, now = self.sides[side].github, self.cf.now
            if number not in github.pull_requests:
                commit = self._commit(github, need)
                github.pull_requests[number] = pull_request(number, commit, created_at=now, updated_at=now)
                self._permit(side, number)
        self._round()

    @rule(side=SIDES, number=NUMBERS)
    def pushed(self, side: int, number: int) -> None:
        github = self.sides[side].github
        if (pr := github.pull_requests.get(number)) is not None and pr.open:
            commit = self._commit(github, github.needs[pr.commit])
            github.pull_requests[number] = replace(pr, commit=commit, updated_at=self.cf.now)

    @rule(side=SIDES, number=NUMBERS, is_open=st.booleans(), is_wanted=st.booleans())
    def closed(self, side: int, number: int, is_open: bool, is_wanted: bool) -> None:
        """Closed, opened again, unlabelled, or labelled so that there is no preview."""
        github, now = self.sides[side].github, self.cf.now
        if (pr := github.pull_requests.get(number)) is not None:
            changed = replace(pr, open=is_open, closed_at=None if is_open else now, updated_at=now)
            labels = frozenset[str]() if is_wanted else frozenset({"no-preview"})
            github.pull_requests[number] = replace(changed, labels=labels)
            self._permit(side, number)

    @rule(side=SIDES, number=NUMBERS, rounds=st.integers(1, 5), pushed=st.booleans())
    def wavered(self, side: int, number: int, rounds: int, pushed: bool) -> None:
        """Closed, maybe in the middle of a push, and opened again a little later."""
        if pushed:
            self.pushed(side, number)
            self._round()
        self.closed(side, number, is_open=False, is_wanted=True)
        for _ in range(rounds):
            self._round()
        self.closed(side, number, is_open=True, is_wanted=True)

    @rule(side=SIDES, number=st.integers(1, 9))
    def tagged(self, side: int, number: int) -> None:
        github = self.sides[side].github
        commit = self._commit(github, min(SIZES))
        tag = Tag(f"dev-{number}", commit, False)
        github.tags = {one for one in github.tags if one.name != tag.name} | {tag}
        github.taggings[tag] = Tagging(commit, None, self.cf.now)

    @rule(allowance=st.sampled_from([300, 600, 1100, 2048]))
    def given_a_quota(self, allowance: int) -> None:
        for side in self.sides:
            side.allowance = allowance

    @rule(has_room=st.booleans())
    def has_room_to_roll(self, has_room: bool) -> None:
        self.cf.room = has_room

    # --- what workers do ---

    @rule(
        rounds=st.integers(1, 6),
        killed_after=st.one_of(st.none(), st.integers(0, 12)),
        troubles=st.lists(TROUBLES, max_size=30),
    )
    def worked(self, rounds: int, killed_after: int | None, troubles: list[Trouble | None]) -> None:
        self.cf.troubles = iter(troubles)
        for side in self.sides:
            side.kills = frozenset() if killed_after is None else frozenset({len(side.taken) + killed_after})
        for _ in range(rounds):
            self._round()
        self.cf.troubles = iter(())
        for side in self.sides:
            side.kills = frozenset()

    @rule(side=SIDES)
    def forgot(self, side: int) -> None:
        """Redis is emptied: what was settled, and who waits."""
        self.sides[side].told.clear()
        self.sides[side].line = ()

    @rule()
    def settled(self) -> None:
        """Everything is as it should be, and nobody waits for whom there would be room."""
        for _ in range(ROUNDS):
            if not self._round():
                break
        else:
            raise AssertionError(f"not settled: {[side.attention() for side in self.sides]}")
        for side in self.sides:
            assert is_as_it_should_be(side) == {}
        assert all(times == 1 for times in self.cf.tasks_run.values())
        self._check_that_nobody_waits_in_vain()

    def teardown(self) -> None:
        if hasattr(self, "sides"):
            self.settled()

    # --- what is always so ---

    @invariant()
    def shared_environments_stay(self) -> None:
        for environment in getattr(self, "dev", set()):
            assert self.cf.look().actual(environment).app is not None

    def _round(self) -> bool:
        """One look and its turns, of each; whether anything wanted attention."""
        wanting = [(side, environment) for side in self.sides for environment in side.attention()]
        for side, environment in wanting:
            waiting, ours = self._who_is_first(), _awake(self._seen(), environment.repository)
            side.turn(environment)
            self._check_what_was_begun(environment, ours, waiting)
        self.cf.pass_time()
        apps = [app for app in self.cf.running_apps if app.environment.shared]
        self.dev = {app.environment for app in apps}
        return bool(wanting)

    def _check_what_was_begun(
        self, environment: Environment, ours: int, waiting: list[tuple[int, int, int]]
    ) -> None:
        """What is awake does not outgrow the space, unless it already had; and who begins, of a repository that
        was seen to hold ``ours``, leaves room for those whose turn it was."""
        before, self.held = self.held, self._holdings()
        if environment.shared or environment in before or environment not in self.held:
            return
        allowance, total = self.sides[0].allowance or 0, sum(self.held.values())
        assert total <= allowance, f"{environment} was begun, and {total} of {allowance} MB are held"
        left = Sharing(replace(self.sides[0].room(), lines=()), 0, self.held)
        for repository, theirs, need in waiting:
            if repository != environment.repository and theirs < ours:
                passed = f"{environment} ({ours} MB) passed {repository} ({theirs} MB), which wants {need}"
                assert left.fits(need), passed

    def _who_is_first(self) -> list[tuple[int, int, int]]:
        """Of each repository whose first in line could ever fit: what it is seen to hold, and what it wants."""
        held, seen = self._holdings(), self._seen()
        self.held = held
        sharing = Sharing(self.sides[0].room(), 0, held)
        first = [(side.github.repository.id, side.line[0]) for side in self.sides if side.line]
        return [
            (repository, _awake(seen, repository), one.need)
            for repository, one in first
            if not sharing.never(one.need) and Environment.of_pull_request(repository, one.number) not in held
        ]

    def _check_that_nobody_waits_in_vain(self) -> None:
        """Who is first, of both: whose previews hold least, else who waits longest. All others wait for them."""
        held = self._holdings()
        sharing = Sharing(replace(self.sides[0].room(), lines=()), 0, held)
        waiting = [
            (_awake(held, side.github.repository.id), one.since, side.github.repository.id, one.need)
            for side in self.sides
            for one in [one for one in side.line if not sharing.never(one.need)][:1]
        ]
        if waiting:
            _, _, repository, need = min(waiting)
            up = [e for e in held if e.repository == repository and e.number is not None]
            assert len(up) >= LIMIT or not sharing.fits(need), f"{repository} waits for {need} MB in vain"

    def _holdings(self) -> dict[Environment, int]:
        needs = {
            Environment.of_pull_request(side.github.repository.id, pr.number): side.github.needs[pr.commit]
            for side in self.sides
            for pr in side.github.pull_requests.values()
        }
        return holdings(self.sides[0].room(), self.cf.look(), needs)

    def _seen(self) -> dict[Environment, int]:
        """What each is seen to hold by who knows of no pull request what it needs."""
        return holdings(self.sides[0].room(), self.cf.look(), {})

    def _commit(self, github: GitHub, need: int) -> str:
        """A new one, whose tree has one of the fates of this history."""
        self.commits += 1
        commit, fate = sha(self.commits), self.fates[self.commits % len(self.fates)]
        github.needs[commit] = need
        github.committed[commit] = self.cf.now
        self.cf.fates = {**self.cf.fates, github.tree(commit): fate}  # type: ignore[dict-item]
        return commit

    def _permit(self, side: int, number: int) -> None:
        github = self.sides[side].github
        pr = github.pull_requests[number]
        environment = Environment.of_pull_request(github.repository.id, number)
        self.cf.may_go[environment] = not pr.open or "no-preview" in pr.labels


def _awake(held: dict[Environment, int], repository: int) -> int:
    return sum(mb for e, mb in held.items() if e.repository == repository and e.number is not None)


Histories.TestCase.settings = settings(
    max_examples=HISTORIES[0],
    stateful_step_count=HISTORIES[1],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestHistories = Histories.TestCase


def test_two_that_build_at_once_agree_whose_turn_it_is() -> None:
    """Each knows of its own alone what they need that are on their way, and would come first by that."""
    histories = Histories()
    histories.begin(allowance=2048, fates=["well"] * 6, with_data=False)
    for opened in ([(1, 2, 256)], [(0, 1, 64), (0, 3, 256)], [(0, 2, 64), (1, 1, 512)]):
        histories.opened(opened=opened)
    assert histories.cf.look().actual(Environment.of_pull_request(7, 2)).empty
    histories.teardown()
