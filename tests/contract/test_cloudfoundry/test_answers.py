"""What is no yes, though it looks like one, and what every no means."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry.errors import NoRoom, NotFound, NotReady, Rejected
from reviewapps.cloudfoundry.pause import PAUSED
from reviewapps.errors import (
    BadManifest,
    Busy,
    NameTaken,
    NotAuthorised,
    RateLimited,
    ReviewAppsError,
    Unavailable,
)
from reviewapps.model import Actual, App, Space
from tests.contract.test_cloudfoundry.platform import Diary, Memory, Platform, client
from tests.contract.test_cloudfoundry.scenes import NAMES, PREVIEW, app_of, archive, attempt, blueprint
from tests.coordination.waiting import until

EMPTY = Actual(PREVIEW)
SOMEWHERE = EMPTY.with_app(
    App("A", NAMES[0], PREVIEW, "app", False, None, None, None, created_at=datetime(2026, 1, 2, tzinfo=UTC))
)


def refusing(code: int, detail: str) -> str:
    return f'{{"errors": [{{"code": {code}, "title": "CF-X", "detail": "{detail}"}}]}}'


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (202, {"x-amzn-waf-action": "challenge"}, "", RateLimited),
        (202, {"x-amzn-waf-action": "challenge"}, "<html>", RateLimited),
        (202, {}, "", RateLimited),
        (202, {}, "<html>a puzzle</html>", RateLimited),
        (405, {"x-amzn-waf-action": "captcha"}, "", RateLimited),
        (429, {"Retry-After": "7"}, "", RateLimited),
        (200, {}, "", Unavailable),
        (201, {}, "not json", Unavailable),
        (201, {}, "[]", Unavailable),
        (201, {}, "{}", Unavailable),
        (302, {"Location": "https://elsewhere.test/"}, "", Unavailable),
        (500, {}, "oops", Unavailable),
        (503, {}, refusing(200002, "Stats unavailable"), Unavailable),
        (524, {}, refusing(290006, "timed out"), Unavailable),
        (401, {}, refusing(10002, "Authentication error"), NotAuthorised),
        (403, {}, refusing(10003, "You are not authorized"), NotAuthorised),
        (403, {}, refusing(390014, "Deployments are disabled"), NoRoom),
        (404, {}, refusing(10010, "Space not found"), NotFound),
        (422, {}, refusing(10016, "App with the name exists"), NameTaken),
        (422, {}, refusing(10008, "memory quota_exceeded"), NoRoom),
        (422, {}, refusing(10008, "Routes quota exceeded for space 'review'."), NoRoom),
        (400, {}, refusing(100005, "You have exceeded it"), NoRoom),
        (422, {}, refusing(10008, "memory instance_memory_limit_exceeded"), BadManifest),
        (422, {}, refusing(10008, "Start command not specified"), BadManifest),
        (422, {}, refusing(10008, "Unable to use app. Ensure that the app exists."), NotFound),
        (413, {}, "Request Entity Too Large", BadManifest),
        (422, {}, refusing(170017, "Only one build can be STAGING"), Busy),
        (422, {}, refusing(10008, "Cannot scale this process while a deployment is in flight."), Busy),
        (400, {}, refusing(1004, "Bad request: Cannot stage package whose state is not ready."), NotReady),
        (422, {}, refusing(10008, "Name must not contain dragons"), Rejected),
        (400, {}, "plainly wrong", Rejected),
    ],
)
def test_every_answer_means_something(
    platform: Platform,
    tmp_path: Path,
    status: int,
    headers: dict[str, str],
    body: str,
    expected: type[ReviewAppsError],
) -> None:
    diary = Diary()
    space = client(platform, diary=diary)
    platform.fault("POST", "/v3/packages$", "status", status=status, headers=headers, body=body)

    with pytest.raises(ReviewAppsError) as raised:
        space.carry_out(
            steps.Upload(app_of(SOMEWHERE).guid, blueprint(), archive=archive(tmp_path)), SOMEWHERE
        )

    assert type(raised.value) is expected
    assert "Cloud Foundry" in str(raised.value)
    assert len(platform.calls("POST", "/v3/packages")) == 1
    assert diary.said == []


def test_we_stay_away_for_as_long_as_we_are_told(platform: Platform) -> None:
    space = client(platform)
    platform.fault("GET", "/v3/apps", "status", status=429, headers={"Retry-After": "17"})
    with pytest.raises(RateLimited) as slow:
        space.look()
    assert slow.value.after == 17


def test_while_we_stay_away_no_worker_asks(platform: Platform) -> None:
    memory = Memory()
    one, other = client(platform, memory=memory), client(platform, memory=memory)
    other.check()
    platform.fault("GET", "/v3/apps", "status", status=202, headers={"x-amzn-waf-action": "challenge"})
    with pytest.raises(RateLimited, match="firewall"):
        one.look()
    platform.forget()

    for space in one, other:
        with pytest.raises(RateLimited, match="asked us to slow down") as slow:
            space.look()
        assert 50 < slow.value.after <= 60

    assert platform.calls() == []


@pytest.mark.parametrize("path", ["^/$", "/oauth/token"])
def test_we_stay_away_where_the_login_is_answered_so(platform: Platform, path: str) -> None:
    memory = Memory()
    challenge = {"status": 202, "headers": {"x-amzn-waf-action": "challenge"}}
    platform.fault("GET" if path == "^/$" else "POST", path, "status", **challenge)
    for _ in range(2):
        with pytest.raises(RateLimited):
            client(platform, memory=memory).look()
    assert PAUSED in memory.values
    assert len([call for call in platform.calls() if "/v3" in call]) == 0


def test_when_the_pause_is_over_we_ask_again(platform: Platform) -> None:
    memory = Memory({PAUSED: time.time() - 1.0})
    assert client(platform, memory=memory).look() == Space()


@pytest.mark.parametrize("kind", ["reset", "cut", "lost"])
def test_a_read_that_breaks_is_repeated(platform: Platform, kind: str) -> None:
    space = client(platform)
    space.check()
    platform.forget()
    platform.fault("GET", "/v3/apps", kind)
    assert isinstance(space.look(), Space)
    assert len(platform.calls("GET", "/v3/apps")) == 2


def test_a_read_is_repeated_twice_and_then_given_up(platform: Platform) -> None:
    space = client(platform)
    space.check()
    platform.forget()
    platform.fault("GET", "/v3/apps", "status", status=502, times=9)
    with pytest.raises(Unavailable):
        space.look()
    assert len(platform.calls("GET", "/v3/apps")) == 3


def test_a_read_that_takes_too_long_is_given_up_at_once(platform: Platform) -> None:
    diary = Diary()
    space = client(platform, timeout=1.0, diary=diary)
    space.check()
    diary.spent = 0
    platform.fault("GET", "/v3/apps", "delay", seconds=2.0, times=9)
    with pytest.raises(Unavailable, match="in time"):
        space.look()
    assert diary.spent == 1
    until(
        lambda: platform.calls("GET", "/v3/apps"),
        "the late answer, which the next test would count as its own",
    )


@pytest.mark.parametrize("kind", ["reset", "cut", "lost"])
def test_a_write_that_breaks_is_not_repeated(platform: Platform, kind: str) -> None:
    space = client(platform)
    space.check()
    platform.forget()
    platform.fault("POST", "/v3/apps$", kind)
    with pytest.raises(Unavailable):
        space.carry_out(steps.CreateApp((f"once-{kind}",), attempt()), EMPTY)
    assert len(platform.calls("POST", "/v3/apps")) == 1


def test_every_request_is_paid_for_before_it_is_made(platform: Platform) -> None:
    diary = Diary()
    space = client(platform, diary=diary)
    space.look()
    assert diary.spent == len(platform.calls())


def test_nothing_is_asked_when_nothing_may_be_spent(platform: Platform) -> None:
    class Poor(Diary):
        def spend(self) -> None:
            raise RateLimited("enough for now")

    with pytest.raises(RateLimited, match="enough"):
        client(platform, diary=Poor()).look()
    assert platform.calls() == []
