"""GitHub Apps: who they say they are, what their tokens open, and for how long."""

from __future__ import annotations

import time
from typing import Any

import github
import jwt
import pytest
from github import GithubException
from github.Repository import Repository

from reviewapps.sandbox.github.state import App
from tests.sandbox.github.conftest import Checkout, Hub
from tests.sandbox.github.receiver import Receiver, wait

SHOP = "/repos/octocat/shop"


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


@pytest.fixture
def app(hub: Hub) -> App:
    return hub.register()


def signed(app: App, **claims: Any) -> dict[str, str]:
    """Headers of who signs with the App's key, by these claims."""
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 300, "iss": str(app.id), **claims}
    return {"Authorization": f"Bearer {jwt.encode(claims, app.keys.private, algorithm='RS256')}"}


def installation(hub: Hub, app: App) -> str:
    """The path of the App's only installation."""
    return f"/app/installations/{hub.integration(app).get_installations()[0].id}"


def test_the_real_client_finds_its_installations_and_works_as_a_bot(
    hub: Hub, app: App, repository: Repository
) -> None:
    integration = hub.integration(app)
    assert (integration.get_app().slug, app.bot.login) == ("review-apps", "review-apps[bot]")
    found = integration.get_repo_installation("octocat", "shop")
    assert [one.id for one in integration.get_installations()] == [found.id]
    assert integration.get_user_installation("octocat").id == found.id
    with pytest.raises(GithubException, match="404"):
        integration.get_org_installation("octocat")
    client = integration.get_github_for_installation(found.id)
    pull = repository.create_pull(base="main", head="feature", title="Greet")
    said = client.get_repo("octocat/shop").get_pull(1).create_issue_comment("Preview: live")
    assert (said.user.login, said.user.type) == ("review-apps[bot]", "Bot")
    deployment = client.get_repo("octocat/shop").create_deployment(pull.head.sha, required_contexts=[])
    for path in (f"issues/comments/{said.id}", f"deployments/{deployment.id}"):
        via = hub.request("GET", f"{SHOP}/{path}").json()["performed_via_github_app"]
        assert (via["slug"], via["id"]) == ("review-apps", app.id)
    assert hub.request("GET", "/users/review-apps%5Bbot%5D").json()["type"] == "Bot"
    assert hub.request("GET", "/apps/review-apps").json()["owner"]["login"] == "octocat"


def test_a_bad_signature_is_refused_in_githubs_words(hub: Hub, app: App) -> None:
    now = int(time.time())
    other = jwt.encode({"iat": now, "exp": now + 9, "iss": str(app.id + 1)}, "k" * 32, algorithm="HS256")
    refusals = {
        "'Issued at' claim": signed(app, iat=now + 600),
        "'Issued at' claim ('iat') must be an Integer": signed(app, iat=None),
        "'Expiration time' claim ('exp') must be a numeric value": signed(app, exp=now - 1),
        "'Expiration time' claim ('exp') is too far in the future": signed(app, exp=now + 3600),
        "A JSON web token could not be decoded": {"Authorization": "Bearer a.b.c"},
        "Integration not found": {"Authorization": f"Bearer {other}"},
    }
    for message, headers in refusals.items():
        answer = hub.request("GET", "/app", token=None, headers=headers)
        assert answer.json()["message"].startswith(message)
        assert answer.status_code == (404 if message.startswith("Integration") else 401)
    foreign = jwt.encode({"iat": now, "exp": now + 9, "iss": str(app.id)}, "k" * 32, algorithm="HS256")
    for headers in ({"Authorization": f"Bearer {foreign}"}, {"Authorization": "token octocat-token"}):
        assert "could not be decoded" in hub.request("GET", "/app", token=None, headers=headers).text
    assert hub.request("GET", "/app", token=None, headers=signed(app, iss=app.client_id)).status_code == 200
    assert hub.request("GET", SHOP, token=None, headers=signed(app)).status_code == 401


