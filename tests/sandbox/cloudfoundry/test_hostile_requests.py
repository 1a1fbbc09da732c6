"""Requests that nobody sends by accident are refused; none of them fails the platform."""

from __future__ import annotations

import base64
import http.client
from typing import Any

import pytest
import requests
import yaml

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter
from tests.sandbox.cloudfoundry.test_refusals import token

YAML = {"Content-Type": "application/x-yaml"}
DEEP = b"[" * 100_000 + b"]" * 100_000
UNREADABLE = (400, 1001, "Request invalid due to parse error: invalid request body")


def manifest(cloud: Cloud, text: str, action: str = "actions/apply_manifest") -> Any:
    return cloud.call("POST", f"/v3/spaces/{cloud.space}/{action}", data=text, headers=YAML)


def answered(said: Refused) -> tuple[int, int, str]:
    return said.status, said.code, said.detail


NOT_WHOLE = 'Process "web": Instances is not a number'
UNITS = "must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB"


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"health-check-type": "weird"}, 'Process "web": Health check type must be "port", "process", or "http"'),
        (
            {"health-check-invocation-timeout": "abc"},
            'Process "web": Health check invocation timeout is not a number',
        ),
        (
            {"readiness-health-check-interval": 0},
            'Process "web": Readiness health check interval must be greater than or equal to 1',
        ),
        (
            {"health-check-http-endpoint": "no"},
            'Process "web": Health check http endpoint must be a valid URI path',
        ),
        ({"instances": []}, NOT_WHOLE),
        ({"instances": "many"}, NOT_WHOLE),
        ({"instances": 1.5}, 'Process "web": Instances must be an integer'),
        ({"instances": -1}, 'Process "web": Instances must be greater than or equal to 0'),
        ({"memory": "9" * 5000 + "M"}, 'Process "web": Memory must be less than or equal to 2147483647'),
        ({"memory": "0M"}, 'Process "web": Memory must be greater than 0MB'),
        ({"disk_quota": "lots"}, f'Process "web": Disk quota {UNITS}'),
        ({"processes": [{"instances": 1}]}, "All Processes must specify a type"),
        ({"processes": [{"type": "a"}, {"type": "a"}]}, 'Process "a" may only be present once'),
        ({"processes": 5}, "Processes must be an array of process configurations"),
        ({"env": 5}, "Env must be an object of keys and values"),
        ({"routes": {}}, "Routes must be a list of route objects"),
    ],
)  # fmt: skip
def test_a_manifest_says_nothing_that_the_endpoints_refuse(
    shared: Cloud, said: dict[str, Any], detail: str
) -> None:
    text = yaml.safe_dump({"applications": [{"name": "refused", **said}]})

    with pytest.raises(Refused) as refused:
        manifest(shared, text)

    assert answered(refused.value) == (422, 10008, f"For application 'refused': {detail}")
    assert shared.call("GET", "/v3/apps?names=refused")["resources"] == []
    manifest(shared, text, "manifest_diff")


def test_a_manifest_has_neither_aliases_nor_what_no_json_holds(shared: Cloud) -> None:
    deep = "[" * 101 + "]" * 101
    for value, *refusal in (
        ("&a b", 400, 1004, "Bad request: Manifest does not support Anchors and Aliases"),
        (".nan", *UNREADABLE),
        ("2026-01-01", *UNREADABLE),
        (deep, *UNREADABLE),
    ):
        with pytest.raises(Refused) as refused:
            manifest(shared, f"applications: [{{name: a, health-check-interval: {value}}}]")
        assert answered(refused.value) == tuple(refusal)


def test_numbers_in_a_manifest_may_be_text_and_names_in_its_environment_numbers(shared: Cloud) -> None:
    text = "applications: [{name: loose, instances: '2', memory: 0.5G, timeout: '90', env: {7: 2, true: x}}]"

    assert shared.job_done(shared.job(manifest(shared, text)))["state"] == "COMPLETE"

    app = shared.call("GET", "/v3/apps?names=loose")["resources"][0]["guid"]
    process = shared.call("GET", f"/v3/apps/{app}/processes/web")
    assert (process["instances"], process["memory_in_mb"]) == (2, 512)
    assert process["health_check"]["data"]["timeout"] == 90
    assert shared.call("GET", f"/v3/apps/{app}/environment_variables")["var"] == {"7": "2", "true": "x"}


def test_nobody_starts_more_instances_than_the_sandbox_runs(shared: Cloud) -> None:
    app = shared.app("many")
    shared.assign(app, shared.droplet(app, greeter("hello")))
    limit = "app_instance_limit app_instance_limit_exceeded"
    text = "applications: [{name: many, instances: 100000, memory: 1M}]"
    job = shared.job_done(shared.job(manifest(shared, text)))
    assert (job["state"], job["errors"][0]["detail"]) == ("FAILED", f"For application 'many': {limit}")
    shared.scale(app, instances=3)
    settings = shared.server.settings
    try:
        settings.most_instances = 2
        with pytest.raises(Refused) as refused:
            shared.call("POST", f"/v3/apps/{app}/actions/start")
    finally:
        settings.most_instances = 1000

    assert answered(refused.value) == (422, 10008, limit)
    assert shared.call("GET", f"/v3/apps/{app}")["state"] == "STOPPED"


