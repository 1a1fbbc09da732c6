"""Spaces."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import Body, Labelled, ToOne, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.organizations import present_organization, usage_summary
from reviewapps.sandbox.cloudfoundry.errors import name_taken, not_authorized
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import page
from reviewapps.sandbox.cloudfoundry.state import Organization, Space


class OrganizationRelationship(Body):
    organization: ToOne


class SpaceCreate(Labelled):
    name: str
    relationships: OrganizationRelationship


class SpaceUpdate(Labelled):
    name: str | None = None


class Spaces(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/spaces", self._list)
        router.add_post("/v3/spaces", self._create)
        router.add_get("/v3/spaces/{guid}", self._show)
        router.add_patch("/v3/spaces/{guid}", self._update)
        router.add_delete("/v3/spaces/{guid}", self._delete)
        router.add_get("/v3/spaces/{guid}/usage_summary", self._usage)

    async def _list(self, request: web.Request) -> web.Response:
        return page(
            request,
            self.access(request).visible(Space),
            {"names": lambda row: row.name, "organization_guids": lambda row: row.organization.guid},
            present_space,
            includes=("organization",),
            include=_included,
        )

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, SpaceCreate)
        refusal = "Invalid organization. Ensure the organization exists and you have access to it."
        organization = access.named(Organization, asked.relationships.organization.guid, refusal)
        if not access.manages(organization):
            raise not_authorized()
        if any(one.organization is organization and one.name == asked.name for one in self.world.all(Space)):
            raise name_taken(
                f"Organization '{organization.name}' already contains a space with name '{asked.name}'."
            )
        space = Space(name=asked.name, organization=organization)
        asked.label(space)
        self.world.add(space)
        return web.json_response(present_space(space, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(present_space(self._seen(request), Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        space = self._seen(request)
        if not self.access(request).manages(space.organization):
            raise not_authorized()
        asked = await body(request, SpaceUpdate)
        asked.label(space)
        space.name = asked.name or space.name
        space.touch()
        return web.json_response(present_space(space, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        """Refused to everybody, as the platform does to a space's developers."""
        self.access(request).seen(Space, guid(request))
        raise not_authorized()

    async def _usage(self, request: web.Request) -> web.Response:
        space, links = self._seen(request), Links.of(request)
        path = f"spaces/{space.guid}"
        around = {"self": links(f"{path}/usage_summary"), "space": links(path)}
        return web.json_response({"usage_summary": usage_summary(self.world, space), "links": around})

    def _seen(self, request: web.Request) -> Space:
        return self.access(request).seen(Space, guid(request))


def present_space(row: Space, links: Links) -> JSON:
    path = f"spaces/{row.guid}"
    around = {
        "self": links(path),
        "organization": links(f"organizations/{row.organization.guid}"),
        "features": links(f"{path}/features"),
        "apply_manifest": links(f"{path}/actions/apply_manifest", "POST"),
    }
    if row.quota:
        around["quota"] = links(f"space_quotas/{row.quota.guid}")
    return {
        **stamped(row),
        "name": row.name,
        "suspended": False,
        "relationships": {
            "organization": to_one(row.organization),
            "quota": {"data": {"guid": row.quota.guid} if row.quota else None},
        },
        "metadata": metadata(row),
        "links": around,
    }


def included_places(spaces: list[Space], wanted: set[str], links: Links) -> JSON:
    """The ``included`` of lists whose rows live in spaces."""
    unique = list(dict.fromkeys(spaces))
    included: JSON = {}
    if wanted & {"space", "space.organization"}:
        included["spaces"] = [present_space(space, links) for space in unique]
    if "space.organization" in wanted:
        organizations = dict.fromkeys(space.organization for space in unique)
        included["organizations"] = [present_organization(one, links) for one in organizations]
    return included


def _included(rows: list[Space], wanted: set[str], links: Links) -> JSON:
    organizations = dict.fromkeys(row.organization for row in rows)
    return {"organizations": [present_organization(one, links) for one in organizations]}
