"""What the sandbox's GitHub shows of approvals, and what is judged of it: over HTTP, with real merges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import time
from typing import Any

import pytest

from reviewapps.approval import Approved, Evidence, Missing, Requires, judgement
from reviewapps.errors import RateLimited, Unavailable
from tests.contract.test_github.conftest import Office

ONE = Requires.wish(1)


@dataclass
class Branch:
    """The branch main of the office's repository, as people merge into it and push to it."""

    office: Office
    running: str = ""

    def __post_init__(self) -> None:
        self.running = self.head

    @property
    def head(self) -> str:
        answer = self.office.hub.request("GET", "/repos/octocat/shop/branches/main").json()
        return str(answer["commit"]["sha"])

    def pull(self, name: str, token: str = "octocat-token", message: str = "change", commits: int = 1) -> int:
        """A new pull request of somebody, with commits of that person."""
        shop, login = self.office.shop, token.removesuffix("-token")
        shop.git("fetch", "--quiet", "origin")
        shop.git("checkout", "--quiet", "-B", name, "origin/main")
        for number in range(commits):
            self.commit(f"{name}-{number}", login, message)
        shop.git("push", "--quiet", "--force", self.office.hub.remote("octocat/shop", token), name)
        return self.office.open(name, token=token)

    def commit(self, file: str, login: str, message: str = "change") -> str:
        """The sha of a new commit of somebody, which is not pushed."""
        shop = self.office.shop
        (shop.folder / file).write_text(file)
        shop.git("add", "--all")
        author = f"--author={login} <1+{login}@users.noreply.github.com>"
        shop.git("commit", "--quiet", author, "-m", message)
        return shop.git("rev-parse", "HEAD")

    def review(self, number: int, token: str = "hubot-token", event: str = "APPROVE", **wanted: Any) -> int:
        """The id of a new review."""
        path = f"/repos/octocat/shop/pulls/{number}/reviews"
        answer = self.office.hub.request("POST", path, token, json={"event": event, "body": "so", **wanted})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    def merge(self, number: int, method: str = "merge", token: str = "octocat-token") -> str:
        """What the branch is at afterwards."""
        path, wanted = f"/repos/octocat/shop/pulls/{number}/merge", {"merge_method": method}
        answer = self.office.hub.request("PUT", path, token, json=wanted)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sha"])

    def evidence(
        self, requires: Requires = ONE, running: str | None = "", token: str = "hubot-token"
    ) -> Evidence:
        client = self.office.client(token)
        return client.evidence("main", self.running if running == "" else running, self.head, requires)

    def lacks(self, requires: Requires = ONE, **how: Any) -> list[str]:
        """What is missing, with the number of its pull request; nothing where it may go."""
        judged = judgement(requires, self.evidence(requires, **how))
        return judged.words.split(" · ") if isinstance(judged, Missing) else []


@pytest.fixture
def main(office: Office) -> Branch:
    """main of `octocat/shop`, whose first commit runs. hubot and stranger may write as well."""
    office.hub.client().get_repo("octocat/shop").add_to_collaborators("stranger", "push")
    office.hub.server.world.clock.forward(60)  # since main was made
    return Branch(office)


def test_merges_of_all_three_kinds_belong_to_their_approved_pull_requests(main: Branch) -> None:
    for method in ("merge", "squash", "rebase"):
        number = main.pull(method, commits=2)
        main.review(number)
        main.merge(number, method)
    main.office.new_calls()

    evidence = main.evidence()

    calls = [(call.method, call.path.partition("?")[0]) for call in main.office.new_calls()]
    assert evidence.total == 3 + 1 + 2
    assert {pull.author for pull in evidence.pulls} == {"octocat"}
    assert [pull.pushers for pull in evidence.pulls] == [{"octocat"}] * 3
    assert judgement(ONE, evidence) == Approved(("approved: #1, #2, #3 by hubot",))
    assert judgement(Requires.wish(2), evidence).words == "1 approval (#1, #2, #3)"  # type: ignore[union-attr]
    assert calls.count(("POST", "/graphql")) == 2
    assert len(calls) < 13  # of which three tell who pushed, and three what that brought

    again = main.evidence()
    paid = [call.path for call in main.office.new_calls() if call.status != 304]
    main.office.memory.forget()
    assert again == evidence == main.evidence()
    assert paid == [
        "/repos/octocat/shop/branches/main",
        "/graphql",
        "/graphql",
    ]  # the first is the test's own


