"""The apps that a route leads to."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import Body, body
from reviewapps.sandbox.cloudfoundry.destinations import reasons
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.routes import present_destination
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.state import App, Destination, Route


class DestinationsAsked(Body):
    destinations: Any = None


class RouteDestinations(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        path = "/v3/routes/{guid}/destinations"
        router.add_get(path, self._list)
        router.add_post(path, self._insert)
        router.add_patch(path, self._replace)
        router.add_delete(path + "/{destination}", self._remove)

    async def _list(self, request: web.Request) -> web.Response:
        route = self.access(request).seen(Route, guid(request))
        apps = {word for word in request.query.get("app_guids", "").split(",") if word}
        shown = [one for one in route.destinations if not apps or one.app.guid in apps]
        return _answer(route, shown, Links.of(request))

    async def _insert(self, request: web.Request) -> web.Response:
        route, asked = await self._asked(request)
        if any(one.weight is not None for one in route.destinations):
            text = "Destinations cannot be inserted when there are weighted destinations already configured."
            raise unprocessable(text)
        for one in asked:
            add_destination(route, one)
        return _answer(route, route.destinations, Links.of(request))

    async def _replace(self, request: web.Request) -> web.Response:
        route, asked = await self._asked(request, replacing=True)
        kept = [one for one in route.destinations if any(_same(one, other) for other in asked)]
        route.destinations = kept
        for one in asked:
            add_destination(route, one)
        route.touch()
        return _answer(route, route.destinations, Links.of(request))

    async def _remove(self, request: web.Request) -> web.Response:
        access = self.access(request)
        route = access.writable(Route, guid(request))
        wanted = request.match_info["destination"]
        gone = next((one for one in route.destinations if one.guid == wanted), None)
        if gone is None:
            text = (
                "Unable to unmap route from destination. Ensure the route has a destination with this guid."
            )
            raise unprocessable(text)
        route.destinations.remove(gone)
        route.touch()
        self.world.record(
            "audit.app.unmap-route", gone.app, route.space, access.user, {"route_guid": route.guid}
        )
        return web.Response(status=204)

    async def _asked(
        self, request: web.Request, *, replacing: bool = False
    ) -> tuple[Route, list[Destination]]:
        access = self.access(request)
        route = access.writable(Route, guid(request))
        said = (await body(request, DestinationsAsked)).destinations
        if wrong := list(reasons(said, replacing=replacing)):
            raise unprocessable(", ".join(wrong))
        rows = [_destination(access, route, one) for one in said]
        for row in rows:
            self.world.record(
                "audit.app.map-route", row.app, route.space, access.user, {"route_guid": route.guid}
            )
        return route, rows


def add_destination(route: Route, destination: Destination) -> None:
    """Add ``destination``; one that is there already stays as it is."""
    if not any(_same(destination, one) for one in route.destinations):
        route.destinations.append(destination)
        route.touch()


def _destination(access: Access, route: Route, said: JSON) -> Destination:
    guid = said["app"]["guid"]
    app = access.world.find(App, guid)
    if app is None or not access.sees(app):
        raise unprocessable(f'App(s) with guid(s) "{guid}" do not exist or you do not have access.')
    if app.space is not route.space:
        raise unprocessable("Routes cannot be mapped to destinations in different spaces")
    process = said["app"].get("process") or {"type": "web"}
    return Destination(
        app=app,
        process_type=process["type"],
        port=said.get("port") or 8080,
        protocol=said.get("protocol") or "http1",
        weight=said.get("weight"),
    )


def _same(one: Destination, other: Destination) -> bool:
    return one.app is other.app and one.process_type == other.process_type and one.port == other.port


def _answer(route: Route, shown: list[Destination], links: Links) -> web.Response:
    path = f"routes/{route.guid}"
    told: JSON = {
        "destinations": [present_destination(one) for one in shown],
        "links": {"self": links(f"{path}/destinations"), "route": links(path)},
    }
    return web.json_response(told)
