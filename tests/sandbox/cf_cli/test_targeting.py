"""api, auth, login, logout, target, orgs, org, spaces, space, domains."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.sandbox.cf_cli import apps, summaries, targeting
from tests.sandbox.cf_cli.conftest import logged_in
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cloudfoundry.cloud import Cloud


def test_one_logs_in_with_a_password_and_targets_a_space(cloud: Cloud) -> None:
    cf = Cf()

    assert targeting.api(cf, cloud.server.api_url) == "3.228.0"
    assert targeting.auth(cf, "deployer", "deployer") == "deployer"
    with pytest.raises(CommandFailed, match="No space targeted"):
        summaries.apps(cf)
    targeting.target(cf, "acme")
    assert (cf.organization.name, cf.space.name) == ("acme", "")
    targeting.target(cf, "acme", "review")
    assert cf.space.name == "review"

    assert summaries.apps(cf) == summaries.apps_of_version_9(cf) == {}


@pytest.mark.parametrize(("organization", "space"), [("nowhere", ""), ("acme", "nowhere")])
def test_what_is_not_there_cannot_be_targeted(cf: Cf, organization: str, space: str) -> None:
    with pytest.raises(CommandFailed, match="'nowhere' not found"):
        targeting.target(cf, organization, space)


def test_login_asks_what_uaa_says_and_takes_the_only_organization(cloud: Cloud) -> None:
    cf = Cf()
    targeting.api(cf, cloud.server.api_url)

    assert sorted(targeting.login(cf, "deployer", "deployer")) == ["Email", "Password"]
    assert cf.organization.name == "acme"


def test_an_only_space_is_targeted_without_being_named(cloud: Cloud) -> None:
    cloud.server.add_user("narrow", "secret", roles={"acme/review": "space_developer"})
    cf = Cf()
    targeting.api(cf, cloud.server.api_url)
    targeting.auth(cf, "narrow", "secret")

    targeting.target(cf, "acme")

    assert cf.space.name == "review"


def test_a_client_logs_in_with_id_and_secret_in_the_form(cloud: Cloud) -> None:
    cloud.server.add_client("robot", "secret", roles={"acme/review": "space_developer"})
    cf = Cf()
    targeting.api(cf, cloud.server.api_url)

    assert targeting.auth_client(cf, "robot", "secret") == "robot"
    targeting.target(cf, "acme", "review")
    assert cf.refresh_token == ""
    cf.refresh()
    assert summaries.apps(cf) == {}


@pytest.mark.parametrize(("name", "secret"), [("deployer", "wrong"), ("nobody", "wrong")])
def test_a_wrong_password_is_refused_in_uaas_words(cloud: Cloud, name: str, secret: str) -> None:
    cf = Cf()
    targeting.api(cf, cloud.server.api_url)

    with pytest.raises(CommandFailed, match="unauthorized: Bad credentials"):
        targeting.auth(cf, name, secret)


def test_a_token_near_its_end_is_refreshed_before_the_request(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, token_seconds=30)
    try:
        cf = logged_in(cloud)
        cloud.server.observed.calls.clear()

        assert targeting.spaces(cf) == ["production", "review"]

        asked = [(call.path.partition("?")[0], call.status) for call in cloud.server.observed.calls]
        assert asked == [("/oauth/token", 200), ("/v3/spaces", 200)]
    finally:
        cloud.close()


def test_after_logout_the_tokens_are_dead(cloud: Cloud) -> None:
    cf = logged_in(cloud)
    other = logged_in(cloud)

    targeting.logout(cf)

    with pytest.raises(CommandFailed, match="InvalidAuthToken"):
        targeting.orgs(cf)
    with pytest.raises(CommandFailed, match="invalid_token"):
        cf.refresh()
    assert targeting.orgs(other) == ["acme"]


def test_what_there_is_to_target_is_listed(cloud: Cloud, cf: Cf) -> None:
    apps.create_app(cf, "listed")

    assert targeting.orgs(cf) == ["acme"]
    assert targeting.spaces(cf) == ["production", "review"]
    assert targeting.domains(cf) == [("apps.localhost", "shared")]
    assert targeting.org(cf, "acme") == targeting.OrgSummary(
        ["apps.localhost"], "acme-quota", ["production", "review"]
    )
    assert targeting.space(cf, "review") == targeting.SpaceSummary("acme", ["listed"], [], "")
    cloud.server.add_space("acme", "small", memory_mb=512)
    cloud.server.add_user("chief", "secret", roles={"*": "admin"})
    chief = logged_in(cloud, "chief", "secret")
    assert targeting.space(chief, "small").quota == "small-quota"


def test_whoever_was_handed_a_token_can_have_it_checked(cloud: Cloud, cf: Cf) -> None:
    url = cloud.server.api_url + "/check_token"

    told = requests.post(url, data={"token": cf.access_token}, auth=("cf", ""), timeout=30)
    refused = requests.post(url, data={"token": "nonsense"}, auth=("cf", ""), timeout=30)

    assert (told.status_code, told.json()["user_name"]) == (200, "deployer")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_token")


def test_a_query_over_8_kilobytes_is_refused_as_nginx_does(cloud: Cloud, cf: Cf) -> None:
    fits = "x" * (8192 - len("GET /v3/apps?guids= HTTP/1.1\r\n"))

    assert cf.send("GET", cf.url(f"/v3/apps?guids={fits}")).json()["resources"] == []
    with pytest.raises(CommandFailed, match="414 Request-URI Too Large") as refused:
        cf.send("GET", cf.url(f"/v3/apps?guids={fits}x"))

    assert refused.value.kind == "UnknownHTTPSource"
    assert next(cloud.server.observed.asked("GET", "guids=x{9}.*x$")).status == 200
    assert [call.status for call in cloud.server.observed.asked("GET", "guids=xxx")] == [200, 414]
