"""What Slack is told of a deploy, wherever somebody is killed and whatever is forgotten."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reviewapps.desired import Absent, Desired, Destroyed, Run
from reviewapps.errors import NotAuthorised, ReviewAppsError, TryLater
from reviewapps.marker import UNHEARD
from reviewapps.model import App, Comment, Environment, PastDeploy, Said
from reviewapps.outcome import Event, Line, Telling
from reviewapps.plan import unfinished
from reviewapps.reconcile import settling
from reviewapps.reconcile.means import Pace
from reviewapps.reconcile.speaking import unheard
from reviewapps.reconcile.turn import Turn
from tests.core.imagined import Fate
from tests.core.settling import NOW, sha
from tests.core.test_deploying import PR_1, RUN, Deploying, GitHub, Held

CLOSED = Absent("closed")


@dataclass
class Channel:
    """A Slack in memory, as a bot sees it. What waits is sent by ``send``; ``away`` it takes nothing."""

    away: bool = False
    silent: tuple[Event, ...] = ()
    waiting: dict[str, Line] = field(default_factory=dict)
    known: dict[str, Said] = field(default_factory=dict)
    messages: list[list[str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def channel(self, kind: str, event: Event) -> str:
        return "" if event in self.silent else "#shop"

    def say(self, line: Line) -> None:
        self.waiting[line.key] = line

    def sent(self, key: str) -> Said | None:
        return self.known.get(key)

    def wait(self, channel: str) -> float | None:
        return None if self.away else 1.0

    def send(self) -> None:
        for key, line in {} if self.away else dict(self.waiting).items():
            if line.edits is None:
                self.messages.append([])
            at = int(line.edits.ts) if line.edits is not None else len(self.messages)
            self.messages[at - 1].append(line.said.state)
            self.texts.append(line.text)
            self.known[key] = replace(line.said, place="C1", ts=str(at))
            del self.waiting[key]

    def forget(self) -> None:
        """As when Redis is emptied."""
        self.waiting.clear()
        self.known.clear()


def settled(there: Deploying, slack: Channel, *, forgets_at: int = -1) -> int:
    """Turn after turn, until nothing is waited for; how many it took."""
    for turn in range(40):
        wait = there.turn()
        slack.send()
        if turn == forgets_at:
            slack.forget()
        there.cf.pass_time()
        if wait is None and not slack.waiting:
            return turn
    raise AssertionError("it does not settle")


@dataclass
class Commented(GitHub):
    """A pull request whose comment says what people were told last, and its deploys."""

    past: list[PastDeploy] = field(default_factory=list)

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        return tuple(self.past)

    def comments(self) -> tuple[Comment, ...]:
        states = [telling.state for telling in self.told if telling.comment is not None]
        return (Comment(1, PR_1, states[-1]),) if states else ()


@dataclass
class Deploys(Commented):
    """A pull request of whose deployments GitHub does not always take the end."""

    wrong: ReviewAppsError | None = None

    def tell(self, telling: Telling) -> None:
        if self.wrong is not None and telling.deployment == "inactive" and telling.comment is None:
            raise self.wrong
        super().tell(telling)


class Redis(dict[str, Any]):
    """A memory that lasts until somebody empties it."""

    def read(self, name: str) -> Any | None:
        return self.get(name)

    def write(self, name: str, value: Any, seconds: float) -> None:
        self[name] = value


class Expiring(Redis):
    """A memory whose values last as long as they are to."""

    now = NOW

    def read(self, name: str) -> Any | None:
        value, until = self.get(name, (None, self.now))
        return value if until > self.now else None

    def write(self, name: str, value: Any, seconds: float) -> None:
        self[name] = (value, self.now + timedelta(seconds=seconds))


class Always(dict[str, Fate]):
    """One fate, whatever is built."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate

    def get(self, key: str, default: object = None) -> Any:
        return self.fate


def deploying(slack: Channel, fate: Fate = "well") -> Deploying:
    there = Deploying((), slack=slack)
    there.cf.fates = Always(fate)
    return there


def owed(there: Deploying) -> list[App]:
    """The apps whose end Slack was not told of."""
    found = set(unheard(there.means, there.cf.look(), Desired({PR_1: RUN})))
    return [app for app in there.cf.apps.values() if app.environment in found]


def test_a_deploy_is_one_message_and_the_app_knows_it() -> None:
    slack = Channel()
    there = deploying(slack)
    settled(there, slack)
    there.turn()
    (app,) = there.cf.apps.values()
    assert slack.messages == [["started", "live"]]
    assert app.said is not None and (app.said.state, app.said.ts) == ("live", "1")
    slack.forget()
    assert owed(there) == []
    settled(there, slack)
    assert slack.messages == [["started", "live"]]