def test_a_branch_that_moved_often_is_read_once(main: Branch) -> None:
    number = main.pull("one")
    main.review(number)
    _moved_often(main, "main", 330)
    main.merge(number)

    def read() -> int:
        main.office.new_calls()
        assert len(main.evidence().moves or ()) == 332
        calls = main.office.new_calls()
        return sum("/activity" in call.path and call.status == 200 for call in calls)

    assert (read(), read()) == (4 + 1, 0)  # one tells who pushed
    _moved_often(main, "main", 1)
    main.office.new_calls()
    assert len(main.evidence().moves or ()) == 333


def test_what_nobody_approved_waits_also_where_an_approved_merge_follows(main: Branch) -> None:
    unapproved, approved = main.pull("one"), main.pull("two")
    main.review(approved)
    main.merge(unapproved)
    main.merge(approved)

    assert main.lacks() == [f"1 approval (#{unapproved})"]
    main.review(unapproved, "stranger-token")  # late, but that counts as well
    assert main.lacks() == []


def test_a_direct_push_is_told_and_held(main: Branch) -> None:
    number = main.pull("one")
    main.review(number)
    main.merge(number)
    main.office.shop.git("checkout", "--quiet", "-B", "main", "origin/main")
    main.office.shop.git("pull", "--quiet", "origin", "main")
    pushed = [main.commit(f"direct-{n}", "octocat") for n in range(2)]
    main.office.shop.git("push", "--quiet", "origin", "main")

    told = f"2 commits pushed to main without a pull request: {pushed[0][:7]}, {pushed[1][:7]}"
    assert main.lacks() == [told]
    later = main.pull("two")
    main.review(later)
    main.merge(later)
    assert main.lacks() == [told]
    assert main.lacks(running=None) == []  # where nothing of ours runs, only what came last is looked at


def test_a_merge_made_by_hand_is_a_push_though_github_calls_the_pull_request_merged(main: Branch) -> None:
    number = main.pull("one")
    main.review(number)
    shop = main.office.shop
    shop.git("checkout", "--quiet", "-B", "main", "origin/main")
    shop.git("merge", "--quiet", "--no-ff", "--no-commit", "one")
    (shop.folder / "unseen").write_text("more than was approved")
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "-m", f"Merge pull request #{number}")
    shop.git("push", "--quiet", "origin", "main")

    assert main.office.hub.request("GET", f"/repos/octocat/shop/pulls/{number}").json()["merged"]
    told = "2 commits pushed to main without a pull request: "
    assert main.lacks()[0].startswith(told)
    for version in ("", "3.9.0", "3.17.4"):  # which all have the list that tells the two apart
        with pytest.raises(Unavailable):
            _without_activity(main, version)
    main.office.memory.forget()
    with pytest.raises(Unavailable):
        _without_activity(main, "")
    assert _without_activity(main, "3.8.11").moves is None
    assert main.lacks()[0].startswith(told)


def _without_activity(main: Branch, version: str) -> Evidence:
    """What is seen where that list is not there, on a GitHub Enterprise Server of that version."""
    headers = {"X-GitHub-Enterprise-Version": version} if version else {}
    main.office.fail("/activity", times=9, status=404, body="{}")
    main.office.fail("/repositories/[0-9]+$", kind="headers", headers=headers)
    try:
        return main.evidence()
    finally:
        main.office.hub.server.observed.faults.clear()


