"""What a doctor has to see that takes more than one change, and how they say it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reviewapps import settings, wiring
from reviewapps.cli import app
from reviewapps.doctor import Finding, examined
from reviewapps.doctor.looking import looked_at
from reviewapps.errors import BadSettings
from reviewapps.sandbox.world import STRANGER
from tests.stories.doctor.clinic import Clinic
from tests.stories.samples import manifest
from tests.stories.slack import TOKEN, Slack
from tests.web.serving import serving, signature

pytestmark = pytest.mark.story

TWO_TARGETS = """
[github]
url = "{github}"
[target.review]
api = "{api}"
space = "acme/review"
credentials = "cf"
[target.shared]
api = "{api}"
space = "acme/review"
credentials = "cf"
[[repository]]
name = "acme/shop"
environments = {{ review = "review", dev = "shared" }}
"""


def test_whom_the_operators_floor_names_in_vain_is_said_with_the_line(clinic: Clinic) -> None:
    text = TWO_TARGETS.format(github=clinic.github.url, api=clinic.foundry.api_url)
    floor = 'requires = { dev = { sign_off = ["octocat", "nobody-at-all", "acme/no-team"] } }\n'
    complaints = clinic.complaints(clinic.file_environment(text + floor))
    found = [one for one in complaints if one.area == "grants"]
    assert [one.level for one in found] == ["warn", "warn"]
    assert "the team `acme/no-team` is not there" in found[0].text
    assert "there is nobody called `nobody-at-all` on GitHub" in found[1].text
    line = (text + floor).count("\n")
    assert all(one.mend.endswith(f"reviewapps.toml, line {line}") for one in found)


def runs_in(clinic: Clinic, space: str) -> str:
    """What Cloud Foundry tells an app that runs in this space."""
    guid = clinic.foundry.space(space).guid
    return json.dumps({"space_id": guid, "organization_name": "acme", "space_name": space, "cf_api": "x"})


def test_the_space_that_reviewapps_runs_in_is_not_managed(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = runs_in(clinic, "review")
    (found,) = clinic.complaints(clinic.environment(VCAP_APPLICATION=own))
    assert (found.level, found.area) == ("FAIL", "cf review")
    assert "runs in" in found.text
    monkeypatch.setenv("VCAP_APPLICATION", own)
    told = settings.settings(clinic.environment())
    with pytest.raises(BadSettings, match="acme/review, the space that reviewapps itself runs in"):
        wiring.check(told)
    monkeypatch.setenv("VCAP_APPLICATION", runs_in(clinic, "production"))
    wiring.check(told)


def test_a_reader_may_comment_but_not_deploy(clinic: Clinic) -> None:
    (found,) = clinic.complaints(clinic.environment(GITHUB_TOKEN=clinic.world.tokens[STRANGER]))
    assert (found.level, found.area) == ("FAIL", "github")
    assert found.text == 'acme/shop: no "deployments: write", so no deployments'
    assert "gives stranger the role Write" in found.mend


def test_rules_and_a_manifest_that_stop_every_preview_are_warned_of(clinic: Clinic) -> None:
    clinic.on_main({".reviewapps.yml": "manifest: manifest.yml\nlimits: 3\n"})
    (found,) = clinic.complaints(clinic.environment())
    assert (found.level, found.area) == ("warn", "github")
    assert "limit" in found.text
    assert found.mend.endswith("/acme/shop/blob/main/.reviewapps.yml#L2")
    clinic.on_main({".reviewapps.yml": None, **manifest(services="[shop-db]")})
    (found,) = clinic.complaints(clinic.environment())
    assert "shop-db" in found.text
    assert found.mend == (
        "on main, in .reviewapps.yml:\nenvironments:\n  review:\n    services:\n      shop-db: none"
    )
    clinic.on_main({"manifest.yml": None})
    (found,) = clinic.complaints(clinic.environment())
    assert "there is no `manifest.yml`" in found.text


def test_databases_that_every_preview_may_enter_are_named_once_there_is_a_key(clinic: Clinic) -> None:
    environment, ask = clinic.environment(POSTGRES="review-db"), clinic.operator.ask
    clinic.operator.create_service("review-db", "aws-rds/micro-psql")
    assert clinic.complaints(environment) == []
    (made,) = ask("GET", "/v3/service_instances?names=review-db")["resources"]
    of = {"service_instance": {"data": {"guid": made["guid"]}}}
    name = f"reviewapps-{environment['REVIEWAPPS_INSTANCE']}"
    ask("POST", "/v3/service_credential_bindings", {"type": "key", "name": name, "relationships": of})
    key = clinic.until_made(f"/v3/service_credential_bindings?names={name}")
    (found,) = clinic.complaints(environment)
    assert (found.level, found.area) == ("warn", "cf review")
    assert "may connect to more than their own databases: postgres, template1;" in found.text
    ask("DELETE", f"/v3/service_credential_bindings/{key}")
    clinic.until_gone(f"/v3/service_credential_bindings?names={name}")
    clinic.operator.delete_service("review-db")


def test_two_targets_that_are_one_space_are_warned_of(clinic: Clinic) -> None:
    text = TWO_TARGETS.format(github=clinic.github.url, api=clinic.foundry.api_url)
    (found,) = clinic.complaints(clinic.file_environment(text))
    assert found.text == "the targets review and shared are one space, acme/review"


def test_a_secret_that_is_missing_is_named_and_the_machine_is_looked_at(clinic: Clinic) -> None:
    text = TWO_TARGETS.format(github=clinic.github.url, api=clinic.foundry.api_url)
    environment = clinic.file_environment(text)
    del environment[settings.SECRET + "CF"]
    found = clinic.examine(environment)
    assert [(one.level, one.area) for one in found[:2]] == [("FAIL", "settings"), ("warn", "settings")]
    assert "set REVIEWAPPS_SECRET_CF" in found[0].text
    assert [(one.level, one.area) for one in found[2:]] == [("ok", "redis"), ("ok", "machine")]


def test_a_home_that_cannot_be_written_is_named(clinic: Clinic, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (found,) = clinic.complaints(clinic.environment(HOME=str(tmp_path / "file" / "home")))
    assert (found.level, found.area) == ("FAIL", "machine")
    assert "REVIEWAPPS_HOME" in found.mend


def test_what_is_no_cloud_foundry_is_told_from_one_that_is_away(clinic: Clinic) -> None:
    (found,) = clinic.complaints(clinic.environment(CF_API=clinic.github.url))
    assert (found.level, found.area) == ("FAIL", "cf review")
    assert "does not answer as a Cloud Foundry API does" in found.text


def test_a_side_that_hangs_hides_nothing_of_the_other(clinic: Clinic) -> None:
    clinic.fault("cf", "/v3/organizations", kind="delay", seconds=30.0)
    began = time.monotonic()
    (found,) = clinic.complaints(clinic.environment())
    assert (found.level, found.area) == ("FAIL", "cf review")
    assert time.monotonic() - began < 25, "the other side answers after 30"


def test_a_rejected_password_is_not_tried_twice(clinic: Clinic) -> None:
    environment = clinic.environment(CF_USER="forgetful", CF_PASSWORD="once only")
    before = len(list(clinic.foundry.observed.asked("POST", "/oauth/token")))
    for _ in range(2):
        (found,) = clinic.complaints(environment)
        assert "Bad credentials" in found.text
    assert len(list(clinic.foundry.observed.asked("POST", "/oauth/token"))) == before + 1


def test_looking_changes_nothing(clinic: Clinic) -> None:
    clinic.github.observed.calls.clear()
    clinic.foundry.observed.calls.clear()
    clinic.examine(clinic.environment())
    calls = [*clinic.github.observed.calls, *clinic.foundry.observed.calls]
    asked = {f"{call.method} {call.status}" for call in calls if "/oauth/token" not in call.path}
    assert asked == {"GET 200", "GET 404", "POST 422"}  # 404: there are no rules; 422: could never be made


def test_slack_is_only_told_a_line_when_asked_to(clinic: Clinic) -> None:
    with Slack() as slack:
        environment = clinic.environment(SLACK_WEBHOOK=slack.url)
        assert CliRunner().invoke(app, ["doctor"], env=environment).exit_code == 0
        assert slack.lines == []
        said = CliRunner().invoke(app, ["doctor", "--ping"], env=environment)
        assert (said.exit_code, len(slack.lines)) == (0, 1)
        assert "its channel took a message" in said.stdout


def test_what_slack_refuses_is_said_with_what_mends_it(clinic: Clinic) -> None:
    with Slack() as slack:
        environment = clinic.environment(**slack.bot)

        def said(*options: str) -> str:
            shown = CliRunner().invoke(app, ["doctor", *options], env=environment).stdout
            return "\n".join(line for line in " ".join(shown.split()).split(". ") if "slack" in line)

        assert "the bot reviewapps in Acme; not tried" in said()
        assert "#shop took a message" in said("--ping")
        slack.closed["#shop"] = slack.channels.pop("#shop")
        assert "#shop did not take a message: not_in_channel" in (shown := said("--ping"))
        assert "/invite @reviewapps" in shown
        slack.scopes = "commands"
        assert "it has no chat:write" in said()
        slack.broken = True
        assert "slack" in (shown := said()) and TOKEN not in shown
        environment["REVIEWAPPS_SLACK_TOKEN"], slack.broken = "xoxb-other", False
        assert "the token is refused: invalid_auth" in (shown := said())
        assert "make a new token" in shown


def test_the_command_says_how_many_and_ends_accordingly(clinic: Clinic) -> None:
    well = CliRunner().invoke(app, ["doctor"], env=clinic.environment())
    assert (well.exit_code, well.stdout.splitlines()[-1]) == (0, "nothing wrong")
    ill = CliRunner().invoke(app, ["doctor"], env=clinic.environment(CF_SPACE="nowhere", MODE="observe"))
    assert (ill.exit_code, ill.stdout.splitlines()[-1]) == (1, "1 failure, 1 warning")
    assert "\x1b" not in ill.stdout  # no colours but on a terminal
    said = CliRunner().invoke(app, ["doctor", "--json"], env=clinic.environment(CF_SPACE="nowhere"))
    assert said.exit_code == 1
    (wrong,) = [one for one in json.loads(said.stdout) if one["level"] == "FAIL"]
    assert set(wrong) == {"level", "area", "text", "mend"}


def test_a_webhook_to_ourselves_is_taken_where_both_have_one_secret(clinic: Clinic) -> None:
    told = clinic.environment(WEBHOOK_SECRET="one secret")
    with serving(settings.settings(told)) as web:
        assert "not known when one came last" in _of(clinic.examine(told), "webhooks")
        payload = {"repository": {"full_name": settings.settings(told).repositories[0]}}
        body = json.dumps(payload).encode()
        assert web.deliver(body=body, headers={"X-Hub-Signature-256": signature(body, "one secret")}).ok
        assert re.fullmatch(r"the last came \d+ s ago", _of(clinic.examine(told), "webhooks"))
        found = {}
        for secret in ("one secret", "another"):
            environment = clinic.environment(WEBHOOK_SECRET=secret, ADDRESS=web.url)
            found[secret] = [one for one in examined(looked_at(environment, ping=True)) if one.area == "page"]
        calm = [one for one in clinic.examine(environment) if one.area == "page"]
    assert [(one.level, one.text) for one in found["one secret"]] == [
        ("ok", f"{web.url} answers; took a webhook")
    ]
    assert [one.level for one in found["another"]] == ["warn"]
    assert "it answered 401" in found["another"][0].text
    assert "not tried (reviewapps doctor --ping)" in calm[0].text


def _of(findings: Iterable[Finding], area: str) -> str:
    """What is said of this alone."""
    (one,) = [one for one in findings if one.area == area]
    return one.text
