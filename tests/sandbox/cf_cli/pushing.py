"""push and restage: from files to an app that runs."""

from __future__ import annotations

import hashlib
import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from tests.sandbox.cf_cli.apps import processes_of, set_droplet, wait_until_started
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.deploying import deploy
from tests.sandbox.cf_cli.logs import Line, Tail
from tests.sandbox.cf_cli.manifests import apply_manifest, filled, manifest_diff
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Application, Build, DiffEntry, Droplet, MatchedResources, Package
from tests.sandbox.cf_cli.summaries import AppSummary, app_named, summary

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


def _ready(cf: Cf, guid: str, seconds: float = 30) -> str:
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
