"""A server ends and another begins in its home: for whoever asks, nothing happened but a short silence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from reviewapps.sandbox.github import GitHub
from reviewapps.sandbox.github.routes import ALL
from tests.sandbox import walk
from tests.sandbox.github.conftest import Hub, Loop, begun
from tests.sandbox.github.receiver import Receiver, wait

PASSING = r"^/_sandbox/|^/rate_limit|^/octocat"
"""What begins anew, and pages."""
SHOP = {"owner": "octocat", "repo": "shop", "username": "octocat", "org": "octocat"}
SHOP |= {"pull_number": "1", "issue_number": "1", "basehead": "main...feature", "path": "README.md"}
SHOP |= {"ref": "feature", "branch": "feature", "commit_sha": "feature"}


class Restarts:
    """One GitHub after the other in one home, at the same address."""

    def __init__(self, loop: Loop, folder: Path) -> None:
        self._loop = loop
        self._folder = folder
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Restarts:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begun(self, port: int = 0) -> Hub:
        server = GitHub(self._folder / "hub")
        if not server.recalled:
            for login in ("octocat", "hubot"):
                server.add_user(login, token=f"{login}-token")
            server.add_repository("octocat", "shop", writers=["hubot"])
        self._loop.run(server.start(port))
        self._open.callback(lambda: self._loop.run(server.stop()))
        return Hub(server, self._folder)

    def ended(self, hub: Hub) -> None:
        self._open.pop_all()
        self._loop.run(hub.server.stop())

    def snapshot(self) -> Path:
        return self._folder / "hub" / "world.snapshot"


@pytest.fixture
def restarts(loop: Loop, tmp_path: Path) -> Iterator[Restarts]:
    with Restarts(loop, tmp_path) as restarts:
        yield restarts


def inhabit(hub: Hub) -> int:
    """One of everything; the number of a pull request."""
    shop = hub.client().get_repo("octocat/shop")
    pull = shop.create_pull(base="main", head="feature", title="Greet otherwise", body="see below")
    pull.create_issue_comment("Preview: live")
    pull.add_to_labels("no-preview")
    commit = shop.get_commit("feature")
    commit.create_status("success", context="ci")
    deployment = shop.create_deployment("feature", environment="review", required_contexts=[])
    deployment.create_status("success", environment_url="http://shop.example")
    shop.create_git_ref("refs/tags/dev-1", commit.sha)
    theirs = hub.client("hubot-token").get_repo("octocat/shop")
    theirs.create_fork()
    theirs.get_pull(1).create_review(event="APPROVE")
    theirs.get_pull(1).get_issue_comments()[0].create_reaction("heart")
    shop.get_branch("main").edit_protection(required_approving_review_count=1, contexts=["ci"])
    rules = [{"type": "deletion"}]
    conditions = {"ref_name": {"include": ["~ALL"], "exclude": []}}
    wanted = {"name": "stay", "enforcement": "active", "rules": rules, "conditions": conditions}
    hub.request("POST", "/repos/octocat/shop/rulesets", json=wanted).raise_for_status()
    shop.create_hook("web", {"url": "http://127.0.0.1:1/"}, ["push"], active=False)
    hub.register()
    hub.request("POST", "/_sandbox/clock", json={"forward": 86_400})
    return pull.number


def everything(hub: Hub) -> dict[str, tuple[int, object]]:
    def ask(path: str) -> requests.Response:
        return hub.request("GET", path)

    templates = {template for routes in ALL for method, template, _ in routes.operations if method == "GET"}
    known = [template.format_map(SHOP) for template in templates if variables(template) <= SHOP.keys()]
    return walk.answers(ask, hub.url, sorted(known), PASSING)


def variables(template: str) -> set[str]:
    return {part.partition("}")[0] for part in template.split("{")[1:]}


def test_every_answer_is_the_same_after_a_restart_and_numbers_go_on(
    restarts: Restarts, template: Path
) -> None:
    hub = restarts.begun()
    checkout = begun(hub, template)
    number = inhabit(hub)
    before = everything(hub)
    assert sum(status == 200 for status, _ in before.values()) > 40
    clock = hub.request("GET", "/_sandbox/clock").json()
    restarts.ended(hub)
    assert restarts.snapshot().stat().st_mode & 0o777 == 0o600
    hub = restarts.begun(hub.server.port)
    assert list(walk.differences(before, everything(hub))) == []
    assert hub.request("GET", "/_sandbox/clock").json()["offset"] == clock["offset"] == 86_400
    checkout.commit("other", {"README.md": "another shop\n"})
    shop = hub.client().get_repo("octocat/shop")
    pull = shop.create_pull(base="main", head="other", title="Another", body="")
    assert pull.number == number + 1
    pull.merge()
    assert shop.get_pull(pull.number).merged


def test_what_reached_git_just_before_a_kill_is_caught_up_with(restarts: Restarts, template: Path) -> None:
    hub = restarts.begun()
    checkout = begun(hub, template)
    number = inhabit(hub)
    hub.server.add_repository("octocat", "kept")
    restarts.ended(hub)
    kept = restarts.snapshot().read_bytes()
    hub = restarts.begun(hub.server.port)
    pushed = checkout.commit("feature", {"README.md": "a new shop\n"})
    hub.server.add_repository("octocat", "forgotten")
    restarts.ended(hub)
    restarts.snapshot().write_bytes(kept)
    hub = restarts.begun(hub.server.port)
    assert hub.client().get_repo("octocat/shop").get_pull(number).head.sha == pushed
    assert hub.request("GET", "/repos/octocat/forgotten").status_code == 404
    hub.server.add_repository("octocat", "another")
    assert hub.request("GET", "/repos/octocat/another").status_code == 200
    assert hub.request("GET", "/repos/octocat/kept").status_code == 200


def test_tokens_deliveries_and_limits_outlive_a_restart(
    restarts: Restarts, template: Path, receiver: Receiver
) -> None:
    hub = restarts.begun()
    begun(hub, template)
    hook = hub.client().get_repo("octocat/shop").create_hook("web", {"url": receiver.url}, active=True)
    path = f"/repos/octocat/shop/hooks/{hook.id}/deliveries"
    wait(lambda: bool(hub.request("GET", path).json()))
    before, token = hub.request("GET", path), hub.token(hub.register())
    restarts.ended(hub)
    hub = restarts.begun(hub.server.port)
    after = hub.request("GET", path)
    assert after.json() == before.json()
    assert int(after.headers["X-RateLimit-Used"]) > int(before.headers["X-RateLimit-Used"])
    assert hub.request("GET", "/repos/octocat/shop", token=token).status_code == 200
    hook.ping()
    receiver.until("ping", "ping")