def test_an_attempt_that_is_written_down_after_the_one_that_went_live_is_no_news() -> None:
    slack = Channel()
    there = deploying(slack)
    settled(there, slack)
    (app,) = there.cf.apps.values()
    assert app.attempt is not None
    late = replace(app.attempt, id="0.1", began=app.attempt.began - timedelta(seconds=3))
    there.cf.apps[app.guid] = replace(app, attempt=late)
    settled(there, slack)
    assert slack.messages == [["started", "live"]] and owed(there) == []


def test_what_the_platform_did_wrong_and_tries_again_is_no_news() -> None:
    slack = Channel()
    there = deploying(slack, "flaky")
    settled(there, slack)
    assert there.cf.builds_made.total() == 2
    assert slack.messages == [["started", "failed platform"]]


def test_whenever_redis_is_emptied_the_end_is_told_and_twice_at_most() -> None:
    at, turns = 0, 1
    while at < turns:
        slack = Channel()
        there = deploying(slack)
        turns = settled(there, slack, forgets_at=at)
        settled(there, slack)
        told = [state for message in slack.messages for state in message]
        assert 1 <= told.count("live") <= 2, at
        assert owed(there) == [], at
        at += 1
    assert at >= 3


@pytest.mark.parametrize("fate", ["well", "unbuildable"])
def test_an_end_that_slack_missed_is_owed_until_it_is_told(fate: Fate) -> None:
    slack = Channel(away=True)
    there = deploying(slack, fate)
    for _ in range(20):
        there.turn()
        there.cf.pass_time()
    slack.forget()
    there.cf.now += timedelta(days=3)
    assert len(owed(there)) == 1
    slack.away = False
    settled(there, slack)
    there.turn()
    assert slack.messages == [["live" if fate == "well" else "failed build"]]
    assert owed(there) == []


def test_what_was_live_before_there_was_a_slack_is_not_told() -> None:
    silence = Channel(silent=("started", "live", "failed", "rolled_back"))
    there = deploying(silence)
    settled(there, silence)
    there.slack = slack = Channel()
    assert len(owed(there)) == 1  # it just came up
    there.cf.now += timedelta(days=1, seconds=1)
    assert owed(there) == []
    settled(there, slack)
    assert slack.messages == []


def test_what_nobody_wants_to_hear_is_owed_by_nobody() -> None:
    slack = Channel(silent=("started", "live"))
    there = deploying(slack)
    settled(there, slack)
    assert slack.messages == [] and owed(there) == []


def test_a_message_that_was_begun_comes_to_its_end_where_ends_are_not_wanted() -> None:
    slack = Channel(silent=("live",))
    there = deploying(slack)
    settled(there, slack)
    assert slack.messages == [["started", "live"]]
    there.turn()
    assert owed(there) == []


def parted(there: Deploying, verdict: Absent | Destroyed = CLOSED) -> float | None:
    """One turn of a preview that ended."""
    actual = there.cf.look().actual(PR_1)
    return settling.settled(Turn(there.means, PR_1, Held(), there.github.look(), actual), verdict)


def removed(there: Deploying, slack: Channel, redis: Redis, *, forgets_at: int) -> int:
    """Turn after turn, as long as the comment says something else; how many it took. Redis is emptied in that one,
    before Slack was sent anything, and who worked is killed."""
    for turn in range(20):
        wait = parted(there)
        if turn == forgets_at:
            redis.clear()
            slack.forget()
        slack.send()
        there.cf.pass_time()
        if wait is None and there.github.told[-1].state in ("removed", UNHEARD):
            return turn
    raise AssertionError("it is not removed")


def left(there: Deploying) -> bool:
    """Whether a whole look would come back to it."""
    return PR_1 in unfinished(Desired({PR_1: CLOSED}), there.cf.look(), there.github.comments())


def test_whenever_redis_is_emptied_slack_hears_of_a_removal() -> None:
    at, turns = -1, 0
    while at < turns:
        slack, redis = Channel(), Redis()
        there = Deploying((), slack=slack, memory=redis, github=Commented())
        settled(there, slack)
        turns = removed(there, slack, redis, forgets_at=at)
        assert [state for message in slack.messages for state in message].count("removed") == 1, at
        at += 1
    assert at >= 2


def test_slack_hears_of_a_removal_right_before_the_comment_says_so() -> None:
    """Who is killed in between, while Redis is emptied, tells it twice: so there is nothing to do in between."""
    slack, github = Channel(), Deploys()
    there = Deploying((), slack=slack, memory=Redis(), github=github)
    settled(there, slack)
    github.wrong = TryLater("GitHub is away")
    for _ in range(6):
        with suppress(TryLater):
            parted(there)
        slack.send()
        there.cf.pass_time()
    assert not there.cf.apps and slack.messages == [["started", "live"]]

    github.wrong = None
    while parted(there) is not None:
        slack.send()
        there.cf.pass_time()
    assert slack.messages[1:] == [["removed"]] and not left(there)


