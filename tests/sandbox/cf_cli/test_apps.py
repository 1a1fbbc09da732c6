"""What is done to an app that is there."""

from __future__ import annotations

import pytest

from tests.sandbox.cf_cli import apps, logs, manifests, routing, summaries, tasks
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Environment
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter


@pytest.fixture(scope="module", autouse=True)
def shop(cloud: Cloud) -> None:
    cloud.push("shop", greeter("hello"))


def test_an_app_is_stopped_started_and_restarted(cloud: Cloud, cf: Cf) -> None:
    apps.stop(cf, "shop")
    assert cloud.visit("shop").status_code == 503
    assert summaries.apps(cf)["shop"] == summaries.AppLine("STOPPED", "web:0/1", ["shop.apps.localhost"])
    assert apps.start(cf, "shop").state == "STARTED"
    assert cloud.visit("shop").text == "hello"
    assert apps.restart(cf, "shop").state == "STARTED"

    assert cloud.visit("shop").text == "hello"
    assert summaries.apps(cf) == summaries.apps_of_version_9(cf)
    done = [kind for kind, who in apps.events(cf, "shop") if who == "deployer"]
    assert [kind.rpartition(".")[2] for kind in done[:4]] == ["restart", "mapped", "start", "stop"]


def test_an_app_is_scaled_in_number_and_in_size(cf: Cf) -> None:
    wide = apps.scale(cf, "shop", instances=2)
    assert len(wide.instances["web"]) == 2

    large = apps.scale(cf, "shop", instances=1, memory_in_mb=128, disk_in_mb=256)

    (instance,) = large.instances["web"]
    assert (instance.mem_quota, instance.disk_quota) == (128 * 2**20, 256 * 2**20)


def test_variables_are_set_shown_and_taken_away(cf: Cf) -> None:
    apps.set_env(cf, "shop", "COLOUR", "red")
    shown = apps.env(cf, "shop")
    assert shown.environment_variables["COLOUR"] == "red"
    assert shown.application_env_json["VCAP_APPLICATION"]["application_name"] == "shop"

    apps.unset_env(cf, "shop", "COLOUR")

    assert "COLOUR" not in apps.env(cf, "shop").environment_variables
    with pytest.raises(CommandFailed, match="was not set"):
        apps.unset_env(cf, "shop", "COLOUR")
    with pytest.raises(CommandFailed, match="cannot set PORT"):
        apps.set_env(cf, "shop", "PORT", "80")


def test_variables_of_the_groups_are_below_the_apps_own(cloud: Cloud, cf: Cf) -> None:
    cloud.server.add_user("chief", "secret", roles={"*": "admin"})
    chief = cloud.login("chief", "secret")
    groups = "/v3/environment_variable_groups"
    cloud.call("PATCH", f"{groups}/running", {"var": {"SHADE": "grey", "TONE": "low"}}, client=chief)
    cloud.call("PATCH", f"{groups}/staging", {"var": {"STAGE": "one"}}, client=chief)
    with pytest.raises(CommandFailed, match="not authorized"):
        cf.ask(Environment, "PATCH", f"{groups}/running", {"var": {"SHADE": "pink"}})

    apps.set_env(cf, "shop", "TONE", "high")

    shown = apps.env(cf, "shop")
    assert (shown.running_env_json["SHADE"], shown.staging_env_json) == ("grey", {"STAGE": "one"})
    tasks.run_task(cf, "shop", "echo $SHADE $TONE", wait=True)
    assert "grey high" in [line.text for line in logs.recent(cf, "shop")]


def test_an_app_is_made_renamed_and_deleted(cf: Cf) -> None:
    apps.create_app(cf, "draft")
    with pytest.raises(CommandFailed) as taken:
        apps.create_app(cf, "draft")
    assert taken.value.kind == "NameNotUniqueInSpace"
    with pytest.raises(CommandFailed) as not_yet:
        apps.start(cf, "draft")
    assert not_yet.value.kind == "InvalidStart"
    assert summaries.app(cf, "draft").buildpacks == []

    apps.rename(cf, "draft", "final")

    assert [one for one in summaries.apps(cf) if one in ("draft", "final")] == ["final"]
    apps.delete(cf, "final")
    with pytest.raises(CommandFailed, match="App 'final' not found"):
        summaries.app(cf, "final")


def test_delete_leaves_the_routes_unless_told_otherwise(cloud: Cloud, cf: Cf) -> None:
    for name in ("left", "taken"):
        manifests.apply_manifest(cf, {"applications": [{"name": name, "default-route": True}]})

    apps.delete(cf, "left")
    apps.delete(cf, "taken", with_routes=True)

    found = routing.routes(cf)
    assert found["left.apps.localhost"].apps == []
    assert "taken.apps.localhost" not in found
    gone = cloud.call("GET", "/v3/audit_events?types=audit.app.delete-request")["resources"]
    assert {"left", "taken"} <= {one["target"]["name"] for one in gone}


def test_a_route_of_two_apps_keeps_both_of_them(cf: Cf) -> None:
    routes = [{"route": "both.apps.localhost"}]
    manifests.apply_manifest(
        cf, {"applications": [{"name": name, "routes": routes} for name in ("one", "two")]}
    )

    with pytest.raises(CommandFailed, match=r"both\.apps\.localhost is mapped to more than one app"):
        apps.delete(cf, "one", with_routes=True)

    assert routing.routes(cf)["both.apps.localhost"].apps == ["one", "two"]


def test_there_is_no_ssh_and_the_client_is_told_why(cf: Cf) -> None:
    assert apps.ssh_enabled(cf, "shop") == (False, "Disabled globally")


def test_curl_shows_any_path_and_its_refusals(cf: Cf) -> None:
    assert apps.curl(cf, "/v3/apps?names=shop")["pagination"]["total_results"] == 1
    assert apps.curl(cf, "/v3/isolation_segments")["resources"] == []
    (anywhere,) = apps.curl(cf, "/v3/security_groups?globally_enabled_running=true")["resources"]
    assert apps.curl(cf, f"/v3/security_groups/{anywhere['guid']}") == anywhere
    with pytest.raises(CommandFailed, match="Isolation segment not found"):
        apps.curl(cf, "/v3/isolation_segments/nothing")
    with pytest.raises(CommandFailed) as unknown:
        apps.curl(cf, "/v3/nonsense")
    assert unknown.value.kind == "APINotFound"
    space = apps.curl(cf, f"/v3/spaces/{cf.space.guid}/features/ssh")
    assert (space["name"], space["enabled"]) == ("ssh", True)
    with pytest.raises(CommandFailed, match="Invalid embedded resource: 'nonsense'"):
        apps.curl(cf, "/v3/processes?embed=nonsense")
    members = apps.curl(cf, f"/v3/roles?space_guids={cf.space.guid}&include=user")
    assert apps.curl(cf, f"/v3/roles/{members['resources'][0]['guid']}") == members["resources"][0]
    assert "deployer" in {one["username"] for one in members["included"]["users"]}