def test_an_approval_counts_for_the_commit_it_was_given_on_and_until_it_is_taken_back(main: Branch) -> None:
    stale, dismissed, opposed = main.pull("stale"), main.pull("dismissed"), main.pull("opposed")
    for number in (stale, dismissed, opposed):
        main.review(number)
    before = main.office.shop.git("rev-parse", "stale")
    main.office.shop.git("checkout", "--quiet", "stale")
    now = main.commit("more", "octocat")
    main.office.shop.git("push", "--quiet", "origin", "stale")
    review = main.review(dismissed)
    path = f"/repos/octocat/shop/pulls/{dismissed}/reviews/{review}/dismissals"
    assert main.office.hub.request("PUT", path, json={"message": "no"}).status_code == 200
    main.review(opposed, event="REQUEST_CHANGES")
    for number in (stale, dismissed, opposed):
        main.merge(number)

    assert main.lacks() == [
        f"1 approval (hubot approved {before[:7]}, and {now[:7]} was merged) (#{stale})",
        f"1 approval (#{dismissed})",
        f"hubot asked for changes (#{opposed})",
    ]


def test_nobody_approves_what_is_their_own(main: Branch) -> None:
    co_author = "Greet\n\nCo-authored-by: hubot <1+hubot@users.noreply.github.com>"
    written, pushed = main.pull("written", message=co_author), main.pull("pushed")
    shop = main.office.shop
    shop.git("checkout", "--quiet", "pushed")
    main.commit("in-the-name-of-another", "octocat")
    shop.git("push", "--quiet", main.office.hub.remote("octocat/shop", "hubot-token"), "pushed")
    for number in (written, pushed):
        main.review(number)
        main.merge(number)

    own = "1 approval (nobody approves what is their own)"
    assert main.lacks() == [f"{own} (#{written}, #{pushed})"]
    assert main.lacks(Requires.wish(1, self_approval=True)) == []
    main.review(written, "stranger-token")
    main.review(pushed, "stranger-token")
    assert main.lacks() == []


def test_what_a_bot_pushed_somebody_may_have_told_it_to(main: Branch) -> None:
    hub, shop = main.office.hub, main.office.shop
    for bot in ("github-actions", "dependabot"):
        hub.server.add_user(f"{bot}[bot]", token=f"{bot}-token", type="Bot")
        hub.server.world.repositories[main.office.repository].roles[f"{bot}[bot]"] = "write"
    main.pull("pushed")
    main.commit("in-the-name-of-another", "octocat")
    shop.git("push", "--quiet", hub.remote("octocat/shop", "github-actions-token"), "pushed")
    for number in (1, main.pull("opened", "github-actions-token"), main.pull("newer", "dependabot-token")):
        main.review(number)
        main.merge(number)

    told = "whoever had github-actions[bot] push it is not known, so one more is needed"
    assert main.lacks() == [f"1 approval ({told}) (#1, #2)"]
    assert [pull.author for pull in main.evidence().pulls][1:] == ["github-actions[bot]", "dependabot[bot]"]


@pytest.mark.parametrize("method", ["squash", "rebase"])
def test_nor_by_a_merge_into_the_branch_of_somebody_else(main: Branch, method: str) -> None:
    """hubot writes in octocat's name, where nobody looks, and merges that into octocat's branch."""
    shop, hub = main.office.shop, main.office.hub
    number = main.pull("feature")
    shop.git("checkout", "--quiet", "-B", "hidden")
    main.commit("in-the-name-of-another", "octocat")
    shop.git("push", "--quiet", hub.remote("octocat/shop", "hubot-token"), "hidden")
    wanted = {"title": "hidden", "head": "hidden", "base": "feature"}
    hidden = hub.request("POST", "/repos/octocat/shop/pulls", json=wanted).json()["number"]
    main.merge(hidden, method, "hubot-token")
    main.review(number)
    main.merge(number)

    assert main.lacks() == [f"1 approval (nobody approves what is their own) (#{number})"]
    main.review(number, "stranger-token")
    assert main.lacks() == []


def _reset(main: Branch, mine: str) -> None:
    main.office.shop.git("push", "--quiet", "--force", "origin", f"{mine}:feature")


