"""Processes: scale, command, health checks, and how their instances are."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from reviewapps.sandbox.cloudfoundry.bodies import (
    LARGEST,
    Body,
    BytesPerSecond,
    Command,
    Labelled,
    Megabytes,
    body,
)
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.process_stats import instance_rows, stats
from reviewapps.sandbox.cloudfoundry.errors import bad_query, not_authorized, not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.health_checks import HealthCheckUpdate, refuse_patience
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.processes import active_deployment, newest
from reviewapps.sandbox.cloudfoundry.query import Filters, Present, page
from reviewapps.sandbox.cloudfoundry.quotas import check_app_memory, check_instances
from reviewapps.sandbox.cloudfoundry.state import App, Check, Process

FILTERS: Filters[Process] = {
    "types": lambda row: row.type,
    "app_guids": lambda row: row.app.guid,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
}
HIDDEN = "[PRIVATE DATA HIDDEN IN LISTS]"


class Scale(Body):
    instances: int | None = Field(default=None, ge=0, le=LARGEST)
    memory_in_mb: Megabytes | None = None
    disk_in_mb: Megabytes | None = None
    log_rate_limit_in_bytes_per_second: BytesPerSecond | None = None


class ProcessUpdate(Labelled):
    command: Command | None = None
    user: str | None = None
    health_check: HealthCheckUpdate | None = None
    readiness_health_check: HealthCheckUpdate | None = None


class Processes(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/processes", self._list)
        router.add_get("/v3/apps/{guid}/processes", self._of_app)
        for path in ("/v3/processes/{guid}", "/v3/apps/{guid}/processes/{type}"):
            router.add_get(path, self._show)
            router.add_patch(path, self._update)
            router.add_get(f"{path}/stats", self._stats)
            router.add_post(f"{path}/actions/scale", self._scale)
            router.add_delete(path + "/instances/{index}", self._terminate)
        router.add_get("/v3/processes/{guid}/process_instances", self._instances)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Process)
        return page(request, rows, FILTERS, self._present_listed(request), ignored=("embed",))

    async def _of_app(self, request: web.Request) -> web.Response:
        rows = self.world.of_app(Process, self.access(request).seen(App, guid(request)))
        return page(request, rows, FILTERS, self._present_listed(request), ignored=("embed",))

    async def _show(self, request: web.Request) -> web.Response:
        process = self._seen(request)
        links = Links.of(request)
        if self.access(request).writes(process.space):
            return web.json_response(present_process(process, links))
        return web.json_response({**present_process(process, links), "command": "[PRIVATE DATA HIDDEN]"})

    async def _update(self, request: web.Request) -> web.Response:
        process = self._changed(request, "Cannot update this process while a deployment is in flight.")
        asked = await body(request, ProcessUpdate)
        checks = {
            name: check.merged(getattr(process, name))
            for name, check in (("health", asked.health_check), ("readiness", asked.readiness_health_check))
            if check
        }
        if patience := checks.get("health"):
            refuse_patience(patience)
        asked.label(process)
        if "command" in asked.model_fields_set:
            process.command = asked.command
        for name, check in checks.items():
            setattr(process, name, check)
        process.touch()
        self._record(request, "update", process)
        return web.json_response(present_process(process, Links.of(request)))

    async def _scale(self, request: web.Request) -> web.Response:
        process = self._changed(request, "Cannot scale this process while a deployment is in flight.")
        asked = await body(request, Scale)
        instances = process.instances if asked.instances is None else asked.instances
        check_instances(self.world, instances)
        memory = asked.memory_in_mb or process.memory_mb
        if process.app.state == "STARTED":
            more = instances * memory - process.instances * process.memory_mb
            check_app_memory(self.world, process.space, more, memory)
        process.instances, process.memory_mb = instances, memory
        process.disk_mb = asked.disk_in_mb or process.disk_mb
        process.touch()
        self._apply_scale(process)
        self._record(request, "scale", process)
        return web.json_response(present_process(process, Links.of(request)), status=202)

    def _apply_scale(self, process: Process) -> None:
        droplet, started = process.app.droplet, process.app.state == "STARTED"
        if started and process.launch is None and process.instances and droplet:
            self.platform.cells.launch(process, droplet)
        else:
            self.platform.cells.converge(process)

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response({"resources": stats(self.platform.cells, self._seen(request))})

    async def _instances(self, request: web.Request) -> web.Response:
        process, links = self._seen(request), Links.of(request)
        path = f"processes/{process.guid}"
        around = {"self": links(f"{path}/process_instances"), "process": links(path)}
        return web.json_response({"resources": instance_rows(self.platform.cells, process), "links": around})

    async def _terminate(self, request: web.Request) -> web.Response:
        process = self._seen(request)
        if not self.access(request).writes(process.space):
            raise not_authorized()
        index = request.match_info["index"]
        if not index.isdecimal() or not self.platform.cells.restart_instance(process, int(index)):
            raise not_found("Instance")
        self._record(request, "terminate_instance", process)
        return web.Response(status=204)

    def _seen(self, request: web.Request) -> Process:
        access = self.access(request)
        if "type" not in request.match_info:
            return access.seen(Process, guid(request))
        return newest(self.world, access.seen(App, guid(request)), request.match_info["type"])

    def _changed(self, request: web.Request, refusal: str) -> Process:
        process = self._seen(request)
        if not self.access(request).writes(process.space):
            raise not_authorized()
        if process.type == "web" and active_deployment(self.world, process.app):
            raise unprocessable(refusal)
        return process

    def _record(self, request: web.Request, what: str, process: Process) -> None:
        user = self.access(request).user
        data = {"process_guid": process.guid, "process_type": process.type}
        self.world.record(f"audit.app.process.{what}", process.app, process.space, user, data)

    def _present_listed(self, request: web.Request) -> Present[Process]:
        embedded = "embed" in request.query
        if embedded and request.query["embed"] != "process_instances":
            valid = "Valid embedded resources are: 'process_instances'"
            raise bad_query(f"Invalid embedded resource: '{request.query['embed']}'. {valid}")

        def present(row: Process, links: Links) -> JSON:
            shown = {**present_process(row, links), "command": HIDDEN}
            if embedded:
                shown["process_instances"] = instance_rows(self.platform.cells, row)
            return shown

        return present


def present_process(row: Process, links: Links) -> JSON:
    path = f"processes/{row.guid}"
    droplet = row.launch.droplet if row.launch else row.app.droplet
    detected = droplet.process_types.get(row.type) if droplet else None
    return {
        **stamped(row),
        "version": row.version,
        "type": row.type,
        "command": row.command or detected,
        "user": "vcap",
        "instances": row.instances,
        "memory_in_mb": row.memory_mb,
        "disk_in_mb": row.disk_mb,
        "log_rate_limit_in_bytes_per_second": -1,
        "health_check": _present_check(row.health, {"timeout": row.health.timeout}),
        "readiness_health_check": _present_check(row.readiness, {}),
        "relationships": {"app": to_one(row.app), "revision": _revision(row)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "scale": links(f"{path}/actions/scale", "POST"),
            "app": links(f"apps/{row.app.guid}"),
            "space": links(f"spaces/{row.space.guid}"),
            "stats": links(f"{path}/stats"),
            "process_instances": links(f"{path}/process_instances"),
        },
    }


def _revision(row: Process) -> JSON:
    return {"data": {"guid": row.revision.guid} if row.revision else None}


def _present_check(check: Check, data: JSON) -> JSON:
    told = {**data, "invocation_timeout": check.invocation_timeout, "interval": check.interval}
    if check.type == "http":
        told["endpoint"] = check.endpoint
    return {"type": check.type, "data": told}
