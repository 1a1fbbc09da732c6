"""Clone, fetch and push with git itself."""

from __future__ import annotations

import pytest

from tests.sandbox.github.conftest import Checkout, Hub


def test_what_was_pushed_is_cloned(hub: Hub, shop: Checkout) -> None:
    assert (hub.clone("octocat/shop", "stranger-token").folder / "README.md").read_text() == "shop\n"


def test_a_large_push_and_a_large_fetch_go_through_in_pieces(hub: Hub, shop: Checkout) -> None:
    noise = "".join(f"{number * 7919 % 104729:x}\n" for number in range(400_000))
    shop.git("config", "http.postBuffer", "65536")  # beyond which git sends chunks
    shop.git("config", "core.compression", "0")
    sha = shop.commit("feature", {"noise": noise})
    assert hub.clone("octocat/shop").git("rev-parse", "origin/feature") == sha


def test_a_request_that_git_compresses_is_understood(hub: Hub, shop: Checkout) -> None:
    shop.push_topics([f"topic-{number}" for number in range(60)])  # beyond 1,024 bytes of wants, git zips
    assert len(hub.clone("octocat/shop").git("branch", "--remotes").splitlines()) == 60 + 3


def test_only_writers_push(hub: Hub, shop: Checkout) -> None:
    stranger = hub.clone("octocat/shop", "stranger-token")
    with pytest.raises(AssertionError, match="403"):
        stranger.commit("main", {"README.md": "mine\n"})
    hub.clone("octocat/shop", "hubot-token").commit("from-hubot", {"README.md": "ours\n"})
    assert hub.client().get_repo("octocat/shop").get_branch("from-hubot").name == "from-hubot"


def test_a_wrong_token_is_refused(hub: Hub) -> None:
    hub.server.add_repository("octocat", "secret", private=True)
    with pytest.raises(AssertionError, match="Authentication failed"):
        hub.clone("octocat/secret", "wrong")


def test_a_private_repository_is_not_there_for_strangers(hub: Hub) -> None:
    hub.server.add_repository("octocat", "secret", private=True)
    with pytest.raises(AssertionError, match="not found"):
        hub.clone("octocat/secret", "stranger-token")
    hub.clone("octocat/secret")


def test_nobody_pushes_to_the_refs_of_pull_requests(hub: Hub, shop: Checkout) -> None:
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    with pytest.raises(AssertionError, match="hidden ref"):
        shop.git("push", "origin", "main:refs/pull/1/head")
    with pytest.raises(AssertionError, match="hidden ref"):
        shop.git("push", "origin", "main:refs/pull/1/merge")


def test_a_test_merge_is_fetched_while_there_is_no_conflict(hub: Hub, shop: Checkout) -> None:
    pull = hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    merge = "refs/pull/1/merge"
    assert pull.merge_commit_sha is None

    def fetched() -> list[str]:
        shop.git("fetch", "--quiet", "origin", merge)
        return shop.git("show", "--no-patch", "--format=%H %P%n%s", "FETCH_HEAD").split()

    main, feature = shop.git("rev-parse", "main"), shop.git("rev-parse", "feature")
    made, *parents = fetched()
    assert parents == [main, feature, "Merge", feature, "into", main]
    (listed,) = hub.request("GET", "/repos/octocat/shop/pulls").json()
    assert listed["merge_commit_sha"] == made and not listed["merged_at"]
    assert hub.request("GET", f"/repos/octocat/shop/commits/{made}/pulls").json() == []

    main = shop.commit("main", {"README.md": "moved\n"})
    pull.update()
    assert pull.merge_commit_sha != made and fetched()[:3] == [pull.merge_commit_sha, main, feature]

    shop.commit("main", {"app/main.py": "print('three')\n"})
    before = pull.merge_commit_sha
    pull.update()
    assert (pull.mergeable, pull.merge_commit_sha, fetched()[0]) == (False, before, before)

    feature = shop.commit("main", {"app/main.py": "print('one')\n"})
    merged = pull.merge().sha
    assert shop.git("ls-remote", "origin", merge) == ""
    assert hub.client().get_repo("octocat/shop").get_pull(1).merge_commit_sha == merged


def test_the_head_of_a_pull_request_is_fetched_by_ref_and_by_sha(hub: Hub, shop: Checkout) -> None:
    head = shop.git("rev-parse", "feature")
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    shop.git("push", "origin", "--delete", "feature")
    fresh = hub.clone("octocat/shop")
    fresh.git("fetch", "--quiet", "origin", "refs/pull/1/head")
    assert fresh.git("rev-parse", "FETCH_HEAD") == head
    other = hub.clone("octocat/shop")
    other.git("fetch", "--quiet", "--depth=1", "origin", head)
    assert other.git("rev-parse", "FETCH_HEAD") == head


def test_a_renamed_repository_still_answers_to_its_old_name(hub: Hub, shop: Checkout) -> None:
    hub.client().get_repo("octocat/shop").edit(name="store")
    shop.commit("main", {"README.md": "store\n"})
    assert (hub.clone("octocat/store").folder / "README.md").read_text() == "store\n"
