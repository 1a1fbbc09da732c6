"""Log-cache: the last lines of every app, under the app's guid.

Its guard answers 404 without a body to all that it does not let in, expired tokens too: no client is told to
refresh its token here.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access, remember_caller
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import ApiError
from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.state import App, User

LIMIT = 1000
_NUMBERS = ("start_time", "end_time", "limit")
_LATEST = 2**63 - 1


class LogCache(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/api/v1/info", self._info)
        router.add_get("/api/v1/read/{guid}", self._read)
        router.add_get("/api/v1/meta", self._meta)

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "4.0.4", "vm_uptime": "123"})

    async def _read(self, request: web.Request) -> web.Response:
        user, app = self._let_in(request), self.world.find(App, guid(request))
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
        user = self._let_in(request)
        if user is None:
            return web.Response(status=404)
        known = (app for app in Access(self.world, user).visible(App) if self.world.logs.known(app.guid))
        return web.json_response({"meta": {app.guid: self._meta_of(app) for app in known}})

    def _let_in(self, request: web.Request) -> User | None:
        try:
            user = self.platform.uaa.caller(request)
        except ApiError:
            return None
        remember_caller(request, user)
        return user

    def _meta_of(self, app: App) -> JSON:
        lines = self.world.logs.envelopes(app.guid, start=0, end=None, limit=_LATEST, descending=False)
        times = [str(line["timestamp"]) for line in lines]
        return {
            "count": str(len(lines)),
            "expired": "0",
            "oldest_timestamp": times[0],
            "newest_timestamp": times[-1],
        }


def _whole(query: Mapping[str, str], name: str) -> int:
    try:
        return int(query[name])
    except ValueError:
        wrong = f'parsing field "{name}": strconv.ParseInt: parsing "{query[name]}": invalid syntax'
        raise ValueError(wrong) from None
