"""``reviewapps rotate``: a service account is renewed, wherever its secret is found."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from reviewapps.cli import app
from reviewapps.sandbox.cloudfoundry.state import Binding
from reviewapps.settings import SECRET
from tests.stories.doctor.clinic import Clinic

pytestmark = pytest.mark.story

DAY = 24 * 3600
TOML = """
[credentials]
{credentials}
[github]
url = "{github}"
[target.review]
api = "{api}"
space = "acme/review"
credentials = "cf"
[[repository]]
name = "acme/shop"
environments = {{ review = "review" }}
"""


@pytest.fixture
def account(clinic: Clinic) -> Iterator[dict[str, str]]:
    """What the first key of a service account in acme/review holds."""
    plan = clinic.operator.ask("GET", "/v3/service_plans?names=space-deployer")["resources"][0]["guid"]
    space = {"space": {"data": {"guid": clinic.foundry.space("review").guid}}}
    relationships = {**space, "service_plan": {"data": {"guid": plan}}}
    said = {"type": "managed", "name": "reviewapps", "relationships": relationships}
    clinic.operator.ask("POST", "/v3/service_instances", said)
    instance = clinic.until_made("/v3/service_instances?names=reviewapps")
    of = {"service_instance": {"data": {"guid": instance}}}
    clinic.operator.ask(
        "POST", "/v3/service_credential_bindings", {"type": "key", "name": "key1", "relationships": of}
    )
    key = clinic.until_made("/v3/service_credential_bindings?names=key1")
    yield clinic.operator.ask("GET", f"/v3/service_credential_bindings/{key}/details")["credentials"]
    clinic.operator.ask("DELETE", f"/v3/service_instances/{instance}")
    clinic.until_gone("/v3/service_instances?names=reviewapps")


def keys(clinic: Clinic) -> list[str]:
    return sorted(row.name or "" for row in clinic.foundry.world.all(Binding))


def environment(clinic: Clinic, credentials: str = "") -> dict[str, str]:
    text = TOML.format(github=clinic.github.url, api=clinic.foundry.api_url, credentials=credentials)
    return clinic.file_environment(text)


def rotate(told: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(app, ["rotate", "cf", "--yes", *words], env=told)


def works(clinic: Clinic, account: dict[str, str]) -> bool:
    form = {"grant_type": "password", "username": account["username"], "password": account["password"]}
    answer = requests.post(f"{clinic.foundry.api_url}/oauth/token", data=form, auth=("cf", ""), timeout=30)
    return answer.ok


def test_a_file_is_rewritten_and_the_old_key_goes_in_the_next_run(
    clinic: Clinic, account: dict[str, str]
) -> None:
    file = clinic.home / "cf-secret"
    file.write_text(json.dumps(account))
    told = environment(clinic, f'cf = "file:{file}"')
    would = CliRunner().invoke(app, ["rotate", "cf", "--json"], env=told)
    assert (json.loads(would.stdout)["done"], len(keys(clinic))) == (False, 1)
    unasked = CliRunner().invoke(app, ["rotate", "cf"], env=told)
    assert (unasked.exit_code, len(keys(clinic))) == (1, 1)
    assert "--yes says so" in unasked.stderr
    first = rotate(told, "--json")
    assert first.exit_code == 0, first.output
    did = json.loads(first.stdout)
    assert (did["done"], did["replaces"], did["stored"], did["old_key_deleted"]) == (
        True,
        "key1",
        True,
        False,
    )
    new = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert new["username"] != account["username"]
    assert works(clinic, new)
    assert works(clinic, account)
    assert new["password"] not in first.output
    assert "run this again" in first.stderr

    second = rotate(told)
    assert second.exit_code == 0, second.output
    assert "key1 is deleted" in second.stderr
    assert works(clinic, new)
    assert not works(clinic, account)
    assert len(keys(clinic)) == 1
    assert clinic.complaints(told) == []


def test_a_variable_is_told_to_whatever_reads_stdout(clinic: Clinic, account: dict[str, str]) -> None:
    told = environment(clinic) | {SECRET + "CF": json.dumps(account)}
    first = rotate(told)
    assert first.exit_code == 0, first.output
    name, _, quoted = first.stdout.strip().partition("=")
    new = json.loads(quoted.strip("'"))
    assert name == SECRET + "CF"
    assert new["password"] not in first.stderr
    assert works(clinic, new)
    assert rotate(told).stdout == first.stdout  # until somebody sets it, the same key is told again
    assert rotate(told | {name: json.dumps(new)}).exit_code == 0
    assert not works(clinic, account)


def test_a_bound_service_is_updated(clinic: Clinic, account: dict[str, str]) -> None:
    held = {"cf": account, "github": clinic.environment()["REVIEWAPPS_GITHUB_TOKEN"]}
    relationships = {"space": {"data": {"guid": clinic.foundry.space("review").guid}}}
    said = {"type": "user-provided", "name": "secrets", "credentials": held, "relationships": relationships}
    guid = clinic.operator.ask("POST", "/v3/service_instances", said)["guid"]
    bound = [{"name": "secrets", "instance_guid": guid, "credentials": held}]
    told = environment(clinic, 'cf = "vcap:secrets/cf"') | {
        "VCAP_SERVICES": json.dumps({"user-provided": bound})
    }
    went = rotate(told)
    assert went.exit_code == 0, went.output
    now: dict[str, Any] = clinic.operator.ask("GET", f"/v3/service_instances/{guid}/credentials")
    assert works(clinic, now["cf"])
    assert now["cf"]["username"] != account["username"]
    assert now["github"] == held["github"]
    clinic.operator.ask("DELETE", f"/v3/service_instances/{guid}")


@pytest.mark.parametrize(("method", "path"), [("POST", "service_credential_bindings$"), ("GET", "/details")])
def test_a_lost_answer_leads_to_no_second_key(
    clinic: Clinic, account: dict[str, str], method: str, path: str
) -> None:
    told = environment(clinic) | {SECRET + "CF": json.dumps(account)}
    clinic.fault("cf", path, method=method, kind="lost", times=3)
    assert rotate(told).exit_code == 1
    clinic.foundry.observed.faults.clear()
    assert rotate(told).exit_code == 0
    assert len(keys(clinic)) == 2
    assert works(clinic, account)


def test_nothing_happens_where_nobody_agrees(clinic: Clinic, account: dict[str, str]) -> None:
    told = environment(clinic) | {SECRET + "CF": json.dumps(account)}
    went = CliRunner().invoke(app, ["rotate", "cf"], env=told, input="n\n")
    assert went.exit_code == 1
    assert keys(clinic) == ["key1"]


def test_who_is_no_service_account_is_told_so(clinic: Clinic) -> None:
    went = rotate(clinic.environment() | {}, "--service", "nothing")
    assert went.exit_code == 1
    assert "there are no credentials `cf`" in went.stderr
    went = CliRunner().invoke(app, ["rotate", "review", "--yes"], env=clinic.environment())
    assert "no service key that we see holds the user previewer" in went.stderr


def test_the_doctor_knows_how_old_the_password_is(clinic: Clinic, account: dict[str, str]) -> None:
    told = environment(clinic) | {SECRET + "CF": json.dumps(account)}
    assert clinic.complaints(told) == []
    (key,) = clinic.foundry.world.all(Binding)
    key.created_at -= 71 * DAY
    (found,) = clinic.complaints(told)
    assert (found.level, found.text, found.mend) == (
        "warn",
        "the password dies in 19 days",
        "reviewapps rotate cf",
    )


def test_a_password_that_died_is_named(clinic: Clinic, account: dict[str, str]) -> None:
    clinic.foundry.world.clock.forward(91 * DAY)
    (found,) = clinic.complaints(environment(clinic) | {SECRET + "CF": json.dumps(account)})
    assert (found.level, found.area) == ("FAIL", "cf review")
    assert "is dead" in found.text
