"""Deployments."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator, Field

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import (
    LARGEST,
    AppRelationship,
    Body,
    BytesPerSecond,
    Guid,
    Labelled,
    Megabytes,
    body,
)
from reviewapps.sandbox.cloudfoundry.endpoints.app_actions import NO_SUCH_DROPLET
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, timestamp, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.reasons import refused
from reviewapps.sandbox.cloudfoundry.rollouts import STRATEGIES, Wanted
from reviewapps.sandbox.cloudfoundry.state import App, Deployment, Droplet, Revision

FILTERS: Filters[Deployment] = {
    "app_guids": lambda row: row.app.guid,
    "states": lambda row: row.reason,
    "status_values": lambda row: row.value,
    "status_reasons": lambda row: row.reason,
}


class CanaryStep(Body):
    instance_weight: Annotated[int, Field(ge=1, le=100)]


class Canary(Body):
    steps: list[CanaryStep] = Field(min_length=1)


def _above_nothing(said: object) -> object:
    if said is not None and (not isinstance(said, int) or isinstance(said, bool) or said < 1):
        raise refused("must be an integer greater than 0")
    return said


def _supported(said: object) -> object:
    if said is not None and said not in STRATEGIES:
        raise refused(f"'{said}' is not a supported deployment strategy")
    return said or "rolling"


class Options(Body):
    max_in_flight: Annotated[int | None, BeforeValidator(_above_nothing)] = None
    web_instances: int | None = Field(default=None, ge=0, le=LARGEST)
    memory_in_mb: Megabytes | None = None
    disk_in_mb: Megabytes | None = None
    log_rate_limit_in_bytes_per_second: BytesPerSecond | None = None
    canary: Canary | None = None


class DeploymentCreate(Labelled):
    relationships: AppRelationship
    droplet: Guid | None = None
    revision: Guid | None = None
    strategy: Annotated[str, BeforeValidator(_supported)] = "rolling"
    options: Options | None = None

    @property
    def chosen(self) -> dict[str, int]:
        """The options but for the canary's; 422 for what means nothing where all instances start at once."""
        if self.options is None:
            return {}
        if self.strategy == "recreate" and self.options.max_in_flight is not None:
            text = "Options max in flight is not a supported option for recreate deployment strategy"
            raise unprocessable(text)
        return self.options.model_dump(exclude_none=True, exclude={"canary"})

    @property
    def weights(self) -> list[int]:
        """The percents of the canary's steps; 422 where they go down, or where there is no canary."""
        if self.options is None or self.options.canary is None:
            return []
        weights = [step.instance_weight for step in self.options.canary.steps]
        if self.strategy != "canary":
            raise unprocessable("Options.canary are only valid for Canary deployments")
        if weights != sorted(weights):
            raise unprocessable(
                "Options.canary.steps Canary step instance weights must be sorted in ascending order"
            )
        return weights


class DeploymentUpdate(Labelled):
    pass


