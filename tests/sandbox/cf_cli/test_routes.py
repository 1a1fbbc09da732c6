"""routes, map-route, unmap-route, delete-route."""

from __future__ import annotations

import pytest

from tests.sandbox.cf_cli import apps, routing
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Route
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter

DOMAIN = "apps.localhost"


def test_a_route_is_mapped_unmapped_and_deleted(cloud: Cloud, cf: Cf) -> None:
    cloud.push("shop", greeter("hello"))

    routing.map_route(cf, "shop", DOMAIN, "www")
    routing.map_route(cf, "shop", DOMAIN, "www")
    routing.map_route(cf, "shop", DOMAIN, "www", "/deep")

    assert cloud.visit("www").text == cloud.visit("www", "/deep/er").text == "hello"
    assert {url: line.apps for url, line in routing.routes(cf).items()} == {
        f"shop.{DOMAIN}": ["shop"],
        f"www.{DOMAIN}": ["shop"],
        f"www.{DOMAIN}/deep": ["shop"],
    }
    routing.unmap_route(cf, "shop", DOMAIN, "www")
    assert routing.routes(cf)[f"www.{DOMAIN}"].apps == []
    assert cloud.visit("www").headers["X-Cf-RouterError"] == "unknown_route"
    with pytest.raises(CommandFailed, match="not currently mapped"):
        routing.unmap_route(cf, "shop", DOMAIN, "www")
    with pytest.raises(CommandFailed, match="not found"):
        routing.unmap_route(cf, "shop", DOMAIN, "never")
    assert routing.delete_route(cf, DOMAIN, "www")
    assert not routing.delete_route(cf, DOMAIN, "www")
    assert f"www.{DOMAIN}" not in routing.routes(cf)
    done = {kind for kind, _ in apps.events(cf, "shop")}
    assert {"audit.app.map-route", "audit.app.unmap-route"} <= done


def test_a_host_of_another_space_cannot_be_had(cloud: Cloud, cf: Cf) -> None:
    cloud.route("theirs", cloud.server.space("production").guid)

    with pytest.raises(CommandFailed) as refused:
        routing.create_route(cf, DOMAIN, "theirs")

    assert refused.value.kind == "RouteNotUnique"


def test_routes_that_lead_nowhere_are_swept(cf: Cf, cloud: Cloud) -> None:
    cloud.route("orphan")

    routing.delete_orphaned_routes(cf)

    assert f"orphan.{DOMAIN}" not in routing.routes(cf)


def test_more_routes_than_fit_into_one_query_are_listed(cloud: Cloud, cf: Cf) -> None:
    hosts = [f"many-{number}" for number in range(230)]
    for host in hosts:
        cloud.route(host)

    found = routing.routes(cf)

    assert {f"{host}.{DOMAIN}" for host in hosts} <= found.keys()
    query = {"space_guids": cf.space.guid, "hosts": hosts[:20], "per_page": 6, "order_by": "-created_at"}
    assert [one.host for one in cf.rows(Route, "/v3/routes", query)] == hosts[19::-1]
    asked = list(cloud.server.observed.asked("GET", "/v3/service_route_bindings"))
    assert len(asked) >= 2
    assert {call.status for call in asked} == {200}
    routing.delete_orphaned_routes(cf)
