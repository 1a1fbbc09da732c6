"""What a look sees, and what is said and remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient, labels
from reviewapps.cloudfoundry.gatehouse import GateStep
from reviewapps.cloudfoundry.serving import ServiceStep
from reviewapps.cloudfoundry.space import DEEDS
from reviewapps.errors import Unavailable
from reviewapps.model import Actual, Environment, Lock, Override, Pin, Refusal, Space
from tests.contract.test_cloudfoundry.documents import OURS, annotated, app
from tests.contract.test_cloudfoundry.platform import Diary, Platform, client
from tests.contract.test_cloudfoundry.scenes import (
    OTHER,
    PREVIEW,
    app_of,
    attempt,
    blueprint,
    built,
    created,
    removed,
    routed,
    until,
)


def test_every_step_can_be_carried_out() -> None:
    assert DEEDS.keys() | {steps.Reach, *get_args(GateStep), *get_args(ServiceStep)} == set(
        get_args(steps.Step)
    )


def test_an_empty_space_is_empty_and_still_there(space: SpaceClient, platform: Platform) -> None:
    assert space.look() == Space()
    assert len(platform.calls("GET", "/v3/spaces/")) == 1


def test_an_empty_space_that_we_may_not_see_any_more_is_not_taken_for_empty(
    space: SpaceClient, platform: Platform
) -> None:
    space.check()
    gone = '{"errors": [{"code": 10010, "title": "CF-ResourceNotFound", "detail": "Space not found"}]}'
    platform.fault("GET", "/v3/spaces/", "status", status=404, body=gone)

    with pytest.raises(Unavailable, match="the space 'review' is not to be seen any more"):
        space.look()

    assert space.look() == Space()


def test_a_listing_that_is_not_whole_is_not_believed(space: SpaceClient, platform: Platform) -> None:
    space.check()
    short = '{"pagination": {"total_results": 2, "next": null}, "resources": []}'
    platform.fault("GET", "/v3/apps", "status", status=200, body=short, times=3)
    with pytest.raises(Unavailable, match="0 of 2"):
        space.look()


def test_a_listing_of_several_pages_is_read_to_its_end(space: SpaceClient, platform: Platform) -> None:
    space.check()
    for page in (1, 2):
        one = app(guid=f"A{page}", name=f"shop-pr-{page}")
        more = {"href": "https://elsewhere.test/"} if page == 1 else None
        body = json.dumps({"pagination": {"total_results": 2, "next": more}, "resources": [one]})
        platform.fault("GET", f"/v3/apps.*[?&]page={page}", "status", status=200, body=body)

    assert [found.guid for found in space.look().apps] == ["A1", "A2"]


def test_what_somebody_edited_stops_nothing_but_its_own_environment(
    space: SpaceClient, platform: Platform
) -> None:
    space.check()
    edited = annotated({labels.ATTEMPT: "{"}) | {"guid": "A1"}
    nobodys = app(guid="A2", name="stray", metadata={"labels": OURS | {labels.REPOSITORY: "shop"}})
    well = app(guid="A3", metadata={"labels": labels.owner("acme", OTHER), "annotations": {}})
    listing = {"pagination": {"total_results": 3, "next": None}, "resources": [edited, nobodys, well]}
    platform.fault("GET", "/v3/apps", "status", status=200, body=json.dumps(listing))

    found = space.look()

    assert [one.guid for one in found.apps] == ["A3"]
    assert found.unreadable.keys() == {PREVIEW, None}
    assert "shop-pr-12: the annotation reviewapps-attempt" in found.unreadable[PREVIEW]
    assert "stray: " in found.unreadable[None]


def test_what_somebody_edited_keeps_nobody_else_waiting(space: SpaceClient, platform: Platform) -> None:
    space.check()
    stray = {"guid": "B1", "metadata": {"labels": OURS | {labels.REPOSITORY: "shop"}}}
    ours = {"guid": "B2", "metadata": {"labels": OURS}}
    listing = {"pagination": {"total_results": 2, "next": None}, "resources": [stray, ours]}
    platform.fault("GET", "/v3/builds", "status", status=200, body=json.dumps(listing), times=2)

    assert space.under_way("build").working == {PREVIEW}
    elsewhere = space.carry_out(steps.Look("elsewhere", "b" * 40), Actual(OTHER)).elsewhere
    assert elsewhere == ()


def test_a_look_takes_two_requests(space: SpaceClient, platform: Platform) -> None:
    created(space)
    platform.forget()
    assert len(space.look().apps) == 1
    assert len(platform.calls()) == 2


def test_a_look_shows_what_the_steps_said(space: SpaceClient) -> None:
    actual = routed(space, created(space))
    seen = space.look().actual(PREVIEW)
    assert (seen.apps, seen.routes) == (actual.apps, actual.routes)
    assert space.look().actual(OTHER).empty


def test_two_instances_never_see_each_other(platform: Platform) -> None:
    ours, theirs = client(platform), client(platform, instance="umbrella")
    created(ours)
    assert theirs.look() == Space()


def test_what_is_remembered_is_found_again(space: SpaceClient) -> None:
    actual = created(space)
    many = frozenset(f"{i:012x}" for i in range(900))
    spoke = ("approved: #1 by hubot",)
    actual = space.carry_out(steps.Remember("dev-9", "d" * 40, many, approved=spoke), actual)
    app = app_of(space.look().actual(PREVIEW))
    assert (app.tags_seen, app.approved) == (many, spoke)

    actual = space.carry_out(steps.Remember(None, "e" * 40, frozenset({"0" * 12})), actual)

    app = app_of(space.look().actual(PREVIEW))
    assert (app.source, app.wished, app.tags_seen) == (None, "e" * 40, frozenset({"0" * 12}))
    assert app.approved == ()


def test_what_spoke_for_a_wish_does_not_count_for_the_next_one_that_an_older_version_writes(
    space: SpaceClient, platform: Platform
) -> None:
    actual = created(space)
    wish = steps.Remember("main", "d" * 40, frozenset(), approved=("approved: #1 by hubot",))
    app = app_of(space.carry_out(wish, actual))
    assert app.approved == ("approved: #1 by hubot",)
    later = {"metadata": {"annotations": {labels.WISHED: "e" * 40}}}
    platform.meddle("PATCH", f"/v3/apps/{app.guid}", later)
    found = app_of(space.look().actual(PREVIEW))
    assert (found.wished, found.approved) == ("e" * 40, ())


def test_what_was_said_by_hand_is_found_again(space: SpaceClient) -> None:
    actual = created(space)
    until = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    said = steps.Govern(
        Lock("ada", "a demo", until),
        Pin("d" * 40, "e" * 40, "ada"),
        Override("e" * 40, "ada", until),
        (("ada", "e" * 40),),
    )
    for one in (said, replace(said, override=Override("e" * 40, "ada")), steps.Govern()):
        actual = space.carry_out(one, actual)
        app = app_of(space.look().actual(PREVIEW))
        assert (app.lock, app.pin, app.override, app.sign_offs) == (
            one.lock,
            one.pin,
            one.override,
            one.sign_offs,
        )


def test_a_refusal_outlives_the_attempt_that_met_it(space: SpaceClient) -> None:
    actual = created(space)
    tried = app_of(actual).attempt
    assert tried is not None
    refusal = Refusal("build", "no buildpack matched", tried.began, ("line",) * 30)

    actual = space.carry_out(steps.Refuse(refusal), actual)

    app = app_of(space.look().actual(PREVIEW))
    assert app.is_record and app.refusal_of(tried.commit, tried.config) == refusal
    actual = space.carry_out(steps.Begin(attempt(id="a2")), actual)
    assert app_of(space.look().actual(PREVIEW)).attempt == app_of(actual).attempt


def test_there_is_an_audit_line_for_every_side_effect(platform: Platform) -> None:
    diary = Diary()
    space = client(platform, diary=diary)
    removed(space, routed(space, created(space)))
    assert diary.said == [
        "create the app shop-pr-12",
        "create the route shop-pr-12",
        "lead the route to the app",
        "delete the route",
        "delete the app",
    ]


def test_a_log_that_cannot_be_had_is_empty(platform: Platform, space: SpaceClient) -> None:
    app = app_of(created(space))
    platform.fault("GET", "/api/v1/read", "status", status=500, times=5)
    assert space.log(app, "APP", 10) == ()


def test_a_log_is_read_though_log_cache_only_says_404_of_an_ended_token(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, _ = built(space, created(space), tmp_path)
    app = app_of(actual)
    until(lambda: actual, lambda _: len(space.log(app, "STG", 2)) == 2)
    platform.end_sessions()
    assert len(space.log(app, "STG", 2)) == 2
    platform.end_sessions()
    assert space.tail(app, 0)

    platform.forget()
    assert space.log(replace(app, guid="gone"), "STG", 2) == ()
    assert len(platform.calls("GET", "/api/v1/read")) == 2
    assert len(platform.calls("POST", "/oauth/token")) == 1


def test_no_url_grows_with_what_is_there(platform: Platform, space: SpaceClient, tmp_path: Path) -> None:
    built(space, created(space, OTHER, "shop-pr-13"), tmp_path)
    for number in range(20, 32):
        created(space, Environment(7, f"pr-{number}"), f"shop-pr-{number}")
    platform.forget()
    actual = space.look().actual(Environment(7, "pr-20"))
    space.carry_out(steps.Look("elsewhere", blueprint().build_key), actual)
    assert max(len(call) for call in platform.calls()) < 2000
