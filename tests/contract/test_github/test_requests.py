"""Single questions, and what becomes of requests that are not answered as they should be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from reviewapps.errors import (
    BadSettings,
    Busy,
    NotAuthorised,
    RateLimited,
    ReviewAppsError,
    TryLater,
    Unavailable,
)
from reviewapps.github.connection import PAUSED, Connection
from reviewapps.github.credentials import Token
from reviewapps.model import Secret, Tag
from tests.contract.test_github.conftest import Office


def connection(office: Office, api_url: str = "", spend: Callable[[], None] = lambda: None) -> Connection:
    token = Token(Secret("hubot-token"))
    return Connection(api_url or office.hub.url, token, memory=office.memory, timeout=1, spend=spend)


# --- single questions ---


def test_a_pull_request_is_read_as_it_is_now(office: Office) -> None:
    number = office.open()
    client = office.client()
    client.look()
    office.close(number)

    pull = client.pull_request(number)

    assert pull is not None
    assert not pull.open


def test_a_pull_request_that_does_not_exist_is_none(office: Office) -> None:
    assert office.client().pull_request(99) is None


def test_a_missing_pull_request_of_a_repository_that_cannot_be_read_proves_nothing(office: Office) -> None:
    number = office.open()
    client = office.client()
    client.look()
    office.fail("/repositories/", status=404, times=2)

    with pytest.raises(NotAuthorised):
        client.pull_request(number)


def test_a_commit_is_asked_for_once_and_without_its_files(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    client = office.client()
    stamp = int(office.shop.git("show", "--no-patch", "--format=%ct", tip))

    assert client.committed_at(tip) == datetime.fromtimestamp(stamp, UTC)
    assert [call.path.split("?")[0] for call in office.new_calls()][-1].endswith(f"/git/commits/{tip}")
    assert office.client().committed_at(tip) == datetime.fromtimestamp(stamp, UTC)
    office.memory.forget()
    assert client.committed_at(tip) == datetime.fromtimestamp(stamp, UTC)
    assert office.new_calls() == []


def test_a_tag_means_a_commit_however_it_is_wrapped(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    office.shop.git("tag", "light", tip)
    office.shop.git("tag", "-a", "-m", "one", "annotated", tip)
    office.shop.git("tag", "-a", "-m", "two", "nested", "annotated")
    office.shop.git("push", "--quiet", "--tags")
    client = office.client()

    tags = {tag.name: client.tagging(tag) for tag in client.look().tags}

    meant = {name: tagging for name, tagging in tags.items() if tagging is not None}
    assert {name: tagging.commit for name, tagging in meant.items()} == dict.fromkeys(tags, tip)
    assert {name for name, tagging in meant.items() if tagging.tagged_at} == {"annotated", "nested"}
    office.new_calls()
    assert [client.tagging(tag) for tag in client.look().tags] == list(tags.values())
    assert {call.status for call in office.new_calls()} == {304}


def test_a_tag_of_a_tree_or_one_too_deep_means_no_commit(office: Office) -> None:
    git = office.shop.git
    git("tag", "tree", "HEAD^{tree}")
    git("tag", "blob", "HEAD:README.md")
    git("tag", "-a", "-m", "one", "wrapped", "tree")
    git("tag", "-a", "-m", "0", "deep-0", "HEAD")
    for depth in range(1, 6):
        git("tag", "-a", "-m", "deeper", f"deep-{depth}", f"deep-{depth - 1}")
    git("push", "--quiet", "--tags")
    client = office.client()
    tags = [tag for tag in client.look().tags if tag.name in ("tree", "blob", "wrapped", "deep-5")]

    assert [client.tagging(tag) for tag in tags] == [None] * 4
    office.new_calls()
    assert [client.tagging(tag) for tag in tags] == [None] * 4
    assert office.new_calls() == []


def test_a_tag_that_is_not_there_is_told(office: Office) -> None:
    with pytest.raises(NotAuthorised):
        office.client().tagging(Tag("dev-1", "1" * 40, annotated=True))


def test_a_repository_that_cannot_be_seen_is_told_by_its_name(office: Office) -> None:
    with pytest.raises(NotAuthorised, match="octocat/nothing"):
        office.client(name="octocat/nothing").look()


def test_a_repository_made_anew_under_the_name_is_the_one_that_is_meant(office: Office) -> None:
    client = office.client()
    before = client.look().repository.id
    office.hub.request("DELETE", "/repos/octocat/shop")
    office.hub.server.add_repository("octocat", "shop", writers=["hubot"])
    office.shop.git("push", "--quiet", "origin", "main")

    assert client.look().repository.id not in (before, 0)


# --- answers that are none ---


@pytest.mark.parametrize(
    ("failure", "error", "after"),
    [
        ({"status": 429, "headers": {"Retry-After": "7"}}, RateLimited, 7),
        ({"status": 403, "headers": {"Retry-After": "7"}}, RateLimited, 7),
        ({"status": 429}, RateLimited, 60),
        ({"status": 403, "body": '{"message": "You have exceeded a secondary rate limit"}'}, RateLimited, 60),
        ({"status": 409, "body": '{"message": "Git Repository is empty."}'}, TryLater, 60),
        ({"status": 307, "headers": {"Location": "/elsewhere"}}, TryLater, 60),
    ],
    ids=str,
)
def test_how_long_to_wait_is_told(
    office: Office, failure: dict[str, Any], error: type[TryLater], after: float
) -> None:
    office.fail("/user$", **failure)

    with pytest.raises(error) as raised:
        connection(office).read("/user")

    assert raised.value.after == after


def test_an_exhausted_limit_is_waited_for_until_it_starts_anew_by_githubs_clock(office: Office) -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1000000300",
        "Date": "Sun, 09 Sep 2001 01:46:40 GMT",  # 1000000000
    }
    office.fail("/user$", status=403, headers=headers)

    with pytest.raises(RateLimited) as limited:
        connection(office).read("/user")

    assert limited.value.after == 300


def test_while_github_wants_to_be_left_alone_no_worker_asks_it_anything(office: Office) -> None:
    office.fail("/user$", status=429, headers={"Retry-After": "70"})
    with pytest.raises(RateLimited):
        connection(office).read("/user")
    office.new_calls()
    spent: list[str] = []

    with pytest.raises(RateLimited) as waits:
        connection(office, spend=lambda: spent.append("one")).read("/user")

    assert 60 < waits.value.after <= 70
    assert (office.new_calls(), spent) == ([], [])
    office.memory.write(PAUSED, 1_000_000_000, 1)
    assert connection(office).read("/user").status == 200


def test_a_budget_of_our_own_that_is_spent_pauses_nobody_else(office: Office) -> None:
    def refuse() -> None:
        raise RateLimited("no budget")

    with pytest.raises(RateLimited):
        connection(office, spend=refuse).read("/user")
    assert connection(office).read("/user").status == 200


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"status": 401, "body": '{"message": "Bad credentials"}'}, NotAuthorised),
        ({"status": 403, "body": '{"message": "Resource not accessible by integration"}'}, NotAuthorised),
        ({"status": 500, "times": 2}, Unavailable),
        ({"kind": "reset", "times": 2}, Unavailable),
        ({"kind": "cut", "times": 2}, Unavailable),
        ({"kind": "delay", "seconds": 1.5, "times": 2}, Unavailable),
        ({"status": 200, "body": "{"}, Unavailable),
        ({"status": 301, "headers": {"Location": "https://elsewhere.example.org/user"}}, BadSettings),
    ],
    ids=str,
)
def test_every_failure_has_its_name(
    office: Office, failure: dict[str, Any], error: type[ReviewAppsError]
) -> None:
    office.fail("/user$", **failure)

    with pytest.raises(error, match="GET /user"):
        connection(office).read("/user")


def test_a_question_is_asked_twice_and_an_order_given_once(office: Office) -> None:
    office.fail("/user$", status=502)
    assert connection(office).read("/user").status == 200

    office.new_calls()
    office.fail("/labels$", method="POST", status=502)
    number = office.open()
    with pytest.raises(Unavailable):
        connection(office).write("POST", f"/repos/octocat/shop/issues/{number}/labels", {"labels": ["a"]})
    assert [call.status for call in office.new_calls() if call.path.endswith("/labels")] == [502]


def test_an_address_that_is_not_the_apis_is_a_wrong_setting(office: Office) -> None:
    with pytest.raises(BadSettings, match=r"https://elsewhere\.example\.org"):
        connection(office).read("https://elsewhere.example.org/user")
    with pytest.raises(BadSettings, match="not the address of an API"):
        connection(office, api_url="ftp://127.0.0.1").read("/user")


def test_a_request_that_may_not_be_spent_is_not_made(office: Office) -> None:
    def refuse() -> None:
        raise Busy("no budget")

    office.new_calls()
    with pytest.raises(Busy):
        connection(office, spend=refuse).read("/user")
    assert office.new_calls() == []


def test_the_token_is_in_no_message_and_in_nothing_that_is_remembered(office: Office) -> None:
    office.client().look()
    assert "hubot-token" not in str(office.memory.values)

    office.fail("/repos/", status=401, body='{"message": "Bad credentials"}')
    office.memory.forget()
    with pytest.raises(NotAuthorised) as refused:
        office.client().look()
    assert "hubot-token" not in str(refused.value)
