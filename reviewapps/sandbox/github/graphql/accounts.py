"""Fields of people, teams and repositories."""

from __future__ import annotations

from typing import Any

from reviewapps.sandbox.github.graphql.asking import Asking, connection, field, not_resolved
from reviewapps.sandbox.github.graphql.commits import file_at
from reviewapps.sandbox.github.graphql.values import BlobAt, CommitAt, Queue, RefAt
from reviewapps.sandbox.github.merge_queue import merge_method
from reviewapps.sandbox.github.presenters.urls import node_id
from reviewapps.sandbox.github.state import JSON, PullRequest, Repository, Team, User

PREFIXES = {"User": "U", "Organization": "O", "Bot": "BOT"}


def _path(one: Any) -> str:
    if isinstance(one, Team):
        return f"/orgs/{one.organization.login}/teams/{one.slug}"
    return f"/{one.full_name if isinstance(one, Repository) else one.login}"


for _kind in ("User", "Bot", "Organization", "Team", "Repository"):
    field(_kind, "resourcePath")(lambda one, ask, _: _path(one))
    field(_kind, "url")(lambda one, ask, _: ask.urls.origin + _path(one))
    field(_kind, "databaseId")(lambda one, ask, _: one.id)
for _kind in PREFIXES:
    field(_kind, "id")(lambda user, ask, _: node_id(PREFIXES[user.type], user.id))
    field(_kind, "avatarUrl")(lambda user, ask, _: f"{ask.urls.origin}/{user.login}.png")
field("Bot", "login")(lambda bot, ask, _: bot.login.removesuffix("[bot]"))  # as REST does not
field("User", "isViewer")(lambda user, ask, _: user is ask.viewer)
field("Team", "id")(lambda team, ask, _: node_id("T", team.id))


@field("Query", "viewer")
def _viewer(_: None, ask: Asking, arguments: JSON) -> User:
    return ask.viewer


@field("Query", "user", "organization")
def _account(_: None, ask: Asking, arguments: JSON) -> User:
    kind = "User" if arguments["field"] == "user" else "Organization"
    found = ask.world.user(arguments["login"])
    if found is None or found.type != kind:
        named = "a User" if kind == "User" else "an Organization"
        raise not_resolved(f"{named} with the login of '{arguments['login']}'")
    return found


@field("Query", "repository")
def _repository(_: None, ask: Asking, arguments: JSON) -> Repository:
    owner, name = arguments["owner"], arguments["name"]
    found = ask.world.named(owner, name)
    if found is None and arguments["followRenames"]:
        found = ask.world.formerly_named(owner, name)
    if found is None or not ask.sees(found):
        raise not_resolved(f"a Repository with the name '{owner}/{name}'")
    return found


field("Repository", "id")(lambda one, ask, _: node_id("R", one.id))
field("Repository", "isFork")(lambda one, ask, _: one.parent is not None)
field("Repository", "isPrivate")(lambda one, ask, _: one.private)
field("Repository", "nameWithOwner")(lambda one, ask, _: one.full_name)
field("Repository", "viewerPermission")(lambda one, ask, _: one.role(ask.viewer).upper())


@field("Repository", "pullRequest")
def _pull_request(one: Repository, ask: Asking, arguments: JSON) -> PullRequest:
    found = one.pull_requests.get(arguments["number"])
    if found is None:
        raise not_resolved(f"a PullRequest with the number of {arguments['number']}")
    return found


@field("Repository", "pullRequests")
def _pull_requests(one: Repository, ask: Asking, arguments: JSON) -> JSON:
    states, labels = arguments.get("states"), arguments.get("labels")
    found = [
        pull
        for pull in one.pull_requests.values()
        if (not states or state_of(pull) in states)
        and arguments.get("baseRefName") in (None, pull.base_ref)
        and arguments.get("headRefName") in (None, pull.head_ref)
        and (not labels or any(label.name in labels for label in pull.labels))
    ]
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    moment = "updated_at" if order["field"] == "UPDATED_AT" else "created_at"
    found.sort(key=lambda pull: (getattr(pull, moment), pull.number), reverse=order["direction"] == "DESC")
    return connection(found, arguments)


def state_of(pull: PullRequest) -> str:
    """GraphQL's word, which knows merged ones."""
    return "MERGED" if pull.merged_at else pull.state.upper()


@field("Repository", "mergeQueue")
def _merge_queue(one: Repository, ask: Asking, arguments: JSON) -> Queue | None:
    branch = arguments.get("branch") or one.default_branch
    return Queue(one, branch) if merge_method(one, branch) else None


@field("Repository", "object")
async def _object(one: Repository, ask: Asking, arguments: JSON) -> CommitAt | BlobAt | None:
    """A commit, or a file of one (``COMMIT:PATH``)."""
    revision, colon, path = (arguments.get("expression") or "").partition(":")
    if colon and not arguments.get("oid"):
        return await file_at(one, revision, path)
    sha = await one.git.commit_named(arguments.get("oid") or arguments.get("expression") or "HEAD")
    return CommitAt(one, sha) if sha else None


@field("Repository", "ref")
async def _ref(one: Repository, ask: Asking, arguments: JSON) -> RefAt | None:
    name = arguments["qualifiedName"]
    for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        found = await one.git.named(full)
        if found is not None:
            return RefAt(one, full, found.commit)
    return None


@field("Repository", "defaultBranchRef")
async def _default_branch(one: Repository, ask: Asking, arguments: JSON) -> RefAt | None:
    sha = await one.git.branch_head(one.default_branch)
    return RefAt(one, f"refs/heads/{one.default_branch}", sha) if sha else None


field("Ref", "id")(lambda ref, ask, _: node_id("REF", f"{ref.repository.id}:{ref.full_name}"))
field("Ref", "name")(lambda ref, ask, _: ref.full_name.split("/", 2)[2])
field("Ref", "prefix")(lambda ref, ask, _: "/".join(ref.full_name.split("/")[:2]) + "/")
field("Ref", "target")(lambda ref, ask, _: CommitAt(ref.repository, ref.sha))