@pytest.mark.parametrize(
    "text", [DEEP, b'{"a":' + DEEP + b"}", b'{"name": ' + b"[" * 100 + b"]" * 100 + b"}"]
)
def test_json_deeper_than_a_hundred_levels_is_unreadable(shared: Cloud, text: bytes) -> None:
    for method, path in (("POST", "/v3/apps"), ("PATCH", "/_sandbox/settings")):
        with pytest.raises(Refused) as refused:
            shared.call(method, path, data=text)
        assert answered(refused.value) == UNREADABLE


CLEAN = b'--x\r\nContent-Disposition: form-data; name="resources"\r\n'
FORMS = {
    "a broken header": b"--x\r\nno header\r\n\r\n[]\r\n--x--\r\n",
    "20,000 headers": CLEAN + b"a: b\r\n" * 20_000 + b"\r\n[]\r\n--x--\r\n",
    "an unknown charset": CLEAN + b"Content-Type: text/plain; charset=nobodys\r\n\r\n[]\r\n--x--\r\n",
    "an unknown encoding": CLEAN + b"Content-Transfer-Encoding: nobodys\r\n\r\n[]\r\n--x--\r\n",
    "no end": CLEAN + b"\r\n[",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/form-data"])
def test_a_form_that_is_none_is_refused(shared: Cloud, form: bytes, kind: str) -> None:
    package = shared.new_package(shared.app(f"form-{abs(hash((form, kind)))}"))
    url, headers = shared.server.api_url, {"Content-Type": kind, "Authorization": f"bearer {token(shared)}"}
    for path in (f"/v3/packages/{package}/upload", "/oauth/token", "/check_token"):
        answer = requests.post(url + path, form, headers=headers, timeout=30)
        assert 400 <= answer.status_code < 500, (path, answer.text)


def visit(cloud: Cloud, headers: dict[str, str | bytes], port: int = 0) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port or cloud.server.app_port, timeout=30)
    connection.putrequest("GET", "/", skip_host=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_host_of_any_bytes_is_an_unknown_route(shared: Cloud) -> None:
    status, text = visit(shared, {"Host": b"\xff"})

    assert (status, text) == (404, b"404 Not Found: Requested route ('\xff') does not exist.\n")
    assert visit(shared, {"Host": b"\xff"}, shared.server.port)[0] == 403


def test_the_signature_of_a_route_service_may_be_anything(shared: Cloud) -> None:
    route = shared.route("guarded")
    shared.map(route, shared.push("guarded-app", greeter("hello")))
    service = shared.user_provided("guard", route_service_url="https://guard.example.org")
    related = {"service_instance": {"data": {"guid": service}}, "route": {"data": {"guid": route}}}
    shared.call("POST", "/v3/service_route_bindings", {"relationships": related})
    headers: dict[str, str | bytes] = {"Host": f"guarded.{shared.server.app_domain}"}
    headers["X-CF-Proxy-Signature"] = "YQ==.YQ=="
    for said in (b"[" * 4500, b'{"nonce": ' + b"[" * 4000, b'{"nonce": "\\ud800"}', b"5"):
        metadata = base64.urlsafe_b64encode(said)
        status, text = visit(shared, {**headers, "X-CF-Proxy-Metadata": metadata})
        assert (status, b"Failed to validate Route Service Signature" in text) == (502, True), text


def test_what_is_public_needs_no_token_and_version_2_is_off(shared: Cloud) -> None:
    here = shared.server.api_url

    about = requests.get(f"{here}/info", timeout=30).json()

    assert about.keys() >= {"app", "links", "prompts"} and about["app"]["version"]
    for path in ("/v2/info", "/v2/apps"):
        answer = requests.get(here + path, timeout=30)
        assert (answer.status_code, answer.json()["errors"][0]["title"]) == (404, "CF-NotFound")


def test_a_developer_makes_no_organization_and_deletes_no_space(shared: Cloud) -> None:
    for method, path in (("POST", "/v3/organizations"), ("DELETE", f"/v3/spaces/{shared.space}")):
        with pytest.raises(Refused) as refused:
            shared.call(method, path)
        assert (refused.value.status, refused.value.code) == (403, 10003)


def test_an_app_is_told_where_the_api_is(shared: Cloud) -> None:
    told = shared.call("GET", f"/v3/apps/{shared.app('curious')}/env")["application_env_json"]

    assert told["VCAP_APPLICATION"]["cf_api"] == shared.server.api_url
