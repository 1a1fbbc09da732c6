"""What waits for Slack gets there, at a real Redis and a Slack that answers as documented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from reviewapps.coordination.outbox import MOST, Outbox
from reviewapps.grants.slack import ALL
from reviewapps.grants.slack import Slack as Access
from reviewapps.model import Said, Secret
from reviewapps.notify.news import News
from reviewapps.notify.slack import Slack as Client
from reviewapps.notify.speaking import Pace, Speaker, next_batch
from reviewapps.outcome import Line, Queued
from tests.coordination.conftest import PREFIX
from tests.coordination.waiting import until
from tests.stories.slack import TOKEN, Slack, Trouble

PACE = Pace(burst=0.0, apart=0.001, rest=0.05)
STARTED, LIVE = Said("1.1", "started", "abc", "#shop"), Said("1.1", "live", "abc", "#shop")


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack(channels=("#shop", "#ops")) as slack:
        yield slack


class Office:
    """One installation's outbox, and whoever empties it."""

    def __init__(
        self, redis: Redis, slack: Slack, *, bot: bool, pace: Pace = PACE, timeout: float = 3.0
    ) -> None:
        webhooks = {} if bot else {"#shop": Secret(slack.url)}
        token = Secret(TOKEN) if bot else None
        access = Access(token, webhooks, {ALL: "#shop"}, "#shop", url=slack.api)
        self.outbox = Outbox(redis, PREFIX)
        self.news = News(self.outbox, access, "acme/shop", pace)
        self.speaker = Speaker(self.outbox, Client(access, timeout), pace)

    def say(self, key: str, text: str, said: Said = LIVE, edits: Said | None = None) -> None:
        self.news.say(Line("#shop", key, text, said, alone=True, edits=edits))

    def speak(self) -> None:
        """Until nothing waits any more."""

        def silent() -> bool:
            self.speaker.speak()
            return self.outbox.channels() == []

        until(silent, "an empty outbox")


def test_what_comes_within_a_moment_is_one_message_by_webhook(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=False)
    for number in range(10):
        office.say(f"7/pr-{number}", f"acme/shop#{number}: live")
    office.speak()
    (message,) = slack.messages
    assert message.text.split("\n") == [f"acme/shop#{number}: live" for number in range(10)]
    assert all(office.news.sent(f"7/pr-{number}") == LIVE for number in range(10))


@pytest.mark.parametrize("bot", [True, False], ids=["bot", "webhook"])
def test_how_a_deploy_ended_is_told_whatever_came_after_it(redis: Redis, slack: Slack, bot: bool) -> None:
    office = Office(redis, slack, bot=bot)
    office.say("7/staging", "A started", STARTED)
    office.speak()
    begun = office.news.sent("7/staging") if bot else None
    second, third = replace(STARTED, of="1.2"), replace(LIVE, of="1.2")
    for _ in range(2):  # each turn says again what is not known to be sent
        office.say("7/staging", "A rolled back", replace(STARTED, state="rolled_back"), edits=begun)
    office.say("7/staging", "B started", second, edits=begun)
    for _ in range(2):
        office.say("7/staging", "B live", third, edits=begun)
    assert [one.line.text for one in office.outbox.waiting("#shop")] == ["A rolled back", "B live"]
    office.speak()
    if bot:
        assert [message.texts for message in slack.messages] == [["A started", "A rolled back"], ["B live"]]
    else:
        assert slack.lines == ["A started", "A rolled back", "B live"]
    sent = office.news.sent("7/staging")
    assert sent is not None and (sent.of, sent.state) == ("1.2", "live")


def test_no_more_lines_wait_than_anybody_reads(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=False)
    for number in range(MOST + 5):
        office.say("7/staging", f"{number} live", replace(LIVE, of=f"1.{number}"))
    waiting = office.outbox.waiting("#shop")
    assert len(waiting) == MOST and waiting[-1].line.text == f"{MOST + 4} live"


def test_lines_wait_for_others_and_no_longer_than_that(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=False, pace=replace(PACE, burst=30.0))
    office.say("7/pr-1", "one")
    assert office.speaker.speak()
    assert slack.messages == []
    assert office.news.wait("#shop") == 30.0 + PACE.apart
    assert not office.speaker.speak(at_once=True)
    assert slack.lines == ["one"]


def test_a_bot_edits_the_message_of_a_deploy(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=True)
    office.say("7/pr-1", "started", STARTED)
    office.say("7/pr-2", "started", STARTED)
    office.speak()
    said = office.news.sent("7/pr-1")
    assert said is not None and said.editable and said.place == slack.channels["#shop"]
    office.say("7/pr-1", "live", LIVE, edits=said)
    office.speak()
    assert [message.texts for message in slack.messages] == [["started", "live"], ["started"]]
    assert office.news.sent("7/pr-1") == replace(LIVE, place=said.place, ts=said.ts)


