"""Revisions of apps."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import Labelled, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_authorized
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.revisions import deployed_revisions
from reviewapps.sandbox.cloudfoundry.state import App, Revision, Sidecar

FILTERS: Filters[Revision] = {
    "versions": lambda row: str(row.version),
    "deployable": lambda row: str(_deployable(row)).lower(),
}


class RevisionUpdate(Labelled):
    pass


class Revisions(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/apps/{guid}/revisions", self._of_app)
        router.add_get("/v3/apps/{guid}/revisions/deployed", self._deployed)
        router.add_get("/v3/revisions/{guid}", self._show)
        router.add_patch("/v3/revisions/{guid}", self._update)
        router.add_get("/v3/revisions/{guid}/environment_variables", self._environment)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, self.world.of_app(Revision, app), FILTERS, _present)

    async def _deployed(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, deployed_revisions(self.world, app), FILTERS, _present)

    async def _show(self, request: web.Request) -> web.Response:
        revision = self.access(request).seen(Revision, guid(request))
        return web.json_response(_present(revision, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        revision = self.access(request).writable(Revision, guid(request))
        (await body(request, RevisionUpdate)).label(revision)
        revision.touch()
        return web.json_response(_present(revision, Links.of(request)))

    async def _environment(self, request: web.Request) -> web.Response:
        access, links = self.access(request), Links.of(request)
        revision = access.seen(Revision, guid(request))
        if not access.writes(revision.space):
            raise not_authorized()
        path = f"revisions/{revision.guid}"
        around = {
            "self": links(f"{path}/environment_variables"),
            "revision": links(path),
            "app": links(f"apps/{revision.app.guid}"),
        }
        return web.json_response({"var": revision.environment, "links": around})


def _deployable(row: Revision) -> bool:
    return row.droplet.state == "STAGED"


def _sidecar(row: Sidecar) -> JSON:
    return {
        "name": row.name,
        "command": row.command,
        "process_types": row.process_types,
        "memory_in_mb": row.memory_mb,
    }


def _present(row: Revision, links: Links) -> JSON:
    path = f"revisions/{row.guid}"
    return {
        **stamped(row),
        "version": row.version,
        "droplet": {"guid": row.droplet.guid},
        "processes": {kind: {"command": command} for kind, command in row.commands.items()},
        "sidecars": [_sidecar(one) for one in row.sidecars],
        "description": row.description,
        "deployable": _deployable(row),
        "relationships": {"app": to_one(row.app)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "app": links(f"apps/{row.app.guid}"),
            "environment_variables": links(f"{path}/environment_variables"),
        },
    }
