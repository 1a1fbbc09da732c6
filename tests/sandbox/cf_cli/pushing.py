"""push, restage, revisions, rollback, cancel-deployment and continue-deployment."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from tests.sandbox.cf_cli.apps import (
    STARTUP_SECONDS,
    AppSummary,
    active_deployment,
    app_named,
    processes_of,
    set_droplet,
    summary,
    wait_until_started,
)
from tests.sandbox.cf_cli.connection import Cf, CommandFailed, decoded
from tests.sandbox.cf_cli.logs import Line, Tail
from tests.sandbox.cf_cli.structs import (
    Application,
    Build,
    Deployment,
    DiffEntry,
    Droplet,
    ManifestDiff,
    MatchedResources,
    Nothing,
    Package,
    Process,
    Revision,
)
from tests.sandbox.cf_cli.targeting import needs_target

YAML = "application/x-yaml"

Manifest = dict[str, Any]
Files = Mapping[str, str]
NOTHING: Files = MappingProxyType({})


@dataclass(frozen=True)
class Pushed:
    """What a push prints: the differences, the staging's log, the app."""

    diff: list[DiffEntry]
    staging: list[Line]
    app: AppSummary


def push(cf: Cf, name: str, files: Files, *, strategy: str = "", canary: Any = None, **flags: Any) -> Pushed:
    """``cf push NAME``: without a manifest the app gets the default route."""
    said = {"name": name, **{key.replace("_", "-"): value for key, value in flags.items()}}
    if not {"routes", "no-route", "random-route"} & said.keys():
        said["default-route"] = True
    apply_manifest(cf, {"applications": [said]})
    return _pushed(cf, name, files, [], strategy, canary)


def push_manifest(
    cf: Cf, text: str, files: Mapping[str, Files], *, variables: Files = NOTHING, strategy: str = ""
) -> dict[str, Pushed]:
    """``cf push -f FILE [--var …]``: every app of it; ``files`` are the apps' own, by their ``path``."""
    manifest = yaml.safe_load(filled(text, variables))
    for said in manifest["applications"]:
        if not {"routes", "no-route", "random-route"} & said.keys():
            said["default-route"] = True
    diff = manifest_diff(cf, manifest)
    apply_manifest(cf, manifest)
    return {
        said["name"]: _pushed(cf, said["name"], files[said.get("path", ".")], diff, strategy, None)
        for said in manifest["applications"]
    }


def filled(text: str, variables: Files) -> str:
    """The manifest with ``((names))`` filled; one that nobody gave ends the command."""
    missing = sorted(set(re.findall(r"\(\(([\w-]+)\)\)", text)) - variables.keys())
    if missing:
        raise CommandFailed("MissingVariables", f"Expected to find variables: {', '.join(missing)}")
    return re.sub(r"\(\(([\w-]+)\)\)", lambda found: variables[found[1]], text)


def manifest_diff(cf: Cf, manifest: Manifest) -> list[DiffEntry]:
    needs_target(cf)
    url = cf.url(f"/v3/spaces/{cf.space.guid}/manifest_diff")
    return decoded(ManifestDiff, cf.send("POST", url, yaml.safe_dump(manifest).encode(), YAML)).diff


def apply_manifest(cf: Cf, manifest: Manifest) -> None:
    needs_target(cf)
    url = cf.url(f"/v3/spaces/{cf.space.guid}/actions/apply_manifest")
    answer = cf.send("POST", url, yaml.safe_dump(manifest).encode(), YAML)
    cf.finish(answer.headers["Location"])


def create_app_manifest(cf: Cf, name: str) -> Manifest:
    """``cf create-app-manifest NAME``: the YAML that it writes to a file."""
    answer = cf.send("GET", cf.url(f"/v3/apps/{app_named(cf, name).guid}/manifest"))
    assert answer.headers["Content-Type"].startswith(YAML)
    return dict(yaml.safe_load(answer.text))


