"""A commit that is refused, or that the platform fails: what is tried again and what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reviewapps import steps
from reviewapps.model import (
    Attempt,
)
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.imagined import Fate
from tests.core.one_preview import PR_1, PUSHED, push, refusal, settled, the_app
from tests.core.settling import DEADLINE, NOW, Settling, is_as_it_should_be, pull_request, sha

# --- refusals ---

REFUSED: dict[Fate, str] = {
    "unbuildable": "build",
    "unread": "manifest",
    "crashing": "crash",
    "crashing later": "crash",
    "silent": "platform",
    "never staged": "platform",
}


@pytest.mark.parametrize(("fate", "fault"), REFUSED.items())
def test_a_commit_that_does_not_come_up_is_refused_and_leaves_nothing_running(fate: Fate, fault: str) -> None:
    there = settled(fate)
    assert refusal(there).fault == fault
    assert (the_app(there).started, there.cf.running) == (False, {})


@pytest.mark.parametrize("fate", REFUSED)
def test_a_refused_commit_is_not_tried_twice(fate: Fate) -> None:
    there = settled(fate)
    calm = len(there.taken)
    for _ in range(3):
        there.told.clear()
        there.cf.now += timedelta(days=1)
        there.until_settled()
    assert len(there.taken) == calm


@pytest.mark.parametrize("fate", REFUSED)
def test_what_served_before_a_refused_commit_serves_on_or_again(fate: Fate) -> None:
    there = settled(pushed=fate)
    push(there)
    serving = there.cf.serving(PR_1)
    assert serving is not None and serving.commit == the_app(there).commit == sha(1)
    assert is_as_it_should_be(there) == {}


@pytest.mark.parametrize("why", ["crashes too", "is gone", "has no room"])
def test_where_what_served_before_does_not_come_back_either_nothing_runs(why: str) -> None:
    there = settled(pushed="crashing later")
    there.github.pull_requests[1] = pull_request(1, PUSHED)
    before = the_app(there).droplet
    while the_app(there).droplet == before:
        there.turn(PR_1)
        there.cf.pass_time()
    if why == "crashes too":
        there.cf.fates = {**there.cf.fates, f"tree-of-{sha(1)}": "crashing"}
    elif why == "is gone":
        there.cf.delete_droplets(the_app(there).guid)
    else:
        there.cf.room = False
    there.until_settled()
    assert (the_app(there).started, the_app(there).commit, there.cf.running) == (False, None, {})
    assert refusal(there).fault == "crash"


def test_a_refused_commit_makes_room_for_the_next_one() -> None:
    there = settled("unbuildable")
    push(there)
    assert the_app(there).commit == PUSHED


def test_other_rules_give_a_refused_commit_another_try() -> None:
    there = settled("unbuildable")
    there.github.rules = Rules(environments={"review": EnvironmentRules(env={"A": "1"})})
    there.until_settled()
    assert there.cf.builds_made.total() == 2


def test_rules_that_say_only_when_something_runs_give_no_other_try() -> None:
    there = settled("unbuildable")
    there.github.rules = Rules(
        environments={"review": EnvironmentRules(limit=3, expire_after=timedelta(days=9))}
    )
    there.until_settled()
    assert there.cf.builds_made.total() == 1


def redeploy(there: Settling) -> None:
    attempt = the_app(there).attempt
    assert attempt is not None
    fresh = Attempt(
        "redeploy", attempt.commit, attempt.config, there.cf.now + timedelta(seconds=1), fresh=True
    )
    there.cf.carry_out(steps.Begin(fresh), there.cf.look().actual(PR_1))
    there.cf.now += timedelta(seconds=2)
    there.until_settled()


def test_a_redeploy_gives_a_refused_commit_another_try() -> None:
    there = settled("unbuildable")
    redeploy(there)
    assert there.cf.builds_made.total() == 2
    assert refusal(there).fault == "build"


def test_a_redeploy_builds_anew_what_stands_already() -> None:
    there = settled()
    redeploy(there)
    assert there.cf.builds_made.total() == 2
    assert is_as_it_should_be(there) == {}


def test_a_redeploy_that_fails_leaves_what_runs() -> None:
    there = settled()
    there.cf.fates = {f"tree-of-{sha(1)}": "unbuildable"}
    redeploy(there)
    serving = there.cf.serving(PR_1)
    assert serving is not None and serving.commit == sha(1)
    assert refusal(there).fault == "build"


# --- the platform's own faults ---


def test_a_fault_of_the_platform_is_tried_again() -> None:
    there = settled("flaky")
    assert there.cf.builds_made.total() == 3
    assert the_app(there).commit == sha(1)


def test_after_three_faults_of_the_platform_somebody_is_told() -> None:
    there = settled("never staged")
    assert there.cf.builds_made.total() == 3
    assert refusal(there).message == "StagingTimeExpired - Staging time expired"


def test_each_try_waits_longer_than_the_one_before() -> None:
    there = settled("never staged")
    begun = [step.attempt for step in there.taken if isinstance(step, steps.Begin)]
    assert [attempt.tries for attempt in begun] == [1, 2]
    ends = [attempt.began for attempt in begun] + [refusal(there).at]
    assert ends[1] - ends[0] > timedelta(seconds=20)
    assert ends[2] - ends[1] > timedelta(seconds=40)


def test_a_fault_of_the_author_is_tried_once() -> None:
    assert settled("unbuildable").cf.builds_made.total() == 1


def test_nobody_waits_longer_than_the_deadline() -> None:
    there = settled("silent")
    assert refusal(there).message == "it was not up after 5 min"
    assert refusal(there).at - NOW < DEADLINE + timedelta(minutes=1)
