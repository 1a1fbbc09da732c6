"""A GitHub App as who we are: its tokens, and where it is let in."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from reviewapps.approval import Requires
from reviewapps.errors import NotAuthorised
from reviewapps.github import RepositoryClient
from reviewapps.github.app import NEEDED, AppInstallation, NotLetIn, credentials_of
from reviewapps.grants import AppKey, GitHubAccess
from reviewapps.grants.keys import private_key
from reviewapps.model import Environment, Secret
from reviewapps.outcome import Telling
from reviewapps.sandbox.github.state import App, Installation, Registration
from tests.contract.test_github.conftest import Office

HOUR = 3600


@pytest.fixture
def app(office: Office) -> App:
    return office.hub.register()


def credentials(office: Office, app: App, key: str = "") -> AppInstallation:
    access = GitHubAccess(url=office.hub.url, app=AppKey(str(app.id), Secret(key or app.keys.private)))
    means: dict[str, Any] = {"memory": office.memory, "timeout": 5.0, "spend": lambda: None}
    found = credentials_of(access, "octocat/shop", **means)
    assert isinstance(found, AppInstallation)
    return found


def client(office: Office, app: App) -> RepositoryClient:
    """A worker's; each signs for itself."""
    return office.client(credentials=credentials(office, app))


def installed(office: Office) -> Installation:
    return next(iter(office.hub.server.world.installations.values()))


def minted(office: Office) -> int:
    return sum(call.path.endswith("/access_tokens") for call in office.new_calls())


def forward(office: Office, seconds: int) -> None:
    office.hub.request("POST", "/_sandbox/clock", json={"forward": seconds})


def telling(office: Office, number: int, commit: str) -> Telling:
    text = f"<!-- reviewapps 1 acme {office.repository} #{number} live -->\nPreview: live"
    environment = Environment.of_pull_request(office.repository, number)
    return Telling(
        environment, commit, "live", text, deployment="success", description="Live", url="http://x"
    )


def test_all_workers_share_one_token_that_no_memory_shows(office: Office, app: App) -> None:
    assert client(office, app).look() == client(office, app).look()
    assert minted(office) == 1
    (token,) = office.hub.server.world.installation_tokens.values()
    kept = "".join(office.memory.values.values())
    assert token.value not in kept
    assert not any(line in kept for line in app.keys.private.splitlines()[1:-1])
    assert token.permissions == NEEDED


def test_a_second_look_with_the_same_token_costs_nothing(office: Office, app: App) -> None:
    client(office, app).look()
    office.new_calls()
    client(office, app).look()
    assert {call.status for call in office.new_calls()} == {304}


def test_a_token_that_ended_is_renewed_in_the_middle_of_a_look(office: Office, app: App) -> None:
    worker = client(office, app)
    worker.look()
    forward(office, HOUR + 1)
    number = office.open()
    assert [pull.number for pull in worker.look().pull_requests] == [number]
    assert minted(office) == 2


def test_git_fetches_with_a_new_token_where_the_old_one_ended(office: Office, app: App) -> None:
    office.hub.request("PATCH", "/repos/octocat/shop", json={"private": True})
    worker, tip = client(office, app), office.shop.git("rev-parse", "feature")
    worker.look()
    forward(office, HOUR + 1)
    assert worker.tree(tip, "") == office.shop.git("rev-parse", "feature^{tree}")
    assert minted(office) == 2


def test_its_comment_is_found_again_as_the_bots(office: Office, app: App) -> None:
    number, tip = office.open(), office.shop.git("rev-parse", "feature")
    client(office, app).tell(telling(office, number, tip))
    office.memory.forget()
    client(office, app).tell(telling(office, number, tip))
    (comment,) = office.hub.request("GET", f"/repos/octocat/shop/issues/{number}/comments").json()
    assert comment["user"]["login"] == "review-apps[bot]"


def test_who_is_not_let_in_is_told_where_to_be(office: Office, app: App) -> None:
    worker = client(office, app)
    worker.look()
    installed(office).suspended_at = "2026-01-01T00:00:00Z"
    with pytest.raises(
        NotLetIn, match=r"is suspended in octocat: unsuspend it: http.*/settings/installations/"
    ):
        worker.look()
    installed(office).suspended_at = None
    worker.look()
    office.hub.server.world.installations.clear()
    office.hub.server.world.installation_tokens.clear()
    with pytest.raises(
        NotLetIn, match=r"not installed on octocat/shop.*install it: http.*/apps/review-apps/"
    ):
        worker.look()


def test_who_was_thrown_out_and_let_in_again_goes_on(office: Office, app: App) -> None:
    worker, before = client(office, app), installed(office).id
    worker.look()
    made = requests.delete(f"{office.hub.url}/_sandbox/installations/{before}", timeout=10)
    assert made.status_code == 204
    wanted = {"app": app.slug, "account": "octocat", "repositories": ["octocat/shop"]}
    assert office.hub.request("POST", "/_sandbox/installations", json=wanted).status_code == 201
    worker.look()
    assert installed(office).id != before


def test_an_app_that_may_less_gets_a_token_all_the_same(office: Office) -> None:
    app = office.hub.register(contents="read", pull_requests="write", deployments="read")
    client(office, app).look()
    (token,) = office.hub.server.world.installation_tokens.values()
    wanted = {"metadata": "read", "contents": "read", "pull_requests": "write", "deployments": "read"}
    assert token.permissions == wanted


def test_checks_and_teams_are_read_by_an_app_that_was_granted_them(office: Office) -> None:
    office.hub.request("PATCH", "/repos/octocat/shop", json={"private": True})
    head, requires = office.shop.git("rev-parse", "feature"), Requires.wish(checks=["test"])
    office.hub.request(
        "POST", f"/repos/octocat/shop/statuses/{head}", json={"state": "success", "context": "test"}
    )
    may = office.hub.register(**NEEDED)
    assert [one.name for one in client(office, may).evidence("main", None, head, requires).checks] == ["test"]
    (token,) = office.hub.server.world.installation_tokens.values()
    assert token.permissions["members"] == "read"
    installation = installed(office)
    del installation.permissions["checks"], installation.permissions["members"]
    office.memory.forget()
    with pytest.raises(NotAuthorised, match="takes Checks: read"):
        client(office, may).evidence("main", None, head, requires)


def test_a_key_that_is_not_the_apps_is_refused_and_not_shown(office: Office, app: App) -> None:
    other = office.hub.server.add_app("octocat", Registration(name="Another")).keys.private
    with pytest.raises(NotAuthorised, match="could not be decoded") as refused:
        credentials(office, app, other).token()
    assert not any(line in str(refused.value) for line in other.splitlines())


def test_the_key_is_taken_in_every_form_in_which_it_comes(app: App) -> None:
    pem = app.keys.private
    forms = (pem, pem.replace("\n", "\\n"), base64.b64encode(pem.encode()).decode(), f"\n{pem}\n")
    assert {private_key(form) for form in forms} == {pem.strip() + "\n"}
