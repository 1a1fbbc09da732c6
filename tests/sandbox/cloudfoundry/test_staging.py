"""Builds over the API: what they see, what they make, and how they fail."""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter

COMPILE_FAILED = "BuildpackCompileFailed - App staging failed in the buildpack compile phase"
NO_APP = "NoAppDetectedError - An app was not successfully detected by any available buildpack"
FETCHED = "https://github.com/cloudfoundry/python-buildpack"
OF_THE_CONTAINER = {"HOME", "PWD", "OLDPWD", "TMPDIR", "USER", "LANG", "PATH", "DEPS_DIR", "SHLVL", "_"}
OF_THE_MACHINE = re.compile(
    r"PIP_.*|NPM_CONFIG_.*|.*_PROXY|SSL_.*|.*_CA_.*|REQUESTS_.*|PYTHON.*", re.IGNORECASE
)


def an_app(cloud: Cloud, **variables: str) -> str:
    return cloud.app(str(uuid.uuid4()), environment_variables=variables)


def built(cloud: Cloud, files: dict[str, str], buildpacks: list[str] | None = None) -> dict[str, Any]:
    """The ended build of a new app."""
    package = cloud.package(an_app(cloud), files)
    lifecycle = {"lifecycle": {"type": "buildpack", "data": {"buildpacks": buildpacks}}} if buildpacks else {}
    build = cloud.call("POST", "/v3/builds", {"package": {"guid": package}, **lifecycle})["guid"]
    return cloud.until(f"/v3/builds/{build}", lambda it: it["state"] != "STAGING")


def staging_log(cloud: Cloud, app: str) -> list[str]:
    batch = cloud.call("GET", f"/api/v1/read/{app}?limit=1000")["envelopes"]["batch"]
    lines = (one["log"]["payload"] for one in batch if one["tags"]["source_type"] == "STG")
    return [base64.b64decode(line).decode() for line in lines]


@pytest.mark.parametrize(
    ("files", "buildpacks", "error"),
    [
        ({"readme.txt": "nothing to run"}, None, NO_APP),
        ({"package.json": "{"}, None, COMPILE_FAILED),
        ({"requirements.txt": "no such thing"}, None, COMPILE_FAILED),
        (greeter(""), ["nodejs_buildpack"], COMPILE_FAILED),
        (greeter(""), [FETCHED], "StagingError - Staging error: staging failed"),
    ],
)
def test_a_build_fails_in_the_words_of_the_platform(
    shared: Cloud, files: dict[str, str], buildpacks: list[str] | None, error: str
) -> None:
    build = built(shared, files, buildpacks)

    assert (build["state"], build["error"], build["droplet"]) == ("FAILED", error, None)


def test_a_build_that_takes_too_long_fails(shared: Cloud) -> None:
    usual, shared.server.settings.staging_timeout = shared.server.settings.staging_timeout, 0.3
    try:
        build = built(shared, {"requirements.txt": "", "bin/pre_compile": "sleep 600"})
    finally:
        shared.server.settings.staging_timeout = usual

    assert build["error"] == "StagingTimeExpired - Staging time expired: staging failed"


def test_a_droplet_names_all_buildpacks_that_supplied_it(shared: Cloud) -> None:
    files = {
        "package.json": "{}",
        "requirements.txt": "",
        "Procfile": "web: python3 -m http.server $PORT --bind 127.0.0.1",
    }
    asked = ["nodejs_buildpack", "python_buildpack"]

    build = built(shared, files, asked)

    droplet = shared.call("GET", f"/v3/droplets/{build['droplet']['guid']}")
    assert [one["name"] for one in droplet["buildpacks"]] == asked
    assert [one["detect_output"] for one in droplet["buildpacks"]] == ["nodejs", "python"]
    assert droplet["process_types"] == {"web": "python3 -m http.server $PORT --bind 127.0.0.1"}


def test_an_app_without_any_command_is_built_and_cannot_start(shared: Cloud) -> None:
    app = an_app(shared)
    shared.assign(app, shared.droplet(app, {"requirements.txt": ""}))

    with pytest.raises(Refused, match="Start command not specified"):
        shared.call("POST", f"/v3/apps/{app}/actions/start")

    said = {"command": "python3 -m http.server $PORT --bind 127.0.0.1"}
    shared.call("PATCH", f"/v3/apps/{app}/processes/web", said)
    shared.call("POST", f"/v3/apps/{app}/actions/start")
    shared.running(app)


def test_a_build_sees_its_groups_its_apps_and_the_platforms_variables(shared: Cloud) -> None:
    shared.server.add_user("admin", "secret", roles={"*": ""})
    groups = "/v3/environment_variable_groups"
    admin = shared.login("admin", "secret")
    shared.call("PATCH", f"{groups}/staging", {"var": {"WHEN": "staging", "COLOUR": "grey"}}, client=admin)
    shared.call("PATCH", f"{groups}/running", {"var": {"WHEN": "running", "LATE": "1"}}, client=admin)
    with pytest.raises(Refused) as refused:
        shared.call("PATCH", f"{groups}/running", {"var": {}})
    assert refused.value.status == 403
    app = an_app(shared, COLOUR="red")

    droplet = shared.droplet(app, {"requirements.txt": "", "bin/pre_compile": "env"})

    seen = dict(line.strip().split("=", 1) for line in staging_log(shared, app) if "=" in line)
    assert (seen["WHEN"], seen["COLOUR"]) == ("staging", "red")
    names = {name for name in seen if not OF_THE_MACHINE.fullmatch(name)} - OF_THE_CONTAINER
    platform = {"VCAP_APPLICATION", "VCAP_SERVICES", "MEMORY_LIMIT", "CF_STACK"}
    assert names == platform | {"WHEN", "COLOUR"}

    task = shared.call(
        "POST", f"/v3/apps/{app}/tasks", {"command": 'test "$WHEN$LATE" = running1', "droplet_guid": droplet}
    )
    shared.until(f"/v3/tasks/{task['guid']}", lambda it: it["state"] == "SUCCEEDED")
    told = shared.call("GET", f"/v3/apps/{app}/env")
    assert told["staging_env_json"] == {"WHEN": "staging", "COLOUR": "grey"}
    assert told["running_env_json"] == {"WHEN": "running", "LATE": "1"}