def _reset_after_a_hundred_others(main: Branch, mine: str) -> None:
    _moved_often(main, "feature", 130)
    _reset(main, mine)


def _moved_often(main: Branch, branch: str, times: int) -> None:
    """octocat leads the branch so many times elsewhere."""
    world = main.office.hub.server.world
    shop = world.repositories[main.office.repository]
    of_branch = [one for one in shop.activities if one.ref == f"refs/heads/{branch}"]
    moved = replace(of_branch[0], actor=shop.owner, timestamp=world.clock.timestamp)
    first = 10**6 + len(shop.activities)
    shop.activities += [
        replace(moved, id=n, before=f"{n:040x}", after=f"{n + 1:040x}") for n in range(first, first + times)
    ]


def _deleted_and_restored(main: Branch, mine: str) -> None:
    shop = main.office.shop
    hidden = shop.git("rev-parse", "HEAD~1")
    shop.git("push", "--quiet", main.office.hub.remote("octocat/shop", "hubot-token"), f"+{hidden}:feature")
    main.office.shop.git("push", "--quiet", "origin", ":feature")
    main.office.shop.git("push", "--quiet", "origin", f"{hidden}:refs/heads/feature")
    main.office.hub.request("PATCH", "/repos/octocat/shop/pulls/1", json={"state": "open"})


def _restored_after_another(main: Branch, mine: str) -> None:
    """Between the deletion and the restoring, hubot made the branch somewhere else, and deleted it."""
    shop, hubot = main.office.shop, main.office.hub.remote("octocat/shop", "hubot-token")
    hidden = shop.git("rev-parse", "HEAD~1")
    shop.git("push", "--quiet", hubot, f"+{hidden}:feature")
    shop.git("push", "--quiet", "origin", ":feature")
    shop.git("push", "--quiet", hubot, "origin/main:refs/heads/feature")
    shop.git("push", "--quiet", hubot, ":feature")
    shop.git("push", "--quiet", "origin", f"{hidden}:refs/heads/feature")
    main.office.hub.request("PATCH", "/repos/octocat/shop/pulls/1", json={"state": "open"})


@pytest.mark.parametrize(
    "taken_back",
    [_reset, _reset_after_a_hundred_others, _deleted_and_restored, _restored_after_another],
)
def test_nor_what_they_pushed_with_something_that_was_taken_back(
    main: Branch, taken_back: Callable[[Branch, str], None]
) -> None:
    """hubot writes in octocat's name, and more; octocat takes only the rest back."""
    shop = main.office.shop
    number = main.pull("feature")
    hidden = main.commit("in-the-name-of-another", "octocat")
    main.commit("junk", "hubot")
    shop.git("push", "--quiet", main.office.hub.remote("octocat/shop", "hubot-token"), "feature")
    taken_back(main, hidden)
    shop.git("reset", "--quiet", "--hard", hidden)
    main.commit("own", "octocat")
    shop.git("push", "--quiet", "origin", "feature")
    main.review(number)
    main.merge(number)

    assert main.lacks() == [f"1 approval (nobody approves what is their own) (#{number})"]
    main.review(number, "stranger-token")
    assert main.lacks() == []


def test_nor_what_they_pushed_in_a_second_of_which_github_tells_in_another_order(main: Branch) -> None:
    hub, shop = main.office.hub, main.office.shop
    number = main.pull("feature")
    main.commit("in-the-name-of-another", "octocat")
    shop.git("push", "--quiet", hub.remote("octocat/shop", "hubot-token"), "feature")
    main.commit("own", "octocat")
    shop.git("push", "--quiet", "origin", "feature")
    moves = hub.server.world.repositories[main.office.repository].activities
    moves[-2:] = moves[-1], replace(moves[-2], timestamp=moves[-1].timestamp)
    main.review(number)
    main.merge(number)

    assert main.lacks() == [f"1 approval (nobody approves what is their own) (#{number})"]


