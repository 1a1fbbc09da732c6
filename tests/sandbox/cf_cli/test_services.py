"""User-provided services, and what the marketplace has."""

from __future__ import annotations

import pytest

from tests.sandbox.cf_cli import apps, services
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cloudfoundry.cloud import Cloud


def test_a_user_provided_service_is_made_bound_changed_and_deleted(cloud: Cloud, cf: Cf) -> None:
    apps.create_app(cf, "shop")
    services.create_user_provided_service(cf, "db", credentials={"uri": "postgres://a"}, tags=["sql"])
    with pytest.raises(CommandFailed) as taken:
        services.create_user_provided_service(cf, "db")
    assert taken.value.kind == "ServiceInstanceNameTaken"

    services.bind_service(cf, "shop", "db", binding_name="main")
    services.bind_service(cf, "shop", "db")

    assert services.services(cf) == {
        "db": services.ServiceLine("user-provided", "", ["shop"], "create succeeded")
    }
    instance, bound = services.service(cf, "db")
    assert (instance.type, instance.tags, bound) == ("user-provided", ["sql"], ["shop"])
    (given,) = apps.env(cf, "shop").system_env_json["VCAP_SERVICES"]["user-provided"]
    assert (given["name"], given["credentials"]) == ("main", {"uri": "postgres://a"})
    services.update_user_provided_service(cf, "db", credentials={"uri": "postgres://b"})
    (given,) = apps.env(cf, "shop").system_env_json["VCAP_SERVICES"]["user-provided"]
    assert given["credentials"] == {"uri": "postgres://b"}
    services.unbind_service(cf, "shop", "db")
    with pytest.raises(CommandFailed, match="did not exist"):
        services.unbind_service(cf, "shop", "db")
    services.delete_service(cf, "db")
    services.delete_service(cf, "db")
    assert services.services(cf) == {}


def test_a_user_provided_service_has_no_keys(cf: Cf) -> None:
    services.create_user_provided_service(cf, "keyless")

    with pytest.raises(CommandFailed, match="not supported for user-provided"):
        services.create_service_key(cf, "keyless", "k")

    assert services.service_keys(cf, "keyless") == []
    with pytest.raises(CommandFailed, match="No service key k found"):
        services.service_key(cf, "keyless", "k")
