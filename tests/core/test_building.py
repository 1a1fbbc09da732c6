"""From source to droplet: what is built, copied and uploaded, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.model import (
    Attempt,
    Environment,
)
from reviewapps.plan import (
    together,
)
from tests.core.imagined import BAD_BITS
from tests.core.one_preview import PR_1, PUSHED, done, push, refusal, settled, the_app, world
from tests.core.settling import NOW, SHOP, is_as_it_should_be, pull_request, sha

# --- builds ---


def test_one_tree_is_built_once() -> None:
    there = settled()
    there.github.trees[PUSHED] = there.github.tree(sha(1))
    push(there)
    assert there.cf.builds_made.total() == 1
    assert is_as_it_should_be(there) == {}


def test_going_back_to_an_earlier_commit_builds_nothing() -> None:
    there = settled()
    push(there)
    there.github.pull_requests[1] = pull_request(1)
    there.until_settled()
    assert there.cf.builds_made.total() == 2
    assert the_app(there).commit == sha(1)


def test_a_build_that_failed_is_followed_by_one_in_the_same_app() -> None:
    there = settled("unbuildable")
    push(there)
    assert is_as_it_should_be(there) == {}
    assert (done(there, steps.CreateBuilder), done(there, steps.CopyDroplet)) == (0, 0)


@pytest.mark.parametrize("deleted", [False, True])
def test_whose_source_of_a_copy_went_builds_where_nothing_is_set(deleted: bool) -> None:
    """The start of what was copied and set up is put off, its source goes (somebody may delete the copy, too), and
    all that was known is forgotten."""
    there = settled()
    there.github.trees[sha(2)] = there.github.tree(sha(1))
    there.github.pull_requests[2] = pull_request(2)
    there.cf.away = (steps.Start,)
    other = Environment(SHOP.id, "pr-2")
    for _ in range(6):
        there.turn(other)
        there.cf.pass_time()
    assert done(there, steps.CopyDroplet) == 1
    there.github.pull_requests[1] = replace(there.github.pull_requests[1], open=False)
    while there.cf.look().actual(PR_1).apps:
        there.turn(PR_1)
        there.cf.pass_time()
    there.cf.away = ()
    if deleted:
        (copied,) = there.cf.running_apps
        there.cf.delete_droplets(copied.guid)
    for _ in range(12):
        there.kept.clear()
        there.turn(other)
        there.cf.pass_time()
    assert is_as_it_should_be(there) == {}
    app = there.cf.look().actual(other).app
    assert app is not None and app.attempt is not None
    assert (app.attempt.copied_from, app.attempt.born) == (None, False)


@pytest.mark.parametrize(
    ("before", "calm"),
    [
        ({}, True),
        ({"live_since": NOW - timedelta(seconds=1)}, False),
        ({"live_since": None}, False),
        ({"live_droplet": "another"}, False),
        ({"attempt": None}, False),
        ({"started": False, "commit": None}, False),
    ],
)
def test_only_after_a_good_end_nothing_is_taken_to_be_under_way(before: dict[str, Any], calm: bool) -> None:
    there = settled()
    app = replace(the_app(there), **before)
    if app.attempt is not None:
        app = replace(app, attempt=replace(app.attempt, began=NOW))
    actual = replace(there.cf.look().actual(PR_1).with_app(app), deployments=())
    step = there.next_of(PR_1, Run(PUSHED, "c"), actual, None)
    assert isinstance(step, steps.Begin)
    assert step.calm == calm


def test_who_signs_looks_at_all_that_is_there() -> None:
    there = settled()
    there.grant = replace(there.grant, signs=True)
    step = there.next_of(PR_1, Run(PUSHED, "c"), there.cf.look().actual(PR_1), None)
    assert isinstance(step, steps.Begin) and not step.calm


BEGUN = steps.Begin(Attempt("1", PUSHED, "c", NOW), calm=True)
WISHED = steps.Remember("dev-1", PUSHED, frozenset({"t"}))


@pytest.mark.parametrize(
    ("held", "note", "both"),
    [
        (None, BEGUN, BEGUN),
        (BEGUN, steps.Begin(replace(BEGUN.attempt, because="b")), ("b", None, True)),
        (
            replace(WISHED, attempt=BEGUN.attempt),
            steps.Begin(replace(BEGUN.attempt, because="b")),
            ("b", "dev-1", False),
        ),
        (BEGUN, WISHED, ("", "dev-1", True)),
        (WISHED, replace(WISHED, source="dev-2", attempt=BEGUN.attempt), ("", "dev-2", False)),
    ],
)
def test_what_is_noted_one_after_the_other_is_written_at_once(held: Any, note: Any, both: Any) -> None:
    found = together(held, note)
    if isinstance(both, tuple):
        assert found.attempt is not None
        assert (found.attempt.because, getattr(found, "source", None), found.calm) == both
    else:
        assert found == both


def test_an_upload_that_fails_again_and_again_is_refused_after_three() -> None:
    there = world()
    there.cf.fails_uploads = True
    there.until_settled()
    assert done(there, steps.Upload) == 3
    assert (refusal(there).fault, refusal(there).message) == ("platform", BAD_BITS)


def test_an_upload_that_failed_is_forgotten_once_another_arrives() -> None:
    there = world()
    there.cf.fails_uploads = True
    while done(there, steps.Upload) < 2:
        there.turn(PR_1)
        there.cf.pass_time()
    there.cf.fails_uploads = False
    there.until_settled()
    assert is_as_it_should_be(there) == {}


def test_where_a_copy_failed_it_is_built_instead() -> None:
    there = settled()
    there.github.trees[sha(2)] = there.github.tree(sha(1))
    there.github.pull_requests[2] = pull_request(2)
    there.cf.fails_copies = True
    there.until_settled()
    assert (done(there, steps.CopyDroplet), there.cf.builds_made.total()) == (1, 2)
    assert is_as_it_should_be(there) == {}
    assert [app.attempt.copied_from for app in there.cf.apps.values() if app.attempt] == [None, None]


def test_a_copy_that_failed_once_does_not_keep_the_next_from_being_copied() -> None:
    there = settled()
    there.github.trees[sha(2)] = there.github.tree(sha(1))
    there.github.pull_requests[2] = pull_request(2)
    there.cf.fails_copies = True
    there.until_settled()
    there.cf.fails_copies = False
    there.github.pull_requests[1] = pull_request(1, sha(3))
    there.until_settled()
    builds = there.cf.builds_made.total()
    there.github.trees[sha(4)] = there.github.tree(sha(3))
    there.github.pull_requests[2] = pull_request(2, sha(4))
    there.until_settled()
    assert is_as_it_should_be(there) == {} and there.cf.builds_made.total() == builds