def test_a_message_that_somebody_deleted_is_written_anew(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=True)
    office.say("7/pr-1", "live", LIVE, edits=replace(STARTED, place=slack.channels["#shop"], ts="1.0"))
    office.speak()
    assert [message.texts for message in slack.messages] == [["live"]]


@pytest.mark.parametrize("bot", [True, False], ids=["bot", "webhook"])
@pytest.mark.parametrize(
    ("trouble", "times"),
    [
        (Trouble(status=503), 1),
        (Trouble(status=200, error="internal_error"), 1),
        (Trouble("page", status=502), 1),
        (Trouble("hangs", seconds=0.4), 2),
        (Trouble("lost"), 2),
    ],
    ids=["away", "internal error", "page", "slow", "answer lost"],
)
def test_what_slack_did_not_take_is_told_later_and_twice_at_most(
    redis: Redis, slack: Slack, bot: bool, trouble: Trouble, times: int
) -> None:
    if not bot and trouble.status == 200 and trouble.kind == "refused":
        trouble = replace(trouble, status=500)
    office = Office(redis, slack, bot=bot, timeout=0.1)
    slack.troubles = [trouble]
    office.say("7/pr-1", "live")
    assert not office.speaker.speak()
    assert office.news.wait("#shop") is None
    office.speak()
    until(lambda: len(slack.lines) == times, "each message")
    assert set(slack.lines) == {"live"}


@pytest.mark.parametrize("bot", [True, False], ids=["bot", "webhook"])
def test_when_slack_says_how_long_to_wait_nobody_asks_before(redis: Redis, slack: Slack, bot: bool) -> None:
    office = Office(redis, slack, bot=bot)
    slack.troubles = [Trouble(status=429, error="ratelimited", headers={"Retry-After": "30"})]
    office.say("7/pr-1", "live")
    for _ in range(3):
        office.speaker.speak()
    assert len(slack.asked) == 1
    assert 29_000 < redis.pttl(f"{PREFIX}slack:rest:#shop") <= 30_000
    redis.delete(f"{PREFIX}slack:rest:#shop")
    office.speak()
    assert slack.lines == ["live"]


def test_who_is_killed_after_the_message_and_before_it_is_known_says_it_once_more(
    redis: Redis, slack: Slack
) -> None:
    office = Office(redis, slack, bot=False)
    office.say("7/pr-1", "live")
    (kept,) = office.outbox.waiting("#shop")
    office.speak()
    office.outbox.put(kept.line)  # as if it had never been dropped
    office.speak()
    office.speak()
    assert slack.lines == ["live", "live"]


def test_the_newest_state_takes_the_place_of_what_waits(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=True)
    office.say("7/pr-1", "started", STARTED)
    (before,) = office.outbox.waiting("#shop")
    office.say("7/pr-1", "live", LIVE)
    office.outbox.sent([before], "C1", "1.0")  # the first was sent just then
    office.speak()
    assert slack.lines == ["live"]


def test_a_text_that_slack_will_never_take_holds_up_no_other(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=False)
    office.say("7/pr-1", "x" * 3001)
    office.say("7/pr-2", "live")
    office.speak()
    assert slack.lines == ["live"]


def test_a_channel_that_is_closed_to_us_holds_up_no_other(redis: Redis, slack: Slack) -> None:
    office = Office(redis, slack, bot=True)
    slack.closed["#secret"] = "C9"
    office.outbox.put(Line("#secret", "7/pr-1", "live", LIVE))
    office.outbox.put(Line("#ops", "7/pr-2", "live", LIVE))
    until(lambda: bool(office.speaker.speak()) or slack.lines == ["live"], "the other line")
    assert office.news.wait("#secret") is None


def test_two_who_speak_at_once_say_nothing_twice(redis: Redis, slack: Slack) -> None:
    one, other = Office(redis, slack, bot=False), Office(redis, slack, bot=False)
    one.say("7/pr-1", "live")
    with one.outbox.alone("#shop"):
        other.speaker.speak()
        assert slack.lines == []
    other.speak()
    one.speak()
    assert slack.lines == ["live"]


def test_one_message_holds_no_more_than_slack_takes() -> None:
    waiting = [Queued(Line("#shop", f"{n}", "x" * 500, LIVE), n, "") for n in range(20)]
    assert [len(next_batch(waiting, ripe)) for ripe in (-1.0, 0.0, 99.0)] == [0, 5, 5]
    assert next_batch([], 0.0) == []