def test_a_token_can_be_narrowed_and_not_widened(hub: Hub, app: App, repository: Repository) -> None:
    hub.server.add_repository("octocat", "secret", private=True)
    path = f"{installation(hub, app)}/access_tokens"

    def mint(**wanted: Any) -> Any:
        return hub.request("POST", path, token=None, headers=signed(app), json=wanted)

    whole = mint().json()
    assert whole["token"].startswith("ghs_") and whole["permissions"]["contents"] == "write"
    assert "repositories" not in whole and whole["repository_selection"] == "selected"
    narrow = mint(repository_ids=[repository.id], permissions={"contents": "read"}).json()
    assert narrow["permissions"] == {"metadata": "read", "contents": "read"}
    assert [one["full_name"] for one in narrow["repositories"]] == ["octocat/shop"]
    assert mint(repositories=["shop"]).status_code == 201
    wider: list[dict[str, Any]] = [
        {"repositories": ["secret"]},
        {"repository_ids": [1]},
        {"permissions": {"administration": "write"}},
        {"permissions": {"contents": "admin"}},
    ]
    assert [mint(**one).status_code for one in wider] == [422] * 4
    listed = hub.request("GET", "/installation/repositories", token=whole["token"]).json()
    assert (listed["total_count"], listed["repositories"][0]["full_name"]) == (1, "octocat/shop")
    assert hub.request("GET", "/installation/repositories").status_code == 403
    assert hub.request("DELETE", "/installation/token", token=whole["token"]).status_code == 204
    assert hub.request("GET", SHOP, token=whole["token"]).json()["message"] == "Bad credentials"


def test_a_token_dies_after_an_hour_and_the_client_signs_in_again(hub: Hub, app: App, shop: Checkout) -> None:
    token = hub.token(app)
    hub.request("POST", "/_sandbox/clock", json={"forward": 3590})
    assert hub.request("GET", SHOP, token=token).status_code == 200
    hub.request("POST", "/_sandbox/clock", json={"forward": 11})
    assert hub.request("GET", SHOP, token=token).status_code == 401
    hub.request("PATCH", SHOP, json={"private": True})  # without need git shows no credentials
    with pytest.raises(AssertionError, match="Authentication failed"):
        shop.git("ls-remote", hub.remote("octocat/shop", token))
    again = hub.token(app)
    assert again != token and hub.request("GET", SHOP, token=again).status_code == 200


def test_a_token_does_what_it_was_permitted_and_no_more(
    hub: Hub, app: App, shop: Checkout, repository: Repository
) -> None:
    repository.create_pull(base="main", head="feature", title="Greet")
    sha = shop.git("rev-parse", "feature")
    writes: dict[str, tuple[str, str, dict[str, Any]]] = {
        "pull_requests": ("POST", "/issues/1/comments", {"body": "said"}),
        "issues": ("POST", "/issues/1/labels", {"labels": ["seen"]}),
        "deployments": ("POST", "/deployments", {"ref": sha, "required_contexts": []}),
        "statuses": ("POST", f"/statuses/{sha}", {"state": "success"}),
        "checks": ("POST", "/check-runs", {"name": "test", "head_sha": sha}),
        "contents": ("POST", "/git/refs", {"ref": "refs/heads/made", "sha": sha}),
    }
    reading = hub.token(app, permissions={"metadata": "read", **dict.fromkeys(writes, "read")})
    for permission, (method, path, body) in writes.items():
        refused = hub.request(method, SHOP + path, token=reading, json=body)
        assert (refused.status_code, refused.json()["message"]) == (
            403,
            "Resource not accessible by integration",
        )
        allowed = hub.token(app, permissions={permission: "write"})
        assert hub.request(method, SHOP + path, token=allowed, json=body).status_code < 300
    whole = hub.token(app)
    never = [("GET", "/user"), ("POST", "/user/repos"), ("GET", f"{SHOP}/hooks"), ("PATCH", SHOP)]
    assert {hub.request(*one, token=whole, json={}).status_code for one in never} == {403}
    hub.server.add_repository("octocat", "other")
    outside = hub.request(
        "POST", "/repos/octocat/other/statuses/main", token=whole, json={"state": "success"}
    )
    assert outside.status_code == 403
    assert hub.request("GET", "/repos/octocat/other", token=whole).status_code == 200


