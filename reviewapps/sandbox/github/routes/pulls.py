"""Pull requests: listed, opened, changed, merged."""

from __future__ import annotations

from collections.abc import Callable

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.merging import METHODS
from reviewapps.sandbox.github.patches import patched
from reviewapps.sandbox.github.presenters import commits as present
from reviewapps.sandbox.github.presenters.pulls import pull_request, pull_request_simple
from reviewapps.sandbox.github.refusals import Refused, forbidden, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import PullRequest, Repository

routes = Routes()


@routes.on("GET", "/repos/{owner}/{repo}/pulls")
async def pulls(call: Call) -> Answer:
    """The pull requests of `?state=`, `?head=` and `?base=`, sorted."""
    state, head, base = call.query("state", "open"), call.query("head"), call.query("base")
    found = [
        pull
        for pull in call.repository.pull_requests.values()
        if state in ("all", pull.state)
        and head in ("", f"{pull.head_owner.login}:{pull.head_ref}")
        and base in ("", pull.base_ref)
    ]
    sort = call.query("sort", "created")
    newest_first = call.query("direction", "desc" if sort == "created" else "asc") == "desc"
    found.sort(key=_order(sort), reverse=newest_first)
    return call.listing(found, lambda pull: pull_request_simple(pull, call.urls))


def _order(sort: str) -> Callable[[PullRequest], tuple[str, int]]:
    if sort == "updated":
        return lambda pull: (pull.updated_at, pull.number)
    return lambda pull: (pull.created_at, pull.number)


@routes.on("POST", "/repos/{owner}/{repo}/pulls")
async def create(call: Call) -> Answer:
    """A new pull request, from a branch here or (`owner:branch`) in a fork. `mergeable` is not known yet."""
    user, wanted = call.user, await call.wanted(body=str, draft=bool, head_repo=str)
    head = text(wanted, "PullRequest", "head")
    owner, _, branch = head.rpartition(":")
    head_repository = _head_repository(call, owner, wanted.get("head_repo"))
    if call.permission(head_repository) not in ("admin", "write"):
        raise forbidden()
    pull = await call.engine.pull_requests.open(
        call.repository,
        user,
        title=text(wanted, "PullRequest", "title"),
        body=wanted.get("body"),
        base=text(wanted, "PullRequest", "base"),
        head=branch,
        head_repository=head_repository,
        draft=bool(wanted.get("draft", False)),
    )
    return await _standing(call, pull, mergeable=None, status=201)


def _head_repository(call: Call, owner: str, name: str | None) -> Repository:
    base = call.repository
    if owner.lower() in ("", base.owner.login.lower()) and name in (None, base.name, base.full_name):
        return base
    for one in call.visible():
        named = name in (None, one.name, one.full_name)
        if one.parent is base and named and owner.lower() in ("", one.owner.login.lower()):
            return one
    raise invalid("PullRequest", "head")


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}")
async def one(call: Call) -> Answer:
    """A pull request."""
    return await _presented(call, call.pull)


@routes.on("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}")
async def update(call: Call) -> Answer:
    """Its title, body, base or state changed, by its author or a writer."""
    pull, engine = call.pull, call.engine.pull_requests
    wanted = await call.wanted(title=str, body=str, base=str, state=str)
    if pull.user is not call.user:
        call.require_write()
    if wanted.get("state", pull.state) not in ("open", "closed"):
        raise invalid("PullRequest", "state")
    if "title" in wanted or "body" in wanted:
        title, body = wanted.get("title") or pull.title, wanted.get("body", pull.body)
        await engine.edit(pull, call.user, title, body)
    if (wanted.get("base") or pull.base_ref) != pull.base_ref:
        await engine.retarget(pull, wanted["base"], call.user)
    if wanted.get("state") == "closed":
        await engine.close(pull, call.user)
    if wanted.get("state") == "open":
        await engine.reopen(pull, call.user)
    return await _presented(call, pull)


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge")
async def is_merged(call: Call) -> Answer:
    """204 if it was merged, 404 if not."""
    if call.pull.merged_at is None:
        raise not_found()
    return Answer(status=204)


@routes.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge")
async def merge(call: Call) -> Answer:
    """The pull request merged, by one of GitHub's three methods."""
    user, pull = call.require_write(), call.pull
    wanted = await call.wanted(merge_method=str, sha=str, commit_title=str, commit_message=str)
    method = wanted.get("merge_method", "merge")
    if method not in METHODS:
        raise invalid("PullRequest", "merge_method")
    if wanted.get("sha") not in (None, pull.head_sha):
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    title, message = wanted.get("commit_title") or "", wanted.get("commit_message") or ""
    sha = await call.engine.merging.merge(pull, user, method, title, message)
    return Answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@routes.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch")
async def update_branch(call: Call) -> Answer:
    """The base branch merged into its branch."""
    user, pull, wanted = call.require_write(), call.pull, await call.wanted(expected_head_sha=str)
    if wanted.get("expected_head_sha") not in (None, pull.head_sha):
        raise Refused(422, "expected head sha didn't match current head ref.")
    if pull.comes_from_a_fork:
        raise forbidden()
    merged = await call.engine.merging.merge_branch(call.repository, pull.head_ref, pull.base_ref, user)
    if not merged:
        raise Refused(422, "There are no new commits on the base branch.")
    return Answer({"message": "Updating pull request branch.", "url": call.urls.pull(pull)}, 202)


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits")
async def commits(call: Call) -> Answer:
    """Its commits, oldest first."""
    pull, git = call.pull, call.repository.git
    shas, headers = call.page(await history.shas_between(git, pull.base_sha, pull.head_sha))
    found = await history.commits(git, list(shas))
    presented = [present.commit(one, call.repository, call.urls, call.world) for one in found]
    return Answer(presented, headers=headers)


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files")
async def files(call: Call) -> Answer:
    """The files it changes."""
    pull = call.pull
    changed = await _changes(pull)
    return call.listing(
        changed, lambda file: present.diff_entry(file, call.repository, pull.head_sha, call.urls)
    )


async def _changes(pull: PullRequest) -> list[history.FileChange]:
    git = pull.repository.git
    common = await git.merge_base(pull.base_sha, pull.head_sha)
    return await patched(git, common, pull.head_sha)


async def _presented(call: Call, pull: PullRequest) -> Answer:
    return await _standing(call, pull, mergeable=await call.engine.merging.mergeable(pull))


async def _standing(call: Call, pull: PullRequest, mergeable: bool | None, status: int = 200) -> Answer:
    size, state = await call.engine.pull_requests.size(pull), await call.engine.gate.state(pull, mergeable)
    return Answer(pull_request(pull, size, mergeable, state, call.urls), status)