def test_nor_by_another_name_of_theirs(main: Branch) -> None:
    """hubot pushes in octocat's name, and calls the own account something else once it is known who pushed."""
    hub, shop = main.office.hub, main.office.shop
    number = main.pull("feature")
    main.commit("in-the-name-of-another", "octocat")
    shop.git("push", "--quiet", hub.remote("octocat/shop", "hubot-token"), "feature")
    main.review(number)
    main.merge(number)
    own = f"1 approval (nobody approves what is their own) (#{number})"
    assert main.lacks(token="octocat-token") == [own]

    hub.server.world.tokens["hubot-token"].login = "hubot-the-second"
    hub.server.world.repositories[main.office.repository].roles["hubot-the-second"] = "write"

    assert main.lacks(token="octocat-token") == [own]
    main.office.memory.forget()
    assert main.lacks(token="octocat-token") == [own]


def test_who_pushed_to_the_branch_before_it_was_where_its_base_is_has_no_part_in_it(main: Branch) -> None:
    """`next` goes into main, and later once more: of that, hubot pushed nothing."""
    shop = main.office.shop
    first = main.pull("next", "hubot-token")
    main.merge(first)
    main.running = main.head
    shop.git("checkout", "--quiet", "next")
    main.commit("later", "octocat")
    shop.git("push", "--quiet", "origin", "next")
    second = main.office.open("next")
    main.review(second)
    main.merge(second)

    assert [pull.pushers for pull in main.evidence().pulls] == [{"octocat"}]
    assert main.lacks() == []


