"""The life of pull requests, through the real client and git."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from github import GithubException
from github.PullRequest import PullRequest
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub

PULLS = "/repos/octocat/shop/pulls"


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


@pytest.fixture
def pull(repository: Repository) -> PullRequest:
    return repository.create_pull(base="main", head="feature", title="Greet", body="Says **two**.")


def test_a_pull_request_knows_its_size(pull: PullRequest) -> None:
    assert pull.mergeable is None  # as on GitHub, which finds it out later
    pull.update()
    assert (pull.number, pull.state, pull.mergeable, pull.merged) == (1, "open", True, False)
    assert (pull.commits, pull.changed_files, pull.additions, pull.deletions) == (1, 1, 1, 1)
    (file,) = pull.get_files()
    assert (file.filename, file.patch) == ("app/main.py", "@@ -1 +1 @@\n-print('one')\n+print('two')")
    assert [commit.commit.message for commit in pull.get_commits()] == ["Change the greeting"]
    assert pull.head.label == "octocat:feature" and not pull.head.repo.fork


def test_a_push_moves_the_head(hub: Hub, shop: Checkout, pull: PullRequest) -> None:
    _long_ago(hub)
    pushed = shop.commit("feature", {"app/main.py": "print('three')\n"})
    (listed,) = hub.request("GET", PULLS).json()
    assert listed["head"]["sha"] == pushed
    assert listed["updated_at"] > "2020"


def test_comments_labels_and_titles_move_updated_at(hub: Hub, pull: PullRequest) -> None:
    comment = pull.create_issue_comment("first")
    changes: list[Callable[[], object]] = [
        lambda: pull.create_issue_comment("second"),
        lambda: comment.edit("edited"),
        lambda: pull.add_to_labels("no-preview"),
        lambda: pull.remove_from_labels("no-preview"),
        lambda: pull.edit(title="Greet again"),
        lambda: comment.delete(),
        lambda: pull.edit(state="closed"),
        lambda: pull.edit(state="open"),
    ]
    for change in changes:
        _long_ago(hub)
        change()
        assert hub.request("GET", f"{PULLS}/1").json()["updated_at"] > "2020"


def test_a_deleted_branch_closes_its_pull_request_and_brought_back_reopens(
    shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    shop.git("push", "--quiet", "origin", "--delete", "feature")
    assert repository.get_pull(1).state == "closed"
    with pytest.raises(GithubException, match="422"):
        pull.edit(state="open")
    shop.git("push", "--quiet", "origin", "feature")
    pull.edit(state="open")
    assert repository.get_pull(1).state == "open"


def test_a_rewritten_branch_cannot_be_reopened(shop: Checkout, pull: PullRequest) -> None:
    pull.edit(state="closed")
    shop.git("checkout", "--quiet", "feature")
    shop.git("commit", "--quiet", "--amend", "-m", "Another commit")
    shop.git("push", "--quiet", "--force", "origin", "feature")
    with pytest.raises(GithubException, match="force-pushed"):
        pull.edit(state="open")


@pytest.mark.parametrize(("method", "parents", "author"), [("merge", 2, "octocat"), ("squash", 1, "octocat")])
def test_merging_makes_one_commit(
    repository: Repository, pull: PullRequest, method: str, parents: int, author: str
) -> None:
    done = pull.merge(merge_method=method)
    commit = repository.get_branch("main").commit
    assert (commit.sha, len(commit.parents), commit.author.login) == (done.sha, parents, author)
    merged = repository.get_pull(1)
    assert (merged.state, merged.merged, merged.merge_commit_sha) == ("closed", True, done.sha)
    assert repository.get_contents("app/main.py").decoded_content == b"print('two')\n"  # type: ignore[union-attr]


def test_rebasing_puts_each_commit_on_top(shop: Checkout, repository: Repository, pull: PullRequest) -> None:
    shop.commit("feature", {"app/other.py": "pass\n"}, "Add another file")
    shop.commit("main", {"README.md": "the shop\n"}, "Say more")
    pull.merge(merge_method="rebase")
    messages = [commit.commit.message for commit in repository.get_commits()]
    assert messages == ["Add another file", "Change the greeting", "Say more", "Begin"]
    assert repository.get_commits()[0].commit.author.name == "Dev"


def test_conflicting_changes_are_not_merged(
    shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    shop.commit("main", {"app/main.py": "print('four')\n"})
    assert repository.get_pull(1).mergeable is False
    for method in ("merge", "squash", "rebase"):
        with pytest.raises(GithubException, match="405"):
            pull.merge(merge_method=method)


def test_a_merge_of_another_head_than_meant_is_refused(pull: PullRequest) -> None:
    with pytest.raises(GithubException, match="409"):
        pull.merge(sha="0" * 40)


def test_a_head_pushed_to_its_base_is_merged(
    shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    shop.git("push", "--quiet", "origin", "feature:main")
    assert repository.get_pull(1).merged


def test_a_second_pull_request_of_a_branch_and_one_without_commits_are_refused(
    hub: Hub, pull: PullRequest
) -> None:
    again = {"title": "Again", "base": "main", "head": "feature"}
    assert "already exists" in hub.request("POST", PULLS, json=again).text
    assert "No commits between" in hub.request("POST", PULLS, json=again | {"head": "main"}).text
    assert hub.request("POST", PULLS, json=again | {"head": "nowhere"}).status_code == 422
    assert hub.request("POST", PULLS, json={"base": "main", "head": "x"}).status_code == 422


def test_of_many_at_once_one_pull_request_is_opened(hub: Hub, shop: Checkout) -> None:
    wanted = {"base": "main", "head": "feature", "title": "Greet"}
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _: hub.request("POST", PULLS, json=wanted), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 5
    assert len(hub.request("GET", PULLS).json()) == 1
    assert len(shop.git("ls-remote", "origin", "refs/pull/*/head").splitlines()) == 1


def test_a_fork_is_pulled_from_and_may_disappear(hub: Hub, shop: Checkout, repository: Repository) -> None:
    fork = hub.client("stranger-token").get_repo("octocat/shop").create_fork()
    assert fork.fork and fork.parent.full_name == "octocat/shop"
    theirs = hub.clone("stranger/shop", "stranger-token")
    theirs.git("checkout", "--quiet", "main")
    first = theirs.commit("idea", {"IDEA": "one\n"})
    opened = hub.client("stranger-token").get_repo("octocat/shop")
    opened.create_pull(base="main", head="stranger:idea", title="An idea")
    second = theirs.commit("idea", {"IDEA": "two\n"})
    pull = repository.get_pull(1)
    assert first != second == pull.head.sha and pull.head.repo.id == fork.id
    fork.delete()
    assert repository.get_pull(1).head.repo is None
    shop.git("fetch", "--quiet", "origin", "refs/pull/1/head")
    assert shop.git("rev-parse", "FETCH_HEAD") == second
    repository.get_pull(1).merge()
    assert repository.get_contents("IDEA").decoded_content == b"two\n"  # type: ignore[union-attr]


def test_lists_are_filtered_and_sorted(hub: Hub, shop: Checkout, repository: Repository) -> None:
    for number in (1, 2, 3):
        shop.commit(f"branch-{number}", {f"file-{number}": "x"})
        repository.create_pull(base="main", head=f"branch-{number}", title=f"Number {number}")
    for number, day in ((1, 3), (2, 1), (3, 2)):
        _set(hub, number, updated_at=f"2020-01-0{day}T00:00:00Z", created_at=f"2019-01-0{number}T00:00:00Z")
    assert _numbers(hub, "") == [3, 2, 1]
    assert _numbers(hub, "?sort=updated&direction=desc") == [1, 3, 2]
    assert _numbers(hub, "?sort=updated") == [2, 3, 1]
    assert _numbers(hub, "?head=octocat:branch-2") == [2]
    assert _numbers(hub, "?base=elsewhere") == []
    repository.get_pull(2).edit(state="closed")
    assert _numbers(hub, "?state=closed") == [2]
    assert _numbers(hub, "?state=all") == [3, 2, 1]


def test_a_branch_that_is_behind_is_updated(hub: Hub, shop: Checkout, pull: PullRequest) -> None:
    path = f"{PULLS}/1/update-branch"
    assert "no new commits" in hub.request("PUT", path, json={}).text
    shop.commit("main", {"README.md": "ahead\n"})
    before = pull.head.sha
    assert hub.request("PUT", path, json={"expected_head_sha": "0" * 40}).status_code == 422
    assert pull.update_branch()
    pull.update()
    assert pull.head.sha != before and pull.commits == 2


def test_a_draft_is_not_merged(hub: Hub, pull: PullRequest) -> None:
    _set(hub, 1, draft=True)
    assert hub.request("GET", f"{PULLS}/1").json()["draft"] is True
    with pytest.raises(GithubException, match="405"):
        pull.merge()


def test_strangers_neither_merge_nor_close(hub: Hub, pull: PullRequest) -> None:
    for method, path, body in (("PUT", "1/merge", {}), ("PATCH", "1", {"state": "closed"})):
        answer = hub.request(method, f"{PULLS}/{path}", token="stranger-token", json=body)
        assert answer.status_code == 403


def _set(hub: Hub, number: int, **values: object) -> None:
    wanted = {"repository": "octocat/shop", "number": number, **values}
    hub.request("POST", "/_sandbox/pulls", json=wanted).raise_for_status()


def _long_ago(hub: Hub) -> None:
    _set(hub, 1, updated_at="2019-01-01T00:00:00Z")


def _numbers(hub: Hub, query: str) -> list[int]:
    return [pull["number"] for pull in hub.request("GET", PULLS + query).json()]
