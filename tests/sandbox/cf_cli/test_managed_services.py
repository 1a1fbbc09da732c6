"""marketplace, create-service and what follows: services that a broker makes."""

from __future__ import annotations

import pytest

from tests.sandbox.cf_cli import apps, manifests, pushing, services
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Task
from tests.sandbox.cf_cli.tasks import run_task
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter

OFFERING, PLAN = "aws-elasticache-redis", "redis-dev"


def test_the_marketplace_lists_plans_by_offering(cf: Cf) -> None:
    assert PLAN in services.marketplace(cf)[OFFERING]
    with pytest.raises(CommandFailed, match="plan 'full' could not be found for service offering 'moon'"):
        services.create_service(cf, "moon", "full", "mine")


def test_a_service_is_made_bound_used_and_deleted(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "shop", greeter("hello"))
    services.create_service(cf, OFFERING, PLAN, "cache", wait=True)
    with pytest.raises(CommandFailed) as taken:
        services.create_service(cf, OFFERING, PLAN, "cache", wait=True)
    assert taken.value.kind == "ServiceInstanceNameTaken"

    services.bind_service(cf, "shop", "cache", wait=True)
    services.bind_service(cf, "shop", "cache", wait=True)

    assert services.services(cf)["cache"] == services.ServiceLine(
        OFFERING, PLAN, ["shop"], "create succeeded"
    )
    instance, bound = services.service(cf, "cache")
    assert (instance.type, instance.upgrade_available, bound) == ("managed", False, ["shop"])
    (given,) = apps.env(cf, "shop").system_env_json["VCAP_SERVICES"][OFFERING]
    assert (given["plan"], given["instance_name"]) == (PLAN, "cache")
    assert _reached(cf, given["credentials"]).state == "SUCCEEDED"
    services.unbind_service(cf, "shop", "cache", wait=True)
    assert OFFERING not in apps.env(cf, "shop").system_env_json["VCAP_SERVICES"]
    services.delete_service(cf, "cache", wait=True)
    assert "cache" not in services.services(cf)


def test_a_service_has_keys(cf: Cf) -> None:
    services.create_service(cf, OFFERING, PLAN, "keyed", wait=True)

    services.create_service_key(cf, "keyed", "k", wait=True)

    with pytest.raises(CommandFailed) as taken:
        services.create_service_key(cf, "keyed", "k", wait=True)
    assert taken.value.kind == "ServiceKeyTaken"
    assert services.service_keys(cf, "keyed") == ["k"]
    assert "password" in services.service_key(cf, "keyed", "k")
    services.delete_service_key(cf, "keyed", "k", wait=True)
    assert services.service_keys(cf, "keyed") == []
    services.delete_service(cf, "keyed", wait=True)


def test_a_manifest_binds_a_service(cf: Cf) -> None:
    services.create_service(cf, OFFERING, PLAN, "stated", wait=True)
    said = {"name": "stating", "services": [{"name": "stated", "binding_name": "store"}]}

    manifests.apply_manifest(cf, {"applications": [said]})

    (given,) = apps.env(cf, "stating").system_env_json["VCAP_SERVICES"][OFFERING]
    assert given["name"] == "store"
    apps.delete(cf, "stating")
    services.delete_service(cf, "stated", wait=True)


def _reached(cf: Cf, credentials: dict[str, object]) -> Task:
    """A task of the app that speaks to what it was given."""
    at = f"('{credentials['host']}', {credentials['port']})"
    return run_task(cf, "shop", f'python3 -c "import socket; socket.create_connection({at}, 5)"', wait=True)
