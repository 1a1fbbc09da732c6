"""From a path to an answer: GitHub's envelope around what each route says."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from reviewapps.sandbox.github.access import Asker, asker
from reviewapps.sandbox.github.calls import Answer, Call, Engine
from reviewapps.sandbox.github.git import GitError
from reviewapps.sandbox.github.limits.primary import CORE, GRAPHQL
from reviewapps.sandbox.github.permitting import is_for_apps, require_permitted
from reviewapps.sandbox.github.refusals import DOCUMENTATION, Refused, not_found, unprocessable
from reviewapps.sandbox.github.state import JSON

log = logging.getLogger(__name__)
Route = Callable[[Call], Awaitable[Answer]]

GRAPHQL_PATH = "/graphql"
"""What counts its points itself: as many as a query asks for."""

BESIDE = ("/_sandbox/", "/_codeload/")
"""What is beside the API, so that no limits count it."""

API_VERSIONS = ("2022-11-28", "2026-03-10")
# These may hold slashes, encoded or not.
_ANY, _SOME = "(?s:.*)", "(?s:.+)"
GREEDY = {"ref": _ANY, "path": _ANY, "branch": _SOME, "basehead": _SOME, "name": _SOME, "commit_sha": _SOME}
GREEDY["environment_name"] = _SOME
BY_ID = {
    "/repos/{owner}/{repo}": "/repositories/{repository_id}",
    "/orgs/{org}/teams/{team_slug}": "/organizations/{organization_id}/team/{team_id}",
}


class Routes:
    """The operations of a group, by GitHub's own path templates, most particular first."""

    def __init__(self) -> None:
        self.operations: list[tuple[str, str, Route]] = []

    def on(self, method: str, template: str) -> Callable[[Route], Route]:
        """Answer ``method`` on ``template`` with the decorated function."""

        def register(route: Route) -> Route:
            self.operations.append((method, template, route))
            return route

        return register


class Api:
    """Mounts operations, and wraps their answers: errors, ETags, limits, versions, request ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def mount(self, app: web.Application, routes: Routes) -> None:
        """Serve these operations, repositories and teams by name and by id."""
        for method, template, route in routes.operations:
            endpoint = self._endpoint(template, route)
            app.router.add_route(method, _pattern(template), endpoint)
            for named, by_id in BY_ID.items():
                if template.startswith(named):
                    app.router.add_route(method, _pattern(by_id + template.removeprefix(named)), endpoint)

    def _endpoint(
        self, template: str, route: Route
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def endpoint(request: web.Request) -> web.StreamResponse:
            request_id = uuid.uuid4().hex[:24].upper()
            who = Asker(request.remote or "")
            try:
                who = asker(request, self._engine.world)
                call = Call(request, self._engine, who, request_id)
                answer = await self._answer(call, template, route)
            except Refused as refused:
                answer = Answer(refused.body, refused.status, refused.headers)
            except GitError as complaint:  # of words that no route had reason to doubt
                told = not_found() if request.method == "GET" else unprocessable(str(complaint))
                answer = Answer(told.body, told.status)
            except web.HTTPException:
                raise
            except ConnectionError:  # who asked left before all was said: nobody reads this
                answer = Answer(unprocessable("").body, 400)
            except Exception:  # whatever it is, whoever asked gets GitHub's 500
                log.exception("%s %s", request.method, request.rel_url)
                answer = Answer({"message": "Server Error"}, 500)
            return self._response(request, who, answer, request_id)

        return endpoint

    async def _answer(self, call: Call, template: str, route: Route) -> Answer:
        call.require_text()
        if template.startswith(BESIDE):
            return await route(call)
        if call.request.headers.get("X-GitHub-Api-Version", API_VERSIONS[0]) not in API_VERSIONS:
            raise Refused(400, "The API version is not supported.")
        if call.asker.app is not None and not is_for_apps(template):
            raise Refused(401, "Bad credentials")
        if template not in ("/rate_limit", GRAPHQL_PATH):
            self._engine.limits.admit(call.asker, call.request_id)
        method = call.request.method
        creates = method in ("POST", "PUT", "PATCH") and template.startswith("/repos/")
        with self._engine.secondary_limits.admitted(call.asker, method, creates=creates):
            answer = moved(call)
            if answer is None:
                require_permitted(call, template)
                answer = await _routed(call, route)
        if method != "GET":
            await self._engine.merge_queue.advance()
        return answer

    def _response(self, request: web.Request, who: Asker, answer: Answer, request_id: str) -> web.Response:
        body = answer.body if isinstance(answer.body, bytes) else _json(answer.body)
        headers = answer.headers | {"X-GitHub-Request-Id": request_id}
        version = request.headers.get("X-GitHub-Api-Version")
        headers["X-GitHub-Api-Version-Selected"] = version if version in API_VERSIONS else API_VERSIONS[0]
        headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        status = answer.status
        if request.method == "GET" and status == 200:
            headers |= {
                "ETag": f'W/"{etag(request, body)}"',
                "Cache-Control": "private, max-age=60, s-maxage=60",
            }
            status = 304 if _matches(request, headers["ETag"]) else 200
        resource = GRAPHQL if request.path == GRAPHQL_PATH else CORE
        free = request.path in ("/rate_limit", GRAPHQL_PATH) or request.path.startswith(BESIDE)
        if status != 304 and not free:
            self._engine.limits.count(who)
        headers |= self._engine.limits.headers(who, resource)
        if status == 304 or answer.body is None:
            return web.Response(status=status, headers=headers)
        headers.setdefault("Content-Type", "application/json; charset=utf-8")
        return web.Response(status=status, body=body, headers=headers)


async def _routed(call: Call, route: Route) -> Answer:
    try:
        return await route(call)
    except GitError:
        if call.repository_asked is None or call.repository_asked.git.path.exists():
            raise
        raise not_found() from None  # deleted meanwhile


def _pattern(template: str) -> str:
    def variable(match: re.Match[str]) -> str:
        name = match[1]
        return f"{{{name}:{GREEDY[name]}}}" if name in GREEDY else match[0]

    return re.sub(r"\{(\w+)\}", variable, template)


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body, separators=(",", ":")).encode()


def etag(request: web.Request, body: bytes) -> str:
    """GitHub's rule: another token, or another Accept, and the same body has another ETag."""
    asked = f"{request.headers.get('Accept', '')}:{request.headers.get('Authorization', '')}:"
    return hashlib.sha256(asked.encode(errors="surrogateescape") + body).hexdigest()


def _matches(request: web.Request, tag: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    return tag.removeprefix("W/") in known or known == ["*"]


def moved(call: Call) -> Answer | None:
    """Where a renamed repository is now: 301 to readers, 307 to writers; None where nothing moved."""
    path = call.request.match_info
    if "owner" not in path or call.world.named(path["owner"], path["repo"]) is not None:
        return None
    found = call.world.formerly_named(path["owner"], path["repo"])
    if found is None or call.permission(found) == "none":
        return None
    rest = call.request.rel_url.raw_path.split("/", 4)[4:]
    url = call.urls.origin + "/".join([f"/repositories/{found.id}", *rest])
    if call.request.query_string:
        url += f"?{call.request.rel_url.raw_query_string}"
    status, message = (
        (301, "Moved Permanently") if call.request.method == "GET" else (307, "Temporary Redirect")
    )
    body: JSON = {"message": message, "url": url, "documentation_url": DOCUMENTATION}
    return Answer(body, status, {"Location": url})


async def unknown(_: web.Request) -> web.Response:
    """What no route knows."""
    return web.json_response(not_found().body, status=404)
