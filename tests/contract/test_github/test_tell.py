"""What people are told on GitHub: one comment, one deployment per commit, and nothing twice."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from reviewapps.errors import NotAuthorised, OperatorMustAct, TryLater, Unavailable
from reviewapps.marker import marker
from reviewapps.model import Environment
from reviewapps.outcome import Telling
from tests.contract.test_github.conftest import Office
from tests.coordination.waiting import until


def live(office: Office, number: int, text: str = "Preview: live", **more: Any) -> Telling:
    """That the pull request's preview is up."""
    repository = office.repository
    told: dict[str, Any] = {
        "comment": f"{marker('acme', repository, number, 'live')}\n{text}",
        "commit": office.shop.git("rev-parse", "feature"),
        "state": "live",
        "deployment": "success",
        "url": f"https://shop-pr-{number}.example.org",
    }
    return Telling(environment=Environment.of_pull_request(repository, number), **(told | more))


def deployments(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.hub.request("GET", "/repos/octocat/shop/deployments").json()
    return sorted(found, key=lambda one: int(one["id"]))


def states(office: Office, deployment: dict[str, Any]) -> list[str]:
    """Its states, newest first."""
    path = f"/repos/octocat/shop/deployments/{deployment['id']}/statuses"
    return [status["state"] for status in office.hub.request("GET", path).json()]


# --- the comment ---


def test_the_comment_is_edited_and_not_repeated(office: Office) -> None:
    number = office.open()
    client = office.client()
    client.tell(live(office, number, "Preview: building"))
    told = live(office, number, "Preview: live")
    client.tell(told)

    assert office.comments(number) == [told.comment]
    assert office.said.count("comment.created") == office.said.count("comment.edited") == 1


def test_what_is_said_already_costs_no_request(office: Office) -> None:
    told = live(office, office.open())
    office.client().tell(told)
    office.new_calls()

    office.client().tell(told)

    assert office.new_calls() == []


def test_what_was_told_is_found_again_by_who_forgot_it(office: Office) -> None:
    number = office.open()
    told = live(office, number)
    office.client().tell(told)
    office.memory.forget()
    office.new_calls()

    office.client().tell(told)

    assert {call.method for call in office.new_calls()} == {"GET"}
    assert office.comments(number) == [told.comment]


def test_a_comment_whose_answer_was_lost_is_not_written_again(office: Office) -> None:
    number = office.open()
    told = live(office, number)
    office.fail("/comments$", method="POST", kind="lost")

    with pytest.raises(TryLater):
        office.client().tell(told)
    office.client().tell(told)

    assert office.comments(number) == [told.comment]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "^/repositories/.*/issues/comments/"),
        ("POST", "^/repositories/.*/deployments/.*/statuses"),
        ("POST", "^/repositories/[^/]*/statuses/"),
    ],
    ids=["comment", "deployment", "commit status"],
)
def test_what_is_done_late_does_not_take_the_place_of_a_newer_word(
    office: Office, method: str, path: str
) -> None:
    number = office.open()
    client = office.client(timeout=1.0)
    client.tell(live(office, number, "Preview: building", deployment="in_progress", status="pending"))
    office.fail(path, method=method, kind="delay", seconds=1.5)
    with pytest.raises(TryLater):
        client.tell(live(office, number, "Preview: failed", deployment="failure", status="failure"))
    newest = live(office, number, "Preview: live", status="success")
    with pytest.raises(TryLater) as told:
        client.tell(newest)
    assert 0 < told.value.after <= 2

    def said() -> bool:
        with contextlib.suppress(TryLater):
            client.tell(newest)
            return True
        return False

    until(said, "a word after the late one", seconds=10)
    assert office.comments(number) == [newest.comment]
    (deployment,) = deployments(office)
    assert states(office, deployment)[0] == "success"
    statuses = f"/repos/octocat/shop/commits/{newest.commit}/statuses"
    assert office.hub.request("GET", statuses).json()[0]["state"] == "success"


