"""Looking at a repository: complete or not at all, and free of charge where nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from reviewapps.errors import BadRules, NotAuthorised, RateLimited, ReviewAppsError, Unavailable
from reviewapps.github.connection import PAUSED
from reviewapps.model import Wanted
from reviewapps.ports import POINTS
from reviewapps.reconcile.view import rules_of, view_digest
from reviewapps.sandbox.faults import Fault
from tests.contract.test_github.conftest import Office


class Meanwhile(Fault):
    """Once the first such request is answered, something is done before the next one is."""

    def __init__(self, done: Callable[[], object], path: str) -> None:
        super().__init__(path=path)
        self._done = done

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        await asyncio.to_thread(self._done)
        return answer


def remembered(office: Office) -> dict[str, str]:
    """All but what GitHub says of our limits, which every answer may change."""
    return {name: value for name, value in office.memory.values.items() if name != POINTS}


def numbers(wanted: Wanted, *, open: bool = True) -> list[int]:
    return [pull.number for pull in wanted.pull_requests if pull.open is open]


def test_a_look_sees_the_repository_its_pull_requests_tags_and_rules(office: Office) -> None:
    number = office.open()
    office.shop.git("tag", "dev-1")
    office.shop.git("tag", "-a", "-m", "annotated", "dev-2")
    office.shop.git("push", "--quiet", "--tags")
    tip = office.shop.commit("main", {".reviewapps.yml": "environments: {review: {}}\n"})

    wanted = office.client().look()

    assert (wanted.repository.name, wanted.repository.default_branch) == ("octocat/shop", "main")
    assert (wanted.repository.head, wanted.rules_text) == (tip, "environments: {review: {}}\n")
    [pull] = wanted.pull_requests
    assert (pull.number, pull.branch, pull.base, pull.author) == (number, "feature", "main", "octocat")
    assert (pull.open, pull.fork, pull.bot, pull.draft) == (True, False, False, False)
    assert [(tag.name, tag.annotated) for tag in wanted.tags] == [("dev-1", False), ("dev-2", True)]


def test_a_look_where_nothing_changed_is_three_requests_that_cost_nothing(office: Office) -> None:
    office.open()
    client = office.client()
    first = client.look()
    office.new_calls()

    assert client.look() == first

    assert [call.status for call in office.new_calls()] == [304, 304, 304]


def test_another_worker_goes_on_from_the_look_of_the_first(office: Office) -> None:
    office.open()
    first = office.client().look()
    office.new_calls()

    other = office.client()

    assert other.last_look() == first
    assert office.new_calls() == []
    assert other.look() == first
    assert [call.status for call in office.new_calls()] == [304, 304, 304]


def test_what_another_token_saw_is_not_believed(office: Office) -> None:
    office.client().look()
    office.new_calls()

    office.client(token="octocat-token").look()

    calls = office.new_calls()
    assert {call.status for call in calls} <= {200, 404}
    assert [call for call in calls if "state=open" in call.path]


@pytest.mark.parametrize("known", [True, False])
def test_what_is_merged_during_a_look_is_at_the_head_if_it_is_merged_at_all(
    office: Office, *, known: bool
) -> None:
    """Else its build would look as if nobody waited for it."""
    number = office.open()
    client = office.client()
    if known:
        client.look()
    merge = partial(office.hub.request, "PUT", f"/repos/octocat/shop/pulls/{number}/merge", json={})
    office.hub.server.observed.plan(Meanwhile(merge, r"/(branches/main|pulls\?.*state=all)"))

    wanted = client.look()

    [pull] = wanted.pull_requests
    assert pull.open or pull.merged_as == wanted.repository.head
    wanted = client.look()
    assert wanted.pull_requests[0].merged_as == wanted.repository.head


def test_without_memory_everything_is_listed_again(office: Office) -> None:
    number = office.open()
    client = office.client()
    client.look()
    office.memory.forget()

    assert client.last_look() is None
    assert numbers(client.look()) == [number]


def test_what_changed_since_is_seen_opened_pushed_and_closed(office: Office) -> None:
    office.shop.push_topics(["one", "two"])
    closing, pushed = office.open("one"), office.open("two")
    client = office.client()
    client.look()

    opened = office.open("feature")
    tip = office.shop.commit("two", {"app/main.py": "print('new')\n"})
    office.close(closing)
    wanted = client.look()

    assert numbers(wanted) == [pushed, opened]
    assert numbers(wanted, open=False) == [closing]
    assert {pull.number: pull.commit for pull in wanted.pull_requests}[pushed] == tip


def test_more_changes_than_a_page_holds_are_all_seen(office: Office) -> None:
    first = crowd(office, 55)
    client = office.client()
    client.look()
    office.new_calls()

    for number in first:
        office.close(number)
    wanted = client.look()

    assert numbers(wanted) == []
    assert numbers(wanted, open=False) == first
    assert any("page=2" in call.path for call in office.new_calls())


def test_the_closed_of_long_ago_are_forgotten_and_the_open_are_not(office: Office) -> None:
    closed, *still_open = crowd(office, 52)
    shift(office, 60)
    office.close(closed)
    shift(office, 90)
    rename(office, still_open[0])
    client = office.client()
    assert numbers(client.look(), open=False) == [closed]

    shift(office, 120)
    for number in still_open:
        rename(office, number)
    wanted = client.look()

    assert numbers(wanted) == still_open
    assert numbers(wanted, open=False) == []


def test_rules_are_read_only_when_the_default_branch_moved(office: Office) -> None:
    office.shop.commit("main", {".reviewapps.yml": "one"})
    client = office.client()
    client.look()
    office.open()
    office.new_calls()

    assert client.look().rules_text == "one"
    assert not [call for call in office.new_calls() if "contents" in call.path]

    office.shop.commit("main", {".reviewapps.yml": "two"})
    assert client.look().rules_text == "two"


def test_rules_that_are_no_text_are_seen_and_the_rest_with_them(office: Office) -> None:
    number = office.open()
    client = office.client()
    without = client.look()
    (office.shop.folder / ".reviewapps.yml").write_bytes(b"\xff")
    office.shop.commit("main", {})

    broken = client.look()

    assert numbers(broken) == [number]
    asked = rules_of(broken)
    assert isinstance(asked, BadRules) and "UTF-8" in str(asked)
    assert office.client().look() == office.client().last_look() == broken
    assert view_digest(broken) != view_digest(replace(broken, rules_broken=None))
    office.shop.commit("main", {".reviewapps.yml": ""})
    assert rules_of(client.look()) == rules_of(without)


def test_a_renamed_repository_is_still_followed(office: Office) -> None:
    client = office.client()
    before = client.look()
    office.hub.request("PATCH", "/repos/octocat/shop", json={"name": "store"})
    number = office.open(repository="octocat/store")

    assert numbers(client.look()) == [number]
    after = office.client(whole_every=0).look()
    assert (after.repository.id, after.repository.name) == (before.repository.id, "octocat/store")


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"status": 502, "times": 2}, Unavailable),
        ({"kind": "cut"}, Unavailable),
        ({"kind": "reset", "times": 2}, Unavailable),
        ({"status": 200, "body": '{"message": "a proxy says hello"}'}, Unavailable),
        ({"status": 200, "body": "<html>"}, Unavailable),
        ({"status": 200, "body": '[{"number": 1}]'}, Unavailable),
        ({"status": 403, "body": '{"message": "API rate limit exceeded"}'}, RateLimited),
        ({"status": 401, "body": '{"message": "Bad credentials"}'}, NotAuthorised),
        ({"status": 404, "body": '{"message": "Not Found"}'}, NotAuthorised),
    ],
    ids=str,
)
def test_a_failed_listing_is_no_listing_and_the_last_look_stays(
    office: Office, failure: dict[str, Any], error: type[ReviewAppsError]
) -> None:
    number = office.open()
    client = office.client()
    before = client.look()
    kept = remembered(office)
    office.close(number)
    office.fail("state=open", **failure)

    with pytest.raises(error):
        office.client(whole_every=0).look()

    office.memory.values.pop(PAUSED, None)
    assert remembered(office) == kept
    assert client.last_look() == before
    assert numbers(client.look(), open=False) == [number]


def test_a_listing_of_which_one_page_fails_is_no_listing(office: Office) -> None:
    crowd(office, 101)
    client = office.client()
    office.fail("state=open.*page=2|page=2.*state=open", status=502, times=2)
    with pytest.raises(Unavailable, match="502"):
        client.look()

    office.fail("state=open.*page=2|page=2.*state=open", status=200, body="[]")
    with pytest.raises(Unavailable, match="promised"):
        client.look()

    assert client.last_look() is None
    assert len(numbers(client.look())) == 101


def test_pages_that_move_while_they_are_read_are_read_again(office: Office) -> None:
    names = tag(office, 102)

    def delete_the_first_once_its_page_was_read() -> None:
        if any(office.hub.server.observed.asked("GET", "matching-refs")) and not deleted:
            path = f"/repos/octocat/shop/git/refs/tags/{names[0]}"
            deleted.append(office.hub.request("DELETE", path).status_code)

    deleted: list[int] = []
    wanted = office.client(spend=delete_the_first_once_its_page_was_read).look()

    assert deleted == [204]
    assert [found.name for found in wanted.tags] == names[1:]


def test_a_full_page_whose_link_was_lost_is_not_the_last(office: Office) -> None:
    names = tag(office, 101)
    path = f"/repositories/{office.repository}/git/matching-refs/tags/?per_page=100"
    office.fail("matching-refs", status=200, body=office.hub.request("GET", path).text)

    assert [found.name for found in office.client().look().tags] == names


def test_unchanged_since_never_is_not_nothing(office: Office) -> None:
    office.open()
    office.fail("state=open", status=304)

    with pytest.raises(Unavailable, match="never read"):
        office.client().look()


def test_the_default_branch_may_get_another_name(office: Office) -> None:
    client = office.client()
    client.look()
    office.shop.git("push", "--quiet", "origin", "main:trunk")
    office.hub.request("PATCH", "/repos/octocat/shop", json={"default_branch": "trunk"})
    office.shop.git("push", "--quiet", "--delete", "origin", "main")

    assert client.look().repository.default_branch == "trunk"


def crowd(office: Office, size: int) -> list[int]:
    """The numbers of so many pull requests, all of one branch: put there by hand, for speed."""
    shop = office.hub.server.world.named("octocat", "shop")
    assert shop is not None
    first = shop.pull_requests[office.open()]
    for number in range(first.number + 1, first.number + size):
        shop.pull_requests[number] = replace(first, id=number, number=number)
    return list(shop.pull_requests)


def tag(office: Office, size: int) -> list[str]:
    """The names of so many new tags."""
    names = [f"v{n:03}" for n in range(size)]
    tip = office.shop.git("rev-parse", "main")
    office.shop.git("update-ref", "--stdin", stdin="".join(f"create refs/tags/{n} {tip}\n" for n in names))
    office.shop.git("push", "--quiet", "--tags")
    return names


def shift(office: Office, seconds: int) -> None:
    office.hub.request("POST", "/_sandbox/clock", json={"offset": seconds})


def rename(office: Office, number: int) -> None:
    path = f"/repos/octocat/shop/pulls/{number}"
    assert office.hub.request("PATCH", path, json={"title": "another"}).status_code == 200