def test_private_repositories_open_to_installations_that_cover_them_alone(hub: Hub, shop: Checkout) -> None:
    private = {"private": True}
    hub.request("PATCH", SHOP, json=private)
    hub.server.add_repository("octocat", "secret", private=True)
    app = hub.register(contents="read")
    token = hub.token(app)
    assert hub.request("GET", f"{SHOP}/branches", token=token).status_code == 200
    assert hub.request("GET", f"{SHOP}/pulls", token=token).status_code == 403
    assert hub.request("GET", "/repos/octocat/secret", token=token).status_code == 404
    assert "refs/heads/main" in shop.git("ls-remote", hub.remote("octocat/shop", token))
    with pytest.raises(AssertionError, match="denied to review-apps"):
        shop.git("push", hub.remote("octocat/shop", token), "main:pushed")
    blind = hub.token(app, permissions={"metadata": "read"})
    with pytest.raises(AssertionError, match="403"):
        shop.git("ls-remote", hub.remote("octocat/shop", blind))


def test_a_token_that_may_write_contents_pushes_as_the_bot(
    hub: Hub, app: App, shop: Checkout, repository: Repository, receiver: Receiver
) -> None:
    repository.create_hook("web", {"url": receiver.url, "content_type": "json"}, ["push"], active=True)
    shop.git("push", "--quiet", hub.remote("octocat/shop", hub.token(app)), "main:pushed")
    told = receiver.last("push")
    assert (told["pusher"]["name"], told["sender"]["type"]) == ("review-apps[bot]", "Bot")
    assert "installation" not in told


def test_an_app_is_told_by_its_own_hook_and_asks_for_it_again(
    hub: Hub, repository: Repository, receiver: Receiver
) -> None:
    app = hub.register(hook_url="http://127.0.0.1:1/wrong")
    config = {"url": receiver.url, "content_type": "json", "secret": "s3cret"}
    changed = hub.request("PATCH", "/app/hook/config", token=None, headers=signed(app), json=config)
    assert (changed.json()["url"], changed.json()["secret"]) == (receiver.url, "********")
    repository.create_pull(base="main", head="feature", title="Greet")
    told = receiver.until("pull_request.opened")[0]
    identity = hub.integration(app).get_installations()[0].id
    assert told.payload["installation"]["id"] == identity and told.is_signed_with("s3cret")
    assert told.headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert told.headers["X-GitHub-Hook-Installation-Target-ID"] == str(app.id)
    found: list[Any] = []

    def listed() -> bool:
        path = "/app/hook/deliveries?status=success"
        found[:] = hub.request("GET", path, token=None, headers=signed(app)).json()
        return bool(found)

    wait(listed)
    path = f"/app/hook/deliveries/{found[0]['id']}"
    one = hub.request("GET", path, token=None, headers=signed(app)).json()
    assert (one["installation_id"], one["request"]["payload"]["number"]) == (identity, 1)
    assert hub.request("POST", f"{path}/attempts", token=None, headers=signed(app)).status_code == 202
    receiver.until("pull_request.opened", "pull_request.opened")
    assert hub.request("GET", "/app/hook/deliveries").status_code == 401


