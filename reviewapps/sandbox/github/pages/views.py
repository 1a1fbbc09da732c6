"""The pages, and the forms on them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from aiohttp import web

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.calls import Engine
from reviewapps.sandbox.github.checks import latest_statuses
from reviewapps.sandbox.github.git import GitError
from reviewapps.sandbox.github.pages.markdown import rendered
from reviewapps.sandbox.github.presenters.statuses import combined_state
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import Deployment, PullRequest, Repository

HERE = Path(__file__).parent


class Pages:
    """Serves HTML under the same paths as github.com. Forms act as the repository's owner."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        loader = jinja2.FileSystemLoader(HERE)
        self._templates = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
        self._templates.filters |= {"markdown": rendered, "moment": moment}

    def mount(self, app: web.Application) -> None:
        """Serve the pages."""
        app.router.add_get("/", self._home)
        app.router.add_get("/_pages/{file:style.css}", self._file)
        app.router.add_get("/{owner}/{repo}", self._repository)
        app.router.add_get("/{owner}/{repo}/commit/{sha}", self._commit)
        app.router.add_get("/{owner}/{repo}/pull/{number:[0-9]{1,18}}", self._pull)
        app.router.add_post(
            "/{owner}/{repo}/pull/{number:[0-9]{1,18}}/{action:merge|close|reopen}", self._act
        )

    def _page(self, request: web.Request, template: str, **values: Any) -> web.Response:
        text = self._templates.get_template(template).render(fragment="live" in request.query, **values)
        return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(HERE / request.match_info["file"])

    async def _home(self, request: web.Request) -> web.Response:
        repositories = sorted(self._engine.world.repositories.values(), key=lambda one: one.full_name)
        return self._page(request, "home.html", repositories=repositories)

    async def _repository(self, request: web.Request) -> web.Response:
        repository = self._named(request)
        git, pulls = repository.git, list(repository.pull_requests.values())[::-1]
        return self._page(
            request,
            "repository.html",
            repository=repository,
            clone_url=f"{request.scheme}://{request.host}/{repository.full_name}.git",
            branches=list((await git.refs("refs/heads/")).values()),
            tags=list((await git.refs("refs/tags/")).values())[::-1],
            open_pulls=[pull for pull in pulls if pull.state == "open"],
            closed_pulls=[pull for pull in pulls if pull.state == "closed"],
        )

    async def _commit(self, request: web.Request) -> web.Response:
        repository, sha = self._named(request), request.match_info["sha"]
        try:
            found = await repository.git.commit_named(sha)
            commit = await history.commit(repository.git, found or "")
            patch = await repository.git.text("show", "--format=", "--patch", "--stat", commit.sha)
        except GitError:
            raise web.HTTPNotFound from None
        return self._page(request, "commit.html", repository=repository, commit=commit, patch=patch)

    async def _pull(self, request: web.Request) -> web.Response:
        pull = self._numbered(request)
        refused = request.query.get("refused")
        return self._page(request, "pull.html", refused=refused, **await self._described(pull))

    async def _described(self, pull: PullRequest) -> dict[str, Any]:
        repository = pull.repository
        shas = await history.shas_between(repository.git, pull.base_sha, pull.head_sha)
        statuses = latest_statuses(repository, pull.head_sha)
        return {
            "pull": pull,
            "repository": repository,
            "commits": await history.commits(repository.git, shas),
            "comments": [one for one in repository.comments.values() if one.pull_request is pull],
            "deployments": _deployments(repository, shas),
            "statuses": statuses,
            "combined": combined_state(statuses),
        }

    async def _act(self, request: web.Request) -> web.Response:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise web.HTTPForbidden
        pull, form = self._numbered(request), await request.post()
        page = f"/{pull.repository.full_name}/pull/{pull.number}"
        try:
            await self._carry_out(request.match_info["action"], pull, str(form.get("method", "merge")))
        except Refused as refused:
            reason = refused.body.get("errors", [{}])[0].get("message", str(refused))
            page += f"?{urlencode({'refused': reason})}"
        raise web.HTTPSeeOther(page)

    async def _carry_out(self, action: str, pull: PullRequest, method: str) -> None:
        if action == "merge":
            await self._engine.merging.merge(pull, pull.repository.owner, method)
        elif action == "close":
            await self._engine.pull_requests.close(pull, pull.repository.owner)
        else:
            await self._engine.pull_requests.reopen(pull, pull.repository.owner)
        await self._engine.merge_queue.advance()

    def _named(self, request: web.Request) -> Repository:
        found = self._engine.world.named(request.match_info["owner"], request.match_info["repo"])
        if found is None:
            raise web.HTTPNotFound
        return found

    def _numbered(self, request: web.Request) -> PullRequest:
        found = self._named(request).pull_requests.get(int(request.match_info["number"]))
        if found is None:
            raise web.HTTPNotFound
        return found


def _deployments(repository: Repository, shas: list[str]) -> list[Deployment]:
    return [one for one in reversed(repository.deployments.values()) if one.sha in shas]


def moment(timestamp: str) -> str:
    """A time as people write it: `22 Nov 14:05 UTC`."""
    at = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ")
    return f"{at.day} {at:%b %H:%M} UTC"