def _pushed(cf: Cf, name: str, files: Files, diff: list[DiffEntry], strategy: str, canary: Any) -> Pushed:
    app = app_named(cf, name)
    package = upload(cf, app.guid, files)
    droplet, log = stage(cf, name, package)
    if strategy and app.state == "STARTED":
        deploy(cf, app.guid, {"droplet": {"guid": droplet}}, strategy, canary)
    else:
        set_droplet(cf, app.guid, droplet)
        cf.ask(Application, "POST", f"/v3/apps/{app.guid}/actions/restart")
        wait_until_started(cf, processes_of(cf, app.guid))
    return Pushed(diff, log, summary(cf, name))


def upload(cf: Cf, app_guid: str, files: Files) -> str:
    """The guid of a package that is READY. Its size is not said: it comes in chunks."""
    matched = _matched(cf, files)
    said = {"type": "bits", "relationships": {"app": {"data": {"guid": app_guid}}}}
    package = cf.ask(Package, "POST", "/v3/packages", said)
    assert package.state == "AWAITING_UPLOAD"
    boundary = uuid.uuid4().hex
    known = {one.path for one in matched.resources}
    parts = _multipart(boundary, matched, zipped({k: v for k, v in files.items() if k not in known}))
    url = cf.url(f"/v3/packages/{package.guid}/upload")
    cf.send("POST", url, parts, f"multipart/form-data; boundary={boundary}")
    return _ready(cf, package.guid)


def _matched(cf: Cf, files: Files) -> MatchedResources:
    resources = [
        {
            "checksum": {"value": hashlib.sha1(text.encode()).hexdigest()},
            "mode": "644",
            "path": path,
            "size_in_bytes": len(text.encode()),
        }
        for path, text in files.items()
        if text
    ]
    return cf.ask(MatchedResources, "POST", "/v3/resource_matches", {"resources": resources})


def _multipart(boundary: str, matched: MatchedResources, bits: bytes) -> Iterator[bytes]:
    disposition = 'Content-Disposition: form-data; name="{}"'
    yield f"--{boundary}\r\n{disposition.format('resources')}\r\n\r\n".encode()
    yield json.dumps([one.model_dump() for one in matched.resources]).encode()
    head = f'{disposition.format("bits")}; filename="package.zip"\r\nContent-Type: application/octet-stream'
    yield f"\r\n--{boundary}\r\n{head}\r\n\r\n".encode()
    for at in range(0, len(bits), 512):
        yield bits[at : at + 512]
    yield f"\r\n--{boundary}--\r\n".encode()


def zipped(files: Files) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, text)
    return file.getvalue()


def _ready(cf: Cf, guid: str, seconds: float = 20) -> str:
    deadline = time.monotonic() + seconds
    while (package := cf.get(Package, f"/v3/packages/{guid}")).state != "READY":
        if package.state in ("FAILED", "EXPIRED"):
            raise CommandFailed("PackageProcessingFailed", "Package failed to process correctly after upload")
        assert package.state in ("AWAITING_UPLOAD", "PROCESSING_UPLOAD"), package.state
        assert time.monotonic() < deadline
        time.sleep(cf.interval)
    return guid


def stage(cf: Cf, name: str, package: str, seconds: float = 60) -> tuple[str, list[Line]]:
    """The droplet, and what was said on the way to it."""
    tail = Tail.of(cf, name)
    began = time.time_ns()
    guid = cf.ask(Build, "POST", "/v3/builds", {"package": {"guid": package}}).guid
    deadline = time.monotonic() + seconds
    while (build := cf.get(Build, f"/v3/builds/{guid}")).state == "STAGING":
        assert time.monotonic() < deadline
        tail.step()
        time.sleep(cf.interval)
    if build.state != "STAGED":
        word = build.error.split(" - ")[0]
        raise CommandFailed(word if word == "NoAppDetectedError" else "StagingFailed", build.error)
    tail.until("") if tail.position else tail.step()
    droplet = cf.get(Droplet, f"/v3/droplets/{build.droplet.guid}")
    said = [line for line in tail.lines if line.at >= began and line.source.startswith("STG")]
    return droplet.guid, said


