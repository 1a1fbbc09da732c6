"""Whatever is asked, GitHub answers: it never fails, and what it is told spoils nothing that is asked later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import github
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapps.sandbox.github import GitHub
from tests.sandbox.cloudfoundry.test_fuzz import swapped
from tests.sandbox.github.conftest import Hub, Loop, begun
from tests.sandbox.github.test_merge_queue import PARAMETERS
from tests.sandbox.github.test_restart import inhabit

SHOP = "/repos/octocat/shop"
PULL, ISSUE, MAIN = f"{SHOP}/pulls/1", f"{SHOP}/issues/1", f"{SHOP}/branches/main/protection"
OPENED = {"repository": "octocat/shop", "number": 1}
QUERY = (
    'query($n: Int!, $r: String!) { repository(owner: "octocat", name: "shop") { ref(qualifiedName: $r) { name }'
    " object(expression: $r) { oid } pullRequest(number: $n) { mergeStateStatus reviewDecision"
    " commits(last: 5) { nodes { commit { message statusCheckRollup { state } } } } } } }"
)
CHECKS = {"required_status_checks": [{"context": "ci", "integration_id": 1}]}
REVIEWS = {"required_approving_review_count": 1, "dismiss_stale_reviews": True}
RULES: list[dict[str, Any]] = [
    {"type": "required_status_checks", "parameters": CHECKS | {"strict_required_status_checks_policy": True}},
    {"type": "merge_queue", "parameters": PARAMETERS},
]
WRITES: list[tuple[str, dict[str, Any]]] = [
    (f"PATCH {SHOP}", {"description": "a shop", "private": False, "default_branch": "main", "name": "shop"}),
    (f"POST {SHOP}/forks", {"organization": "acme", "name": "copy"}),
    (f"POST {SHOP}/git/refs", {"ref": "refs/heads/new", "sha": "$sha"}),
    (f"PATCH {SHOP}/git/refs/heads/other", {"sha": "$sha", "force": True}),
    (f"POST {SHOP}/pulls", {"title": "x", "head": "feature", "base": "main", "body": "y", "draft": True}),
    (f"PATCH {PULL}", {"title": "x", "body": "y", "state": "open", "base": "main"}),
    (
        f"PUT {PULL}/merge",
        {"merge_method": "squash", "commit_title": "x", "commit_message": "y", "sha": None},
    ),
    (f"PUT {PULL}/update-branch", {"expected_head_sha": "$sha"}),
    (f"POST {PULL}/reviews", {"event": "COMMENT", "body": "x", "commit_id": "$sha"}),
    (f"POST {PULL}/requested_reviewers", {"reviewers": ["hubot"], "team_reviewers": ["x"]}),
    (f"POST {ISSUE}/comments", {"body": "x"}),
    (f"POST {ISSUE}/labels", {"labels": ["x", {"name": "y"}]}),
    (f"POST {SHOP}/labels", {"name": "x", "color": "ededed", "description": "y"}),
    (f"PATCH {SHOP}/labels/x", {"new_name": "z", "color": "ededed", "description": "y"}),
    (
        f"POST {SHOP}/statuses/$sha",
        {"state": "success", "context": "x", "target_url": "y", "description": "z"},
    ),
    (
        f"POST {SHOP}/deployments",
        {"ref": "main", "required_contexts": [], "payload": {"a": 1}, "environment": "x", "task": "y"},
    ),
    (
        f"POST {SHOP}/hooks",
        {
            "config": {
                "url": "http://127.0.0.1:1/",
                "content_type": "json",
                "secret": "x",
                "insecure_ssl": "1",
            },
            "events": ["release"],
            "active": True,
        },
    ),
    (
        f"PUT {MAIN}",
        {
            "required_status_checks": {"strict": True, "checks": [{"context": "x", "app_id": 1}]},
            "required_pull_request_reviews": REVIEWS,
            "enforce_admins": True,
            "restrictions": None,
        },
    ),
    (f"PATCH {MAIN}/required_pull_request_reviews", dict(REVIEWS)),
    (
        f"POST {SHOP}/rulesets",
        {
            "name": "x",
            "enforcement": "active",
            "rules": RULES,
            "conditions": {"ref_name": {"include": ["refs/heads/ma*"], "exclude": [".//."]}},
            "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        },
    ),
    (
        f"PUT {SHOP}/environments/x",
        {
            "wait_timer": 1,
            "reviewers": [{"type": "User", "id": 1}],
            "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
        },
    ),
    (f"PUT {SHOP}/collaborators/hubot", {"permission": "push"}),
    ("POST /user/repos", {"name": "x", "private": True, "default_branch": "main", "description": "y"}),
    ("POST /orgs/acme/teams", {"name": "x", "description": "y", "privacy": "closed"}),
    ("PUT /orgs/acme/memberships/hubot", {"role": "member"}),
    ("POST /graphql", {"query": QUERY, "variables": {"n": 1, "r": "main"}, "operationName": None}),
    ("POST /markdown", {"text": "x", "mode": "gfm", "context": "y"}),
    ("POST /_sandbox/users", {"login": "mona", "token": "x", "type": "User"}),
    ("POST /_sandbox/pulls", OPENED | {"draft": False, "created_at": "2020-01-01T00:00:00Z"}),
    ("POST /_sandbox/pulls/many", {"repository": "octocat/shop", "count": 1, "base": "main"}),
    ("POST /_sandbox/merge_queue/land", dict(OPENED)),
    ("POST /_sandbox/installations", {"app": "review-apps", "account": "octocat", "repositories": ["shop"]}),
    ("POST /_sandbox/webhooks/faults", {"kind": "late", "event": "x", "nth": 1, "seconds": 0}),
]
FIELDS = sorted(set(re.findall(r'"([a-z_]+)":', json.dumps(WRITES))))
QUERIES = (
    "page per_page ref sha path since until author state head base sort direction cursor until token role q"
)
WORDS = [
    *("", "\0", "\ud800", "²", "9" * 5000, "-1", "0", "1", "null", "é", "\n", "a\tb", "x" * 300, "\x1e\x1f"),
    *("main", "feature", "main...feature", "refs/heads/main", "heads/main", "refs/tags/dev-1", "octocat"),
    *(
        "../x",
        "a/../../b",
        ":(x",
        "--all",
        "--output=x",
        "-d",
        "[",
        "{sha}",
        "a" * 40,
        "README.md",
        "app/main.py",
    ),
]
DEEP = b"[" * 50_000
WAYS = ["token octocat-token"] * 4 + [
    "",
    "Bearer é",
    "Basic é",
    "Bearer a.b.c",
    "Bearer é.b.c",
    "$app",
    "$token",
]
LEFT_OUT = re.compile(r"/_sandbox/(faults|clock|calls|limits)|/\{unknown")
"""What lets things go wrong on purpose."""

texts = st.sampled_from(WORDS) | st.text(max_size=12)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
anything = st.recursive(
    plain,
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | texts, it, max_size=4),
    max_leaves=8,
)


class Asked:
    """A GitHub with one of everything, and who asks it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.sha = hub.request("GET", f"{SHOP}/git/ref/heads/feature").json()["object"]["sha"]
        app = next(iter(hub.server.world.apps.values()))
        jwt = github.Auth.AppAuth(app.id, app.keys.private).token
        self._ways = {"$app": f"Bearer {jwt}", "$token": f"Bearer {hub.token(app)}"}
        rows = hub.server.world.repositories.values()
        numbers = [
            number
            for one in rows
            for kind in (one.comments, one.deployments, one.rulesets)
            for number in kind
        ]
        numbers += [
            *hub.server.world.hooks,
            *hub.server.world.repositories,
            *hub.server.world.installations,
            1,
        ]
        self.words = ["octocat", "shop", "review-apps", "acme", "legacy.zip", self.sha, *map(str, numbers)]
        self._session = requests.Session()

    @property
    def routes(self) -> list[tuple[str, str]]:
        """Everything that can be asked, but for deleting the repository."""
        every = self._hub.server.application().router.routes()
        asked = [
            (one.method, re.sub(r":[^}/]*\}", "}", one.resource.canonical)) for one in every if one.resource
        ]
        gone = ("DELETE", SHOP.replace("octocat", "{owner}").replace("shop", "{repo}"))
        return [one for one in asked if not LEFT_OUT.search(one[1]) and one != gone]

    def ask(self, request: str, said: Any, way: str = WAYS[0], raw: bytes | None = None) -> requests.Response:
        """What comes of it."""
        method, _, path = request.replace("$sha", self.sha).partition(" ")
        body = json.dumps(said).replace("$sha", self.sha).encode() if raw is None else raw
        headers: dict[str, str | bytes] = {"Content-Type": "application/json"}
        headers["Authorization"] = self._ways.get(way, way).encode()
        url = self._hub.url + path
        return self._session.request(
            method.replace("*", "GET"), url, data=body, headers=headers, timeout=30, allow_redirects=False
        )


