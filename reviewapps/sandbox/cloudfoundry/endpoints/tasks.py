"""Tasks."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from reviewapps.sandbox.cloudfoundry.bodies import (
    AGuid,
    Body,
    BytesPerSecond,
    Guid,
    Labelled,
    Megabytes,
    body,
)
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.quotas import check_task_memory
from reviewapps.sandbox.cloudfoundry.state import App, Droplet, Process, Task, new_guid

FILTERS: Filters[Task] = {
    "names": lambda row: row.name,
    "states": lambda row: row.state,
    "app_guids": lambda row: row.app.guid,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
    "sequence_ids": lambda row: str(row.sequence_id),
}


class TemplateProcess(Body, extra="ignore"):
    process: Guid


class TaskCreate(Labelled):
    command: str | None = Field(default=None, max_length=4096)
    template: TemplateProcess | None = None
    name: str | None = None
    memory_in_mb: Megabytes | None = None
    disk_in_mb: Megabytes | None = None
    log_rate_limit_in_bytes_per_second: BytesPerSecond | None = None
    droplet_guid: AGuid | None = None
    user: str | None = None


class TaskUpdate(Labelled):
    pass


class Tasks(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/tasks", self._list)
        router.add_get("/v3/apps/{guid}/tasks", self._of_app)
        router.add_post("/v3/apps/{guid}/tasks", self._create)
        router.add_get("/v3/tasks/{guid}", self._show)
        router.add_patch("/v3/tasks/{guid}", self._update)
        router.add_post("/v3/tasks/{guid}/actions/cancel", self._cancel)
        router.add_put("/v3/tasks/{guid}/cancel", self._cancel)

    async def _list(self, request: web.Request) -> web.Response:
        return page(request, self.access(request).visible(Task), FILTERS, _present_listed)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, self.world.of_app(Task, app), FILTERS, _present_listed)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.writable(App, guid(request))
        asked = await body(request, TaskCreate)
        task = self._new_task(app, asked)
        asked.label(task)
        check_task_memory(self.world, app.space, task.memory_mb)
        self.world.add(task)
        self.world.record("audit.app.task.create", app, app.space, access.user, {"task_guid": task.guid})
        self.platform.task_runs.start(task)
        return web.json_response(present_task(task, Links.of(request)), status=202)

    def _new_task(self, app: App, asked: TaskCreate) -> Task:
        earlier = self.world.of_app(Task, app)
        return Task(
            app=app,
            sequence_id=1 + max((task.sequence_id for task in earlier), default=0),
            name=asked.name or new_guid()[:8],
            droplet=self._droplet(app, asked),
            command=self._command(app, asked),
            memory_mb=asked.memory_in_mb or self.world.settings.default_memory_in_mb,
            disk_mb=asked.disk_in_mb or self.world.settings.default_disk_in_mb,
        )

    def _droplet(self, app: App, asked: TaskCreate) -> Droplet:
        droplet = self.world.find(Droplet, asked.droplet_guid) if asked.droplet_guid else app.droplet
        if droplet is None and asked.droplet_guid is None:
            text = "Task must have a droplet. Specify droplet or assign current droplet to app."
            raise unprocessable(text)
        if droplet is None or droplet.app is not app or droplet.state != "STAGED":
            raise unprocessable("Unable to use droplet. Ensure the droplet exists and belongs to this app.")
        return droplet

    def _command(self, app: App, asked: TaskCreate) -> str:
        if asked.command:
            return asked.command
        if asked.template is None:
            raise unprocessable("Command No command or template provided")
        process = self.world.find(Process, asked.template.process.guid)
        if process is None or process.app is not app:
            raise unprocessable("Template process does not belong to the app")
        detected = app.droplet.process_types.get(process.type) if app.droplet else None
        if not (process.command or detected):
            raise unprocessable("Template process has no command")
        return process.command or detected or ""

    async def _show(self, request: web.Request) -> web.Response:
        task = self.access(request).seen(Task, guid(request))
        return web.json_response(present_task(task, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        task = self.access(request).writable(Task, guid(request))
        (await body(request, TaskUpdate)).label(task)
        task.touch()
        return web.json_response(present_task(task, Links.of(request)))

    async def _cancel(self, request: web.Request) -> web.Response:
        access = self.access(request)
        task = access.writable(Task, guid(request))
        if not task.unfinished:
            raise unprocessable(f"Task state is {task.state} and therefore cannot be canceled")
        self.platform.task_runs.cancel(task)
        self.world.record(
            "audit.app.task.cancel", task.app, task.space, access.user, {"task_guid": task.guid}
        )
        return web.json_response(present_task(task, Links.of(request)), status=202)


def present_task(row: Task, links: Links) -> JSON:
    path = f"tasks/{row.guid}"
    return {
        **stamped(row),
        "sequence_id": row.sequence_id,
        "name": row.name,
        "command": row.command,
        "user": "vcap",
        "state": row.state,
        "memory_in_mb": row.memory_mb,
        "disk_in_mb": row.disk_mb,
        "log_rate_limit_in_bytes_per_second": -1,
        "result": {"failure_reason": row.failure_reason},
        "droplet_guid": row.droplet.guid,
        "relationships": {"app": to_one(row.app)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "app": links(f"apps/{row.app.guid}"),
            "cancel": links(f"{path}/actions/cancel", "POST"),
            "droplet": links(f"droplets/{row.droplet.guid}"),
        },
    }


def _present_listed(row: Task, links: Links) -> JSON:
    shown = present_task(row, links)
    del shown["command"]
    return shown
