"""How the client logs in, and stays so."""

from __future__ import annotations

import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from reviewapps.cloudfoundry import Access
from reviewapps.cloudfoundry.credentials import logged_in
from reviewapps.errors import (
    BadSettings,
    NotAuthorised,
    Unavailable,
)
from reviewapps.model import Secret, Space
from tests.contract.test_cloudfoundry.platform import Memory, Platform, client

SEEN_ELSEWHERE = Secret("rejected elsewhere")
EXPIRED = {
    "status": 401,
    "headers": {"Content-Type": "application/json"},
    "body": '{"errors": [{"code": 1000, "title": "CF-InvalidAuthToken", "detail": "Invalid Auth Token"}]}',
}


def test_a_client_that_may_see_everything_has_nothing_to_complain_about(platform: Platform) -> None:
    space = client(platform)
    space.check()
    assert space.domain == platform.domain


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"org": "umbrella"}, "the org 'umbrella' was not found: the user 'deployer' does not see it"),
        ({"space": "moon"}, "the space 'moon' of the org 'acme' was not found"),
        ({"domain": "example.test"}, "the domain 'example.test' was not found"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(
    platform: Platform, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadSettings, match=words):
        client(platform, **changes).check()


def test_a_wrong_password_is_tried_once_by_all_workers_together(platform: Platform) -> None:
    memory, wrong = Memory(), Secret("wrong-once")
    first = client(platform, memory=memory, password=wrong)
    with pytest.raises(NotAuthorised, match="rejected the user 'deployer': Bad credentials"):
        first.look()

    for worker in (first, client(platform, memory=memory, password=wrong), client(platform, password=wrong)):
        with pytest.raises(NotAuthorised, match="not tried again"):
            worker.look()

    assert len(platform.calls("POST", "/oauth/token")) == 1
    assert "wrong-once" not in str(memory.values)
    client(platform, memory=memory).check()


def test_a_password_that_another_process_saw_rejected_is_not_tried(platform: Platform) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as elsewhere:
        memory = elsewhere.submit(memory_after_a_rejection, platform.api).result(90)
    assert len(platform.calls("POST", "/oauth/token")) == 1
    platform.forget()

    with pytest.raises(NotAuthorised, match="not tried again"):
        client(platform, memory=memory, password=SEEN_ELSEWHERE).look()

    assert platform.calls() == []


def memory_after_a_rejection(api: str) -> Memory:
    memory = Memory()
    mine = Access(api, "acme", "review", None, user="deployer", password=SEEN_ELSEWHERE)
    with suppress(NotAuthorised):
        logged_in(mine, 3.0, memory, lambda: None)
    return memory


def test_a_login_that_the_platform_cannot_answer_is_not_taken_for_a_wrong_password(
    platform: Platform,
) -> None:
    platform.fault("POST", "/oauth/token", "status", status=503, times=3)
    space = client(platform)
    with pytest.raises(Unavailable):
        space.look()
    space.check()


def test_a_token_that_ended_is_refreshed_and_the_request_repeated(platform: Platform) -> None:
    space = client(platform)
    space.check()
    platform.forget()
    platform.fault("GET", "/v3/apps", "status", **EXPIRED)

    assert isinstance(space.look(), Space)

    assert len(platform.calls("POST", "/oauth/token")) == 1


def test_a_refresh_token_that_ended_brings_a_new_login(platform: Platform) -> None:
    space = client(platform)
    space.check()
    platform.forget()
    platform.fault("GET", "/v3/apps", "status", **EXPIRED)
    body = '{"error": "invalid_token", "error_description": "expired"}'
    platform.fault("POST", "/oauth/token", "status", status=401, body=body)

    assert isinstance(space.look(), Space)

    assert len(platform.calls("POST", "/oauth/token")) == 2


def test_a_client_without_refresh_tokens_logs_in_again(platform: Platform) -> None:
    secret = Secret("orchestrator")
    space = client(platform, user=None, password=None, client_id="orchestrator", client_secret=secret)
    space.check()
    platform.forget()
    platform.fault("GET", "/v3/apps", "status", **EXPIRED)

    assert isinstance(space.look(), Space)

    assert len(platform.calls("POST", "/oauth/token")) == 1


def test_a_token_that_is_refused_as_soon_as_it_is_given_is_given_up(platform: Platform) -> None:
    space = client(platform)
    space.check()
    platform.fault("GET", "/v3/apps", "status", times=9, **EXPIRED)
    with pytest.raises(NotAuthorised, match="token"):
        space.look()


def test_neither_password_nor_token_nor_bodies_are_logged(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "urllib3"):  # which commands that ran before have made quiet
        caplog.set_level(logging.DEBUG, name)
    client(platform).look()
    assert "/v3/apps" in caplog.text
    assert "access_token" not in caplog.text and "resources" not in caplog.text
