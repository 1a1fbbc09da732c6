"""A deploy ends while another commit is held: people hear of both, of the end first, and of each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reviewapps.desired import Desired, Hold
from reviewapps.model import Environment
from reviewapps.reconcile.deploying import deployed
from reviewapps.reconcile.speaking import unheard
from reviewapps.reconcile.turn import Turn
from tests.core.imagined import Fate
from tests.core.settling import SHOP, sha
from tests.core.test_deploying import RUN, Deploying, Held
from tests.core.test_speaking import Always, Channel, Redis

PRODUCTION = Environment(SHOP.id, "production")
HOLD = Hold(sha(2), "approval", ("1 approval (#2)",))


def turn(there: Deploying) -> float | None:
    """One turn; seconds until the next, also where that only looks whether Slack took what it was told."""
    mine = Turn(there.means, PRODUCTION, there.lease, there.github.look(), there.cf.look().actual(PRODUCTION))
    wait = deployed(mine, there.run)
    return mine.listen if wait is None else wait


def owed(there: Deploying) -> list[Environment]:
    """What each whole look would wake, for Slack's sake."""
    return list(unheard(there.means, there.cf.look(), Desired({PRODUCTION: there.run})))


def until_told(there: Deploying, slack: Channel) -> None:
    """Turn after turn, until nothing is waited for."""
    for _ in range(50):
        there.cf.pass_time()
        wait = turn(there)
        slack.send()
        if wait is None:
            return
    raise AssertionError("it goes on and on")


@pytest.mark.parametrize(
    ("fate", "end", "said"), [("well", "live", "live"), ("unbuildable", "failed", "failed build")]
)
@pytest.mark.parametrize("forgets", [False, True])
def test_a_commit_that_is_held_hides_no_end(fate: Fate, end: str, said: str, forgets: bool) -> None:
    slack = Channel()
    there = Deploying((), slack=slack, memory=Redis())
    there.cf.fates = Always(fate)
    turn(there)
    there.run = replace(RUN, held=HOLD)
    until_told(there, slack)
    states = dict.fromkeys(one.state for one in there.github.told)
    assert list(states) == ["building", end, "held"]
    if forgets:
        slack.forget()
        there.memory = Redis()
    until_told(there, slack)
    assert [text for message in slack.messages for text in message] == ["started", said, "held approval"]
    assert owed(there) == []


def test_an_end_that_slack_missed_is_owed_though_another_commit_is_held() -> None:
    slack = Channel(away=True)
    there = Deploying((), slack=slack, memory=Redis())
    there.run = replace(RUN, held=HOLD)
    for _ in range(20):
        there.cf.pass_time()
        turn(there)
    slack.forget()
    there.memory = Redis()
    assert owed(there) == [PRODUCTION]
    slack.away = False
    until_told(there, slack)
    assert [text for message in slack.messages for text in message] == ["live", "held approval"]
    assert owed(there) == []


@pytest.mark.parametrize("forgets", [False, True])
def test_nor_does_it_hide_the_end_of_what_is_tried_again_while_it_is_held(forgets: bool) -> None:
    slack = Channel(silent=("started",))  # so that Slack heard of the hold last
    there = Deploying((), slack=slack, memory=Redis())
    there.run = replace(RUN, held=HOLD)
    until_told(there, slack)
    if forgets:
        there.memory = Redis()
        until_told(there, slack)
    there.cf.fates = Always("crashing")
    there.run, there.lease = replace(RUN, config="other", held=HOLD), Held(2)
    until_told(there, slack)
    states = list(dict.fromkeys(one.state for one in there.github.told))
    assert states == ["building", "live", "held", "failed"]
    told = [text for message in slack.messages for text in message]
    assert [one.split()[0] for one in told] == ["live", "held", "rolled_back", "held"]
    assert owed(there) == []


def test_nor_is_it_told_again_once_it_is_forgotten_and_yet_another_commit_is_held() -> None:
    """What was told stands in Redis for a month; merges that wait may come for longer."""
    slack = Channel()
    there = Deploying((), slack=slack, memory=Redis())
    turn(there)
    there.run = replace(RUN, held=HOLD)
    until_told(there, slack)
    there.memory = Redis()
    slack.forget()
    there.cf.now += timedelta(days=31)
    there.run = replace(RUN, held=replace(HOLD, commit=sha(3)))
    until_told(there, slack)
    told = [text for message in slack.messages for text in message]
    assert told == ["started", "live", "held approval", "held approval"]