@pytest.fixture(scope="module")
def asked(loop: Loop, tmp_path_factory: pytest.TempPathFactory, template: Any) -> Iterator[Asked]:
    home = tmp_path_factory.mktemp("fuzz")
    server = GitHub(home / "hub")
    for login in ("octocat", "hubot"):
        server.add_user(login, token=f"{login}-token")
    server.add_user("acme", token="", type="Organization")
    server.add_repository("octocat", "shop", writers=["hubot"])
    loop.run(server.start())
    try:
        hub = Hub(server, home)
        begun(hub, template)
        inhabit(hub)
        yield Asked(hub)
    finally:
        loop.run(server.stop())


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.data())
def test_no_request_ever_fails_it(asked: Asked, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(asked.routes), "route")
    for name in re.findall(r"\{(\w+)\}", path):
        known = {"owner": ["octocat"], "repo": ["shop"]}.get(name, asked.words)
        word = data.draw(st.sampled_from(known) | texts, name)
        path = path.replace(f"{{{name}}}", quote(word, safe="", errors="surrogatepass"))
    query = data.draw(st.dictionaries(st.sampled_from(QUERIES.split()) | texts, texts, max_size=3), "query")
    way = data.draw(st.sampled_from(WAYS), "way")
    raw = data.draw(st.none() | st.sampled_from([b"\xff", b"{", DEEP, b"9" * 5000]), "raw")

    asking = f"{method} {path}?{urlencode(query, errors='surrogatepass')}"
    answer = asked.ask(asking, data.draw(anything, "body"), way, raw)

    assert answer.status_code < 500, answer.text


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.sampled_from(WRITES), st.integers(0, 60), anything)
def test_no_part_of_a_body_ever_fails_it(
    asked: Asked, write: tuple[str, dict[str, Any]], place: int, other: Any
) -> None:
    answer = asked.ask(write[0], swapped(write[1], place, other))

    assert answer.status_code < 500, answer.text


def test_nothing_of_it_spoils_what_is_asked_later(asked: Asked) -> None:
    reads = (
        *(f"{SHOP}/pulls?state=all", PULL, f"{SHOP}/rulesets", f"{SHOP}/environments", f"{SHOP}/deployments"),
        *(f"{SHOP}/hooks", f"{SHOP}/labels", f"{SHOP}/branches", f"{SHOP}/commits", "/octocat/shop", MAIN),
    )
    for path in reads:
        assert asked.ask(f"GET {path}", None).status_code < 500, path
