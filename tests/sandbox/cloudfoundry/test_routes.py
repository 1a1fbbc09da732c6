"""Routes, and the hosts that nobody else may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter


def test_a_host_is_taken_for_all_spaces_of_all_organizations(cloud: Cloud) -> None:
    cloud.server.add_organization("other")
    elsewhere = cloud.server.add_space("other", "theirs")
    cloud.server.add_user("stranger", "secret", roles={"other/theirs": "space_developer"})
    stranger = cloud.login("stranger", "secret")
    cloud.route("shop")

    for space, client in ((cloud.server.space("production").guid, cloud.client), (elsewhere.guid, stranger)):
        related = {"space": {"data": {"guid": space}}, "domain": {"data": {"guid": cloud.domain}}}
        with pytest.raises(Refused) as refused:
            cloud.call("POST", "/v3/routes", {"host": "Shop", "relationships": related}, client=client)
        taken = "Route already exists with host 'shop' for domain 'apps.localhost'."
        assert (refused.value.code, refused.value.detail) == (10008, taken)

    assert cloud.call("GET", "/v3/routes?hosts=shop", client=stranger)["resources"] == []
    reserved = f"/v3/domains/{cloud.domain}/route_reservations?host=shop"
    assert cloud.call("GET", reserved, client=stranger) == {"matching_route": True}


def test_mapping_twice_maps_once_and_replacing_takes_the_others_away(cloud: Cloud) -> None:
    blue, green, route = cloud.app("blue"), cloud.app("green"), cloud.route("shop")
    first = cloud.map(route, blue)["destinations"]

    assert cloud.map(route, blue)["destinations"] == first

    said = {"destinations": [{"app": {"guid": green}}]}
    replaced = cloud.call("PATCH", f"/v3/routes/{route}/destinations", said)["destinations"]
    assert [one["app"]["guid"] for one in replaced] == [green]
    answer = cloud.call("DELETE", f"/v3/routes/{route}/destinations/{replaced[0]['guid']}")
    assert answer.status_code == 204
    assert cloud.call("GET", f"/v3/routes/{route}")["destinations"] == []


def test_a_route_leads_to_apps_of_its_own_space_only(cloud: Cloud) -> None:
    elsewhere = cloud.app("shop", cloud.server.space("production").guid)

    with pytest.raises(Refused, match="Routes cannot be mapped to destinations in different spaces"):
        cloud.map(cloud.route("shop"), elsewhere)


def test_the_longest_path_wins(cloud: Cloud) -> None:
    cloud.push("shop", greeter("root"))
    admin = cloud.push("admin", greeter("admin"))
    cloud.map(cloud.route("shop", path="/admin"), admin)

    assert cloud.visit("shop", "/administrator").text == "root"
    assert cloud.visit("shop", "/admin/users").text == "admin"


def test_a_manifest_adopts_any_route_of_its_space_and_labels_nothing(cloud: Cloud) -> None:
    adopted = cloud.route("adopted", metadata={"labels": {"owner": "somebody"}})
    manifest = f"""
applications:
- name: shop
  memory: 64M
  env: {{WORKERS: 2, DEBUG: true}}
  metadata: {{labels: {{pr: "12"}}}}
  routes:
  - route: adopted.{cloud.server.app_domain}
  - route: fresh.{cloud.server.app_domain}
"""
    answer = cloud.client.post(
        f"{cloud.server.api_url}/v3/spaces/{cloud.space}/actions/apply_manifest",
        data=manifest,
        headers={"Content-Type": "application/x-yaml"},
    )
    job = cloud.job_done(answer.headers["Location"].removeprefix(cloud.server.api_url))

    assert (job["operation"], job["state"]) == ("space.apply_manifest", "COMPLETE")
    app = cloud.call("GET", "/v3/apps?names=shop")["resources"][0]
    assert app["metadata"]["labels"] == {"pr": "12"}
    variables = cloud.call("GET", f"/v3/apps/{app['guid']}/environment_variables")["var"]
    assert variables == {"WORKERS": "2", "DEBUG": "true"}
    routes = {one["host"]: one for one in cloud.call("GET", f"/v3/apps/{app['guid']}/routes")["resources"]}
    assert routes["adopted"]["guid"] == adopted
    assert routes["fresh"]["metadata"]["labels"] == {}
    assert cloud.call("GET", f"/v3/apps/{app['guid']}/processes/web")["memory_in_mb"] == 64


def test_a_manifest_with_an_unknown_service_fails_its_job(cloud: Cloud) -> None:
    answer = cloud.client.post(
        f"{cloud.server.api_url}/v3/spaces/{cloud.space}/actions/apply_manifest",
        data="applications: [{name: shop, services: [db]}]",
        headers={"Content-Type": "application/x-yaml"},
    )
    job = cloud.job_done(answer.headers["Location"].removeprefix(cloud.server.api_url))

    assert job["state"] == "FAILED"
    assert job["errors"] == [
        {"code": 10010, "title": "CF-ResourceNotFound", "detail": "Service instance 'db' not found"}
    ]


def test_a_changed_route_reaches_the_router_a_little_later(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, route_delay=0.6)
    try:
        app = cloud.app("shop")
        cloud.assign(app, cloud.droplet(app, greeter("hello")))
        cloud.call("POST", f"/v3/apps/{app}/actions/start")
        cloud.running(app)

        mapped = cloud.map(cloud.route("shop"), app)["destinations"][0]["guid"]
        assert cloud.visit("shop").headers["X-Cf-RouterError"] == "unknown_route"
        cloud.wait_for(lambda: cloud.visit("shop").text == "hello", "the route")

        route = cloud.call("GET", "/v3/routes")["resources"][0]["guid"]
        cloud.call("DELETE", f"/v3/routes/{route}/destinations/{mapped}")
        assert cloud.visit("shop").text == "hello"
        cloud.wait_for(lambda: cloud.visit("shop").status_code == 404, "the end of the route")
    finally:
        cloud.close()
