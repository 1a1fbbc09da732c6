"""What every answer has around it: credentials, ETags, pages, limits, redirects, faults."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from github import BadCredentialsException, UnknownObjectException

from reviewapps.sandbox.faults import Fault
from reviewapps.sandbox.github import GitHub
from tests.sandbox.github.conftest import Checkout, Hub

PULLS = "/repos/octocat/shop/pulls"


def test_a_token_says_who_asks(hub: Hub) -> None:
    assert hub.client("hubot-token").get_user().login == "hubot"
    for scheme in ("token", "Bearer"):
        answer = hub.request("GET", "/user", token=None, headers={"Authorization": f"{scheme} hubot-token"})
        assert answer.json()["login"] == "hubot"
    assert hub.request("GET", "/user", token=None, auth=("any", "hubot-token")).json()["login"] == "hubot"
    assert hub.request("GET", "/user", token=None).status_code == 401
    with pytest.raises(BadCredentialsException):
        hub.client("wrong").get_user().login  # noqa: B018 - reading it asks


def test_what_one_may_not_see_is_not_found(hub: Hub) -> None:
    hub.server.add_repository("octocat", "secret", private=True)
    with pytest.raises(UnknownObjectException):
        hub.client("stranger-token").get_repo("octocat/secret")
    assert hub.client().get_repo("octocat/secret").private
    assert hub.request("GET", "/nothing/of/the/kind").json()["message"] == "Not Found"


def test_an_unchanged_answer_costs_nothing(hub: Hub, shop: Checkout) -> None:
    first = hub.request("GET", PULLS)
    again = hub.request("GET", PULLS, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"]
    strong = first.headers["ETag"].removeprefix("W/")
    assert hub.request("GET", PULLS, headers={"If-None-Match": strong}).status_code == 304
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="New")
    changed = hub.request("GET", PULLS, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert int(changed.headers["X-RateLimit-Used"]) > int(first.headers["X-RateLimit-Used"])


def test_an_etag_is_bound_to_its_token_and_can_be_computed_for_another(hub: Hub, shop: Checkout) -> None:
    accept = {"Accept": "application/vnd.github+json"}
    first = hub.request("GET", PULLS, headers=accept)
    old = {**accept, "If-None-Match": first.headers["ETag"]}
    assert hub.request("GET", PULLS, token="hubot-token", headers=old).status_code == 200
    asked = f"{accept['Accept']}:token hubot-token:".encode() + first.content
    computed = {**accept, "If-None-Match": f'"{hashlib.sha256(asked).hexdigest()}"'}
    assert hub.request("GET", PULLS, token="hubot-token", headers=computed).status_code == 304


def test_a_hundred_and_one_pull_requests_come_in_two_pages(hub: Hub, shop: Checkout) -> None:
    names = [f"topic-{number}" for number in range(101)]
    shop.push_topics(names)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda name: _opened(hub, name), names))
    assert sorted(opened) == list(range(1, 102))
    assert len(list(hub.client().get_repo("octocat/shop").get_pulls())) == 101
    first = hub.request("GET", f"{PULLS}?state=open&per_page=500")
    identity = hub.client().get_repo("octocat/shop").id
    page = f"{hub.url}/repositories/{identity}/pulls?state=open&per_page=500&page=2"
    assert first.headers["Link"] == f'<{page}>; rel="next", <{page}>; rel="last"'
    assert [len(hub.request("GET", f"{PULLS}{query}").json()) for query in ("", "?page=4")] == [30, 11]
    middle = hub.request("GET", f"{PULLS}?page=2").headers["Link"]
    assert [part.rpartition("=")[2] for part in middle.split(", ")] == [
        '"prev"',
        '"next"',
        '"last"',
        '"first"',
    ]
    second = requests.get(page, timeout=30)
    assert len(second.json()) == 1 and "next" not in second.headers["Link"]


def _opened(hub: Hub, branch: str) -> int:
    wanted = {"title": branch, "base": "main", "head": branch}
    number: int = hub.request("POST", PULLS, json=wanted).json()["number"]
    return number


def test_everything_is_there_by_id_too(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    by_id = f"/repositories/{repository.id}"
    assert hub.client().get_repo(repository.id).full_name == "octocat/shop"
    for path in (
        "",
        "/branches/main",
        "/contents/app/main.py",
        "/git/matching-refs/heads%2F",
        "/deployments",
    ):
        assert (
            hub.request("GET", by_id + path).json() == hub.request("GET", "/repos/octocat/shop" + path).json()
        )


def test_a_renamed_repository_redirects_readers_and_writers(hub: Hub, shop: Checkout) -> None:
    identity = hub.client().get_repo("octocat/shop").id
    hub.client().get_repo("octocat/shop").edit(name="store")
    read = hub.request("GET", f"{PULLS}?state=all")
    assert read.status_code == 301
    assert read.headers["Location"] == f"{hub.url}/repositories/{identity}/pulls?state=all"
    written = hub.request("POST", PULLS, json={})
    assert written.status_code == 307
    assert hub.client().get_repo("octocat/shop").full_name == "octocat/store"


def test_a_planned_fault_strikes_the_second_page_alone(hub: Hub, shop: Checkout) -> None:
    hub.server.observed.plan(Fault(path="/branches.*page=2", status=502, body="no"))
    assert hub.request("GET", "/repos/octocat/shop/branches?per_page=1").status_code == 200
    assert hub.request("GET", "/repos/octocat/shop/branches?per_page=1&page=2").status_code == 502
    assert hub.request("GET", "/repos/octocat/shop/branches?per_page=1&page=2").status_code == 200
    asked = list(hub.server.observed.asked("GET", "/branches"))
    assert [(call.status, call.who) for call in asked] == [
        (200, "octocat"),
        (502, "octocat"),
        (200, "octocat"),
    ]


def test_a_body_may_be_cut_and_an_answer_lost_after_the_work(hub: Hub, shop: Checkout) -> None:
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    hub.server.observed.plan(Fault(method="GET", path="/pulls", kind="cut"))
    with pytest.raises(requests.RequestException):
        hub.request("GET", PULLS)
    hub.server.observed.plan(Fault(method="POST", path="/comments", kind="lost"))
    with pytest.raises(requests.RequestException):
        hub.request("POST", "/repos/octocat/shop/issues/1/comments", json={"body": "said"})
    assert [one["body"] for one in hub.request("GET", "/repos/octocat/shop/issues/1/comments").json()] == [
        "said"
    ]


def test_the_clock_can_be_shifted(hub: Hub, shop: Checkout) -> None:
    hub.request("POST", "/_sandbox/clock", json={"offset": -20 * 365 * 86400})
    pull = hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Old")
    assert pull.created_at.year < 2015
    assert hub.request("GET", PULLS).json()[0]["created_at"].endswith("Z")


def test_limits_and_meta_are_told(hub: Hub) -> None:
    used = int(hub.request("GET", "/user").headers["X-RateLimit-Used"])
    limits = hub.request("GET", "/rate_limit")
    assert limits.json()["resources"]["core"]["used"] == used == int(limits.headers["X-RateLimit-Used"])
    assert hub.client().get_rate_limit().resources.core.limit == 5000
    assert hub.request("GET", "/meta").status_code == 200
    answer = hub.request("GET", "/meta", headers={"X-GitHub-Api-Version": "2022-11-28"})
    assert answer.headers["X-GitHub-Api-Version-Selected"] == "2022-11-28"
    assert hub.request("GET", "/meta", headers={"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400


def test_accounts_and_repositories_are_made_over_http(hub: Hub) -> None:
    hub.request("POST", "/_sandbox/users", json={"login": "acme", "type": "Organization", "owners": ["mona"]})
    hub.request("POST", "/_sandbox/users", json={"login": "mona", "token": "mona-token"})
    mona = hub.client("mona-token")
    made = mona.get_organization("acme").create_repo("web", private=True)
    assert made.full_name == "acme/web" and made.permissions.admin
    assert made.get_collaborator_permission("mona") == "admin"
    assert made.get_collaborator_permission("stranger") == "none"
    made.add_to_collaborators("stranger")
    assert made.get_collaborator_permission("stranger") == "write"
    assert mona.get_user("hubot").login == "hubot"
    own = mona.get_user().create_repo("notes")
    assert [one.full_name for one in mona.get_user().get_repos()] == ["acme/web", own.full_name]
    assert hub.request("POST", "/user/repos", token="mona-token", json={"name": "notes"}).status_code == 422


def test_a_taken_port_is_refused(hub: Hub, tmp_path: Path) -> None:
    port = int(hub.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        asyncio.run(GitHub(tmp_path / "second").start(port))