class Deployments(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/deployments", self._list)
        router.add_post("/v3/deployments", self._create)
        router.add_get("/v3/deployments/{guid}", self._show)
        router.add_patch("/v3/deployments/{guid}", self._update)
        router.add_post("/v3/deployments/{guid}/actions/cancel", self._cancel)
        router.add_post("/v3/deployments/{guid}/actions/continue", self._continue)

    async def _list(self, request: web.Request) -> web.Response:
        return page(request, self.access(request).visible(Deployment), FILTERS, present_deployment)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, DeploymentCreate)
        refusal = "Unable to use app. Ensure that the app exists and you have access to it."
        app = access.named(App, asked.relationships.app.guid, refusal)
        deployment = self.platform.rollouts.create(app, self._wanted(app, asked, access), asked.label)
        data = {"deployment_guid": deployment.guid, "droplet_guid": deployment.droplet.guid}
        self.world.record("audit.app.deployment.create", app, app.space, access.user, data)
        return web.json_response(present_deployment(deployment, Links.of(request)), status=201)

    def _wanted(self, app: App, asked: DeploymentCreate, access: Access) -> Wanted:
        revision = self._revision(app, asked)
        droplet = self._droplet(app, Guid(guid=revision.droplet.guid) if revision else asked.droplet)
        return Wanted(droplet, asked.strategy, asked.chosen, asked.weights, revision, access.user)

    def _revision(self, app: App, asked: DeploymentCreate) -> Revision | None:
        if asked.revision is None:
            return None
        if asked.droplet:
            raise unprocessable("Droplet cannot set both fields 'droplet' and 'revision'")
        revision = self.world.find(Revision, asked.revision.guid)
        if revision is None or revision.app is not app:
            raise unprocessable("The revision does not exist")
        if revision.droplet.state != "STAGED":
            text = "Unable to deploy this revision, the droplet for this revision no longer exists."
            raise unprocessable(text)
        return revision

    def _droplet(self, app: App, asked: Guid | None) -> Droplet:
        if asked is None and app.droplet is None:
            text = "Invalid droplet. Please specify a droplet in the request or set a current droplet for the app."
            raise unprocessable(text)
        droplet = self.world.find(Droplet, asked.guid) if asked else app.droplet
        if droplet is None or droplet.app is not app or droplet.state != "STAGED":
            raise unprocessable(NO_SUCH_DROPLET)
        return droplet

    async def _show(self, request: web.Request) -> web.Response:
        deployment = self.access(request).seen(Deployment, guid(request))
        return web.json_response(present_deployment(deployment, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        deployment = self.access(request).writable(Deployment, guid(request))
        (await body(request, DeploymentUpdate)).label(deployment)
        deployment.touch()
        return web.json_response(present_deployment(deployment, Links.of(request)))

    async def _cancel(self, request: web.Request) -> web.Response:
        access = self.access(request)
        deployment = access.writable(Deployment, guid(request))
        self.platform.rollouts.cancel(deployment)
        data = {"deployment_guid": deployment.guid}
        self.world.record("audit.app.deployment.cancel", deployment.app, deployment.space, access.user, data)
        return web.Response(status=200)

    async def _continue(self, request: web.Request) -> web.Response:
        access = self.access(request)
        deployment = access.writable(Deployment, guid(request))
        self.platform.rollouts.advance(deployment)
        data = {"deployment_guid": deployment.guid}
        self.world.record(
            "audit.app.deployment.continue", deployment.app, deployment.space, access.user, data
        )
        return web.Response(status=200)


def present_deployment(row: Deployment, links: Links) -> JSON:
    path = f"deployments/{row.guid}"
    around = {"self": links(path), "app": links(f"apps/{row.app.guid}")}
    if row.value == "ACTIVE":
        around["cancel"] = links(f"{path}/actions/cancel", "POST")
    if row.reason == "PAUSED":
        around["continue"] = links(f"{path}/actions/continue", "POST")
    revision = {"guid": row.revision.guid, "version": row.revision.version} if row.revision else None
    new = [{"guid": row.process.guid, "type": row.process.type}] if row.process else []
    return {
        **stamped(row),
        "status": {"value": row.value, "reason": row.reason, "details": _details(row), **_canary(row)},
        "strategy": row.strategy,
        "options": _options(row),
        "droplet": {"guid": row.droplet.guid},
        "previous_droplet": {"guid": row.previous_droplet.guid if row.previous_droplet else None},
        "new_processes": new,
        "revision": revision,
        "relationships": {"app": to_one(row.app)},
        "metadata": metadata(row),
        "links": around,
    }


def _canary(row: Deployment) -> JSON:
    if row.strategy != "canary":
        return {}
    total = max(1, len(row.weights))
    return {"canary": {"steps": {"current": row.step or total, "total": total}}}


def _options(row: Deployment) -> JSON:
    steps = [{"instance_weight": weight} for weight in row.weights]
    return {**row.options, **({"canary": {"steps": steps}} if steps else {})}


def _details(row: Deployment) -> JSON:
    details: dict[str, Any] = {
        "last_successful_healthcheck": timestamp(row.last_healthy_at),
        "last_status_change": timestamp(row.status_changed_at),
    }
    return {**details, "error": row.error} if row.error else details
