"""Everything that can be read, asked for once: what is answered is held against the schemas, as always."""

from __future__ import annotations

import re

import requests

from tests.contract.coverage import mounted
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter

NOBODY = "nobody"
"""The guid of what there is none of."""
WITHOUT_PARAMETERS = {
    "/v3/service_instances/{guid}/parameters": 400,
    "/v3/service_credential_bindings/{guid}/parameters": 502,
}
"""Only managed services have some."""
NAMED = {"type": "web", "name": "ssh"}
OF_APPS = ("revisions", "sidecars")
"""Listed for one app only."""
INCLUDING = {
    "/v3/apps": "space,space.organization",
    "/v3/routes": "domain,space,space.organization",
    "/v3/spaces": "organization",
    "/v3/service_credential_bindings": "app,service_instance",
}


def test_all_that_can_be_read_is_answered(cloud: Cloud) -> None:
    job, person = furnished(cloud), reader(cloud)
    readable = [template for method, template in mounted()["cloudfoundry"] if method == "GET"]
    paths = {template: path(cloud, template, job) for template in readable}
    statuses = {t: person.get(cloud.server.api_url + at).status_code for t, at in paths.items()}

    missing = {t: 404 for t, at in paths.items() if NOBODY in at}
    assert {t: status for t, status in statuses.items() if status != 200} == missing | WITHOUT_PARAMETERS


def furnished(cloud: Cloud) -> str:
    """The guid of a job, in a cloud that has one of everything."""
    app = cloud.push("shop", greeter("hello"))
    cloud.finished(cloud.deploy(app, cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"]))
    cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "true"})
    said = {"type": "user-provided", "name": "logs", "syslog_drain_url": "http://logs.example"}
    space = {"space": {"data": {"guid": cloud.space}}}
    service = cloud.call("POST", "/v3/service_instances", {**said, "relationships": space})["guid"]
    related = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": service}}}
    cloud.call("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": related})
    cloud.server.add_space("acme", "small", memory_mb=512)
    job = cloud.delete(f"/v3/apps/{cloud.app('gone')}")
    cloud.job_done(job)
    return job.rpartition("/")[2]


def reader(cloud: Cloud) -> requests.Session:
    """Somebody logged in, who minds no refusal."""
    form = {"grant_type": "password", "username": "deployer", "password": "deployer"}
    token = requests.post(f"{cloud.server.api_url}/oauth/token", data=form, timeout=30).json()["access_token"]
    session = requests.Session()
    session.headers["Authorization"] = f"bearer {token}"
    return session


def path(cloud: Cloud, template: str, job: str) -> str:
    """A path of this template that leads somewhere, if any does."""
    if template in INCLUDING:
        return f"{template}?include={INCLUDING[template]}"
    kind = template.split("/")[2] if template.startswith("/v3/") else "apps"

    def value(variable: re.Match[str]) -> str:
        if kind == "environment_variable_groups":
            return "running"
        if variable[1] in NAMED or kind == "jobs":
            return NAMED.get(variable[1], job)
        app = cloud.call("GET", "/v3/apps")["resources"][0]["guid"]
        listed = f"apps/{app}/{kind}" if kind in OF_APPS else kind
        resources = cloud.call("GET", f"/v3/{listed}")["resources"]
        return str(resources[0].get("guid") or resources[0]["name"]) if resources else NOBODY

    return re.sub(r"\{(\w+)\}", value, template)
