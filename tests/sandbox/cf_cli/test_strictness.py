"""The stand-in refuses what the real client would stumble over; a lenient one would prove nothing."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pydantic import ValidationError

from tests.sandbox.cf_cli import apps, logs, structs, targeting
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.go import Struct
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cloudfoundry.cloud import Cloud


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (structs.ProcessInstance, '{"uptime": 1.0}'),
        (structs.ProcessInstance, '{"usage": {"mem": -1}}'),
        (structs.ProcessInstance, '{"usage": {"disk": 1e3}}'),
        (structs.Process, '{"guid": "p", "instances": "1"}'),
        (structs.Application, '{"guid": "a", "name": "n", "metadata": []}'),
        (structs.Route, '{"guid": "r", "options": {"weight": 1}}'),
        (structs.Event, '{"type": "t", "created_at": "2026-01-02 03:04:05"}'),
        (structs.Event, '{"type": "t", "created_at": 1767225600}'),
        (structs.Deployment, '{"guid": "d", "options": {"max_in_flight": "1"}}'),
        (structs.Page, '{"resources": {}}'),
    ],
)
def test_values_of_other_types_are_not_decoded(kind: type[Struct], text: str) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate_json(text)


def test_null_and_absent_are_zero_and_unknown_fields_are_left_out() -> None:
    decoded = structs.Process.model_validate_json('{"guid": "p", "command": null, "new": 1}')

    assert (decoded.command, decoded.instances, decoded.health_check.data.timeout) == ("", 0, 0)


@pytest.mark.parametrize(
    "envelope",
    [
        {"timestamp": "1767225600000000000", "log": {}, "severity": "INFO"},
        {"timestamp": 1767225600000000000, "log": {}},
        {"timestamp": "1767225600000000000", "log": {"payload": "not base64!"}},
        {"timestamp": "1767225600000000000", "log": {"type": "DEBUG"}},
        {"timestamp": "1767225600000000000"},
    ],
)
def test_an_envelope_with_anything_else_is_refused(envelope: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        logs.Envelope.model_validate_json(str(envelope).replace("'", '"'))


def test_warnings_of_the_platform_are_heard(cloud: Cloud, cf: Cf) -> None:
    warning = {"X-Cf-Warnings": "Stack+%27cflinuxfs3%27+is+deprecated.,more"}
    _plan(cloud, {"path": "/v3/organizations", "kind": "headers", "headers": warning})

    targeting.orgs(cf)

    assert cf.warnings == ["Stack 'cflinuxfs3' is deprecated.", "more"]


def test_what_is_no_post_is_asked_three_times(cloud: Cloud, cf: Cf) -> None:
    _plan(cloud, {"method": "GET", "path": "/v3/organizations", "status": 503, "times": 2})
    assert targeting.orgs(cf) == ["acme"]

    _plan(cloud, {"method": "POST", "path": "/v3/apps", "status": 503})
    with pytest.raises(CommandFailed, match="Unexpected: status 503"):
        apps.create_app(cf, "once")


def _plan(cloud: Cloud, fault: dict[str, object]) -> None:
    assert requests.post(f"{cloud.server.api_url}/_sandbox/faults", json=fault, timeout=30).status_code == 201