def test_who_pushed_is_not_told_where_the_moves_are_too_many(
    main: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewapps.github.moves.MOST_PAGES", 1)
    number = main.pull("feature")
    _reset_after_a_hundred_others(main, main.office.shop.git("rev-parse", "HEAD"))
    main.commit("own", "octocat")
    main.office.shop.git("push", "--quiet", "origin", "feature")
    main.review(number)
    main.merge(number)

    (pull,) = main.evidence().pulls
    assert (pull.pushers, pull.all_told) == (frozenset(), False)


def test_who_may_not_write_approves_nothing(main: Branch) -> None:
    number = main.pull("one")
    main.review(number, "stranger-token")
    main.office.hub.client().get_repo("octocat/shop").remove_from_collaborators("stranger")
    main.merge(number)

    assert main.lacks() == [f"1 approval (stranger may not approve here) (#{number})"]


def test_a_rewritten_branch_is_held(main: Branch) -> None:
    shop = main.office.shop
    shop.git("checkout", "--quiet", "--orphan", "other")
    main.commit("anew", "octocat")
    shop.git("push", "--quiet", "--force", "origin", "HEAD:main")

    told = f"main was rewritten: {main.running[:7]}, which runs, is not part of {main.head[:7]}"
    assert main.lacks() == [told]
    assert main.lacks(running="1" * 40) == [told.replace(main.running[:7], "1" * 7)]
    assert main.lacks(running="feature") == [told.replace(main.running[:7], "feature")]


def _rewritten(main: Branch, before: str) -> None:
    main.office.shop.git("push", "--quiet", "--force", "origin", f"{before}:main")


def _closed_meanwhile(main: Branch, before: str) -> None:
    main.office.close(1)
    _rewritten(main, before)
    _opened_again(main)


def _deleted_and_made_anew(main: Branch, before: str) -> None:
    main.office.shop.git("push", "--quiet", "origin", ":main")
    main.office.shop.git("push", "--quiet", "origin", f"{before}:refs/heads/main")
    _opened_again(main)


def _opened_again(main: Branch) -> None:
    answer = main.office.hub.request("PATCH", "/repos/octocat/shop/pulls/1", json={"state": "open"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("taken_away", "method"),
    [(_rewritten, "squash"), (_closed_meanwhile, "merge"), (_deleted_and_made_anew, "squash")],
)
def test_what_its_base_had_and_has_no_more_nobody_approved_with_a_pull_request(
    main: Branch, taken_away: Callable[[Branch, str], None], method: str
) -> None:
    before, shop, clock = main.head, main.office.shop, main.office.hub.server.world.clock
    main.office.hub.client().get_repo("octocat/shop").edit(default_branch="feature")
    shop.git("checkout", "--quiet", "main")
    hidden = main.commit("hidden", "octocat")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    number = main.pull("one")
    shown = main.office.hub.request("GET", f"/repos/octocat/shop/pulls/{number}/files").json()
    main.review(number)
    clock.forward(60)
    taken_away(main, before)
    main.merge(number, method)

    assert [file["filename"] for file in shown] == ["one-0"]
    (pull,) = main.evidence().pulls  # which tells nothing of what happened while it was closed
    assert (pull.retargeted_at is None) == (taken_away is _closed_meanwhile)
    assert main.lacks() == [f"1 approval (hubot approved another base) (#{number})"]
    clock.forward(60)
    main.review(number)
    assert main.lacks() == []
    # GitHub is known to show the old list of commits on, where nobody pushed to the pull request since.
    world = main.office.hub.server.world
    world.repositories[main.office.repository].pull_requests[number].base_sha = hidden
    assert main.lacks() == [f"GitHub does not list all that came with it: {hidden[:7]} (#{number})"]


def test_an_approval_of_another_base_branch_does_not_count(main: Branch) -> None:
    main.office.shop.git("push", "--quiet", "origin", "main:other")
    number = main.pull("one")
    path = f"/repos/octocat/shop/pulls/{number}"
    main.office.hub.request("PATCH", path, json={"base": "other"})
    main.review(number)
    main.office.hub.server.world.clock.forward(60)
    main.office.hub.request("PATCH", path, json={"base": "main"})
    main.merge(number)

    assert main.lacks() == [f"1 approval (hubot approved another base) (#{number})"]
    main.office.hub.server.world.clock.forward(60)
    main.review(number)
    assert main.lacks() == []

    _changed_after_the_merge(main, number, 99)
    assert main.lacks() == []
    _changed_after_the_merge(main, number, 1)  # what was before that, GitHub was not asked for
    assert main.lacks() == [f"1 approval (hubot approved another base) (#{number})"]


def _changed_after_the_merge(main: Branch, number: int, times: int) -> None:
    world = main.office.hub.server.world
    world.clock.forward(60)
    changes = world.repositories[main.office.repository].pull_requests[number].base_changes
    changes += [replace(changes[0], created_at=world.clock.timestamp)] * times


def test_a_code_owner_is_asked_for_where_github_asks_for_one(main: Branch) -> None:
    main.office.shop.commit("main", {"CODEOWNERS": "* @stranger\n"})
    main.running = main.head
    number = main.pull("one")
    branch = main.office.hub.client().get_repo("octocat/shop").get_branch("main")
    branch.edit_protection(required_approving_review_count=1, require_code_owner_reviews=True)
    main.review(number)
    main.merge(number)  # octocat rules here, and may

    assert main.lacks() == [f"one more review, as its branch's rules or its code owners want it (#{number})"]
    main.review(number, "stranger-token")
    assert main.lacks() == []


def test_checks_are_green_on_the_head_or_named(main: Branch) -> None:
    requires = Requires.wish(checks=["test", "scan"])
    repository = main.office.hub.client().get_repo("octocat/shop")
    head = main.head[:7]

    assert main.lacks(requires) == [
        f"check scan did not run on {head} yet",
        f"check test did not run on {head} yet",
    ]
    repository.get_commit(main.head).create_status("failure", context="scan")
    _crowd(main, 120)
    repository.get_commit(main.head).create_status("pending", context="test")
    assert main.lacks(requires) == [f"check scan is red on {head}", f"check test is running on {head}"]
    for name in ("scan", "test"):
        repository.get_commit(main.head).create_status("success", context=name)
    assert main.lacks(requires) == []
    assert not any("/compare/" in call.path for call in main.office.new_calls())


def _crowd(main: Branch, many: int) -> None:
    """So many green statuses more on the head."""
    shop = main.office.hub.server.world.repositories[main.office.repository]
    shop.statuses += [replace(shop.statuses[0], context=f"other-{n}", state="success") for n in range(many)]


def test_very_many_commits_are_told_and_fewer_are_read_page_by_page(main: Branch) -> None:
    shop = main.office.shop
    _long(main, "long", 230)
    number = main.office.open("long")
    main.review(number)
    main.merge(number)

    evidence = main.evidence()
    assert (evidence.total, len(evidence.commits), len(evidence.pulls[0].authors)) == (231, 231, 230)
    assert isinstance(judgement(ONE, evidence), Approved)
    shop.git("fetch", "--quiet", "origin")
    shop.git("update-ref", "refs/heads/main", "origin/main")
    _long(main, "main", 770)
    assert main.lacks() == ["1001 commits came to main at once; at most 1000 are traced"]


def _long(main: Branch, name: str, commits: int) -> None:
    """Push very many commits."""
    begin = f"commit refs/heads/{name}\ncommitter octocat <o@example.org> {int(time())} +0000\ndata 1\nx\n"
    every = f"{begin}from refs/heads/main^0\n\n" + f"{begin}\n" * (commits - 1)
    main.office.shop.git("fast-import", "--quiet", stdin=every)
    main.office.shop.git("push", "--quiet", "origin", name)


def test_only_the_named_count_and_a_team_that_nobody_sees_is_named(main: Branch) -> None:
    hub = main.office.hub
    hub.server.add_owner("acme", "octocat")
    assert hub.request("POST", "/orgs/acme/teams", json={"name": "release"}).status_code == 201
    number = main.pull("one")
    main.review(number)
    main.merge(number)
    release = Requires.wish(1, ["acme/release"])

    unseen = (
        "who is in acme/release is not known: there is no such team, or the App lacks the organization's "
    )
    unseen += "permission Members: read (a token: the scope read:org)"
    lacking = f"1 approval of acme/release (#{number})"
    assert main.lacks(release) == [lacking, unseen]
    assert main.lacks(release, token="octocat-token") == [lacking]
    assert hub.request("PUT", "/orgs/acme/teams/release/memberships/hubot").status_code == 200
    assert main.lacks(release) == []
    assert main.lacks(Requires.wish(1, ["acme/nobody", "HuBot"])) == []


def test_what_was_merged_elsewhere_is_approved_once_more_where_it_goes(main: Branch) -> None:
    """From a fork into the branch `next`, and from there into main."""
    hub = main.office.hub
    main.office.shop.git("push", "--quiet", "origin", "main:next")
    fork = hub.client("stranger-token").get_repo("octocat/shop").create_fork()
    main.pull("topic", "stranger-token")
    main.office.shop.git("push", "--quiet", hub.remote("stranger/shop", "stranger-token"), "topic:topic")
    wanted = {"title": "topic", "head": "stranger:topic", "base": "next"}
    feature = hub.request("POST", "/repos/octocat/shop/pulls", "stranger-token", json=wanted).json()["number"]
    main.review(feature)
    main.merge(feature)
    wanted = {"title": "next", "head": "next", "base": "main"}
    promotion = hub.request("POST", "/repos/octocat/shop/pulls", json=wanted).json()["number"]
    main.merge(promotion)

    assert fork.full_name == "stranger/shop"
    assert main.lacks() == [f"1 approval (#{promotion})"]
    main.review(promotion)
    told = {pull.number: (pull.pushers, pull.all_told) for pull in main.evidence().pulls}
    assert told[promotion] == (frozenset({"octocat"}), True)  # who merged into next, where nobody pushed
    assert main.lacks() == []


def test_half_an_answer_is_none(main: Branch) -> None:
    number = main.pull("one")
    main.review(number)
    main.merge(number)

    for path, tries in (("/graphql", 1), ("/compare/", 2), ("/activity", 2)):
        main.office.memory.forget()
        main.office.fail(path, times=tries)
        with pytest.raises(Unavailable):
            main.evidence()
    main.office.fail("/graphql", status=200, body='{"data": null, "errors": [{"type": "RATE_LIMITED"}]}')
    with pytest.raises(RateLimited):
        main.evidence()