def restage(cf: Cf, name: str, *, strategy: str = "") -> AppSummary:
    """``cf restage NAME``: the newest package once more."""
    app = app_named(cf, name)
    query = {"app_guids": app.guid, "states": "READY", "order_by": "-created_at"}
    package = cf.first(Package, "/v3/packages", query, "App has no eligible packages.")
    droplet, _ = stage(cf, name, package.guid)
    if strategy:
        deploy(cf, app.guid, {"droplet": {"guid": droplet}}, strategy, None)
    else:
        if app.state == "STARTED":
            cf.ask(Application, "POST", f"/v3/apps/{app.guid}/actions/stop")
        set_droplet(cf, app.guid, droplet)
        cf.ask(Application, "POST", f"/v3/apps/{app.guid}/actions/start")
        wait_until_started(cf, processes_of(cf, app.guid))
    return summary(cf, name)


def deploy(cf: Cf, app: str, what: dict[str, Any], strategy: str, canary: Any) -> Deployment:
    """A deployment, awaited: to its end, or to where a canary waits."""
    options: dict[str, Any] = {"max_in_flight": 1}
    if canary:
        options["canary"] = {"steps": [{"instance_weight": weight} for weight in canary]}
    related = {"app": {"data": {"guid": app}}}
    said = {**what, "strategy": strategy, "options": options, "relationships": related}
    return await_deployment(cf, app, cf.ask(Deployment, "POST", "/v3/deployments", said).guid)


def await_deployment(cf: Cf, app: str, guid: str) -> Deployment:
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        deployment = cf.get(Deployment, f"/v3/deployments/{guid}")
        if deployment.status.value == "FINALIZED" or deployment.status.reason == "PAUSED":
            break
        if time.monotonic() > deadline:
            cf.ask(Nothing, "POST", f"/v3/deployments/{guid}/actions/cancel")
            raise CommandFailed("StartupTimeout", "Start app timeout")
        time.sleep(cf.interval)
    if deployment.status.reason in ("CANCELED", "SUPERSEDED"):
        raise CommandFailed("Deployment" + deployment.status.reason.title(), "Deployment has been stopped")
    new = {one.guid for one in deployment.new_processes if one.type == "web"}
    started = [one for one in processes_of(cf, app) if one.type != "web" or one.guid in new]
    wait_until_started(cf, started)
    return deployment


def cancel_deployment(cf: Cf, name: str) -> None:
    """``cf cancel-deployment NAME``."""
    cf.ask(Nothing, "POST", f"/v3/deployments/{_active(cf, name).guid}/actions/cancel")


def continue_deployment(cf: Cf, name: str) -> Deployment:
    """``cf continue-deployment NAME``, awaited."""
    active = _active(cf, name)
    cf.ask(Nothing, "POST", f"/v3/deployments/{active.guid}/actions/continue")
    return await_deployment(cf, app_named(cf, name).guid, active.guid)


def _active(cf: Cf, name: str) -> Deployment:
    active = active_deployment(cf, app_named(cf, name).guid)
    if active is None:
        raise CommandFailed("ActiveDeploymentNotFound", "No active deployment found for app.")
    return active


def revisions(cf: Cf, name: str) -> list[tuple[int, str, bool]]:
    """``cf revisions NAME``: version, description, and whether it is deployed; the newest first."""
    path = f"/v3/apps/{app_named(cf, name).guid}/revisions"
    deployed = {one.guid for one in cf.rows(Revision, f"{path}/deployed")}
    found = cf.rows(Revision, path, {"order_by": "-created_at"})
    assert all(one.deployable for one in found)
    return [(one.version, one.description, one.guid in deployed) for one in found]


def rollback(cf: Cf, name: str, version: int) -> Deployment:
    """``cf rollback NAME --version N -f``."""
    app = app_named(cf, name)
    path = f"/v3/apps/{app.guid}/revisions"
    found = cf.rows(Revision, path, {"versions": version})
    if len(found) != 1:
        raise CommandFailed("RevisionNotFound", f"Revision '{version}' not found")
    return deploy(cf, app.guid, {"revision": {"guid": found[0].guid}}, "rolling", None)


def web_process(cf: Cf, name: str) -> Process:
    return cf.get(Process, f"/v3/apps/{app_named(cf, name).guid}/processes/web")