def test_however_long_github_takes_before_slack_hears_of_a_removal() -> None:
    """Also where the comment says nothing by which it could be known that Slack was told of it."""
    slack, github, redis = Channel(), Deploys(), Expiring()
    there = Deploying((), slack=slack, memory=redis, github=github)
    settled(there, slack)
    github.told.clear()
    github.wrong = TryLater("GitHub is away")
    for _ in range(10):
        with suppress(TryLater):
            parted(there)
        there.cf.pass_time()
        redis.now += timedelta(seconds=Pace().whole / 2)
    assert not there.cf.apps
    github.wrong = None
    for _ in range(4):
        parted(there)
        slack.send()
    assert slack.messages[1:] == [["removed"]]


def test_what_github_never_takes_of_its_deployment_keeps_no_removal_from_being_told() -> None:
    slack, github = Channel(), Deploys()
    there = Deploying((), slack=slack, memory=Redis(), github=github)
    settled(there, slack)
    github.wrong = NotAuthorised("the App may not write deployments")
    for _ in range(6):
        parted(there)
        slack.send()
        there.cf.pass_time()
    assert slack.messages[1:] == [["removed"]] and not left(there)


def test_a_slack_that_takes_nothing_holds_up_no_removal() -> None:
    slack, redis = Channel(), Redis()
    there = Deploying((), slack=slack, memory=redis, github=Commented())
    settled(there, slack)
    slack.away = True
    assert removed(there, slack, redis, forgets_at=-1) <= 1
    assert there.github.told[-1].state == UNHEARD and left(there)
    slack.away = False
    slack.send()
    assert slack.messages[-1] == ["removed"]
    redis.clear()  # who noted it is forgotten, what was sent is not
    assert parted(there) is None
    assert there.github.told[-1].state == "removed" and not left(there)
    slack.send()
    assert slack.messages[1:] == [["removed"]]


@pytest.mark.parametrize("emptied_at", [0, 1, 2, 3])
def test_a_removal_that_slack_missed_is_owed_until_it_is_told_whatever_redis_forgot(emptied_at: int) -> None:
    slack, redis = Channel(), Redis()
    there = Deploying((), slack=slack, memory=redis, github=Commented())
    settled(there, slack)
    slack.away = True
    removed(there, slack, redis, forgets_at=-1)
    for turn in range(6):
        if turn == emptied_at:
            redis.clear()
            slack.forget()
        slack.away = turn < 2
        if left(there):
            parted(there)
        slack.send()
        there.cf.pass_time()
    told = [state for message in slack.messages[1:] for state in message]
    assert told == ["removed"] * (2 if emptied_at == 3 else 1)  # forgotten between sending and noting that
    assert there.github.told[-1].state == "removed" and not left(there)


@pytest.mark.parametrize("pushes", [1, 2])  # the second is built by a builder, which goes after the app
def test_a_preview_that_is_kept_for_its_build_is_removed_once(pushes: int) -> None:
    slack, redis = Channel(), Redis()
    there = Deploying((), slack=slack, memory=redis, github=Commented())
    for push in range(pushes):
        there.run = Run(sha(1 + push), "c")
        settled(there, slack)
        there.cf.pass_time()
    for verdict in (Absent("merged", kept_for="production"), Absent("merged")):
        while parted(there, verdict) is not None:
            slack.send()
            there.cf.pass_time()
        there.cf.pass_time()
        redis.clear()
        slack.forget()  # it was days ago
    assert not there.cf.apps
    assert slack.messages == [["started", "live"]] * pushes + [["removed"]]


def test_an_end_of_a_preview_that_slack_missed_and_a_push_followed_is_told() -> None:
    slack, redis = Channel(away=True), Redis()
    past = [PastDeploy(sha(2), "success", NOW, NOW), PastDeploy(sha(1), "success", NOW, NOW)]
    there = Deploying((), slack=slack, memory=redis, github=Commented(past=past))
    for commit in (1, 2):
        there.run = Run(sha(commit), "c")
        for _ in range(20):
            there.turn()
            there.cf.pass_time()
    redis.clear()
    slack.forget()
    slack.away = False
    settled(there, slack)
    assert slack.messages == [[""], ["live"]] and "earlier" in slack.texts[0]
    there.turn()
    assert not slack.waiting


@pytest.mark.parametrize("pushes", [1, 2])
def test_an_end_that_slack_missed_is_told_with_the_removal(pushes: int) -> None:
    slack, redis = Channel(away=True), Redis()
    past = [PastDeploy(sha(pushes), "success", NOW, NOW)]
    there = Deploying((), slack=slack, memory=redis, github=Commented(past=past))
    for push in range(pushes):
        there.run = Run(sha(1 + push), "c")
        for _ in range(20):
            there.turn()
            there.cf.pass_time()
    redis.clear()
    slack.forget()
    slack.away = False
    removed(there, slack, redis, forgets_at=-1)
    assert sorted(slack.messages) == [[""], ["removed"]]
    assert "earlier" in slack.texts[0]