def test_one_that_github_makes_late_goes_with_the_next_words_after_a_look(office: Office) -> None:
    number = office.open()
    client, told = office.client(), live(office, number)
    client.tell(told)
    theirs = f"{told.comment}\npasted"
    office.commented(number, theirs, token="stranger-token")
    office.commented(number, f"{marker('acme', office.repository, number, 'building')}\nlate")
    client.tell(told)
    assert len(office.comments(number)) == 3

    assert len(client.comments()) == 2
    client.tell(told)

    assert office.comments(number) == [told.comment, theirs]
    assert len(client.comments()) == 1
    office.new_calls()
    client.tell(told)
    assert office.new_calls() == []


def test_of_two_comments_of_ours_the_oldest_stays(office: Office) -> None:
    number = office.open()
    text = f"{marker('acme', office.repository, number, 'building')}\n"
    office.commented(number, text + "first")
    office.commented(number, text + "second")
    told = live(office, number)

    office.client().tell(told)

    assert office.comments(number) == [told.comment]
    assert "comment.deleted" in office.said


def test_comments_of_others_are_left_alone(office: Office) -> None:
    number = office.open()
    pasted = f"{marker('acme', office.repository, number, 'live')}\nI can do this too"
    other = f"{marker('another-instance', office.repository, number, 'live')}\nPreview"
    office.commented(number, pasted, token="stranger-token")
    office.commented(number, other)
    told = live(office, number)

    office.client().tell(told)

    assert office.comments(number) == [pasted, other, told.comment]


def test_a_comment_that_somebody_deleted_is_written_anew(office: Office) -> None:
    number = office.open()
    office.client().tell(live(office, number, "one"))
    [comment] = office.hub.request("GET", f"/repos/octocat/shop/issues/{number}/comments").json()
    office.hub.request("DELETE", f"/repos/octocat/shop/issues/comments/{comment['id']}")
    told = live(office, number, "two")

    office.client().tell(told)

    assert office.comments(number) == [told.comment]


def test_what_is_only_an_edit_makes_no_comment(office: Office) -> None:
    number = office.open()
    told = live(office, number, only_edit=True)

    office.client().tell(told)
    assert office.comments(number) == []

    office.client().tell(live(office, number, "Preview: live"))
    edited = live(office, number, "Preview: removed", only_edit=True)
    office.client().tell(edited)
    assert office.comments(number) == [edited.comment]


def test_a_comment_that_cannot_be_written_does_not_keep_the_deployment_from_being_told(
    office: Office,
) -> None:
    number = office.open()
    office.fail("/comments$", method="POST", status=500)

    with pytest.raises(TryLater, match="500"):
        office.client().tell(live(office, number))

    assert office.comments(number) == []
    assert states(office, deployments(office)[0]) == ["success"]


def gone(office: Office, number: int) -> Telling:
    told = live(office, number, state="removed", deployment="inactive", url=None, commit=None, only_edit=True)
    return replace(told, comment=f"{marker('acme', office.repository, number, 'removed')}\nPreview: removed")


def test_that_all_is_gone_the_comment_says_last(office: Office) -> None:
    """Whoever is killed before it does is followed by one who finds that it is not said."""
    number = office.open()
    office.client().tell(live(office, number))
    office.fail("/statuses$", method="POST", status=500)

    with pytest.raises(TryLater):
        office.client().tell(gone(office, number))

    assert [comment.state for comment in office.client().comments()] == ["live"]
    office.client().tell(gone(office, number))
    assert [comment.state for comment in office.client().comments()] == ["removed"]
    assert states(office, deployments(office)[0]) == ["inactive", "success"]


@pytest.mark.parametrize(
    ("status", "message"), [(403, "Resource not accessible by integration"), (422, "Validation Failed")]
)
def test_or_at_once_where_github_will_never_take_the_rest(office: Office, status: int, message: str) -> None:
    number = office.open()
    office.client().tell(live(office, number))
    office.fail("/statuses$", method="POST", status=status, body=f'{{"message": "{message}"}}')

    with pytest.raises(OperatorMustAct, match=message):
        office.client().tell(gone(office, number))

    assert [comment.state for comment in office.client().comments()] == ["removed"]


