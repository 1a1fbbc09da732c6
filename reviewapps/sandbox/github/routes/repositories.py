"""Repositories: made, forked, renamed, deleted."""

from __future__ import annotations

import re

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.folders import remove_unused
from reviewapps.sandbox.github.git import is_ref_name
from reviewapps.sandbox.github.presenters.repositories import full_repository, repository
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Organization, Repository, User

routes = Routes()
SHAPE: dict[str, Shape] = {"name": str, "description": str, "private": bool, "default_branch": str}


@routes.on("GET", "/user/repos")
async def list_repositories(call: Call) -> Answer:
    """The repositories that the token's account may write to."""
    mine = [r for r in call.world.repositories.values() if r.may_write(call.user)]
    return call.listing(mine, lambda one: repository(one, call.urls))


@routes.on("POST", "/user/repos")
async def create_own_repository(call: Call) -> Answer:
    """A new, empty repository of the token's account."""
    return await _created(call, call.user)


@routes.on("POST", "/orgs/{org}/repos")
async def create_org_repository(call: Call) -> Answer:
    """A new, empty repository of an organization, whose creator becomes its admin."""
    return await _created(call, _joined(call, call.word("org")))


def _joined(call: Call, login: str) -> Organization:
    """The organization of that name, if who asks belongs to it; 403 else."""
    found = call.world.organization(login)
    if found is None:
        raise not_found()
    installed = call.asker.token is not None and call.asker.token.installation.account is found
    if call.user.login not in found.members and not installed:
        raise Refused(403, "You need admin access to the organization before adding a repository to it.")
    return found


async def _created(call: Call, owner: User) -> Answer:
    wanted = await call.wanted(**SHAPE)
    name = named(text(wanted, "Repository", "name"))
    _require_free(call, owner, name)
    branch, private = wanted.get("default_branch") or "main", bool(wanted.get("private", False))
    if not is_ref_name(f"refs/heads/{branch}"):
        raise invalid("Repository", "default_branch")
    admins = [call.user.login]
    made = call.world.place(owner, name, default_branch=branch, private=private, admins=admins)
    made.description = wanted.get("description")
    made.git.create(branch)
    return _full(call, made, 201)


@routes.on("GET", "/repos/{owner}/{repo}")
async def one_repository(call: Call) -> Answer:
    """A repository."""
    return _full(call, call.repository)


@routes.on("PATCH", "/repos/{owner}/{repo}")
async def update_repository(call: Call) -> Answer:
    """Rename it, hide it, or change its default branch or description."""
    call.require("admin")
    wanted, this = await call.wanted(**SHAPE), call.repository
    before = {"description": this.description, "default_branch": this.default_branch}
    name = named(wanted.get("name") or this.name)
    if name != this.name:
        await _rename(call, this, name)
    if wanted.get("default_branch") is not None:
        await _set_default_branch(this, wanted["default_branch"])
    this.description = wanted.get("description", this.description)
    this.updated_at = call.world.clock.timestamp
    changes = {name: {"from": was} for name, was in before.items() if was != getattr(this, name)}
    if changes:
        await _announce(call, "edited", changes=changes)
    await _hide(call, this, bool(wanted.get("private", this.private)))
    return _full(call, this)


async def _rename(call: Call, this: Repository, name: str) -> None:
    before = this.name
    if name.lower() != before.lower():
        _require_free(call, this.owner, name)
    call.world.rename(this, name)
    await _announce(call, "renamed", changes={"repository": {"name": {"from": before}}})


async def _hide(call: Call, this: Repository, private: bool) -> None:
    if private != this.private:
        this.private = private
        await _announce(call, "privatized" if private else "publicized")


async def _announce(call: Call, action: str, **told: JSON) -> None:
    await call.engine.events.announce("repository", action, call.repository, call.user, **told)


async def _set_default_branch(this: Repository, branch: str) -> None:
    ref = f"refs/heads/{branch}"
    if this.git.target(ref) is None:
        raise invalid("Repository", "default_branch", f"The branch {branch} was not found.")
    await this.git.text("symbolic-ref", "HEAD", ref)
    this.default_branch = branch


@routes.on("DELETE", "/repos/{owner}/{repo}")
async def delete_repository(call: Call) -> Answer:
    """Remove it. Pull requests from it stay, without a head repository."""
    call.require("admin")
    await _announce(call, "deleted")
    call.world.remove(call.repository)
    await remove_unused(call.world)
    return Answer(status=204)


@routes.on("POST", "/repos/{owner}/{repo}/forks")
async def create_fork(call: Call) -> Answer:
    """A copy of it in the account of the token (or in an organization), which shares its objects."""
    wanted, parent = await call.wanted(name=str, organization=str, default_branch_only=bool), call.repository
    owner = _joined(call, wanted["organization"]) if wanted.get("organization") else call.user
    name = named(wanted.get("name") or parent.name)
    known = call.world.named(owner.login, name)
    if known is not None and known.parent is parent:
        return _full(call, known, 202)
    _require_free(call, owner, name)
    branch, admins = parent.default_branch, [call.user.login]
    fork = call.world.place(
        owner, name, default_branch=branch, private=parent.private, admins=admins, parent=parent
    )
    await fork.git.create_fork(parent.git, branch)
    fork.known_refs = await fork.git.heads_and_tags()
    await call.engine.events.announce("fork", None, parent, call.user, forkee=fork)
    return _full(call, fork, 202)


def named(wanted: str) -> str:
    """The name that a repository gets: what GitHub has no room for in one becomes a dash."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted)[:100]
    if name in (".", ".."):
        raise invalid("Repository", "name")
    return name


def _require_free(call: Call, owner: User, name: str) -> None:
    if call.world.named(owner.login, name) is not None:
        raise invalid("Repository", "name", "name already exists on this account")


def _full(call: Call, one: Repository, status: int = 200) -> Answer:
    return Answer(full_repository(one, call.urls, call.viewer), status)
