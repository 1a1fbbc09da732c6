"""One call of the API while it is answered: who asks, for what, in which words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web
from multidict import MultiDict

from reviewapps.sandbox.github.access import INACCESSIBLE, Asker
from reviewapps.sandbox.github.approvals import Ownership, Reviews
from reviewapps.sandbox.github.apps.assertions import UNDECODED
from reviewapps.sandbox.github.apps.installing import Installing
from reviewapps.sandbox.github.deployments import Deployments
from reviewapps.sandbox.github.limits.primary import Limits
from reviewapps.sandbox.github.limits.secondary import SecondaryLimits
from reviewapps.sandbox.github.merge_queue import MergeQueue
from reviewapps.sandbox.github.merging import Merging
from reviewapps.sandbox.github.presenters.urls import Urls
from reviewapps.sandbox.github.protection import Gate
from reviewapps.sandbox.github.pull_requests import PullRequests
from reviewapps.sandbox.github.refusals import Refused, forbidden, invalid, not_found
from reviewapps.sandbox.github.shapes import Shape, is_text, require_shape, whole
from reviewapps.sandbox.github.state import JSON, App, Comment, PullRequest, Repository, User
from reviewapps.sandbox.github.webhooks.deliveries import Deliveries
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.world import World

Item = TypeVar("Item")
MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Engine:
    """The world, and what makes things happen in it."""

    world: World
    pull_requests: PullRequests
    reviews: Reviews
    ownership: Ownership
    gate: Gate
    merging: Merging
    merge_queue: MergeQueue
    deployments: Deployments
    limits: Limits
    secondary_limits: SecondaryLimits
    events: Events
    deliveries: Deliveries
    installing: Installing


@dataclass(frozen=True)
class Answer:
    """What the API answers: JSON, or the raw bytes of a file, or nothing."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Call:
    """A request to the API. ``viewer`` is None for anonymous ones; ``request_id`` is what GitHub calls it."""

    def __init__(self, request: web.Request, engine: Engine, asker: Asker, request_id: str = "") -> None:
        self.request = request
        self.request_id = request_id
        self.engine = engine
        self.world = engine.world
        self.asker = asker
        self.viewer = asker.user
        self.urls = Urls(f"{request.scheme}://{request.host}")
        self._repository: Repository | None = None

    # ---- who asks

    @property
    def user(self) -> User:
        """Who asks; 401 for nobody."""
        if self.viewer is None:
            raise Refused(401, "Requires authentication")
        return self.viewer

    @property
    def app(self) -> App:
        """The App that signed this; 401 for everybody else."""
        if self.asker.app is None:
            raise Refused(401, UNDECODED)
        return self.asker.app

    def permission(self, repository: Repository) -> str:
        """What who asks may do there."""
        return self.asker.permission(repository)

    @property
    def role(self) -> str:
        """What who asks is in the repository of the path."""
        return self.asker.role(self.repository)

    @property
    def may_write(self) -> bool:
        """Whether who asks may push to the repository of the path."""
        return self.role in ("write", "maintain", "admin")

    def require(self, *permissions: str) -> User:
        """Who asks, if they have one of these permissions in this repository; 403 else."""
        user = self.user
        if self.permission(self.repository) not in permissions:
            raise forbidden(INACCESSIBLE) if self.asker.via else forbidden()
        return user

    def require_triage(self) -> User:
        """Who asks, if they may label and ask for reviews here; 403 else."""
        user = self.user
        if self.role in ("none", "read"):
            raise forbidden(INACCESSIBLE) if self.asker.via else forbidden()
        return user

    def require_admin(self) -> User:
        """Who asks, if they rule here; 404 else, for some things are not even shown to others."""
        user = self.user
        if self.asker.via is None and self.role != "admin":
            raise not_found()
        return user

    def require_write(self) -> User:
        """Who asks, if they may write here; 403 else."""
        return self.require("write", "admin")

    # ---- for what

    @property
    def repository_asked(self) -> Repository | None:
        """The repository of the path, if it was looked for."""
        return self._repository

    @property
    def repository(self) -> Repository:
        """The repository of the path."""
        if self._repository is None:
            self._repository = self._named_repository()
        return self._repository

    def _named_repository(self) -> Repository:
        path = self.request.match_info
        if "repository_id" in path:
            found = self.world.repositories.get(self.number("repository_id"))
        else:
            found = self.world.named(path["owner"], path["repo"])
        if found is None or self.permission(found) == "none":
            raise not_found()
        return found

    def require_text(self) -> None:
        """404 for a path, 400 for a query with what is no text."""
        if not is_text(dict(self.request.match_info)) or not is_text(self.request.rel_url.raw_path):
            raise not_found()
        if not is_text([[*both] for both in self.request.query.items()]):
            raise Refused(400, "Bad Request")

    def word(self, name: str) -> str:
        """A variable part of the path."""
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        """A number in the path; 404 for anything else."""
        number = whole(self.word(name))
        if number is None:
            raise not_found()
        return number

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return self.request.query.get(name, default)

    async def body(self) -> Any:
        """The body's JSON; an empty object where there is no body. 400 for what is no JSON, or no text in it."""
        raw = await self.request.read()
        try:
            body = json.loads(raw or b"{}", parse_constant=_no_constant)
            if is_text(body):
                return body
        except (ValueError, RecursionError):
            pass
        raise Refused(400, "Problems parsing JSON")

    async def wanted(self, **shape: Shape) -> JSON:
        """The body's JSON object; 422 for anything else, and for members that are not of their shape."""
        body = await self.body()
        if not isinstance(body, dict):
            raise Refused(422, "Invalid request. Body should be a JSON object.")
        require_shape(body, shape)
        return body

    @property
    def pull(self) -> PullRequest:
        """The pull request of the path."""
        found = self.repository.pull_requests.get(self.number("pull_number"))
        if found is None:
            raise not_found()
        return found

    @property
    def issue(self) -> PullRequest:
        """The issue of the path, which here is always a pull request."""
        found = self.repository.pull_requests.get(self.number("issue_number"))
        if found is None:
            raise not_found()
        return found

    @property
    def comment(self) -> Comment:
        """The comment of the path."""
        found = self.repository.comments.get(self.number("comment_id"))
        if found is None:
            raise not_found()
        return found

    # ---- in which words

    async def commit_named(self, name: str) -> str:
        """The commit of a branch, tag or sha; 422 where there is none, as GitHub has it."""
        sha = await self.repository.git.commit_named(name)
        if sha is None:
            raise Refused(422, f"No commit found for SHA: {name}")
        return sha

    def page(self, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, str]]:
        """The items of the page that was asked for, and the headers that lead to the others."""
        size = self.page_size
        page = _positive(self.query("page"), 1)
        last = max(1, -(-len(items) // size))
        links = [("prev", page - 1)] if page > 1 else []
        links += [("next", page + 1), ("last", last)] if page < last else []
        links += [("first", 1)] if page > 1 else []
        told = (self.link(relation, page=str(number)) for relation, number in links)
        headers = {"Link": ", ".join(told)} if links else {}
        return items[(page - 1) * size : page * size], headers

    @property
    def page_size(self) -> int:
        """How many items a page has."""
        return min(_positive(self.query("per_page"), 30), MOST_PER_PAGE)

    def link(self, relation: str, **differs: str) -> str:
        """A link to what was asked, with some parameters of the query different."""
        query = MultiDict(self.request.query)
        query.update(differs)
        path = self.request.rel_url.raw_path
        if "owner" in self.request.match_info:
            path = f"/repositories/{self.repository.id}/" + path.split("/", 4)[4]
        return f'<{self.request.url.with_path(path, encoded=True).with_query(query)}>; rel="{relation}"'

    def visible(self) -> list[Repository]:
        """The repositories that who asks may read."""
        return [r for r in self.world.repositories.values() if self.permission(r) != "none"]

    def listing(self, items: Sequence[Item], present: Callable[[Item], JSON]) -> Answer:
        """One page of ``items``, presented."""
        shown, headers = self.page(items)
        return Answer([present(item) for item in shown], headers=headers)


def text(wanted: JSON, resource: str, field: str) -> str:
    """A word that the body must have; 422 without it."""
    value = wanted.get(field)
    if not isinstance(value, str) or not value:
        raise invalid(resource, field, code="missing_field")
    return value


def _positive(word: str, default: int) -> int:
    return whole(word) or default


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")