def test_a_comment_that_github_forbids_is_said_to_the_log_once_and_holds_nothing_up(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    number = office.open()
    locked = '{"message": "Unable to create comment because issue is locked."}'
    office.fail("/comments$", method="POST", status=403, body=locked)
    office.client().tell(live(office, number, deployment="in_progress", url=None))
    office.new_calls()

    office.client().tell(live(office, number))

    assert not [call for call in office.new_calls() if "comments" in call.path]
    assert office.comments(number) == []
    assert states(office, deployments(office)[0]) == ["success", "in_progress"]
    assert caplog.text.count("locked") == 1


def test_a_comment_longer_than_github_takes_is_cut(office: Office) -> None:
    number = office.open()

    office.client().tell(live(office, number, "x" * 70_000))

    assert [len(text) for text in office.comments(number)] == [65_536]


def test_our_comments_tell_what_people_were_told_last(office: Office) -> None:
    number = office.open()
    client = office.client()
    client.tell(live(office, number))
    office.commented(
        number, f"{marker('acme', office.repository, number, 'gone')}\nforged", token="stranger-token"
    )

    [comment] = client.comments()
    assert (comment.environment.number, comment.state) == (number, "live")

    office.new_calls()
    assert client.comments() == (comment,)
    assert [call.status for call in office.new_calls()] == [304]


# --- the deployment ---


def test_a_preview_shows_as_a_transient_deployment_with_its_url(office: Office) -> None:
    number = office.open()
    told = live(office, number)

    office.client().tell(told)

    [made] = deployments(office)
    assert (made["sha"], made["environment"]) == (told.commit, "review")
    assert (made["transient_environment"], made["production_environment"]) == (True, False)
    path = f"/repos/octocat/shop/deployments/{made['id']}/statuses"
    [status] = office.hub.request("GET", path).json()
    assert (status["state"], status["environment_url"]) == ("success", told.url)


def test_a_deployment_goes_through_its_states_without_being_made_again(office: Office) -> None:
    number = office.open()
    building = live(office, number, deployment="in_progress", url=None)
    for told in (building, live(office, number)):
        office.client().tell(told)

    [made] = deployments(office)
    assert states(office, made) == ["success", "in_progress"]


def test_a_deployment_whose_answer_was_lost_is_found_again(office: Office) -> None:
    told = live(office, office.open())
    office.fail("/deployments$", method="POST", kind="lost")

    with pytest.raises(Unavailable):
        office.client().tell(told)
    office.client().tell(told)

    [made] = deployments(office)
    assert states(office, made) == ["success"]


def test_the_deployment_of_an_older_commit_ends_when_the_new_one_serves(office: Office) -> None:
    number = office.open()
    other = office.client()
    other.tell(live(office, number))
    office.shop.commit("feature", {"app/main.py": "print('three')\n"})

    office.client().tell(live(office, number, deployment="in_progress"))
    old, new = deployments(office)
    assert (states(office, old), states(office, new)) == (["success"], ["in_progress"])

    office.client().tell(live(office, number))
    assert (states(office, old)[0], states(office, new)[0]) == ("inactive", "success")


def test_what_is_gone_leaves_no_deployment_that_looks_alive(office: Office) -> None:
    office.shop.commit("other", {"other.txt": "other"})
    first, second = office.open(), office.open("other")
    office.client().tell(live(office, first))
    office.client().tell(live(office, second))
    gone = live(office, first, "Preview: removed", deployment="inactive", commit=None, url=None)

    office.client().tell(gone)

    ended, alive = deployments(office)
    assert (states(office, ended)[0], states(office, alive)[0]) == ("inactive", "success")
    office.new_calls()
    office.client().tell(gone)
    assert office.new_calls() == []

    office.memory.forget()
    office.client().tell(gone)
    assert {call.method for call in office.new_calls()} == {"GET"}


@pytest.mark.parametrize(
    "url", ["https://shop.example.org/x", "https://x/ ![](https://evil)", "javascript:x"]
)
def test_what_others_deploy_is_seen_for_nothing_while_nothing_changes(office: Office, url: str) -> None:
    environment, client = Environment(office.repository, "production"), office.client()
    assert client.elsewhere(environment) == ()
    made = []
    for state, what in (("success", url), ("success", url), ("failure", "")):
        wanted = {"ref": "feature", "environment": "production", "required_contexts": []}
        path = "/repos/octocat/shop/deployments"
        one = office.hub.request("POST", path, json=wanted).json()
        said = {"state": state, "environment_url": what, "auto_inactive": False}
        office.hub.request("POST", f"{path}/{one['id']}/statuses", json=said)
        made.append(one)
    (seen,) = client.elsewhere(environment)
    assert (seen.commit, seen.state) == (made[1]["sha"], "success")
    assert seen.url == (url if url.endswith("/x") else "")
    office.new_calls()
    assert client.elsewhere(environment) == (seen,)
    assert {call.status for call in office.new_calls()} == {304}


@pytest.mark.parametrize("about", ["Held: 1 approval of acme/release (#2)", "Waiting for a runner", ""])
def test_what_another_installation_holds_is_seen_and_no_other_wait(office: Office, about: str) -> None:
    environment = Environment(office.repository, "production")
    for ref, state, words in (
        ("main", "success", "Live"),
        ("main", "queued", "Held: x"),
        ("feature", "queued", about),
    ):
        wanted = {"ref": ref, "environment": "production", "required_contexts": [], "auto_merge": False}
        path = "/repos/octocat/shop/deployments"
        one = office.hub.request("POST", path, json=wanted).json()
        said = {"state": state, "description": words, "auto_inactive": False}
        office.hub.request("POST", f"{path}/{one['id']}/statuses", json=said)
    *waits, live = office.client().elsewhere(environment)
    assert live.state == "success"
    told = [(one.state, one.about, one.commit) for one in waits]
    held = about.removeprefix("Held: ")
    assert told == ([("queued", held, one["sha"])] if about.startswith("Held") else [])


def test_deployments_of_others_are_left_alone(office: Office) -> None:
    number = office.open()
    told = live(office, number)
    payloads: tuple[Any, ...] = ("by hand", {"reviewapps": "1", "instance": "another"})
    for payload in payloads:
        wanted: dict[str, Any] = {"ref": told.commit, "task": f"deploy:pr-{number}", "environment": "review"}
        wanted |= {"auto_merge": False, "required_contexts": [], "payload": payload}
        office.hub.request("POST", "/repos/octocat/shop/deployments", json=wanted)

    office.client().tell(told)
    office.client().tell(replace(told, deployment="inactive"))

    *theirs, ours = deployments(office)
    assert [states(office, one) for one in theirs] == [[], []]
    assert states(office, ours)[0] == "inactive"


def test_what_somebody_else_says_went_live_is_no_history_of_ours(office: Office) -> None:
    """Who may write deployments, as any workflow may that says so, could else choose what is gone back to."""
    production = Environment(office.repository, "production")
    head = office.shop.git("rev-parse", "feature")
    waits = Telling(production, head, "held", None, deployment="queued")
    client = office.client()
    client.tell(waits)
    (ours,) = deployments(office)
    payload = {"ref": "main", "task": ours["task"], "payload": ours["payload"], "environment": "production"}
    wanted = payload | {"required_contexts": [], "auto_merge": False}
    forged = office.hub.request("POST", "/repos/octocat/shop/deployments", json=wanted).json()
    for one in (ours, forged):
        path = f"/repos/octocat/shop/deployments/{one['id']}/statuses"
        office.hub.request("POST", path, json={"state": "success", "auto_inactive": False})

    assert [(one.commit, one.state) for one in client.history(production)] == [(ours["sha"], "queued")]
    assert [one.state for one in client.history(production, ours=False)] == ["success", "success"]

    client.tell(replace(waits, deployment="success"))  # which replaces the forged one, as any other
    assert [(one.commit, one.state) for one in client.history(production)] == [(ours["sha"], "success")]
    assert states(office, forged)[0] == "inactive"


def test_a_shared_environment_is_a_deployment_under_its_own_name(office: Office) -> None:
    told = replace(live(office, 1), environment=Environment(office.repository, "dev"), comment=None)

    office.client().tell(told)

    [made] = deployments(office)
    assert (made["environment"], made["transient_environment"]) == ("dev", False)


def test_a_description_longer_than_github_takes_is_cut(office: Office) -> None:
    office.client().tell(live(office, office.open(), description="x" * 200))

    [made] = deployments(office)
    [status] = office.hub.request("GET", f"/repos/octocat/shop/deployments/{made['id']}/statuses").json()
    assert status["description"] == "x" * 139 + "…"


def test_who_may_not_write_is_told_so(office: Office) -> None:
    number = office.open()

    with pytest.raises(NotAuthorised, match=r"POST .*/deployments answered 403"):
        office.client(token="stranger-token").tell(live(office, number))


# --- the commit's status ---


def statuses(office: Office, commit: str | None) -> list[tuple[str, ...]]:
    """Context, state, words and link of each status of the commit, oldest first."""
    found = office.hub.request("GET", f"/repos/octocat/shop/commits/{commit}/statuses").json()
    fields = ("context", "state", "description", "target_url")
    return [tuple(str(one[field]) for field in fields) for one in reversed(found)]


def test_a_commit_has_a_status_for_its_environment_and_none_twice(office: Office) -> None:
    number = office.open()
    told = live(office, number, status="success", description="Live")
    building = replace(
        told, status="pending", description="Building", url=None, page="https://page.example/s"
    )
    for telling in (building, told, told):
        office.client().tell(telling)
    office.new_calls()
    office.client().tell(told)
    assert office.new_calls() == []

    office.memory.forget()
    office.client().tell(told)
    context = f"acme/pr-{number}"
    assert statuses(office, told.commit) == [
        (context, "pending", "Building", "https://page.example/s"),
        (context, "success", "Live", str(told.url)),
    ]
    assert office.said.count("status.created") == 2


def test_a_status_whose_answer_was_lost_is_found_again(office: Office) -> None:
    told = live(office, office.open(), status="success")
    office.fail("/statuses/[0-9a-f]{40}$", method="POST", kind="lost")
    with pytest.raises(Unavailable):
        office.client().tell(told)
    office.client().tell(told)
    assert len(statuses(office, told.commit)) == 1


def test_who_may_not_write_statuses_writes_all_else_and_asks_once(office: Office) -> None:
    number = office.open()
    told = live(office, number, status="success")
    office.fail("/statuses/[0-9a-f]{40}$", method="POST", status=403, times=9)
    office.client().tell(told)
    office.client().tell(replace(told, status="failure"))
    assert [call.status for call in office.hub.server.observed.asked("POST", "/statuses/[0-9a-f]{40}$")] == [
        403
    ]
    assert office.comments(number) == [told.comment]
    assert [states(office, made) for made in deployments(office)] == [["success"]]
    assert statuses(office, told.commit) == []


def test_a_status_that_does_not_fit_silences_its_commit_and_context_alone(office: Office) -> None:
    """GitHub takes a thousand of one context on one commit, and anybody who may write can write them."""
    full = live(office, office.open(), status="success")
    posted = f"/statuses/{full.commit}$"
    office.fail(posted, method="POST", status=422, body='{"message": "Validation Failed"}')
    office.client().tell(full)
    office.client().tell(replace(full, status="failure"))
    assert [call.status for call in office.hub.server.observed.asked("POST", posted)] == [422]
    assert statuses(office, full.commit) == []

    same_commit = replace(full, environment=Environment(office.repository, "dev"), comment=None)
    other = replace(full, commit=office.shop.git("rev-parse", "main"))
    for told in (same_commit, other):
        office.client().tell(told)
    assert [context for context, *_ in statuses(office, full.commit)] == ["acme/dev"]
    assert [context for context, *_ in statuses(office, other.commit)] == ["acme/pr-1"]


def test_two_environments_of_one_commit_have_a_status_each(office: Office) -> None:
    told = live(office, office.open(), status="success")
    office.client().tell(told)
    office.client().tell(replace(told, environment=Environment(office.repository, "dev"), comment=None))
    assert [context for context, *_ in statuses(office, told.commit)] == ["acme/pr-1", "acme/dev"]
