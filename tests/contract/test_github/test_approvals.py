"""What the sandbox's GitHub shows of approvals, and what is judged of it: over HTTP, with real merges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from reviewapps.approval import Approved, Evidence, Missing, Requires, judgement
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

    def merge(self, number: int, method: str = "merge") -> str:
        """What the branch is at afterwards."""
        path, wanted = f"/repos/octocat/shop/pulls/{number}/merge", {"merge_method": method}
        answer = self.office.hub.request("PUT", path, json=wanted)
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
    return Branch(office)


def test_merges_of_all_three_kinds_belong_to_their_approved_pull_requests(main: Branch) -> None:
    for method in ("merge", "squash", "rebase"):
        number = main.pull(method, commits=2)
        main.review(number)
        main.merge(number, method)

    evidence = main.evidence()

    assert evidence.total == 3 + 1 + 2
    assert {pull.author for pull in evidence.pulls} == {"octocat"}
    assert [pull.pushers for pull in evidence.pulls] == [{"octocat"}] * 3
    assert judgement(ONE, evidence) == Approved(("approved: #1, #2, #3",))
    assert main.lacks(Requires.wish(2)) == [f"1 approval (#{number})" for number in (1, 2, 3)]


def test_asking_again_costs_one_request_and_losing_all_memory_changes_nothing(main: Branch) -> None:
    for name in ("one", "two", "three"):
        number = main.pull(name)
        main.review(number)
        main.merge(number)
    main.office.new_calls()

    first = main.evidence()
    calls = [
        (call.method, call.path.partition("?")[0].rpartition("/")[2]) for call in main.office.new_calls()
    ]
    again = main.evidence()
    paid = [call.path for call in main.office.new_calls() if call.status != 304]
    main.office.memory.forget()

    assert calls.count(("POST", "graphql")) == 2
    assert len(calls) < 11  # of which three tell who pushed
    assert again == first == main.evidence()
    assert [path for path in paid if path != "/repos/octocat/shop/branches/main"] == ["/graphql"]
