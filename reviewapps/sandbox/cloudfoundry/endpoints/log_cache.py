"""Log-cache: the last lines of every app, under the app's guid.

Its guard answers 404 without a body to all that it does not let in, expired tokens too: no client is told to
refresh its token here.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.runtime import Span
from reviewapps.sandbox.cloudfoundry.state import App

LIMIT = 1000
_NUMBERS = ("start_time", "end_time", "limit")


class LogCache(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/api/v1/info", self._info)
        router.add_get("/api/v1/read/{guid}", self._read)
        router.add_get("/api/v1/meta", self._meta)

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "4.0.4", "vm_uptime": str(self.world.logs.uptime)})

    async def _read(self, request: web.Request) -> web.Response:
        user, app = self.platform.uaa.bearer(request), self.world.find(App, guid(request))
        if app is None or user is None or not Access(self.world, user).sees(app):
            return web.Response(status=404)
        types = request.query.getall("envelope_types", ["LOG"])
        query = request.query
        try:
            numbers = {name: _whole(query, name) for name in _NUMBERS if name in query}
        except ValueError as wrong:
            return web.json_response({"code": 3, "message": str(wrong), "details": []}, status=400)
        batch = self.world.logs.envelopes(
            app.guid,
            start=numbers.get("start_time", 0),
            end=numbers.get("end_time"),
            limit=min(numbers.get("limit", 100), LIMIT),
            descending=query.get("descending") == "true",
        )
        return web.json_response({"envelopes": {"batch": batch if {"LOG", "ANY"} & set(types) else []}})

    async def _meta(self, request: web.Request) -> web.Response:
        """Only those sources that the caller may read."""
        user = self.platform.uaa.bearer(request)
        if user is None:
            return web.Response(status=404)
        apps = Access(self.world, user).visible(App)
        spans = ((app.guid, self.world.logs.span(app.guid)) for app in apps)
        return web.json_response({"meta": {guid: _meta_of(span) for guid, span in spans if span}})


def _meta_of(span: Span) -> JSON:
    return {
        "count": str(span.count),
        "expired": str(span.expired),
        "oldest_timestamp": str(span.oldest),
        "newest_timestamp": str(span.newest),
    }


def _whole(query: Mapping[str, str], name: str) -> int:
    try:
        return int(query[name])
    except ValueError:
        wrong = f'parsing field "{name}": strconv.ParseInt: parsing "{query[name]}": invalid syntax'
        raise ValueError(wrong) from None