def test_an_installation_is_changed_suspended_and_taken_away(
    hub: Hub, repository: Repository, receiver: Receiver
) -> None:
    hub.server.add_repository("octocat", "other")
    app = hub.register(hook_url=receiver.url)
    token, path = hub.token(app), installation(hub, app)
    control = path.replace("/app/", "/_sandbox/")
    hub.request("PATCH", control, json={"repositories": ["shop", "other"]})
    added = receiver.last("installation_repositories.added")
    assert [one["name"] for one in added["repositories_added"]] == ["other"]
    hub.request("PATCH", control, json={"repositories": ["other"], "suspended": True})
    receiver.until("installation_repositories.removed", "installation.suspend")
    for asked in (
        hub.request("GET", SHOP, token=token),
        hub.request("POST", f"{path}/access_tokens", token=None, headers=signed(app)),
    ):
        assert (asked.status_code, asked.json()["message"]) == (403, "This installation has been suspended")
    assert (
        hub.request("GET", path, token=None, headers=signed(app)).json()["suspended_by"]["login"] == "octocat"
    )
    hub.request("PATCH", control, json={"suspended": False})
    assert hub.request("GET", SHOP, token=token).status_code == 200
    assert hub.request("GET", f"{SHOP}/installation", token=None, headers=signed(app)).status_code == 404
    assert hub.request("DELETE", control).status_code == 204
    receiver.until("installation.unsuspend", "installation.deleted")
    assert hub.request("GET", SHOP, token=token).status_code == 401
    assert hub.request("GET", path, token=None, headers=signed(app)).status_code == 404
    assert hub.request("POST", f"{path}/access_tokens", token=None, headers=signed(app)).status_code == 404


def test_an_app_is_registered_and_installed_by_hand(hub: Hub, receiver: Receiver) -> None:
    wanted = {
        "name": "By hand",
        "owner": "hubot",
        "permissions": {"contents": "read"},
        "hook_url": receiver.url,
    }
    made = hub.request("POST", "/_sandbox/apps", json=wanted).json()
    auth = github.Auth.AppAuth(made["id"], made["pem"])
    installed = {"app": "by-hand", "account": "octocat", "repositories": ["shop"]}
    assert hub.request("POST", "/_sandbox/installations", json=installed).status_code == 201
    assert receiver.last("installation.created")["repositories"][0]["name"] == "shop"
    found = hub.request("GET", "/app", token=None, headers={"Authorization": f"Bearer {auth.token}"}).json()
    assert (found["installations_count"], found["owner"]["login"]) == (1, "hubot")
    assert hub.request("POST", "/_sandbox/apps", json=wanted).status_code == 422
    assert hub.request("POST", "/_sandbox/apps", json={"name": "x", "colour": "red"}).status_code == 422
    assert (
        hub.request("POST", "/_sandbox/installations", json={**installed, "app": "none"}).status_code == 422
    )


def test_a_manifest_becomes_an_app_once_and_within_an_hour(hub: Hub, receiver: Receiver) -> None:
    manifest = (
        '{"name": "Previews", "url": "https://example.org", "redirect_url": "http://127.0.0.1:1/back?x=1",'
        f' "hook_attributes": {{"url": "{receiver.url}"}}, "default_permissions": {{"contents": "read"}},'
        ' "default_events": ["push"]}'
    )
    path = "/settings/apps/new?state=abc"
    sent = hub.request("POST", path, token=None, data={"manifest": manifest})
    back, _, code = sent.headers["Location"].partition("&code=")
    assert (sent.status_code, back) == (302, "http://127.0.0.1:1/back?x=1")
    code, _, state = code.partition("&state=")
    made = hub.request("POST", f"/app-manifests/{code}/conversions", token=None)
    assert (made.status_code, state, made.json()["events"]) == (201, "abc", ["push"])
    assert made.json()["webhook_secret"] and "RSA PRIVATE KEY" in made.json()["pem"]
    assert hub.request("POST", f"/app-manifests/{code}/conversions", token=None).status_code == 404
    other = hub.request("POST", path, token=None, data={"manifest": manifest.replace("Previews", "Late")})
    late = other.headers["Location"].partition("&code=")[2].partition("&")[0]
    hub.request("POST", "/_sandbox/clock", json={"forward": 3601})
    assert hub.request("POST", f"/app-manifests/{late}/conversions", token=None).status_code == 404
    assert hub.request("POST", path, token=None, data={"manifest": "{}"}).status_code == 422
