"""Audit events: who did what, and what happened by itself."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, stamped
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import AuditEvent

FILTERS: Filters[AuditEvent] = {
    "types": lambda row: row.type,
    "target_guids": lambda row: row.target["guid"],
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
}


class AuditEvents(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/audit_events", self._list)
        router.add_get("/v3/audit_events/{guid}", self._show)

    async def _list(self, request: web.Request) -> web.Response:
        return page(request, self.access(request).visible(AuditEvent), FILTERS, present_audit_event)

    async def _show(self, request: web.Request) -> web.Response:
        event = self.access(request).seen(AuditEvent, guid(request), "Event")
        return web.json_response(present_audit_event(event, Links.of(request)))


def present_audit_event(row: AuditEvent, links: Links) -> JSON:
    return {
        **stamped(row),
        "type": row.type,
        "actor": row.actor,
        "target": row.target,
        "data": row.data,
        "space": {"guid": row.space.guid},
        "organization": {"guid": row.space.organization.guid},
        "links": {"self": links(f"audit_events/{row.guid}")},
    }
