"""What only an operator can mend is said in a sentence, and what was done is written down."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import jq
import pytest

from reviewapps import settings, wiring
from reviewapps.demo.onlooker import page
from reviewapps.errors import NotAuthorised, ReviewAppsError, Unavailable
from reviewapps.sandbox.world import BOT
from tests.stories.samples import headline
from tests.stories.slack import Slack
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story

PACKAGES = "^/v3/packages$"
NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"GITHUB_TOKEN": "ghp_wrong"}, NotAuthorised, "Bad credentials"),
        ({"CF_PASSWORD": "wrong"}, NotAuthorised, "rejected the"),
        ({"GITHUB_URL": NOBODY}, Unavailable, "got no answer"),
        ({"CF_API": NOBODY}, Unavailable, "did not log us in"),
        ({"CF_SPACE": "nowhere"}, ReviewAppsError, "nowhere"),
        ({"REPOSITORIES": "acme/nothing"}, ReviewAppsError, "acme/nothing"),
    ],
    ids=["token", "password", "GitHub away", "Cloud Foundry away", "space", "repository"],
)
def test_a_wrong_setting_is_told_in_a_sentence(
    quiet_town: Town, told: dict[str, str], error: type[ReviewAppsError], words: str
) -> None:
    environment = quiet_town.playground.environment(**told)
    with pytest.raises(error, match=words) as raised:
        wiring.check(settings.settings(environment))
    assert "\n" not in str(raised.value)
    assert not {"ghp_wrong", "wrong"} & set(str(raised.value).split())


def test_a_rejected_password_is_tried_once_and_told_once(quiet_town: Town) -> None:
    town = quiet_town
    town.open("blue")
    with Slack() as slack:
        town.employ(CF_PASSWORD="wrong", SLACK_WEBHOOK=slack.url)
        town.until("a word to the operator", lambda: slack.line("needs somebody", "rejected"))
        for _ in range(5):
            town.orchestrators[0].look()
            town.beat()
    assert len(slack.lines) == 1
    assert [call.status for call in town.cf.asked("POST", "/oauth/token")] == [401]
    assert writes(town.calls()) == []


def test_one_thing_to_mend_that_stops_several_is_told_once(quiet_town: Town) -> None:
    town = quiet_town
    town.fail(
        "POST", PACKAGES, status=403, body='{"errors": [{"code": 10003, "detail": "Read only"}]}', times=99
    )
    numbers = [town.open(colour) for colour in ("blue", "green")]
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        town.until("a refusal of both", lambda: len([*town.cf.asked("POST", PACKAGES)]) >= 2)
        assert [line for line in slack.lines if "Read only" in line] == slack.lines[:1] == slack.lines
        town.mend()
        for number in numbers:
            town.until_live(number)


def test_a_rejected_token_is_told_and_harms_nothing(town: Town) -> None:
    url = town.until_live(town.open("blue"))
    town.until_idle()
    town.orchestrators.clear()
    with Slack() as slack:
        town.employ(GITHUB_TOKEN="ghp_wrong", SLACK_WEBHOOK=slack.url)
        town.until("a word to the operator", lambda: slack.line("needs somebody", "Bad credentials"))
        town.look_once()
    assert page(url).headline == "blue"


def test_while_cloud_foundry_is_away_nothing_is_said_and_then_it_goes_on(town: Town) -> None:
    town.fail("", "^/(v3|oauth|$)", kind="reset", times=1000)
    number = town.open("blue")
    for _ in range(3):
        town.orchestrators[0].look()
        town.orchestrators[0].take_turns()
    assert town.onlooker.comments(number) == []
    town.mend()
    assert page(town.until_live(number)).headline == "blue"


def test_redis_may_be_emptied_at_any_moment(town: Town) -> None:
    number = town.open("blue")

    def live_after_forgetting() -> str | None:
        town.orchestrators[0].forget()
        return town.onlooker.comment(number, "Preview: live at")

    town.until("a live preview", live_after_forgetting)
    assert page(town.until_live(number)).headline == "blue"
    assert len(town.onlooker.comments(number)) == 1
    assert town.builds == 1
    assert len(town.deployments()) == 1


def test_lost_answers_double_neither_comment_nor_deployment(town: Town) -> None:
    town.fail("POST", "/comments$", kind="lost")
    town.fail("POST", "/deployments$", kind="lost")
    town.until_live(number := town.open("blue"))
    town.look_afresh()
    assert len(town.onlooker.comments(number)) == 1
    assert len(town.deployments()) == 1


def test_every_side_effect_is_one_line_of_the_log_and_no_line_holds_a_secret(quiet_town: Town) -> None:
    town = quiet_town
    town.world.cloudfoundry.add_user("robot", "pa55phrase", roles={"acme/review": "space_developer"})
    with Slack() as slack:
        town.employ(CF_USER="robot", CF_PASSWORD="pa55phrase", SLACK_WEBHOOK=slack.url)
        town.until_live(number := town.open("blue"))
        town.push("blue", headline("green"))
        town.until_live(number)
        town.octocat.close(number)
        town.until_comment(number, "Preview: removed")
        town.until_idle()
    lines = [json.loads(line) for line in town.log.read_text().splitlines()]
    audited = [line for line in lines if line["event"] == "audit"]
    assert len(audited) == len(writes(town.calls()))
    assert all(line["action"] and line["timestamp"] for line in audited)
    (about,) = {(line.get("repository"), line.get("environment")) for line in audited}
    assert about[0] == town.repository and about[1].endswith(f"/pr-{number}")
    assert all(len(line["commit"]) == 40 for line in audited if line.get("path") == "/v3/builds")
    assert_the_docs_find(audited, about[1], town.log.read_text())
    token = town.world.tokens[BOT]
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    assert_none_of((token, basic, "pa55phrase", "x0x0secret"), town)


DOCS = Path(__file__).parents[2] / "docs" / "operators.md"
QUERIES = re.findall(r"^jq -\w+ '(.*)' reviewapps\.log$", DOCS.read_text(), re.MULTILINE)


def assert_the_docs_find(audited: list[Any], environment: str, log: str) -> None:
    """The docs' queries find these lines: who changed what, those of one environment, those of nobody's tick."""
    found = {query: answers(query.replace("1007/pr-12", environment), log) for query in QUERIES}
    (what,) = [rows for query, rows in found.items() if "@tsv" in query and ".who" not in query]
    assert [row.split("\t")[1] for row in what] == [environment] * len(audited)
    assert [rows for query, rows in found.items() if ".who" in query] == [[]], "nobody said anything by hand"
    (of_one,) = [rows for query, rows in found.items() if "1007/pr-12" in query]
    assert of_one == audited
    assert [rows for query, rows in found.items() if ".tick" in query] == [[]]
    assert any(rows for query, rows in found.items() if "looked" in query)


def answers(query: str, log: str) -> list[Any]:
    """What a query finds in a log that is read as ``jq -R`` does it, line by line."""
    program = jq.compile(query)
    return [found for line in log.splitlines() for found in program.input_value(line).all()]


def assert_none_of(secrets: tuple[str, ...], town: Town) -> None:
    """None of them is in the log, in a comment, or in what anybody may read in the mirrors."""
    texts: list[Any] = [town.log.read_text(), *town.onlooker.comments(1)]
    texts += [path.read_text() for path in (town.home / "orchestrator").rglob("config")]
    for secret in secrets:
        assert [text for text in texts if secret in text] == []
