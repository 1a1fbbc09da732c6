"""What a person sees, and the buttons."""

from __future__ import annotations

import pytest
from github.PullRequest import PullRequest

from reviewapps.sandbox.github.pages.markdown import rendered
from tests.sandbox.github.conftest import Checkout, Hub

PAGE = "/octocat/shop/pull/1"


@pytest.fixture
def pull(hub: Hub, shop: Checkout) -> PullRequest:
    return hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet <all>")


def page(hub: Hub, path: str) -> str:
    answer = hub.request("GET", path, token=None)
    assert answer.status_code == 200
    return answer.text


def test_repositories_and_what_is_in_them_are_shown(hub: Hub, shop: Checkout, pull: PullRequest) -> None:
    shop.git("tag", "dev-1")
    shop.git("push", "--quiet", "origin", "dev-1")
    assert 'href="/octocat/shop"' in page(hub, "/")
    shown = page(hub, "/octocat/shop")
    for word in ("Greet &lt;all&gt;", "feature", "dev-1", f"{hub.url}/octocat/shop.git"):
        assert word in shown
    assert "print(&#39;two&#39;)" in page(hub, f"/octocat/shop/commit/{shop.git('rev-parse', 'feature')}")
    assert "--paper" in page(hub, "/_pages/style.css")


def test_a_pull_request_shows_what_was_told_of_it(hub: Hub, pull: PullRequest) -> None:
    pull.create_issue_comment("<!-- marker -->\n### Preview: live at https://shop-pr-1.example")
    repository = hub.client().get_repo("octocat/shop")
    deployment = repository.create_deployment("feature", auto_merge=False, required_contexts=[])
    deployment.create_status("success", environment_url="https://shop-pr-1.example")
    repository.get_commit("feature").create_status("success", context="review-app")
    shown = page(hub, PAGE)
    assert "marker" not in shown
    assert '<h3>Preview: live at <a href="https://shop-pr-1.example">' in shown
    assert '<a class="button" href="https://shop-pr-1.example">View deployment</a>' in shown
    assert "review-app" in shown and "Change the greeting" in shown
    fragment = page(hub, f"{PAGE}?live")
    assert "View deployment" in fragment and "<html" not in fragment


def test_a_dangerous_deployment_address_is_no_link(hub: Hub, pull: PullRequest) -> None:
    repository = hub.client().get_repo("octocat/shop")
    deployment = repository.create_deployment("feature", auto_merge=False, required_contexts=[])
    deployment.create_status("success", environment_url="javascript:alert(1)")
    assert "javascript:" not in page(hub, PAGE)


def test_the_buttons_close_reopen_and_merge(hub: Hub, pull: PullRequest) -> None:
    for action, state in (("close", "closed"), ("reopen", "open"), ("merge", "merged")):
        answer = hub.request("POST", f"{PAGE}/{action}", token=None, data={"method": "squash"})
        assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
        assert f'<span class="badge {state}">' in page(hub, PAGE)


def test_a_refusal_is_told_on_the_page(hub: Hub, shop: Checkout, pull: PullRequest) -> None:
    shop.commit("main", {"app/main.py": "print('four')\n"})
    answer = hub.request("POST", f"{PAGE}/merge", token=None, data={"method": "merge"})
    assert "not mergeable" in page(hub, answer.headers["Location"])


def test_another_site_presses_no_buttons(hub: Hub, pull: PullRequest) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert hub.request("POST", f"{PAGE}/close", token=None, headers=headers).status_code == 403
    assert hub.client().get_repo("octocat/shop").get_pull(1).state == "open"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!-- a marker -->", ""),
        ("~~old~~", "<p><s>old</s></p>"),
        ("see https://a.example/x.", '<p>see <a href="https://a.example/x">https://a.example/x</a>.</p>'),
        ("[named](https://a.example)", '<p><a href="https://a.example">named</a></p>'),
        ("`https://a.example`", "<p><code>https://a.example</code></p>"),
        ("<sub>small</sub>", "<p><sub>small</sub></p>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<sub onclick=x>no</sub>", "<p>&lt;sub onclick=x&gt;no</sub></p>"),
        ("[no](javascript:alert(1))", "<p>[no](javascript:alert(1))</p>"),
        (
            "<details><summary>Log</summary>\n\n    line\n\n</details>",
            "<details><summary>Log</summary>\n<pre><code>line\n</code></pre>\n</details>",
        ),
    ],
)
def test_comments_look_as_on_github(text: str, shown: str) -> None:
    assert rendered(text).strip() == shown


def test_a_table_is_a_table() -> None:
    assert "<td>own database</td>" in rendered("| | |\n|---|---|\n| data | own database |\n")
